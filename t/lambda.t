# Lambda integrations: calls as the Invoke API gets them, events, and what
# becomes of answers.  A server of nginx plays the Invoke API: it logs a call,
# and has another server answer by the name of the function.  Configurations
# are in lambda_conf.t.

use Test::Nginx::Socket 'no_plan';

use File::Temp;

my $dir = File::Temp->newdir;

system("openssl req -x509 -newkey rsa:2048 -nodes -keyout $dir/key.pem "
    . "-out $dir/cert.pem -days 2 -subj /CN=lambda.test "
    . "-addext subjectAltName=DNS:lambda.test 2>/dev/null") == 0
    or die "openssl failed\n";

our $Dir = "$dir";

$ENV{AWS_ACCESS_KEY_ID} = 'AKIDEXAMPLE';
$ENV{AWS_SECRET_ACCESS_KEY} = 'wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY';
delete $ENV{AWS_SESSION_TOKEN};

our $Api = <<'_EOC_';
    log_format call escape=none '$request|$http_host|$content_type|$http_authorization|$request_body';
    log_format gateway '[$request_method|$status|$upstream_status|$upstream_response_length|$apigw_error_type|$apigw_integration_latency]';
    map $request_body $event_body { '~"body":"(?<b>[^"]{0,100})","isBase64Encoded":(?<f>\w+)\}$' '$b $f'; default none; }
    client_max_body_size 20m;
    client_body_buffer_size 1m;
    upstream lambda { server 127.0.0.1:$TEST_NGINX_RAND_PORT_1; keepalive 2; }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        access_log logs/access.log call;
        location / {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Length $content_length;
            proxy_set_header X-Requests $connection_requests;
            proxy_set_header X-Body $event_body;
        }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2;
        access_log off;
        default_type application/json;
        location ~ [/:]ok/ { return 200 '{"statusCode":200,"body":"ok"}'; }
        location ~ /functions/body/ { return 200 '{"statusCode":200,"body":"$http_x_body"}'; }
        location ~ /functions/length/ { return 200 '{"statusCode":200,"body":"$http_x_length"}'; }
        location ~ /functions/requests/ { return 200 '{"statusCode":200,"body":"$http_x_requests"}'; }
        location ~ /functions/headers/ {
            return 200 '{"statusCode":302,"headers":{"Content-Type":"Text/Plain; charset=UTF-8","Location":"/x","X-Accel-Redirect":"/secret","X-Accel-Expires":"7","X-A":"1","ETag":"\u0022q\u0022","Server":"mine","Date":"never","Connection":"close","Transfer-Encoding":"chunked","Content-Length":"7","x-amzn-RequestId":"theirs","x-amz-apigw-id":"theirs","apigw-requestid":"theirs","X-Amzn-Trace-Id":"theirs"},"body":"moved"}';
        }
        location ~ /functions/many/ { return 200 '{"statusCode":"201","multiValueHeaders":{"X-M":["a","b"]},"headers":{"X-S":"c"},"body":"many"}'; }
        location ~ /functions/cookies/ { return 200 '{"statusCode":200,"cookies":["a=1","b=2"],"body":"two"}'; }
        location ~ /functions/base64/ { return 200 '{"statusCode":200,"headers":{"Content-Type":"image/png"},"isBase64Encoded":true,"body":"AAEC"}'; }
        location ~ /functions/204/ { return 200 '{"statusCode":204,"body":"none"}'; }
        location ~ /functions/304/ { return 200 '{"statusCode":304,"body":"none"}'; }
        location ~ /functions/205/ { return 200 '{"statusCode":205,"body":"none"}'; }
        location ~ /functions/503/ { return 200 '{"statusCode":503,"body":"mine"}'; }
        location ~ /functions/plain/ { return 200 '{"a":[1,2]}'; }
        location ~ /functions/string/ { return 200 '"a\u0041"'; }
        location ~ /functions/empty/ { return 200 '{}'; }
        location ~ /functions/array/ { return 200 '[1]'; }
        location ~ /functions/99/ { return 200 '{"statusCode":99}'; }
        location ~ /functions/failed/ {
            add_header X-Amz-Function-Error Unhandled;
            return 200 '{"errorType":"Sad\u0022Error","errorMessage":"line\u000aone"}';
        }
        location ~ /functions/forbidden/ { return 403 '{"Message":"not allowed\u000asecret-token"}'; }
        location ~ /functions/missing/ { return 404 '{"Message":"Function not found"}'; }
        location ~ /functions/large/ { return 413 '{"message":"too large"}'; }
        location ~ /functions/cached/ { return 200 '{"statusCode":200,"headers":{"Cache-Control":"no-store","Expires":"0","ETag":"\u0022q\u0022","Last-Modified":"Thu, 01 Jan 1970 00:00:10 GMT"},"body":"ok"}'; }
        location ~ /functions/encoded/ { return 200 '{"statusCode":200,"headers":{"content-type":"text/plain;charset=utf-8","Content-Encoding":"br"},"body":"abc"}'; }
        location ~ /functions/busy/ { return 429; }
        location ~ /functions/broken/ { return 500; }
    }
