# One nginx for all blocks.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket 'no_plan';

use_hup();
no_shuffle();
repeat_each(2);
run_tests();

__DATA__

=== TEST 1: the first starts nginx
--- config
location /t { return 200 "one\n"; }
--- request
GET /t
--- response_body
one
--- no_error_log
[error]



=== TEST 2: the second reloads it
--- config
location /t { return 200 "two\n"; }
--- request
GET /t
--- response_body
two
--- access_log
GET /t
--- no_access_log
one
--- shutdown_error_log
this is skipped



=== TEST 3: files are new
--- config
--- user_files
>>> new.txt
new
--- request eval
["GET /new.txt", "GET /t"]
--- error_code eval
[200, 404]
--- error_log
http process request line



=== TEST 4: and go away again
--- config
# nothing
--- request
GET /new.txt
--- error_code: 404
--- error_log
new.txt" failed (2: No such file or directory)



=== TEST 5: a reload that fails leaves the old configuration
--- config
location /t { return 200 "five\n"; }
no_such_directive on;
--- request
GET /t
--- error_code: 404
--- reload_fails



=== TEST 6: must_die has an nginx of its own
--- config
no_such_directive on;
--- must_die
--- error_log: unknown directive
--- suppress_stderr



=== TEST 7: and after it there is a new one
--- config
location /t { return 200 "seven\n"; }
--- request
GET /t
--- response_body
seven
