use Test::Nginx::Socket 'no_plan';

# A route is a real location: what nginx accepts there works, and policies
# come before any answer.

no_root_location();

our $Throttled = '{"message":"Too Many Requests"}';

run_tests();

__DATA__

=== TEST 1: return, with a body, a redirect, and a status
--- config
    apigw_stage s {
        apigw_route "GET /text"     { return 200 "text $apigw_route"; }
        apigw_route "GET /redirect" { return 302 http://example.com/x; }
        apigw_route "GET /none"     { return 204; }
        apigw_route "GET /type"     { default_type text/css; return 201 css; }
    }
--- request eval
["GET /s/text", "GET /s/redirect", "GET /s/none", "GET /s/type"]
--- error_code eval
[200, 302, 204, 201]
--- response_headers eval
["Content-Type: text/plain", "Location: http://example.com/x", "! Content-Type",
"Content-Type: text/css"]
--- response_body_like eval
['^text GET /text$', '302', '^$', '^css$']



=== TEST 2: root, alias, index and types
--- user_files
>>> pets/1.css
css
>>> pets/index.html
index
>>> other/file.txt
file
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /pets/{proxy+}" { types { text/css css; } }
        apigw_route "GET /pets"          { index index.html; }
        apigw_route "GET /f"             { alias $TEST_NGINX_SERVER_ROOT/html/other/file.txt; }
        apigw_route "GET /file.txt"      { root $TEST_NGINX_SERVER_ROOT/html/other; }
    }
--- request eval
["GET /s/pets/1.css", "GET /s/pets/", "GET /s/f", "GET /s/file.txt", "GET /s/pets/2.css"]
--- error_code eval
[200, 200, 200, 200, 404]
--- response_body eval
["css\n", "index\n", "file\n", "file\n", '{"message":"Not Found"}']
--- response_headers eval
["Content-Type: text/css", "! x-amzn-ErrorType", "Content-Type: text/plain",
"Content-Type: text/plain", "x-amzn-ErrorType: ResourceNotFoundException"]



=== TEST 3: proxy_pass, with what belongs to it
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Backend yes;
            return 201 "$request_method $request_uri $http_host $http_x_added";
        }
    }
--- config
    apigw_stage s {
        proxy_set_header Host backend.example.com;
        apigw_route "ANY /a/{id}" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "ANY /b/{id}" {
            proxy_set_header X-Added $apigw_path_id;
            proxy_hide_header X-Backend;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "ANY /c/{id}" {
            proxy_method PUT;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/d/;
        }
    }
--- request eval
["GET /s/a/1?x=y", "POST /s/b/2", "GET /s/c/3?z", "HEAD /s/a/1"]
--- error_code eval
[(201) x 4]
--- response_headers eval
["X-Backend: yes", "! X-Backend", "X-Backend: yes", "X-Backend: yes"]
--- response_body_like eval
['^GET /a/1\?x=y backend\.example\.com $', '^POST /b/2 127\.0\.0\.1:\d+ 2$',
'^PUT /d/3\?z backend\.example\.com $', '^$']



=== TEST 4: proxy_cache
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/cache keys_zone=c:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri"; }
    }
