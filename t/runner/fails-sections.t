# Sections that would test nothing: the file ends with a message.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Nested;
use Test::More;

my $at = qr{^t/x\.t: TEST 1: name - }m;

fails_with('an unknown section', qr/${at}unknown section "eror_code"/,
    block("--- eror_code: 404\n"));
fails_with('a section that a preprocessor makes',
    qr/${at}unknown section "req_headers"/, block(''),
    head => 'add_block_preprocessor(sub {
        $_[0]->set_value("req_headers", "X: y") });');
passes('a section of the file\'s own', block("--- x_mine: 1\n"));
fails_with('a section that is not supported',
    qr/${at}section "udp_listen" is not supported by this runner/,
    block("--- udp_listen: 1\n"));
fails_with('a section without its space',
    qr/${at}"error_code" within "request"/, block("---error_code: 404\n"));
fails_with('a section that is set in',
    qr/${at}"error_code" within "request"/, block("  --- error_code: 404\n"));
fails_with('a section given twice', qr/section "wait" is given twice/,
    block("--- wait: 0\n--- wait: 0\n"));
fails_with('Perl with an error', qr/${at}section "error_log": syntax error/,
    block("--- error_log eval\n['a'\n"));

fails_with('a section overruled',
    qr/${at}response_body_like would be ignored beside response_body/,
    block("--- response_body\nhello\n--- response_body_like: x\n"));
fails_with('headers of a raw request',
    qr/${at}more_headers would be ignored beside raw_request/,
    blocks => "=== TEST 1: name\n--- config\n--- raw_request: x\n"
        . "--- more_headers\nX-A: b\n");

$at = qr{^t/x\.t TEST 1: name - }m;

fails_with('a header line without a colon',
    qr/${at}response_headers: neither "Name: value" nor "! Name": "X-A"/,
    block("--- response_headers\nX-A\n"));
fails_with('a header line twice', qr/${at}response_headers: server twice/,
    block("--- response_headers_like\nServer: .*\nserver: .*\n"
        =~ s/_like//r));
fails_with('a newline that never matches',
    qr/${at}raw_response_headers_unlike: a newline/,
    block("--- raw_response_headers_unlike\nServer: nginx\n"));
fails_with('a grep that never matches', qr/${at}grep_error_log: a newline/,
    block("--- grep_error_log\nx\n--- grep_error_log_out\nx\n"));
fails_with('a grep without a result', qr/${at}grep_error_log and grep_err/,
    block("--- grep_error_log: x\n"));
fails_with('too many values', qr/${at}error_code: 2 values for 1 responses/,
    block("--- error_code eval\n[200, 200]\n"));
fails_with('one value for two', qr/${at}error_code: 2 responses need an arr/,
    blocks => "=== TEST 1: name\n--- config\n--- request eval\n"
        . "['GET /', 'GET /']\n--- error_code: 200\n");
fails_with('no request', qr/${at}no request section/,
    blocks => "=== TEST 1: name\n--- config\n");
fails_with('a bad request', qr/${at}bad request line/,
    blocks => "=== TEST 1: name\n--- config\n--- request\nGET / a b\n");
fails_with('no config', qr/${at}no config, and no nginx is running/,
    blocks => "=== TEST 1: name\n--- request\nGET /\n");
fails_with('http_config without config',
    qr/${at}http_config without config would be ignored/,
    blocks => "=== TEST 1: name\n--- http_config\n--- request\nGET /\n");
fails_with('a variable without value',
    qr/${at}no environment variable TEST_NGINX_NOWHERE defined/,
    block('', 'return 200 $TEST_NGINX_NOWHERE;'));
fails_with('a bad time', qr/${at}bad time: "soon"/,
    block("--- timeout: soon\n"));
fails_with('a bad skip_nginx', qr/${at}skip_nginx: bad test/,
    block("--- skip_nginx: 1: 1.2.3\n"));
fails_with('a bad skip_eval', qr/${at}skip_eval: not "COUNT: ..."/,
    block("--- skip_eval: 1\n"));
fails_with('a bad init', qr/${at}init: Can't locate|${at}init: syntax error/,
    block("--- init: no::such()) \n"));
fails_with('an unknown filter', qr/${at}response_body_filters: unknown fil/,
    block("--- response_body_filters: rot13\n"));
fails_with('a mode that is not supported',
    qr/TEST_NGINX_USE_HTTP2 is not supported by this runner/,
    block(''), env => { TEST_NGINX_USE_HTTP2 => 1 });

done_testing();
