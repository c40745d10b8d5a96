# Quotas of usage plans, kept in the zone: what is counted, and the answers.
# Bad configurations are in quota_conf.t; reloads and requests that wait in
# sys/quota.t.

use Test::Nginx::Socket 'no_plan';

our $Key = 'alice-key-0123456789';
our $Other = 'carol-key-0123456789-0123';
our $More = "X-Api-Key: $Key";
our $Carol = "X-Api-Key: $Other";

our $Routes = <<'_EOC_';
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "ANY /a" { return 200 "a $apigw_quota_limit $apigw_quota_remaining $apigw_quota_mode\n"; }
        apigw_route "GET /b" { empty_gif; }
        apigw_route "GET /open" {
            apigw_api_key_required off;
            return 200 "open <$apigw_quota_limit$apigw_quota_remaining$apigw_quota_mode>\n";
        }
    }
_EOC_

our $Backend = <<'_EOC_';
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "back $request_method $uri\n"; }
        location /broken { return 500; }
        location /redirect { add_header X-Accel-Redirect /prod/b; return 200; }
    }
_EOC_

# one request that makes two, so that all they log is of one block

our $Two = <<"_EOC_";
    location = /two {
        auth_request /one;
        proxy_set_header X-Api-Key $Key;
        proxy_pass http://127.0.0.1:\$server_port/prod/b;
    }
    location = /one {
        internal;
        proxy_set_header X-Api-Key $Key;
        proxy_pass http://127.0.0.1:\$server_port/prod/b;
    }
_EOC_

# the headers of a client whose quota a day is used up

sub used ($;$) {
    my ($limit, $item) = (@_, ['', '']);
    return "RateLimit-Policy: $item->[0]\"quota\";q=$limit;w=86400\n"
        . "RateLimit: $item->[1]\"quota\";r=0;t=[1-9]\\d*\n"
        . "Retry-After: [1-9]\\d*\n"
        . 'Content-Type: application/json';
}

sub keys_of ($) {
    my $plan = shift;
    return "apigw_usage_plan gold { $plan }
        apigw_api_key a key=$Key plan=gold id=alice;
        apigw_api_key c key=$Other plan=gold id=carol;";
}