--- config
    apigw_stage s {
        apigw_route "GET /cached/{id}" {
            proxy_cache c;
            proxy_cache_valid 1m;
            add_header X-Cache $upstream_cache_status;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /plain" {
            add_header X-Cache "[$upstream_cache_status]";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /s/cached/1", "GET /s/cached/1", "GET /s/cached/2", "GET /s/plain", "GET /s/plain"]
--- response_headers eval
["X-Cache: MISS", "X-Cache: HIT", "X-Cache: MISS", "X-Cache: []", "X-Cache: []"]
--- response_body eval
["/cached/1", "/cached/1", "/cached/2", "/plain", "/plain"]
--- error_code eval
[(200) x 5]



=== TEST 5: a policy holds for what is cached, too
--- http_config
    proxy_cache_path $TEST_NGINX_SERVER_ROOT/cache keys_zone=c:1m;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$request_uri"; }
    }
--- config
    apigw_stage s {
        apigw_route "GET /cached" {
            apigw_throttle 1r/m burst=2;
            proxy_cache c;
            proxy_cache_valid 1m;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /s/cached", "GET /s/cached", "GET /s/cached"]
--- error_code eval
[200, 200, 429]
--- response_body eval
["/cached", "/cached", $::Throttled]



=== TEST 6: directives of a stage are inherited by its routes
--- config
    add_header X-Server server;
    apigw_stage s {
        add_header X-Stage stage;
        default_type text/css;
        apigw_route "GET /plain" { return 200; }
        apigw_route "GET /own"   { add_header X-Route route; return 200; }
    }
    apigw_stage t {
        apigw_route "GET /plain" { return 200; }
    }
--- request eval
["GET /s/plain", "GET /s/own", "GET /t/plain"]
--- response_headers eval
["X-Stage: stage\n! X-Server\n! X-Route\nContent-Type: text/css",
"! X-Stage\n! X-Server\nX-Route: route\nContent-Type: text/css",
"! X-Stage\nX-Server: server\n! X-Route\nContent-Type: text/plain"]
--- error_code eval
[(200) x 3]



=== TEST 7: add_header of a server stands in gateway responses with "always" only
--- config
    add_header X-Some 1;
    add_header X-Always 2 always;
    apigw_stage s { apigw_route "GET /x" { return 200; } }
--- request
GET /s/y
--- error_code: 403
--- response_headers
! X-Some
X-Always: 2



=== TEST 8: limit_conn
--- http_config
    limit_conn_zone $server_name zone=c:1m;
--- config
    apigw_stage s {
        limit_conn c 1;
        apigw_route "GET /outer" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/s/inner;
        }
        apigw_route "GET /inner" { root html; }
        apigw_route "GET /alone" { empty_gif; }
    }
--- request eval
["GET /s/outer", "GET /s/alone"]
--- error_code eval
[429, 200]
--- response_headers eval
["x-amzn-ErrorType: TooManyRequestsException", "Content-Type: image/gif"]
--- response_body_like eval
['^\{"message":"Too Many Requests"\}$', '^GIF']



=== TEST 9: limit_req
--- http_config
    limit_req_zone $server_name zone=r:1m rate=1r/m;
--- config
    apigw_stage s {
        apigw_route "GET /x" { limit_req zone=r; empty_gif; }
        apigw_route "GET /y" { empty_gif; }
    }
--- request eval
["GET /s/x", "GET /s/x", "GET /s/y"]
--- error_code eval
[200, 429, 200]
--- response_headers eval
["! x-amzn-ErrorType", "x-amzn-ErrorType: TooManyRequestsException",
"! x-amzn-ErrorType"]



=== TEST 10: what limit_req refuses consumes no throttle
--- http_config
    limit_req_zone $http_x_client zone=r:1m rate=1r/m;
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            limit_req zone=r;
            apigw_throttle 1r/m burst=2;
            empty_gif;
        }
    }
--- request eval
[("GET /s/x") x 5]
--- more_headers eval
["X-Client: a", "X-Client: a", "X-Client: a", "X-Client: b", "X-Client: c"]
--- error_code eval
[200, 429, 429, 200, 429]
--- response_headers eval
["! Retry-After", "! Retry-After", "! Retry-After", "! Retry-After", "Retry-After: 60"]



=== TEST 11: what allow and deny refuse consumes no throttle
--- config
    set_real_ip_from 127.0.0.1;
    apigw_stage s {
        apigw_route "GET /x" {
            deny 192.0.2.1;
            apigw_throttle 1r/m burst=1;
            empty_gif;
        }
    }
--- request eval
[("GET /s/x") x 4]
--- more_headers eval
["X-Real-IP: 192.0.2.1", "X-Real-IP: 192.0.2.1", "X-Real-IP: 192.0.2.2",
"X-Real-IP: 192.0.2.2"]
--- error_code eval
[403, 403, 200, 429]
--- response_body_like eval
[('^\{"Message":"User is not authorized to access this resource"\}$') x 2,
'^GIF', '^\{"message":"Too Many Requests"\}$']



=== TEST 12: auth_basic, and what it refuses consumes no throttle
--- user_files
>>> htpasswd
alice:{PLAIN}secret
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            auth_basic "pets";
            auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/htpasswd;
            apigw_throttle 1r/m burst=1;
            empty_gif;
        }
    }
--- request eval
[("GET /s/x") x 5]
--- more_headers eval
["", "Authorization: Basic YWxpY2U6d3Jvbmc=", "", "Authorization: Basic YWxpY2U6c2VjcmV0",
"Authorization: Basic YWxpY2U6c2VjcmV0"]
--- error_code eval
[401, 401, 401, 200, 429]
--- response_headers eval
[('WWW-Authenticate: Basic realm="pets"') x 3, ('! WWW-Authenticate') x 2]



