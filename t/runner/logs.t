# Checks of logs.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket 'no_plan';

repeat_each(2);
run_tests();

__DATA__

=== TEST 1: error_log and no_error_log
--- config
--- request
GET /no-such-file
--- error_code: 404
--- error_log
no-such-file" failed
[error]
--- no_error_log
[crit]
[alert]



=== TEST 2: patterns from Perl
--- config
rewrite_log on;
location /t { rewrite ^/t$ /u; }
location /u { return 200 ok; }
--- request
GET /t
--- error_log eval
[qr/rewritten data: "\/\w"/, 'matches "/t"']
--- no_error_log eval
qr/\[(?:error|crit)\]/



=== TEST 3: one pattern in line
--- config
location /t { return 200; }
--- request
GET /t
--- error_log: http process request line



=== TEST 4: patterns are checked after each request
--- config
location /a { return 200; }
location /b { return 200; }
--- request eval
["GET /a", "GET /b"]
--- error_log
http process request line
--- no_error_log
[error]
--- access_log
GET /a
--- no_access_log
GET /c



=== TEST 5: access_log and no_access_log
--- config
location /t { return 201; }
--- request
GET /t
--- error_code: 201
--- access_log eval
['"GET /t HTTP/1.1" 201', qr/ 201 \d+ /]
--- no_access_log eval
["POST", qr/ 5\d\d /]



=== TEST 6: grep_error_log
--- config
rewrite_log on;
location /t { rewrite t x; rewrite x /u; }
location /u { return 200; }
--- request
GET /t
--- grep_error_log eval
qr/rewritten data: "[^"]*"/
--- grep_error_log_out
rewritten data: "x"
rewritten data: "/u"



=== TEST 7: grep_error_log for text, and for each repetition
--- config
rewrite_log on;
location /t { rewrite t x; return 200; }
--- request
GET /t
--- grep_error_log chomp
rewritten data: "x"
--- grep_error_log_out eval
["rewritten data: \"x\"\n", qr/^rewritten data: "x"$/]



=== TEST 8: shutdown_error_log
--- config
location /t { return 200; }
--- request
GET /t
--- shutdown_error_log eval
qr/signal (?:3|15) \(\w+\) received/
--- no_shutdown_error_log eval
[qr/http process request line/, "[alert]"]



=== TEST 9: log_level
--- config
location /t { rewrite_log on; rewrite t x; return 200; }
--- log_level: notice
--- request
GET /t
--- error_log
[notice]
--- no_error_log
http process request line
