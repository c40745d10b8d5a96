use Test::Nginx::Socket 'no_plan';

# Gateway responses: what the gateway answers itself, and what it makes of
# the errors that nginx finds inside a stage.

no_root_location();
no_long_string();

# One route for every type that there is.

our $HttpConfig = <<'END';
    apigw_usage_plan basic { throttle 100r/s burst=100; }
    limit_req_zone $server_name zone=r:1m rate=1r/m;
    limit_conn_zone $server_name zone=c:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 444; }
        location /slow { limit_rate 1; return 200 "0123456789"; }
    }
END

our $Routes = <<'END';
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_usage_plans basic;
        apigw_route "GET /denied"    { deny all; }
        apigw_route "GET /refused"   { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
        apigw_route "GET /closed"    { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/; }
        apigw_route "GET /timeout"   {
            proxy_read_timeout 50ms;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_3;
        }
        apigw_route "GET /key"       { apigw_api_key_required on; empty_gif; }
        apigw_route "POST /large"    { client_max_body_size 3; empty_gif; }
        apigw_route "GET /file"      { }
        apigw_route "GET /throttle"  { apigw_throttle 0r/s burst=0; empty_gif; }
        apigw_route "GET /basic"     {
            auth_basic "pets \"and\" more";
            auth_basic_user_file /dev/null;
        }
        apigw_route "POST /gif"      { empty_gif; }
        apigw_route "GET /500"       { return 500; }
        apigw_route "GET /503"       { return 503; }
        apigw_route "GET /410"       { return 410; }
END

our @Requests = ('GET /s/denied', 'GET /s/refused', 'GET /s/closed', 'GET /s/key',
    "POST /s/large\n1234", 'GET /s/file', 'GET /s/throttle', 'GET /s/basic', 'POST /s/gif',
    'GET /s/500', 'GET /s/503', 'GET /s/410', 'GET /s/none', 'GET /none', 'GET /s/a%2fb');

run_tests();

__DATA__

=== TEST 1: every type, REST API
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s {\n$::Routes}\n"
--- request eval: \@::Requests
--- error_code eval
[403, 504, 504, 403, 413, 404, 429, 401, 405, 500, 503, 410, 403, 403, 400]
--- response_body eval
[map { $_ =~ /^\{/ ? $_ : "{\"message\":\"$_\"}" }
'{"Message":"User is not authorized to access this resource"}',
'Network error communicating with endpoint',
'Network error communicating with endpoint', 'Forbidden',
'HTTP content length exceeded 3 bytes', 'Not Found', 'Too Many Requests', 'Unauthorized',
'Method Not Allowed', 'Internal server error', 'Service Unavailable', 'Gone',
'Missing Authentication Token', 'Forbidden', 'Bad Request']
--- response_headers eval
[map { "x-amzn-ErrorType: ${_}Exception\nContent-Type: application/json\n! apigw-requestid" }
qw(AccessDenied InternalServerError InternalServerError Forbidden RequestTooLarge
ResourceNotFound TooManyRequests Unauthorized BadRequest InternalServerError
InternalServerError BadRequest MissingAuthenticationToken Forbidden BadRequest)]



=== TEST 2: every type, HTTP API
--- http_config eval: $::HttpConfig
--- config eval
"apigw_api_type http;\napigw_stage s {\n$::Routes}\n"
--- request eval: \@::Requests
--- error_code eval
[403, 500, 500, 403, 413, 404, 429, 401, 405, 500, 503, 410, 404, 404, 400]
--- response_body eval
[map { "{\"message\":\"$_\"}" } 'Forbidden', 'Internal Server Error',
'Internal Server Error', 'Forbidden', 'Request Entity Too Large', 'Not Found',
'Too Many Requests', 'Unauthorized', 'Method Not Allowed', 'Internal Server Error',
'Service Unavailable', 'Gone', 'Not Found', 'Not Found', 'Bad Request']
--- response_headers_like eval
[("Content-Type: application/json\napigw-requestid: [A-Za-z0-9+/_-]{15}=") x 15]
--- raw_response_headers_unlike eval
[("(?i)x-amz") x 15]



=== TEST 3: a timeout, REST API
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s {\n$::Routes}\n"
--- tcp_listen: $TEST_NGINX_RAND_PORT_3
--- tcp_no_close
--- tcp_reply_delay: 500ms
--- tcp_reply
--- request
GET /s/timeout
--- error_code: 504
--- response_headers
x-amzn-ErrorType: InternalServerErrorException
Content-Type: application/json
--- response_body chomp
{"message":"Endpoint request timed out"}



=== TEST 4: a timeout, HTTP API
--- http_config eval: $::HttpConfig
--- config eval
"apigw_api_type http;\napigw_stage s {\n$::Routes}\n"
--- tcp_listen: $TEST_NGINX_RAND_PORT_3
--- tcp_no_close
--- tcp_reply_delay: 500ms
--- tcp_reply
--- request
GET /s/timeout
--- error_code: 503
--- response_headers
! x-amzn-ErrorType
Content-Type: application/json
--- response_body chomp
{"message":"Service Unavailable"}



=== TEST 5: DEFAULT_4XX and DEFAULT_5XX are for what has no response of its own
--- http_config eval: $::HttpConfig
--- config eval
'
apigw_response DEFAULT_4XX type=text/plain "body=4 $status $apigw_error_type";
apigw_response DEFAULT_5XX type=text/plain "body=5 $status $apigw_error_type";
apigw_response THROTTLED type=text/plain "body=T $status $apigw_error_type";
' . "apigw_stage s {\n$::Routes}\n"
--- request eval: \@::Requests
--- error_code eval
[403, 504, 504, 403, 413, 404, 429, 401, 405, 500, 503, 410, 403, 403, 400]
--- response_body eval
['4 403 ACCESS_DENIED', '5 504 INTEGRATION_FAILURE', '5 504 INTEGRATION_FAILURE',
'4 403 INVALID_API_KEY', '4 413 REQUEST_TOO_LARGE', '4 404 RESOURCE_NOT_FOUND',
'T 429 THROTTLED', '4 401 UNAUTHORIZED', '4 405 DEFAULT_4XX', '5 500 DEFAULT_5XX',
'5 503 DEFAULT_5XX', '4 410 DEFAULT_4XX', '4 403 MISSING_AUTHENTICATION_TOKEN',
'4 403 DEFAULT_4XX', '4 400 DEFAULT_4XX']
--- response_headers eval
[("Content-Type: text/plain") x 15]



=== TEST 6: each type by its name, with status, type and body
--- http_config eval: $::HttpConfig
--- config eval
'
apigw_response ACCESS_DENIED                status=451 type=text/x "body=1 $apigw_error_message";
apigw_response INTEGRATION_FAILURE          status=502 type=text/x "body=2 $apigw_error_message";
apigw_response INVALID_API_KEY              status=402 type=text/x "body=3 $apigw_error_message";
apigw_response REQUEST_TOO_LARGE            status=411 type=text/x "body=4 $apigw_error_message";
apigw_response RESOURCE_NOT_FOUND           status=410 type=text/x "body=5 $apigw_error_message";
apigw_response THROTTLED                    status=503 type=text/x "body=6 $apigw_error_message";
apigw_response UNAUTHORIZED                 status=407 type=text/x "body=7 $apigw_error_message";
apigw_response MISSING_AUTHENTICATION_TOKEN status=404 type=text/x "body=8 $apigw_error_message";
' . "apigw_stage s {\n$::Routes}\n"
--- request eval: [@::Requests[0, 1, 3, 4, 5, 6, 7, 12]]
--- error_code eval
[451, 502, 402, 411, 410, 503, 407, 404]
--- response_body eval
['1 User is not authorized to access this resource',
'2 Network error communicating with endpoint', '3 Forbidden',
'4 HTTP content length exceeded 3 bytes', '5 Not Found', '6 Too Many Requests',
'7 Unauthorized', '8 Missing Authentication Token']
--- response_headers eval
[("Content-Type: text/x") x 8]



=== TEST 7: INTEGRATION_TIMEOUT by its name
--- http_config eval: $::HttpConfig
--- config eval
'apigw_response INTEGRATION_TIMEOUT status=599 "body={}";
apigw_response INTEGRATION_FAILURE status=598;
' . "apigw_stage s {\n$::Routes}\n"
--- tcp_listen: $TEST_NGINX_RAND_PORT_3
--- tcp_no_close
--- tcp_reply_delay: 500ms
--- tcp_reply
--- request
GET /s/timeout
--- error_code: 599
--- response_body: {}
--- response_headers
Content-Type: application/json
Content-Length: 2



=== TEST 8: a status of DEFAULT_4XX holds for all of its class
--- http_config eval: $::HttpConfig
--- config eval
"apigw_response DEFAULT_4XX status=499;\napigw_response DEFAULT_5XX status=555;\napigw_stage s {\n$::Routes}\n"
--- request eval: \@::Requests
--- error_code eval
[499, 555, 555, 499, 499, 499, 499, 499, 499, 555, 555, 499, 499, 499, 499]
--- response_body_like eval
['"Message":"User is not', 'Network', 'Network', 'Forbidden', 'exceeded 3', 'Not Found',
'Too Many', 'Unauthorized', 'Method Not', 'Internal', 'Unavailable', 'Gone', 'Missing',
'Forbidden', 'Bad Request']



=== TEST 9: statuses to which nginx would close the connection
--- config
    apigw_response THROTTLED status=444;
    apigw_response MISSING_AUTHENTICATION_TOKEN status=408;
    apigw_response DEFAULT_4XX status=499;
    apigw_stage s {
        apigw_route "GET /x" { apigw_throttle 0r/s burst=0; empty_gif; }
        apigw_route "GET /y" { return 410; }
    }
--- request eval
["GET /s/x", "GET /s/z", "GET /none", "GET /s/y"]
--- error_code eval
[444, 408, 499, 499]
--- response_body eval
[map { "{\"message\":\"$_\"}" } 'Too Many Requests', 'Missing Authentication Token',
'Forbidden', 'Gone']



=== TEST 10: hostile values are escaped where they stand in JSON
--- config
    apigw_response DEFAULT_4XX
        'body={"m":"$apigw_error_message","ua":"$http_user_agent","q":"${arg_q}","n":"$arg_none"}';
    apigw_stage s { apigw_route "GET /x" { return 200; } }
--- request
GET /s/y?q=a"b\c
--- more_headers eval
"User-Agent: \"},\\ <b>\t\x80\xff"
--- error_code: 403
--- response_body eval
qq({"m":"Missing Authentication Token","ua":"\\"},\\\\ <b>\\t\x80\xff","q":"a\\"b\\\\c","n":""})



=== TEST 11: values are not escaped where the type is not JSON
--- config
    apigw_response DEFAULT_4XX type=text/plain 'body=$http_user_agent';
    apigw_stage s { apigw_route "GET /x" { return 200; } }
--- request
GET /s/y
--- more_headers
User-Agent: a "b" \c
--- error_code: 403
--- response_body chomp
a "b" \c



=== TEST 12: types that are JSON in another name
--- config
    apigw_response DEFAULT_4XX type=application/problem+json 'body={"detail":"$http_user_agent"}';
    apigw_stage s { apigw_route "GET /x" { return 200; } }
--- request
GET /s/y
--- more_headers
User-Agent: a "b" \c
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
--- response_body chomp
{"detail":"a \"b\" \\c"}



=== TEST 13: a variable's value that looks like a template is data
--- config
    apigw_response DEFAULT_4XX 'body={"m":"$http_user_agent"}';
    apigw_stage s { apigw_route "GET /x" { return 200; } }
--- request
GET /s/y
--- more_headers
User-Agent: $apigw_stage ${host}
--- error_code: 403
--- response_body chomp
{"m":"$apigw_stage ${host}"}



=== TEST 14: variables of the gateway and of nginx in a template
--- config
    apigw_api pets;
    apigw_stage s {
        apigw_stage_variable color red;
        apigw_response THROTTLED type=text/plain
            "body=$apigw_api $apigw_stage $apigw_route $apigw_path_id $apigw_stage_variable_color $request_method $uri $status $apigw_error_type";
        apigw_route "GET /x/{id}" { apigw_throttle 0r/s burst=0; empty_gif; }
    }
--- request
GET /s/x/7
--- error_code: 429
--- response_body chomp
pets s GET /x/{id} 7 red GET /x/7 429 THROTTLED



=== TEST 15: an empty body
--- config
    apigw_response DEFAULT_4XX body=;
    apigw_stage s { apigw_route "GET /x" { return 200; } }
--- request
GET /s/y
--- error_code: 403
--- response_body:
--- response_headers
Content-Length: 0



=== TEST 16: inheritance, http, server, stage
--- http_config
    apigw_response MISSING_AUTHENTICATION_TOKEN body=http;
    apigw_response THROTTLED body=http;
    apigw_response DEFAULT_4XX body=http-default;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        apigw_stage s { apigw_route "GET /t" { apigw_throttle 0r/s burst=0; } }
    }
