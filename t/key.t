# API keys: where they come from, whom they let in, and that nobody but the
# gateway sees them.  Bad configurations are in key_conf.t.

use Test::Nginx::Socket 'no_plan';

our $Alice = 'alice-key-0123456789';            # id 73ezx5754o
our $Bob = 'bob-key-01234567890123';            # id ewk66opxh2, disabled
our $Carol = 'carol-key-0123456789-0123';       # id hsoor7l4gq, plan other
our $Unknown = 'nobody-key-0123456789';

our $Plans = <<'_EOC_';
    log_format keys '[$status $request|$args|$http_x_api_key|$http_cookie|'
                    '$apigw_api_key_id|$apigw_usage_plan]';
    underscores_in_headers on;
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_usage_plan other { throttle 1r/m burst=3; }
_EOC_

our $Keys = $Plans . <<"_EOC_";
    apigw_api_key alice key=$Alice plan=gold;
    apigw_api_key bob   key=$Bob   plan=gold enabled=off;
    apigw_api_key carol key=$Carol plan=other enabled=on;
_EOC_

our $Backend = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / {
            return 200 "$request_uri|$http_x_api_key|$http_cookie|$http_x_apigw_api_key_id|$http_x_apigw_usage_plan|\n";
        }
    }
_EOC_

our $Stage = <<'_EOC_';
    access_log logs/access.log keys;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" {
            return 200 "$apigw_api_key_id $apigw_usage_plan\n";
        }
        apigw_route "GET /open" {
            apigw_api_key_required off;
            return 200 "open:$apigw_api_key_id:$apigw_usage_plan\n";
        }
        apigw_route "GET /up" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
_EOC_

our $Csv = 'apigw_api_keys $TEST_NGINX_SERVER_ROOT/html/keys.csv;';

# a stage of plan gold that shows who came, with keys from a file

our $FileStage = <<'_EOC_';
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "$apigw_api_key_id\n"; }
    }
_EOC_

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a key lets in, its id and its plan are known
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Alice"
--- response_body
73ezx5754o gold
--- access_log
[200 GET /prod/ HTTP/1.1|-|-|-|73ezx5754o|gold]
--- no_access_log
alice-key



=== TEST 2: no key, the answer of a REST API
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/
--- error_code: 403
--- response_headers
Content-Type: application/json
x-amzn-ErrorType: ForbiddenException
! Retry-After
! RateLimit
! RateLimit-Policy
! apigw-requestid
! WWW-Authenticate
--- response_body chomp
{"message":"Forbidden"}
--- error_log
no API key was sent for "GET /" in stage "prod"



=== TEST 3: REST answers have both request ids
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/
--- error_code: 403
--- response_headers_like
x-amzn-RequestId: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}
x-amz-apigw-id: [A-Za-z0-9+/]{15}=



=== TEST 4: no key, the answer of an HTTP API
--- http_config eval: $::Keys
--- config
    apigw_api_type http;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- request
GET /prod/
--- error_code: 403
--- response_headers
Content-Type: application/json
! x-amzn-ErrorType
! x-amzn-RequestId
! x-amz-apigw-id
--- response_body chomp
{"message":"Forbidden"}



=== TEST 5: HTTP answers have one request id
--- http_config eval: $::Keys
--- config
    apigw_api_type http;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- request
GET /prod/
--- error_code: 403
--- response_headers_like
apigw-requestid: [A-Za-z0-9+/]{15}=



=== TEST 6: unknown, disabled, and a key whose plan does not open this stage
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Unknown", "X-Api-Key: $::Bob", "X-Api-Key: $::Carol"]
--- error_code eval
[403, 403, 403]
--- response_headers eval
[("x-amzn-ErrorType: ForbiddenException\nContent-Type: application/json") x 3]
--- response_body eval
[('{"message":"Forbidden"}') x 3]
--- no_access_log
-key-



=== TEST 7: the log says why an unknown key is refused, without the key
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- log_level: info
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Unknown"
--- error_code: 403
--- error_log
the API key is unknown or disabled for "GET /" in stage "prod"
--- no_error_log
nobody-key



