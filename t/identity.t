use Test::Nginx::Socket 'no_plan';

# What the gateway tells the client and the upstream about a request, and
# what a client cannot make the upstream believe.

no_root_location();
no_long_string();

our $Uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
our $Ext = '[A-Za-z0-9+/_-]{15}=';
our $Id = '0f1e2d3c-4b5a-4678-8765-43210fedcba9';

our $Key = 'alice-0123456789abcdef';

our $HttpConfig = <<"END";
    apigw_usage_plan gold { throttle 100r/s burst=100; }
    apigw_api_key alice key=$Key plan=gold id=alice123;
END

our $Reply = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";

# All headers that a client might send to be taken for the gateway.

our $Spoof = CORE::join '', map { "$_: evil\r\n" } qw(
    X-Apigw-Request-Id x-apigw-request-id X_Apigw_Request_Id X-Apigw_Request-Id
    X-APIGW-API-KEY-ID X_APIGW_API_KEY_ID x-apigw-usage-plan X_Apigw_Usage_Plan
    X-Apigw-Claim-Sub X-Apigw- X_apigw_anything X-Forwarded-Proto X_Forwarded_Proto
    X-Forwarded-Port x_forwarded-port X-Apigw-Request-Id X-Apigw-Request-Id);

sub spoofed (@) {
    my (@more) = @_;
    return "GET /s/x HTTP/1.1\r\nHost: localhost\r\n$::Spoof"
        . CORE::join('', map { "$_\r\n" } @more) . "X-Last: kept\r\n"
        . "Connection: close\r\n\r\n";
}

run_tests();

__DATA__

=== TEST 1: request ids, REST API
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_request_id $apigw_extended_request_id"; } }
--- request eval
["GET /s/x", "GET /s/y", "GET /none"]
--- error_code eval
[200, 403, 403]
--- response_headers_like eval
[("x-amzn-RequestId: $::Uuid\nx-amz-apigw-id: $::Ext") x 3]
--- raw_response_headers_unlike eval
[("(?i)apigw-requestid") x 3]
--- response_body_like eval
["^$::Uuid $::Ext\$", "Missing", "Forbidden"]



=== TEST 2: request ids, HTTP API
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_request_id $apigw_extended_request_id"; } }
--- request eval
["GET /s/x", "GET /s/y", "GET /none"]
--- error_code eval
[200, 404, 404]
--- response_headers_like eval
[("apigw-requestid: $::Ext") x 3]
--- raw_response_headers_unlike eval
[("(?i)x-am") x 3]
--- response_body_like eval
[qr/^($::Ext) \1$/, "Not Found", "Not Found"]



=== TEST 3: each request has ids of its own, and the body has those of the header
--- config
    apigw_stage s { apigw_route "GET /x" { add_header X-Ids "$apigw_request_id $apigw_extended_request_id"; return 200; } }
--- pipelined_requests eval
["GET /s/x", "GET /s/x", "GET /s/x"]
--- raw_response_headers_like eval
[('(?=.*X-Ids: (\S+) (\S+)\r\n)(?=.*x-amzn-RequestId: \1\r\n)(?=.*x-amz-apigw-id: \2\r\n)') x 3]
--- error_code eval
[200, 200, 200]



=== TEST 4: a client's id is not heard
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 "$apigw_request_id $apigw_extended_request_id"; } }
--- request
GET /s/x
--- more_headers eval
"x-amzn-RequestId: $::Id\nx-amz-apigw-id: AAAAAAAAAAAAAAA="
--- response_headers_like eval
"x-amzn-RequestId: (?!$::Id)$::Uuid\nx-amz-apigw-id: (?!AAAA)$::Ext"
--- response_body_unlike eval
"$::Id|AAAA"



=== TEST 5: apigw_request_id trust keeps a client's UUID
--- config
    apigw_request_id trust;
    apigw_stage s { apigw_route "GET /x" { return 200 $apigw_request_id; } }
--- request eval
[("GET /s/x") x 5, "GET /s/none"]
--- more_headers eval
["x-amzn-RequestId: $::Id", "X-AMZN-REQUESTID: " . uc $::Id, "x-amzn-RequestId: not-a-uuid",
"x-amzn-RequestId: ${\ $::Id}0", "x-amz-apigw-id: AAAAAAAAAAAAAAA=", "x-amzn-RequestId: $::Id"]
--- error_code eval
[(200) x 5, 403]
--- response_headers_like eval
["x-amzn-RequestId: $::Id", "x-amzn-RequestId: $::Id", "x-amzn-RequestId: (?!$::Id)$::Uuid",
"x-amzn-RequestId: (?!$::Id)$::Uuid", "x-amz-apigw-id: (?!AAAA)$::Ext", "x-amzn-RequestId: $::Id"]



=== TEST 6: apigw_request_id with another word
--- config
    apigw_request_id keep;
--- must_die
--- error_log eval
qr/invalid value "keep" in \S+nginx\.conf:\d+$/



