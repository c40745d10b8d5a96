use Test::Nginx::Socket 'no_plan';

# valgrind

no_root_location();
no_long_string();

our $HttpConfig = <<'END';
    apigw_usage_plan gold { throttle 100r/s burst=100; }
    apigw_api_key alice key=alice-0123456789abcdef plan=gold id=alice123;
    log_format gw "log:$apigw_api|$apigw_stage|$apigw_route|$apigw_path_id|$apigw_stage_variable_color|$apigw_api_key_id|$apigw_usage_plan|$apigw_throttle_status|$apigw_error_type|$apigw_error_message|";
END

our $Uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

run_tests();

__DATA__

=== TEST 1: all of them in "return"
--- http_config eval: $::HttpConfig
--- config
    apigw_api pets;
    apigw_stage s {
        apigw_stage_variable color red;
        apigw_usage_plans gold;
        apigw_route "GET /x/{id}" {
            apigw_api_key_required on;
            return 200 "$apigw_api|$apigw_stage|$apigw_route|$apigw_path_id|$apigw_stage_variable_color|$apigw_api_key_id|$apigw_usage_plan|$apigw_throttle_status|$apigw_error_type|$apigw_error_message|";
        }
    }
--- request
GET /s/x/7
--- more_headers
X-API-Key: alice-0123456789abcdef
--- response_body chomp
pets|s|GET /x/{id}|7|red|alice123|gold|PASSED|||



=== TEST 2: all of them in the access log
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_api pets;
    apigw_stage s {
        apigw_stage_variable color red;
        apigw_usage_plans gold;
        apigw_route "GET /x/{id}" { apigw_api_key_required on; empty_gif; }
        apigw_route "GET /t"      { apigw_throttle 0r/s burst=0; empty_gif; }
        apigw_route "GET /dry"    { apigw_throttle 0r/s burst=0 dry_run; empty_gif; }
    }
--- request eval
["GET /s/x/7", "GET /s/x/8", "GET /s/t", "GET /s/dry", "GET /s/none", "GET /none", "GET /s/%2f"]
--- more_headers eval
["X-API-Key: alice-0123456789abcdef", ("X-Other: x") x 6]
--- error_code eval
[200, 403, 429, 200, 403, 403, 400]
--- no_access_log
alice-0123



=== TEST 3: the access log of a request that passed
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s {
        apigw_stage_variable color red;
        apigw_usage_plans gold;
        apigw_route "GET /x/{id}" { apigw_api_key_required on; empty_gif; }
    }
--- request
GET /s/x/7
--- more_headers
X-API-Key: alice-0123456789abcdef
--- access_log
log:localhost|s|GET /x/{id}|7|red|alice123|gold|PASSED|-|-|



=== TEST 4: the access log of a request without its key
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_route "GET /x/{id}" { apigw_api_key_required on; empty_gif; }
    }
--- request
GET /s/x/7
--- error_code: 403
--- access_log
log:localhost|s|GET /x/{id}|7|-|-|-|-|INVALID_API_KEY|Forbidden|



=== TEST 5: the access log of a throttled request
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s { apigw_route "GET /t" { apigw_throttle 0r/s burst=0; return 200; } }
--- request
GET /s/t
--- error_code: 429
--- access_log
log:localhost|s|GET /t|-|-|-|-|REJECTED|THROTTLED|Too Many Requests|



=== TEST 6: the access log of a dry run
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s { apigw_route "GET /t" { apigw_throttle 0r/s burst=0 dry_run; return 200; } }
--- request
GET /s/t
--- access_log
log:localhost|s|GET /t|-|-|-|-|REJECTED_DRY_RUN|-|-|



=== TEST 7: the access log of an unmatched request
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s { apigw_route "GET /t" { return 200; } }
--- request
GET /s/none
--- error_code: 403
--- access_log
log:localhost|s|-|-|-|-|-|-|MISSING_AUTHENTICATION_TOKEN|Missing Authentication Token|



=== TEST 8: the access log of an unknown stage
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s { apigw_route "GET /t" { return 200; } }
--- request
GET /none
--- error_code: 403
--- access_log eval
qr/^log:(localhost|-)\|-\|-\|-\|-\|-\|-\|-\|DEFAULT_4XX\|Forbidden\|/



=== TEST 9: the access log of an error that nginx found
--- http_config eval: $::HttpConfig
--- config
    access_log logs/access.log gw;
    apigw_stage s {
        apigw_response DEFAULT_4XX status=420;
        apigw_route "POST /t" { empty_gif; }
    }
--- request
POST /s/t
--- error_code: 420
--- access_log
log:localhost|s|POST /t|-|-|-|-|-|DEFAULT_4XX|Method Not Allowed|



=== TEST 10: outside of stages all are empty
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s { apigw_route "GET /t" { return 200; } }
    location / {
        return 200 "$apigw_api|$apigw_stage|$apigw_route|$apigw_path_id|$apigw_stage_variable_color|$apigw_api_key_id|$apigw_usage_plan|$apigw_throttle_status|$apigw_error_type|$apigw_error_message|$apigw_request_id|$apigw_extended_request_id|";
    }
--- request
GET /x
--- response_body chomp
||||||||||||