=== TEST 8: the log says why a key of another plan is refused, without it
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- log_level: info
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Carol"
--- error_code: 403
--- error_log
no usage plan of the API key opens this stage for "GET /" in stage "prod"
--- no_error_log
carol-key



=== TEST 9: almost the key
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
[("GET /prod/") x 5]
--- more_headers eval
["X-Api-Key: ${main::Alice}x", "X-Api-Key: " . substr($::Alice, 0, -1),
 "X-Api-Key: " . uc $::Alice, "X-Api-Key: " . substr($::Alice, 1),
 "X-Api-Key: " . "a" x 3000]
--- error_code eval
[403, 403, 403, 403, 403]



=== TEST 10: an empty header is no key
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/
--- more_headers
X-Api-Key:
--- error_code: 403
--- error_log
no API key was sent



=== TEST 11: blanks round the value do not belong to the key
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- raw_request eval
"GET /prod/ HTTP/1.1\r\nHost: localhost\r\nX-Api-Key:   $::Alice  \r\nConnection: close\r\n\r\n"
--- response_body
73ezx5754o gold



=== TEST 12: the header in any case, and with underscores where nginx is told to take them
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["x-api-key: $::Alice", "X-API-KEY: $::Alice", "X_Api_Key: $::Alice"]
--- error_code eval
[200, 200, 200]



=== TEST 13: where nginx ignores headers with underscores there is no key
--- http_config eval: $::Keys . $::Backend
--- config
    underscores_in_headers off;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- request
GET /prod/
--- more_headers eval
"X_Api_Key: $::Alice"
--- error_code: 403
--- error_log
no API key was sent



=== TEST 14: a repeated header is refused, in each of its spellings
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
[("GET /prod/") x 5]
--- more_headers eval
["X-Api-Key: $::Alice\nX-Api-Key: $::Alice",
 "X-Api-Key: $::Alice\nx-api-key: $::Unknown",
 "X-Api-Key: $::Alice\nX_Api_Key: $::Alice",
 "X-Api-Key: \nX-Api-Key: $::Alice",
 "X-API-KEY: $::Alice\nA: b\nx_api_key: $::Alice"]
--- error_code eval
[403, 403, 403, 403, 403]
--- response_body eval
[('{"message":"Forbidden"}') x 5]
--- error_log
the API key was sent twice for "GET /" in stage "prod"



=== TEST 15: two keys in one header are one unknown key
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
["GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice, $::Alice", "X-Api-Key: $::Alice,"]
--- error_code eval
[403, 403]



=== TEST 16: a folded header is refused by nginx or holds no key
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- raw_request eval
"GET /prod/ HTTP/1.1\r\nHost: localhost\r\nX-Api-Key:\r\n $::Alice\r\nConnection: close\r\n\r\n"
--- error_code_like: ^40[03]$



=== TEST 17: a key in the query counts for nothing where the source is a header
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
"GET /prod/?x-api-key=$::Alice"
--- error_code: 403
--- error_log
no API key was sent



=== TEST 18: where no key is required none is looked at, and nothing is counted
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request eval
[("GET /prod/open") x 6, ("GET /prod/") x 4]
--- more_headers eval
["", "X-Api-Key: $::Unknown", ("X-Api-Key: $::Alice") x 8]
--- error_code eval
[(200) x 9, 429]
--- response_body eval
[("open::\n") x 6, ("73ezx5754o gold\n") x 3, '{"message":"Too Many Requests"}']
--- no_access_log
alice-key



=== TEST 19: required on the server, off on a stage, on on a route
--- http_config eval: $::Keys
--- config
    apigw_api_key_required on;
    apigw_usage_plans gold;
    apigw_stage closed {
        apigw_route "GET /" { return 200 "closed\n"; }
    }
    apigw_stage mixed {
        apigw_api_key_required off;
        apigw_route "GET /" { return 200 "mixed\n"; }
        apigw_route "GET /key" {
            apigw_api_key_required on;
            return 200 "key\n";
        }
    }
