# Throttles of servers, stages and routes.  Those of usage plans are in
# plan.t, their exactness over workers in sys/exact.t.

use Test::Nginx::Socket 'no_plan';

our $Log = <<'_EOC_';
    log_format throttle '[$status $request <$apigw_throttle_status>]';
_EOC_

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a route admits its burst at once, then refuses
--- config
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_throttle 1r/m burst=3; return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 200, 200, 429, 200]
--- response_headers eval
['RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=2;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=1;t=120'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After']



=== TEST 2: the answer of a REST API
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'Content-Type: application/json'
  . "\n" . 'x-amzn-ErrorType: TooManyRequestsException'
  . "\n" . 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']
--- response_body eval
["a\n", '{"message":"Too Many Requests"}']



=== TEST 3: the answer of an HTTP API
--- config
    apigw_api_type http;
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'Content-Type: application/json'
  . "\n" . '! x-amzn-ErrorType'
  . "\n" . 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']
--- response_body eval
["a\n", '{"message":"Too Many Requests"}']



=== TEST 4: of a stage, each route has its own bucket
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/b", "GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 200, 429, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 5: scope=route says the same
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 scope=route;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/b", "GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 200, 429, 429]



=== TEST 6: scope=stage: the routes share one
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2 scope=stage;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/b", "GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 200, 429, 429]
--- response_headers eval
['RateLimit-Policy: "stage";q=2;w=120'
  . "\n" . 'RateLimit: "stage";r=1;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "stage";q=2;w=120'
  . "\n" . 'RateLimit: "stage";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "stage";q=2;w=120'
  . "\n" . 'RateLimit: "stage";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "stage";q=2;w=120'
  . "\n" . 'RateLimit: "stage";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 7: of a server, each stage has its own, also with scope=stage
--- config
    apigw_throttle 1r/m burst=1 scope=stage;
    apigw_stage prod {
        
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
    apigw_stage test { apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /test/a", "GET /prod/b", "GET /test/a"]
--- error_code eval
[200, 200, 429, 429]



=== TEST 8: of a server, each route of each stage has its own
--- config
    apigw_throttle 1r/m burst=1;
    apigw_stage prod {
        
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
    apigw_stage test { apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /prod/b", "GET /test/a", "GET /prod/a", "GET /test/a"]
--- error_code eval
[200, 200, 200, 429, 429]



=== TEST 9: a parameter does not make another route
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /pets/{id}" { return 200 "$apigw_path_id\n"; }
    }
--- request eval
["GET /prod/pets/1", "GET /prod/pets/2", "GET /prod/pets/1?a=b"]
--- error_code eval
[200, 429, 429]



=== TEST 10: rate 0 blocks
--- config
    apigw_stage prod {
        apigw_throttle 0r/s burst=10;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[429, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=10'
  . "\n" . 'RateLimit: "route";r=0'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=10'
  . "\n" . 'RateLimit: "route";r=0'
  . "\n" . '! Retry-After']



=== TEST 11: rate 0 per minute blocks
--- config
    apigw_stage prod {
        apigw_throttle 0r/m burst=10;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a"]
--- error_code eval
[429]



=== TEST 12: burst 0 blocks
--- config
    apigw_stage prod {
        apigw_throttle 100r/s burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[429, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=0'
  . "\n" . 'RateLimit: "route";r=0'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=0'
  . "\n" . 'RateLimit: "route";r=0'
  . "\n" . '! Retry-After']



=== TEST 13: rate 0 with a key blocks
--- config
    apigw_stage prod {
        apigw_throttle 0r/s burst=10 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a"]
--- error_code eval
[429, 200]



=== TEST 14: rates per second, windows rounded up
--- config
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_throttle 1000r/s burst=10; return 200 "a\n"; }
        apigw_route "GET /b" { apigw_throttle 2r/s burst=5; return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 200]
--- response_headers eval
['RateLimit-Policy: "route";q=10;w=1'
  . "\n" . 'RateLimit: "route";r=9;t=1'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=5;w=3'
  . "\n" . 'RateLimit: "route";r=4;t=1'
  . "\n" . '! Retry-After']



=== TEST 15: fractional rates
--- config
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_throttle 0.01r/s burst=2; return 200 "a\n"; }
        apigw_route "GET /b" { apigw_throttle 0.5r/m burst=1; return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b"]
--- error_code eval
[200, 200, 429, 200, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=2;w=200'
  . "\n" . 'RateLimit: "route";r=1;t=100'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=2;w=200'
  . "\n" . 'RateLimit: "route";r=0;t=100'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=2;w=200'
  . "\n" . 'RateLimit: "route";r=0;t=100'
  . "\n" . 'Retry-After: 100',
 'RateLimit-Policy: "route";q=1;w=120'
  . "\n" . 'RateLimit: "route";r=0;t=120'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=120'
  . "\n" . 'RateLimit: "route";r=0;t=120'
  . "\n" . 'Retry-After: 120']



=== TEST 16: the highest rate and a large burst
--- config
    apigw_stage prod {
        apigw_throttle 1000000r/s burst=1000000000;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a"]
--- error_code eval
[200]
--- response_headers eval
['RateLimit-Policy: "route";q=1000000000;w=1000'
  . "\n" . 'RateLimit: "route";r=999999999;t=1']



=== TEST 17: a key: each value has its own bucket
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=2", "GET /prod/a?k=1", "GET /prod/a?k=2", "GET /prod/b?k=1", "GET /prod/b?k=1"]
--- error_code eval
[200, 200, 429, 429, 200, 429]
--- response_headers eval
['RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: application/json',
 'Content-Type: text/plain',
 'Content-Type: application/json']



=== TEST 18: an empty key is not limited
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a?k=", "GET /prod/a?l=1", "GET /prod/a?k=1"]
--- error_code eval
[200, 200, 200, 200]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . '! Retry-After']



=== TEST 19: a key with scope=stage: over routes
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$arg_k scope=stage;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/b?k=1", "GET /prod/b?k=2", "GET /prod/a?k=2"]
--- error_code eval
[200, 429, 200, 429]



=== TEST 20: the client's address as the key
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$binary_remote_addr;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]



=== TEST 21: a key of several variables and text
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$arg_a-x-$arg_b;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?a=1&b=2", "GET /prod/a?a=2&b=1", "GET /prod/a?a=1&b=2&c=3", "GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 200, 429, 200, 429]



=== TEST 22: keys that differ in a single bit, long ones, and any bytes
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=0", "GET /prod/a?k=11", "GET /prod/a?k=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "GET /prod/a?k=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "GET /prod/a?k=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "GET /prod/a?k=%00%ff", "GET /prod/a?k=%00%ff"]
--- error_code eval
[200, 200, 200, 200, 200, 429, 200, 429]



=== TEST 23: several throttles of one level all hold
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=3;
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=2", "GET /prod/a", "GET /prod/a?k=4"]
--- error_code eval
[200, 429, 200, 200, 429]
--- response_headers eval
['RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 24: several throttles with one key and scope
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=3;
        apigw_throttle 1000r/s burst=2;
        apigw_throttle 1r/m burst=4;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 200]
--- response_headers eval
['RateLimit-Policy: "route";q=2;w=1'
  . "\n" . 'RateLimit: "route";r=1;t=1',
 'Content-Type: text/plain']



=== TEST 25: of these, the second one and the third one refuse as the first one
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=5;
        apigw_throttle 1r/m burst=3;
        apigw_throttle 2r/m burst=1 key=$arg_k;
        apigw_throttle 1r/m burst=2 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=2", "GET /prod/a?k=3", "GET /prod/a?k=4"]
--- error_code eval
[200, 429, 200, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "client";q=1;w=30'
  . "\n" . 'RateLimit: "client";r=0;t=30'
  . "\n" . 'Retry-After: 30',
 'Content-Type: text/plain',
 'Content-Type: text/plain',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 26: a later refusal does not cost the earlier bucket: route
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2;
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a?k=2", "GET /prod/a?k=3"]
--- error_code eval
[200, 429, 429, 429, 429, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'Content-Type: application/json',
 'Content-Type: application/json',
 'Content-Type: application/json',
 'Content-Type: application/json',
 'Content-Type: text/plain',
 'RateLimit-Policy: "route";q=2;w=120'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 27: a later refusal does not cost the earlier bucket: key
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2 key=$arg_k;
        apigw_throttle 1r/m burst=1 key=$arg_l;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1&l=1", "GET /prod/a?k=1&l=1", "GET /prod/a?k=1&l=1", "GET /prod/a?k=1&l=1", "GET /prod/a?k=1&l=1", "GET /prod/a?k=1&l=2", "GET /prod/a?k=1&l=3"]
--- error_code eval
[200, 429, 429, 429, 429, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'Content-Type: application/json',
 'Content-Type: application/json',
 'Content-Type: application/json',
 'Content-Type: application/json',
 'Content-Type: text/plain',
 'RateLimit-Policy: "client";q=2;w=120'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 28: a later refusal does not cost the earlier bucket: stage
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2 scope=stage;
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b"]
--- error_code eval
[200, 429, 429, 429, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: text/plain',
 'Content-Type: application/json']



=== TEST 29: a stage replaces the server's throttle with the same key and scope
--- config
    apigw_throttle 1r/m burst=1;
    apigw_stage prod {
        apigw_throttle 1r/m burst=3;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
    apigw_stage test { apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /test/a", "GET /test/a"]
--- error_code eval
[200, 200, 200, 429, 200, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=2;t=60'
  . "\n" . '! Retry-After',
 'Content-Type: text/plain',
 'Content-Type: text/plain',
 'Content-Type: application/json',
 'Content-Type: text/plain',
 'Content-Type: application/json']



=== TEST 30: a route replaces the stage's throttle with the same key and scope
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { apigw_throttle 1r/m burst=3; return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b"]
--- error_code eval
[200, 200, 200, 429, 200, 429]



=== TEST 31: a route keeps the stage's throttles with another key or scope
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=3 scope=stage;
        apigw_throttle 1r/m burst=1 key=$arg_k;
        apigw_route "GET /a" { apigw_throttle 1r/m burst=2; return 200 "a\n"; }
        apigw_route "GET /b" { apigw_throttle 1r/m burst=2 key=$arg_l; return 200 "b\n"; }
    }
--- request eval
["GET /prod/a?k=1", "GET /prod/a?k=1", "GET /prod/a", "GET /prod/a", "GET /prod/b?k=2", "GET /prod/b?k=3"]
--- error_code eval
[200, 429, 200, 429, 200, 429]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "client";q=1;w=60'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: text/plain',
 'RateLimit-Policy: "route";q=2;w=120'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'Content-Type: text/plain',
 'RateLimit-Policy: "stage";q=3;w=180'
  . "\n" . 'RateLimit: "stage";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 32: off on a route removes all that is inherited
--- config
    apigw_throttle 1r/m burst=1 scope=stage;
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_throttle 1r/m burst=1 key=$remote_addr;
        apigw_route "GET /a" { apigw_throttle off; return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/b", "GET /prod/b", "GET /prod/a"]
--- error_code eval
[200, 200, 200, 429, 200]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 'Content-Type: text/plain',
 'Content-Type: application/json',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After']



=== TEST 33: off on a stage
--- config
    apigw_throttle 1r/m burst=1;
    apigw_stage prod {
        apigw_throttle off;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 200, 200]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After']



=== TEST 34: off, and then one of its own
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 key=$remote_addr;
        apigw_route "GET /a" { apigw_throttle off; apigw_throttle 1r/m burst=3; return 200 "a\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 200, 200, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=2;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=1;t=120'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 35: dry_run: would refuse, but only says so
--- http_config eval: $::Log
--- config
    access_log logs/access.log throttle;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0 dry_run;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 200]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After']
--- error_log
limiting requests, dry run, by the "route" throttle of "GET /a" in stage "prod": bucket is empty



=== TEST 36: dry_run beside a throttle that holds
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 dry_run;
        apigw_throttle 1r/m burst=2 key=$remote_addr;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 200, 429]
--- response_headers eval
['RateLimit-Policy: "client";q=2;w=120'
  . "\n" . 'RateLimit: "client";r=1;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "client";q=2;w=120'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "client";q=2;w=120'
  . "\n" . 'RateLimit: "client";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 37: $apigw_throttle_status
--- http_config eval: $::Log
--- config
    access_log logs/access.log throttle;
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_throttle 1r/m burst=1; return 200 "a\n"; }
        apigw_route "GET /b" { apigw_throttle 1r/m burst=0 dry_run; return 200 "b $apigw_throttle_status\n"; }
        apigw_route "GET /c" { return 200 "c\n"; }
    }
--- request eval
["GET /prod/c", "GET /prod/b", "GET /prod/a", "GET /prod/a", "GET /prod/none"]
--- error_code eval
[200, 200, 200, 429, 403]
--- no_access_log
[200 GET /prod/c HTTP/1.1 <PASSED>]
[429 GET /prod/a HTTP/1.1 <PASSED>]
[200 GET /prod/a HTTP/1.1 <REJECTED>]
--- response_body eval
["c\n", "b REJECTED_DRY_RUN\n", "a\n", '{"message":"Too Many Requests"}', '{"message":"Missing Authentication Token"}']



=== TEST 38: $apigw_throttle_status in the log: refused
--- http_config eval: $::Log
--- config
    access_log logs/access.log throttle;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- error_code: 429
--- access_log
[429 GET /prod/a HTTP/1.1 <REJECTED>]



=== TEST 39: $apigw_throttle_status in the log: admitted
--- http_config eval: $::Log
--- config
    access_log logs/access.log throttle;
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- access_log
[200 GET /prod/a HTTP/1.1 <PASSED>]



=== TEST 40: $apigw_throttle_status in the log: would be refused
--- http_config eval: $::Log
--- config
    access_log logs/access.log throttle;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0 dry_run;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- access_log
[200 GET /prod/a HTTP/1.1 <REJECTED_DRY_RUN>]



=== TEST 41: $apigw_throttle_status in the log: no throttle
--- http_config eval: $::Log
--- config
    access_log logs/access.log throttle;
    apigw_stage prod {
        
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- access_log
[200 GET /prod/a HTTP/1.1 <->]



=== TEST 42: the level of the log: by default
--- config
    
    apigw_stage prod {
        apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- error_code: 429
--- error_log eval
qr/\[info\] .*limiting requests by the "route" throttle of "GET \/a" in stage "prod": bucket is empty, client: 127\.0\.0\.1/



=== TEST 43: the level of the log: info
--- config
    apigw_limit_log_level info;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- error_code: 429
--- error_log eval
qr/\[info\] .*limiting requests by the "route" throttle of "GET \/a" in stage "prod": bucket is empty, client: 127\.0\.0\.1/



=== TEST 44: the level of the log: notice
--- config
    apigw_limit_log_level notice;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- error_code: 429
--- error_log eval
qr/\[notice\] .*limiting requests by the "route" throttle of "GET \/a" in stage "prod": bucket is empty, client: 127\.0\.0\.1/



=== TEST 45: the level of the log: warn
--- config
    apigw_limit_log_level warn;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- error_code: 429
--- error_log eval
qr/\[warn\] .*limiting requests by the "route" throttle of "GET \/a" in stage "prod": bucket is empty, client: 127\.0\.0\.1/



=== TEST 46: the level of the log: error
--- config
    apigw_limit_log_level error;
    apigw_stage prod {
        apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request
GET /prod/a
--- error_code: 429
--- error_log eval
qr/\[error\] .*limiting requests by the "route" throttle of "GET \/a" in stage "prod": bucket is empty, client: 127\.0\.0\.1/



=== TEST 47: apigw_limit_headers off: in http
--- http_config
    apigw_limit_headers off;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
    apigw_stage on { apigw_limit_headers on; apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /on/a", "GET /on/a"]
--- error_code eval
[200, 429, 200, 429]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 48: apigw_limit_headers off: in a server, and in a stage
--- config
    apigw_limit_headers off;
    apigw_throttle 1r/m burst=1;
    apigw_stage prod {
        
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
    apigw_stage on { apigw_limit_headers on; apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /on/a", "GET /on/a"]
--- error_code eval
[200, 429, 200, 429]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']



=== TEST 49: apigw_limit_log_level of a stage
--- config
    apigw_stage prod {
        apigw_limit_log_level error; apigw_throttle 1r/m burst=0;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a"]
--- error_code eval
[429]
--- error_log
[error]
limiting requests



=== TEST 50: what is refused elsewhere is not charged
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { auth_request /no; root html; }
    }
    location = /no { internal; return 403; }
    
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- error_code eval
[403, 403, 403]
--- response_headers eval
['! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After',
 '! RateLimit'
  . "\n" . '! RateLimit-Policy'
  . "\n" . '! Retry-After']



=== TEST 51: an upstream's 429 is its own
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 429 "upstream\n"; } }
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=3;
        apigw_route "GET /a" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /prod/a"]
--- error_code eval
[429]
--- response_headers eval
['RateLimit-Policy: "route";q=3;w=180'
  . "\n" . 'RateLimit: "route";r=2;t=60'
  . "\n" . '! Retry-After']
--- response_body eval
["upstream\n"]



=== TEST 52: routes that answer with files and from upstreams
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "upstream\n"; } }
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /f/{name}" { root html; }
        apigw_route "GET /u" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /prod/f/t.txt", "GET /prod/f/t.txt", "GET /prod/u", "GET /prod/u"]
--- error_code eval
[200, 429, 200, 429]
--- response_headers eval
['RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . '! Retry-After',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']
--- user_files
>>> f/t.txt
text



=== TEST 53: subrequests are not charged
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2;
        apigw_route "GET /p.html" { ssi on; root html; }
        apigw_route "GET /part" { return 200 "[p]"; }
    }
--- request eval
["GET /prod/p.html", "GET /prod/p.html", "GET /prod/p.html", "GET /prod/part", "GET /prod/part", "GET /prod/part"]
--- error_code eval
[200, 200, 429, 200, 200, 429]
--- user_files
>>> p.html
<!--# include virtual="/prod/part" --><!--# include virtual="/prod/part" --><!--# include virtual="/prod/part" -->



=== TEST 54: each request of a connection is charged
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- pipelined_requests eval
["GET /prod/a", "GET /prod/a", "GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 200, 429, 429]



=== TEST 55: HEAD has the limit of its ANY route
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=2;
        apigw_route "ANY /a" { return 200 "a\n"; }
    }
--- request eval
["HEAD /prod/a", "GET /prod/a", "HEAD /prod/a"]
--- error_code eval
[200, 200, 429]



=== TEST 56: apigw_response for THROTTLED keeps Retry-After
--- config
    apigw_response THROTTLED status=503 body=later;
    apigw_stage prod {
        apigw_throttle 1r/m burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 503]
--- response_headers eval
['Content-Type: text/plain',
 'RateLimit-Policy: "route";q=1;w=60'
  . "\n" . 'RateLimit: "route";r=0;t=60'
  . "\n" . 'Retry-After: 60']
--- response_body_like eval
["^a\$", "^later\$"]



=== TEST 57: two servers with stages of one name
--- http_config
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; apigw_api two; apigw_stage prod { apigw_throttle 1r/m burst=1 scope=stage; apigw_route "GET /a" { return 200 "a\n"; } } }
--- config
    apigw_api one;
    apigw_stage prod {
        apigw_throttle 1r/m burst=1 scope=stage;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- request eval
["GET /prod/a", "GET /prod/a", "GET /prod/b"]
--- error_code eval
[200, 429, 429]



=== TEST 58: no rate
--- config
    apigw_stage prod {
        apigw_throttle;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid number of arguments in "apigw_throttle" directive
nginx.conf:
--- no_error_log
[alert]



=== TEST 59: a bad rate
--- config
    apigw_stage prod {
        apigw_throttle fast burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid rate "fast": 0 to 1000000 "r/s" or "r/m" are expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 60: seven decimals
--- config
    apigw_stage prod {
        apigw_throttle 0.1234567r/s burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid rate "0.1234567r/s"
nginx.conf:
--- no_error_log
[alert]



=== TEST 61: a rate that is but a unit
--- config
    apigw_stage prod {
        apigw_throttle r/s burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid rate "r/s"
nginx.conf:
--- no_error_log
[alert]



=== TEST 62: no burst
--- config
    apigw_stage prod {
        apigw_throttle 1r/s;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
"burst=" is missing beside the rate "1r/s" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 63: an empty burst
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid burst "": a number of requests is expected
nginx.conf:
--- no_error_log
[alert]



=== TEST 64: a fractional burst
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1.5;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid burst "1.5"
nginx.conf:
--- no_error_log
[alert]



=== TEST 65: too large a burst
--- config
    apigw_stage prod {
        apigw_throttle 0.000001r/s burst=1000000000000;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid burst "1000000000000"
nginx.conf:
--- no_error_log
[alert]



=== TEST 66: an unknown parameter
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 nodelay;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid parameter "nodelay": "burst=N", "key=$variable", "scope=route|stage", "on_full=reject|pass" or "dry_run" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 67: an unknown scope
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 scope=server;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid parameter "scope=server"
nginx.conf:
--- no_error_log
[alert]



=== TEST 68: an unknown on_full
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 key=$uri on_full=drop;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid parameter "on_full=drop"
nginx.conf:
--- no_error_log
[alert]



=== TEST 69: scope=stage in a route
--- config
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_throttle 1r/s burst=1 scope=stage; return 200; }
    }
--- must_die
--- error_log
"scope=stage" belongs to the stage or the server, not to a route in
nginx.conf:
--- no_error_log
[alert]



=== TEST 70: a key without a variable
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 key=remote_addr;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid key "remote_addr": a variable is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 71: an unknown variable
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 key=$nonesuch;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log eval
qr{unknown "nonesuch" variable}
--- no_error_log
[alert]



=== TEST 72: on_full without a key
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 on_full=pass;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
"on_full=" means nothing without "key=" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 73: a bucket of a key that fills too slowly
--- config
    apigw_stage prod {
        apigw_throttle 1r/m burst=100000 key=$remote_addr;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
a bucket with "key=" has to fill within 50 days: a higher rate or a lower burst is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 74: quotes inside of a parameter
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1 key="$uri";
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
a quote inside the parameter "key="$uri"": quote the parameter as a whole in
nginx.conf:
--- no_error_log
[alert]



=== TEST 75: off with parameters
--- config
    apigw_stage prod {
        apigw_throttle off burst=1;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
"apigw_throttle" directive off stands alone, before the throttles of its level in
nginx.conf:
--- no_error_log
[alert]



=== TEST 76: off behind a throttle
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1; apigw_throttle off;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
"apigw_throttle" directive off stands alone, before the throttles of its level in
nginx.conf:
--- no_error_log
[alert]



=== TEST 77: off twice
--- config
    apigw_stage prod {
        apigw_throttle off; apigw_throttle off;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
off stands alone
nginx.conf:
--- no_error_log
[alert]



=== TEST 78: in a plain location
--- config
    location /x { apigw_throttle 1r/s burst=1; }
--- must_die
--- error_log
"apigw_throttle" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]



=== TEST 79: in http
--- http_config
    apigw_throttle 1r/s burst=1;
--- config
    apigw_stage prod { apigw_route "GET /" { return 200; } }
--- must_die
--- error_log
"apigw_throttle" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]



=== TEST 80: too many throttles
--- config
    apigw_stage prod {
        apigw_throttle 1r/s burst=1;
        apigw_throttle 1r/s burst=2;
        apigw_throttle 1r/s burst=3;
        apigw_throttle 1r/s burst=4;
        apigw_throttle 1r/s burst=5;
        apigw_throttle 1r/s burst=6;
        apigw_throttle 1r/s burst=7;
        apigw_throttle 1r/s burst=8;
        apigw_throttle 1r/s burst=9;
        apigw_throttle 1r/s burst=10;
        apigw_throttle 1r/s burst=11;
        apigw_throttle 1r/s burst=12;
        apigw_throttle 1r/s burst=13;
        apigw_throttle 1r/s burst=14;
        apigw_throttle 1r/s burst=15;
        apigw_throttle 1r/s burst=16;
        apigw_throttle 1r/s burst=17;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
the route "GET /a" has more than 16 throttles in
nginx.conf:
--- no_error_log
[alert]



=== TEST 81: a bad log level
--- config
    apigw_stage prod {
        apigw_limit_log_level debug;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid value "debug"
nginx.conf:
--- no_error_log
[alert]



=== TEST 82: headers are neither on nor off
--- config
    apigw_stage prod {
        apigw_limit_headers yes;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /b" { return 200 "b\n"; }
    }
--- must_die
--- error_log
invalid value "yes" in "apigw_limit_headers" directive
nginx.conf:
--- no_error_log
[alert]



=== TEST 83: headers in a route
--- config
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_limit_headers off; return 200; }
    }
--- must_die
--- error_log
"apigw_limit_headers" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]



=== TEST 84: a log level in a route
--- config
    apigw_stage prod {
        
        apigw_route "GET /a" { apigw_limit_log_level warn; return 200; }
    }
--- must_die
--- error_log
"apigw_limit_log_level" directive is not allowed here
nginx.conf:
--- no_error_log
[alert]
