# Blocks that are skipped.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket;

repeat_each(2);
plan tests => repeat_each() * 23;
run_tests();

__DATA__

=== TEST 1: an old nginx
--- config
no_such_directive on;
--- request
GET /t
--- skip_nginx: 3: > 1.0.0



=== TEST 2: not skipped
--- config
location /t { return 200 x; }
--- request
GET /t
--- skip_nginx: 2: < 1.0.0: too old
--- response_body: x



=== TEST 3: one of two versions
--- config
no_such_directive on;
--- request
GET /t
--- skip_nginx2: 2: < 1.0.0 or >= 1.1.1



=== TEST 4: both versions
--- config
no_such_directive on;
--- request
GET /t
--- skip_nginx2
2: >= 1.0.0 and > 1.1.1



=== TEST 5: not both
--- config
location /t { return 200 x; }
--- request
GET /t
--- skip_nginx2: 2: < 1.0.0 and > 1.1.1



=== TEST 6: Perl says so
--- config
no_such_directive on;
--- must_die
--- skip_eval: 4: $^O ne 'no such system'



=== TEST 7: Perl says no
--- config
location /t { return 200 x; }
--- request
GET /t
--- skip_eval: 4: $ENV{NO_SUCH_VARIABLE_HERE}



=== TEST 8: OpenSSL
--- config
no_such_directive on;
--- request
GET /t
--- skip_openssl: 1: >= 1.0.0



=== TEST 9: to do
--- config
location /t { return 200 x; }
--- request
GET /t
--- todo: 5: not written yet
--- response_body: y



=== TEST 10: a last one that runs
--- config
location /t { return 200 x; }
--- request
GET /t
--- response_body: x
