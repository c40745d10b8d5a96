use Test::Nginx::Socket 'no_plan';

# What AWS's $context says, as variables; hostile values are in sys/logs.t.

# valgrind

no_root_location();
no_long_string();

our $Http = <<'END';
    apigw_aws account=123456789012;
    apigw_authorizer users {
        type        introspection;
        endpoint    http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/introspect;
        client_id   gateway;
        client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
    log_format ids  "ids:$apigw_account_id|$apigw_resource_path|$apigw_base_path|$apigw_path|";
    log_format auth "auth:$apigw_authenticate_status|$apigw_authorize_status|$apigw_authorize_latency|$apigw_authorize_error|";
    log_format int  "int:$status|$apigw_integration_status|$apigw_integration_request_id|$apigw_integration_error|$apigw_error_message_string|";
    log_format time "time:$apigw_latency|$apigw_data_processed|$request_length|$bytes_sent|";
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header x-amz-request-id second;
            return 200 ok;
        }
        location /both {
            add_header x-amz-request-id second always;
            add_header X-Amzn-RequestId first always;
            return 404;
        }
        location /cut { return 444; }
        location = /introspect { return 200 '{"active":true,"sub":"bob","scope":"a"}'; }
    }
END

add_block_preprocessor(sub {
    $_[0]->set_value(user_files => ">>> secret\n0123456789abcdef\n")
        if !defined $_[0]->user_files;
});

run_tests();

__DATA__

=== TEST 1: where a request went
--- http_config eval: $::Http
--- config
    apigw_api pets;
    apigw_stage s {
        apigw_route "GET /x/{id}" { return 200 "$apigw_account_id|$apigw_path|$apigw_resource_path|$apigw_base_path|$apigw_domain_name|$apigw_domain_prefix|$apigw_user_agent"; }
    }
    apigw_stage mapped path=/a/b {
        apigw_route "ANY /{proxy+}" { return 200 "$apigw_path|$apigw_resource_path|$apigw_base_path|$apigw_domain_name|$apigw_domain_prefix|$apigw_user_agent"; }
    }
--- request eval
["GET /s//x/./%61%2Bb?q=1", "GET /a/b/c/d"]
--- more_headers eval
["Host: Api.Example.com:8080\nUser-Agent: me \"<script>\"", "Host: single\nUser-Agent: \xff"]
--- response_body eval
["123456789012|/s/x/a%2Bb|/x/{id}|s|api.example.com|api|me \"<script>\"",
"/a/b/c/d|/{proxy+}|a/b|single|single|\xef\xbf\xbd"]



=== TEST 2: in $default, a http API
--- http_config eval: $::Http
--- config
    apigw_api_type http;
    apigw_stage $default {
        apigw_route $default { return 200 "[$apigw_path|$apigw_resource_path|$apigw_base_path]"; }
    }
--- request
GET /any/thing
--- response_body chomp
[/any/thing|$default|]



=== TEST 3: ids are those of events, and the same for the same
--- config
    apigw_api pets;
    apigw_stage s {
        apigw_route "GET /x"  { return 200 "$apigw_deployment_id $apigw_resource_id"; }
        apigw_route "POST /x" { return 200 "$apigw_deployment_id $apigw_resource_id"; }
        apigw_route "PUT /y"  { return 200 "$apigw_deployment_id $apigw_resource_id"; }
    }
    apigw_stage t { apigw_route "GET /x" { return 200 "$apigw_deployment_id $apigw_resource_id"; } }
--- request eval
["GET /s/x", "POST /s/x", "PUT /s/y", "GET /t/x"]
--- response_body eval
["zhele0 uudvhi", "zhele0 uudvhi", "zhele0 dp9whp", "h41ddy uudvhi"]