--- request eval
["GET /closed/", "GET /mixed/", "GET /mixed/key", "GET /mixed/key", "GET /closed/"]
--- more_headers eval
["", "", "", "X-Api-Key: $::Alice", "X-Api-Key: $::Alice"]
--- error_code eval
[403, 200, 403, 200, 200]



=== TEST 20: nothing is required by default
--- http_config eval: $::Keys
--- config
    apigw_stage prod {
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- request
GET /prod/
--- response_body
in



=== TEST 21: plans of the server hold for a stage, the stage's own replace them
--- http_config eval: $::Keys
--- config
    apigw_usage_plans gold;
    apigw_api_key_required on;
    apigw_stage first {
        apigw_route "GET /" { return 200 "$apigw_usage_plan\n"; }
    }
    apigw_stage second {
        apigw_usage_plans other;
        apigw_route "GET /" { return 200 "$apigw_usage_plan\n"; }
    }
--- request eval
["GET /first/", "GET /first/", "GET /second/", "GET /second/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Carol", "X-Api-Key: $::Alice", "X-Api-Key: $::Carol"]
--- error_code eval
[200, 403, 403, 200]
--- response_body eval
["gold\n", '{"message":"Forbidden"}', '{"message":"Forbidden"}', "other\n"]



=== TEST 22: each request of a connection is judged on its own
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- pipelined_requests eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "", "X-Api-Key: $::Alice"]
--- error_code eval
[200, 403, 200]



=== TEST 23: the upstream does not get the key, but who came
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/up?a=b
--- more_headers eval
"X-Api-Key: $::Alice\nCookie: c=d"
--- response_body
/up?a=b||c=d|73ezx5754o|gold|
--- access_log
[200 GET /prod/up?a=b HTTP/1.1|a=b|-|c=d|73ezx5754o|gold]
--- no_access_log
alice-key



=== TEST 24: nor in the spelling with underscores
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/up
--- more_headers eval
"X_API_KEY: $::Alice"
--- response_body
/up|||73ezx5754o|gold|



=== TEST 25: where no key is required, too
--- http_config eval: $::Keys . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_route "GET /key" { apigw_api_key_required on; return 200 "in\n"; }
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request
GET /prod/up
--- more_headers eval
"X-Api-Key: $::Alice"
--- response_body
/up|||||



=== TEST 26: apigw_forward_api_key on, on a route
--- http_config eval: $::Keys . $::Backend
--- config
    apigw_usage_plans gold;
    apigw_api_key_required on;
    apigw_stage prod {
        apigw_route "GET /off" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /on" {
            apigw_forward_api_key on;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /prod/off", "GET /prod/on"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Alice"]
--- response_body eval
["/off|||73ezx5754o|gold|\n", "/on|$::Alice||73ezx5754o|gold|\n"]



