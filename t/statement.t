# Statements of apigw_usage: what keys have to pay for a month.  Those of
# several gateways are in sys/meter.t.

use Test::Nginx::Socket 'no_plan';

use POSIX qw(strftime);

our $Key = 'alice-key-0123456789';
our $More = "X-Api-Key: $Key";

our $Usage = <<'_EOC_';
    location = /usage { apigw_usage; }
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "POST /up" { return 200 "up\n"; }
        apigw_route "GET /bad" { proxy_pass http://127.0.0.1:1; }
    }
_EOC_

our $Keys = <<"_EOC_";
    apigw_api_key a key=$Key plan=gold id=alice;
    apigw_api_key b key=bob-key-0123456789-012 plan=gold id=bob;
_EOC_

our $Plans = <<"_EOC_";
    apigw_pricing rest {
        requests 2 3.50;
        requests 0.000001;
    }
    apigw_usage_plan free { }
    apigw_usage_plan gold { pricing rest; }
    $Keys
_EOC_

sub month ($) {
    my ($ago) = @_;
    my ($y, $m) = (gmtime)[5, 4];
    return strftime('%Y-%m', 0, 0, 0, 1, $m - $ago, $y);
}

# not across midnight

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 60;

our $Now = month(0);
our $Query = "plan=gold&month=$Now";

sub key ($$$) {
    my ($id, $requests, $amounts) = @_;
    my ($one, $two, $total) = @$amounts;
    my $first = $requests > 2 ? 2 : $requests;
    my $rest = $requests - $first;
    return qr/\{"keyId":"$id","requests":$requests,"billed":$requests,/
        . qr/"bytes":\d+,"lines":\[\{"item":"requests","tier":1,/
        . qr/"quantity":$first,"unitPrice":"3\.50","amount":"$one"\},/
        . qr/\{"item":"requests","tier":2,"quantity":$rest,/
        . qr/"unitPrice":"0\.000001","amount":"$two"\}\],"total":"$total"\}/;
}

our $Zero = key('bob', 0, ['0\.00', '0\.00', '0\.00']);

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => $::Usage) if !defined $block->config;
    $block->set_value(http_config => $::Plans)
        if !defined $block->http_config;
    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a line for each tier, and sums that are exact
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /usage?$::Query"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 200, 200]
--- response_body_like eval
["a", "a", "a",
 qr/^\{"usagePlanId":"gold","month":"$::Now","pricing":"rest",/
 . qr/"currency":"USD","items":\[/
 . main::key('alice', 3, ['0\.000007', '0\.000000000001', '0\.000007000001'])
 . ",$::Zero" . qr/\],"total":"0\.000007000001"\}$/]



=== TEST 2: nobody has asked for anything
--- request eval: "GET /usage?$::Query&key=bob"
--- response_headers
Content-Type: application/json
! X-Apigw-Position
--- response_body_like eval
qr/^\{"usagePlanId":.*"items":\[$::Zero\],"total":"0\.00"\}$/



=== TEST 3: pages
--- request eval
["GET /usage?$::Query&limit=1", "GET /usage?$::Query&limit=1&position=alice"]
--- response_headers eval
["X-Apigw-Position: alice", "! X-Apigw-Position"]
--- response_body_like eval
[qr/"position":"alice","items":\[\{"keyId":"alice".*"total":"0\.00"\}$/,
 qr/"currency":"USD","items":\[\{"keyId":"bob"/]



=== TEST 4: what a policy refuses, and what is answered without one, is free
--- http_config eval
"apigw_pricing rest { requests 1; }
 apigw_usage_plan gold { pricing rest; quota 1/day; }
 $::Keys"
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/nothing",
 "GET /usage?$::Query&key=alice"]
--- more_headers eval: $::More
--- error_code eval
[200, 429, 403, 200]
--- response_body_like eval
["a", "Limit Exceeded", "Token", qr/"requests":1,"billed":1,/]



=== TEST 5: so are throttled ones
--- http_config eval
"apigw_pricing rest { requests 1; }
 apigw_usage_plan gold { pricing rest; throttle 1r/m burst=1; }
 $::Keys"
--- request eval
["GET /prod/a", "GET /prod/a", "GET /usage?$::Query&key=alice"]
--- more_headers eval: $::More
--- error_code eval
[200, 429, 200]
--- response_body_like eval
["a", "Too Many", qr/"requests":1,"billed":1,/]



=== TEST 6: what fails behind the gateway is billed
--- request eval
["GET /prod/bad", "GET /usage?$::Query&key=alice"]
--- more_headers eval: $::More
--- error_code eval
[504, 200]
--- response_body_like eval
["Network error", qr/"requests":1,"billed":1,/]



=== TEST 7: a part of an increment is a whole one
--- http_config eval
"apigw_pricing http { increment 8k; requests 1; }
 apigw_usage_plan gold { pricing http; }
 $::Keys"
--- config
    location = /usage { apigw_usage; }
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "POST /up" { proxy_pass http://127.0.0.1:$server_port/ok; }
        apigw_route "GET /a" { return 204; }
    }
    location = /ok { return 200 "123"; }
--- request eval
["POST /prod/up\n" . "x" x 8189, "POST /prod/up\n" . "x" x 8190,
 "GET /prod/a", "GET /usage?$::Query&key=alice"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 204, 200]
--- response_body_like eval
["123", "123", '^$', qr/"requests":3,"billed":4,.*"total":"0\.000004"/]



=== TEST 8: bytes that were sent, at the price of a GB
--- http_config eval
"apigw_pricing out { transfer 1073.741824; }
 apigw_usage_plan gold { pricing out; }
 $::Keys"
--- config eval
"    location = /usage { apigw_usage; }
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route \"GET /a\" {
            default_type text/plain;
            return 200 \"" . "x" x 1000 . "\";
        }
    }"