=== TEST 4: what the event of the third one says
--- config
    apigw_api pets;
    apigw_stage s { apigw_route "GET /y" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $body = '{"statusCode":200,"body":"ok"}';
"HTTP/1.1 200 OK\r\nContent-Length: " . CORE::length($body) . "\r\nConnection: close\r\n\r\n$body"
--- request
GET /s/y
--- response_body: ok
--- tcp_query_auto_timeout: 1
--- tcp_query eval
qr/"deploymentId":"zhele0".*"resourceId":"dp9whp"/s



=== TEST 5: nothing of what no stage has taken
--- http_config eval: $::Http
--- config
    access_log logs/access.log ids;
    apigw_stage s { apigw_route "GET /x" { return 204; } }
--- request
GET /none
--- error_code: 403
--- access_log
ids:-|-|-|-|



=== TEST 6: a path without a route
--- http_config eval: $::Http
--- config
    access_log logs/access.log ids;
    apigw_stage s { apigw_route "GET /x" { return 204; } }
--- request
GET /s/none
--- error_code: 403
--- access_log
ids:123456789012|-|s|/s/none|



=== TEST 7: when it came
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_request_time $apigw_request_time_epoch"; } }
--- request
GET /s/x
--- response_body_like: ^\d\d/[A-Z][a-z][a-z]/20\d\d:\d\d:\d\d:\d\d \+0000 \d{13}$



=== TEST 8: latency and bytes, when the answer has been sent
--- http_config eval: $::Http
--- config
    access_log logs/access.log time;
    apigw_stage s {
        apigw_route "GET /x" { add_header X-Early "[$apigw_latency$apigw_data_processed]"; return 204; }
    }
--- request
GET /s/x
--- error_code: 204
--- response_headers
X-Early: []
--- access_log eval
qr/^time:\d+\|(\d+)\|(\d+)\|(\d+)\|(?(?{ $1 == $2 + $3 })|(?!))/



=== TEST 9: an authorizer that accepts
--- http_config eval: $::Http
--- config
    access_log logs/access.log auth;
    apigw_stage s { apigw_route "GET /x" { apigw_authorize users; return 200 "$apigw_authenticate_status $apigw_authorize_status"; } }
--- request
GET /s/x
--- more_headers
Authorization: Bearer 0123456789abcdef
--- response_body chomp
200 200
--- access_log eval
qr/^auth:200\|200\|\d+\|-\|/



=== TEST 10: an authorizer that wants another scope
--- http_config eval: $::Http
--- config
    access_log logs/access.log auth;
    apigw_stage s { apigw_route "GET /x" { apigw_authorize users scopes=b; return 204; } }
--- request
GET /s/x
--- more_headers
Authorization: Bearer 0123456789abcdef
--- error_code: 403
--- access_log eval
qr/^auth:200\|403\|\d+\|the request requires higher privileges than provided by the access token\|/



=== TEST 11: no token
--- http_config eval: $::Http
--- config
    access_log logs/access.log auth;
    apigw_stage s { apigw_route "GET /x" { apigw_authorize users; return 204; } }
--- request
GET /s/x
--- error_code: 401
--- access_log
auth:401|-|0|no token was sent|



=== TEST 12: no authorizer
--- http_config eval: $::Http
--- config
    access_log logs/access.log auth;
    apigw_stage s { apigw_route "GET /x" { return 204; } }
--- request
GET /s/x
--- error_code: 204
--- access_log
auth:-|-|-|-|



=== TEST 13: an authorizer that fails
--- http_config eval
$::Http =~ s{/introspect;}{/cut;}r
--- config
    access_log logs/access.log auth;
    apigw_stage s { apigw_route "GET /x" { apigw_authorize users; return 204; } }
--- request
GET /s/x
--- more_headers
Authorization: Bearer 0123456789abcdef
--- error_code: 500
--- access_log eval
qr/^auth:500\|-\|\d+\|[^|-][^|]+\|/



=== TEST 14: an integration
--- http_config eval: $::Http
--- config
    access_log logs/access.log int;
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- request
GET /s/x
--- access_log
int:200|200|second|-|-|



=== TEST 15: an integration that says no, and has two ids
--- http_config eval: $::Http
--- config
    access_log logs/access.log int;
    apigw_stage s { apigw_route "GET /both" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- request
GET /s/both
--- error_code: 404
--- access_log
int:404|404|first|-|-|



=== TEST 16: an integration that hangs up
--- http_config eval: $::Http
--- config
    access_log logs/access.log int;
    apigw_stage s { apigw_route "GET /cut" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- request
GET /s/cut
--- error_code: 504
--- access_log
int:504|-|-|Network error communicating with endpoint|\x22Network error communicating with endpoint\x22|



=== TEST 17: another server has answered
--- http_config eval
$::Http . 'upstream two { server 127.0.0.1:$TEST_NGINX_RAND_PORT_2; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }'
--- config
    access_log logs/access.log int;
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://two; } }
--- request
GET /s/x
--- access_log
int:200|200|second|-|-|



=== TEST 18: a gateway response without an integration
--- http_config eval: $::Http
--- config
    access_log logs/access.log int;
    apigw_stage s { apigw_route "GET /x" { apigw_throttle 0r/s burst=0; return 204; } }
--- request
GET /s/x
--- error_code: 429
--- access_log
int:429|-|-|-|\x22Too Many Requests\x22|



=== TEST 19: the message as a JSON string in a body
--- config
    apigw_response THROTTLED type=text/plain 'body=message: $apigw_error_message_string';
    apigw_stage s { apigw_route "GET /x" { apigw_throttle 0r/s burst=0; return 204; } }
--- request
GET /s/x
--- error_code: 429
--- response_body chomp
message: "Too Many Requests"



=== TEST 20: the variables of a location that is no stage
--- http_config eval: $::Http
--- config
    access_log logs/access.log time;
    apigw_stage s { apigw_route "GET /x" { return 204; } }
    location = /plain { return 200 "[$apigw_path|$apigw_user_agent|$apigw_domain_name|$apigw_request_time|$apigw_deployment_id]"; }
--- request
GET /plain
--- response_body chomp
[||||]
--- access_log eval
qr/^time:-\|-\|\d+\|\d+\|/
