# The directive of the Redis client: good and bad values, and what a server is
# told first.  Port 1 of 127.0.0.1 has no server.

use Test::Nginx::Socket 'no_plan';

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(config => 'location /a { return 200 "a\n"; }')
        if !defined $block->config;

    if (!defined $block->must_die) {
        $block->set_value(request => 'GET /a') if !defined $block->request;
        $block->set_value(response_body => "a\n");
    }

    $block->set_value(no_error_log => "[alert]\nsecret")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a port
--- http_config
    apigw_redis redis://127.0.0.1:1;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 2: a database
--- http_config
    apigw_redis redis://127.0.0.1:1/15;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 3: an IPv6 address
--- http_config
    apigw_redis redis://[::1]:1;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 4: a name
--- http_config
    apigw_redis redis://localhost:1;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 5: a socket
--- http_config
    apigw_redis unix:/nonexistent/redis.sock;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 6: a socket and a database
--- http_config
    apigw_redis unix:/nonexistent/redis.sock:3;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 7: TLS with the certificates of the system
--- http_config
    apigw_redis rediss://localhost:1;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 8: TLS for another name
--- http_config
    apigw_redis rediss://127.0.0.1:1 tls_name=redis.example;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 9: a cluster
--- http_config
    apigw_redis redis://127.0.0.1:1 redis://127.0.0.1:2 cluster=on;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 10: a cluster with TLS
--- http_config
    apigw_redis rediss://127.0.0.1:1 rediss://127.0.0.1:2 cluster=on tls_name=redis.example;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 11: no cluster
--- http_config
    apigw_redis redis://127.0.0.1:1 cluster=off;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 12: a password
--- http_config
    apigw_redis redis://127.0.0.1:1 password_file=../html/password;
--- user_files
>>> password
my-secret
--- no_error_log
[alert]
[emerg]
secret



=== TEST 13: a user
--- http_config
    apigw_redis redis://127.0.0.1:1 user=gateway password_file=../html/password;
--- user_files
>>> password
my-secret
--- no_error_log
[alert]
[emerg]
secret



=== TEST 14: times and numbers
--- http_config
    apigw_redis redis://127.0.0.1:1 timeout=1ms connect_timeout=60s parked_max=1;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 15: other times and numbers
--- http_config
    apigw_redis redis://127.0.0.1:1 timeout=60s connect_timeout=1ms parked_max=1000000;
--- no_error_log
[alert]
[emerg]
secret



=== TEST 16: a server that is not there is an error once
--- http_config
    apigw_redis redis://127.0.0.1:1;
--- wait: 0.5
--- grep_error_log: the Redis server "127.0.0.1:1" is not available: could not connect
--- grep_error_log_out
the Redis server "127.0.0.1:1" is not available: could not connect



=== TEST 17: user and password, the database, PING
--- http_config
    apigw_redis redis://127.0.0.1:$TEST_NGINX_RAND_PORT_1/3 user=gateway password_file=../html/password;
--- user_files eval
[["password", "my-secret\r\nanother line\n"]]
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"*3\r\n\$4\r\nAUTH\r\n\$7\r\ngateway\r\n\$9\r\nmy-secret\r\n*2\r\n\$6\r\nSELECT\r\n\$1\r\n3\r\n*1\r\n\$4\r\nPING\r\n"
--- tcp_reply eval
"+OK\r\n+OK\r\n+PONG\r\n"
--- wait: 1



=== TEST 18: a password alone, and wrong
--- http_config
    apigw_redis redis://127.0.0.1:$TEST_NGINX_RAND_PORT_1 password_file=../html/password;
--- user_files eval
[["password", "my-secret"]]
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"*2\r\n\$4\r\nAUTH\r\n\$9\r\nmy-secret\r\n*1\r\n\$4\r\nPING\r\n"
--- tcp_reply eval
"-WRONGPASS invalid password\r\n"
--- wait: 1
--- error_log
is not available: authentication failed: "WRONGPASS invalid password"



=== TEST 19: no database that large
--- http_config
    apigw_redis redis://127.0.0.1:$TEST_NGINX_RAND_PORT_1/99;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_query eval
"*2\r\n\$6\r\nSELECT\r\n\$2\r\n99\r\n*1\r\n\$4\r\nPING\r\n"
--- tcp_reply eval
"-ERR DB index is out of range\r\n+PONG\r\n"
--- wait: 1
--- error_log
is not available: the database could not be selected: "ERR DB index is out of range"



=== TEST 20: a password is wanted
--- http_config
    apigw_redis redis://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"-NOAUTH Authentication required.\r\n"
