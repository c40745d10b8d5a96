use Test::Nginx::Socket 'no_plan';

# Internal redirects and subrequests: in a stage $uri has no stage, which is
# put back where nginx derives a URI from it; URIs that the administrator or
# the upstream wrote are relative to the server.

no_root_location();

our $Missing = '{"message":"Missing Authentication Token"}';

run_tests();

__DATA__

=== TEST 1: an index file is looked for in the stage
--- user_files
>>> dir/index.html
index of dir
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        index index.html;
        apigw_route "GET /dir"          { }
        apigw_route "GET /dir/{file}"   { add_header X-Route "$apigw_route $uri"; }
    }
    location / { return 200 "outside $uri"; }
--- request eval
["GET /s/dir/", "GET /s/dir/index.html"]
--- response_body eval
["index of dir\n", "index of dir\n"]
--- response_headers eval
["X-Route: GET /dir/{file} /dir/index.html", "X-Route: GET /dir/{file} /dir/index.html"]
--- error_code eval
[200, 200]



=== TEST 2: an index file whose path no route has
--- user_files
>>> dir/index.html
index of dir
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /dir" { index index.html; }
    }
    location / { return 200 "outside $uri"; }
--- request
GET /s/dir/
--- error_code: 403
--- response_body eval: $::Missing



=== TEST 3: an index file in $default
--- user_files
>>> dir/index.html
index of dir
--- config
    apigw_api_type http;
    apigw_stage $default {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route $default { add_header X-Uri $uri; }
    }
--- request
GET /dir/
--- response_body
index of dir
--- response_headers
X-Uri: /dir/index.html



=== TEST 4: a redirect within a route is charged once
--- user_files
>>> dir/index.html
index of dir
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{proxy+}" { apigw_throttle 1r/m burst=3; }
    }
--- request eval
[("GET /s/dir/") x 4]
--- error_code eval
[200, 200, 200, 429]



=== TEST 5: the fallback of try_files is in the stage
--- user_files
>>> fallback.txt
fallback
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x/{id}"        { try_files $uri /fallback.txt; }
        apigw_route "GET /y/{id}"        { try_files $uri /other/$apigw_path_id?a=b; }
        apigw_route "GET /other/{id}"    { return 200 "$apigw_route $apigw_path_id $uri $args $request_uri"; }
        apigw_route "GET /fallback.txt"  { add_header X-Route $apigw_route; }
    }
    location / { return 200 "outside $uri"; }
--- request eval
["GET /s/x/7", "GET /s/y/8"]
--- response_body eval
["fallback\n", 'GET /other/{id} 8 /other/8 a=b /other/8?a=b']
--- error_code eval
[200, 200]



=== TEST 6: what the upstream gets after a fallback
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "backend $request_uri"; }
    }
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /static/{f}" { try_files $uri /app$uri?$args; }
        apigw_route "GET /app/{p+}"   { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /s/static/a%20b%25?x=y", "GET /s/static/%c3%a4"]
--- response_body eval
["backend /app/static/a%20b%25?x=y", "backend /app/static/%C3%A4"]
--- error_code eval
[200, 200]



=== TEST 7: a fallback to another route obeys that one's policy
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x"     { try_files $uri /secret; }
        apigw_route "GET /secret" { apigw_api_key_required on; return 200 secret; }
        apigw_route "GET /gif"   { try_files $uri /gif2; }
        apigw_route "GET /gif2"  { apigw_api_key_required on; empty_gif; }
        apigw_usage_plans p;
    }
--- http_config
    apigw_usage_plan p { throttle 100r/s burst=100; }
--- request eval
["GET /s/x", "GET /s/gif"]
--- error_code eval
[403, 403]
--- response_body eval
['{"message":"Forbidden"}', '{"message":"Forbidden"}']



=== TEST 8: try_files with a code, and with a named location
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /code"  { try_files $uri =404; }
        apigw_route "GET /named" { try_files $uri @named; }
    }
    location @named { return 200 "named $uri $apigw_route"; }
--- request eval
["GET /s/code", "GET /s/named"]
--- error_code eval
[404, 200]
--- response_body eval
['{"message":"Not Found"}', 'named /named GET /named']



