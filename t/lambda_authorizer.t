use Test::Nginx::Socket 'no_plan';

# type lambda of an authorizer: a server of the same nginx plays the Invoke API
# and answers by what stands in the event.

no_root_location();
no_long_string();

our $Arn = 'arn:aws:execute-api:us-east-1:000000000000:pets/s';

sub policy {
    my ($effect, $resource, $more) = @_;
    return qq({"principalId":"alice","policyDocument":{"Version":"2012-10-17",)
        . qq("Statement":[{"Action":"execute-api:Invoke","Effect":"$effect",)
        . qq("Resource":"$resource"}]}) . ($more // '') . '}';
}

our %Verdict = (
    allow => policy('Allow', "$Arn/*"),
    deny => policy('Deny', "$Arn/*"),
    other => policy('Allow', "$Arn/POST/*"),
    only_a => policy('Allow', "$Arn/GET/a"),
    context => policy('Allow', '*', ',"context":{"Role":"admin","n":1,"yes":true,"a-b":"x y","odd":"50% \u00e9"}'),
    nested => policy('Allow', '*', ',"context":{"list":[1,2],"map":{"a":1}}'),
    key => policy('Allow', '*', ',"usageIdentifierKey":"key-of-alice-1234567890"'),
    nokey => policy('Allow', '*', ',"usageIdentifierKey":"key-of-nobody-1234567890"'),
    list => '[]',
    html => '<html>Allow</html>',
    empty => '',
    noone => '{"policyDocument":{"Version":"2012-10-17","Statement":[]}}',
    twice => '{"principalId":"a","principalId":"b","policyDocument":{"Version":"2012-10-17","Statement":[]}}',
    yes => '{"isAuthorized":true,"context":{"list":[1,"b"]}}',
    no => '{"isAuthorized":false}',
    text => '{"isAuthorized":"true"}',
    unauthorized => '{"errorMessage":"Unauthorized","errorType":"Error"}',
    almost => '{"errorMessage":"unauthorized","errorType":"Error"}',
    fault => '{"errorMessage":"no good-token-1","errorType":"TypeError"}',
);

# what the function says: events (regular expressions) => verdicts

sub http {
    my ($block, %said) = @_;
    my $type = delete $said{type} // '';
    my $more = delete $said{more} // '';
    my $once = delete $said{once} ? 'limit_req zone=once;' : '';
    my $lines = join '', map { qq(        '~$_' '$Verdict{$said{$_}}';\n) } sort keys %said;
    my $faults = join '', map { qq(        '~$_' 'Unhandled';\n) }
        grep { $said{$_} =~ /^(?:unauthorized|almost|fault)$/ } sort keys %said;
    return <<"_EOC_";
    map_hash_bucket_size 512;
    map \$http_x_event \$answer {
$lines        default '$Verdict{deny}';
    }
    map \$http_x_event \$fault {
$faults        default '';
    }
    limit_req_zone \$server_port zone=once:64k rate=1r/m;
    $more
    server {
        listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
        location = /2015-03-31/functions/authorize/invocations {
            if (\$request_method != POST) { return 405; }
            if (\$content_type != application/json) { return 415; }
            if (\$http_x_amzn_trace_id !~ "^Root=1-[0-9a-f]{8}-[0-9a-f]{24}\$") { return 400; }
            $once
            proxy_set_header X-Event \$request_body;
            proxy_pass http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1/answer;
        }
        location = /answer {
            add_header X-Amz-Function-Error \$fault;
            return 200 \$answer;
        }
    }
    apigw_authorizer custom {
        type lambda;
        endpoint http://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
        function authorize;
        $block
    }
_EOC_
}

our $Config = <<'_EOC_';
    apigw_api pets;
    apigw_stage s {
        apigw_authorize custom;
        apigw_route "GET /a" { return 200 "$apigw_principal\n"; }
        apigw_route "GET /b/{id}" { return 200 "$apigw_principal\n"; }
        apigw_route "GET /context" { return 200 "$apigw_authorizer_role,$apigw_authorizer_n,$apigw_authorizer_yes,$apigw_authorizer_a_b,$apigw_authorizer_odd,$apigw_authorizer_list,$apigw_authorizer_principalId,$apigw_authorizer_usageidentifierkey,$apigw_claim_role\n"; }
        apigw_route "GET /open" { apigw_authorize off; return 200 "[$apigw_authorizer_principalId$apigw_principal]\n"; }
    }
_EOC_

our $HttpApi = "    apigw_api_type http;\n$::Config";

our $Logged = 'log_format w "$request $args $uri $got $request_uri $arg_session [$http_authorization] $apigw_principal"; '
    . 'map $arg_session $mapped { ~^(.*)$ "<$1>"; } '
    . 'server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; access_log off; return 200 "$request_uri $http_x_apigw_principal $http_authorization\n"; }';

our $Passed = <<'_EOC_';
    apigw_api pets;
    access_log logs/access.log w;
    apigw_stage s {
        apigw_authorize custom;
        apigw_route "GET /a" { set $got $mapped; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
        apigw_route "GET /away" { set $got $mapped; proxy_pass http://127.0.0.1:1; }
    }
_EOC_

sub auth { return "Authorization: $_[0]" }

run_tests();

__DATA__

=== TEST 1: a token that is allowed
--- http_config eval: ::http('mode token;', '"type":"TOKEN".*"authorizationToken":"good-token-1".*"methodArn":"arn:aws:execute-api:us-east-1:000000000000:pets/s/GET/a"' => 'allow')
--- config eval: $::Config
--- log_level: info
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- response_body
alice
--- no_error_log eval
["[error]", "good-token-1"]



=== TEST 2: an explicit deny
--- http_config eval: ::http('mode token;', 'good-token-1' => 'deny')
--- config eval: $::Config
--- log_level: info
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 403
--- response_headers
x-amzn-ErrorType: AccessDeniedException
! WWW-Authenticate
--- response_body chomp
{"Message":"User is not authorized to access this resource with an explicit deny"}
--- error_log
the policy denies it
--- no_error_log eval
["[error]", "good-token-1"]



=== TEST 3: no statement matches
--- http_config eval: ::http('mode token;', 'good-token-1' => 'other')
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 403
--- response_body chomp
{"Message":"User is not authorized to access this resource"}
--- no_error_log
[error]



=== TEST 4: no token, and one that is not as the validation has it: no call
--- http_config eval: ::http('mode token; validation "a|ab|Bearer [a-z]+";', once => 1, 'ab|good' => 'allow')
--- config eval: $::Config
--- request eval
[("GET /s/a") x 7]
--- more_headers eval
["X: y", map { ::auth($_) } 'Bearer ', 'Bearer A', 'Bearer good1', 'abc', 'ab', 'Bearer good']
--- error_code eval
[401, 401, 401, 401, 401, 200, 500]
--- response_body eval
[('{"message":"Unauthorized"}') x 5, "alice\n", '{"message":null}']
--- no_error_log
[alert]



=== TEST 5: 401 has no WWW-Authenticate
--- http_config eval: ::http('mode token;')
--- config eval: $::Config
--- request
GET /s/a
--- error_code: 401
--- response_headers
x-amzn-ErrorType: UnauthorizedException
! WWW-Authenticate
--- no_error_log
[error]



=== TEST 6: the function says Unauthorized
--- http_config eval: ::http('mode token;', 'good-token-1' => 'unauthorized')
--- config eval: $::Config
--- log_level: info
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 401
--- response_headers
x-amzn-ErrorType: UnauthorizedException
! WWW-Authenticate
--- response_body chomp
{"message":"Unauthorized"}
--- no_error_log eval
["[error]", "good-token-1"]



=== TEST 7: the function fails, and what it says may hold the token
--- http_config eval: ::http('mode token;', 'good-token-1' => 'fault')
--- config eval: $::Config
--- log_level: info
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 500
--- response_headers
x-amzn-ErrorType: AuthorizerFailureException
--- response_body chomp
{"message":null}
--- error_log
the function "authorize" of the authorizer "custom" failed: the function has failed: TypeError
--- no_error_log eval
["[alert]", "good-token-1"]



=== TEST 8: only exactly Unauthorized is
--- http_config eval: ::http('mode token;', 'good-token-1' => 'almost')
--- config eval: $::HttpApi =~ s/apigw_authorize custom/apigw_api_type rest; apigw_authorize custom/r
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 500
--- response_body chomp
{"message":null}
--- no_error_log
[alert]



=== TEST 9: malformed answers
--- http_config eval: ::http('mode token;', map { ("token-$_" => $_) } qw(list html empty noone twice nested yes))
--- config eval: $::Config
--- request eval
[("GET /s/a") x 7]
--- more_headers eval
[map { ::auth("token-$_") } qw(list html empty noone twice nested yes)]
--- error_code eval
[(500) x 7]
--- response_body eval
[('{"message":null}') x 7]
--- response_headers eval
[("x-amzn-ErrorType: AuthorizerConfigurationException") x 7]
--- no_error_log
[alert]



=== TEST 10: a verdict covers the routes of its stage, and each is judged
--- http_config eval: ::http('mode token;', once => 1, 'good-token-1' => 'only_a')
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/b/1", "GET /s/a", "GET /s/open"]
--- more_headers eval
[(::auth('good-token-1')) x 4]
--- error_code eval
[200, 403, 200, 200]
--- response_body_like eval
['alice', 'Message', 'alice', '^\[\]$']
--- no_error_log
[alert]



=== TEST 11: ttl 0, and what failed, are asked for again
--- http_config eval: ::http('mode token; ttl 0;', once => 1, 'good-token-1' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
[(::auth('good-token-1')) x 2]
--- error_code eval
[200, 500]
--- no_error_log
[alert]



=== TEST 12: context
--- http_config eval: ::http('mode token;', 'good-token-1' => 'context')
--- config eval: $::Config
--- request
GET /s/context
--- more_headers
Authorization: good-token-1
--- response_body
admin,1,true,x y,50%25 %C3%A9,,alice,,
--- no_error_log
[error]



=== TEST 13: several identities are a key together
--- http_config eval: ::http('identity $http_authorization $arg_tenant;', once => 1, '"tenant":"acme"' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a?tenant=acme", "GET /s/b/1?tenant=acme", "GET /s/a?tenant=acm", "GET /s/a?tenant=acme&tenant=b", "GET /s/a?t%45nant=b&tenant=acme", "GET /s/a", "GET /s/a?tenant="]
--- more_headers eval
[(::auth('good-token-1')) x 7]
--- error_code eval
[200, 200, 500, 401, 401, 401, 401]
--- no_error_log
[alert]



=== TEST 14: values are told apart by their lengths
--- http_config eval: ::http('identity $arg_a $arg_b;', once => 1, '"a":"xy"' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a?a=xy&b=z", "GET /s/a?a=x&b=yz", "GET /s/a?b=z&a=xy"]
--- error_code eval
[200, 500, 200]
--- no_error_log
[alert]



=== TEST 15: a repeated header is no identity
--- http_config eval: ::http('identity $http_x_token;', '.' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a", "GET /s/a"]
--- more_headers eval
["X-Token: abc", "X-Token: abc\nX-Token: abc", "X-Token: abc\nX_Token: d"]
--- error_code eval
[200, 401, 200]
--- no_error_log
[error]



=== TEST 16: a repeated cookie is no identity
--- http_config eval: ::http('identity $cookie_sid;', '.' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
["Cookie: a=b; sid=12345678", "Cookie: sid=12345678; b=c; sid=2"]
--- error_code eval
[200, 401]
--- no_error_log
[error]



=== TEST 17: without identities the function is asked each time
--- http_config eval: ::http('', once => 1, '.' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a", "GET /s/a"]
--- error_code eval
[200, 500]
--- no_error_log
[alert]



=== TEST 18: without a cache a REST API asks although a source is missing
--- http_config eval: ::http('identity $http_x_token $arg_t; ttl 0;', '"headers".*[^n]"queryStringParameters":\{\}' => 'allow')
--- config eval: $::Config
--- request
GET /s/a
--- response_body
alice
--- no_error_log
[error]



=== TEST 19: an HTTP API does not
--- http_config eval: ::http('identity $http_x_token;', '.' => 'allow')
--- config eval: $::HttpApi
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
["X: y", "X-Token: a"]
--- error_code eval
[401, 200]
--- response_body eval
['{"message":"Unauthorized"}', "alice\n"]
--- no_error_log
[error]



=== TEST 20: an HTTP API: payload 2.0
--- http_config eval: ::http('identity $http_x_token $arg_t;', '"version":"2.0","type":"REQUEST","routeArn":"arn:aws:execute-api:us-east-1:000000000000:pets/s/GET/b/7","identitySource":\["token-of-1","u"\],"routeKey":"GET /b/\{id\}"' => 'allow')
--- config eval: $::HttpApi
--- request
GET /s/b/7?t=u
--- more_headers
X-Token: token-of-1
--- response_body
alice
--- no_error_log
[error]



=== TEST 21: an HTTP API: payload 1.0
--- http_config eval: ::http('payload 1.0; identity $http_x_token $arg_t;', '"version":"1.0","type":"REQUEST","methodArn":"[^"]+/s/GET/b/7","identitySource":"token-of-1,u","authorizationToken":"token-of-1,u"' => 'allow')
--- config eval: $::HttpApi
--- request
GET /s/b/7?t=u
--- more_headers
X-Token: token-of-1
--- response_body
alice
--- no_error_log
[error]



=== TEST 22: an HTTP API: who is refused, and what fails
--- http_config eval: ::http('mode request; identity $http_authorization;', map { ("token-$_" => $_) } qw(deny other unauthorized fault html nested))
--- config eval: $::HttpApi
--- request eval
[("GET /s/a") x 6]
--- more_headers eval
[map { ::auth("token-$_") } qw(deny other unauthorized fault html nested)]
--- error_code eval
[403, 403, 401, 500, 500, 200]
--- response_body eval
['{"message":"Forbidden"}', '{"message":"Forbidden"}', '{"message":"Unauthorized"}', '{"message":"Internal Server Error"}', '{"message":"Internal Server Error"}', "alice\n"]
--- no_error_log
[alert]



=== TEST 23: simple responses
--- http_config eval: ::http('simple_responses on; identity $http_authorization;', map { ("token-$_" => $_) } qw(yes no text allow))
--- config eval: $::HttpApi
--- request eval
["GET /s/context", ("GET /s/a") x 3]
--- more_headers eval
[map { ::auth("token-$_") } qw(yes no text allow)]
--- error_code eval
[200, 403, 500, 500]
--- response_body eval
[",,,,,[1,\"b\"],,,\n", '{"message":"Forbidden"}', '{"message":"Internal Server Error"}', '{"message":"Internal Server Error"}']
--- no_error_log
[alert]



=== TEST 24: an HTTP API keeps nothing unless it is told to
--- http_config eval: ::http('identity $http_authorization;', once => 1, '.' => 'allow')
--- config eval: $::HttpApi
--- request eval
["GET /s/a", "GET /s/a"]
--- more_headers eval
[(::auth('good-token-1')) x 2]
--- error_code eval
[200, 500]
--- no_error_log
[alert]



=== TEST 25: it does with a ttl
--- http_config eval: ::http('identity $http_authorization; ttl 1m;', once => 1, '.' => 'allow')
--- config eval: $::HttpApi
--- request eval
["GET /s/a", "GET /s/b/2"]
--- more_headers eval
[(::auth('good-token-1')) x 2]
--- error_code eval
[200, 200]
--- no_error_log
[error]



=== TEST 26: the ARN is too long
--- http_config eval: ::http('mode token;', once => 1, '.' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/b/" . 'x' x 1600, "GET /s/b/" . 'x' x (1600 - length("$::Arn/GET/b/") + 1), "GET /s/b/" . 'x' x (1600 - length("$::Arn/GET/b/"))]
--- more_headers eval
[(::auth('good-token-1')) x 3]
--- error_code eval
[414, 414, 200]
--- response_body eval
['{"message":"Request URI too long"}', '{"message":"Request URI too long"}', "alice\n"]
--- no_error_log
[alert]



=== TEST 27: the usage key
--- http_config eval: ::http('mode token;', more => 'apigw_usage_plan gold { } apigw_api_key alice key=key-of-alice-1234567890 plan=gold id=a1;', 'good-token-1' => 'key', 'good-token-2' => 'nokey', 'good-token-3' => 'allow')
--- config
    apigw_api pets;
    apigw_api_key_source authorizer;
    apigw_usage_plans gold;
    apigw_stage s {
        apigw_authorize custom;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "$apigw_api_key_id,$apigw_usage_plan,$apigw_authorizer_usageIdentifierKey\n"; }
    }
--- log_level: info
--- request eval
[("GET /s/a") x 4]
--- more_headers eval
[(map { ::auth($_) . "\nX-Api-Key: key-of-alice-1234567890" } qw(good-token-2 good-token-3)), (map { ::auth($_) } qw(good-token-1 good-token-1))]
--- error_code eval
[403, 403, 200, 200]
--- response_body eval
['{"message":"Forbidden"}', '{"message":"Forbidden"}', "a1,gold,\n", "a1,gold,\n"]
--- no_error_log eval
["[error]", "key-of-alice-1234567890"]



=== TEST 28: an upstream is told who it is, and gets the request as it came
--- http_config eval: ::http('identity $http_authorization $arg_session;', '"session":"session-12345678"' => 'allow', more => $::Logged)
--- config eval: $::Passed
--- request
GET /s/a?session=session-12345678
--- more_headers
Authorization: good-token-1
--- response_body
/a?session=session-12345678 alice good-token-1
--- access_log eval
qr/^GET \/s\/a\?session=[*]+ HTTP\/1.1 session=[*]+ \/a <[*]+> \/a\?session=[*]+ [*]+ \[[*]+\] alice$/m
--- no_access_log eval
["session-12345678", "good-token-1"]



=== TEST 29: the error log
--- http_config eval: ::http('identity $http_authorization $arg_session $cookie_other;', '"session":"session-12345678"' => 'allow', more => $::Logged)
--- config eval: $::Passed
--- log_level: info
--- request
GET /s/away?session=session-12345678&again=other-12345678
--- more_headers
Authorization: good-token-1
Referer: http://a/?session-12345678
Cookie: other=other-12345678
--- error_code: 504
--- error_log eval
[qr/upstream: "http:\/\/127.0.0.1:1\/away\?session=[*]+&again=[*]+", host: /, qr/request: "GET \/s\/away\?session=[*]+&again=[*]+ HTTP/, qr/referrer: "http:\/\/a\/\?[*]+"/]
--- no_error_log eval
["[alert]", "session-12345678", "other-12345678", "good-token-1"]



=== TEST 30: an identity that is no secret, or too short to be one
--- http_config eval: ::http('identity $arg_tenant $remote_addr $apigw_route;', '.' => 'allow', more => $::Logged)
--- config eval: $::Passed
--- request
GET /s/a?tenant=acme&x=127.0.0.1
--- response_body
/a?tenant=acme&x=127.0.0.1 alice 
--- access_log
GET /s/a?tenant=acme&x=127.0.0.1 HTTP
--- no_error_log
[error]



=== TEST 31: a call that is signed
--- user_files
>>> credentials
[default]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = secret-of-aws-0123456789
[other]
aws_access_key_id = AKIDOTHER
aws_secret_access_key = secret-of-other-0123456789
aws_session_token = session-of-other
--- http_config eval: ::http('mode token; sign;', more => 'apigw_aws account=123456789012 region=eu-west-1 credentials=$TEST_NGINX_SERVER_ROOT/html/credentials profile=other;') =~ s/default '[^']*';/default '{"principalId":"alice","policyDocument":{"Version":"2012-10-17","Statement":{"Action":"*","Effect":"Allow","Resource":"arn:aws:execute-api:eu-west-1:123456789012:pets\/s\/GET\/a"}}}';/r =~ s/if \(\$request_method/if (\$http_authorization !~ "^AWS4-HMAC-SHA256 Credential=AKIDOTHER\/[0-9]{8}\/eu-west-1\/lambda\/aws4_request, ?SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ?Signature=[0-9a-f]{64}") { return 403; } if (\$http_x_amz_security_token != session-of-other) { return 406; } if (\$request_method/r
--- config eval: $::Config
--- log_level: info
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- response_body
alice
--- no_error_log eval
["[error]", "secret-of-other", "session-of-other", "good-token-1"]



=== TEST 32: nothing listens
--- http_config eval: ::http('mode token;') =~ s/endpoint http:[^;]*/endpoint http:\/\/127.0.0.1:1/r
--- config eval: $::Config
--- log_level: info
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 500
--- response_headers
x-amzn-ErrorType: AuthorizerFailureException
--- error_log
the function "authorize" of the authorizer "custom" failed
--- no_error_log eval
["[alert]", "good-token-1"]



=== TEST 33: a function that is not there
--- http_config eval: ::http('mode token;') =~ s/function authorize/function nobody/r
--- config eval: $::Config
--- request
GET /s/a
--- more_headers
Authorization: good-token-1
--- error_code: 500
--- response_headers
x-amzn-ErrorType: AuthorizerFailureException
--- error_log
the status of the answer: 404
--- no_error_log
[alert]



=== TEST 34: an integration is told what the authorizer said
--- http_config eval: ::http('mode token;', 'good-token-1' => 'context', more => 'map $http_x_event $told { default "no"; "~\"authorizer\":\{(?=[^}]*\"Role\":\"admin\")(?=[^}]*\"n\":\"1\")(?=[^}]*\"yes\":\"true\")[^}]*\"principalId\":\"alice\"" "yes"; } server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2; location = /2015-03-31/functions/fn/invocations { proxy_set_header X-Event $request_body; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_2/told; } location = /told { return 200 "{\"statusCode\":200,\"body\":\"$told\"}"; } }')
--- config
    apigw_api pets;
    apigw_stage s {
        apigw_authorize custom;
        apigw_route "GET /fn" { apigw_lambda http://127.0.0.1:$TEST_NGINX_RAND_PORT_2 function=fn; }
    }
--- request
GET /s/fn
--- more_headers
Authorization: good-token-1
--- response_body chomp
yes
--- no_error_log
[error]



=== TEST 35: an argument behind ";", and a cookie behind a tab, is one, too
--- http_config eval: ::http('identity $arg_t $cookie_sid;', '.' => 'allow')
--- config eval: $::Config
--- request eval
["GET /s/a?t=a;u=b", "GET /s/a?t=a&u;t=b", "GET /s/a?t=a;%54=b", "GET /s/a?t=a", "GET /s/a?t=a"]
--- more_headers eval
[("Cookie: sid=1234") x 3, "Cookie: sid=1234;\tsid=5678", "Cookie: sid=1234; sid\t=5678"]
--- error_code eval
[200, 401, 401, 401, 401]
--- no_error_log
[error]