=== TEST 13: auth_request, and what it refuses consumes no throttle
--- config
    location = /auth {
        internal;
        if ($http_x_user = "") { return 401; }
        if ($http_x_user = eve) { return 403; }
        return 204;
    }
    apigw_stage s {
        apigw_route "GET /x" {
            auth_request /auth;
            auth_request_set $who $http_x_user;
            apigw_throttle 1r/m burst=1;
            add_header X-Who $who;
            empty_gif;
        }
    }
--- request eval
[("GET /s/x") x 5]
--- more_headers eval
["", "X-User: eve", "X-User: eve", "X-User: alice", "X-User: alice"]
--- error_code eval
[401, 403, 403, 200, 429]
--- response_headers eval
["x-amzn-ErrorType: UnauthorizedException", ("x-amzn-ErrorType: AccessDeniedException") x 2,
"X-Who: alice", "x-amzn-ErrorType: TooManyRequestsException"]



=== TEST 14: if, set, and variables of the route in them
--- config
    apigw_stage s {
        apigw_route "GET /x/{id}" {
            set $kind plain;
            if ($apigw_path_id = 7) { set $kind seven; }
            if ($arg_q) { return 200 "asked $arg_q $apigw_path_id"; }
            return 200 "$kind $apigw_path_id";
        }
    }
--- request eval
["GET /s/x/7", "GET /s/x/8", "GET /s/x/8?q=z"]
--- response_body eval
["seven 7", "plain 8", "asked z 8"]
--- error_code eval
[(200) x 3]



=== TEST 15: if with a content handler, and a header of its own
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "backend $request_uri"; }
    }
--- config
    apigw_stage s {
        apigw_route "ANY /x/{id}" {
            if ($request_method = POST) {
                proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
            }
            if ($arg_h) { add_header X-If $apigw_route; }
            empty_gif;
        }
    }
--- request eval
["POST /s/x/1?a", "GET /s/x/1", "GET /s/x/1?h=1"]
--- response_body_like eval
['^backend /x/1\?a$', '^GIF', '^GIF']
--- response_headers eval
["! X-If", "! X-If", "X-If: ANY /x/{id}"]
--- error_code eval
[(200) x 3]



=== TEST 16: rewrite break, then proxy_pass
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "backend $request_uri"; }
    }
--- config
    apigw_stage s {
        apigw_route "GET /x/{id}" {
            rewrite ^/x/(.*)$ /internal/$1?by=$apigw_path_id break;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /y/{id}" {
            rewrite ^/y/(.*)$ /internal/$1 break;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/base/;
        }
    }
--- request eval
["GET /s/x/7?a=b", "GET /s/y/7"]
--- response_body eval
["backend /internal/7?by=7&a=b", "backend /internal/7"]
--- error_code eval
[200, 200]



=== TEST 17: try_files
--- user_files
>>> a.txt
a
>>> fallback.txt
fallback
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /code/{f}"  { rewrite ^/code(/.*) $1 break; try_files $uri =410; }
        apigw_route "GET /named/{f}" { rewrite ^/named(/.*) $1 break; try_files $uri @named; }
        apigw_route "GET /{f}"       { try_files $uri /fallback.txt; }
    }
    location @named { return 200 "named $uri $apigw_route"; }
--- request eval
["GET /s/code/a.txt", "GET /s/code/b.txt", "GET /s/named/a.txt", "GET /s/named/b.txt",
"GET /s/a.txt", "GET /s/b.txt"]
--- error_code eval
[200, 410, 200, 200, 200, 200]
--- response_body eval
["a\n", '{"message":"Gone"}', "a\n", 'named /b.txt GET /named/{f}', "a\n", "fallback\n"]



=== TEST 18: limit_except
--- config
    apigw_stage s {
        apigw_route "ANY /x" {
            limit_except GET POST { deny all; }
            empty_gif;
        }
    }
--- request eval
["GET /s/x", "PUT /s/x", "DELETE /s/x"]
--- error_code eval
[200, 403, 403]
--- response_headers eval
["Content-Type: image/gif", "x-amzn-ErrorType: AccessDeniedException",
"x-amzn-ErrorType: AccessDeniedException"]



