use Test::Nginx::Socket 'no_plan';

no_root_location();

run_tests();

__DATA__

=== TEST 1: "/stage" and "/stage/..." belong to a stage, "/stageX" does not
--- config
    apigw_stage produccion {
        apigw_route "GET /jdvpl" { return 200 "$apigw_stage $apigw_route $uri"; }
        apigw_route "GET /"      { return 200 "$apigw_stage $apigw_route $uri"; }
    }
    location / { return 200 "location $uri"; }
--- request eval
[
"GET /produccion/jdvpl",
"GET /produccion",
"GET /produccion/",
"GET /produccion?a=b",
"GET /produccionX/jdvpl",
"GET /produccionX",
"GET /produccio",
"GET /PRODUCCION/jdvpl",
"GET /",
]
--- response_body eval
[
"produccion GET /jdvpl /jdvpl",
"produccion GET / /",
"produccion GET / /",
"produccion GET / /",
"location /produccionX/jdvpl",
"location /produccionX",
"location /produccio",
"location /PRODUCCION/jdvpl",
"location /",
]
--- error_code eval
[(200) x 9]



=== TEST 2: regex locations don't steal a stage's requests
--- config
    apigw_stage php {
        apigw_route "GET /{proxy+}" { return 200 "route $uri"; }
        apigw_route "GET /"         { return 200 "route $uri"; }
    }
    location ~ php { return 200 "regex $uri"; }
--- request eval
["GET /php/a.php", "GET /php", "GET /php/", "GET /a.php", "GET /phpx/a"]
--- response_body eval
["route /a.php", "route /", "route /", "regex /a.php", "regex /phpx/a"]
--- error_code eval
[(200) x 5]



=== TEST 3: locations beside and below a stage's path
--- config
    apigw_stage v1 {
        apigw_route "GET /{proxy+}" { return 200 "route $uri"; }
    }
    location = /v1/exact    { return 200 "exact"; }
    location ^~ /v1/below/  { return 200 "below"; }
    location /health        { return 200 "health"; }
--- request eval
["GET /v1/exact", "GET /v1/below/x", "GET /health", "GET /v1/health"]
--- response_body eval
["exact", "below", "health", "route /health"]
--- error_code eval
[(200) x 4]



=== TEST 4: an unknown stage, REST API
--- config
    apigw_stage v1 {
        apigw_route "ANY /{proxy+}" { return 200 "no"; }
    }
--- request
GET /v2/pets
--- error_code: 403
--- response_body chomp
{"message":"Forbidden"}
--- raw_response_headers_like eval
qr/(?=.*Content-Type: application\/json\r\n)(?=.*Content-Length: 23\r\n)(?=.*x-amzn-ErrorType: ForbiddenException\r\n)(?=.*x-amzn-RequestId: [0-9a-f-]{36}\r\n)(?=.*x-amz-apigw-id: \S{15}=\r\n)/s
--- error_log
no stage for "/v2/pets"



=== TEST 5: an unknown stage, HTTP API
--- config
    apigw_api_type http;
    apigw_stage v1 {
        apigw_route "ANY /{proxy+}" { return 200 "no"; }
    }
--- request
POST /v2/pets
body
--- error_code: 404
--- response_body chomp
{"message":"Not Found"}
--- response_headers_like
Content-Type: application/json
Content-Length: 23
apigw-requestid: \S{15}=
--- raw_response_headers_unlike: (?i)x-am



=== TEST 6: the path of no stage, on a server that has some
--- config
    apigw_stage v1 {
        apigw_route "ANY /{proxy+}" { return 200 "no"; }
    }
--- request eval
["GET /", "GET /index.html", "HEAD /x", "OPTIONS /", "GET /v1x/y"]
--- error_code eval
[(403) x 5]
--- response_body eval
['{"message":"Forbidden"}', '{"message":"Forbidden"}', '',
'{"message":"Forbidden"}', '{"message":"Forbidden"}']



=== TEST 7: a server without stages is nginx's own
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        apigw_stage v1 { apigw_route "GET /" { return 204; } }
    }
--- config
    location /there { return 200 "there"; }
--- request eval
["GET /v1", "GET /there"]
--- error_code eval
[404, 200]
--- response_headers eval
["! x-amzn-RequestId", "! x-amzn-RequestId"]
--- response_body_like eval
["nginx", "there"]



=== TEST 8: $default has no path segment, and gives way to others
--- config
    apigw_api_type http;
    apigw_stage $default {
        apigw_route "GET /pets"  { return 200 "default pets $uri"; }
        apigw_route $default     { return 200 "default $apigw_stage $uri"; }
    }
    apigw_stage v2 {
        apigw_route "GET /pets"  { return 200 "v2 pets $uri"; }
    }
