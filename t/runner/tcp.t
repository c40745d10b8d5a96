# The embedded TCP server.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket 'no_plan';

repeat_each(2);

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(config => <<'END') if !defined $block->config;
    location /t {
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        proxy_set_header  Host up;
    }
END
    $block->set_value(tcp_listen => '$TEST_NGINX_RAND_PORT_1')
        if !defined $block->tcp_listen;
    $block->set_value(request => 'GET /t');
});

run_tests();

__DATA__

=== TEST 1: a reply
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nhello\n"
--- response_headers
X-A: b
--- response_body
hello



=== TEST 2: the query
--- tcp_reply eval
"HTTP/1.0 204 No\r\n\r\n"
--- tcp_query eval
"GET /t HTTP/1.0\r\nHost: up\r\nConnection: close\r\n\r\n"
--- error_code: 204



=== TEST 3: the query's length and pattern
--- tcp_reply eval
"HTTP/1.0 204 No\r\n\r\n"
--- tcp_query eval
qr/^GET .*Host: up/s
--- tcp_query_len: 48
--- error_code: 204



=== TEST 4: a reply in parts
--- tcp_reply eval
["HTTP/1.0 200 OK\r\n", "\r\n", "parts"]
--- response_body: parts



=== TEST 5: a reply made of the query
--- tcp_reply eval
sub { "HTTP/1.0 200 OK\r\n\r\n" . ($_[0] =~ m{^(\S+ \S+)})[0] }
--- response_body: GET /t



=== TEST 6: a reply after a while
--- tcp_reply_delay: 50ms
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nlate"
--- response_body: late



=== TEST 7: a reply that comes too late
--- config
location /t {
    proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    proxy_read_timeout  100ms;
}
--- tcp_reply_delay: 500ms
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nlate"
--- error_code: 504
--- error_log
upstream timed out



=== TEST 8: a connection that stays open
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
--- tcp_no_close
--- response_body: ok



=== TEST 9: no answer
--- tcp_shutdown: 1
--- error_code: 502
--- error_log
upstream prematurely closed connection



=== TEST 10: all there is to read
--- tcp_query_auto_timeout: 0.05
--- tcp_reply eval
sub { "HTTP/1.0 200 OK\r\n\r\n" . length $_[0] }
--- response_body: 48



=== TEST 11: a unix socket
--- config
location /t {
    proxy_pass  http://unix:$TEST_NGINX_SERVER_ROOT/html/up.sock:/;
}
--- tcp_listen: $TEST_NGINX_SERVER_ROOT/html/up.sock
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nunix"
--- response_body: unix