=== TEST 9: a named location keeps what the route's policies set
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_apigw_request_id"; }
    }
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /named" { apigw_throttle 1r/m burst=1; try_files $uri @named; }
    }
    location @named {
        add_header X-Id $apigw_request_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["GET /s/named", "GET /s/named"]
--- error_code eval
[200, 429]
--- response_body_like eval
['^[0-9a-f]{8}-', 'Too Many']



=== TEST 10: error_page to a URI of the server
--- user_files
>>> err.html
sorry
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        error_page 404 /err.html;
        apigw_route "GET /{proxy+}" { }
    }
    location = /err.html { root $TEST_NGINX_SERVER_ROOT/html; }
--- request
GET /s/none
--- error_code: 404
--- response_body
sorry



=== TEST 11: error_page to a URI of the server that is in the stage
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x"   { error_page 404 /s/err; }
        apigw_route "GET /y"   { error_page 404 =200 /s/err?from=$uri; }
        apigw_route "GET /z"   { error_page 404 = /s/err; }
        apigw_route "GET /err" { return 203 "error of $apigw_route $uri $arg_from"; }
    }
--- request eval
["GET /s/x", "GET /s/y", "GET /s/z"]
--- error_code eval
[404, 200, 203]
--- response_body eval
["error of GET /err /err ", "error of GET /err /err /y", "error of GET /err /err "]



=== TEST 12: error_page to the same route, with "=" and recursive error pages
--- config
    recursive_error_pages on;
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x"   { error_page 404 = /s/y; }
        apigw_route "GET /y"   { error_page 404 = /s/z; }
        apigw_route "GET /z"   { return 200 "z $uri"; }
    }
--- request eval
["GET /s/x", "GET /s/y"]
--- response_body eval
["z /z", "z /z"]
--- error_code eval
[200, 200]



=== TEST 13: recursive error pages with named locations
--- config
    recursive_error_pages on;
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x" { error_page 404 = @one; }
    }
    location @one { error_page 410 = @two; return 410; }
    location @two { return 200 "two $uri $apigw_route"; }
--- request
GET /s/x
--- response_body chomp
two /x GET /x



=== TEST 14: the user's error_page for a gateway's refusal
--- user_files
>>> limit.html
slow down
--- config
    error_page 429 /limit.html;
    error_page 403 = @denied;
    apigw_stage s {
        apigw_route "GET /x" { apigw_throttle 1r/m burst=1; empty_gif; }
        apigw_route "GET /y" { apigw_throttle 0r/m burst=0; return 200; }
    }
    location = /limit.html { root $TEST_NGINX_SERVER_ROOT/html; }
    location @denied       { return 418 "denied $apigw_error_type"; }
--- request eval
["GET /s/x", "GET /s/x", "GET /s/y", "GET /s/none", "GET /none"]
--- error_code eval
[200, 429, 429, 418, 418]
--- response_body_like eval
['^GIF', '^slow down$', '^slow down$', '^denied MISSING_AUTHENTICATION_TOKEN$',
'^denied DEFAULT_4XX$']



=== TEST 15: error_page to an absolute URL
--- config
    apigw_stage s {
        error_page 404 https://example.com/lost;
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x" { }
    }
--- request
GET /s/x
--- error_code: 302
--- response_headers
Location: https://example.com/lost



=== TEST 16: X-Accel-Redirect is relative to the server
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect $arg_to;
            return 200 "backend $request_uri";
        }
    }
--- user_files
>>> files/a.txt
a file
--- config
    apigw_stage s {
        apigw_route "GET /get"  { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /r/{x}" { return 200 "$apigw_route $uri $request_uri"; }
        apigw_route "GET /key"  { apigw_throttle 0r/s burst=0; return 200 no; }
    }
    location /files/ { internal; root $TEST_NGINX_SERVER_ROOT/html; }
    location @named  { return 200 "named $uri"; }
--- request eval
["GET /s/get?to=/files/a.txt", "GET /s/get?to=/s/r/7", 'GET /s/get?to=@named',
"GET /s/get", "GET /s/get?to=/r/7", "GET /files/a.txt", "GET /s/get?to=/s/none"]
--- error_code eval
[200, 200, 200, 200, 404, 404, 403]
--- response_body_like eval
["^a file\$", '^GET /r/\{x\} /r/7 /r/7$', '^named /get$', '^backend /get$', '404', '404',
'Missing Authentication Token']



=== TEST 17: X-Accel-Redirect into a route whose policy refuses
--- http_config
    apigw_usage_plan p { throttle 100r/s burst=100; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Accel-Redirect $arg_to; return 200; }
    }
