use Test::Nginx::Socket 'no_plan';

# type introspection of an authorizer: a server of the same nginx is the
# endpoint.  It hears the form as a header and answers by a map.

no_root_location();
no_long_string();

our $Answers = <<'_EOC_';
        ~^token=good-token&    '{"active":true,"sub":"alice","scope":"read write"}';
        ~^token=good-other&    '{"active":true,"client_id":"app","scp":["read"]}';
        ~^token=lasting-token& '{"active":true,"sub":"bob","exp":4102444800,"nbf":1,"iat":1.5}';
        ~^token=expired-token& '{"active":true,"sub":"bob","exp":1700000000}';
        ~^token=future-token&  '{"active":true,"sub":"bob","nbf":4102444800}';
        ~^token=early-token&   '{"active":true,"sub":"bob","iat":4102444800}';
        ~^token=iss-one-token& '{"active":true,"sub":"bob","iss":"https://one.example.com"}';
        ~^token=iss-two-token& '{"active":true,"sub":"bob","iss":"https://one.example.com/"}';
        ~^token=aud-one-token& '{"active":true,"sub":"bob","aud":"pets"}';
        ~^token=aud-two-token& '{"active":true,"sub":"bob","aud":["toys","pets"]}';
        ~^token=aud-bad-token& '{"active":true,"sub":"bob","aud":["toys","petshop"]}';
        ~^token=aud-app-token& '{"active":true,"client_id":"pets"}';
        ~^token=aud-not-token& '{"active":true,"client_id":"pets","aud":"toys"}';
        ~^token=jti-one-token& '{"active":true,"sub":"bob","jti":"j1"}';
        "token=a%2Bb%2Fc%3D%26d%25e~f*g%22h%3A&token_type_hint=access_token" '{"active":true,"sub":"no"}';
        "token=a%2Bb%2Fc%3D%26d%25e%7Ef*g%22h%3A&token_type_hint=access_token" '{"active":true,"sub":"odd"}';
        ~^token=html-token&    '<html>{"active":true}</html>';
        ~^token=list-token&    '[{"active":true}]';
        ~^token=text-token&    '{"active":"true"}';
        ~^token=one-token&     '{"active":1}';
        ~^token=none-token&    '{"sub":"bob"}';
        ~^token=twice-token&   '{"active":false,"active":true}';
        ~^token=exp-text-token& '{"active":true,"exp":"4102444800"}';
        ~^token=exp-huge-token& '{"active":true,"exp":1e308}';
        ~^token=empty-token&   '';
        default                '{"active":false,"sub":"nobody"}';
_EOC_

# the endpoint, with more of its configuration, and the authorizer

sub http (@) {
    my ($block, $endpoint, $more) = @_;
    $endpoint //= 'return 200 $answer;';
    $more //= '';
    return <<"_EOC_";
    map_hash_bucket_size 256;
    map \$http_x_form \$answer {
$::Answers
    }
    limit_req_zone \$server_port zone=once:64k rate=1r/m;
    $more
    server {
        listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
        location = /introspect {
            if (\$request_method != POST) { return 405; }
            if (\$http_authorization != "Basic Z2F0ZSUzQTE6cyVDMyVBOWNyZXQrJTI1") { return 401; }
            if (\$content_type != application/x-www-form-urlencoded) { return 415; }
            if (\$http_accept != application/json) { return 406; }
            proxy_set_header X-Form \$request_body;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/answer;
        }
        location = /answer { $endpoint }
    }
    apigw_authorizer users {
        type introspection;
        endpoint http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/introspect;
        client_id gate:1;
        client_secret_file \$TEST_NGINX_SERVER_ROOT/html/secret;
        $block
    }
_EOC_
}

our $Once = 'limit_req zone=once; proxy_set_header X-Form $http_x_form; '
    . 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/said; } '
    . 'location = /said { return 200 $answer;';

our $Config = <<'_EOC_';
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /a" { return 200 "$apigw_principal\n"; }
        apigw_route "GET /write" { apigw_authorize users scopes=write,admin; return 200 "written\n"; }
        apigw_route "GET /all" { apigw_authorize users scopes_all=read,write; return 200 "both\n"; }
    }
_EOC_

our $HttpApi = "    apigw_api_type http;\n$::Config";

add_block_preprocessor(sub {
    my ($block) = @_;
    if (!defined $block->user_files) {
        $block->set_value(user_files => ">>> secret\ns\xc3\xa9cret %\nnot this line\n");
    }
});

sub bearer ($) {
    return "Authorization: Bearer $_[0]";
}

run_tests();

__DATA__

=== TEST 1: an active token
--- http_config eval: ::http('')
--- log_level: info
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: Bearer good-token
--- response_headers
! WWW-Authenticate
--- response_body
alice
--- no_error_log eval
["[error]", "good-token", "Z2F0ZSUzQTE6"]



=== TEST 2: a principal without a sub is the client
--- http_config eval: ::http('')
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: bearer good-other
--- response_body
app
--- no_error_log
[error]