--- config
    apigw_response MISSING_AUTHENTICATION_TOKEN body=server;
    apigw_stage s { apigw_route "GET /t" { apigw_throttle 0r/s burst=0; } }
    apigw_stage t {
        apigw_response MISSING_AUTHENTICATION_TOKEN body=stage;
        apigw_response THROTTLED body=stage;
        apigw_route "GET /t" { apigw_throttle 0r/s burst=0; }
    }
    location /other/ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/; }
--- request eval
["GET /s/x", "GET /s/t", "GET /t/x", "GET /t/t", "GET /other/s/x", "GET /other/s/t",
"GET /none", "GET /t/a%2f"]
--- error_code eval
[403, 429, 403, 429, 403, 429, 403, 400]
--- response_body eval
["server", "http", "stage", "stage", "http", "http", "http-default", "http-default"]



=== TEST 17: auth_basic keeps its WWW-Authenticate
--- http_config eval: $::HttpConfig
--- config eval
"apigw_stage s {\n$::Routes}\n"
--- request
GET /s/basic
--- error_code: 401
--- response_headers
WWW-Authenticate: Basic realm="pets "and" more"
x-amzn-ErrorType: UnauthorizedException
Content-Type: application/json



=== TEST 18: limit_req with another status
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s {
        limit_req zone=r;
        limit_req_status 503;
        apigw_route "GET /x" { empty_gif; }
    }