# a new day would give a test new units

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 90;

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a plan admits so many requests, then refuses
--- http_config eval
main::keys_of('quota 3/day;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/b", "GET /prod/a", "GET /prod/a", "GET /prod/b"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 200, 429, 429]
--- response_headers_like eval
['Content-Type: text/plain', 'Content-Type: image/gif',
 'Content-Type: text/plain', (main::used(3)) x 2]



=== TEST 2: who is admitted is told nothing of the quota
--- http_config eval
main::keys_of('quota 3/day;')
--- config eval: $::Routes
--- request
GET /prod/a
--- more_headers eval: $::More
--- response_headers
! RateLimit
! RateLimit-Policy
! Retry-After
--- response_body
a 3 2 exact



=== TEST 3: the answer of a REST API
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers eval
['! x-amzn-ErrorType',
 'Content-Type: application/json'
  . "\n" . 'Content-Length: 28'
  . "\n" . 'x-amzn-ErrorType: LimitExceededException']
--- response_body eval
["a 1 0 exact\n", '{"message":"Limit Exceeded"}']



=== TEST 4: the answer of an HTTP API
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval
"apigw_api_type http; $::Routes"
--- request eval
["GET /prod/b", "GET /prod/b"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers eval
['! x-amzn-ErrorType',
 'Content-Type: application/json'
  . "\n" . '! x-amzn-ErrorType']
--- response_body_like eval
['^GIF', '^\{"message":"Limit Exceeded"\}$']



=== TEST 5: each consumer has a quota of its own
--- http_config eval
main::keys_of('quota 1/week;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval
[$::More, $::More, $::Carol, $::Carol]
--- error_code eval
[200, 429, 200, 429]



=== TEST 6: keys of one id share a quota
--- http_config eval
"apigw_usage_plan gold { quota 3/day; }
 apigw_api_key a key=$::Key plan=gold id=alice;
 apigw_api_key b key=$::Other plan=gold id=alice;"
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval
[$::More, $::Carol, $::More, $::Carol, $::More]
--- error_code eval
[200, 200, 200, 429, 429]
--- response_body eval
["a 3 2 exact\n", "a 3 1 exact\n", "a 3 0 exact\n",
 ('{"message":"Limit Exceeded"}') x 2]



=== TEST 7: all stages of a plan count as one
--- http_config eval
main::keys_of('quota 2/day;')
--- config eval
$::Routes . <<'_EOC_';
    apigw_stage test {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /t" { return 200 "t\n"; }
    }
_EOC_
--- request eval
["GET /prod/a", "GET /test/t", "GET /prod/a", "GET /test/t"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 429, 429]



=== TEST 8: where no key is required nothing is counted
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval: $::Routes
--- request eval
["GET /prod/open", "GET /prod/open", "GET /prod/a", "GET /prod/open"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 200, 200]
--- response_body eval
["open <>\n", "open <>\n", "a 1 0 exact\n", "open <>\n"]



=== TEST 9: what a throttle refuses is not counted
--- http_config eval
main::keys_of('quota 4/day; throttle 1r/m burst=2 "route=GET /b";')
--- config eval: $::Routes
--- request eval
["GET /prod/b", "GET /prod/b", "GET /prod/b", "GET /prod/b", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 429, 429, 200, 200, 429]
--- response_body_like eval
['GIF', 'GIF', 'Too Many', 'Too Many', 'a 4 1', 'a 4 0', 'Limit Exceeded']



=== TEST 10: what the throttle of a route refuses is not counted
--- http_config eval
main::keys_of('quota 2/day;')
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { apigw_throttle 1r/m burst=1; return 200; }
        apigw_route "GET /b" { return 200; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b"]
--- more_headers eval: $::More
--- error_code eval
[200, 429, 429, 200, 429]



=== TEST 11: a throttle and the quota that refuses: two items
--- http_config eval
main::keys_of('quota 1/day; throttle 1r/m burst=5;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers_like eval
["RateLimit-Policy: \"plan\";q=5;w=300\n"
 . 'RateLimit: "plan";r=4;t=\d+',
 main::used(1, ['"plan";q=5;w=300, ', '"plan";r=3;t=\d+, '])]



=== TEST 12: who is refused by the throttle is told nothing of the quota
--- http_config eval
main::keys_of('quota 5/day; throttle 1r/m burst=1;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- raw_response_headers_unlike eval
['Retry-After', 'limit="plan"']
--- response_headers_like eval
['x-amzn-RequestId: .+',
 'RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=(?:60|5\d)'
  . "\n" . 'Retry-After: (?:60|5\d)']



=== TEST 13: without apigw_limit_headers
--- http_config eval
main::keys_of('quota 1/day; throttle 1r/m burst=5;') . 'apigw_limit_headers off;'
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers eval
['! RateLimit',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After'
  . "\n" . 'x-amzn-ErrorType: LimitExceededException']



=== TEST 14: what others refuse is not counted
--- http_config eval
main::keys_of('quota 2/day;') . '
    limit_req_zone $http_host zone=one:1m rate=1r/m;'
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /deny" { deny all; empty_gif; }
        apigw_route "GET /basic" {
            auth_basic closed;
            auth_basic_user_file html/none;
            empty_gif;
        }
        apigw_route "GET /auth" { auth_request /check; empty_gif; }
        apigw_route "GET /req" { limit_req zone=one; empty_gif; }
        apigw_route "GET /a" { empty_gif; }
    }
    location = /check { internal; return 403; }
--- request eval
["GET /prod/deny", "GET /prod/basic", "GET /prod/auth", "GET /prod/req", "GET /prod/req", "GET /prod/req", "GET /prod/none", "POST /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[403, 401, 403, 200, 429, 429, 403, 403, 200, 429]
--- response_body_like eval
['Message', 'Unauthorized', 'Message', 'GIF', 'Too Many', 'Too Many',
 'Missing', 'Missing', 'GIF', 'Limit Exceeded']



=== TEST 15: a wrong key costs nobody anything
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval
['X-Api-Key: nobody-key-0123456789', '', $::More]
--- error_code eval
[403, 403, 200]



=== TEST 16: what fails behind the gateway counts
--- http_config eval
main::keys_of('quota 3/day;') . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /missing" { root html; }
        apigw_route "GET /broken" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /down" { proxy_pass http://127.0.0.1:1; }
    }
--- request eval
["GET /prod/missing", "GET /prod/broken", "GET /prod/down", "GET /prod/missing"]
--- more_headers eval: $::More
--- error_code eval
[404, 500, 504, 429]



=== TEST 17: HEAD counts as any method
--- http_config eval
main::keys_of('quota 2/day;')
--- config eval: $::Routes
--- request eval
["HEAD /prod/a", "POST /prod/a", "HEAD /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 429, 429]
--- response_headers_like eval
['Content-Type: text/plain', 'Content-Type: text/plain',
 (main::used(2)) x 2]
--- response_body eval
["", "a 2 0 exact\n", "", '{"message":"Limit Exceeded"}']



=== TEST 18: a request with a body is refused, the connection goes on
--- http_config eval
main::keys_of('quota 1/day;') . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "POST /a" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /open" { apigw_api_key_required off; return 200 "open\n"; }
    }
--- pipelined_requests eval
["POST /prod/a\nhello", "POST /prod/a\nhello", "GET /prod/open"]
--- more_headers eval: $::More
--- error_code eval
[200, 429, 200]
--- response_body eval
["back POST /a\n", '{"message":"Limit Exceeded"}', "open\n"]



=== TEST 19: internal redirects count once
--- http_config eval
main::keys_of('quota 3/day;') . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /page" {
            error_page 404 = /prod/b;
            root html;
        }
        apigw_route "GET /redirect" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /try" { root html; try_files /none /b; }
        apigw_route "GET /b" { empty_gif; }
    }
--- request eval
["GET /prod/page", "GET /prod/redirect", "GET /prod/try", "GET /prod/b"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 200, 429]



=== TEST 20: subrequests are not counted
--- http_config eval
main::keys_of('quota 2/day;') . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { mirror /prod/b; auth_request /prod/c; proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
        apigw_route "GET /b" { empty_gif; }
        apigw_route "GET /c" { return 200; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 429, 429]



=== TEST 21: variables in the access log
--- http_config eval
main::keys_of('quota 1/day;') . '
    log_format quota "[$request_uri $status $apigw_quota_limit/$apigw_quota_remaining/$apigw_quota_mode/$apigw_quota_wait]";'
--- config eval
"access_log logs/access.log quota; $::Routes $::Two"
--- request
GET /two
--- error_code: 429
--- access_log
[/b 200 1/0/exact/0.000]
[/b 429 1/0/exact/0.000]
[/two 429 -/-/-/-]



=== TEST 22: and before there is a quota
--- http_config eval
main::keys_of('quota 1/day;') . '
    log_format quota "[$request_uri $status <$apigw_quota_limit$apigw_quota_remaining$apigw_quota_mode$apigw_quota_wait>]";'
--- config eval
"access_log logs/access.log quota; $::Routes"
--- request eval
["GET /prod/a", "GET /prod/none", "GET /prod/open"]
--- more_headers
X-Api-Key: nobody-key-0123456789
--- error_code eval
[403, 403, 200]
--- access_log
<---->]



=== TEST 23: a variable reads the same each time, however many come between
--- http_config eval
main::keys_of('quota 9/day;') . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" {
            add_header X-Later $apigw_quota_remaining;
            proxy_set_header X-Now $apigw_quota_remaining;
            proxy_pass http://127.0.0.1:$server_port/prod/b?n=$apigw_quota_remaining;
        }
        apigw_route "GET /b" {
            apigw_api_key_required off;
            return 200 "$arg_n $http_x_now\n";
        }
    }
--- request
GET /prod/a
--- more_headers eval: $::More
--- response_headers
X-Later: 8
--- response_body
8 8



=== TEST 24: each plan has its own quota
--- http_config eval
"apigw_usage_plan gold { throttle 1r/m burst=9; quota 2/day; throttle 1r/m burst=9 'route=GET /t'; }
 apigw_usage_plan free { throttle 1r/m burst=9; }
 apigw_usage_plan iron { quota 1/month; }
 apigw_api_key a key=$::Key plan=gold,iron,free id=alice;
 apigw_api_key c key=$::Other plan=iron,free id=carol;"
--- config
    apigw_api_key_required on;
    apigw_stage gold { apigw_usage_plans gold; apigw_route "GET /t" { return 200 "$apigw_quota_remaining\n"; } }
    apigw_stage iron { apigw_usage_plans iron; apigw_route "GET /t" { return 200 "$apigw_quota_remaining\n"; } }
    apigw_stage free { apigw_usage_plans free; apigw_route "GET /t" { return 200 "<$apigw_quota_remaining>\n"; } }
--- request eval
["GET /gold/t", "GET /iron/t", "GET /free/t", "GET /iron/t", "GET /gold/t", "GET /gold/t", "GET /iron/t", "GET /iron/t", "GET /free/t"]
--- more_headers eval
[($::More) x 6, ($::Carol) x 3]
--- error_code eval
[200, 200, 200, 429, 200, 429, 200, 429, 200]
--- response_body_like eval
['^1$', '^0$', '^<>$', 'Limit', '^0$', 'Limit', '^0$', 'Limit', '^<>$']



=== TEST 25: the largest quota
--- http_config eval
main::keys_of('quota 1099511627775/month offset=27;')
--- config eval: $::Routes
--- request
GET /prod/a
--- more_headers eval: $::More
--- response_body
a 1099511627775 1099511627774 exact



=== TEST 26: the window of a week
--- http_config eval
main::keys_of('quota 1/week offset=6;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers_like eval
['Content-Type: text/plain',
 'RateLimit-Policy: "quota";q=1;w=604800']



=== TEST 27: the window of a month
--- http_config eval
main::keys_of('quota 1/month;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers_like eval
['Content-Type: text/plain',
 'RateLimit-Policy: "quota";q=1;w=(?:2419200|2505600|2592000|2678400)']



=== TEST 28: on_error matters only where a store may fail
--- http_config eval
main::keys_of('quota 1/day; on_error open;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]



=== TEST 29: apigw_response changes the answer
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval
"apigw_response QUOTA_EXCEEDED status=402 type=text/plain 'body=pay, \$apigw_api_key_id: \$apigw_error_type \$apigw_error_message';
 $::Routes"
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 402]
--- response_headers_like eval
['Content-Type: text/plain',
 "Content-Type: text/plain\nRetry-After: [1-9]\\d*\n"
 . 'x-amzn-ErrorType: LimitExceededException']
--- response_body eval
["a 1 0 exact\n", "pay, alice: QUOTA_EXCEEDED Limit Exceeded"]



=== TEST 30: so does that of its class
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval
"apigw_response DEFAULT_4XX status=418 'body=no';
 $::Routes"
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval: $::More
--- error_code eval
[200, 418]
--- response_body eval
["a 1 0 exact\n", "no"]



=== TEST 31: a page of one's own keeps the headers
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval
'error_page 429 /busy; location = /busy { internal; default_type text/css; return 200 "used up\n"; }'
. $::Routes
--- request eval
["GET /prod/b", "GET /prod/b"]
--- more_headers eval: $::More
--- error_code eval
[200, 429]
--- response_headers_like eval
['Content-Type: image/gif',
 "Content-Type: text/css\n" . 'Retry-After: [1-9]\d*']
--- response_body_like eval
['^GIF', '^used up$']



=== TEST 32: a page in a route of another plan does not make up for it
--- http_config eval
main::keys_of('quota 1/day;') . "
    apigw_usage_plan more { quota 5/day; }
    apigw_api_key d key=dave-key-0123456789-0 plan=gold,more id=dave;"
--- config eval
'error_page 429 /page/p;
 apigw_stage page {
     apigw_usage_plans more;
     apigw_api_key_required on;
     apigw_route "GET /p" { return 200 "page\n"; }
 }' . $::Routes
--- request eval
["GET /prod/b", "GET /prod/b", "GET /page/p"]
--- more_headers
X-Api-Key: dave-key-0123456789-0
--- error_code eval
[200, 429, 200]
--- response_body_like eval
['^GIF', 'Limit Exceeded', '^page$']



=== TEST 33: the message, of each refused request one
--- http_config eval
main::keys_of('quota 1/day;')
--- config eval: $::Routes . $::Two
--- request
GET /two
--- error_code: 429
--- grep_error_log eval: qr/\[\w+\] .*? limiting requests by the quota[^,]*/
--- grep_error_log_out eval
qr/^\[info\] \S+ \*\d+ limiting requests by the quota of the usage plan "gold" for "GET \/b" in stage "prod": API key "alice" has used it up\n$/
--- no_error_log
[error]
[alert]



=== TEST 34: the level of the message
--- http_config eval
main::keys_of('quota 1/day;') . 'apigw_limit_log_level warn;'
--- config eval: $::Routes . $::Two
--- request
GET /two
--- error_code: 429
--- error_log eval
qr/\[warn\] .* limiting requests by the quota of the usage plan "gold"/
--- no_error_log
[error]
[alert]



=== TEST 35: Expect: nobody is asked for a body that is not wanted
--- http_config eval
main::keys_of('quota 1/day;') . $::Backend
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "POST /a" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["POST /prod/a\nhello", "POST /prod/a\nhello"]
--- more_headers eval
[$::More, "$::More\nExpect: 100-continue"]
--- error_code eval
[200, 429]



=== TEST 36: what on_error has decided is counted
--- http_config eval: main::keys_of('quota 1/day;')
--- config eval
"$::Routes location = /inexact { return 200 \$apigw_quota_inexact; }"
--- request
GET /inexact
--- response_body chomp
open=0 local=0 closed=0



=== TEST 37: without a quota there is nothing to count
--- config
    location = /inexact { return 200 "<$apigw_quota_inexact>"; }
--- request
GET /inexact
--- response_body chomp
<>