--- request eval
["GET /pets", "GET /", "GET /v2/pets", "GET /v2/other", "GET /v2x", "GET /a/b?c"]
--- error_code eval
[200, 200, 200, 404, 200, 200]
--- response_body eval
['default pets /pets', 'default $default /', 'v2 pets /pets',
'{"message":"Not Found"}', 'default $default /v2x', 'default $default /a/b']



=== TEST 9: path= is the base path, longest first, on whole segments
--- config
    apigw_stage one path=/api {
        apigw_route "GET /{proxy+}" { return 200 "$apigw_stage $uri"; }
        apigw_route "GET /"         { return 200 "$apigw_stage $uri"; }
    }
    apigw_stage two path=/api/v1/orders {
        apigw_route "GET /{id}"     { return 200 "$apigw_stage $uri"; }
    }
--- request eval
["GET /api", "GET /api/x", "GET /api/v1/orders/7", "GET /api/v1/ordersX/7",
"GET /api/v1/orders/7/8", "GET /api/v1", "GET /one", "GET /apix"]
--- error_code eval
[200, 200, 200, 200, 403, 200, 403, 403]
--- response_body eval
["one /", "one /x", "two /7", "one /v1/ordersX/7",
'{"message":"Missing Authentication Token"}', "one /v1",
'{"message":"Forbidden"}', '{"message":"Forbidden"}']



=== TEST 10: path=/ is a stage without a segment
--- config
    apigw_stage only path=/ {
        apigw_route "GET /pets" { return 200 "$apigw_stage $uri"; }
    }
--- request eval
["GET /pets", "GET /only/pets"]
--- error_code eval
[200, 403]
--- response_body eval
["only /pets", '{"message":"Missing Authentication Token"}']



=== TEST 11: hosts, each with stages of its own
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server_name a.example.com;
        apigw_stage v1 { apigw_route "GET /x" { return 200 "$apigw_api $apigw_stage"; } }
        apigw_stage v2 { apigw_route "GET /x" { return 200 "$apigw_api $apigw_stage"; } }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server_name b.example.com;
        apigw_api bees;
        apigw_stage v1 { apigw_route "GET /x" { return 200 "$apigw_api $apigw_stage"; } }
    }
--- config
    location / {
        proxy_set_header Host $http_x_host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /v1/x", "GET /v2/x", "GET /v1/x", "GET /v2/x"]
--- more_headers eval
["X-Host: a.example.com", "X-Host: a.example.com", "X-Host: b.example.com",
"X-Host: b.example.com"]
--- error_code eval
[200, 200, 200, 403]
--- response_body eval
["a.example.com v1", "a.example.com v2", "bees v1", '{"message":"Forbidden"}']



=== TEST 12: stages share routes by include
--- user_files
>>> pets.conf
apigw_route "GET /pets"      { return 200 "$apigw_stage list"; }
apigw_route "GET /pets/{id}" { return 200 "$apigw_stage $apigw_path_id"; }
--- config
    apigw_stage desarrollo {
        include $TEST_NGINX_SERVER_ROOT/html/pets.conf;
        apigw_route "DELETE /pets/{id}" { return 200 "$apigw_stage gone"; }
    }
    apigw_stage produccion {
        include $TEST_NGINX_SERVER_ROOT/html/pets.conf;
    }
--- request eval
["GET /desarrollo/pets", "GET /desarrollo/pets/1", "DELETE /desarrollo/pets/1",
"GET /produccion/pets", "GET /produccion/pets/2", "DELETE /produccion/pets/2"]
--- error_code eval
[200, 200, 200, 200, 200, 403]
--- response_body eval
["desarrollo list", "desarrollo 1", "desarrollo gone", "produccion list",
"produccion 2", '{"message":"Missing Authentication Token"}']



=== TEST 13: two versions of an API at the same time
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "version 1 $request_uri"; }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        location / { return 200 "version 2 $request_uri"; }
    }
--- config
    apigw_api jdvpl;
    apigw_stage desarrollo {
        apigw_route "ANY /{proxy+}" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        }
    }
    apigw_stage produccion {
        apigw_route "GET /jdvpl" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /jdvpl/{id}" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /desarrollo/jdvpl", "POST /desarrollo/new/a?b=c", "GET /produccion/jdvpl",
"GET /produccion/jdvpl/1?x=%20", "POST /produccion/jdvpl", "GET /produccion/new"]
--- error_code eval
[200, 200, 200, 200, 403, 403]
--- response_body_like eval
['^version 2 /jdvpl$', '^version 2 /new/a\?b=c$', '^version 1 /jdvpl$',
'^version 1 /jdvpl/1\?x=%20$', 'Missing Auth', 'Missing Auth']