=== TEST 27: apigw_forward_api_key on, on the server, off on a stage
--- http_config eval: $::Keys . $::Backend
--- config
    apigw_usage_plans gold;
    apigw_api_key_required on;
    apigw_forward_api_key on;
    apigw_stage on {
        apigw_route "GET /" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
    apigw_stage off {
        apigw_forward_api_key off;
        apigw_route "GET /" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /on/", "GET /off/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Alice"]
--- response_body eval
["/|$::Alice||73ezx5754o|gold|\n", "/|||73ezx5754o|gold|\n"]



=== TEST 28: another header as the source, which is not forwarded either
--- http_config eval: $::Keys . $::Backend . 'log_format other "<$http_x_client_key>";'
--- config
    access_log logs/access.log other;
    apigw_api_key_source $http_x_client_key;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" {
            proxy_set_header X-Api-Key "<$http_x_client_key>";
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Client-Key: $::Alice", "X-Api-Key: $::Alice",
 "X-Client-Key: $::Alice\nx_client_key: $::Alice"]
--- error_code eval
[200, 403, 403]
--- response_body eval
["/|<>||73ezx5754o|gold|\n", ('{"message":"Forbidden"}') x 2]
--- no_access_log
alice-key



=== TEST 29: the query as the source: no log and no upstream sees the key
--- http_config eval: $::Keys . $::Backend
--- config
    access_log logs/access.log keys;
    apigw_api_key_source $arg_apikey;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- log_level: info
--- request eval
"GET /prod/up?a=b&apikey=$::Alice&c=d"
--- response_body
/up?a=b&apikey=********************&c=d|||73ezx5754o|gold|
--- access_log
[200 GET /prod/up?a=b&apikey=********************&c=d HTTP/1.1|a=b&apikey=********************&c=d|-|-|73ezx5754o|gold]
--- no_access_log
alice-key
--- no_error_log
alice-key
[alert]



=== TEST 30: a refused key in the query is not logged either
--- http_config eval: $::Keys . $::Backend
--- config
    access_log logs/access.log keys;
    apigw_api_key_source $arg_apikey;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- log_level: info
--- request eval
["GET /prod/up?apikey=$::Bob", "GET /prod/up?apikey=$::Carol", "GET /prod/up?apikey=$::Unknown", "GET /prod/up?apikey="]
--- error_code eval
[403, 403, 403, 403]
--- no_access_log
-key-
--- no_error_log
-key-
[alert]



=== TEST 31: the error log of a request with a key in its query
--- http_config eval: $::Keys
--- config
    apigw_api_key_source $arg_apikey;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- log_level: info
--- request eval
"GET /prod/up?apikey=$::Alice"
--- error_code: 504
--- error_log
request: "GET /prod/up?apikey=******************** HTTP/1.1"
--- no_error_log
alice-key
[alert]



=== TEST 32: the whole of a request that repeats its key
--- http_config eval: $::Keys . $::Backend
--- config
    access_log logs/access.log keys;
    apigw_api_key_source $arg_apikey;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
"GET /prod/up?apikey=$::Alice&again=$::Alice"
--- more_headers eval
"X-Api-Key: $::Alice\nCookie: k=$::Alice"
--- response_body
/up?apikey=********************&again=********************|********************|k=********************|73ezx5754o|gold|
--- no_access_log
alice-key



=== TEST 33: a cookie as the source
--- http_config eval: $::Keys . $::Backend
--- config
    access_log logs/access.log keys;
    apigw_api_key_source $cookie_apikey;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /prod/up", "GET /prod/up"]
--- more_headers eval
["Cookie: a=b; apikey=$::Alice; c=d", "X-Api-Key: $::Alice"]
--- error_code eval
[200, 403]
--- response_body eval
["/up||a=b; apikey=********************; c=d|73ezx5754o|gold|\n", '{"message":"Forbidden"}']
--- no_access_log
apikey=alice-key



=== TEST 34: a map as the source, with a fallback
--- http_config eval
$::Keys . $::Backend . 'map $http_x_api_key $my_key { "" $arg_k; default $http_x_api_key; }'
--- config
    access_log logs/access.log keys;
    apigw_api_key_source $my_key;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /up" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /prod/up", "GET /prod/up?k=$::Alice", "GET /prod/up"]
--- more_headers eval
["X-Api-Key: $::Alice", "", ""]
--- error_code eval
[200, 200, 403]
--- response_body eval
["/up|********************||73ezx5754o|gold|\n", "/up?k=********************|||73ezx5754o|gold|\n", '{"message":"Forbidden"}']
--- no_access_log
alice-key



=== TEST 35: a key that the configuration itself gives is not wiped
--- http_config eval
$::Keys . "map \$arg_who \$my_key { alice $::Alice; }"
--- config
    apigw_api_key_source $my_key;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "$apigw_api_key_id\n"; }
    }
--- request eval
["GET /prod/?who=alice", "GET /prod/?who=alice", "GET /prod/?who=bob"]
--- error_code eval
[200, 200, 403]



=== TEST 36: a key over the limit is in no log
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- log_level: info
--- request eval
[("GET /prod/up") x 4]
--- more_headers eval
[("X-Api-Key: $::Alice") x 4]
--- error_code eval
[200, 200, 200, 429]
--- no_access_log
alice-key
--- no_error_log
alice-key
[alert]



