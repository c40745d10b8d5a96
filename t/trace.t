use Test::Nginx::Socket 'no_plan';

# What upstreams are told of traces, byte for byte.

no_root_location();
no_long_string();

our $Root = '1-5759e988-bd862e3fe1be46a994272793';
our $Id = '5759e988bd862e3fe1be46a994272793';
our $Parent = '53995c3f42cd8ad8';
our $Other = '0af7651916cd43dd8448eb211c80319c';

our $Reply = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";

# one of each, whoever made them
our $One = '(?!.*^x.amzn.trace.id:.*^x.amzn.trace.id:)(?!.*^traceparent:.*^traceparent:)';

our $New = '(?=.*^X-Amzn-Trace-Id: Root=1-([0-9a-f]{8})-([0-9a-f]{24})\r\n)(?=.*^traceparent: 00-\1\2-(?!0{16})[0-9a-f]{16}-01\r\n)';

our $Route = <<'END';
    apigw_stage s {
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
END

our $Echo = <<'END';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "[$http_x_amzn_trace_id][$http_traceparent][$http_tracestate]"; }
    }
END

sub client (@) {
    return "GET /s/x HTTP/1.1\r\nHost: localhost\r\n"
        . CORE::join('', map { "$_\r\n" } @_) . "X-Last: kept\r\nConnection: close\r\n\r\n";
}

run_tests();

__DATA__

=== TEST 1: without headers of the client both are made, of one trace
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client()
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?=.*^X-Last: kept\r\n)$::One$::New.*\r\n\r\n$/msi
--- raw_response_headers_unlike: (?i)(?:trace-id|traceparent)



=== TEST 2: a valid Root is kept with all that goes with it, and in traceparent
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef012345678;Root=$::Root;Parent=$::Parent;Sampled=0;Lineage=a87bd80c:1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x $::One(?=.*^X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef012345678;Root=$::Root;Parent=$::Parent;Sampled=0;Lineage=a87bd80c:1\r\n)(?=.*^traceparent: 00-$::Id-$::Parent-00\r\n)/ms



=== TEST 3: a valid traceparent is kept with its tracestate, and is in Root
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("traceparent: 00-$::Id-$::Parent-03", "tracestate: a=1,b=2", "tracestate: c=3")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x $::One(?=.*^X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent;Sampled=1\r\n)(?=.*^traceparent: 00-$::Id-$::Parent-03\r\n)(?=.*^tracestate: a=1,b=2\r\n.*^tracestate: c=3\r\n)/ms



=== TEST 4: both are valid: none is changed, also where they are of two traces
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-AMZN-TRACE-ID: Root=$::Root", "TraceParent: 01-$::Other-$::Parent-00-more", "tracestate: a=1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?=.*^X-AMZN-TRACE-ID: Root=$::Root\r\n)(?=.*^TraceParent: 01-$::Other-$::Parent-00-more\r\n)(?=.*^tracestate: a=1\r\n)(?!.*^X-Amzn-Trace-Id)(?!.*^traceparent)/ms



=== TEST 5: two headers of a name are none
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id: Root=$::Root", "traceparent: 00-$::Id-$::Parent-01", "tracestate: evil=1",
    "x-amzn-trace-id: Root=$::Root", "Traceparent: 00-$::Other-$::Parent-01", "TraceState: evil=2")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*evil)(?!.*$::Id)(?!.*$::Root)(?!.*$::Other)(?!.*tracestate)$::One$::New(?=.*^X-Last: kept\r\n)/msi



=== TEST 6: an empty one counts, too
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id:", "traceparent:", "X-Amzn-Trace-Id: Root=$::Root", "traceparent: 00-$::Id-$::Parent-01", "X-Amzn-Trace-Id: Root=$::Root")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*$::Id)(?!.*$::Root)$::One$::New/msi



=== TEST 7: what looks like one to CGI is a second one, or a bad one
--- config eval
"underscores_in_headers on;" . $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id: Root=$::Root", "X_Amzn_Trace_Id: evil", "X-Amzn_Trace-Id: evil")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*evil)(?!.*$::Root)$::One$::New/msi



=== TEST 8: alone it is none either
--- config eval
"underscores_in_headers on;" . $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X_Amzn_Trace_Id: Root=$::Root", "trace_parent: mine")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*$::Root)(?!.*X_Amzn)(?=.*^trace_parent: mine\r\n)$::One$::New/msi