=== TEST 19: a route's policies hold in its limit_except and if, too
--- config
    apigw_stage s {
        apigw_route "ANY /x" {
            apigw_throttle 1r/m burst=1;
            limit_except GET { allow all; }
            empty_gif;
        }
        apigw_route "ANY /y" {
            apigw_throttle 1r/m burst=1;
            if ($arg_a) { return 200 if; }
            empty_gif;
        }
    }
--- request eval
["DELETE /s/x", "DELETE /s/x", "GET /s/x", "GET /s/y?a=1", "GET /s/y?a=1", "GET /s/y"]
--- error_code eval
[405, 429, 429, 200, 429, 429]



=== TEST 20: error_page, to a named location and to a URI
--- user_files
>>> sorry.html
sorry
--- config
    apigw_stage s {
        apigw_route "GET /named" { error_page 404 = @named; root $TEST_NGINX_SERVER_ROOT/html; }
        apigw_route "GET /uri"   { error_page 404 /sorry.html; root $TEST_NGINX_SERVER_ROOT/html; }
        apigw_route "GET /other" { error_page 404 =202 /sorry.html; root $TEST_NGINX_SERVER_ROOT/html; }
        apigw_route "GET /plain" { root $TEST_NGINX_SERVER_ROOT/html; }
    }
    location @named      { return 203 "named $uri"; }
    location /sorry.html { root $TEST_NGINX_SERVER_ROOT/html; }
--- request eval
["GET /s/named", "GET /s/uri", "GET /s/other", "GET /s/plain"]
--- error_code eval
[203, 404, 202, 404]
--- response_body eval
["named /named", "sorry\n", "sorry\n", '{"message":"Not Found"}']



=== TEST 21: client_max_body_size of each route
--- config
    apigw_stage s {
        client_max_body_size 20;
        apigw_route "POST /stage" { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sink; }
        apigw_route "POST /route" {
            client_max_body_size 30;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sink;
        }
        apigw_route "POST /any"   {
            client_max_body_size 0;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sink;
        }
    }
    location /sink { client_max_body_size 0; return 200 "$content_length"; }
--- request eval
["POST /s/stage\n" . "x" x 20, "POST /s/stage\n" . "x" x 21,
"POST /s/route\n" . "x" x 30, "POST /s/route\n" . "x" x 31,
"POST /s/any\n" . "x" x 5000, "POST /s/none\n" . "x" x 5000]
--- error_code eval
[200, 413, 200, 413, 200, 403]
--- response_body eval
["20", '{"message":"HTTP content length exceeded 20 bytes"}', "30",
'{"message":"HTTP content length exceeded 30 bytes"}', "5000",
'{"message":"Missing Authentication Token"}']



=== TEST 22: client_max_body_size, chunked
--- config
    apigw_stage s {
        apigw_route "POST /route" {
            client_max_body_size 30;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sink;
        }
        apigw_route "POST /any" { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sink; }
    }
    location /sink { return 200 "$content_length"; }
--- more_headers
Transfer-Encoding: chunked
--- request eval
["POST /s/route\n1e\r\n" . "x" x 30 . "\r\n0\r\n\r\n",
"POST /s/route\n1f\r\n" . "x" x 31 . "\r\n0\r\n\r\n",
"POST /s/any\n1f\r\n" . "x" x 31 . "\r\n0\r\n\r\n"]
--- error_code eval
[200, 413, 200]
--- response_body eval
["30", '{"message":"HTTP content length exceeded 30 bytes"}', "31"]



=== TEST 23: a body that is too large consumes no throttle
--- config
    apigw_stage s {
        apigw_route "POST /x" {
            client_max_body_size 5;
            apigw_throttle 1r/m burst=1;
            return 200 ok;
        }
    }
--- request eval
["POST /s/x\n123456", "POST /s/x\n123456", "POST /s/x\n12345", "POST /s/x\n12345"]
--- error_code eval
[413, 413, 200, 429]



=== TEST 24: access_log
--- http_config
    log_format gw "gw:$apigw_stage:$apigw_route:$status:$uri:$request_uri";
--- config
    apigw_stage s {
        apigw_route "GET /x/{id}" { access_log logs/access.log gw; return 200; }
        apigw_route "GET /off"    { access_log off; return 200; }
    }
--- request eval
["GET /s/x/1?y", "GET /s/off"]
--- error_code eval
[200, 200]
--- access_log
gw:s:GET /x/{id}:200:/x/1:/x/1?y
--- no_access_log
/off