=== TEST 7: what proxy's upstream gets
--- http_config eval: $::HttpConfig
--- config
    underscores_in_headers on;
    apigw_request_id trust;
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed("X-Api-Key: $::Key", "x-amzn-RequestId: $::Id", "X-Forwarded-For: 192.0.2.1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x HTTP\/1\.0\r\n(?!.*evil)(?!.*$::Key)(?=.*^X-Forwarded-For: 192\.0\.2\.1, 127\.0\.0\.1\r\n)(?=.*^X-Forwarded-Proto: http\r\n)(?=.*^X-Forwarded-Port: \d+\r\n)(?=.*^X-Apigw-Request-Id: $::Id\r\n)(?=.*^X-Apigw-Api-Key-Id: alice123\r\n)(?=.*^X-Apigw-Usage-Plan: gold\r\n)(?=.*^X-Last: kept\r\n)(?!.*X-Apigw-.*X-Apigw-.*X-Apigw-.*X-Apigw-).*\r\n\r\n$/ms



=== TEST 8: what fastcgi's backend gets
--- http_config eval: $::HttpConfig
--- config
    underscores_in_headers on;
    apigw_request_id trust;
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /x" {
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $out = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nfastcgi";
pack('CCnnCx', 1, 6, 1, CORE::length $out, 0) . $out . pack('CCnnCx', 1, 3, 1, 8, 0) . "\0" x 8
--- raw_request eval
::spoofed("X-Api-Key: $::Key", "x-amzn-RequestId: $::Id", "X-Forwarded-For: 192.0.2.1")
--- response_body: fastcgi
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\A(?!.*evil)(?!.*$::Key)(?=.*HTTP_X_FORWARDED_FOR192\.0\.2\.1, 127\.0\.0\.1)(?=.*HTTP_X_FORWARDED_PROTOhttp\b?)(?=.*HTTP_X_FORWARDED_PORT\d+)(?=.*HTTP_X_APIGW_REQUEST_ID$::Id)(?=.*HTTP_X_APIGW_API_KEY_IDalice123)(?=.*HTTP_X_APIGW_USAGE_PLANgold)(?=.*HTTP_X_LASTkept)(?=.*REQUEST_URI\/x)(?!.*HTTP_X_APIGW_.*HTTP_X_APIGW_.*HTTP_X_APIGW_.*HTTP_X_APIGW_)\x01\x01/s



=== TEST 9: what grpc's backend gets
--- http_config eval
$::HttpConfig . '
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 http2;
        underscores_in_headers on;
        location / {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
'
--- config
    underscores_in_headers on;
    apigw_request_id trust;
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /x" { grpc_pass grpc://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed("X-Api-Key: $::Key", "x-amzn-RequestId: $::Id", "X-Forwarded-For: 192.0.2.1")
--- response_body: ok
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x HTTP\/1\.0\r\n(?!.*evil)(?!.*$::Key)(?=.*^x-forwarded-for: 192\.0\.2\.1, 127\.0\.0\.1\r\n)(?=.*^x-forwarded-proto: http\r\n)(?=.*^x-forwarded-port: \d+\r\n)(?=.*^x-apigw-request-id: $::Id\r\n)(?=.*^x-apigw-api-key-id: alice123\r\n)(?=.*^x-apigw-usage-plan: gold\r\n)(?=.*^x-last: kept\r\n)(?!.*x-apigw-.*x-apigw-.*x-apigw-.*x-apigw-)/ms



=== TEST 10: without a key there is no key's id and no plan
--- http_config eval: $::HttpConfig
--- config
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_route "GET /k" { apigw_api_key_required on; return 200; }
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed()
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?!.*Api-Key-Id)(?!.*Usage-Plan)(?=.*^X-Apigw-Request-Id: $::Uuid\r\n)(?=.*^X-Forwarded-For: 127\.0\.0\.1\r\n)/ms



=== TEST 11: HTTP APIs give the upstream their kind of id
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed()
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?=.*^X-Apigw-Request-Id: $::Ext\r\n)/ms



=== TEST 12: the chain of X-Forwarded-For, from several headers
--- config
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed("X-Forwarded-For: 192.0.2.1, 192.0.2.2", "x-forwarded-for: unknown", "X-Forwarded-For: [fe80::1%eth0]:80")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^X-Forwarded-For: 192\.0\.2\.1, 192\.0\.2\.2, unknown, \[fe80::1%eth0\]:80, 127\.0\.0\.1\r\n)(?!.*X-Forwarded-For:.*X-Forwarded-For:)/msi



