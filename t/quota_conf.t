# Quotas in usage plans: bad ones are refused with the line and the reason.

use Test::Nginx::Socket 'no_plan';

our $Stage = <<'_EOC_';
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
_EOC_

no_long_string();
run_tests();

__DATA__

=== TEST 1: no limit
--- http_config
    apigw_usage_plan gold { quota; }
--- config eval: $::Stage
--- must_die
--- error_log
"quota" has no limit, such as "1000/day" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 2: no period
--- http_config
    apigw_usage_plan gold { quota 1000; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000": 1 to 1099511627775 requests in a period are expected, such as "1000/day" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 3: no number
--- http_config
    apigw_usage_plan gold { quota /day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 4: nothing
--- http_config
    apigw_usage_plan gold { quota 0/day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "0/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 5: a negative number
--- http_config
    apigw_usage_plan gold { quota -5/day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "-5/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 6: a fraction
--- http_config
    apigw_usage_plan gold { quota 1.5/day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1.5/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 7: a unit
--- http_config
    apigw_usage_plan gold { quota 10k/day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "10k/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 8: one too many
--- http_config
    apigw_usage_plan gold { quota 1099511627776/day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1099511627776/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 9: a number beyond 64 bits
--- http_config
    apigw_usage_plan gold { quota 18446744073709551617/day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "18446744073709551617/day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 10: blanks around the slash
--- http_config
    apigw_usage_plan gold { quota 1000 / day; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 11: a blank before the slash
--- http_config
    apigw_usage_plan gold { quota "1000 /day"; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000 /day": 1 to 1099511627775
nginx.conf:
--- no_error_log
[alert]



=== TEST 12: a blank after the slash
--- http_config
    apigw_usage_plan gold { quota "1000/ day"; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000/ day": the period "day", "week" or "month" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 13: an unknown period
--- http_config
    apigw_usage_plan gold { quota 1000/year; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000/year": the period "day", "week" or "month" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 14: no name of a period
--- http_config
    apigw_usage_plan gold { quota 1000/; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000/": the period "day", "week" or "month" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 15: a period of several days
--- http_config
    apigw_usage_plan gold { quota 1000/2days; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000/2days": the period
nginx.conf:
--- no_error_log
[alert]



=== TEST 16: a period in capitals
--- http_config
    apigw_usage_plan gold { quota 1000/DAY; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid quota "1000/DAY": the period
nginx.conf:
--- no_error_log
[alert]



=== TEST 17: an unknown parameter
--- http_config
    apigw_usage_plan gold { quota 1000/day burst=5; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid parameter "burst=5": one "offset=" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 18: two offsets
--- http_config
    apigw_usage_plan gold { quota 1000/week offset=1 offset=2; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid parameter "offset=2": one "offset=" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 19: an empty offset
--- http_config
    apigw_usage_plan gold { quota 1000/week offset=; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid offset "": 0 to 6 days are expected for a week in
nginx.conf:
--- no_error_log
[alert]



=== TEST 20: no number as offset
--- http_config
    apigw_usage_plan gold { quota 1000/week offset=x; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid offset "x": 0 to 6 days are expected for a week in
nginx.conf:
--- no_error_log
[alert]



=== TEST 21: a negative offset
--- http_config
    apigw_usage_plan gold { quota 1000/week offset=-1; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid offset "-1": 0 to 6 days are expected for a week in
nginx.conf:
--- no_error_log
[alert]



=== TEST 22: an offset of a day
--- http_config
    apigw_usage_plan gold { quota 1000/day offset=1; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid offset "1": 0 is expected for a day in
nginx.conf:
--- no_error_log
[alert]



=== TEST 23: an offset beyond a week
--- http_config
    apigw_usage_plan gold { quota 1000/week offset=7; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid offset "7": 0 to 6 days are expected for a week in
nginx.conf:
--- no_error_log
[alert]



=== TEST 24: an offset beyond a short month
--- http_config
    apigw_usage_plan gold { quota 1000/month offset=28; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid offset "28": 0 to 27 days are expected for a month in
nginx.conf:
--- no_error_log
[alert]



=== TEST 25: two quotas
--- http_config
    apigw_usage_plan gold { quota 1000/day; quota 10000/month; }
--- config eval: $::Stage
--- must_die
--- error_log
the duplicate quota in the usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 26: on_error without a quota
--- http_config
    apigw_usage_plan gold { throttle 1r/s burst=1; on_error open; }
--- config eval: $::Stage
--- must_die
--- error_log
"on_error" without "quota" in the usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 27: on_error without a value
--- http_config
    apigw_usage_plan gold { quota 1000/day; on_error; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid "on_error": "closed", "open" or "local" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 28: an unknown value of on_error
--- http_config
    apigw_usage_plan gold { quota 1000/day; on_error pass; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid "on_error": "closed", "open" or "local" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 29: two values of on_error
--- http_config
    apigw_usage_plan gold { quota 1000/day; on_error open local; }
--- config eval: $::Stage
--- must_die
--- error_log
invalid "on_error": "closed", "open" or "local" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 30: two on_error
--- http_config
    apigw_usage_plan gold { quota 1000/day; on_error open; on_error closed; }
--- config eval: $::Stage
--- must_die
--- error_log
the duplicate "on_error" in the usage plan "gold" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 31: an offset of a week
--- http_config
    apigw_usage_plan gold { quota 1000/week offset=6; }
    apigw_api_key a key=alice-key-0123456789 plan=gold;
--- config eval: $::Stage
--- request
GET /prod/a
--- more_headers
X-Api-Key: alice-key-0123456789
--- response_body
a
--- no_error_log
[error]



=== TEST 32: an offset of a month
--- http_config
    apigw_usage_plan gold { quota 1000/month offset=27; }
    apigw_api_key a key=alice-key-0123456789 plan=gold;
--- config eval: $::Stage
--- request
GET /prod/a
--- more_headers
X-Api-Key: alice-key-0123456789
--- response_body
a
--- no_error_log
[error]



=== TEST 33: the offset of a day
--- http_config
    apigw_usage_plan gold { quota 1/day offset=0; }
    apigw_api_key a key=alice-key-0123456789 plan=gold;
--- config eval: $::Stage
--- request
GET /prod/a
--- more_headers
X-Api-Key: alice-key-0123456789
--- response_body
a
--- no_error_log
[error]



=== TEST 34: on_error before the quota
--- http_config
    apigw_usage_plan gold { on_error local; quota 1/day; }
    apigw_api_key a key=alice-key-0123456789 plan=gold;
--- config eval: $::Stage
--- request
GET /prod/a
--- more_headers
X-Api-Key: alice-key-0123456789
--- response_body
a
--- no_error_log
[error]



=== TEST 35: on_error closed
--- http_config
    apigw_usage_plan gold { quota 1/day; on_error closed; }
    apigw_api_key a key=alice-key-0123456789 plan=gold;
--- config eval: $::Stage
--- request
GET /prod/a
--- more_headers
X-Api-Key: alice-key-0123456789
--- response_body
a
--- no_error_log
[error]



=== TEST 36: no keys: nothing is leased
--- http_config
    apigw_usage_plan gold { quota 5/day; }
--- config eval: $::Stage
--- request
GET /prod/a
--- error_code: 403
--- no_error_log
[error]
