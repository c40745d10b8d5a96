# Configurations that nginx refuses.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket 'no_plan';

repeat_each(2);
run_tests();

__DATA__

=== TEST 1: a directive that nobody knows
--- config
no_such_directive on;
--- must_die
--- error_log
unknown directive "no_such_directive"
--- no_error_log
[alert]
--- suppress_stderr



=== TEST 2: the exit code
--- config
location /t { return a b c; }
--- must_die: 1
--- error_log eval
qr/\[emerg\] .*invalid number of arguments in "return"/
--- grep_error_log eval
qr/invalid number of \w+/
--- grep_error_log_out
invalid number of arguments
--- suppress_stderr



=== TEST 3: between them, one that works
--- config
location /t { return 200; }
--- request
GET /t
--- no_error_log
[emerg]



=== TEST 4: only http_config is wrong
--- http_config
upstream u { }
--- config
--- must_die
--- error_log: no servers are inside upstream
--- suppress_stderr