=== TEST 3: a token that is not active
--- http_config eval: ::http('')
--- log_level: info
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: Bearer bad-token
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer error="invalid_token", error_description="the token is not active"
x-amzn-ErrorType: UnauthorizedException
--- response_body chomp
{"message":"Unauthorized"}
--- error_log
the token is not active
--- no_error_log eval
["[error]", "bad-token"]



=== TEST 4: no token
--- http_config eval: ::http('')
--- config eval: $::HttpApi
--- request
GET /s/a
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer
--- response_body chomp
{"message":"Unauthorized"}
--- no_error_log
[error]



=== TEST 5: times of an answer
--- http_config eval: ::http('')
--- config eval: $::Config
--- request eval
[("GET /s/a") x 4]
--- more_headers eval
[map { ::bearer($_) } qw(lasting-token expired-token future-token early-token)]
--- error_code eval
[200, 401, 401, 401]
--- response_body eval
["bob\n", ('{"message":"Unauthorized"}') x 3]
--- no_error_log
[error]



=== TEST 6: leeway
--- http_config eval: ::http('leeway 5m;') =~ s/1700000000/time - 100/er =~ s/"nbf":4102444800/'"nbf":' . (time + 100)/er
--- config eval: $::Config
--- request eval
[("GET /s/a") x 3]
--- more_headers eval
[map { ::bearer($_) } qw(expired-token future-token early-token)]
--- error_code eval
[200, 200, 401]
--- no_error_log
[error]



=== TEST 7: an issuer
--- http_config eval: ::http('issuer https://two.example.com; issuer https://one.example.com;')
--- config eval: $::Config
--- request eval
[("GET /s/a") x 3]
--- more_headers eval
[map { ::bearer($_) } qw(iss-one-token iss-two-token good-token)]
--- error_code eval
[200, 401, 401]
--- no_error_log
[error]



=== TEST 8: an audience
--- http_config eval: ::http('audience shop pets;')
--- config eval: $::Config
--- request eval
[("GET /s/a") x 6]
--- more_headers eval
[map { ::bearer($_) } qw(aud-one-token aud-two-token aud-bad-token aud-app-token aud-not-token good-token)]
--- error_code eval
[200, 200, 401, 200, 401, 401]
--- no_error_log
[error]



=== TEST 9: scopes
--- http_config eval: ::http('')
--- config eval: $::Config
--- request eval
["GET /s/write", "GET /s/all", "GET /s/write", "GET /s/all", "GET /s/a", "GET /s/write"]
--- more_headers eval
[(map { ::bearer($_) } qw(good-token good-token good-other good-other good-other lasting-token))]
--- error_code eval
[200, 200, 403, 403, 200, 403]
--- raw_response_headers_like eval
["200", "200", ('WWW-Authenticate: Bearer error="insufficient_scope", error_description="[^"]+", scope="') x 2, "200", 'insufficient_scope']
--- no_error_log
[error]



=== TEST 10: rules
--- http_config eval: ::http('require /sub in carol alice; require /scope contains write;')
--- config eval: $::Config
--- request eval
[("GET /s/a") x 2]
--- more_headers eval
[map { ::bearer($_) } qw(good-token lasting-token)]
--- error_code eval
[200, 403]
--- no_error_log
[error]



=== TEST 11: an active token is asked for once
--- http_config eval: ::http('', $::Once)
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a", "GET /s/write", "GET /s/a"]
--- more_headers eval
[map { ::bearer($_) } qw(good-token good-token good-token good-other)]
--- error_code eval
[200, 200, 200, 500]
--- no_error_log
[alert]



=== TEST 12: without a cache each time
--- http_config eval: ::http('cache off;', $::Once)
--- config eval: $::Config
--- request eval
[("GET /s/a") x 2]
--- more_headers eval
[map { ::bearer($_) } qw(good-token good-token)]
--- error_code eval
[200, 500]
--- no_error_log
[alert]



=== TEST 13: cache_max 0
--- http_config eval: ::http('cache_max 0;', $::Once)
--- config eval: $::Config
--- request eval
[("GET /s/a") x 2]
--- more_headers eval
[map { ::bearer($_) } qw(good-token good-token)]
--- error_code eval
[200, 500]
--- no_error_log
[alert]



=== TEST 14: an inactive token is asked for once
--- http_config eval: ::http('', $::Once)
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a", "GET /s/a"]
--- more_headers eval
[map { ::bearer($_) } qw(bad-token bad-token bad-other)]
--- error_code eval
[401, 401, 500]
--- no_error_log
[alert]



=== TEST 15: inactive_max 0
--- http_config eval: ::http('inactive_max 0;', $::Once)
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
[map { ::bearer($_) } qw(bad-token bad-token)]
--- error_code eval
[401, 500]
--- no_error_log
[alert]



=== TEST 16: what is active and refused all the same is not kept as inactive
--- http_config eval: ::http('issuer https://two.example.com;', $::Once)
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
[map { ::bearer($_) } qw(iss-one-token iss-one-token)]
--- error_code eval
[401, 500]
--- no_error_log
[alert]



=== TEST 17: a token that is written oddly
--- http_config eval: ::http('')
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: Bearer a+b/c=&d%e~f*g"h:
--- response_body
odd
--- no_error_log
[error]



