# What nginx is given.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket;

no_shuffle();
no_root_location();
repeat_each(2);
worker_connections(50);
workers(2);
master_on();
log_level('info');
timeout(4);
config_preamble('set $greeting hello;');
$ENV{RUNNER_TEST} = 'from outside';
$ENV{TEST_NGINX_WORD} = 'word';
env_to_nginx('RUNNER_TEST', 'RUNNER_OTHER=ab');
add_test_cleanup_handler(sub { our $cleaned++ });

plan tests => repeat_each() * 32 + 4;

our $inits = 0;
run_tests();

is(master_process_enabled(), 'on', 'master_process_enabled');
is(server_root(), $ENV{TEST_NGINX_SERVER_ROOT}, 'server_root');
is(html_dir(), server_root() . '/html', 'html_dir');
is(our $cleaned, 11, 'a cleanup for each block');

__DATA__

=== TEST 1: config, with a variable and the preamble
--- config
location /t { return 200 "$greeting $TEST_NGINX_WORD\n"; }
--- request
GET /t
--- response_body
hello word



=== TEST 2: without config nginx goes on
--- request
GET /t
--- response_body
hello word



=== TEST 3: http_config, main_config and post_main_config
--- main_config
timer_resolution 100ms;
--- http_config
map $arg_a $answer { default other; 1 one; }
--- post_main_config
worker_rlimit_core 0;
--- config
location /t { return 200 $answer; }
--- request
GET /t?a=1
--- response_body: one



=== TEST 4: a port of our own
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    return 200 "$server_port\n";
}
--- config
location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
location /p { return 200 "$TEST_NGINX_RAND_PORT_1 $server_port"; }
--- request eval
["GET /t", "GET /p"]
--- response_body eval
[qr/^\d+\n$/, qr/^\d+ $ENV{TEST_NGINX_SERVER_PORT}$/]



=== TEST 5: another server on the same port
--- http_config
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name other;
    return 200 other;
}
--- config
return 200 $server_name;
--- server_name: alias
--- request eval
["GET /", "GET /"]
--- more_headers eval
["Host: other", "Host: alias"]
--- response_body eval
["other", "alias"]



=== TEST 6: files as text
--- user_files
>>> a.txt
A, $TEST_NGINX_WORD

>>> sub/b.txt 200102030405.06
B
--- config
location / { root $TEST_NGINX_SERVER_ROOT/html; }
--- request eval
["GET /a.txt", "GET /sub/b.txt"]
--- response_headers eval
["Content-Length: 9", "Last-Modified: Sat, 03 Feb 2001 04:05:06 GMT"]
--- response_body eval
["A, word\n\n", "B\n"]



=== TEST 7: files from Perl
--- user_files eval
[["a.bin" => "\0\1\xff", "202001020304.05"], ["b.bin" => "b"]]
--- config
location / { root $TEST_NGINX_SERVER_ROOT/html; }
--- request eval
["GET /a.bin", "GET /b.bin"]
--- response_body eval
["\0\1\xff", "b"]



=== TEST 8: init runs once, before the requests
--- init
$main::inits++;
open my $out, '>', html_dir() . '/count' or die;
print $out "inits: $main::inits\n";
close $out;
--- config
location / { root $TEST_NGINX_SERVER_ROOT/html; }
--- request
GET /count
--- response_body
inits: 1



=== TEST 9: post_setup_server_root runs before nginx
--- post_setup_server_root
open my $out, '>', server_root() . '/conf/answer.conf' or die;
print $out 'return 200 "included";';
close $out;
--- config
location /t { include answer.conf; }
--- request
GET /t
--- response_body: included



=== TEST 10: two workers and their master
--- config
location /t { return 200; }
--- request
GET /t
--- log_level: notice
--- grep_error_log eval
qr/start worker processes/
--- grep_error_log_out eval
["start worker processes\n", ""]



=== TEST 11: variables of nginx's environment
--- config
location / { root $TEST_NGINX_SERVER_ROOT/conf; }
--- request
GET /nginx.conf
--- response_body eval
qr/env RUNNER_TEST;.*env RUNNER_OTHER=ab;.*worker_connections +50;/s
