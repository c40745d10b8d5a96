# The log formats of docs/example/logs.conf, and all variables of $context:
# whatever clients, tokens and upstreams say, a line is one line, and JSON.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Test::More;

my $conf = do {
    open my $in, '<', "$FindBin::Bin/../../docs/example/logs.conf"
        or die "logs.conf: $!\n";
    local $/;
    <$in>;
};

my $secret = 'an HMAC secret of more than 32 bytes';
my $evil = qq(a"b\\c</script><script>alert(1)\r\n\t\x1b{"x":"y"},\x7f);
my $bytes = "\"\xff\xc3\x28\xed\xa0\x80\xe2\x80\xa8\xc2\x85<script>'\\";
my $header = $bytes =~ tr/'\\//dr;

# every variable of ours that takes no name, from the documentation

my @variables = do {
    open my $in, '<', "$FindBin::Bin/../../docs/variables.md" or die $!;
    grep { !/[A-Z]/ } map { /^### \$(apigw_\w+)/ ? $1 : () } <$in>;
};

cmp_ok(scalar @variables, '>', 35, 'variables in the documentation');

my $fields = join ',', map { qq("$_":"\$$_") }
    @variables, 'apigw_claim_sub', 'apigw_claim_evil', 'apigw_path_id',
    'apigw_authorizer_evil', 'apigw_stage_variable_v';

my $gw = Apigw::Gateway->new(workers => 1, files => { secret => \$secret },
    log_level => 'error', http => <<"END");
    $conf
    log_format all escape=json '{$fields}';

    underscores_in_headers on;
    apigw_aws account=123456789012;
    apigw_usage_plan gold { throttle 1000r/s burst=1000; quota 1000000/day; }
    apigw_api_key alice key=alice-0123456789abcdef plan=gold id=alice-1;

    apigw_authorizer users {
        type        jwt;
        issuer      https://id.example.com;
        audience    pets;
        algorithms  HS256;
        secret_file %ROOT%/secret;
    }

    apigw_authorizer lambda {
        type     lambda;
        endpoint http://127.0.0.1:%PORT2%;
        function authz;
        identity \$http_x_user;
        cache    off;
    }

    server {
        listen 127.0.0.1:%PORT2%;
        location / {
            add_header x-amzn-RequestId '$header';
            return 200 ok;
        }
        location = /404 { return 404; }
        location /2015-03-31/functions/f/ {
            add_header x-amzn-RequestId '9f6c3a64-87bf-4f16-a0c3-6e5b7e3d0a01';
            return 200 '{"statusCode":201,"body":"ok"}';
        }
        location /2015-03-31/functions/broken/ { return 200 'no JSON'; }
        location /2015-03-31/functions/authz/ {
            return 200 '{"principalId":"p\\\\"\\\\n\\\\u001b<script>\\\\u2028","context":{"evil":"\\\\"\\\\r\\\\n\\\\u00e9</script>"},"policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]}}';
        }
    }

    server {
        listen 127.0.0.1:%PORT% default_server;
        server_name pets.example.com;
        access_log %ROOT%/logs/json.log gateway_json;
        access_log %ROOT%/logs/clf.log gateway_clf;
        access_log %ROOT%/logs/all.log all;

        apigw_api pets;

        apigw_stage prod {
            apigw_stage_variable v '\$evil"\\\\';
            apigw_usage_plans gold;

            apigw_route "ANY /pets/{id}" { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "GET /none"      { proxy_pass http://127.0.0.1:%PORT2%/404; }
            apigw_route "GET /down"      { proxy_pass http://127.0.0.1:%PORT3%; }
            apigw_route "GET /key"       { apigw_api_key_required on; return 204; }
            apigw_route "GET /throttled" { apigw_throttle 0r/s burst=0; return 204; }
            apigw_route "GET /mine"      { apigw_authorize users; return 204; }
            apigw_route "GET /scope"     { apigw_authorize users scopes=s; return 204; }
            apigw_route "GET /ask"       { apigw_authorize lambda; return 204; }
            apigw_route "GET /f"         { apigw_lambda http://127.0.0.1:%PORT2% function=f; }
            apigw_route "GET /broken"    { apigw_lambda http://127.0.0.1:%PORT2% function=broken; }
            apigw_route "GET /read"      {
                add_header X-Early "[\$apigw_latency|\$apigw_data_processed]";
                return 204;
            }
        }

        apigw_stage mapped path=/a/b {
            apigw_api_type http;
            apigw_route \$default { return 204; }
        }
    }
END

sub token {
    my %claims = (iss => 'https://id.example.com', aud => 'pets',
                  exp => time + 600, @_);
    my $json = JSON::PP->new->utf8;
    my $input = encode_base64url('{"alg":"HS256"}') . '.'
        . encode_base64url($json->encode(\%claims));
    return "$input." . encode_base64url(hmac_sha256($input, $secret));
}

$gw->must_start;

my $requests = 0;

# what a request of these bytes is answered, and the three lines it makes

sub sent {
    my ($bytes) = @_;
    my $connection = $gw->connect;
    $connection->write($bytes);
    my $answer = '';
    1 while sysread $connection->socket, $answer, 65536, length $answer;
    close $connection->socket;      # nginx may wait for that
    $requests++;

    my @lines;
    for my $log (qw(json clf all)) {
        my @all;
        Apigw::Gateway::wait_for(5, sub {
            @all = $gw->read("logs/$log.log") =~ /(.*)\n/g;
            return @all >= $requests;
        });
        is(scalar @all, $requests, "one line more in $log.log");
        push @lines, $all[-1];
    }

    return ($answer, @lines);
}

sub logged {
    my ($what, $line, @headers) = @_;
    my $text = join '', map { "$_\r\n" } $line,
        (grep { /^Host:/ } @headers) ? () : 'Host: pets.example.com',
        'Connection: close', @headers, '';

    note $what;
    my ($answer, @lines) = sent($text);

    for my $line (@lines) {
        unlike($line, qr/[\0-\x1f\x7f]/, "$what: no control character");
    }

    my ($json, $all) = map {
        my $value = eval { JSON::PP->new->utf8->decode($_) };
        ok(ref $value eq 'HASH', "$what: JSON") or diag("$@: $_");
        $value || {};
    } @lines[0, 2];

    like($lines[1], qr{^127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]"\S+ \S+ HTTP/\d\.\d" \d{3} \d+ \S+ \S{15}=$},
         "$what: CLF") if $what !~ /^bad/;

    return ($json, $all, $answer);
}

my ($json, $all, $answer, $before);

# an ordinary one

$before = time;
($json, $all, $answer) = logged('an ordinary one', 'GET /prod/pets/7?x=1 HTTP/1.1',
    'User-Agent: curl/8.5', 'X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793');

my %want = (api => 'pets', stage => 'prod', routeKey => 'ANY /pets/{id}',
    resourcePath => '/pets/{id}', domainName => 'pets.example.com',
    httpMethod => 'GET', path => '/prod/pets/7', protocol => 'HTTP/1.1',
    ip => '127.0.0.1', userAgent => 'curl/8.5', status => '200',
    integrationStatus => '200', responseLength => '2', errorType => '',
    integrationError => '', apiKeyId => '', authorizeStatus => '',
    traceId => '1-5759e988-bd862e3fe1be46a994272793');

is($json->{$_}, $want{$_}, "  $_") for sort keys %want;
like($json->{$_}, qr/^\d+$/, "  $_") for qw(responseLatency integrationLatency);
cmp_ok($json->{responseLatency} + 1, '>=', $json->{integrationLatency},
       '  the response took longer than the integration');
like($answer, qr/^x-amzn-RequestId: \Q$json->{requestId}\E\r\n/m, '  requestId');
like($answer, qr/^x-amz-apigw-id: \Q$json->{extendedRequestId}\E\r\n/m,
     '  extendedRequestId');

my $epoch = $json->{requestTimeEpoch};
like($epoch, qr/^\d{13}$/, '  requestTimeEpoch');
cmp_ok(abs($epoch / 1000 - $before), '<', 60, '    in milliseconds');
is($json->{requestTime},
   POSIX::strftime('%d/%b/%Y:%H:%M:%S +0000', gmtime int $epoch / 1000),
   '  requestTime');

my %context = (account_id => '123456789012', base_path => 'prod',
    domain_prefix => 'pets', path_id => '7');

is($all->{"apigw_$_"}, $context{$_}, "  $_") for sort keys %context;
like($all->{"apigw_$_"}, qr/^[0-9a-z]{6}$/, "  $_")
    for qw(deployment_id resource_id);
cmp_ok($all->{apigw_data_processed}, '>',
       $json->{requestLength} + $json->{responseLength}, '  data processed');
is($all->{apigw_integration_request_id}, "\"\x{fffd}\x{fffd}("
   . "\x{fffd}" x 8 . '<script>', '  what an upstream says');

# hostile ones

($json, $all) = logged('User-Agent', 'GET /prod/pets/7 HTTP/1.1', "User-Agent: $bytes");
is($json->{userAgent}, "\"\x{fffd}\x{fffd}(" . "\x{fffd}" x 8 . "<script>'\\", '  cleaned');

($json) = logged('Host', 'GET /prod/pets/7 HTTP/1.1', "Host: \"\xff<script>\"");
is($json->{domainName}, "\"\x{fffd}<script>\"", '  cleaned');

($json, $all) = logged('path', "GET /prod/pets/%22%3C\"\xff%FF' HTTP/1.1");
is($json->{path}, '/prod/pets/%22%3C"%FF%FF\'', '  canonical');
is($all->{apigw_path_id}, '%22%3C"%FF%FF\'', '  a parameter');

($json) = logged('a line feed in the path', 'GET /prod/pets/%0A{"evil":1} HTTP/1.1');
is($json->{status}, '400', '  refused');
is($json->{errorMessage}, 'Bad Request', '  its message');

($json, $all) = logged('traces', 'GET /prod/pets/7 HTTP/1.1',
    "X-Amzn-Trace-Id: Root=$bytes", "traceparent: $bytes", "X_Amzn_Trace_Id: $bytes");
like($json->{traceId}, qr/^1-[0-9a-f]{8}-[0-9a-f]{24}$/, '  a new one');
like($all->{apigw_traceparent}, qr/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/, '  in both forms');

($json, $all) = logged('claims', 'GET /prod/mine HTTP/1.1',
    'Authorization: Bearer ' . token(sub => $evil, evil => "$evil\x{2028}\x{ff}"));
is($json->{status}, '204', '  accepted');
is($json->{authenticateStatus}, '200', '  authenticated');
is($json->{authorizeStatus}, '200', '  authorized');
like($json->{authorizeLatency}, qr/^\d+$/, '  its latency');
like($json->{principal}, qr/^a"b\\c<\/script><script>alert\(1\)%0D%0A%09%1B/, '  principal');
like($all->{apigw_claim_evil}, qr/%E2%80%A8%C3%BF$/, '  a claim');

($json) = logged('a scope is missing', 'GET /prod/scope HTTP/1.1',
    'Authorization: Bearer ' . token(sub => 'bob', scope => $evil));
is($json->{status}, '403', '  forbidden');
is($json->{authenticateStatus}, '200', '  authenticated');
is($json->{authorizeStatus}, '403', '  not authorized');
like($json->{authorizeError}, qr/higher privileges/, '  why');
is($json->{errorType}, 'ACCESS_DENIED', '  errorType');

($json) = logged('no token', 'GET /prod/mine HTTP/1.1');
is($json->{authenticateStatus}, '401', '  not authenticated');
is($json->{authorizeStatus}, '', '  and no further');
is($json->{authorizeError}, 'no token was sent', '  why');

($json) = logged('a bad token', 'GET /prod/mine HTTP/1.1', "Authorization: Bearer x.$bytes.y");
is($json->{authenticateStatus}, '401', '  not authenticated');

($json, $all) = logged('a Lambda authorizer', 'GET /prod/ask HTTP/1.1', "X-User: $bytes");
is($json->{status}, '204', '  accepted');
is($json->{authorizeStatus}, '200', '  authorized');
like($json->{principal}, qr/^p"%0A%1B<script>%E2%80%A8$/, '  principal');
like($all->{apigw_authorizer_evil}, qr/^"%0D%0A%C3%A9<\/script>$/, '  its context');

($json) = logged('an unknown key', 'GET /prod/key HTTP/1.1', "X-Api-Key: $bytes");
is($json->{errorType}, 'INVALID_API_KEY', '  errorType');

($json) = logged('a key', 'GET /prod/key HTTP/1.1', 'X-Api-Key: alice-0123456789abcdef');
is($json->{apiKeyId}, 'alice-1', '  its id');
is($json->{usagePlan}, 'gold', '  its plan');
is($json->{quotaRemaining}, '999999', '  its quota');
is($json->{throttle}, 'PASSED', '  its throttle');

# integrations

($json, $all) = logged('a function', 'GET /prod/f HTTP/1.1');
is($json->{status}, '201', '  its status');
is($json->{integrationStatus}, '200', '  that of the Invoke API');
is($json->{integrationRequestId}, '9f6c3a64-87bf-4f16-a0c3-6e5b7e3d0a01', '  its id');

($json) = logged('a broken function', 'GET /prod/broken HTTP/1.1');
is($json->{status}, '502', '  its status');
is($json->{integrationStatus}, '200', '  that of the Invoke API');
is($json->{integrationError}, 'The function failed, or its answer is malformed', '  why');

($json, $all) = logged('no integration', 'GET /prod/down HTTP/1.1');
is($json->{status}, '504', '  its status');
is($json->{integrationStatus}, '', '  there is none of the integration');
is($json->{integrationError}, 'Network error communicating with endpoint', '  why');
is($all->{apigw_error_message_string}, '"Network error communicating with endpoint"', '  quoted');

($json) = logged('an error of the integration', 'GET /prod/none HTTP/1.1');
is($json->{integrationStatus}, '404', '  its status');
is($json->{integrationError}, '', '  is no error of the gateway');

# others

($json, $all) = logged('throttled', 'GET /prod/throttled HTTP/1.1');
is($json->{errorType}, 'THROTTLED', '  errorType');

($json, $all) = logged('no such route', 'GET /prod/such HTTP/1.1');
is($json->{path}, '/prod/such', '  its path');
is($json->{$_}, '', "  no $_") for qw(routeKey resourcePath traceId);

($json) = logged('no such stage', 'GET /such?<script> HTTP/1.1');
is($json->{$_}, '', "  no $_") for qw(api stage path);
like($json->{responseLatency}, qr/^\d+$/, '  its latency');

($json, $all) = logged('a base path', 'GET /a/b/c HTTP/1.1');
is($json->{path}, '/a/b/c', '  path');
is($all->{apigw_base_path}, 'a/b', '  what was matched of it');
is($json->{resourcePath}, '$default', '  resourcePath');

($json, $all, $answer) = logged('before the log', 'GET /prod/read HTTP/1.1');
like($answer, qr/^X-Early: \[\|\]\r\n/m, '  they are empty');
like($all->{apigw_latency}, qr/^\d+$/, '  and then known');

($json) = logged('another method', 'M-SEARCH /prod/pets/7 HTTP/1.1');
is($json->{httpMethod}, 'M-SEARCH', '  its name');

logged('bad: a method', 'g"et /prod/pets/7 HTTP/1.1');
logged('bad: a version', "GET /prod/pets/7 HTTP/<script>\"");
logged('bad: a header', 'GET /prod/pets/7 HTTP/1.1', "Content-Length: $bytes");

is(join('', $gw->complaints), '', 'no complaints');

done_testing();