=== TEST 25: sub_filter, gzip and ranges: filters of the route
--- user_files
>>> x.html
cats and cats
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /x.html"   {
            sub_filter cats dogs;
            sub_filter_once off;
            sub_filter_types *;
        }
        apigw_route "GET /{other+}" { rewrite ^ /x.html break; }
    }
--- request eval
["GET /s/x.html", "GET /s/o", "GET /s/o"]
--- more_headers eval
["", "", "Range: bytes=0-3"]
--- response_body eval
["dogs and dogs\n", "cats and cats\n", "cats"]
--- error_code eval
[200, 200, 206]



=== TEST 26: a throttle comes before "return"
--- config
    apigw_stage s {
        apigw_route "GET /return"  { apigw_throttle 1r/m burst=1; return 200 ok; }
        apigw_route "GET /rewrite" { apigw_throttle 1r/m burst=1; rewrite ^ http://x/ redirect; }
        apigw_route "GET /if"      { apigw_throttle 1r/m burst=1; if ($uri) { return 200 ok; } }
        apigw_route "GET /error"   { apigw_throttle 1r/m burst=1; return 404; }
    }
--- request eval
["GET /s/return", "GET /s/return", "GET /s/rewrite", "GET /s/rewrite", "GET /s/if",
"GET /s/if", "GET /s/error", "GET /s/error"]
--- error_code eval
[200, 429, 302, 429, 200, 429, 404, 429]



=== TEST 27: an API key comes before "return"
--- http_config
    apigw_usage_plan basic { throttle 100r/s burst=100; }
    apigw_api_key alice key=alice-0123456789abcdef plan=basic;
--- config
    apigw_stage s {
        apigw_usage_plans basic;
        apigw_api_key_required on;
        apigw_route "GET /return"  { return 200 ok; }
        apigw_route "GET /if"      { if ($uri) { return 200 ok; } }
        apigw_route "GET /open"    { apigw_api_key_required off; return 200 open; }
        apigw_route "GET /gif"     { empty_gif; }
    }
--- request eval
["GET /s/return", "GET /s/if", "GET /s/open", "GET /s/gif", "GET /s/return", "GET /s/if",
"GET /s/gif"]
--- more_headers eval
["", "X-API-Key: other-0123456789abcdef", "", "",
("X-API-Key: alice-0123456789abcdef") x 3]
--- error_code eval
[403, 403, 200, 403, 200, 200, 200]
--- response_body_like eval
['^\{"message":"Forbidden"\}$', '^\{"message":"Forbidden"\}$', '^open$',
'^\{"message":"Forbidden"\}$', '^ok$', '^ok$', '^GIF']



=== TEST 28: a policy inherited from the server comes before "return"
--- config
    apigw_throttle 1r/m burst=1;
    apigw_stage s {
        apigw_route "GET /return" { return 200 ok; }
    }
--- request eval
["GET /s/return", "GET /s/return"]
--- error_code eval
[200, 429]



=== TEST 29: a variable set before a policy is what the policy sees
--- config
    set $who $arg_who;
    apigw_stage s {
        apigw_throttle 1r/m burst=1 key=$who;
        apigw_route "GET /return" { return 200 ok; }
    }
--- request eval
["GET /s/return?who=a", "GET /s/return?who=b", "GET /s/return?who=a"]
--- error_code eval
[200, 200, 429]



=== TEST 30: HEAD consumes and obeys its route's throttle
--- config
    apigw_stage s {
        apigw_route "ANY /x" { apigw_throttle 1r/m burst=2; return 200 ok; }
    }
--- request eval
["HEAD /s/x", "GET /s/x", "HEAD /s/x"]
--- error_code eval
[200, 200, 429]



=== TEST 31: pipelined requests are judged on their own
--- config
    apigw_stage s {
        apigw_route "GET /x" { apigw_throttle 1r/m burst=1; return 200 x; }
        apigw_route "GET /y" { apigw_throttle 1r/m burst=1; empty_gif; }
        apigw_route "GET /z" { return 200 z; }
    }
--- pipelined_requests eval
["GET /s/x", "GET /s/x", "GET /s/y", "GET /s/z", "GET /s/y", "GET /s/none", "GET /s/z"]
--- error_code eval
[200, 429, 200, 200, 429, 403, 200]
--- response_body_like eval
['^x$', 'Too Many', '^GIF', '^z$', 'Too Many', 'Missing', '^z$']