--- wait: 1
--- error_log
is not available: it refused the connection: "NOAUTH Authentication required."



=== TEST 21: a server that is none
--- http_config
    apigw_redis redis://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 400 Bad Request\r\n\r\n"
--- wait: 1
--- error_log
is not available: the reply is not Redis's protocol



=== TEST 22: nothing
--- http_config
    apigw_redis;
--- must_die
--- error_log
invalid number of arguments in "apigw_redis" directive
nginx.conf:



=== TEST 23: no URL
--- http_config
    apigw_redis 127.0.0.1:6379;
--- must_die
--- error_log
invalid Redis URL "127.0.0.1:6379": "redis://host[:port][/db]", "rediss://host[:port][/db]" or "unix:/path[:db]" is expected in
nginx.conf:



=== TEST 24: another scheme
--- http_config
    apigw_redis http://127.0.0.1:6379;
--- must_die
--- error_log
invalid Redis URL "http://127.0.0.1:6379": "redis://host
nginx.conf:



=== TEST 25: no host
--- http_config
    apigw_redis redis://:6379;
--- must_die
--- error_log
invalid Redis URL "redis://:6379": there is no host in
nginx.conf:



=== TEST 26: a bad port
--- http_config
    apigw_redis redis://127.0.0.1:65536;
--- must_die
--- error_log
invalid Redis URL "redis://127.0.0.1:65536": the port is not a number from 1 to 65535 in
nginx.conf:



=== TEST 27: a bad database
--- http_config
    apigw_redis redis://127.0.0.1/x;
--- must_die
--- error_log
invalid Redis URL "redis://127.0.0.1/x": the database is not a number from 0 to 65535 in
nginx.conf:



=== TEST 28: a variable
--- http_config
    apigw_redis redis://$host;
--- must_die
--- error_log
invalid Redis URL "redis://$host": the host has an invalid character in
nginx.conf:



=== TEST 29: a bracket
--- http_config
    apigw_redis redis://[::1;
--- must_die
--- error_log
invalid Redis URL "redis://[::1": the bracket is not closed in
nginx.conf:



=== TEST 30: a bad address
--- http_config
    apigw_redis redis://[1::2::3];
--- must_die
--- error_log
in Redis URL "redis://[1::2::3]" in
nginx.conf:



=== TEST 31: a name that is not known
--- http_config
    apigw_redis redis://no-such-host.invalid;
--- must_die
--- error_log
host not found in Redis URL "redis://no-such-host.invalid" in
nginx.conf:



=== TEST 32: a relative socket
--- http_config
    apigw_redis unix:redis.sock;
--- must_die
--- error_log
invalid Redis URL "unix:redis.sock": the path of a socket begins with "/" in
nginx.conf:



=== TEST 33: a password in the URL
--- http_config
    apigw_redis redis://gateway:my-secret@127.0.0.1;
--- must_die
--- error_log
invalid Redis URL: credentials don't belong into the configuration, use "user=" and "password_file=" in
nginx.conf:



=== TEST 34: the password alone
--- http_config
    apigw_redis redis://:my-secret@127.0.0.1;
--- must_die
--- error_log
invalid Redis URL: credentials don't belong into the configuration
nginx.conf:



=== TEST 35: a password as a parameter
--- http_config
    apigw_redis redis://127.0.0.1:1 password=my-secret;
--- must_die
--- error_log
a password doesn't belong into the configuration, use "password_file=" in
nginx.conf:



=== TEST 36: two servers
--- http_config
    apigw_redis redis://127.0.0.1:1 redis://127.0.0.1:2;
--- must_die
--- error_log
several Redis servers need "cluster=on" in
nginx.conf:



=== TEST 37: a database of a cluster
--- http_config
    apigw_redis redis://127.0.0.1:1/1 cluster=on;
--- must_die
--- error_log
invalid Redis URL "redis://127.0.0.1:1/1": a cluster has no databases in
nginx.conf:



=== TEST 38: a socket of a cluster
--- http_config
    apigw_redis unix:/redis.sock cluster=on;
--- must_die
--- error_log
invalid Redis URL "unix:/redis.sock": a cluster has no Unix domain sockets in
nginx.conf:



=== TEST 39: TLS for some
--- http_config
    apigw_redis rediss://127.0.0.1:1 redis://127.0.0.1:2 cluster=on;
--- must_die
--- error_log
invalid Redis URL "redis://127.0.0.1:2": either all servers are "rediss://" or none in
nginx.conf:



=== TEST 40: a CA without TLS
--- http_config
    apigw_redis redis://127.0.0.1:1 tls_ca=ca.pem;