--- request eval
["GET /s/x", "GET /s/x"]
--- error_code eval
[200, 429]
--- response_body_like eval
['^GIF', '^\{"message":"Too Many Requests"\}$']



=== TEST 19: limit_conn
--- http_config eval: $::HttpConfig
--- config
    apigw_api_type http;
    apigw_stage s {
        limit_conn c 1;
        apigw_route "GET /outer" { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/s/inner; }
        apigw_route "GET /inner" { empty_gif; }
    }
--- request
GET /s/outer
--- error_code: 429
--- response_body chomp
{"message":"Too Many Requests"}



=== TEST 20: the upstream's own errors pass unchanged
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        default_type text/x-own;
        location /404 { return 404 own404; }
        location /429 { return 429 own429; }
        location /500 { return 500 own500; }
        location /502 { return 502 own502; }
        location /504 { return 504 own504; }
    }
--- config
    apigw_stage s {
        apigw_response DEFAULT_4XX status=499 body=no;
        apigw_response DEFAULT_5XX status=599 body=no;
        apigw_route "GET /{proxy+}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
[map { "GET /s/$_" } 404, 429, 500, 502, 504]
--- error_code eval
[404, 429, 500, 502, 504]
--- response_body eval
[map { "own$_" } 404, 429, 500, 502, 504]
--- response_headers eval
[("! x-amzn-ErrorType\nContent-Type: text/x-own") x 5]



=== TEST 21: proxy_intercept_errors and error_page stay the user's
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 404 own404; }
    }
