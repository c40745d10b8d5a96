# Bad configurations of apigw_cors: refused with the file, the line and the
# reason.

use Test::Nginx::Socket 'no_plan';

no_root_location();
no_long_string();

# a block without "config" has its parameters in "params"

add_block_preprocessor(sub {
    my ($block) = @_;

    return if defined $block->config;

    my ($params) = $block->name =~ /: (.*)/;

    $block->set_value(config => <<"END");
    apigw_stage s {
        apigw_cors $params;
        apigw_route "GET /x" { return 200 in; }
    }
END
    $block->set_value(must_die => '');
    $block->set_value(no_error_log => '[alert]');
});

run_tests();

__DATA__

=== TEST 1: methods=GET
--- error_log
"apigw_cors" directive has no "origins=" in



=== TEST 2: on
--- error_log
invalid parameter "on": "origins=", "methods=", "headers=", "expose=", "max_age=", "credentials=", or "off" alone is expected in



=== TEST 3: off origins=*
--- error_log
invalid parameter "off": "origins=",



=== TEST 4: origins=* off
--- error_log
invalid parameter "off": "origins=",



=== TEST 5: origin=*
--- error_log
invalid parameter "origin=*": "origins=",



=== TEST 6: origins
--- error_log
invalid parameter "origins": "origins=",



=== TEST 7: origins=
--- error_log
invalid origin "": it is empty in



=== TEST 8: origins=https://a,
--- error_log
invalid origin "": it is empty in



=== TEST 9: origins=null
--- error_log
invalid origin "null": "*" or a scheme such as in "https://app.example.com" is expected in



=== TEST 10: origins=https://a,app.example.com
--- error_log
invalid origin "app.example.com": "*" or a scheme such as in "https://app.example.com" is expected in



=== TEST 11: origins=https://a/
--- error_log
invalid origin "https://a/": nothing but a host and a port is expected after the scheme, as in "https://app.example.com:8443" in



=== TEST 12: origins=https://a:0
--- error_log
invalid origin "https://a:0": a port is 1 to 65535 in



=== TEST 13: origins=https://*:8443
--- error_log
invalid origin "https://*:8443": a wildcard stands for the host, or for what is before the first dot, as in "https://*.example.com" in



=== TEST 14: origins=https://*.a:65536
--- error_log
invalid origin "https://*.a:65536": a port is 1 to 65535 in



=== TEST 15: origins=ftp://*
--- error_log
invalid origin "ftp://*": a wildcard is for "http" and "https" only in



=== TEST 16: origins=*,https://a
--- error_log
"*" stands alone in "origins=*,https://a" in



=== TEST 17: "origins=https://a, https://b"
--- error_log
invalid origin " https://b":



=== TEST 18: origins="https://a"
--- error_log
a quote inside the parameter "origins="https://a"": quote the parameter as a whole in



=== TEST 19: origins=* methods=get
--- error_log
invalid method "get": a name in upper case such as "GET", or "*", is expected in



=== TEST 20: origins=* methods=ANY
--- error_log
invalid method "ANY": a name in upper case such as "GET", or "*", is expected in



=== TEST 21: origins=* methods=GET,
--- error_log
invalid method "": a name in upper case



=== TEST 22: origins=* methods=
--- error_log
invalid method "": a name in upper case



=== TEST 23: origins=* headers=x-a;x-b
--- config
    apigw_stage s {
        apigw_cors origins=* "headers=x-a;x-b";
        apigw_route "GET /x" { return 200 in; }
    }
--- must_die
--- error_log
invalid header "x-a;x-b": names with commas between them, or "*", are expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 24: origins=* headers=
--- error_log
invalid header "": names with commas between them, or "*", are expected in



=== TEST 25: origins=* expose=x-a,,x-b
--- error_log
invalid header "": names with commas between them, or "*", are expected in



=== TEST 26: origins=* max_age=-2
--- error_log
invalid max_age "-2": -1 to 86400 seconds are expected in



=== TEST 27: origins=* max_age=86401
--- error_log
invalid max_age "86401": -1 to 86400 seconds are expected in



=== TEST 28: origins=* max_age=1d
--- error_log
invalid max_age "1d": -1 to 86400 seconds are expected in