--- config
    apigw_stage s {
        apigw_usage_plans p;
        apigw_route "GET /get"  { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /key"  { apigw_api_key_required on; return 200 no; }
        apigw_route "GET /gif"  { apigw_api_key_required on; empty_gif; }
    }
--- request eval
["GET /s/get?to=/s/key", "GET /s/get?to=/s/gif"]
--- error_code eval
[403, 403]
--- response_body eval
['{"message":"Forbidden"}', '{"message":"Forbidden"}']



=== TEST 18: the static module's redirect has the stage again
--- user_files
>>> dir/x.txt
x
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{proxy+}" { }
        apigw_route "GET /"         { }
    }
    apigw_stage v path=/api/v1 {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{proxy+}" { }
    }
--- request eval
["GET /s/dir", "GET /api/v1/dir", "GET /s/dir?a=b"]
--- error_code eval
[301, 301, 301]
--- response_headers eval
["Location: http://localhost:\$ServerPort/s/dir/", "Location: http://localhost:\$ServerPort/api/v1/dir/",
"Location: http://localhost:\$ServerPort/s/dir/?a=b"]



=== TEST 19: the static module's redirect, absolute_redirect off, and in $default
--- user_files
>>> dir/x.txt
x
--- config
    absolute_redirect off;
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{proxy+}" { }
    }
    apigw_stage $default {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{proxy+}" { }
    }
--- request eval
["GET /s/dir", "GET /dir"]
--- error_code eval
[301, 301]
--- response_headers eval
["Location: /s/dir/", "Location: /dir/"]



=== TEST 20: other redirects pass unchanged, whatever they resemble
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        absolute_redirect off;
        location / { return 301 $uri/; }
    }
--- config
    absolute_redirect off;
    apigw_stage s {
        apigw_route "GET /dir"    { proxy_redirect off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /return" { return 301 /return/; }
        apigw_route "GET /mine"   { return 301 $uri/x; }
        apigw_route "GET /re"     { rewrite ^ /re/ permanent; }
    }
--- request eval
["GET /s/dir", "GET /s/return", "GET /s/mine", "GET /s/re"]
--- error_code eval
[301, 301, 301, 301]
--- response_headers eval
["Location: /dir/", "Location: /return/", "Location: /mine/x", "Location: /re/"]



=== TEST 21: a fallback that comes back to itself is a cycle
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{p+}" { apigw_throttle 100r/s burst=100; try_files $uri /none; }
    }
--- request
GET /s/x
--- error_code: 500
--- response_body chomp
{"message":"Internal server error"}
--- response_headers
x-amzn-ErrorType: InternalServerErrorException
--- error_log
rewrite or internal redirection cycle while internally redirecting to "/none"



=== TEST 22: a fallback that names its stage is looked for below it
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x"     { try_files $uri /s/x/y; }
        apigw_route "GET /s/x/y" { return 200 "$uri"; }
    }
--- request
GET /s/x
--- response_body: /s/x/y



=== TEST 23: rewrites of the server come before the stage
--- config
    rewrite ^/old/(.*)$ /s/$1;
    rewrite ^/gone/ /elsewhere last;
    apigw_stage s {
        apigw_route "GET /x"  { return 200 "$apigw_route $uri $request_uri"; }
        apigw_route "GET /y"  { return 200 "$apigw_route $uri $args $request_uri"; }
    }
    location / { return 200 "outside $uri"; }
--- request eval
["GET /old/x", "GET /old/y?a=b", "GET /gone/x", "GET /old/%78", "GET /old/z"]
--- error_code eval
[200, 200, 200, 200, 403]
--- response_body eval
['GET /x /x /x', 'GET /y /y a=b /y?a=b', 'outside /elsewhere', 'GET /x /x /x', $::Missing]



