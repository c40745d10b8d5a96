# Checks of responses and logs that fail.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Nested;
use Test::More;

passes('a plain block', block("--- response_body\nhello\n"));

fails_with('a wrong error_code', qr/got: '200'\n#\s+expected: '404'/,
    block("--- error_code: 404\n"));
fails_with('a wrong error_code_like', qr/not ok 1 .* status code ok/,
    block("--- error_code_like: ^4\n"));
fails_with('an error code not expected', qr/expected: '200'/,
    block('', 'return 500;'));
fails_with('a missing header', qr/not ok 2 .* header X-A ok/,
    block("--- response_headers\nX-A: b\n"));
fails_with('a header that is there', qr/not ok 2 .*server not present/,
    block("--- response_headers\n! server\n"));
fails_with('a header like no other', qr/not ok 2 .* header Server like ok/,
    block("--- response_headers_like\nServer: ngin\n"));
fails_with('raw headers', qr/not ok 2 .* raw resp headers like/,
    block("--- raw_response_headers_like: X-A\n"));
fails_with('raw headers not wanted', qr/not ok 2 .*raw resp headers unlike/,
    block("--- raw_response_headers_unlike: nginx\n"));
fails_with('another body', qr/not ok 2 .* response_body - response is exp/,
    block("--- response_body\nhallo\n"));
fails_with('a body not like it', qr/not ok 2 .* response_body_like/,
    block("--- response_body_like: hallo\n"));
fails_with('a body like it', qr/not ok 2 .* response_body_unlike/,
    block("--- response_body_unlike: hello\n"));
fails_with('a pattern not in error.log',
    qr/not ok 2 .* pattern "no such text" should match a line in error\.log/,
    block("--- error_log\nno such text\n"));
fails_with('a pattern in error.log',
    qr/not ok 2 .* pattern "http proc" should not match any line in error/,
    block("--- no_error_log\nhttp proc\n"));
fails_with('a pattern not in access.log',
    qr/not ok 2 .* pattern "\/u" should match a line in access\.log/,
    block("--- access_log\n/u\n"));
fails_with('a pattern in access.log',
    qr/not ok 2 .* pattern "\/t" should not match any line in access/,
    block("--- no_access_log\n/t\n"));
fails_with('other matches', qr/not ok 2 .* grep_error_log_out/,
    block("--- grep_error_log: process request\n"
        . "--- grep_error_log_out\nother\n"));
fails_with('a pattern missing at exit',
    qr/not ok 2 .* pattern "no such" should match a line in error/,
    block("--- shutdown_error_log\nno such\n"));
fails_with('a pattern at exit',
    qr/not ok 2 .* pattern "signal 3" should not match any line in error/,
    block("--- no_shutdown_error_log\nsignal 3\n"));
fails_with('nginx that should have died', qr/not ok 1 .* die as expected/,
    block("--- must_die\n"));
fails_with('another exit code', qr/not ok 1 .* die with the expected exit/,
    block("--- must_die: 7\n", 'no_such_directive;'));
fails_with('an answer that takes too long',
    qr/not ok 1 - ERROR: client socket timed out - t\/x\.t TEST 1: name/,
    block("--- user_files\n>>> t\ntext\n--- timeout: 100ms\n",
        'limit_rate 1;'));
fails_with('another TCP query', qr/not ok 2 .* tcp_query ok/,
    block("--- tcp_listen: \$TEST_NGINX_RAND_PORT_1\n--- tcp_query: POST\n"
        . "--- tcp_reply eval\n\"HTTP/1.0 200 OK\\r\\n\\r\\n\"\n",
        'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;'));
fails_with('another TCP query length', qr/TCP query length ok/,
    block("--- tcp_listen: \$TEST_NGINX_RAND_PORT_1\n--- tcp_query_len: 999\n"
        . "--- tcp_query_auto_timeout\n"
        . "--- tcp_reply eval\n\"HTTP/1.0 200 OK\\r\\n\\r\\n\"\n",
        'proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;'));

done_testing();