--- config
    apigw_stage s {
        proxy_intercept_errors on;
        error_page 404 = @mine;
        error_page 502 /sorry;
        apigw_route "GET /intercepted" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /refused"     { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_9; }
        apigw_route "GET /none"        { error_page 500 /x; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    location @mine  { return 203 "mine"; }
    location /sorry { return 200 "sorry"; }
--- request eval
["GET /s/intercepted", "GET /s/refused", "GET /s/none"]
--- error_code eval
[203, 502, 404]
--- response_body eval
['mine', 'sorry', 'own404']
--- response_headers eval
[("! x-amzn-ErrorType") x 3]



=== TEST 22: an error_page keeps the request's ids
--- config
    apigw_stage s {
        error_page 403 /denied;
        apigw_route "GET /x" { deny all; }
    }
    location = /denied { return 200 "$apigw_request_id"; }
--- request
GET /s/x
--- error_code: 403
--- response_headers_like
x-amzn-RequestId: [0-9a-f-]{36}
x-amz-apigw-id: \S{16}
--- response_body_like: ^[0-9a-f-]{36}$



=== TEST 23: errors outside of stages are nginx's own
--- config
    apigw_response DEFAULT_4XX body=no;
    apigw_stage s { apigw_route "GET /x" { return 200; } }
    location /deny { deny all; }
    location /410  { return 410; }
--- request eval
["GET /deny", "GET /410"]
--- error_code eval
[403, 410]
--- response_headers eval
[("Content-Type: text/html\n! x-amzn-ErrorType\n! x-amzn-RequestId") x 2]
--- response_body_like eval
["nginx", "nginx"]



=== TEST 24: HEAD: the headers of the answer to GET, and no body
--- http_config eval: $::HttpConfig
--- config eval
my $routes = $::Routes;
$routes =~ s/"GET /"ANY /g;
"apigw_stage s {\n$routes}\n"
--- request eval
['HEAD /s/denied', 'HEAD /s/refused', 'HEAD /s/key', 'HEAD /s/file', 'HEAD /s/throttle',
'HEAD /s/none', 'HEAD /none']
--- error_code eval
[403, 504, 403, 404, 429, 403, 403]
--- response_headers eval
[map { "Content-Length: $_\nContent-Type: application/json" } 60, 55, 23, 23, 31, 42, 23]
--- response_body eval
[("") x 7]



=== TEST 25: a response keeps no header of the page it replaces
--- user_files
>>> x.txt
0123456789
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        gzip on;
        gzip_types *;
        gzip_min_length 1;
        apigw_route "GET /x.txt" { }
        apigw_route "GET /none"  { etag on; }
    }
--- request eval
["GET /s/x.txt", "GET /s/none"]
--- more_headers
Range: bytes=100-200
--- error_code eval
[416, 404]
--- response_headers eval
["Content-Type: application/json\nContent-Range: bytes */11\n! ETag",
"! ETag\n! Last-Modified\n! Accept-Ranges\nContent-Length: 23"]
--- response_body eval
['{"message":"Range Not Satisfiable"}', '{"message":"Not Found"}']



=== TEST 26: old browsers get no padding
--- config
    apigw_stage s { apigw_route "GET /x" { return 410; } }
--- request
GET /s/x
--- more_headers
User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1) Chrome/1
--- error_code: 410
--- response_headers
Content-Length: 18
--- response_body chomp
{"message":"Gone"}