=== TEST 29: origins=* max_age=
--- error_log
invalid max_age "": -1 to 86400 seconds are expected in



=== TEST 30: origins=https://a credentials=yes
--- error_log
invalid value "yes" in "credentials=": "on" or "off" is expected in



=== TEST 31: origins=* credentials=on
--- error_log
"credentials=on" is not for "origins=*": the origins have to be told in



=== TEST 32: origins=https://a credentials=on expose=x-a,*
--- error_log
"*" in "expose=" means nothing with "credentials=on": the headers have to be told in



=== TEST 33: origins=https://a origins=https://b
--- error_log
the duplicate parameter "origins=https://b" in



=== TEST 34: origins=https://a max_age=1 max_age=1
--- error_log
the duplicate parameter "max_age=1" in



=== TEST 35: twice on a level
--- config
    apigw_stage s {
        apigw_cors origins=*;
        apigw_cors off;
        apigw_route "GET /x" { return 200 in; }
    }
--- must_die
--- error_log
"apigw_cors" directive is duplicate in
--- no_error_log
[alert]



=== TEST 36: off, and again
--- config
    apigw_cors off;
    apigw_cors origins=*;
    apigw_stage s { apigw_route "GET /x" { return 200 in; } }
--- must_die
--- error_log
"apigw_cors" directive is duplicate in
--- no_error_log
[alert]



=== TEST 37: nothing at all
--- config
    apigw_stage s {
        apigw_cors;
        apigw_route "GET /x" { return 200 in; }
    }
--- must_die
--- error_log
invalid number of arguments in "apigw_cors" directive in
--- no_error_log
[alert]



=== TEST 38: not in a location
--- config
    location /x { apigw_cors origins=*; }
    apigw_stage s { apigw_route "GET /x" { return 200 in; } }
--- must_die
--- error_log
"apigw_cors" directive is not allowed here in
--- no_error_log
[alert]



=== TEST 39: not in an "if" of a route
--- config
    apigw_stage s { apigw_route "GET /x" { if ($arg_a) { apigw_cors origins=*; } return 200; } }
--- must_die
--- error_log
"apigw_cors" directive is not allowed here in
--- no_error_log
[alert]



=== TEST 40: not in a server without stages
--- config
    apigw_cors origins=*;
--- must_die
--- error_log
a policy in a server without stages in
--- no_error_log
[alert]



=== TEST 41: a server with locations beside its stages
--- config
    apigw_cors origins=*;
    location /x { return 200 in; }
    apigw_stage s { apigw_route "GET /x" { return 200 in; } }
--- request
GET /x
--- response_headers
! Access-Control-Allow-Origin
--- error_log
the policies of this server don't hold in its location "/x" in



=== TEST 42: credentials for all sites of a scheme are a warning
--- config
    apigw_stage s {
        apigw_cors origins=https://a,https://* credentials=on;
        apigw_route "GET /x" { return 200 in; }
    }
--- request
GET /s/x
--- more_headers
Origin: https://b
--- response_headers
Access-Control-Allow-Origin: https://b
Access-Control-Allow-Credentials: true
--- error_log
"credentials=on" with the origins "https://*": any such site may act as the user who visits it in



=== TEST 43: what is configured is put into the form that browsers use
--- config
    apigw_stage s {
        apigw_cors origins=HTTPS://App.Example.com:443,http://*.Example.org:80 credentials=off;
        apigw_route "GET /x" { return 200 in; }
    }
--- request eval
["GET /s/x", "GET /s/x"]
--- more_headers eval
["Origin: https://app.example.com", "Origin: http://a.example.org"]
--- response_headers eval
["Access-Control-Allow-Origin: https://app.example.com\n! Access-Control-Allow-Credentials",
"Access-Control-Allow-Origin: http://a.example.org\n! Access-Control-Allow-Credentials"]
--- error_code eval
[200, 200]



=== TEST 44: a server that is first has none of it, the second has
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        apigw_api other;
        apigw_cors origins=*;
        apigw_stage s { apigw_route "GET /x" { return 200 in; } }
    }
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 in; } }
--- request
GET /s/x
--- response_headers
! Access-Control-Allow-Origin
