use Test::Nginx::Socket 'no_plan';

# valgrind

# Cross-origin requests: preflights, headers of answers, whoever made them.

no_root_location();
no_long_string();

our $App = "https://app.example.com";

our $HttpConfig = <<'END';
    apigw_usage_plan basic { throttle 100r/s burst=100; }
    apigw_usage_plan once { quota 1/day; }
    apigw_api_key alice key=alice-0123456789abcdef plan=once;
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/html/cache keys_zone=c:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header Access-Control-Allow-Origin https://backend.example always;
        add_header access-control-allow-credentials backend always;
        add_header ACCESS-CONTROL-EXPOSE-HEADERS X-Backend always;
        add_header Access-Control-Made-Up backend always;
        add_header X-Origin "$http_origin" always;
        add_header Vary $arg_vary always;
        add_header Vary $arg_more always;
        location / { return 200 "$request_method $uri"; }
        location /teapot { return 418 teapot; }
        location /accel {
            add_header X-Accel-Redirect /inside;
            return 200;
        }
        location /cached {
            add_header Cache-Control max-age=60;
            add_header Access-Control-Allow-Origin "$http_origin";
            add_header Vary Accept;
            return 200 "at $msec";
        }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 444; }
    }
END

our $Pass = 'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;';

our $Cors = "apigw_cors origins=$App,http://localhost:3000 methods=GET,PUT"
            . " headers=content-type,x-a expose=x-b,x-c max_age=600 credentials=on;";

sub preflight {
    my ($origin, $method, $headers) = @_;

    return "Origin: $origin\nAccess-Control-Request-Method: $method"
           . (defined $headers ? "\nAccess-Control-Request-Headers: $headers" : '');
}

our $None = join "\n", map { "! Access-Control-$_" } qw(Allow-Origin Allow-Credentials
    Allow-Methods Allow-Headers Expose-Headers Max-Age Made-Up);