=== TEST 27: a status with a body that "return" wrote is the user's
--- config
    apigw_stage s {
        apigw_response DEFAULT_4XX body=no;
        apigw_route "GET /x" { return 404 mine; }
        apigw_route "GET /y" { return 404; }
    }
--- request eval
["GET /s/x", "GET /s/y"]
--- error_code eval
[404, 404]
--- response_body eval
["mine", "no"]



=== TEST 28: an unknown type
--- config
    apigw_response NOT_FOUND body=x;
--- must_die
--- error_log eval
qr/unknown gateway response type "NOT_FOUND": a name such as "THROTTLED" .* in \S+nginx\.conf:\d+$/



=== TEST 29: a type in lower case
--- config
    apigw_response throttled body=x;
--- must_die
--- error_log
unknown gateway response type "throttled"



=== TEST 30: a type twice
--- config
    apigw_response THROTTLED body=x;
    apigw_response THROTTLED status=430;
--- must_die
--- error_log
"apigw_response" directive is duplicate in



=== TEST 31: a type alone
--- config
    apigw_response THROTTLED;
--- must_die
--- error_log
invalid number of arguments in "apigw_response" directive



=== TEST 32: a status that is no error
--- config
    apigw_response THROTTLED status=200;
--- must_die
--- error_log eval
qr/invalid status "200": 400 to 599 are expected in \S+nginx\.conf:\d+$/



=== TEST 33: a status that is no number
--- config
    apigw_response THROTTLED status=4xx;
--- must_die
--- error_log
invalid status "4xx"



=== TEST 34: a status above 599
--- config
    apigw_response THROTTLED status=600;
--- must_die
--- error_log
invalid status "600"



=== TEST 35: an unknown parameter
--- config
    apigw_response THROTTLED header=x;
--- must_die
--- error_log
invalid parameter "header=x": "status=", "type=" or "body=" is expected



=== TEST 36: a template with a bad variable
--- config
    apigw_response THROTTLED "body=a ${b";
--- must_die
--- error_log
invalid variable name at "${b"



=== TEST 37: a template with a lone "$"
--- config
    apigw_response THROTTLED "body=a $ b";
--- must_die
--- error_log
invalid variable name at "$ b"



=== TEST 38: a template with a variable that nginx has not
--- config
    apigw_response THROTTLED "body=a $no_such_variable b";
--- must_die
--- error_log
unknown "no_such_variable" variable