=== TEST 37: ids by hand, and one that is derived
--- http_config eval
$::Plans . "apigw_api_key a key=$::Alice plan=gold id=The-1st_Client.x;
apigw_api_key b key=$::Bob plan=gold;"
--- config eval: $::FileStage
--- request eval
["GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob"]
--- response_body eval
["The-1st_Client.x\n", "ewk66opxh2\n"]



=== TEST 38: rotation: two keys of one id share the bucket, a third one does not
--- http_config eval
$::Plans . "apigw_api_key old key=$::Alice plan=gold id=client-1;
apigw_api_key new key=$::Carol plan=gold id=client-1;
apigw_api_key b   key=$::Bob plan=gold id=client-2;"
--- config eval: $::FileStage
--- request eval
[("GET /prod/") x 6]
--- more_headers eval
[("X-Api-Key: $::Alice") x 2, ("X-Api-Key: $::Carol") x 2, "X-Api-Key: $::Alice", "X-Api-Key: $::Bob"]
--- error_code eval
[200, 200, 200, 429, 429, 200]



=== TEST 39: of one id, one key may be disabled
--- http_config eval
$::Plans . "apigw_api_key old key=$::Alice plan=gold id=client-1 enabled=off;
apigw_api_key new key=$::Carol plan=gold id=client-1;"
--- config eval: $::FileStage
--- request eval
["GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Carol"]
--- error_code eval
[403, 200]



=== TEST 40: keys of one plan have a bucket each
--- http_config eval
$::Plans . "apigw_api_key a key=$::Alice plan=gold;
apigw_api_key c key=$::Carol plan=gold;"
--- config eval: $::FileStage
--- request eval
[("GET /prod/") x 6]
--- more_headers eval
[("X-Api-Key: $::Alice") x 4, ("X-Api-Key: $::Carol") x 2]
--- error_code eval
[200, 200, 200, 429, 200, 200]



=== TEST 41: a key in two plans uses the one that opens the stage, each with its own bucket
--- http_config eval
$::Plans . "apigw_api_key a key=$::Alice plan=other,gold;"
--- config
    apigw_api_key_required on;
    apigw_stage first {
        apigw_usage_plans gold;
        apigw_route "GET /" { return 200 "$apigw_usage_plan\n"; }
    }
    apigw_stage second {
        apigw_usage_plans other;
        apigw_route "GET /" { return 200 "$apigw_usage_plan\n"; }
    }
--- request eval
[("GET /first/") x 4, "GET /second/"]
--- more_headers eval
[("X-Api-Key: $::Alice") x 5]
--- error_code eval
[200, 200, 200, 429, 200]
--- response_body eval
[("gold\n") x 3, '{"message":"Too Many Requests"}', "other\n"]



=== TEST 42: one plan on two stages is one bucket
--- http_config eval: $::Keys
--- config
    apigw_usage_plans gold;
    apigw_api_key_required on;
    apigw_stage first { apigw_route "GET /" { return 200 "1\n"; } }
    apigw_stage second { apigw_route "GET /" { return 200 "2\n"; } }
--- request eval
["GET /first/", "GET /second/", "GET /first/", "GET /second/"]
--- more_headers eval
[("X-Api-Key: $::Alice") x 4]
--- error_code eval
[200, 200, 200, 429]



=== TEST 43: a digest instead of the key
--- http_config eval
$::Plans . "apigw_api_key a key=sha256:7bafaa96aa2351e6b7fbc258246b08ee66ade6196c76850108303b1dd6d6eb62 plan=gold id=digest-lower;
apigw_api_key b key=sha256:C0BDB3FD72B63CC67EC9674BB27D6B7BD3AD3C45C6E177B05BBCFFF7BA1F82A5 plan=gold id=digest-upper;
apigw_api_key c key=sha256:608cb2eee303f66414ccfc7b34d1201dfde05792ca72ee12a8d00930571696c2 plan=gold enabled=off;"
--- config eval: $::FileStage
--- request eval
[("GET /prod/") x 4]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob", "X-Api-Key: $::Carol",
 "X-Api-Key: sha256:7bafaa96aa2351e6b7fbc258246b08ee66ade6196c76850108303b1dd6d6eb62"]