our @Origins = qw(http://a.b:8080 http://[::1] https://a.example.com https://a.b.example.com
    https://a.example.org:8443 capacitor://localhost https://example.com
    https://evil.org/.example.com https://a.example.org http://A);

# every error that there is

our $Errors = "
    $::Cors
    apigw_stage s {
        apigw_usage_plans once;
        root \$TEST_NGINX_SERVER_ROOT/html;
        apigw_route 'GET /denied'   { deny all; }
        apigw_route 'GET /refused'  { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_9; }
        apigw_route 'GET /closed'   { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_2; }
        apigw_route 'GET /key'      { apigw_api_key_required on; $::Pass }
        apigw_route 'POST /large'   { client_max_body_size 3; $::Pass }
        apigw_route 'GET /file'     { }
        apigw_route 'GET /throttle' { apigw_throttle 0r/s burst=0; $::Pass }
        apigw_route 'GET /basic'    { auth_basic x; auth_basic_user_file /dev/null; }
        apigw_route 'POST /gif'     { empty_gif; }
        apigw_route 'GET /500'      { return 500; }
        apigw_route 'GET /503'      { return 503; }
    }";

our @ErrorRequests = ('GET /s/denied', 'GET /s/refused', 'GET /s/closed', 'GET /s/key',
    "POST /s/large\n1234", 'GET /s/file', 'GET /s/throttle', 'GET /s/basic', 'POST /s/gif',
    'GET /s/500', 'GET /s/503', 'GET /s/none', 'GET /none', 'GET /s/a%2fb');

our $ErrorHeaders = "Access-Control-Allow-Origin: $::App
Access-Control-Allow-Credentials: true
Access-Control-Expose-Headers: x-b,x-c
Vary: Origin
Content-Type: application/json";

run_tests();

__DATA__

=== TEST 1: a preflight, all that it may say, without a route for OPTIONS
--- config eval
"apigw_stage s { $::Cors apigw_route \"PUT /x\" { return 200 in; } }"
--- request
OPTIONS /s/x
--- more_headers eval
main::preflight($::App, 'PUT', 'x-a')
--- error_code: 204
--- response_headers eval
"Access-Control-Allow-Origin: $::App
Access-Control-Allow-Credentials: true
Access-Control-Allow-Methods: GET,PUT
Access-Control-Allow-Headers: content-type,x-a
! Access-Control-Expose-Headers
Access-Control-Max-Age: 600
Vary: Origin
! Content-Type
! Content-Length
! x-amzn-ErrorType"
--- raw_response_headers_like: x-amzn-RequestId: [0-9a-f-]{36}
--- response_body:
--- no_error_log
[error]
[alert]



=== TEST 2: only what is configured is sent
--- config eval
"apigw_cors origins=$::App; apigw_stage s { apigw_route \"PUT /x\" { return 200 in; } }"
--- request eval
["OPTIONS /s/x", "PUT /s/x"]
--- more_headers eval
[main::preflight($::App, 'PUT', 'x-a'), "Origin: $::App"]
--- error_code eval
[204, 200]
--- response_headers eval
["Access-Control-Allow-Origin: $::App
! Access-Control-Allow-Credentials
! Access-Control-Allow-Methods
! Access-Control-Allow-Headers
! Access-Control-Max-Age
Vary: Origin",
"Access-Control-Allow-Origin: $::App
! Access-Control-Allow-Credentials
! Access-Control-Expose-Headers
Vary: Origin"]



=== TEST 3: an origin that is not meant gets an answer that says nothing
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s { $::Cors apigw_route \"PUT /x\" { $::Pass } }"
--- request eval
["OPTIONS /s/x", "PUT /s/x", "OPTIONS /s/x", "PUT /s/x", "OPTIONS /s/x", "PUT /s/x", "PUT /s/x"]
--- more_headers eval
[map({ (main::preflight($_, 'PUT'), "Origin: $_") } "https://evil.example", "null",
"https://App.example.com"), '']
--- error_code eval
[204, 200, 204, 200, 204, 200, 200]
--- response_headers eval
[("$::None\nVary: Origin") x 7]
--- response_body eval
['', 'PUT /x', '', 'PUT /x', '', 'PUT /x', 'PUT /x']



=== TEST 4: any origin
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s {
apigw_cors origins=* methods=* headers=*,authorization expose=* max_age=-1;
apigw_route \"PUT /x\" { $::Pass } }"
--- request eval
["OPTIONS /s/x", "PUT /s/x", "OPTIONS /s/x", "PUT /s/x", "PUT /s/x"]
--- more_headers eval
[main::preflight($::App, 'PUT', 'x-a'), "Origin: $::App", main::preflight('null', 'PUT'),
'Origin: null', '']
--- error_code eval
[204, 200, 204, 200, 200]
--- response_headers eval
[map {
"Access-Control-Allow-Origin: *
! Access-Control-Allow-Credentials
! Vary
! Access-Control-Made-Up
" . ($_ ?
"Access-Control-Allow-Methods: *
Access-Control-Allow-Headers: *,authorization
! Access-Control-Expose-Headers
Access-Control-Max-Age: -1" :
"Access-Control-Expose-Headers: *
! Access-Control-Allow-Methods
! Access-Control-Allow-Headers
! Access-Control-Max-Age")
} 1, 0, 1, 0, 0]



=== TEST 5: wildcards are echoed
--- config eval
"apigw_stage s {
apigw_cors origins=http://*,https://*.example.com,https://*.example.org:8443,capacitor://localhost;
apigw_route \"GET /x\" { return 200 in; } }"
--- request eval
[("GET /s/x") x 10]
--- more_headers eval
[map { "Origin: $_" } @::Origins]
--- error_code eval
[(200) x 10]
--- response_headers eval
[map({ "Access-Control-Allow-Origin: $_\nVary: Origin" } @::Origins[0 .. 5]),
("! Access-Control-Allow-Origin\nVary: Origin") x 4]



=== TEST 6: routes for OPTIONS, ANY and $default don't see preflights, but other OPTIONS
--- config eval
"apigw_api_type http;
apigw_stage s {
    $::Cors
    apigw_route 'OPTIONS /x' { return 200 \$apigw_route; }
    apigw_route 'ANY /y'     { return 200 \$apigw_route; }
    apigw_route \$default    { return 200 \$apigw_route; }
}"
--- request eval
[map { ("OPTIONS /s/$_") x 4 } qw(x y z)]
--- more_headers eval
[(main::preflight($::App, 'GET'), "Origin: $::App", 'Access-Control-Request-Method: GET', '') x 3]
--- error_code eval
[(204, 200, 200, 200) x 3]
--- response_body eval
['', ('OPTIONS /x') x 3, '', ('ANY /y') x 3, '', ('$default') x 3]
--- response_headers eval
[("Access-Control-Allow-Methods: GET,PUT",
"Access-Control-Allow-Origin: $::App\n! Access-Control-Allow-Methods",
("! Access-Control-Allow-Origin\n! Access-Control-Allow-Methods") x 2) x 3]



=== TEST 7: without apigw_cors a preflight is a request as others, and nothing is removed
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s {
    apigw_route 'OPTIONS /x' { return 200 \$apigw_route; }
    apigw_route 'GET /y'     { $::Pass }
}
apigw_stage other { $::Cors apigw_route 'GET /x' { return 200; } }"
--- request eval
["OPTIONS /s/x", "OPTIONS /s/y", "GET /s/y"]
--- more_headers eval
main::preflight($::App, 'GET')
--- error_code eval
[200, 403, 200]
--- response_headers eval
["! Access-Control-Allow-Origin\n! Vary", "! Access-Control-Allow-Origin\n! Vary",
"Access-Control-Allow-Origin: https://backend.example
access-control-allow-credentials: backend
Access-Control-Made-Up: backend
! Vary"]



=== TEST 8: the settings of the route that the preflight names, else those of the stage
--- config
    apigw_cors origins=https://server.example;
    apigw_stage s {
        apigw_route "GET /x"       { apigw_cors origins=https://get.example; return 200 in; }
        apigw_route "ANY /x"       { apigw_cors origins=https://any.example; return 200 in; }
        apigw_route "POST /x"      { apigw_cors off; return 200 in; }
        apigw_route "DELETE /x"    { return 200 in; }
        apigw_route "PUT /{a}/{b}" { apigw_cors origins=https://put.example; return 200 in; }
        apigw_route "OPTIONS /x"   { return 200 $apigw_route; }
    }
    apigw_stage t {
        apigw_cors origins=https://stage.example;
        apigw_route "GET /x"       { return 200 in; }
        apigw_route "POST /x"      { apigw_cors off; return 200 in; }
    }
--- request eval
[("OPTIONS /s/x") x 9, "OPTIONS /s/y/z", "OPTIONS /s/none", ("OPTIONS /t/x") x 3,
"OPTIONS /t/none", "OPTIONS /t/", "OPTIONS /t"]
--- more_headers eval
[map { my ($who, $method) = split /:/; main::preflight("https://$who.example", $method) }
qw(get:GET any:GET any:PATCH get:PATCH any:HEAD server:POST server:DELETE server:PROPFIND
server:get put:PUT server:PUT stage:GET server:GET stage:POST stage:GET stage:BREW stage:GET)]
--- error_code eval
[204, 204, 204, 204, 204, 200, 204, 204, 204, 204, 204, 204, 204, 403, 204, 204, 204]
--- response_headers eval
[map { $_ ? "Access-Control-Allow-Origin: https://$_.example" : '! Access-Control-Allow-Origin' }
'get', '', 'any', '', 'any', 'server', 'server', 'server', 'server', 'put', 'server', 'stage', '',
'stage', 'stage', 'stage', 'stage']



=== TEST 9: a preflight needs no key, pays nothing, and passes what else would refuse it
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s {
    $::Cors
    apigw_usage_plans once;
    apigw_api_key_required on;
    apigw_route 'GET /quota'    { return 200 in; }
    apigw_route 'GET /throttle' { apigw_throttle 0r/s burst=0; $::Pass }
    apigw_route 'GET /denied'   { deny all; $::Pass }
    apigw_route 'GET /basic'    { auth_basic x; auth_basic_user_file /dev/null; $::Pass }
    apigw_route 'GET /early'    { return 403; }
    apigw_route 'GET /body'     { client_max_body_size 1; $::Pass }
}"
--- request eval
[(map { "OPTIONS /s/$_" } qw(quota quota throttle denied basic early)), "OPTIONS /s/body\n1234",
"GET /s/quota", "GET /s/quota", "OPTIONS /s/quota"]
--- more_headers eval
[(main::preflight($::App, 'GET')) x 7,
("X-Api-Key: alice-0123456789abcdef\nOrigin: $::App") x 2,
"X-Api-Key: alice-0123456789abcdef\n" . main::preflight($::App, 'GET')]
--- error_code eval
[(204) x 7, 200, 429, 204]
--- response_headers eval
[("Access-Control-Allow-Origin: $::App") x 10]
--- no_error_log
[error]
[alert]



=== TEST 10: what the backend says of it is replaced, once
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s { $::Cors apigw_route 'GET /{x}' { $::Pass } }"
--- request eval
["GET /s/x", "GET /s/teapot"]
--- more_headers eval
["Origin: $::App", "Origin: http://localhost:3000"]
--- error_code eval
[200, 418]
--- raw_response_headers_like eval
["(?i)\\A(?!.*backend)(?!.*Made-Up)(?=.*\r\nAccess-Control-Allow-Origin: $::App\r\n)"
. "(?=.*\r\nAccess-Control-Allow-Credentials: true\r\n)"
. "(?=.*\r\nAccess-Control-Expose-Headers: x-b,x-c\r\n)(?s:.*)\\z",
"\r\nAccess-Control-Allow-Origin: http://localhost:3000\r\n"]
--- raw_response_headers_unlike eval
[("(?si)access-control-allow-origin:.*access-control-allow-origin:") x 2]
--- response_headers eval
[("! Access-Control-Made-Up\n! Access-Control-Allow-Methods\n! Access-Control-Max-Age
Access-Control-Allow-Credentials: true\nAccess-Control-Expose-Headers: x-b,x-c") x 2]



=== TEST 11: on every gateway response, REST API
--- http_config eval: $::HttpConfig
--- config eval
$::Errors
--- request eval: \@::ErrorRequests
--- more_headers eval
"Origin: $::App"
--- error_code eval
[403, 504, 504, 403, 413, 404, 429, 401, 405, 500, 503, 403, 403, 400]
--- response_headers eval
[($::ErrorHeaders) x 14]



=== TEST 12: on every gateway response, HTTP API
--- http_config eval: $::HttpConfig
--- config eval
"apigw_api_type http; $::Errors"
--- request eval: \@::ErrorRequests
--- more_headers eval
"Origin: $::App"
--- error_code eval
[403, 500, 500, 403, 413, 404, 429, 401, 405, 500, 503, 404, 404, 400]
--- response_headers eval
[($::ErrorHeaders) x 14]



=== TEST 13: on the pages of error_page, and on what X-Accel-Redirect leads to
--- http_config eval: $::HttpConfig
--- config eval
"
location /page   { internal; return 200 'page'; }
location /inside { internal; return 200 'inside'; }
location \@named { return 200 'named'; }
location /plain  { return 200 'plain'; }
apigw_stage s {
    $::Cors
    apigw_route 'GET /page'     { error_page 403 /page; deny all; }
    apigw_route 'GET /other'    { error_page 403 =202 /page; deny all; }
    apigw_route 'GET /named'    { error_page 403 = \@named; deny all; }
    apigw_route 'GET /redirect' { error_page 403 http://127.0.0.1/there; deny all; }
    apigw_route 'GET /accel'    { $::Pass }
    apigw_route 'GET /off'      { apigw_cors off; error_page 403 /page; deny all; }
}"
--- request eval
[map { "GET $_" } qw(/s/page /s/other /s/named /s/redirect /s/accel /s/off /plain)]
--- more_headers eval
"Origin: $::App"
--- error_code eval
[403, 202, 200, 302, 200, 403, 200]
--- response_body_like eval
['^page$', '^page$', '^named$', '302', '^inside$', '^page$', '^plain$']
--- response_headers eval
[("Access-Control-Allow-Origin: $::App\nVary: Origin") x 5,
("! Access-Control-Allow-Origin\n! Vary") x 2]



=== TEST 14: the backend's Vary is kept
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s { $::Cors apigw_route 'GET /x' { $::Pass } }"
--- request eval
["GET /s/x?vary=Accept", "GET /s/x?vary=accept,origin", "GET /s/x?vary=*", "GET /s/x?vary=Origins",
"GET /s/x?vary=A&more=B"]
--- more_headers eval
["Origin: $::App", "Origin: $::App", "Origin: $::App", '', '']
--- error_code eval
[(200) x 5]
--- raw_response_headers_like eval
["\r\nVary: Accept, Origin\r\n", "\r\nVary: accept,origin\r\n", "\r\nVary: \\*\r\n",
"\r\nVary: Origins, Origin\r\n", "\r\nVary: A\r\nVary: B, Origin\r\n"]
--- raw_response_headers_unlike eval
[("(?s)Vary.*Vary") x 4, "(?s)Vary.*Vary.*Vary"]



=== TEST 15: with credentials "*" is not sent, what was asked is
--- config eval
"apigw_stage s {
apigw_cors origins=$::App methods=* headers=* credentials=on;
apigw_route 'PUT /x' { return 200 in; } }"
--- request eval
[("OPTIONS /s/x") x 7]
--- more_headers eval
[main::preflight($::App, 'PUT', 'authorization,x-a'), main::preflight($::App, 'BREW'),
main::preflight($::App, 'PU T', 'x-a x-b'), main::preflight($::App, 'PUT', 'x-a, x-b'),
main::preflight($::App, 'PUT', 'x-a,'), main::preflight('https://evil.example', 'PUT', 'x-a'),
main::preflight($::App, 'PUT', "x-a\nAccess-Control-Request-Headers: x-b")]
--- error_code eval
[(204) x 7]
--- response_headers eval
[map {
    my ($method, $headers) = @$_;
    "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n"
    . ($method ? "Access-Control-Allow-Methods: $method\n" : "! Access-Control-Allow-Methods\n")
    . ($headers ? "Access-Control-Allow-Headers: $headers" : "! Access-Control-Allow-Headers")
} ['PUT', 'authorization,x-a'], ['BREW'], [], ['PUT', 'x-a, x-b'], ['PUT'], [], ['PUT']]



=== TEST 16: one of the two asks for what was asked only
--- config eval
"apigw_stage s {
apigw_cors origins=$::App methods=GET,PUT headers=x-z,* credentials=on max_age=0;
apigw_route 'PUT /x' { return 200 in; } }"
--- request
OPTIONS /s/x
--- more_headers eval
main::preflight($::App, 'PUT', 'x-a')
--- error_code: 204
--- response_headers
Access-Control-Allow-Methods: GET,PUT
Access-Control-Allow-Headers: x-a
Access-Control-Max-Age: 0



=== TEST 17: fields that are sent twice are no origin and no method
--- config eval
"apigw_stage s { $::Cors
apigw_route 'PUT /x' { apigw_cors off; return 200 in; }
apigw_route 'GET /x' { return 200 in; } }"
--- request eval
["OPTIONS /s/x", "OPTIONS /s/x", "GET /s/x"]
--- more_headers eval
["Origin: $::App\n" . main::preflight($::App, 'GET'),
"Access-Control-Request-Method: PUT\n" . main::preflight($::App, 'PUT'),
"Origin: $::App\nOrigin: $::App"]
--- error_code eval
[204, 204, 200]
--- response_headers eval
["! Access-Control-Allow-Origin\nVary: Origin", "Access-Control-Allow-Origin: $::App",
"! Access-Control-Allow-Origin\nVary: Origin"]



=== TEST 18: HEAD, 304, 206
--- user_files
>>> x 202001010000.00
0123456789
--- config eval
"apigw_stage s { $::Cors root \$TEST_NGINX_SERVER_ROOT/html; if_modified_since before;
apigw_route 'HEAD /x' { } apigw_route 'GET /x' { } }"
--- request eval
["HEAD /s/x", "GET /s/x", "GET /s/x"]
--- more_headers eval
["Origin: $::App", "Origin: $::App\nIf-Modified-Since: Tue, 01 Jan 2030 00:00:00 GMT",
"Origin: $::App\nRange: bytes=2-4"]
--- error_code eval
[200, 304, 206]
--- response_body eval
['', '', '234']
--- response_headers eval
[("Access-Control-Allow-Origin: $::App\nVary: Origin") x 3]



=== TEST 19: a cached answer gets the headers of each request
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s { $::Cors add_header X-Cache \$upstream_cache_status;
apigw_route 'GET /cached' { proxy_cache c; $::Pass } }"
--- request eval
[("GET /s/cached") x 4]
--- more_headers eval
["Origin: $::App", "Origin: http://localhost:3000", "Origin: https://evil.example", '']
--- error_code eval
[(200) x 4]
--- response_headers eval
["Access-Control-Allow-Origin: $::App\nX-Cache: MISS\nVary: Accept, Origin",
"Access-Control-Allow-Origin: http://localhost:3000\nX-Cache: HIT\nVary: Accept, Origin",
("! Access-Control-Allow-Origin\nX-Cache: HIT\nVary: Accept, Origin") x 2]



=== TEST 20: subrequests are none of it
--- http_config eval: $::HttpConfig
--- config eval
"location = /auth { internal; $::Pass }
location = /copy { internal; $::Pass }
apigw_stage s { $::Cors
apigw_route 'GET /x' { auth_request /auth; mirror /copy; $::Pass } }"
--- request eval
["OPTIONS /s/x", "GET /s/x"]
--- more_headers eval
[main::preflight($::App, 'GET'), "Origin: $::App"]
--- error_code eval
[204, 200]
--- response_body eval
['', 'GET /x']
--- response_headers eval
[("Access-Control-Allow-Origin: $::App") x 2]
--- raw_response_headers_unlike eval
[("(?si)allow-origin.*allow-origin") x 2]



=== TEST 21: blocks of "if" and "limit_except" in a route
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s { $::Cors
apigw_route 'GET /x' { if (\$arg_a) { $::Pass } return 200 in; }
apigw_route 'ANY /y' { limit_except GET { deny all; } $::Pass } }"
--- request eval
["GET /s/x?a=1", "GET /s/x", "GET /s/y", "PUT /s/y", "OPTIONS /s/y"]
--- more_headers eval
[("Origin: $::App") x 4, main::preflight($::App, 'PUT')]
--- error_code eval
[200, 200, 200, 403, 204]
--- response_headers eval
[("Access-Control-Allow-Origin: $::App") x 5]



=== TEST 22: a connection goes on after a preflight with a body
--- config eval
"apigw_stage s { $::Cors apigw_route 'GET /x' { return 200 in; } }"
--- pipelined_requests eval
["OPTIONS /s/x\n0123456789", "GET /s/x"]
--- more_headers eval
main::preflight($::App, 'GET')
--- error_code eval
[204, 200]
--- response_body eval
['', 'in']



=== TEST 23: the preflight has the stage's location, and no route
--- http_config
    log_format cors "route=[$apigw_route] stage=[$apigw_stage] $status $sent_http_access_control_allow_origin";
--- config eval
"apigw_stage s { $::Cors add_header X-Stage yes; access_log logs/access.log cors;
apigw_route 'GET /x' { add_header X-Route yes; return 200 in; } }"
--- request
OPTIONS /s/x
--- more_headers eval
main::preflight($::App, 'GET')
--- error_code: 204
--- response_headers
X-Stage: yes
! X-Route
--- access_log eval
"route=[-] stage=[s] 204 $::App"



=== TEST 24: preflights for unknown stages, by the server's settings
--- config eval
"$::Cors apigw_stage s { apigw_cors off; apigw_route 'GET /x' { return 200 in; } }"
--- request eval
["OPTIONS /none", "OPTIONS /s/x", "GET /none"]
--- more_headers eval
[(main::preflight($::App, 'GET')) x 2, "Origin: $::App"]
--- error_code eval
[204, 403, 403]
--- response_headers eval
["Access-Control-Allow-Methods: GET,PUT", "! Access-Control-Allow-Origin",
"Access-Control-Allow-Origin: $::App"]



=== TEST 25: a bad path is refused, preflight or not
--- config eval
"apigw_stage s { $::Cors apigw_route 'GET /x' { return 200 in; } }"
--- request
OPTIONS /s/x%2fy
--- more_headers eval
main::preflight($::App, 'GET')
--- error_code: 400
--- response_headers eval
"Access-Control-Allow-Origin: $::App\n! Access-Control-Allow-Methods"



=== TEST 26: a mock has them, too
--- config eval
"apigw_stage s { $::Cors apigw_route 'GET /x' { apigw_mock 201 in; } }"
--- request
GET /s/x
--- more_headers eval
"Origin: $::App"
--- error_code: 201
--- response_headers eval
"Access-Control-Allow-Origin: $::App"
--- response_body chomp
in