=== TEST 14: stages of both types in one API
--- config
    apigw_stage r {
        apigw_route "GET /x" { return 200 "r"; }
    }
    apigw_stage h {
        apigw_api_type http;
        apigw_route "GET /x" { return 200 "h"; }
    }
--- request eval
["GET /r/x", "GET /h/x", "GET /r/y", "GET /h/y"]
--- error_code eval
[200, 200, 403, 404]
--- response_body eval
["r", "h", '{"message":"Missing Authentication Token"}', '{"message":"Not Found"}']



=== TEST 15: apigw_api_type is inherited from http{}
--- http_config
    apigw_api_type http;
--- config
    apigw_stage h { apigw_route "GET /x" { return 200 "h"; } }
    apigw_stage r { apigw_api_type rest; apigw_route "GET /x" { return 200 "r"; } }
--- request eval
["GET /h/y", "GET /r/y", "GET /none"]
--- error_code eval
[404, 403, 404]



=== TEST 16: stage variables
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "backend $request_uri"; }
    }
--- config
    apigw_stage a {
        apigw_stage_variable backend    127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        apigw_stage_variable table-name pets-a;
        apigw_stage_variable url.path   a.b;
        apigw_stage_variable Case       upper;
        apigw_route "GET /t" {
            return 200 "$apigw_stage_variable_table_name|$apigw_stage_variable_url_path|$apigw_stage_variable_case|$apigw_stage_variable_nothing|";
        }
        apigw_route "GET /p/{id}" { proxy_pass http://$apigw_stage_variable_backend; }
    }
    apigw_stage b {
        apigw_stage_variable table-name pets-b;
        apigw_route "GET /t" {
            return 200 "$apigw_stage_variable_table_name|$apigw_stage_variable_case|";
        }
    }
    location / { return 200 "[$apigw_stage_variable_table_name]"; }
--- request eval
["GET /a/t", "GET /b/t", "GET /a/p/7?x", "GET /none"]
--- response_body eval
["pets-a|a.b|upper||", "pets-b||", "backend /p/7?x", "[]"]
--- error_code eval
[200, 200, 200, 200]



=== TEST 17: stage variables that are one nginx variable
--- user_files
>>> s.conf
apigw_stage a {
    apigw_stage_variable table-name one;
    apigw_stage_variable table_name two;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/s.conf;
--- must_die
--- error_log eval
qr/duplicate stage variable "table_name" in \S+s\.conf:3$/



=== TEST 18: stage variables that differ in case only
--- config
    apigw_stage a {
        apigw_stage_variable name one;
        apigw_stage_variable NAME two;
    }
--- must_die
--- error_log eval
qr/duplicate stage variable "NAME" in \S+nginx\.conf:\d+$/



=== TEST 19: a stage variable's name that no variable can hold
--- config
    apigw_stage a { apigw_stage_variable "na me" one; }
--- must_die
--- error_log eval
qr/invalid stage variable name "na me": letters, digits, .* are expected in \S+nginx\.conf:\d+$/



=== TEST 20: an empty stage variable's name
--- config
    apigw_stage a { apigw_stage_variable "" one; }
--- must_die
--- error_log
invalid stage variable name ""



=== TEST 21: API names are unique: two servers with one server_name
--- user_files
>>> two.conf
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    server_name one.example.com;
    apigw_stage a { }
}
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
    server_name one.example.com;
    apigw_stage a { }
}
--- http_config
    include $TEST_NGINX_SERVER_ROOT/html/two.conf;
--- config
--- must_die
--- error_log eval
qr/the API name "one\.example\.com" is that of the API in \S+two\.conf:4: another "apigw_api" is needed in \S+two\.conf:9$/



=== TEST 22: API names are unique: apigw_api
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server_name one.example.com;
        apigw_api pets;
        apigw_stage a { }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        server_name pets;
        apigw_stage a { }
    }
--- config
--- must_die
--- error_log
the API name "pets" is that of the API in



=== TEST 23: apigw_api tells two servers of one name apart
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        server_name localhost;
        apigw_api first;
        apigw_stage a { apigw_route "GET /" { return 200 $apigw_api; } }
    }
--- config
    apigw_stage a { apigw_route "GET /" { return 200 $apigw_api; } }
    location /first { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/a; }
--- request eval
["GET /a", "GET /first"]
--- response_body eval
["localhost", "first"]
--- error_code eval
[200, 200]



=== TEST 24: apigw_api twice
--- config
    apigw_api one;
    apigw_api two;
    apigw_stage a { }
--- must_die
--- error_log
"apigw_api" directive is duplicate in



=== TEST 25: apigw_api with a blank
--- config
    apigw_api "my pets";
    apigw_stage a { }
