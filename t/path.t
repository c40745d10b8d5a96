use Test::Nginx::Socket 'no_plan';

# One canonical path: what was matched is what is forwarded.  The backend
# shows the bytes that it received.

no_root_location();
no_long_string();

our $Bad = '{"message":"Bad Request"}';
our $Missing = '{"message":"Missing Authentication Token"}';
our $Forbidden = '{"message":"Forbidden"}';

our $HttpConfig = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        merge_slashes off;
        location / { return 200 "$request_uri"; }
    }
END

# /admin is protected, all else is open.

our $Config = <<'END';
    apigw_stage s {
        apigw_route "ANY /admin" {
            add_header X-Route admin;
            apigw_throttle 0r/s burst=0;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "ANY /{proxy+}" {
            add_header X-Route proxy;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
END

# Requests as bytes: the client side of Test::Nginx would change them.

sub raw (@) {
    return CORE::join('', map { "GET $_ HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\n\r\n" } @_);
}

run_tests();

__DATA__

=== TEST 1: forms of /admin are /admin, which is blocked
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[map { "GET $_" } '/s/admin', '/s//admin', '//s/admin', '/s/./admin', '/s/x/../admin',
'/s/admin/.', '/s/admin/', '/s/%61dmin', '/s/%61%64%6d%69%6E', '/s/%2e/admin',
'/s/x/%2e%2e/admin', '/s/x/.%2E/admin', '/s/x/y/../../admin', '/s/admin/x/..',
'/s/../s/admin', '/x/../s/admin', '/%73/admin', '/s/admin?x=1', '/s/admin?/../x',
'/s/admin#x']
--- error_code eval
[(429) x 20]
--- response_headers eval
[("x-amzn-ErrorType: TooManyRequestsException") x 20]



=== TEST 2: paths that mean two things are refused
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[map { "GET $_" } '/s/admin%2f', '/s/x%2fadmin', '/s/x%2F..%2fadmin', '/s/x/%2e%2e%2fadmin',
'/s/admin%5c', '/s/%5cadmin', '/s/admin%01', '/s/admin%0a', '/s/admin%0D', '/s/admin%1f',
'/s/admin%7f', '/s/x/..;/admin', '/s/x/.;a=b/admin', '/s/x/..%3b/admin', '/s/x/..%3Ba/admin']
--- error_code eval
[(400) x 15]
--- response_body eval
[($::Bad) x 15]
--- response_headers eval
[("x-amzn-ErrorType: BadRequestException\n! X-Route") x 15]



=== TEST 3: what nginx itself refuses
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[map { "GET $_" } '/s/admin%00', '/s/%zz', '/s/%', '/s/%4', '/s/../../admin', '/../s/admin']
--- error_code eval
[(400) x 6]
--- response_headers eval
[("! X-Route") x 6]



=== TEST 4: what is not /admin is forwarded as it was matched
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[map { "GET $_" } '/s/admin;x=1', '/s/Admin', '/s/admin%3bx', '/s/admin%20', '/s/%2561dmin',
'/s/%252e%252e/admin', '/s/admin%3f', '/s/admin%23', '/s/...', '/s/.../admin', '/s/admin./',
'/s/x//admin', '/s/a/./b/../c', '/s/%7Etilde/%7E', '/s/%e4%bD', '/s/a+b%2B%2b']
--- response_body eval
['/admin;x=1', '/Admin', '/admin%3Bx', '/admin%20', '/%2561dmin', '/%252e%252e/admin',
'/admin%3F', '/admin%23', '/...', '/.../admin', '/admin./', '/x/admin', '/a/c', '/~tilde/~',
'/%E4%BD', '/a+b%2B%2B']
--- error_code eval
[(200) x 16]



=== TEST 5: the arguments are forwarded untouched
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
[map { "GET $_" } '/s/x?', '/s/x?a=%2f%zz/../b', '/s//x?a=//b', '/s/%78?a=%61', '/s/x??', '/s/x/..//y?q=1&q=2']
--- response_body eval
['/x?', '/x?a=%2f%zz/../b', '/x?a=//b', '/x?a=%61', '/x??', '/y?q=1&q=2']
--- error_code eval
[(200) x 6]



=== TEST 6: a raw backslash
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('/s/admin\\')
--- error_code: 400
--- response_body eval: $::Bad
--- error_log
client sent invalid path "/s/admin\": path has a control character or "\"



=== TEST 7: raw backslashes for slashes
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('/s/x\\..\\admin')
--- error_code: 400
--- response_body eval: $::Bad



=== TEST 8: bytes above 0x7e are encoded
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw("/s/\xc3\xa4\xff")
--- response_body: /%C3%A4%FF



=== TEST 9: braces, quotes and other printable bytes stay as they are
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('/s/{a}"<b>|^`[c]')
--- response_body: /{a}"<b>|^`[c]



=== TEST 10: a raw control character
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw("/s/a\x01b")
--- error_code: 400
--- response_headers
! X-Route



=== TEST 11: a fragment is not forwarded
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('/s/x#/../admin')
--- response_body: /x



=== TEST 12: a fragment behind arguments
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('/s/x/./y?a=b#c')
--- response_body: /x/y?a=b



=== TEST 13: an absolute-form target
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('http://localhost/s/x/../y?z')
--- response_body: /y?z



=== TEST 14: an absolute-form target is blocked as any other
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('http://localhost/s/./%61dmin')
--- error_code: 429



=== TEST 15: an absolute-form target without a path
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('http://localhost')
--- error_code: 403
--- response_body eval: $::Forbidden



=== TEST 16: an absolute-form target with arguments only
--- http_config eval: $::HttpConfig
--- config
    apigw_stage $default {
        apigw_api_type http;
        apigw_route $default { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- raw_request eval
::raw('http://localhost?a=b')
--- response_body: /?a=b



=== TEST 17: the host of an absolute-form target chooses the API, not Host
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT;
        server_name b.example.com;
        apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_api $host"; } }
    }
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_api $host"; } }
--- raw_request eval
"GET http://localhost/s/x HTTP/1.1\r\nHost: b.example.com\r\nConnection: close\r\n\r\n"
--- response_body: localhost localhost



=== TEST 18: the host, in whatever case and with a port, chooses the API
--- http_config
    server {
        listen $TEST_NGINX_SERVER_PORT;
        server_name b.example.com;
        apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_api $host"; } }
    }
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_api $host"; } }
--- request eval
["GET /s/x", "GET /s/x", "GET /s/x"]
--- more_headers eval
["Host: LOCALHOST:1", "Host: localhost.", "Host: B.example.com"]
--- response_body eval
["localhost localhost", "localhost localhost", "b.example.com b.example.com"]
--- error_code eval
[200, 200, 200]



=== TEST 19: a path that leads out of its stage is not of this stage
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- request eval
["GET /s/../admin", "GET /s/%2e%2e%2fadmin", "GET /s/x/../../t/admin"]
--- error_code eval
[(403) x 3]
--- response_body eval
[($::Forbidden) x 3]



=== TEST 20: authority-form
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
::raw('localhost:80')
--- error_code: 400



=== TEST 21: CONNECT
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code_like: ^40[05]$



=== TEST 22: asterisk-form
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
--- error_code: 400



=== TEST 23: two Host headers
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
"GET /s/x HTTP/1.1\r\nHost: localhost\r\nHost: other\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- response_headers
! X-Route



=== TEST 24: Host with userinfo or an encoded slash
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
"GET /s/x HTTP/1.1\r\nHost: a/s/admin\r\nConnection: close\r\n\r\n"
--- error_code: 400



=== TEST 25: HTTP/0.9 is matched as any other
--- http_config eval: $::HttpConfig
--- config eval: $::Config
--- raw_request eval
"GET /s/%61dmin\r\n"
--- http09
--- error_code: 200
--- response_body: {"message":"Too Many Requests"}



=== TEST 26: proxy_pass with a URI part takes the place of the route's prefix
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s {
        apigw_route "ANY /a/{id}"     { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/base/; }
        apigw_route "ANY /b/{p+}"     { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
        apigw_route "ANY /c"          { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/internal/c; }
        apigw_route "ANY /d/{x}/e"    { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/base; }
        apigw_route "ANY /{other+}"   { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/other/; }
        apigw_route "ANY /"           { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/root; }
    }
--- request eval
[map { "GET $_" } '/s/a/7', '/s//a//7?x=1', '/s/a/7/', '/s/b/c/d', '/s/c', '/s/c/', '/s/d/1/e',
'/s/z/y', '/s', '/s/a/x%20y', '/s/a/%25', '/s/a/%3f', '/s/b/%61/../c', '/s/a/%e4', '/s/a/a;b']
--- response_body eval
['/base/7', '/base/7?x=1', '/base/7/', '/c/d', '/internal/c', '/internal/c/', '/base1/e',
'/other/z/y', '/root', '/base/x%20y', '/base/%25', '/base/%3F', '/c', '/base/%E4', '/base/a;b']
--- error_code eval
[(200) x 15]



=== TEST 27: with a URI part, what comes out of the prefix cannot climb
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s {
        apigw_route "ANY /b/{p+}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/base/; }
    }
--- request eval
[map { "GET $_" } '/s/b/../admin', '/s/b/%2e%2e/admin', '/s/b/x/../../admin', '/s/b/%2e%2e%2fadmin',
'/s/b/..%5cadmin', '/s/b/..;/admin', '/s/b/%252e%252e/admin']
--- error_code eval
[403, 403, 403, 400, 400, 400, 200]
--- response_body eval
[($::Missing) x 3, ($::Bad) x 3, '/base/%252e%252e/admin']



=== TEST 28: proxy_pass with variables is used as it evaluates
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s {
        apigw_stage_variable backend 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        apigw_route "ANY /a/{id}"  { proxy_pass http://$apigw_stage_variable_backend; }
        apigw_route "ANY /b/{id}"  { proxy_pass http://$apigw_stage_variable_backend/x/$apigw_path_id; }
        apigw_route "ANY /c/{p+}"  { proxy_pass http://$apigw_stage_variable_backend/x/$apigw_path_p?y=$arg_y; }
        apigw_route "ANY /d/{p+}"  { proxy_pass http://$apigw_stage_variable_backend$request_uri; }
    }
--- request eval
[map { "GET $_" } '/s//a/7?q', '/s/a/x%20y/', '/s/b/x%20y?q', '/s/b/a%3fb', '/s/c/x%3F/%7ey?y=1&z',
'/s/c/%61/../b', '/s/d/%61/../b?c']
--- response_body eval
['/a/7?q', '/a/x%20y/', '/x/x%20y', '/x/a%3Fb', '/x/x%3F/~y?y=1', '/x/b?y=', '/d/b?c']
--- error_code eval
[(200) x 7]



=== TEST 29: $request keeps the client's line, the rest is canonical
--- config
    apigw_stage s {
        apigw_route "GET /a/{id}" { return 200 "$request|$uri|$request_uri|$apigw_path_id"; }
    }
--- request eval
["GET /s//a/%7ex%20y?b", "GET /s/a/x"]
--- response_body eval
["GET /s//a/%7ex%20y?b HTTP/1.1|/a/~x y|/a/~x%20y?b|~x%20y",
"GET /s/a/x HTTP/1.1|/a/x|/a/x|x"]
--- error_code eval
[200, 200]



=== TEST 30: merge_slashes off: what nginx and the gateway read differently is refused
--- http_config eval: $::HttpConfig
--- config eval
"merge_slashes off;\n" . $::Config
--- request eval
[map { "GET $_" } '/s//admin', '/s/x//..//admin', '/s/x//y', '/s//x', '/s/admin//']
--- error_code eval
[400, 400, 400, 400, 400]
--- response_body eval
[($::Bad) x 5]



=== TEST 31: merge_slashes off, a slash before the stage
--- http_config eval: $::HttpConfig
--- config eval
"merge_slashes off;\n" . $::Config
--- request eval
["GET //s/admin", "GET //s/x", "GET /x/..//s/x"]
--- error_code eval
[403, 403, 403]
--- response_body eval
[($::Forbidden) x 3]



=== TEST 32: an encoded slash is refused, or kept as part of its segment
--- http_config eval: $::HttpConfig
--- config
    apigw_stage no {
        apigw_route "ANY /a/{id}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    apigw_stage keep {
        apigw_encoded_slash keep;
        apigw_route "ANY /a/{id}"   { add_header X-Id $apigw_path_id; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "ANY /u/{id}"   { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/base/; }
        apigw_route "ANY /v/{id}"   { return 200 "$uri|$request_uri|$apigw_path_id"; }
    }
--- request eval
[map { "GET $_" } '/no/a/x%2fy', '/keep/a/x%2fy', '/keep/a/x%2Fy?z', '/keep/a%2fx', '/keep%2fa/x',
'/keep/a/%2fx', '/keep/a/..%2fx', '/keep/a/x%2f..', '/keep/a/x%2f.%2fy', '/keep/u/x%2fy', '/keep/v/x%2fy']
--- error_code eval
[400, 200, 200, 403, 403, 400, 400, 400, 400, 200, 200]
--- response_body eval
[$::Bad, '/a/x%2Fy', '/a/x%2Fy?z', $::Missing, $::Forbidden, ($::Bad) x 4,
'/base/x%252Fy', '/v/x%2Fy|/v/x%2Fy|x%2Fy']



=== TEST 33: apigw_encoded_slash of the server, and of a stage
--- config
    apigw_encoded_slash keep;
    apigw_stage a { apigw_route "ANY /{id}" { return 200 $apigw_path_id; } }
    apigw_stage b { apigw_encoded_slash reject; apigw_route "ANY /{id}" { return 200 no; } }
--- request eval
["GET /a/x%2fy", "GET /b/x%2fy"]
--- error_code eval
[200, 400]
--- response_body eval
['x%2Fy', $::Bad]



=== TEST 34: path parameters are the bytes that were matched
--- config
    apigw_stage s {
        apigw_route "GET /a/{id}/{rest+}" { return 200 "$apigw_path_id|$apigw_path_rest|$apigw_path_other|"; }
    }
    apigw_stage h {
        apigw_api_type http;
        apigw_route "GET /a/{id}/{rest+}" { return 200 "$apigw_path_id|$apigw_path_rest|"; }
    }
--- request eval
[map { "GET $_" } '/s/a/%7e/b/c/', '/s/a/x%2B+y/%c3%a4//z', '/h/a/1/b/c/', '/h/a/%2525/x?y',
'/s/a/b/../c/d']
--- response_body eval
['~|b/c||', 'x%2B+y|%C3%A4/z||', '1|b/c/|', '%2525|x|', 'c|d||']
--- error_code eval
[(200) x 5]



=== TEST 35: parameters whose names no variable can have
--- config
    apigw_stage s {
        apigw_route "GET /a/{pet-id}/{Toy.Name}" { return 200 "$apigw_path_pet_id $apigw_path_toy_name"; }
    }
--- request
GET /s/a/1/2
--- response_body: 1 2



=== TEST 36: an upstream that decodes once more sees nothing new
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /admin { return 200 "admin $uri"; }
        location /      { return 200 "open $uri"; }
    }
--- config eval: $::Config
--- request eval
[map { "GET $_" } '/s/%61dmin/x', '/s/x/..%2fadmin', '/s/x/..%5Cadmin', '/s/%252e%252e/admin',
'/s/x%252f..%252fadmin', '/s/x%3f/../admin', '/s/x%23/../admin', '/s/x;/../admin', '/s/x/%2e%2e;/admin']
--- error_code eval
[403, 400, 400, 200, 200, 429, 429, 429, 400]
--- response_body eval
[$::Missing, $::Bad, $::Bad, 'open /%2e%2e/admin', 'open /x%2f..%2fadmin',
('{"message":"Too Many Requests"}') x 3, $::Bad]



=== TEST 37: a long path with much to encode
--- http_config eval: $::HttpConfig
--- config eval
$::Config . "large_client_header_buffers 4 16k;\n"
--- raw_request eval
::raw("/s/" . ("\xff/./" x 2000))
--- response_body eval
"/" . ("%FF/" x 2000)



=== TEST 38: a $default stage sees the whole path
--- http_config eval: $::HttpConfig
--- config
    apigw_api_type http;
    apigw_stage $default {
        apigw_route "GET /admin" { return 200 admin; }
        apigw_route $default     { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    apigw_stage v1 { apigw_route $default { return 200 v1; } }
--- request eval
[map { "GET $_" } '/%61dmin', '//admin', '/x/../admin', '/v1/../admin', '/v1/%2e%2e/admin', '/x/..%2fadmin',
'/x/../v1/y', '/%761', '/v1;x/y', '/adm%69n/']
--- error_code eval
[(200) x 5, 400, 200, 200, 200, 200]
--- response_body eval
[('admin') x 5, $::Bad, 'v1', 'v1', '/v1;x/y', '/admin/']