=== TEST 13: a hundred hops, and the client's address is the socket's
--- config
    large_client_header_buffers 4 16k;
    apigw_stage s { apigw_route "GET /x" { add_header X-Addr $remote_addr; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed("X-Forwarded-For: " . CORE::join(', ', map { "10.0.0.$_" } 1 .. 100))
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/^X-Forwarded-For: 10\.0\.0\.1, .*, 10\.0\.0\.100, 127\.0\.0\.1\r\n/ms
--- response_headers
X-Addr: 127.0.0.1



=== TEST 14: the idiom with $proxy_add_x_forwarded_for makes no duplicate
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed("X-Forwarded-For: 192.0.2.1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?=.*^X-Forwarded-For: 192\.0\.2\.1, 127\.0\.0\.1\r\n)(?!.*X-Forwarded-For:.*X-Forwarded-For:)(?!.*X-Forwarded-Proto:.*X-Forwarded-Proto:)(?!.*127\.0\.0\.1, 127\.0\.0\.1)/ms



=== TEST 15: Connection cannot strip what the gateway sets
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            proxy_set_header Connection $http_connection;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
"GET /s/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Apigw-Request-Id, x_apigw_api_key_id, X-FORWARDED-FOR,keep-me\r\n\r\n"
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^Connection: close,\s*keep-me\r\n)(?=.*^X-Apigw-Request-Id: $::Uuid\r\n)(?=.*^X-Forwarded-For: 127)/ms



=== TEST 16: underscores without underscores_in_headers
--- config
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed("X_Other: dropped")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?!.*dropped)(?=.*^X-Last: kept\r\n)(?=.*^X-Apigw-Request-Id: $::Uuid\r\n)/ms



=== TEST 17: headers with names that only resemble ours stay
--- config
    underscores_in_headers on;
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed(map { "$_: mine" } qw(X-Apigw X-Apigate-Id XApigw-Id X-Forwarded-Host X-Forwarded-Fort My-X-Apigw-Id X_Forwarded X-Real-IP))
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?=.*^X-Apigw: mine\r\n)(?=.*^X-Apigate-Id: mine\r\n)(?=.*^XApigw-Id: mine\r\n)(?=.*^X-Forwarded-Host: mine\r\n)(?=.*^X-Forwarded-Fort: mine\r\n)(?=.*^My-X-Apigw-Id: mine\r\n)(?=.*^X_Forwarded: mine\r\n)(?=.*^X-Real-IP: mine\r\n)/ms



=== TEST 18: more of the client's headers than one part of nginx's list
--- config
    underscores_in_headers on;
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed((map { ("X-N$_: $_", "X_Apigw_N$_: evil") } 1 .. 60), "Cookie: a=b", "Accept: */*", "X-Forwarded-For: 192.0.2.1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?=.*^X-N1: 1\r\n)(?=.*^X-N20: 20\r\n)(?=.*^X-N40: 40\r\n)(?=.*^X-N59: 59\r\n)(?=.*^X-N60: 60\r\n)(?=.*^Cookie: a=b\r\n)(?=.*^Accept: \*\/\*\r\n)(?=.*^X-Last: kept\r\n)(?=.*^X-Forwarded-For: 192\.0\.2\.1, 127\.0\.0\.1\r\n)/ms



=== TEST 19: variables of the client's headers still read what they should
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            add_header X-Seen "$http_host|$http_x_last|$http_cookie|$cookie_a|$http_user_agent|$http_referer|[$http_x_apigw_claim_sub]";
            empty_gif;
        }
    }
--- raw_request eval
::spoofed("Cookie: a=b", "User-Agent: me", "Referer: there", "Cookie: c=d")
--- response_headers
X-Seen: localhost|kept|a=b; c=d|b|me|there|[]



=== TEST 20: an upstream's header of a reserved name is not doubled in the answer
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            add_header x-amzn-RequestId upstream;
            add_header x-amz-apigw-id upstream;
            add_header apigw-requestid upstream;
            return 200 ok;
        }
    }
--- config
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
    apigw_stage h {
        apigw_api_type http;
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /s/x", "GET /h/x"]
--- response_headers_like eval
["x-amzn-RequestId: $::Uuid\nx-amz-apigw-id: $::Ext\nx-amzn-Remapped-x-amzn-RequestId: upstream",
"apigw-requestid: $::Ext"]
--- error_code eval
[200, 200]



=== TEST 21: an internal redirect does not add the chain twice
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /a" { try_files $uri /x; }
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- request
GET /s/a
--- more_headers
X-Forwarded-For: 192.0.2.1
X-Apigw-Request-Id: evil
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*evil)(?=.*^X-Forwarded-For: 192\.0\.2\.1, 127\.0\.0\.1\r\n)(?!.*X-Forwarded-For:.*X-Forwarded-For:)(?!.*X-Apigw-Request-Id:.*X-Apigw-Request-Id:)/ms



=== TEST 22: a route that returns in the rewrite phase tells nobody wrong things
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            set $dummy 1;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed()
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*evil)(?=.*^X-Apigw-Request-Id: $::Uuid\r\n)(?!.*X-Apigw-Request-Id:.*X-Apigw-Request-Id:)/ms



=== TEST 23: the order of equal names stays, whatever is taken out
--- config
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
"GET /s/x HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nX-Apigw-A: 1\r\nX-Apigw-B: 1\r\nX-Apigw-C: 1\r\nX-Apigw-D: 1\r\nX-Apigw-E: 1\r\nX-Role: client\r\nX-Role: front\r\n\r\n"
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x .*^X-Role: client\r\nX-Role: front\r\n/ms