--- must_die
--- error_log eval
qr/invalid API name "my pets": printable characters without blanks and quotes are expected in \S+nginx\.conf:\d+$/



=== TEST 26: an empty apigw_api
--- config
    apigw_api "";
    apigw_stage a { }
--- must_die
--- error_log
invalid API name ""



=== TEST 27: a stage's name with a character that AWS has not
--- config
    apigw_stage v1.0 { }
--- must_die
--- error_log eval
qr/invalid stage name "v1\.0": 1 to 128 letters, digits, "_" and "-", or "\$default" are expected in \S+nginx\.conf:\d+$/



=== TEST 28: a stage's name with a slash
--- config
    apigw_stage /v1 { }
--- must_die
--- error_log
invalid stage name "/v1"



=== TEST 29: an empty stage name
--- config
    apigw_stage "" { }
--- must_die
--- error_log
invalid stage name ""



=== TEST 30: $default is the one name with "$"
--- config
    apigw_stage $other { }
--- must_die
--- error_log
invalid stage name "$other"



=== TEST 31: a stage's name of 129 characters
--- config eval
"apigw_stage " . ("s" x 129) . " { }\n"
--- must_die
--- error_log eval
qr/invalid stage name "s{129}"/



=== TEST 32: a stage's name of 128 characters
--- config eval
"apigw_stage " . ("s" x 128) . " { apigw_route \"GET /\" { return 200 ok; } }\n"
--- request eval
"GET /" . ("s" x 128)
--- response_body: ok



=== TEST 33: two stages of one name
--- user_files
>>> s.conf
apigw_stage a { }

apigw_stage a path=/b { }
--- config
    include $TEST_NGINX_SERVER_ROOT/html/s.conf;
--- must_die
--- error_log eval
qr/the stage "a" has the name of the stage in \S+s\.conf:1 in \S+s\.conf:3$/



=== TEST 34: two stages at one path
--- config
    apigw_stage a { }
    apigw_stage b path=/a { }
--- must_die
--- error_log eval
qr/the stage "b" has the path of the stage in \S+nginx\.conf:\d+ in \S+nginx\.conf:\d+$/



=== TEST 35: $default and path=/ are one path
--- config
    apigw_stage $default { }
    apigw_stage b path=/ { }
--- must_die
--- error_log
the stage "b" has the path of the stage in



=== TEST 36: a base path without the first slash
--- config
    apigw_stage a path=api { }
--- must_die
--- error_log eval
qr/invalid base path "api": .*path must start with "\/" in \S+nginx\.conf:\d+$/



=== TEST 37: a base path with a slash at the end
--- config
    apigw_stage a path=/api/ { }
--- must_die
--- error_log
invalid base path "/api/": no slash at the end is expected



=== TEST 38: a base path with a parameter
--- config
    apigw_stage a "path=/{tenant}" { }
--- must_die
--- error_log
invalid base path "/{tenant}": a base path has no parameters



=== TEST 39: a base path that is percent-encoded
--- config
    apigw_stage a path=/a%20b { }
--- must_die
--- error_log
invalid base path "/a%20b": path must be written without percent-encoding



=== TEST 40: a base path with an empty segment
--- config
    apigw_stage a path=/a//b { }
--- must_die
--- error_log
invalid base path "/a//b": path has an empty segment



=== TEST 41: a stage's unknown parameter
--- config
    apigw_stage a base=/a { }
--- must_die
--- error_log
invalid parameter "base=/a": "path=/prefix" is expected



=== TEST 42: a stage in a location
--- config
    location / { apigw_stage a { } }
--- must_die
--- error_log
"apigw_stage" directive is not allowed here



=== TEST 43: a stage in a stage
--- config
    apigw_stage a { apigw_stage b { } }
--- must_die
--- error_log
"apigw_stage" directive is not allowed here



=== TEST 44: a stage in http{}
--- http_config
    apigw_stage a { }
--- config
--- must_die
--- error_log
"apigw_stage" directive is not allowed here



=== TEST 45: an unknown API type
--- config
    apigw_api_type websocket;
--- must_die
--- error_log eval
qr/invalid value "websocket" in \S+nginx\.conf:\d+$/



=== TEST 46: a location at a stage's path
--- config
    apigw_stage a { }
    location /a/ { return 200; }
--- must_die
--- error_log
duplicate location "/a/"



=== TEST 47: $default beside "location /"
--- config
    apigw_stage $default { }
    location / { return 200; }
--- must_die
--- error_log
duplicate location "/"



=== TEST 48: a stage without routes answers as one whose routes don't match
--- config
    apigw_stage a { }
--- request eval
["GET /a", "GET /a/b"]
--- error_code eval
[403, 403]
--- response_body eval
['{"message":"Missing Authentication Token"}', '{"message":"Missing Authentication Token"}']