=== TEST 18: a token that is none is not asked for
--- http_config eval: ::http('token_max 256;', 'return 500;')
--- config eval: $::Config
--- request eval
[("GET /s/a") x 3]
--- more_headers eval
[::bearer("good\xfftoken"), ::bearer("good-token x"), ::bearer('x' x 257)]
--- error_code eval
[401, 401, 401]
--- raw_response_headers_like eval
[('invalid_token') x 3]
--- no_error_log
[error]



=== TEST 19: an answer that is none
--- http_config eval: ::http('')
--- log_level: info
--- config eval: $::Config
--- request eval
[("GET /s/a") x 9]
--- more_headers eval
[map { ::bearer("$_-token") } qw(html list text one none twice exp-text exp-huge empty)]
--- error_code eval
[(500) x 9]
--- response_headers eval
[("x-amzn-ErrorType: AuthorizerFailureException\n! WWW-Authenticate") x 9]
--- response_body eval
[('{"message":null}') x 9]
--- no_error_log eval
["[alert]", "html-token"]



=== TEST 20: a failure
--- http_config eval: ::http('', 'return 503;')
--- config eval: $::HttpApi
--- request
GET /s/a
--- more_headers
Authorization: Bearer good-token
--- error_code: 500
--- response_body chomp
{"message":"Internal Server Error"}
--- error_log eval
qr/\[error\].*introspection at "http:\/\/127\.0\.0\.1:\d+\/introspect" failed: its status is 503/
--- no_error_log
[alert]



=== TEST 21: our credentials are wrong
--- http_config eval: ::http('')
--- log_level: info
--- config eval: $::Config
--- user_files
>>> secret
another one
--- request
GET /s/a
--- more_headers
Authorization: Bearer good-token
--- error_code: 500
--- response_body chomp
{"message":null}
--- error_log eval
qr/\[error\].*introspection at "[^"]+" failed: the client_id or its secret is wrong, its status is 401/
--- no_error_log eval
["[alert]", "another one", "YW5vdGhlciBvbmU"]



=== TEST 22: a redirect is not followed
--- http_config eval: ::http('', 'return 302 http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/yes; } location = /yes { return 200 "{\"active\":true}";')
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: Bearer good-token
--- error_code: 500
--- error_log
failed: its status is 302
--- no_error_log
[alert]



=== TEST 23: nobody listens
--- http_config eval: ::http('') =~ s/(endpoint http:\/\/127\.0\.0\.1:)[^\/]+/${1}1/r
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: Bearer good-token
--- error_code: 500
--- response_body chomp
{"message":null}
--- error_log
introspection at "http://127.0.0.1:1/introspect" failed: could not connect: 127.0.0.1:1, 111:
--- no_error_log
[alert]



=== TEST 24: an endpoint that says nothing
--- http_config eval: ::http('timeout 200ms;') =~ s/(endpoint http:\/\/127\.0\.0\.1:)[^\/]+/$1\$TEST_NGINX_RAND_PORT_2/r
--- config eval: $::Config
--- tcp_listen: $TEST_NGINX_RAND_PORT_2
--- tcp_no_close
--- tcp_reply_delay: 2s
--- tcp_reply
--- request
GET /s/a
--- more_headers
Authorization: Bearer good-token
--- error_code: 500
--- response_body chomp
{"message":null}
--- error_log
introspection failed
--- no_error_log
[alert]



=== TEST 25: a revoked list
--- http_config eval: ::http('revoked $TEST_NGINX_SERVER_ROOT/html/list;')
--- config eval: $::Config
--- user_files eval
[[secret => "s\xc3\xa9cret %\n"], [list => "jti j1\nsub alice\n"]]
--- request eval
[("GET /s/a") x 4]
--- more_headers eval
[map { ::bearer($_) } qw(jti-one-token good-token lasting-token good-token)]
--- error_code eval
[401, 401, 200, 401]
--- no_error_log
[error]



=== TEST 26: a token of an argument
--- http_config eval: ::http('identity $arg_access_token;')
--- log_level: info
--- config eval: $::Config
--- request eval
["GET /s/a?access_token=good-token&b=1", "GET /s/a?access_token=bad-token", "GET /s/a"]
--- more_headers eval
[('Authorization: Bearer good-token') x 3]
--- error_code eval
[200, 401, 401]
--- no_error_log eval
["[error]", "=good-token", "=bad-token"]
--- no_access_log eval
["=good-token", "=bad-token"]



=== TEST 27: two authorizers know nothing of each other's tokens
--- http_config eval: ::http('issuer https://one.example.com;') . (::http('') =~ s/.*?(?=apigw_authorizer users)//sr =~ s/users/others/r)
--- config
    apigw_stage s {
        apigw_route "GET /a" { apigw_authorize others; return 200 "$apigw_principal\n"; }
        apigw_route "GET /b" { apigw_authorize users; return 200 "$apigw_principal\n"; }
    }
--- request eval
["GET /s/a", "GET /s/b", "GET /s/a"]
--- more_headers eval
[map { ::bearer($_) } qw(good-token good-token good-token)]
--- error_code eval
[200, 401, 200]
--- no_error_log
[error]