--- error_code eval
[200, 200, 403, 403]
--- response_body eval
["digest-lower\n", "digest-upper\n", ('{"message":"Forbidden"}') x 2]



=== TEST 44: the id of a digest is derived from what stands in the configuration
--- http_config eval
$::Plans . "apigw_api_key a key=sha256:a95731a24f4bb2be190f9b55b38623029ba440e07113a8fad8acb87994769890 plan=gold;"
--- config eval: $::FileStage
--- request
GET /prod/
--- more_headers
X-Api-Key: hash-key-0123456789
--- response_body
wukunssao6



=== TEST 45: the longest and the shortest key
--- http_config eval
$::Plans . "apigw_api_key a key=" . "a" x 20 . " plan=gold;
apigw_api_key b key=" . "b" x 128 . " plan=gold;"
--- config eval: $::FileStage
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: " . "a" x 20, "X-Api-Key: " . "b" x 128, "X-Api-Key: " . "b" x 129]
--- error_code eval
[200, 200, 403]
--- response_body eval
["xikn6adkv3\n", "qffbfse3bs\n", '{"message":"Forbidden"}']



=== TEST 46: with a pepper: keys in clear work, a plain digest does not, its HMAC does
--- http_config eval
$::Plans . 'apigw_key_hmac_file $TEST_NGINX_SERVER_ROOT/html/pepper;' . "
apigw_api_key a key=$::Alice plan=gold id=clear;
apigw_api_key b key=sha256:c0bdb3fd72b63cc67ec9674bb27d6b7bd3ad3c45c6e177b05bbcfff7ba1f82a5 plan=gold id=plain;
apigw_api_key c key=sha256:6ed0e9d3fa1d6e3fedc77e7ad12b3bfe30b5aa95e1a27a61b8bc810076d17a96 plan=gold id=keyed;"
--- config eval: $::FileStage
--- user_files
>>> pepper
pepper-0123456789ab
what follows the first line is not read
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob", "X-Api-Key: hash-key-0123456789"]
--- error_code eval
[200, 403, 200]
--- response_body eval
["clear\n", '{"message":"Forbidden"}', "keyed\n"]



=== TEST 47: with a pepper derived ids are what they are without
--- http_config eval
$::Plans . 'apigw_key_hmac_file $TEST_NGINX_SERVER_ROOT/html/pepper;' . "
apigw_api_key a key=$::Alice plan=gold;"
--- config eval: $::FileStage
--- user_files eval
[["pepper", "pepper-0123456789ab\r\n"]]
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Alice"
--- response_body
73ezx5754o



=== TEST 48: a file of keys as AWS has it
--- http_config eval: $::Plans . $::Csv
--- config eval: $::FileStage
--- user_files
>>> keys.csv
Name,key,description,Enabled,usageplanIds
First,alice-key-0123456789,An imported key,TRUE,"gold"
Second,bob-key-01234567890123,,false,gold
Third,carol-key-0123456789-0123,"a, b ""c""",,'gold,other'
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob", "X-Api-Key: $::Carol"]
--- error_code eval
[200, 403, 200]
--- response_body eval
["73ezx5754o\n", '{"message":"Forbidden"}', "hsoor7l4gq\n"]



=== TEST 49: columns in any order and case, unknown ones, an id
--- http_config eval: $::Plans . $::Csv
--- config eval: $::FileStage
--- user_files
>>> keys.csv
USAGEPLANIDS,tags,ID,enabled,KEY,name
gold,x,first,True,alice-key-0123456789,
gold,y,second,FALSE,bob-key-01234567890123,b
gold,,,,carol-key-0123456789-0123,c
--- request eval
["GET /prod/", "GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob", "X-Api-Key: $::Carol"]
--- error_code eval
[200, 403, 200]
--- response_body eval
["first\n", '{"message":"Forbidden"}', "hsoor7l4gq\n"]