=== TEST 11: read before its step a variable is empty, and is not cached
--- http_config eval: $::HttpConfig
--- config
    set $early "[$apigw_stage$apigw_route$apigw_path_id$apigw_stage_variable_color$apigw_api_key_id$apigw_usage_plan$apigw_throttle_status$apigw_request_id]";
    apigw_stage s {
        apigw_stage_variable color red;
        apigw_usage_plans gold;
        apigw_route "GET /x/{id}" {
            apigw_api_key_required on;
            return 200 "$early $apigw_stage|$apigw_route|$apigw_path_id|$apigw_stage_variable_color|$apigw_api_key_id|$apigw_usage_plan|$apigw_throttle_status|$apigw_request_id";
        }
    }
--- request
GET /s/x/7
--- more_headers
X-API-Key: alice-0123456789abcdef
--- response_body_like eval
qr/^\[\] s\|GET \/x\/\{id\}\|7\|red\|alice123\|gold\|PASSED\|$::Uuid$/



=== TEST 12: through map and set, read before its step by a throttle's key
--- http_config eval
$::HttpConfig . 'map $apigw_api_key_id $who { volatile; "" nobody; default "key $apigw_api_key_id"; }'
--- config
    set $early "$who";
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_route "GET /x" { apigw_api_key_required on; return 200 "$early, $who"; }
    }
--- request
GET /s/x
--- more_headers
X-API-Key: alice-0123456789abcdef
--- response_body chomp
nobody, key alice123



=== TEST 13: the same bytes every time: body, headers, log and upstream
--- http_config
    log_format ids "log:$apigw_request_id:$upstream_http_x_same:$apigw_extended_request_id";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Same $http_x_apigw_request_id;
            return 200 "$http_x_mine $http_x_apigw_request_id";
        }
    }
--- config
    access_log logs/access.log ids;
    apigw_stage s {
        apigw_route "GET /x" {
            proxy_set_header X-Mine $apigw_request_id;
            add_header X-Id "$apigw_request_id $apigw_request_id";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request
GET /s/x
--- response_body_like eval
qr/^($::Uuid) \1$/
--- raw_response_headers_like: (?=.*X-Id: (\S+) \1\r\n)(?=.*x-amzn-RequestId: \1\r\n)(?=.*X-Same: \1\r\n)
--- access_log eval
qr/^log:($::Uuid):\1:\S{16}$/



=== TEST 14: in a subrequest they are those of the client's request
--- user_files
>>> 7
[<!--#include virtual="/loc" -->][<!--#include virtual="/s/part/8" -->]
--- config
    apigw_stage s {
        apigw_stage_variable color red;
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /{id}"      { ssi on; ssi_types *; }
        apigw_route "GET /part/{id}" { return 200 "$apigw_route|$apigw_path_id|$uri"; }
    }
    location /loc { return 200 "$apigw_route|$apigw_path_id|$apigw_stage_variable_color|$uri"; }
--- request
GET /s/7
--- response_body
[GET /{id}|7|red|/loc][GET /{id}|7|/part/8]



=== TEST 15: a subrequest into a stage from a plain location
--- user_files
>>> page.html
[<!--#include virtual="/s/part/8" -->]
--- config
    location / { root $TEST_NGINX_SERVER_ROOT/html; ssi on; ssi_types *; }
    location /auth/ { auth_request /s/part/9; root $TEST_NGINX_SERVER_ROOT/html; }
    apigw_stage s {
        apigw_throttle 0r/s burst=0;
        apigw_route "GET /part/{id}" { return 200 "$apigw_route|$apigw_path_id|$apigw_request_id|$uri"; }
    }
--- request eval
["GET /page.html", "GET /auth/none", "GET /s/part/8"]
--- error_code eval
[200, 404, 429]
--- response_body_like eval
['^\[\|\|\|/part/8\]$', '404', 'Too Many']



=== TEST 16: in an error_page and in a named location
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        error_page 404 = @named;
        error_page 403 /denied;
        apigw_route "GET /x/{id}" { }
        apigw_route "GET /y/{id}" { deny all; }
    }
    location @named  { return 200 "$apigw_stage|$apigw_route|$apigw_path_id|"; }
    location /denied { return 200 "$apigw_stage|"; }
--- request eval
["GET /s/x/7", "GET /s/y/7"]
--- error_code eval
[200, 403]
--- response_body eval
["s|GET /x/{id}|7|", "s|"]



=== TEST 17: pipelined requests don't see each other's
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_route "GET /k/{id}" { apigw_api_key_required on; return 200 "$apigw_api_key_id|$apigw_path_id|"; }
        apigw_route "GET /x"      { return 200 "$apigw_api_key_id|$apigw_path_id|$apigw_usage_plan|$apigw_throttle_status|"; }
    }
--- pipelined_requests eval
["GET /s/k/7", "GET /s/x", "GET /s/k/8"]
--- more_headers eval
["X-API-Key: alice-0123456789abcdef", "", "X-API-Key: alice-0123456789abcdef"]
--- error_code eval
[200, 200, 200]
--- response_body eval
["alice123|7|", "||||", "alice123|8|"]



=== TEST 18: an unknown $apigw_ variable
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 $apigw_nothing; } }
--- must_die
--- error_log
unknown "apigw_nothing" variable
