# The shared memory zone.  What a reload makes of it is in sys/reload.t, a
# table that is full in sys/flood.t.

use Test::Nginx::Socket 'no_plan';

our $Stage = <<'_EOC_';
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
_EOC_

sub rows ($) {
    my $n = shift;
    my @rows = map { sprintf "n,many-key-%011d,gold\n", $_ } 1 .. $n;
    return CORE::join '', "Name,key,UsagePlanIds\n", @rows;
}

sub throttled ($$) {
    my ($routes, $throttles) = @_;
    my $text = '';
    for my $n (1 .. $routes) {
        $text .= "apigw_route \"GET /$n\" { return 200 \"$n\n\"; }\n";
    }
    my @throttles = map { "apigw_throttle 1r/m burst=$_;\n" } 1 .. $throttles;
    return "apigw_stage prod {\n@throttles $text}\n";
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: without a directive there is a zone
--- http_config
    
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /k" { apigw_throttle off; apigw_throttle 1r/m burst=1 key=$arg_k; return 200 "k\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/k?k=1", "GET /prod/k?k=1", "GET /prod/k?k=2"]
--- error_code eval
[200, 429, 200, 429, 200]
--- no_error_log
[alert]
[emerg]



=== TEST 2: the smallest one
--- http_config
    apigw_zone 1m;
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /k" { apigw_throttle off; apigw_throttle 1r/m burst=1 key=$arg_k; return 200 "k\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/k?k=1", "GET /prod/k?k=1", "GET /prod/k?k=2"]
--- error_code eval
[200, 429, 200, 429, 200]
--- no_error_log
[alert]
[emerg]



=== TEST 3: one in kilobytes
--- http_config
    apigw_zone 1500k;
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /k" { apigw_throttle off; apigw_throttle 1r/m burst=1 key=$arg_k; return 200 "k\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/k?k=1", "GET /prod/k?k=1", "GET /prod/k?k=2"]
--- error_code eval
[200, 429, 200, 429, 200]
--- no_error_log
[alert]
[emerg]



=== TEST 4: in bytes, no multiple of a page
--- http_config
    apigw_zone 1234567;
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /k" { apigw_throttle off; apigw_throttle 1r/m burst=1 key=$arg_k; return 200 "k\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/k?k=1", "GET /prod/k?k=1", "GET /prod/k?k=2"]
--- error_code eval
[200, 429, 200, 429, 200]
--- no_error_log
[alert]
[emerg]



=== TEST 5: a large one
--- http_config
    apigw_zone 256m;
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /k" { apigw_throttle off; apigw_throttle 1r/m burst=1 key=$arg_k; return 200 "k\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/k?k=1", "GET /prod/k?k=1", "GET /prod/k?k=2"]
--- error_code eval
[200, 429, 200, 429, 200]
--- no_error_log
[alert]
[emerg]



=== TEST 6: in any place of http
--- http_config
    map $uri $unused { default 1; } apigw_zone 2m;
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /k" { apigw_throttle off; apigw_throttle 1r/m burst=1 key=$arg_k; return 200 "k\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/k?k=1", "GET /prod/k?k=1", "GET /prod/k?k=2"]
--- error_code eval
[200, 429, 200, 429, 200]
--- no_error_log
[alert]
[emerg]



=== TEST 7: a zone that nobody needs
--- http_config
    apigw_zone 1m;
--- config
    location /t { return 200 "t\n"; }
--- request
GET /t
--- response_body
t
--- no_error_log
[alert]
[emerg]



=== TEST 8: too small
--- http_config
    apigw_zone 1023k;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid zone size "1023k": "1m" or more is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 9: 0
--- http_config
    apigw_zone 0;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid zone size "0": "1m" or more is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 10: negative
--- http_config
    apigw_zone -1m;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid zone size "-1m"
nginx.conf:
--- no_error_log
[alert]



=== TEST 11: not a size
--- http_config
    apigw_zone large;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid zone size "large"
nginx.conf:
--- no_error_log
[alert]



=== TEST 12: an unknown unit
--- http_config
    apigw_zone 1t;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid zone size "1t"
nginx.conf:
--- no_error_log
[alert]



=== TEST 13: a name as limit_req_zone has it
--- http_config
    apigw_zone zone=a:1m;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid zone size "zone=a:1m"
nginx.conf:
--- no_error_log
[alert]



=== TEST 14: no size
--- http_config
    apigw_zone;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid number of arguments in "apigw_zone" directive
nginx.conf:
--- no_error_log
[alert]



=== TEST 15: twice
--- http_config
    apigw_zone 1m;
    apigw_zone 1m;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
"apigw_zone" directive is duplicate in
nginx.conf:
--- no_error_log
[alert]



=== TEST 16: another parameter (file= is in zone_file.t)
--- http_config
    apigw_zone 1m state=/tmp/apigw.state;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
invalid parameter "state=/tmp/apigw.state" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 17: in a server
--- config
    apigw_zone 1m;
--- must_die
--- error_log
"apigw_zone" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]



=== TEST 18: 16000 keys fit into 1m
--- http_config
    apigw_zone 1m;
    apigw_usage_plan gold { throttle 1r/m burst=1; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", main::rows(16000)]]
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- more_headers eval
[("X-Api-Key: many-key-00000000001") x 2, "X-Api-Key: many-key-00000016000", "X-Api-Key: many-key-00000016001"]
--- error_code eval
[200, 429, 200, 403]
--- no_error_log
[alert]
[emerg]



=== TEST 19: 17000 keys do not
--- http_config
    apigw_zone 1m;
    apigw_usage_plan gold { throttle 1r/m burst=1; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", main::rows(17000)]]
--- must_die
--- error_log eval
qr{\[emerg\] .*"apigw_zone" is too small for the throttles of 17000 API keys: it has room for 16\d{3} token buckets}
--- no_error_log
many-key



=== TEST 20: nor 12000 keys of two throttles each
--- http_config
    apigw_zone 1m;
    apigw_usage_plan gold { throttle 1r/m burst=1; throttle 1r/m burst=1 "route=GET /a"; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", main::rows(12000)]]
--- must_die
--- error_log
"apigw_zone" is too small for the throttles of 12000 API keys



=== TEST 21: but into 2m
--- http_config
    apigw_zone 2m;
    apigw_usage_plan gold { throttle 1r/m burst=1; throttle 1r/m burst=1 "route=GET /a"; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", main::rows(12000)]]
--- request
GET /prod/a
--- more_headers
X-Api-Key: many-key-00000012000
--- response_body
a



=== TEST 22: keys without throttles need no room
--- http_config
    apigw_zone 1m;
    apigw_usage_plan gold {  }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", main::rows(17000)]]
--- request
GET /prod/a
--- more_headers
X-Api-Key: many-key-00000017000
--- response_body
a



=== TEST 23: too many throttles of routes
--- http_config
    apigw_zone 1m;
--- config eval: main::throttled(1100, 15)
--- must_die
--- error_log eval
qr{\[emerg\] .*"apigw_zone" is too small for the throttles of all routes: it has room for 16\d{3} token buckets}



=== TEST 24: not too many
--- http_config
    apigw_zone 1m;
--- config eval: main::throttled(1000, 15)
--- request
GET /prod/1000
--- response_body
1000
