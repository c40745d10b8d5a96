# Requests in all their forms.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket;

no_root_location();
repeat_each(2);
plan tests => repeat_each() * 54;

# What arrived: the request line, three headers, and the body.

add_block_preprocessor(sub {
    my ($block) = @_;
    return if defined $block->config;
    $block->set_value(config => <<'END');
    location / {
        proxy_pass  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        add_header  X-Line $request;
        add_header  X-Host $http_host;
        add_header  X-Connection $http_connection;
        add_header  X-Length $content_length;
        add_header  X-Body $request_body;
        add_header  X-Foo "$http_x_foo/$http_x_bar";
    }
END
    $block->set_value(http_config => <<'END');
    server {
        listen  127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        return  200 "$request_uri\n";
    }
END
});

run_tests();

__DATA__

=== TEST 1: a method alone
--- request
GET
--- response_headers
X-Line: GET / HTTP/1.1
X-Host: localhost
X-Connection: close
! X-Length
! X-Body
--- response_body
/



=== TEST 2: a version, blanks around, comments before
--- request
# the first
  # and the second
  GET  /foo?a=b   HTTP/1.0
--- response_headers
X-Line: GET /foo?a=b HTTP/1.0
X-Host: localhost
--- response_body
/foo?a=b



=== TEST 3: a body is trimmed and counted
--- request
POST /p
 hello world 
--- response_headers
X-Length: 11
X-Body: hello world



=== TEST 4: a body from Perl
--- request eval
"PUT /p\n" . 'x' x 3 . "\n"
--- response_headers
X-Line: PUT /p HTTP/1.1
X-Length: 3
X-Body: xxx



=== TEST 5: more headers, with a comment among them
--- request
GET /h
--- more_headers
X-Foo: one
# X-Bar: nothing
X-Bar:   two
Host: other.example
--- response_headers
X-Foo: one/two
X-Host: other.example



=== TEST 6: the length given by hand leaves the body as it is
--- request eval
"POST /p\n hi "
--- more_headers
Content-Length: 4
--- response_headers_like
X-Length: 4
X-Body: .*hi.*



=== TEST 7: chunks given by hand
--- request eval
"POST /p\n5\r\nhello\r\n0\r\n\r\n"
--- more_headers
Transfer-Encoding: chunked
--- response_headers
X-Body: hello
X-Length: 5



=== TEST 8: several requests, each with headers of its own
--- request eval
["GET /one", "POST /two\nabc"]
--- more_headers eval
["X-Foo: 1", "X-Foo: 2\nX-Bar: 3"]
--- response_headers eval
["X-Foo: 1/", "X-Foo: 2/3\nX-Length: 3"]
--- response_body eval
["/one\n", "/two\n"]



=== TEST 9: a request in packets
--- request eval
[["POST /pa", "ckets\nhel", { value => "lo", delay_before => 0.05 }]]
--- response_headers
X-Line: POST /packets HTTP/1.1
X-Body: hello



=== TEST 10: bytes as they are
--- raw_request eval
"GET /raw HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Foo: a\r\n\r\n"
--- response_headers
X-Host: h
X-Foo: a/



=== TEST 11: bytes in pieces
--- raw_request eval
["GET /raw HTTP/1.1\r\nHo", "st: h\r\nConne", "ction: close\r\n\r\n"]
--- raw_request_middle_delay: 0.02
--- response_headers
X-Host: h
--- response_body
/raw



=== TEST 12: a pipeline
--- pipelined_requests eval
["GET /1", "POST /2\nbody", "GET /3"]
--- more_headers
X-Foo: all
--- response_headers eval
["X-Connection: keep-alive", "X-Length: 4", "X-Connection: close"]
--- response_body eval
["/1\n", "/2\n", "/3\n"]



=== TEST 13: the client may stop sending
--- config
location /t { return 200 "ok\n"; }
--- request
GET /t
--- shutdown: 1
--- response_body
ok