=== TEST 9: what is malformed is replaced, the other one stays
--- http_config eval: $::Echo
--- config eval: $::Route
--- request eval
[("GET /s/x") x 10]
--- more_headers eval
[map { CORE::join "\n", @$_ } (
    ["X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a99427279x", "traceparent: 00-$::Id-$::Parent-01", "tracestate: a=1"],
    ["X-Amzn-Trace-Id: Root=$::Root;Root=$::Root", "traceparent: 00-$::Id-$::Parent-00"],
    ["X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent;Sampled=1", "traceparent: ff-$::Other-$::Parent-01", "tracestate: a=1"],
    ["X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent", "traceparent: 00-$::Other-0000000000000000-01"],
    ["X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent", "traceparent: 00-\U$::Other\E-$::Parent-01"],
    ["X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent", "traceparent: 00-$::Other-$::Parent-01-"],
    ["X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent", "tracestate: a=1"],
    ["X-Amzn-Trace-Id: Root=\U$::Root\E;Parent=$::Parent"],
    ["X-Amzn-Trace-Id: Root=1-00000000-000000000000000000000000", "traceparent: 00-$::Id-$::Parent-01"],
    ["X-Amzn-Trace-Id: Root=$::Root; a=\xc3\xa9", "traceparent: 00-$::Id-$::Parent-01"],
)]
--- error_code eval
[(200) x 10]
--- response_body eval
["[Root=$::Root;Parent=$::Parent;Sampled=1][00-$::Id-$::Parent-01][a=1]",
"[Root=$::Root;Parent=$::Parent;Sampled=0][00-$::Id-$::Parent-00][]",
"[Root=$::Root;Parent=$::Parent;Sampled=1][00-$::Id-$::Parent-01][]",
("[Root=$::Root;Parent=$::Parent][00-$::Id-$::Parent-01][]") x 4,
"[Root=\U$::Root\E;Parent=$::Parent][00-$::Id-$::Parent-01][]",
("[Root=$::Root;Parent=$::Parent;Sampled=1][00-$::Id-$::Parent-01][]") x 2]



=== TEST 10: a Root without a Parent gets a new one in traceparent
--- http_config eval: $::Echo
--- config eval: $::Route
--- request eval
[("GET /s/x") x 3]
--- more_headers eval
["X-Amzn-Trace-Id: Root=$::Root", "X-Amzn-Trace-Id: Root=$::Root;Sampled=0", "X-Amzn-Trace-Id: Root=$::Root;Sampled=?"]
--- error_code eval
[200, 200, 200]
--- response_body_like eval
["^\\[Root=$::Root\\]\\[00-$::Id-(?!0{16})[0-9a-f]{16}-01\\]\\[\\]\$",
"^\\[Root=$::Root;Sampled=0\\]\\[00-$::Id-(?!0{16})[0-9a-f]{16}-00\\]\\[\\]\$",
"^\\[Root=$::Root;Sampled=\\?\\]\\[00-$::Id-(?!0{16})[0-9a-f]{16}-01\\]\\[\\]\$"]



=== TEST 11: apigw_trace xray
--- config eval
"apigw_trace xray;" . $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("traceparent: evil", "tracestate: stays")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?=.*^X-Amzn-Trace-Id: Root=1-[0-9a-f]{8}-[0-9a-f]{24}\r\n)(?=.*^traceparent: evil\r\n)(?=.*^tracestate: stays\r\n)(?!.*^traceparent: 00)/ms



=== TEST 12: apigw_trace w3c
--- config eval
"apigw_trace w3c;" . $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id: Root=$::Root", "X-Amzn-Trace-Id: mine", "tracestate: evil=1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*evil)(?=.*^X-Amzn-Trace-Id: Root=$::Root\r\n)(?=.*^X-Amzn-Trace-Id: mine\r\n)(?=.*^traceparent: 00-(?!$::Id)[0-9a-f]{32}-[0-9a-f]{16}-01\r\n)/ms



