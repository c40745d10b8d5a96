# The client, with the embedded server in the place of nginx.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Nested;
use Test::More;

sub answer {
    my ($answer, $sections, $request) = @_;
    return (
        head   => 'no_nginx_manager();',
        blocks => "=== TEST 1: name\n--- request\n"
            . ($request // 'GET /') . "\n$sections"
            . "--- tcp_listen: \$TEST_NGINX_SERVER_PORT\n"
            . "--- tcp_reply eval\n\"$answer\"\n",
    );
}

my $chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

passes('chunks', answer("${chunked}3\\r\\nabc\\r\\n1;x=y\\r\\nd\\r\\n"
    . '0\r\nX-A: b\r\n\r\n', "--- response_body: abcd\n"));
fails_with('a chunk cut short', qr/invalid chunked data .* 9 bytes has 3/,
    answer("${chunked}9\\r\\nabc", ''));
fails_with('a chunk without end', qr/invalid chunked data .*no CRLF after/,
    answer("${chunked}3\\r\\nabcd\\r\\n", ''));
fails_with('chunks without end', qr/invalid chunked data .*no last chunk/,
    answer("${chunked}3\\r\\nabc\\r\\n", ''));
fails_with('bad trailers', qr/invalid chunked data .*bad end of trailers/,
    answer("${chunked}0\\r\\nabc\\r\\n", ''));
passes('interim responses', answer('HTTP/1.1 100 Continue\r\n\r\n'
    . 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'
    . 'HTTP/1.1 201 Created\r\n\r\n', "--- error_code: 201\n"));
passes('101', answer('HTTP/1.1 101 Switching\r\n\r\nabc',
    "--- error_code: 101\n--- response_body: abc\n"));
passes('folded headers', answer('HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n',
    "--- response_headers_like\nX-A: b\\s+c\n"));
fails_with('a header without a colon', qr/bad response header line: abc/,
    answer('HTTP/1.1 200 OK\r\nabc\r\n\r\n', ''));
fails_with('no status line', qr/bad status line: abc/,
    answer('abc\r\n\r\n', ''));
fails_with('no end of headers', qr/no end of response headers/,
    answer('HTTP/1.1 200 OK\r\n', ''));
fails_with('a body after HEAD', qr/not ok 2 .* response_body/,
    answer('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
        "--- response_body:\n", 'HEAD /'));

my $res = passes('a short body', answer(
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', ''));
like($res->{out}, qr/truncated: 9 bytes promised, got 3/, 'with a warning');
$res = passes('bytes after the body', answer(
    'HTTP/1.1 204 No\r\n\r\nabc', "--- error_code: 204\n"));
like($res->{out}, qr/unexpected extra bytes .*abc/, 'with a warning');

fails_with('nobody there', qr/not ok 1 .* cannot connect to/,
    head => 'no_nginx_manager();',
    blocks => "=== TEST 1: name\n--- request\nGET /\n");

done_testing();