--- request eval
["GET /prod/a", "GET /usage?$::Query&key=alice"]
--- more_headers eval: $::More
--- error_code eval
[200, 200]
--- response_body_like eval
["x",
 qr/"bytes":(1\d{3}),"lines":\[\{"item":"transfer","tier":1,"quantity":\1,"unitPrice":"1073\.741824","amount":"0\.00\1"\}\]/]



=== TEST 9: CSV
--- request eval
["GET /prod/a", "GET /usage?$::Query&format=csv&key=alice"]
--- more_headers eval: $::More
--- error_code eval
[200, 200]
--- response_headers eval
["Content-Type: text/plain", "Content-Type: text/csv"]
--- response_body eval
["a\n",
 "usagePlanId,month,keyId,pricing,currency,item,tier,quantity,unitPrice,"
 . "amount\r\n"
 . "gold,$::Now,alice,rest,USD,calls,,1,,\r\n"
 . "gold,$::Now,alice,rest,USD,requests,1,1,3.50,0.0000035\r\n"
 . "gold,$::Now,alice,rest,USD,requests,2,0,0.000001,0.00\r\n"
 . "gold,$::Now,alice,rest,USD,total,,,,0.0000035\r\n"
 . "gold,$::Now,,rest,USD,page total,,,,0.0000035\r\n"]



=== TEST 10: names that a spreadsheet or a script would obey
--- http_config
    apigw_pricing "+cmd|' /C calc'!A0" { requests 1; }
    apigw_usage_plan "=1+<script>" { pricing "+cmd|' /C calc'!A0"; }
    apigw_api_key a key=alice-key-0123456789 plan==1+<script> id=-alice;
--- config
    location = /usage { apigw_usage; }
    apigw_stage prod {
        apigw_usage_plans "=1+<script>";
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
--- request eval
["GET /usage?plan=%3D1%2B%3Cscript%3E&month=$::Now&format=csv",
 "GET /usage?plan=%3D1%2B%3Cscript%3E&month=$::Now"]
--- response_body_like eval
[qr/^"'=1\+<script>",$::Now,"'-alice","'\+cmd\|' \/C calc'!A0",USD,calls,/m,
 qr/^\{"usagePlanId":"=1\+<script>",.*"pricing":"\+cmd\|' \/C calc'!A0"/]



=== TEST 11: a plan without prices
--- request eval: "GET /usage?plan=free&month=$::Now"
--- error_code: 404
--- response_body: {"message":"plan has no pricing, so there is no statement"}



=== TEST 12: a plan without a quota has no usage
--- request eval: "GET /usage?plan=gold&startDate=$::Now-01&endDate=$::Now-01"
--- error_code: 404
--- response_body: {"message":"plan has no quota, so its requests are not counted"}



=== TEST 13: the next month
--- request eval: "GET /usage?plan=gold&month=" . main::month(-1)
--- error_code: 400
--- response_body: {"message":"month has not begun"}



=== TEST 14: months that are kept, and one that is not
--- request eval
["GET /usage?plan=gold&key=bob&month=" . main::month(5),
 "GET /usage?plan=gold&key=bob&month=" . main::month(6)]
--- error_code eval
[200, 400]
--- response_body_like eval
[qr/$::Zero/, 'month is not kept any more']



=== TEST 15: no month
--- request: GET /usage?plan=gold&month=2026-13
--- error_code: 400
--- response_body: {"message":"month is not a month YYYY-MM"}



=== TEST 16: a month and days
--- request: GET /usage?plan=gold&month=2026-11&endDate=2026-11-22
--- error_code: 400
--- response_body: {"message":"endDate is given beside month"}



=== TEST 17: a redirect to where no plan is, after the backend was asked
--- config
    location = /usage { apigw_usage; }
    location = /401 { return 401; }
    location = /deny { return 403; }
    apigw_stage open { apigw_route "GET /x" { return 200 "x\n"; } }
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /open" {
            apigw_api_key_required off;
            return 200 "open\n";
        }
        apigw_route "GET /a" {
            proxy_intercept_errors on;
            error_page 401 = /prod/open;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/401;
        }
        apigw_route "GET /b" {
            proxy_intercept_errors on;
            error_page 401 = /open/x;
            proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/401;
        }
        apigw_route "GET /c" { error_page 401 = /open/x; return 401; }
    }
--- request eval
["GET /prod/a", "GET /prod/b", "GET /prod/c", "GET /usage?$::Query"]
--- more_headers eval: $::More
--- response_body_like eval
["open", "x", "x",
 qr/"keyId":"alice","requests":3,"billed":3,/]



=== TEST 18: a body whose length nobody has said, as it goes through
--- http_config eval
qq{
    apigw_pricing rest { increment 1k; requests 1; }
    apigw_usage_plan gold { pricing rest; }
    $::Keys
    server {
        listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 http2;
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "POST /up" {
                proxy_http_version 1.1;
                proxy_request_buffering off;
                proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/in;
            }
        }
    }
}
--- config
    location = /usage { apigw_usage; }
    location = /in { return 200 "in\n"; }
    location /prod/ {
        grpc_set_header Content-Length "";
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
["POST /prod/up\n" . 'x' x 3000, "GET /usage?$::Query"]
--- more_headers eval: $::More
--- response_body_like eval
["in", qr/"keyId":"alice","requests":1,"billed":3,/]