=== TEST 13: one kind takes the trace of the other one, which it leaves alone
--- http_config eval: $::Echo
--- config
    apigw_trace xray;
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
    apigw_stage w {
        apigw_trace w3c;
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /s/x", "GET /w/x"]
--- more_headers eval
["traceparent: 00-$::Id-$::Parent-01", "X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent"]
--- response_body eval
["[Root=$::Root;Parent=$::Parent;Sampled=1][00-$::Id-$::Parent-01][]",
"[Root=$::Root;Parent=$::Parent][00-$::Id-$::Parent-01][]"]



=== TEST 14: apigw_trace off, and what inherits it
--- http_config eval
"apigw_trace off;" . $::Echo
--- config
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; } }
    apigw_stage on {
        apigw_trace w3c xray;
        apigw_route "GET /x" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /s/x", "GET /s/x", "GET /on/x"]
--- more_headers eval
["X-Other: x", "X-Amzn-Trace-Id: any\ntraceparent: thing\ntracestate: goes", "X-Amzn-Trace-Id: any\ntraceparent: thing\ntracestate: goes"]
--- response_body_like eval
['^\[\]\[\]\[\]$', '^\[any\]\[thing\]\[goes\]$', '^\[Root=1-(.{8})-(.{24})\]\[00-\1\2-.{16}-01\]\[\]$']



=== TEST 15: fastcgi
--- config
    underscores_in_headers on;
    apigw_stage s {
        apigw_route "GET /x" { fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $out = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nfastcgi";
pack('CCnnCx', 1, 6, 1, CORE::length $out, 0) . $out . pack('CCnnCx', 1, 3, 1, 8, 0) . "\0" x 8
--- raw_request eval
::client("X_Amzn_Trace_Id: evil", "X-Amzn-Trace-Id: Root=$::Root", "traceparent: evil", "tracestate: evil")
--- response_body: fastcgi
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\A(?!.*evil)(?!.*$::Root)(?!.*TRACE_ID.*TRACE_ID)(?=.*HTTP_X_AMZN_TRACE_IDRoot=1-([0-9a-f]{8})-([0-9a-f]{24}))(?=.*HTTP_TRACEPARENT00-\1\2-[0-9a-f]{16}-01)(?=.*HTTP_X_LASTkept)/s



=== TEST 16: grpc
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 http2;
        underscores_in_headers on;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- config
    underscores_in_headers on;
    apigw_stage s { apigw_route "GET /x" { grpc_pass grpc://127.0.0.1:$TEST_NGINX_RAND_PORT_2; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X_Amzn_Trace_Id: evil", "X-Amzn-Trace-Id: Root=$::Root", "Traceparent: evil", "Tracestate: evil")
--- response_body: ok
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x (?!.*evil)(?!.*$::Root)(?!.*trace-id.*trace-id)(?=.*^x-amzn-trace-id: Root=1-([0-9a-f]{8})-([0-9a-f]{24})\r\n)(?=.*^traceparent: 00-\1\2-[0-9a-f]{16}-01\r\n)/ms



=== TEST 17: auth_request and the route see the same
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { add_header X-Seen "$http_x_amzn_trace_id $http_traceparent"; return 200 ok; }
    }
--- config
    location = /auth { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/auth; }
    apigw_stage s {
        apigw_route "GET /x" {
            auth_request /auth;
            auth_request_set $auth_seen $upstream_http_x_seen;
            add_header X-Auth "$auth_seen";
            add_header X-Vars "$apigw_trace_id $apigw_traceparent";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request
GET /s/x
--- raw_response_headers_like chomp
(?s)X-Seen: Root=(1-\S{8}-\S{24}) (00-\S{32}-\S{16}-01)\r\n.*X-Auth: Root=\1 \2\r\nX-Vars: \1 \2\r\n



=== TEST 18: a mirror, too
--- config
    location = /mirror { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    apigw_stage s {
        apigw_route "GET /x" { mirror /mirror; empty_gif; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id: Root=$::Root", "traceparent: evil")
--- ignore_response
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/mirror (?!.*evil)$::One(?=.*^X-Amzn-Trace-Id: Root=$::Root\r\n)(?=.*^traceparent: 00-$::Id-[0-9a-f]{16}-01\r\n)/ms



=== TEST 19: an internal redirect keeps the trace
--- http_config eval: $::Echo
--- config
    apigw_stage s {
        root $TEST_NGINX_SERVER_ROOT/html;
        apigw_route "GET /a" { try_files $uri /x; }
        apigw_route "GET /x" {
            add_header X-Vars "$apigw_trace_id $apigw_traceparent";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
["X-Amzn-Trace-Id: evil\ntraceparent: evil\ntracestate: evil", "X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent"]
--- response_body_like eval
['^\[Root=1-(.{8})-(.{24})\]\[00-\1\2-.{16}-01\]\[\]$', "^\\[Root=$::Root;Parent=$::Parent\\]\\[00-$::Id-$::Parent-01\\]\\[\\]\$"]
--- raw_response_headers_like eval
['X-Vars: 1-(.{8})-(.{24}) 00-\1\2-.{16}-01\r\n', "X-Vars: $::Root 00-$::Id-$::Parent-01\r\n"]



=== TEST 20: each request has a trace of its own
--- http_config eval: $::Echo
--- config eval: $::Route
--- pipelined_requests eval
["GET /s/x", "GET /s/x"]
--- response_body_like eval
[('^\[Root=1-(.{8})-(.{24})\]\[00-\1\2-.{16}-01\]\[\]$') x 2]



=== TEST 21: Connection does not strip them
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
"GET /s/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Amzn-Trace-Id, x_amzn_trace_id,TRACEPARENT ,keep-me\r\n\r\n"
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^Connection: close,\s*keep-me\r\n)$::One$::New/ms



=== TEST 22: switched off, Connection is the client's business
--- config
    apigw_trace off;
    apigw_stage s {
        apigw_route "GET /x" {
            proxy_set_header Connection $http_connection;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
"GET /s/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Amzn-Trace-Id, traceparent\r\n\r\n"
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^Connection: close,\s*X-Amzn-Trace-Id,\s*traceparent\r\n)/ms



=== TEST 23: proxy_set_header has the last word
--- config
    apigw_stage s {
        apigw_route "GET /x" {
            proxy_set_header X-Amzn-Trace-Id mine;
            proxy_set_header traceparent "";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client("X-Amzn-Trace-Id: Root=$::Root")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^X-Amzn-Trace-Id: mine\r\n)(?!.*traceparent)(?!.*Root=)/ms



=== TEST 24: many of them, more than there are places
--- config eval: $::Route
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::client((map { ("X-N$_: $_", "tracestate: evil", "traceparent: evil", "X-Amzn-Trace-Id: evil") } 1 .. 40), "X-Forwarded-For: 192.0.2.1")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*evil)(?=.*^X-N1: 1\r\n)(?=.*^X-N20: 20\r\n)(?=.*^X-N40: 40\r\n)(?=.*^X-Last: kept\r\n)(?=.*^X-Forwarded-For: 192\.0\.2\.1, 127\.0\.0\.1\r\n)$::One$::New/msi



=== TEST 25: a function: the header of its call, its event and the answer are one
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        client_body_buffer_size 64k;
        location / {
            default_type application/json;
            if ($http_traceparent) { return 500; }
            return 200 '{"statusCode":200,"headers":{"X-Call":"$http_x_amzn_trace_id"},"body":"ok"}';
        }
    }
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; } }
    apigw_stage off {
        apigw_trace off;
        apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; }
    }
    apigw_stage h {
        apigw_api_type http;
        apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; }
    }
    apigw_stage m { apigw_route "GET /x" { apigw_mock 200; } }
--- request eval
["GET /s/x", "GET /s/x", "GET /s/x", "GET /off/x", "GET /h/x", "GET /m/x", "GET /s/none"]
--- more_headers eval
["X-Other: x", "X-Amzn-Trace-Id: Root=$::Root;Sampled=1", "traceparent: 00-$::Id-$::Parent-00", "X-Amzn-Trace-Id: Root=$::Root", ("X-Other: x") x 3]
--- error_code eval
[(200) x 6, 403]
--- raw_response_headers_like eval
['(?s)X-Call: (Root=1-.{8}-.{24})\r\n.*X-Amzn-Trace-Id: \1\r\n', "(?s)X-Call: Root=$::Root;Sampled=1\r\n.*X-Amzn-Trace-Id: Root=$::Root;Sampled=1\r\n",
"(?s)X-Call: Root=$::Root;Parent=$::Parent;Sampled=0\r\n.*X-Amzn-Trace-Id: Root=$::Root;Parent=$::Parent;Sampled=0\r\n",
'X-Call: ?\r\n', 'X-Call: Root=1-.{8}-.{24}\r\n', 'HTTP', 'HTTP']
--- raw_response_headers_unlike eval
[("nothing") x 3, ("X-Amzn-Trace-Id") x 4]



=== TEST 26: of an event: the client's traceparent, but none that the gateway made
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $body = '{"statusCode":200,"body":"ok"}';
"HTTP/1.1 200 OK\r\nContent-Length: " . CORE::length($body) . "\r\nConnection: close\r\n\r\n$body"
--- raw_request eval
::client("traceparent: evil", "tracestate: evil")
--- response_body: ok
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\APOST (?!.*evil)(?!.*traceparent)(?!.*tracestate)(?=.*^X-Amzn-Trace-Id: (Root=1-[0-9a-f]{8}-[0-9a-f]{24})\r\n)(?=.*"X-Amzn-Trace-Id":"\1")/msi



=== TEST 27: a valid one of the client is in its event
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $body = '{"statusCode":200,"body":"ok"}';
"HTTP/1.1 200 OK\r\nContent-Length: " . CORE::length($body) . "\r\nConnection: close\r\n\r\n$body"
--- raw_request eval
::client("traceparent: 00-$::Id-$::Parent-01", "tracestate: a=1")
--- response_body: ok
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\APOST (?=.*"X-Amzn-Trace-Id":"Root=$::Root;Parent=$::Parent;Sampled=1")(?=.*"traceparent":"00-$::Id-$::Parent-01")(?=.*"tracestate":"a=1")/ms



=== TEST 28: switched off, the event has the client's header
--- config
    apigw_trace off;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1 function=f; } }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $body = '{"statusCode":200,"body":"ok"}';
"HTTP/1.1 200 OK\r\nContent-Length: " . CORE::length($body) . "\r\nConnection: close\r\n\r\n$body"
--- raw_request eval
::client("X-Amzn-Trace-Id: mine")
--- response_body: ok
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\APOST (?!.*^X-Amzn-Trace-Id)(?!.*traceparent)(?=.*"X-Amzn-Trace-Id":"mine")/msi



=== TEST 29: variables where nothing is forwarded
--- config
    apigw_stage s {
        apigw_route "GET /x" { add_header X-Vars "[$apigw_trace_id|$apigw_traceparent]"; return 204; }
    }
    apigw_stage off {
        apigw_trace off;
        apigw_route "GET /x" { add_header X-Vars "[$apigw_trace_id|$apigw_traceparent]"; return 204; }
    }
    apigw_stage xray {
        apigw_trace xray;
        apigw_route "GET /x" { add_header X-Vars "[$apigw_trace_id|$apigw_traceparent]"; return 204; }
    }
    apigw_stage w3c {
        apigw_trace w3c;
        apigw_route "GET /x" { add_header X-Vars "[$apigw_trace_id|$apigw_traceparent]"; return 204; }
    }
    location / { add_header X-Vars "[$apigw_trace_id|$apigw_traceparent]" always; return 204; }
--- request eval
["GET /s/x", "GET /off/x", "GET /xray/x", "GET /w3c/x", "GET /"]
--- more_headers eval
["X-Amzn-Trace-Id: Self=x;Root=\U$::Root\E;Parent=$::Parent", ("X-Other: x") x 4]
--- error_code eval
[(204) x 5]
--- raw_response_headers_like eval
["X-Vars: \\[$::Root\\|00-$::Id-$::Parent-01\\]", 'X-Vars: \[\|\]', "X-Vars: \\[1-[^|]{33}\\|\\]", 'X-Vars: \[\|00-.{32}-.{16}-01\]', 'X-Vars: \[\|\]']



=== TEST 30: apigw_trace with another word
--- config
    apigw_trace b3;
--- must_die
--- error_log eval
qr/invalid value "b3" in "apigw_trace": "xray", "w3c", both, or "off" is expected in \S+nginx\.conf:\d+$/



=== TEST 31: apigw_trace off beside another one
--- config
    apigw_trace xray off;
--- must_die
--- error_log
invalid value "off" in "apigw_trace"



=== TEST 32: apigw_trace with a word twice
--- config
    apigw_trace w3c w3c;
--- must_die
--- error_log
invalid value "w3c" in "apigw_trace"



=== TEST 33: apigw_trace twice
--- config
    apigw_trace w3c;
    apigw_trace off;
--- must_die
--- error_log
"apigw_trace" directive is duplicate



=== TEST 34: apigw_trace in a route
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_trace off; return 204; } }
--- must_die
--- error_log
"apigw_trace" directive is not allowed here



=== TEST 35: apigw_trace in a location
--- config
    location / { apigw_trace off; }
--- must_die
--- error_log
"apigw_trace" directive is not allowed here
