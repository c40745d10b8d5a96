use Test::Nginx::Socket 'no_plan';

# What hostile clients and odd configurations could once do.

no_root_location();
no_long_string();

our $Plan = <<'END';
    apigw_usage_plan gold { throttle 100r/s burst=100; }
    apigw_api_key alice key=alice-0123456789abcdef plan=gold id=alice;
END

our $Echo = <<'END';
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location /auth {
            add_header X-Saw "$http_x_api_key|$http_x_apigw_api_key_id|$http_x_forwarded_proto";
            return 204;
        }
        location / {
            return 200 "$request_uri|$http_x_forwarded_for|$http_x_apigw_api_key_id";
        }
    }
END

run_tests();

__DATA__

=== TEST 1: an HTTP/0.9 request through a route
--- config
    apigw_stage live { apigw_route "GET /health" { return 200 fine; } }
--- raw_request eval
"GET /live/health\r\n"
--- ignore_response
--- no_error_log
[alert]



=== TEST 2: after it the gateway goes on
--- config
    apigw_stage live { apigw_route "GET /health" { return 200 fine; } }
--- request
GET /live/health
--- response_body chomp
fine



=== TEST 3: a template whose variables change each other
--- http_config
    map $http_x_n $v { "~^(?<b>.*)$" x; default y; }
--- config
    apigw_response MISSING_AUTHENTICATION_TOKEN 'body={"n":"$b","v":"$v","again":"$b"}';
    apigw_stage live { apigw_route "GET /health" { return 200 fine; } }
--- request
GET /live/none
--- more_headers eval
"X-N: " . "A" x 3000
--- error_code: 403
--- response_body eval
'{"n":"","v":"x","again":"' . "A" x 3000 . '"}'



=== TEST 4: two X-Forwarded-For fields, in our chain and in nginx's variable
--- http_config eval: $::Echo
--- config
    apigw_stage live {
        apigw_route "GET /x" {
            add_header X-Client "$http_x_forwarded_for";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request
GET /live/x
--- more_headers
X-Forwarded-For: 192.0.2.1
X-Forwarded-For: 192.0.2.2
--- response_headers
X-Client: 192.0.2.1, 192.0.2.2
--- response_body chomp
/x|192.0.2.1, 192.0.2.2, 127.0.0.1|



=== TEST 5: many X-Forwarded-For fields are one chain
--- http_config eval: $::Echo
--- config
    apigw_stage live {
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request
GET /live/x
--- more_headers eval
CORE::join("\n", map { "X-Forwarded-For: $_" } 1 .. 200)
--- response_body eval
"/x|" . CORE::join(", ", 1 .. 200, "127.0.0.1") . "|"



=== TEST 6: a key before a large header field is not logged
--- http_config eval
$::Plan . 'log_format k "log:$status|$http_x_api_key|"; access_log logs/access.log k;'
--- config
    access_log logs/access.log k;
    apigw_stage live {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /none" { apigw_throttle 0r/s burst=1; return 200 in; }
        apigw_route "GET /in"   { return 200 in; }
    }
--- request eval
["GET /live/none", "GET /live/unknown"]
--- more_headers eval
[("X-Api-Key: alice-0123456789abcdef\nX-Pad: " . "a" x 1800) x 2]
--- error_code eval
[429, 403]
--- no_access_log
alice-0123456789abcdef



=== TEST 7: "%2F" and dot segments lead to no other location
--- http_config eval: $::Plan . $::Echo
--- config
    apigw_encoded_slash keep;
    location /admin { deny all; }
    apigw_stage $default {
        apigw_route "ANY /{proxy+}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    apigw_stage adm {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "ANY /{proxy+}" { return 200 secret; }
    }
--- request eval
["GET /admin/x", "GET /b%2Fc/../admin/x", "GET /b%2Fc/../adm/x", "GET /b%2Fc/x"]
--- error_code eval
[403, 400, 400, 200]



=== TEST 8: merge_slashes off leads to no other location
--- http_config eval: $::Echo
--- config
    merge_slashes off;
    location /admin { deny all; }
    apigw_stage $default {
        apigw_route "ANY /{proxy+}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET //admin/x", "GET /p//../admin/x", "GET /p/x"]
--- error_code eval
[400, 400, 200]



=== TEST 9: auth_request's server gets neither the key nor forged headers
--- http_config eval: $::Plan . $::Echo
--- config
    apigw_stage live {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /x" {
            auth_request /check;
            auth_request_set $saw $upstream_http_x_saw;
            add_header X-Saw $saw;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
    location = /check { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/auth; }
--- request
GET /live/x
--- more_headers
X-Api-Key: alice-0123456789abcdef
X-Apigw-Api-Key-Id: admin
X-Forwarded-Proto: https
--- response_headers
X-Saw: ||http
--- response_body chomp
/x|127.0.0.1|alice



=== TEST 10: an error_page on another host
--- http_config eval: $::Plan
--- config
    apigw_stage live {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        error_page 403 https://login.example.com/;
        apigw_route "GET /x" { return 200 in; }
    }
--- request
GET /live/x
--- error_code: 302
--- response_headers
Location: https://login.example.com/
--- no_error_log
[alert]



=== TEST 11: an error of the fallback is not that of the refusal
--- http_config eval: $::Plan
--- config
    apigw_stage live {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        error_page 403 = /live/fallback;
        apigw_route "GET /x" { return 200 in; }
        apigw_route "GET /fallback" {
            apigw_api_key_required off;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        }
    }
--- request
GET /live/x
--- error_code: 504
--- response_headers
x-amzn-ErrorType: InternalServerErrorException
--- response_body chomp
{"message":"Network error communicating with endpoint"}



=== TEST 12: the default proxy_redirect keeps the stage
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location /abs { return 302 http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/pets/8; }
        location /rel { absolute_redirect off; return 302 /pets/9; }
    }
--- config
    absolute_redirect off;
    apigw_stage live {
        apigw_route "GET /{proxy+}" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /live/abs", "GET /live/rel"]
--- error_code eval
[302, 302]
--- response_headers eval
["Location: /live/pets/8", "Location: /pets/9"]



=== TEST 13: the static module's redirect of a name that needs escaping
--- config
    absolute_redirect off;
    apigw_stage live { apigw_route "GET /{proxy+}" { root html; } }
--- user_files eval
[["x y/index.html", "in"]]
--- request
GET /live/x%20y
--- error_code: 301
--- response_headers
Location: /live/x%20y/



=== TEST 14: Authorization as the source of the key stays Authorization for nginx
--- http_config eval: $::Plan . $::Echo
--- config
    apigw_stage live {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_api_key_source $http_authorization;
        apigw_route "GET /x" {
            add_header X-User "[$remote_user]";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request
GET /live/x
--- more_headers
Authorization: alice-0123456789abcdef
--- response_headers
X-User: []
--- response_body chomp
/x|127.0.0.1|alice