=== TEST 50: only the required columns: enabled, but in no plan
--- http_config eval: $::Plans . $::Csv . "apigw_api_key b key=$::Bob plan=gold;"
--- config eval: $::FileStage
--- user_files
>>> keys.csv
Name,Key
First,alice-key-0123456789
--- request eval
["GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob"]
--- error_code eval
[403, 200]



=== TEST 51: a byte order mark, CRLF, empty lines, blanks, no end of line at the end
--- http_config eval: $::Plans . $::Csv
--- config eval: $::FileStage
--- user_files eval
[["keys.csv", "\xef\xbb\xbfName,Key,UsagePlanIds\r\n\r\n \r\na , $::Alice , gold \r\n\r\nb,\"$::Carol\",'gold , other'"]]
--- request eval
["GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Carol"]
--- error_code eval
[200, 200]



=== TEST 52: fields over several lines
--- http_config eval: $::Plans . $::Csv
--- config eval: $::FileStage
--- user_files
>>> keys.csv
Name,Description,Key,UsagePlanIds
a,"two
lines, one key",alice-key-0123456789,gold
b,'it''s',carol-key-0123456789-0123,gold
--- request eval
["GET /prod/", "GET /prod/"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Carol"]
--- error_code eval
[200, 200]



=== TEST 53: a file without keys
--- http_config eval: $::Plans . $::Csv
--- config eval: $::FileStage
--- user_files
>>> keys.csv
Name,key,UsagePlanIds
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Alice"
--- error_code: 403



=== TEST 54: a stage that requires keys where there are none at all
--- http_config eval: $::Plans
--- config eval: $::FileStage
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Alice"
--- error_code: 403
--- error_log
the API key is unknown



=== TEST 55: several files and keys in the configuration, digests in a file, one id over files
--- http_config eval
$::Plans . $::Csv . 'apigw_api_keys ../html/more.csv;' . "apigw_api_key c key=$::Carol plan=gold id=one;"
--- config eval: $::FileStage
--- user_files
>>> keys.csv
Name,key,UsagePlanIds,id
a,alice-key-0123456789,gold,one
>>> more.csv
key,Name,UsagePlanIds,Id
sha256:c0bdb3fd72b63cc67ec9674bb27d6b7bd3ad3c45c6e177b05bbcfff7ba1f82a5,b,gold,two
--- request eval
[("GET /prod/") x 5]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Bob", "X-Api-Key: $::Carol", "X-Api-Key: $::Carol", "X-Api-Key: $::Alice"]
--- error_code eval
[200, 200, 200, 200, 429]
--- response_body eval
["one\n", "two\n", "one\n", "one\n", '{"message":"Too Many Requests"}']



=== TEST 56: ten plans are not too many
--- http_config eval
CORE::join('', map { "apigw_usage_plan p$_ { throttle 1r/m burst=$_; }\n" } 1 .. 10)
. "apigw_api_key a key=$::Alice plan=p10,p9,p8,p7,p6,p5,p4,p3,p2,p1;"
--- config
    apigw_api_key_required on;
    apigw_stage one { apigw_usage_plans p1; apigw_route "GET /" { return 200 "$apigw_usage_plan\n"; } }
    apigw_stage seven { apigw_usage_plans p7; apigw_route "GET /" { return 200 "$apigw_usage_plan\n"; } }
--- request eval
["GET /one/", "GET /one/", "GET /seven/"]
--- more_headers eval
[("X-Api-Key: $::Alice") x 3]
--- error_code eval
[200, 429, 200]
--- response_body eval
["p1\n", '{"message":"Too Many Requests"}', "p7\n"]
--- response_headers_like eval
['RateLimit-Policy: "plan";q=1;w=60', 'RateLimit: "plan";r=0;t=60', 'RateLimit-Policy: "plan";q=7;w=420']



=== TEST 57: a HEAD request and its key
--- http_config eval: $::Keys
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "ANY /" { return 200 "in\n"; }
    }
--- request eval
["HEAD /prod/", "HEAD /prod/"]
--- more_headers eval
["", "X-Api-Key: $::Alice"]
--- error_code eval
[403, 200]