_EOC_

add_block_preprocessor(sub {
    my ($block) = @_;
    my $http = $block->http_config // '';

    if (!defined $block->must_die && $http !~ /RAND_PORT/) {
        $block->set_value(http_config => $::Api . $http);
    }
    if (!defined $block->no_error_log) {
        $block->set_value(no_error_log => "[alert]\n[crit]");
    }
});

# a route for each function

sub routes {
    my ($more, @names) = @_;
    return CORE::join '', map {
        "apigw_route \"ANY /$_\" { apigw_lambda http://lambda function=$_; "
        . "$more }\n"
    } @names;
}

our @Outcomes = qw(array 99 failed forbidden missing large busy broken);

no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a call
--- config
    apigw_api_type http;
    apigw_stage s {
        apigw_route "GET /x" { apigw_lambda http://lambda function=ok; }
        apigw_route "POST /x" {
            apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/base/ function=arn:aws:lambda:eu-central-1:123456789012:function:ok qualifier=$LATEST;
        }
    }
--- pipelined_requests eval
["GET /s/x?a=b", "POST /s/x\nbody"]
--- response_body eval
["ok", "ok"]
--- access_log eval
["POST /2015-03-31/functions/ok/invocations HTTP/1.1|lambda|application/json||{\"version\":\"2.0\",\"routeKey\":\"GET /x\",",
qr{POST /base/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Aok/invocations\?Qualifier=%24LATEST HTTP/1\.1\|127\.0\.0\.1:\d+\|}]



=== TEST 2: an event, HTTP API
--- http_config
    apigw_aws account=123456789012 region=eu-central-1;
--- config
    apigw_api pets;
    apigw_api_type http;
    apigw_stage s {
        apigw_stage_variable color blue;
        apigw_route "POST /x/{id}" { apigw_lambda http://lambda function=ok; }
    }
--- raw_request eval
"POST /s/x/a%2Bb?q=1&q=2 HTTP/1.1\r\nHost: Api.Example.com:8080\r\nX-Two: a\r\nCookie: c=1; d=2\r\nX-Two: b\r\nX-Apigw-Principal: me\r\nTE: trailers\r\nX-Forwarded-For: 192.0.2.1\r\nX-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1\r\nContent-Type: application/json\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{\"a\":\"\\n\"}"
--- response_body: ok
--- access_log eval
['"rawPath":"/s/x/a+b"', '"rawQueryString":"q=1&q=2"', '"queryStringParameters":{"q":"1,2"}', '"cookies":["c=1","d=2"]', '"x-two":"a,b"',
'"x-forwarded-for":"192.0.2.1, 127.0.0.1"', '"x-forwarded-proto":"http"', '"x-amzn-trace-id":"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"',
'"accountId":"123456789012","apiId":"pets","domainName":"api.example.com","domainPrefix":"api"',
'"http":{"method":"POST","path":"/s/x/a+b","protocol":"HTTP/1.1","sourceIp":"127.0.0.1"', '"routeKey":"POST /x/{id}","stage":"s"',
'"stageVariables":{"color":"blue"}', '"body":"{\"a\":\"\\\\n\"}"', '"isBase64Encoded":false']
--- no_access_log eval
[qr/"version".*(?i:x-apigw)/, qr/"te":/, '"connection":']



=== TEST 3: an event, REST API
--- config
    apigw_stage s {
        apigw_route "PUT /x/{id}" { apigw_lambda http://lambda function=ok; }
    }
--- raw_request eval
"PUT /s/x/7?q=1&q=2 HTTP/1.1\r\nHost: localhost\r\nX-Two: a\r\nx-two: b\r\nuser-agent: me\r\nauthorization: Basic YTpi\r\nX-Apigw-Principal: me\r\nX_Forwarded_Port: 1\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\xc3\xa4\"\n"
--- response_body: ok
--- raw_response_headers_like: X-Amzn-Trace-Id: Root=1-[0-9a-f]{8}-[0-9a-f]{24}\r\n
--- access_log eval
['{"resource":"/x/{id}","path":"/x/7","httpMethod":"PUT","headers":{"Host":"localhost"', '"User-Agent":"me"', '"Authorization":"Basic YTpi"',
qr/"multiValueHeaders":\{.*"X-Two":\["a"(?:,"b")?\]/, '"queryStringParameters":{"q":"2"},"multiValueQueryStringParameters":{"q":["1","2"]}',
'"pathParameters":{"id":"7"},"stageVariables":null', '"path":"/s/x/7"', '"X-Forwarded-For":"127.0.0.1"',
"\"body\":\"\xc3\xa4\\\"\\n\",\"isBase64Encoded\":false", qr/"X-Amzn-Trace-Id":"Root=1-[0-9a-f]{8}-[0-9a-f]{24}"/]
--- no_access_log eval
[qr/"resource".*(?i:x-apigw)/, 'apiKey', 'X_Forwarded_Port', '"authorizer"', '"Content-Length"']



=== TEST 4: payload 1.0
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=ok payload=1.0; } }
--- request
GET /s/x
--- response_body: ok
--- access_log
{"version":"1.0","resource":"/x","path":
"body":null,"isBase64Encoded":false}



=== TEST 5: bodies of an HTTP API: text by its type, else base64
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "POST /x" { apigw_lambda http://lambda function=body; } }
--- request eval
[map { "POST /s/x\n$_" } 'text', 'form', "\xff\xfe\xfd", '']
--- more_headers eval
["Content-Type: Text/Plain; charset=utf-8", "Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain", "Content-Type: text/plain"]
--- response_body eval
["text false", "Zm9ybQ== true", "//79 true", "none"]



=== TEST 6: bodies of a REST API: base64 by apigw_binary_media_types
--- config
    apigw_binary_media_types image/* application/octet-stream;
    apigw_stage s { apigw_route "POST /x" { apigw_lambda http://lambda function=body; } }
    apigw_stage t { apigw_binary_media_types off; apigw_route "POST /x" { apigw_lambda http://lambda function=body; } }
--- request eval
["POST /s/x\none", "POST /s/x\ntwo", "POST /t/x\nsix", "POST /s/x\n\xff"]
--- more_headers eval
["Content-Type: image/png", "Content-Type: text/plain", "Content-Type: image/png", "Content-Type: text/plain"]
--- response_body eval
["b25l true", "two false", "six false", "/w== true"]



=== TEST 7: a body in a file
--- config
    client_body_buffer_size 1k;
    apigw_api_type http;
    apigw_stage s { apigw_route "POST /x" { apigw_lambda http://lambda function=length; } }
--- request eval
["POST /s/x\n" . ("a" x 200_000), "POST /s/x\n" . ("\"" x 200_000), "POST /s/x\n" . ("\xff" x 200_000)]
--- more_headers
Content-Type: text/plain
--- response_body_like eval
['^200[5-9]\d\d$', '^400[5-9]\d\d$', '^267[2-6]\d\d$']



=== TEST 8: an event that is too large
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "POST /x" { apigw_lambda http://lambda function=length; } }
    apigw_response REQUEST_TOO_LARGE 'body={"large":1}';
--- request eval
["POST /s/x\n" . ("a" x 6_291_400), "POST /s/x\n" . ("a" x 4_720_000)]
--- more_headers eval
["Content-Type: text/plain", "Content-Type: image/png"]
--- error_code eval
[413, 413]
--- response_body eval
['{"large":1}', '{"large":1}']
--- error_log
client sent a request whose event has
--- log_level: info



=== TEST 9: headers of an answer, HTTP API
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=headers; } }
--- request
GET /s/x
--- error_code: 302
--- response_body: moved
--- response_headers
Content-Type: Text/Plain; charset=UTF-8
Content-Length: 5
Location: /x
X-Accel-Redirect: /secret
X-Accel-Expires: 7
X-A: 1
ETag: "q"
! Transfer-Encoding
! x-amz-apigw-id
--- raw_response_headers_unlike: never|mine|: close.*: close|apigw-requestid: theirs



=== TEST 10: headers of an answer, REST API
--- config
    apigw_stage s {
        apigw_route "GET /x" { apigw_lambda http://lambda function=headers; }
        apigw_route "GET /y" { apigw_lambda http://lambda function=many; }
    }
--- request eval
["GET /s/x", "GET /s/y"]
--- error_code eval
[302, 201]
--- response_body eval
["moved", "many"]
--- response_headers eval
["Content-Type: Text/Plain; charset=UTF-8\nLocation: /x\nx-amzn-Remapped-Server: mine\nx-amzn-Remapped-Date: never\nx-amzn-Remapped-Connection: close\nx-amzn-Remapped-Content-Length: 7\nx-amzn-Remapped-x-amzn-RequestId: theirs\nContent-Length: 5\n! Transfer-Encoding",
"Content-Type: application/json\nX-S: c"]
--- raw_response_headers_unlike eval
["x-amz-apigw-id: theirs|apigw-requestid|Trace-Id: theirs", "nothing"]
--- raw_response_headers_like eval
["X-Amzn-Trace-Id: Root=1-", "X-M: a\r\n(?:.*\r\n)?X-M: b\r\n"]



=== TEST 11: cookies, and answers that are no objects with a status
--- config eval
"apigw_api_type http; apigw_stage s { " . ::routes('', qw(cookies plain string)) . " }"
--- request eval
["GET /s/cookies", "GET /s/plain", "GET /s/string"]
--- response_body eval
["two", '{"a":[1,2]}', 'aA']
--- response_headers eval
["Content-Length: 3", "Content-Type: application/json", "Content-Type: application/json"]
--- raw_response_headers_like eval
["(?i)set-cookie: a=1\r\nset-cookie: b=2\r\n", "200", "200"]



=== TEST 12: base64, of an HTTP API and by Accept
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=base64; } }
--- request
GET /s/x
--- response_body eval: "\0\1\2"
--- response_headers
Content-Type: image/png
Content-Length: 3



=== TEST 13: base64, REST API
--- config
    apigw_binary_media_types image/*;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=base64; } }
--- request eval
[("GET /s/x") x 4]
--- more_headers eval
["Accept: image/webp, text/html", "Accept: text/html, image/webp", "X-A: b", "Accept: image/*;q=1"]
--- response_body eval
["\0\1\2", "AAEC", "AAEC", "\0\1\2"]



=== TEST 14: no body
--- config eval
"apigw_api_type http; apigw_stage s { " . ::routes('', qw(204 304 205 ok)) . " }"
--- pipelined_requests eval
["GET /s/204", "GET /s/304", "GET /s/205", "GET /s/ok"]
--- error_code eval
[204, 304, 205, 200]
--- response_body eval
["", "", "", "ok"]



=== TEST 15: HEAD
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "ANY /x" { apigw_lambda http://lambda function=ok; } apigw_route "ANY /y" { apigw_lambda http://lambda function=failed; } }
--- pipelined_requests eval
["HEAD /s/x", "HEAD /s/y", "GET /s/x"]
--- error_code eval
[200, 500, 200]
--- response_body eval
["", "", "ok"]
--- response_headers eval
["Content-Length: 2", "Content-Type: application/json", "Content-Length: 2"]
--- access_log
"http":{"method":"HEAD",



=== TEST 16: outcomes, REST API
--- config eval
"access_log logs/access.log gateway; apigw_stage s { " . ::routes('', @::Outcomes) . " }"
--- pipelined_requests eval
[map { "GET /s/$_" } @::Outcomes]
--- error_code eval
[502, 502, 502, 500, 500, 413, 500, 500]
--- response_body_like eval
[('^{"message":"Internal server error"}$') x 5, '^{"message":"HTTP content length exceeded 6291456 bytes"}$', ('^{"message":"Internal server error"}$') x 2]
--- response_headers eval
[("x-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n! X-Amzn-Trace-Id") x 5, "Content-Type: application/json", ("x-amzn-ErrorType: InternalServerErrorException") x 2]
--- access_log eval
['[GET|502|200|', '[GET|500|403|', '|API_CONFIGURATION_ERROR|', '[GET|413|413|', '[GET|500|429|', '[GET|500|500|']
--- no_error_log
[alert]
secret-token



=== TEST 17: outcomes, HTTP API
--- config eval
"apigw_api_type http; apigw_stage s { " . ::routes('', @::Outcomes) . " }"
--- request eval
[map { "GET /s/$_" } map { $_ eq 'array' ? 'ok' : $_ } @::Outcomes[1 .. 7]]
--- error_code eval
[500, 500, 500, 500, 413, 500, 500]
--- response_body_like eval
[('^{"message":"Internal Server Error"}$') x 4, 'message', ('^{"message":"Internal Server Error"}$') x 2]



=== TEST 18: payload 1.0 needs a status
--- config
    apigw_api_type http;
    apigw_stage s {
        apigw_route "GET /x" { apigw_lambda http://lambda function=empty payload=1.0; }
        apigw_route "GET /y" { apigw_lambda http://lambda function=empty; }
    }
    apigw_stage t { apigw_route "GET /y" { apigw_lambda http://lambda function=array payload=1.0; } }
--- request eval
["GET /s/x", "GET /s/y", "GET /t/y"]
--- error_code eval
[500, 200, 500]
--- response_body_like eval
["Internal Server Error", "^{}\$", "Internal Server Error"]



=== TEST 19: what the log has of a function that failed
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=failed; } }
--- request
GET /s/x
--- error_code: 502
--- error_log
[error]
the function "failed" failed: "Unhandled", type "Sad\"Error", message "line\u000aone"



=== TEST 20: what the log has of a refused call
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=forbidden; } }
--- request
GET /s/x
--- error_code: 500
--- error_log
the function "forbidden" could not be invoked: status 403, message "not allowed"
--- no_error_log
[alert]
secret-token



=== TEST 21: a status of a function is its own
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=503; error_page 503 /none; } }
--- request
GET /s/x
--- error_code: 503
--- response_body: mine



=== TEST 22: nobody listens
--- http_config eval
$::Api . 'upstream nobody { server 127.0.0.1:1; }'
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://nobody function=ok; } }
--- request
GET /s/x
--- error_code: 504
--- response_body: {"message":"Network error communicating with endpoint"}
--- error_log
connect() failed



=== TEST 23: another upstream, as nothing was sent
--- http_config eval
$::Api . 'upstream two { server 127.0.0.1:1; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }'
--- config
    apigw_api_type http;
    apigw_stage s {
        apigw_lambda_next_upstream_tries 0;
        apigw_route "GET /a" { apigw_lambda http://two function=ok; }
        apigw_route "GET /b" { apigw_lambda http://two function=ok; apigw_lambda_next_upstream off; }
        apigw_route "GET /c" { apigw_lambda http://two function=ok; apigw_lambda_next_upstream_tries 1; }
    }
--- request eval
["GET /s/c", "GET /s/a", "GET /s/a"]
--- error_code eval
[500, 200, 200]



=== TEST 24: connections are kept, those of clients and those of functions
--- config eval
"apigw_stage s { " . ::routes('', qw(requests failed forbidden array)) . " }"
--- pipelined_requests eval
["GET /s/requests", "POST /s/requests\nbody", "GET /s/failed", "GET /s/forbidden", "GET /s/array", "HEAD /s/requests", "GET /s/requests"]
--- error_code eval
[200, 200, 502, 500, 502, 200, 200]
--- response_body_like eval
['^1$', '^2$', 'Internal', 'Internal', 'Internal', '^$', '^7$']



=== TEST 25: timeout
--- http_config eval
$::Api . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; proxy_limit_rate 1; limit_rate 1; limit_rate_after 1; } }'
--- config
    access_log logs/access.log gateway;
    apigw_stage s { apigw_route "HEAD /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_3 function=ok timeout=100ms; }
                    apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_3 function=ok timeout=100ms; } }
--- pipelined_requests eval
["HEAD /s/x", "GET /s/x"]
--- error_code eval
[504, 504]
--- response_body eval
["", '{"message":"Endpoint request timed out"}']
--- access_log eval
[qr/\[HEAD\|504\|504\|0\|INTEGRATION_TIMEOUT\|1\d\d\]/, qr/\[GET\|504\|504\|0\|INTEGRATION_TIMEOUT\|1\d\d\]/]



=== TEST 26: timeout, HTTP API
--- http_config eval
$::Api . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; limit_rate 1; } }'
--- config
    apigw_api_type http;
    apigw_lambda_connect_timeout 10s;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_3 function=ok timeout=100ms; } }
--- request
GET /s/x
--- error_code: 503
--- response_body: {"message":"Service Unavailable"}
--- error_log
upstream timed out



=== TEST 27: signed, by the environment
--- http_config eval
$::Api . 'apigw_aws region=eu-west-1 credentials=env;'
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=ok sign; } apigw_route "GET /y" { apigw_lambda http://lambda function=ok; } }
--- request
GET /s/x
--- response_body: ok
--- access_log eval
qr{\|AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-west-1/lambda/aws4_request, ?SignedHeaders=content-type;host;x-amz-date, ?Signature=[0-9a-f]{64}\|}
--- no_error_log
[alert]
wJalr
AKIDEXAMPLE
--- log_level: info



=== TEST 28: signed, by a file, with a session
--- http_config eval
$::Api . 'apigw_aws credentials=$TEST_NGINX_HTML_DIR/c profile=p;'
--- user_files
>>> c
[default]
aws_access_key_id = AKIDOTHER
aws_secret_access_key = wJalrXUtnFEMIother0123456789abcdefghijklm
[p]
aws_access_key_id = AKIDPROFILE
aws_secret_access_key = wJalrXUtnFEMIprof00123456789abcdefghijklm
aws_session_token = sessionsessionsession
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=ok sign; } }
--- request
GET /s/x
--- response_body: ok
--- access_log eval
qr{Credential=AKIDPROFILE/\d{8}/us-east-1/lambda/aws4_request, ?SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,}



=== TEST 29: TLS
--- http_config eval
$::Api . CORE::join('', map { "upstream $_ { zone $_ 64k; server 127.0.0.1:\$TEST_NGINX_RAND_PORT_3; }\n" } qw(tls trusted other off))
. "server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 ssl; ssl_certificate $::Dir/cert.pem; ssl_certificate_key $::Dir/key.pem;
location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_2; } }"
--- config eval
"apigw_api_type http;
apigw_stage s {
    apigw_route 'GET /default' { apigw_lambda https://tls function=ok; apigw_lambda_ssl_name lambda.test; }
    apigw_route 'GET /trusted' { apigw_lambda https://trusted function=ok; apigw_lambda_ssl_name lambda.test; apigw_lambda_ssl_trusted_certificate $::Dir/cert.pem; }
    apigw_route 'GET /name' { apigw_lambda https://other function=ok; apigw_lambda_ssl_trusted_certificate $::Dir/cert.pem; }
    apigw_route 'GET /off' { apigw_lambda https://off function=ok; apigw_lambda_ssl_verify off; }
}"
--- request eval
["GET /s/default", "GET /s/name", "GET /s/trusted", "GET /s/off", "GET /s/trusted"]
--- error_code eval
[500, 500, 200, 200, 200]
--- response_body eval
['{"message":"Internal Server Error"}', '{"message":"Internal Server Error"}', "ok", "ok", "ok"]



=== TEST 30: the API key is the gateway's
--- http_config eval
$::Api . 'apigw_usage_plan gold { } apigw_api_key shop key=shop-0123456789-0123 plan=gold id=shop;'
--- config
    apigw_stage s { apigw_usage_plans gold; apigw_api_key_required on;
        apigw_route "GET /x" { apigw_lambda http://lambda function=ok; }
        apigw_route "GET /y" { apigw_forward_api_key on; apigw_lambda http://lambda function=ok; } }
--- request
GET /s/x
--- more_headers
X-Api-Key: shop-0123456789-0123
--- response_body: ok
--- access_log
"apiKey":null,"apiKeyId":"shop"
--- no_access_log
shop-0123456789



=== TEST 31: the API key is forwarded
--- http_config eval
$::Api . 'apigw_usage_plan gold { } apigw_api_key shop key=shop-0123456789-0123 plan=gold id=shop;'
--- config
    apigw_stage s { apigw_usage_plans gold; apigw_api_key_required on;
        apigw_route "GET /y" { apigw_forward_api_key on; apigw_lambda http://lambda function=ok; } }
--- request
GET /s/y
--- more_headers
X-Api-Key: shop-0123456789-0123
--- response_body: ok
--- access_log
"apiKey":"shop-0123456789-0123","apiKeyId":"shop"
"X-Api-Key":"shop-0123456789-0123"



=== TEST 32: "if" in a route
--- config
    apigw_api_type http;
    apigw_stage s { apigw_route "GET /x" {
        if ($arg_a) { add_header X-If 1; }
        apigw_lambda http://lambda function=ok; } }
--- request
GET /s/x?a=1
--- response_body: ok
--- response_headers
X-If: 1



=== TEST 33: a gateway response of the user's, and an error_page
--- config
    apigw_response DEFAULT_5XX status=503 'body={"e":"$apigw_error_type"}';
    apigw_stage s {
        apigw_route "GET /x" { apigw_lambda http://lambda function=failed; }
        apigw_route "GET /y" { apigw_lambda http://lambda function=failed; error_page 502 500 =200 /page; }
    }
    location = /page { return 200 "page\n"; }
--- request eval
["GET /s/x", "GET /s/y"]
--- error_code eval
[503, 200]
--- response_body eval
['{"e":"DEFAULT_5XX"}', "page\n"]



=== TEST 34: in a subrequest
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_lambda http://lambda function=ok; } apigw_route "GET /y" { apigw_lambda http://lambda function=failed; } }
    location = /in { ssi on; default_type text/html; return 200 '[<!--#include virtual="/s/x" -->]'; }
    location = /ssi { ssi on; default_type text/html; try_files /page.html =404; }
--- user_files
>>> page.html
[<!--#include virtual="/s/x?a=1" -->|<!--#include virtual="/s/y" -->]
--- request
GET /ssi
--- response_body_like
^\[ok\|.*\]
--- access_log
"queryStringParameters":{"a":"1"}



=== TEST 35: filters know the headers of an answer
--- config
    apigw_api_type http;
    gzip on;
    gzip_min_length 1;
    gzip_types text/plain;
    apigw_stage s {
        apigw_route "GET /x" { expires 1h; apigw_lambda http://lambda function=cached; }
        apigw_route "GET /y" { apigw_lambda http://lambda function=encoded; }
        apigw_route "GET /z" { apigw_lambda http://lambda function=cached; }
    }
--- request eval
["GET /s/x", "GET /s/y", "GET /s/z"]
--- more_headers eval
["X-A: b", "Accept-Encoding: gzip", "If-None-Match: \"q\""]
--- error_code eval
[200, 200, 200]
--- response_headers eval
["Cache-Control: max-age=3600\nLast-Modified: Thu, 01 Jan 1970 00:00:10 GMT", "Content-Encoding: br\nContent-Length: 3", "Cache-Control: no-store\nETag: \"q\""]
--- raw_response_headers_unlike eval
["no-store|Expires: 0", "gzip", "max-age"]



=== TEST 36: what was sent is not sent again, unless that is wanted
--- http_config eval
$::Api . 'upstream cut { server 127.0.0.1:$TEST_NGINX_RAND_PORT_3 max_fails=0; server 127.0.0.1:$TEST_NGINX_RAND_PORT_1 backup; }
server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; access_log off; return 444; }'
--- config
    apigw_api_type http;
    apigw_stage s {
        apigw_route "GET /once" { apigw_lambda http://cut function=ok; }
        apigw_route "GET /again" { apigw_lambda http://cut function=ok; apigw_lambda_next_upstream error non_idempotent; }
    }
--- request eval
["GET /s/once", "GET /s/again"]
--- error_code eval
[500, 200]
--- response_body eval
['{"message":"Internal Server Error"}', 'ok']



=== TEST 37: a response that ends with its connection
--- http_config eval
$::Api . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
    sub_filter nothing something; sub_filter_types *;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    location /close/ { chunked_transfer_encoding off; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; } }'
--- config
    apigw_stage s {
        apigw_route "GET /close" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_3/close function=ok; }
    }
--- request
GET /s/close
--- error_code: 504
--- response_body: {"message":"Network error communicating with endpoint"}
--- error_log
upstream sent invalid response for the function "ok": it has neither Content-Length nor "chunked"



=== TEST 38: a client certificate
--- http_config eval
$::Api . "server { listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_3 ssl; ssl_certificate $::Dir/cert.pem; ssl_certificate_key $::Dir/key.pem;
ssl_client_certificate $::Dir/cert.pem; ssl_verify_client optional; apigw_api tls; apigw_api_type http; access_log off;
set_real_ip_from 127.0.0.1; real_ip_header X-Real;
apigw_stage s { apigw_route 'GET /x' { apigw_lambda http://lambda function=ok; } } }"
--- config eval
"location /with { proxy_pass https://127.0.0.1:\$TEST_NGINX_RAND_PORT_3/s/x; proxy_ssl_session_reuse off; proxy_set_header X-Real 192.0.2.7; proxy_ssl_certificate $::Dir/cert.pem; proxy_ssl_certificate_key $::Dir/key.pem; }"
--- request
GET /with
--- response_body: ok
--- access_log
"authentication":{"clientCert":{"clientCertPem":"-----BEGIN CERTIFICATE-----
"issuerDN":"CN=lambda.test"
"sourceIp":"192.0.2.7"
"x-forwarded-for":"192.0.2.7"



=== TEST 39: a response in chunks
--- http_config eval
$::Api . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3;
    sub_filter nothing something; sub_filter_types *;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
}'
--- config
    apigw_stage s {
        apigw_route "GET /chunked" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_3 function=ok; }
    }
--- request
GET /s/chunked
--- response_body: ok



=== TEST 40: "limit_except" in a route
--- config
    apigw_api_type http;
    apigw_stage s {
        apigw_route "ANY /x" { limit_except GET { allow all; } apigw_lambda http://lambda function=ok; }
        apigw_route "ANY /y" { limit_except GET { deny all; } apigw_lambda http://lambda function=ok; }
    }
--- pipelined_requests eval
["GET /s/x", "POST /s/x\nbody", "GET /s/y", "POST /s/y\nbody"]
--- error_code eval
[200, 200, 200, 403]
--- response_body eval
["ok", "ok", "ok", '{"message":"Forbidden"}']



=== TEST 41: a call in the place of one whose time was up
--- config
    access_log logs/access.log gateway;
    apigw_stage s {
        apigw_route "ANY /x" { error_page 504 = /s/y; apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_3 function=ok timeout=100ms; }
        apigw_route "ANY /y" { apigw_lambda http://lambda function=ok; }
    }
--- http_config eval
$::Api . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_3; location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; limit_rate 1; } }'
--- pipelined_requests eval
["GET /s/x", "HEAD /s/x", "POST /s/x\nbody"]
--- response_body eval
["ok", "", "ok"]
--- no_error_log
[alert]



=== TEST 42: the host of an absolute URI is the one that a function is told
--- config
    apigw_stage s {
        apigw_route "GET /x" { apigw_lambda http://lambda function=ok; }
    }
--- raw_request eval
"GET http://One.example:81/s/x HTTP/1.1\r\nHost: two.example\r\nConnection: close\r\n\r\n"
--- response_body: ok
--- access_log
"headers":{"Host":"one.example"
"domainName":"one.example"
--- no_error_log
[error]
