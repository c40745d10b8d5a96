# Usage plans: their throttles, and what is refused in them.  Quotas are in
# quota.t.

use Test::Nginx::Socket 'no_plan';

our $Key = 'alice-key-0123456789';              # id 73ezx5754o
our $Other = 'carol-key-0123456789-0123';

our $Routes = <<'_EOC_';
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a $apigw_throttle_status\n"; }
        apigw_route "GET /b" { return 200 "b $apigw_throttle_status\n"; }
        apigw_route "POST /a" { return 200 "posted\n"; }
        apigw_route "GET /open" {
            apigw_api_key_required off;
            return 200 "open <$apigw_throttle_status>\n";
        }
    }
_EOC_

sub keys_of ($) {
    my $plan = shift;
    return "apigw_usage_plan gold { $plan }
        apigw_api_key a key=$Key plan=gold;
        apigw_api_key b key=$Other plan=gold;";
}

our $More = "X-Api-Key: $Key";

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a plan admits its burst at once, then refuses
--- http_config eval
main::keys_of('throttle 1r/m burst=3;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/b", "GET /prod/a", "GET /prod/a", "GET /prod/b"]
--- more_headers eval
[($::More) x 5]
--- error_code eval
[200, 200, 200, 429, 429]
--- response_headers eval
['RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=2;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=1;t=120'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 2: each key has a bucket of its own
--- http_config eval
main::keys_of('throttle 1r/m burst=1;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval
[$::More, $::More, ("X-Api-Key: $::Other") x 2]
--- error_code eval
[200, 429, 200, 429]



=== TEST 3: where no key is required the plan counts nothing
--- http_config eval
main::keys_of('throttle 1r/m burst=1;')
--- config eval: $::Routes
--- request eval
["GET /prod/open", "GET /prod/open", "GET /prod/a", "GET /prod/open"]
--- more_headers eval
[($::More) x 4]
--- error_code eval
[200, 200, 200, 200]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . '! Retry-After',
 '! RateLimit']



=== TEST 4: a plan without throttles limits nothing
--- http_config eval
main::keys_of('')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval
[($::More) x 5]
--- error_code eval
[200, 200, 200, 200, 200]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy']



=== TEST 5: a throttle of one route
--- http_config eval
main::keys_of('throttle 1r/m burst=2 "route=GET /a";')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "POST /prod/a", "GET /prod/b", "GET /prod/b"]
--- more_headers eval
[($::More) x 6]
--- error_code eval
[200, 200, 429, 200, 200, 200]
--- response_headers eval
['RateLimit-Policy: "plan-route";q=2;w=120'
  . "\n" . 'RateLimit: "plan-route";r=1;t=60'
  . "\n" . '! Retry-After',
 'Content-Type: text/plain',
 'RateLimit-Policy: "plan-route";q=2;w=120'
  . "\n" . 'RateLimit: "plan-route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 '! RateLimit',
 '! RateLimit',
 '! RateLimit']



=== TEST 6: a throttle of one route and one of the plan: the scarcer one is shown
--- http_config eval
main::keys_of('throttle 1r/m burst=3; throttle 1r/m burst=1 "route=GET /a";')
--- config eval: $::Routes
--- request eval
["GET /prod/b", "GET /prod/a", "GET /prod/b", "GET /prod/b"]
--- more_headers eval
[($::More) x 4]
--- error_code eval
[200, 200, 200, 429]
--- response_headers eval
['RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=2;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan-route";q=1;w=60'
  . "\n" . 'RateLimit: "plan-route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 7: what the throttle of the route refuses costs the plan nothing
--- http_config eval
main::keys_of('throttle 1r/m burst=3; throttle 1r/m burst=1 "route=GET /a";')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b", "GET /prod/b"]
--- more_headers eval
[($::More) x 6]
--- error_code eval
[200, 429, 429, 200, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "plan-route";q=1;w=60'
  . "\n" . 'RateLimit: "plan-route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: application/json',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=1;t=120'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=3;w=180'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 8: rate 0 blocks, without Retry-After
--- http_config eval
main::keys_of('throttle 0r/s burst=5;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval
[($::More) x 2]
--- error_code eval
[429, 429]
--- response_headers eval
['RateLimit-Policy: "plan";q=5'
  . "\n" . 'RateLimit: "plan";r=0'
  . "\n" . '! Retry-After'
  . "\n" . 'Content-Type: application/json',
 'RateLimit-Policy: "plan";q=5'
  . "\n" . 'RateLimit: "plan";r=0'
  . "\n" . '! Retry-After'
  . "\n" . 'Content-Type: application/json']



=== TEST 9: burst 0 blocks
--- http_config eval
main::keys_of('throttle 1000r/s burst=0;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval
[($::More) x 2]
--- error_code eval
[429, 429]
--- response_headers eval
['RateLimit-Policy: "plan";q=0'
  . "\n" . 'RateLimit: "plan";r=0'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "plan";q=0'
  . "\n" . 'RateLimit: "plan";r=0'
  . "\n" . '! Retry-After']



=== TEST 10: several throttles of the plan for several routes
--- http_config eval
main::keys_of('throttle 1r/m burst=1 "route=GET /a"; throttle 1r/m burst=2 "route=GET /b";')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b", "GET /prod/b"]
--- more_headers eval
[($::More) x 5]
--- error_code eval
[200, 429, 200, 200, 429]



=== TEST 11: what the stage refuses costs the plan nothing: neither its route nor itself
--- http_config eval
main::keys_of('throttle 1r/m burst=5; throttle 1r/m burst=3 "route=GET /a";')
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=2", "GET /prod/a?k=3", "GET /prod/a?k=4"]
--- more_headers eval
[($::More) x 6]
--- error_code eval
[200, 429, 429, 200, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: application/json',
 'Content-Type: text/plain',
 'Content-Type: text/plain',
 'RateLimit-Policy: "plan-route";q=3;w=180'
  . "\n" . 'RateLimit: "plan-route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 12: what the plan refuses costs the stage nothing
--- http_config eval
main::keys_of('throttle 1r/m burst=1;')
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_throttle 1r/m burst=2;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
    apigw_stage open { apigw_route "GET /x" { return 200 "x\n"; } }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /open/x"]
--- more_headers eval
[($::More) x 3, ("X-Api-Key: $::Other") x 3]
--- error_code eval
[200, 429, 429, 200, 429, 200]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: application/json',
 'Content-Type: text/plain',
 'RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: text/plain']



=== TEST 13: one plan of several opens the stage; routes with a throttle are those of that plan
--- http_config eval
"apigw_usage_plan gold { throttle 1r/m burst=1 'route=GET /a'; }
  apigw_usage_plan iron { throttle 1r/m burst=2 'route=GET /b'; }
  apigw_api_key a key=$::Key plan=gold; apigw_api_key b key=$::Other plan=iron;"
--- config
    apigw_stage prod {
        apigw_usage_plans iron gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/a", "GET /prod/a", "GET /prod/b"]
--- more_headers eval
[($::More) x 3, ("X-Api-Key: $::Other") x 3]
--- error_code eval
[200, 429, 200, 200, 200, 200]
--- response_headers eval
['RateLimit-Policy: "plan-route";q=1;w=60'
  . "\n" . 'RateLimit: "plan-route";r=0;t=60'
  . "\n" . '! Retry-After',
 'Content-Type: application/json',
 '! RateLimit',
 '! RateLimit',
 '! RateLimit',
 'RateLimit-Policy: "plan-route";q=2;w=120'
  . "\n" . 'RateLimit: "plan-route";r=1;t=60'
  . "\n" . '! Retry-After']



=== TEST 14: a plan may be named before it is defined
--- http_config eval
"apigw_api_key a key=$::Key plan=gold; apigw_usage_plan gold { throttle 1r/m burst=1; }"
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval
[($::More) x 2]
--- error_code eval
[200, 429]
--- response_headers eval
['RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . '! Retry-After',
 'Content-Type: application/json']



=== TEST 15: the answer of an HTTP API
--- http_config eval
main::keys_of('throttle 1r/m burst=1;')
--- config
    apigw_api_type http;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval
[($::More) x 2]
--- error_code eval
[200, 429]
--- response_headers eval
['! x-amzn-ErrorType',
 'Content-Type: application/json'
  . "\n" . '! x-amzn-ErrorType'
  . "\n" . '! x-amzn-RequestId'
  . "\n" . 'RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60']
--- response_body eval
["a\n", '{"message":"Too Many Requests"}']



=== TEST 16: the answer of a REST API
--- http_config eval
main::keys_of('throttle 1r/m burst=1;')
--- config eval: $::Routes
--- request eval
["GET /prod/a", "GET /prod/a"]
--- more_headers eval
[($::More) x 2]
--- error_code eval
[200, 429]
--- response_headers eval
['! x-amzn-ErrorType',
 'Content-Type: application/json'
  . "\n" . 'x-amzn-ErrorType: TooManyRequestsException'
  . "\n" . 'RateLimit-Policy: "plan";q=1;w=60'
  . "\n" . 'RateLimit: "plan";r=0;t=60'
  . "\n" . 'Retry-After: 60']
--- response_body eval
["a PASSED\n", '{"message":"Too Many Requests"}']



=== TEST 17: an unknown directive
--- http_config
    apigw_usage_plan gold { limit 5; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
unknown directive "limit" in a usage plan: "throttle", "quota", "on_error" or "pricing" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 18: no rate
--- http_config
    apigw_usage_plan gold { throttle; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
"throttle" has no rate, such as "10r/s" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 19: a bad rate
--- http_config
    apigw_usage_plan gold { throttle 10 burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid rate "10": 0 to 1000000 "r/s" or "r/m" are expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 20: a negative rate
--- http_config
    apigw_usage_plan gold { throttle -1r/s burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid rate "-1r/s"
nginx.conf:
--- no_error_log
[alert]



=== TEST 21: a rate per hour
--- http_config
    apigw_usage_plan gold { throttle 10r/h burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid rate "10r/h"
nginx.conf:
--- no_error_log
[alert]



=== TEST 22: too high a rate
--- http_config
    apigw_usage_plan gold { throttle 1000001r/s burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid rate "1000001r/s"
nginx.conf:
--- no_error_log
[alert]



=== TEST 23: no burst
--- http_config
    apigw_usage_plan gold { throttle 10r/s; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
"burst=" is missing beside the rate "10r/s" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 24: a bad burst
--- http_config
    apigw_usage_plan gold { throttle 10r/s burst=x; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid burst "x": a number of requests is expected
nginx.conf:
--- no_error_log
[alert]



=== TEST 25: a negative burst
--- http_config
    apigw_usage_plan gold { throttle 10r/s burst=-1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid burst "-1"
nginx.conf:
--- no_error_log
[alert]



=== TEST 26: an enormous burst
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=9223372036854775807; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid burst "9223372036854775807": a number of requests is expected that a bucket gains within 73 years in
nginx.conf:
--- no_error_log
[alert]



=== TEST 27: a burst beyond 64 bits
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=18446744073709551617; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid burst "18446744073709551617"
nginx.conf:
--- no_error_log
[alert]



=== TEST 28: an unknown parameter
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1 delay=5; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
invalid parameter "delay=5": "burst=" or "route=" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 29: quotes inside of a parameter
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1 route="GET /a"; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
a quote inside the parameter "route="GET": quote the parameter as a whole in
nginx.conf:
--- no_error_log
[alert]



=== TEST 30: two throttles of the plan
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1; throttle 5r/m burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
the duplicate throttle in the usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 31: two throttles of one route
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1 "route=GET /a"; throttle 2r/m burst=1 "route=GET /a"; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
the duplicate throttle in the usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 32: a throttle of a route that is not there
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1 "route=GET /none"; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
no stage that the usage plan "gold" opens has the route "GET /none" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 33: a throttle of a route that is in another stage only
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1 "route=GET /b"; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
    apigw_stage test { apigw_route "GET /b" { return 200; } }
--- must_die
--- error_log
no stage that the usage plan "gold" opens has the route "GET /b" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 34: two plans of one name
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1; }
    apigw_usage_plan gold { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log eval
qr{the duplicate usage plan "gold", see \S*nginx\.conf:\d+ in}
--- no_error_log
[alert]



=== TEST 35: a comma in the name
--- http_config
    apigw_usage_plan a,b { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid usage plan name "a,b": a name without commas and quotes is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 36: an empty name
--- http_config
    apigw_usage_plan "" { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid usage plan name ""
nginx.conf:
--- no_error_log
[alert]



=== TEST 37: no name
--- http_config
    apigw_usage_plan { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid number of arguments in "apigw_usage_plan" directive
nginx.conf:
--- no_error_log
[alert]



=== TEST 38: a plan in a server
--- config
    apigw_usage_plan gold { throttle 1r/m burst=1; }
--- must_die
--- error_log
"apigw_usage_plan" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]



=== TEST 39: one plan twice in apigw_usage_plans
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
the duplicate usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 40: two apigw_usage_plans
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
"apigw_usage_plans" directive is duplicate in
nginx.conf:
--- no_error_log
[alert]



=== TEST 41: no plan in apigw_usage_plans
--- config
    apigw_usage_plans;
--- must_die
--- error_log
invalid number of arguments in "apigw_usage_plans" directive
nginx.conf:
--- no_error_log
[alert]



=== TEST 42: apigw_usage_plans in a route
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=1; }
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_usage_plans gold; return 200; } }
--- must_die
--- error_log
"apigw_usage_plans" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]



=== TEST 43: an unknown plan
--- config
    apigw_stage prod { apigw_usage_plans gold; apigw_api_key_required on; apigw_route "GET /a" { return 200; } }
--- must_die
--- error_log
unknown usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]