=== TEST 58: a route whose answer is a file is protected as well
--- http_config eval: $::Keys
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /{proxy+}" { root html; }
    }
--- user_files
>>> file.txt
text
--- request eval
["GET /prod/file.txt", "GET /prod/file.txt"]
--- more_headers eval
["", "X-Api-Key: $::Alice"]
--- error_code eval
[403, 200]
--- response_body eval
['{"message":"Forbidden"}', "text\n"]



=== TEST 59: the variables return the same bytes each time
--- http_config eval: $::Keys . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" {
            set $early "$apigw_api_key_id/$apigw_usage_plan";
            add_header X-Late "$apigw_api_key_id/$apigw_usage_plan/$apigw_api_key_id" always;
            return 200 "$early $apigw_api_key_id $apigw_api_key_id\n";
        }
    }
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Alice"
--- response_body
73ezx5754o/gold 73ezx5754o 73ezx5754o
--- response_headers
X-Late: 73ezx5754o/gold/73ezx5754o



=== TEST 60: a refused request has neither id nor plan
--- http_config eval: $::Keys . $::Backend
--- config eval: $::Stage
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Carol"
--- error_code: 403
--- access_log
[403 GET /prod/ HTTP/1.1|-|-|-|-|-]



=== TEST 61: apigw_response for INVALID_API_KEY
--- http_config eval: $::Keys
--- config
    apigw_response INVALID_API_KEY status=401 body=who-are-you;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- request
GET /prod/
--- error_code: 401
--- response_body_like: ^who-are-you$



=== TEST 62: whom nginx refuses first: no log has the key
--- http_config eval: $::Keys
--- config
    access_log logs/access.log keys;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { deny all; }
    }
--- request eval
["GET /prod/", "GET /prod/none"]
--- more_headers eval
["X-Api-Key: $::Alice", "X-Api-Key: $::Alice"]
--- error_code eval
[403, 403]
--- no_access_log
alice-key



=== TEST 63: where no key is required a key in the query is not logged
--- http_config eval: $::Keys
--- config
    access_log logs/access.log keys;
    apigw_api_key_source $arg_apikey;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_route "GET /key" { apigw_api_key_required on; return 200 "in\n"; }
        apigw_route "GET /open" { return 200 "open\n"; }
    }
--- request eval
["GET /prod/open?apikey=$::Alice", "GET /prod/none?apikey=$::Alice"]
--- error_code eval
[200, 403]
--- no_access_log
alice-key



=== TEST 64: a forwarded key is not logged either
--- http_config eval: $::Keys . $::Backend
--- config
    access_log logs/access.log keys;
    apigw_forward_api_key on;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request
GET /prod/
--- more_headers eval
"X-Api-Key: $::Alice"
--- response_body eval
"/|$::Alice||73ezx5754o|gold|\n"
--- access_log
[200 GET /prod/ HTTP/1.1|-|********************|-|73ezx5754o|gold]
--- no_access_log
alice-key



=== TEST 65: subrequests need no key of their own and cost nothing
--- http_config eval: $::Keys . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /page.html" { ssi on; root html; }
        apigw_route "GET /part" { return 200 "[part]"; }
    }
--- user_files
>>> page.html
<!--# include virtual="/prod/part" -->|<!--# include virtual="/prod/part" -->
--- request eval
[("GET /prod/page.html") x 4]
--- more_headers eval
["X-Api-Key: $::Alice\nA: b", ("X-Api-Key: $::Alice") x 3]
--- error_code eval
[200, 200, 200, 429]
--- response_body eval
[("[part]|[part]\n") x 3, '{"message":"Too Many Requests"}']



=== TEST 66: plans of the server are no error in a stage that requires no key
--- http_config eval: $::Keys
--- config
    apigw_usage_plans gold;
    apigw_stage prod {
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
    apigw_stage free {
        apigw_route "GET /" { return 200 "free\n"; }
    }
--- request eval
["GET /prod/", "GET /free/"]
--- error_code eval
[403, 200]