=== TEST 24: a location's rewrite into a stage
--- config
    apigw_stage s {
        apigw_route "GET /x/{id}" { apigw_throttle 1r/m burst=1; return 200 "$apigw_route $uri $request_uri"; }
    }
    location /alias/ { rewrite ^/alias/(.*)$ /s/x/$1 last; }
--- request eval
["GET /alias/a%20b?q", "GET /alias/c"]
--- error_code eval
[200, 429]
--- response_body_like eval
['^GET /x/\{id\} /x/a b /x/a%20b\?q$', 'Too Many']



=== TEST 25: SSI
--- user_files
>>> page.html
[<!--#include virtual="/s/part?n=1" -->][<!--#include virtual="/plain" -->][<!--#include virtual="/s/none" -->]
>>> part
part
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /page.html" { ssi on; ssi_types *; ssi_silent_errors on; }
        apigw_route "GET /part"      { return 200 "part $uri $args of $apigw_route"; }
    }
    location /plain { return 200 "plain of $apigw_route"; }
--- request
GET /s/page.html
--- response_body_like eval
qr{^\[part /part n=1 of GET /page\.html\]\[plain of GET /page\.html\]\[.*404 Not Found.*\]$}s



=== TEST 26: SSI subrequests are routed, not charged
--- user_files
>>> page.html
[<!--#include virtual="/s/part" -->][<!--#include virtual="/s/part" -->]
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /page.html" { ssi on; ssi_types *; apigw_throttle 1r/m burst=2; }
        apigw_route "GET /part"      { apigw_throttle 1r/m burst=1; return 200 part; }
    }
--- request eval
["GET /s/page.html", "GET /s/page.html", "GET /s/page.html", "GET /s/part", "GET /s/part"]
--- error_code eval
[200, 200, 429, 200, 429]
--- response_body_like eval
['^\[part\]\[part\]$', '^\[part\]\[part\]$', 'Too Many', '^part$', 'Too Many']



=== TEST 27: mirror into a stage, and into a location
--- http_config
    log_format mirror "mirrored $request_method $request_uri";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log logs/access.log mirror;
        location / { return 200; }
    }
--- config
    apigw_stage s {
        apigw_route "POST /x" {
            mirror /s/shadow/x;
            mirror /mirror;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/main;
        }
        apigw_route "ANY /shadow/x" {
            apigw_throttle 0r/s burst=0;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
    location = /mirror { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/copy; }
--- request
POST /s/x
abc
--- access_log
mirrored POST /main
mirrored POST /shadow/x
mirrored POST /copy



=== TEST 28: auth_request into a stage
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location /check/ok { return 204; }
        location /check/no { return 403; }
        location /main     { return 200 "main $request_uri"; }
    }
--- config
    apigw_stage s {
        apigw_route "GET /ok"        { auth_request /s/check/ok; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/main; }
        apigw_route "GET /no"        { auth_request /s/check/no; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/main; }
        apigw_route "GET /none"      { auth_request /s/nothing; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/main; }
        apigw_route "ANY /check/{x}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; proxy_pass_request_body off; proxy_set_header Content-Length ""; }
    }
--- request eval
["GET /s/ok", "GET /s/no", "GET /s/none"]
--- error_code eval
[200, 403, 500]
--- response_body_like eval
['^main /main$', '"Message":"User is not authorized', '"message":"Internal server error"']



=== TEST 29: a subrequest leaves the client request's route alone
--- http_config
    log_format gw "gw $status $apigw_route $apigw_path_id $uri";
--- user_files
>>> 7
[<!--#include virtual="/s/part/8" -->]
--- config
    access_log logs/access.log gw;
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{id}"      { ssi on; ssi_types *; }
        apigw_route "GET /part/{id}" { return 200 "$apigw_path_id $uri"; }
    }
--- request
GET /s/7
--- response_body
[7 /part/8]
--- access_log
gw 200 GET /{id} 7 /7



=== TEST 30: slice, addition: subrequests of filters
--- user_files
>>> page
page
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /page" { addition_types *; add_before_body /s/head; add_after_body /foot; }
        apigw_route "GET /head" { return 200 "head "; }
    }
    location /foot { return 200 foot; }
--- request
GET /s/page
--- response_body eval
"head page\nfoot"
