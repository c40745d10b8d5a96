# Checks of responses.  Runs under CPAN's Test::Nginx as well.

use Test::Nginx::Socket 'no_plan';

no_long_string();
add_response_body_check(sub {
    my ($block, $body, $index, $repeat) = @_;
    like($body, qr/[0-9]/, $block->name . " - has a digit ($index, $repeat)")
        if $block->name =~ /digit/;
});

run_tests();

__DATA__

=== TEST 1: 200 is expected
--- config
location /t { return 200; }
--- request
GET /t



=== TEST 2: error_code
--- config
location /t { return 418; }
--- request
GET /t
--- error_code: 418



=== TEST 3: error_code of several requests
--- config
location /a { return 201; }
location /b { return 500; }
--- request eval
["GET /a", "GET /b"]
--- error_code eval
[201, 500]



=== TEST 4: error_code_like
--- config
location /t { return 404; }
--- request
GET /t
--- error_code_like: ^4\d\d$



=== TEST 5: no response at all
--- config
location /t { return 444; }
--- request
GET /t
--- error_code:
--- response_body:



=== TEST 6: response_headers
--- config
location /t {
    add_header X-One a;
    add_header X-One b;
    add_header X-Port $server_port;
    return 204;
}
--- request
GET /t
--- error_code: 204
--- response_headers
x-one: a, b
X-Port: $ServerPort
X-None:
! X-Nothing



=== TEST 7: response_headers_like
--- config
location /t { return 302 /there; }
--- request
GET /t
--- error_code: 302
--- response_headers_like
Location: http://localhost:\d+/there
Server: nginx.*



=== TEST 8: raw_response_headers_like and _unlike
--- config
location /t { add_header X-A b; return 200 x; }
--- request
GET /t
--- raw_response_headers_like: ^HTTP/1\.1 200 OK\r\n.*X-A: b\r\n
--- raw_response_headers_unlike: X-B



=== TEST 9: response_body, two of them
--- config
location /a { return 200 "a\n"; }
location /b { return 200 "b:$server_port"; }
--- request eval
["GET /a", "GET /b"]
--- response_body eval
["a\n", 'b:$TEST_NGINX_SERVER_PORT']



=== TEST 10: response_body as a pattern
--- config
location /t { return 200 "abc"; }
--- request
GET /t
--- response_body eval
qr/^a.c$/



=== TEST 11: response_body_like
--- config
location /t { return 200 "one\ntwo\n"; }
--- request
GET /t
--- response_body_like: one.*two



=== TEST 12: response_body_unlike
--- config
location /t { return 200 "one\n"; }
--- request
GET /t
--- response_body_unlike: three



=== TEST 13: response_body_filters by name
--- config
location /t { return 200 "abc"; }
--- request
GET /t
--- response_body_filters
uc md5_hex
--- response_body chomp
902fbdd2b1df0c4f70b4a5d23525e932



=== TEST 14: response_body_filters as code
--- config
location /t { return 200 "abc"; }
--- request
GET /t
--- response_body_filters eval
[sub { "<$_[0]>" }, 'uc']
--- response_body: <ABC>



=== TEST 15: response_body_filters for each response
--- config
location /t { return 200 "aBc"; }
--- request eval
["GET /t", "GET /t"]
--- response_body_filters eval
[['length'], [sub { lc $_[0] }, 'ucfirst']]
--- response_body eval
["3", "Abc"]



=== TEST 16: response_body_json_sort
--- config
location /t { return 200 '{"b":1, "a":[2]}'; }
--- request
GET /t
--- response_body_json_sort
--- response_body
{"a":[2],"b":1}



=== TEST 17: a body in chunks
--- config
location /t.html { sub_filter x y; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files eval
[["t.html" => "<p>x</p>" x 5000]]
--- request
GET /t.html
--- response_headers
Transfer-Encoding: chunked
! Content-Length
--- response_body_filters
length
--- response_body: 40000



=== TEST 18: a body until the end of the connection
--- config
location /t.html { sub_filter x y; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> t.html
x
--- request
GET /t.html HTTP/1.0
--- response_headers
! Content-Length
! Transfer-Encoding
--- response_body
y



=== TEST 19: HEAD has no body
--- config
location /t { return 200 "hello"; }
--- request
HEAD /t
--- response_headers
Content-Length: 5
--- response_body:



=== TEST 20: 304 has none
--- config
--- user_files
>>> t.txt 202001010000.00
text
--- request
GET /t.txt
--- more_headers
If-Modified-Since: Wed, 01 Jan 2020 00:00:00 GMT
--- error_code: 304
--- response_body:



=== TEST 21: HTTP/0.9
--- config
location /t { return 200 "old\n"; }
--- raw_request eval
"GET /t\r\n"
--- http09
--- response_body
old



=== TEST 22: ignore_response
--- config
location /t { return 500; }
--- request
GET /t
--- ignore_response



=== TEST 23: a timeout that is no failure
--- config
location /t { limit_rate 1; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> t
some text
--- request
GET /t
--- timeout: 100ms
--- abort
--- ignore_response



=== TEST 24: wait, and a digit
--- config
location /t { return 200 "7"; }
--- request
GET /t
--- wait: 0.1
--- timeout: 2s
--- response_body: 7



=== TEST 25: the page of the server root
--- config
--- request
GET /
--- response_body_like: It works!