--- must_die
--- error_log
"tls_ca=" and "tls_name=" need a URL that begins with "rediss://" in
nginx.conf:



=== TEST 41: a name without TLS
--- http_config
    apigw_redis redis://127.0.0.1:1 tls_name=a;
--- must_die
--- error_log
"tls_ca=" and "tls_name=" need a URL that begins with "rediss://" in
nginx.conf:



=== TEST 42: a CA that is not there
--- http_config
    apigw_redis rediss://127.0.0.1:1 tls_ca=/nonexistent/ca.pem;
--- must_die
--- error_log
invalid parameter "tls_ca=/nonexistent/ca.pem": certificates of authorities are expected in
nginx.conf:



=== TEST 43: a user without a password
--- http_config
    apigw_redis redis://127.0.0.1:1 user=gateway;
--- must_die
--- error_log
"user=" needs "password_file=" in
nginx.conf:



=== TEST 44: a password file that is not there
--- http_config
    apigw_redis redis://127.0.0.1:1 password_file=/nonexistent/password;
--- must_die
--- error_log
could not open the password file "/nonexistent/password" (2: No such file or directory) in
nginx.conf:



=== TEST 45: a directory
--- http_config
    apigw_redis redis://127.0.0.1:1 password_file=../html;
--- must_die
--- error_log
could not read the password file
nginx.conf:



=== TEST 46: an empty password
--- http_config
    apigw_redis redis://127.0.0.1:1 password_file=../html/password;
--- user_files eval
[["password", "\nmy-secret\n"]]
--- must_die
--- error_log eval
qr{the first line of the password file "\S+/html/password" has not 1 to 1024 bytes in }



=== TEST 47: a long password
--- http_config
    apigw_redis redis://127.0.0.1:1 password_file=../html/password;
--- user_files eval
[["password", "my-secret" . "x" x 1016]]
--- must_die
--- error_log eval
qr{the first line of the password file "\S+/html/password" has not 1 to 1024 bytes in }



=== TEST 48: timeout=0
--- http_config
    apigw_redis redis://127.0.0.1:1 timeout=0;
--- must_die
--- error_log
invalid parameter "timeout=0": a time from 1ms to 60s is expected in
nginx.conf:



=== TEST 49: a long timeout
--- http_config
    apigw_redis redis://127.0.0.1:1 timeout=61s;
--- must_die
--- error_log
invalid parameter "timeout=61s": a time from 1ms to 60s is expected in
nginx.conf:



=== TEST 50: not a time
--- http_config
    apigw_redis redis://127.0.0.1:1 connect_timeout=soon;
--- must_die
--- error_log
invalid parameter "connect_timeout=soon": a time from 1ms to 60s is expected in
nginx.conf:



=== TEST 51: not a number
--- http_config
    apigw_redis redis://127.0.0.1:1 parked_max=many;
--- must_die
--- error_log
invalid parameter "parked_max=many": a number from 1 to 1000000 is expected in
nginx.conf:



=== TEST 52: a large number
--- http_config
    apigw_redis redis://127.0.0.1:1 parked_max=1000001;
--- must_die
--- error_log
invalid parameter "parked_max=1000001": a number from 1 to 1000000 is expected in
nginx.conf:



=== TEST 53: neither on nor off
--- http_config
    apigw_redis redis://127.0.0.1:1 cluster=yes;
--- must_die
--- error_log
invalid parameter "cluster=yes": on or off is expected in
nginx.conf:



=== TEST 54: an empty value
--- http_config
    apigw_redis redis://127.0.0.1:1 tls_ca=;
--- must_die
--- error_log
invalid parameter "tls_ca=": there is no value in
nginx.conf:



=== TEST 55: an unknown parameter, without its value
--- http_config
    apigw_redis redis://127.0.0.1:1 pass=my-secret;
--- must_die
--- error_log
invalid parameter "pass=" in
nginx.conf:



=== TEST 56: no parameter
--- http_config
    apigw_redis redis://127.0.0.1:1 my-secret;
--- must_die
--- error_log
a parameter of "apigw_redis" is neither a URL nor "name=value" in
nginx.conf:



=== TEST 57: twice
--- http_config
    apigw_redis redis://127.0.0.1:1;
    apigw_redis redis://127.0.0.1:1;
--- must_die
--- error_log
"apigw_redis" directive is duplicate in
nginx.conf:



=== TEST 58: in a server
--- config
    apigw_redis redis://127.0.0.1:1;
--- must_die
--- error_log
"apigw_redis" directive is not allowed here
nginx.conf:
