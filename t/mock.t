use Test::Nginx::Socket 'no_plan';

# valgrind

# Mock integrations.

no_root_location();
no_long_string();

run_tests();

__DATA__

=== TEST 1: a status, a body, its type
--- config
    default_type application/x-none;
    apigw_stage s {
        apigw_route "GET /json"  { apigw_mock 200 '{"a":1}'; }
        apigw_route "GET /array" { apigw_mock 203 '[]'; }
        apigw_route "GET /text"  { apigw_mock 404 "no such pet\n"; }
        apigw_route "GET /type"  { apigw_mock 503 "{}" type=application/problem+json; }
        apigw_route "GET /none"  { apigw_mock 201; }
        apigw_route "GET /empty" { apigw_mock 599 ""; }
        apigw_route "GET /reset" { apigw_mock 205; }
    }
--- request eval
[map { "GET /s/$_" } qw(json array text type none empty reset)]
--- error_code eval
[200, 203, 404, 503, 201, 599, 205]
--- response_body eval
['{"a":1}', '[]', "no such pet\n", '{}', '', '', '']
--- response_headers eval
["Content-Type: application/json\nContent-Length: 7\n! x-amzn-ErrorType",
"Content-Type: application/json\nContent-Length: 2",
"Content-Type: text/plain\nContent-Length: 12\n! x-amzn-ErrorType",
"Content-Type: application/problem+json\nContent-Length: 2\n! x-amzn-ErrorType",
("! Content-Type\nContent-Length: 0") x 3]
--- raw_response_headers_like eval
[("x-amzn-RequestId: ") x 7]



=== TEST 2: statuses without a body
--- config
    apigw_stage s {
        apigw_route "GET /204" { apigw_mock 204; }
        apigw_route "GET /304" { apigw_mock 304 ""; }
        apigw_route "GET /200" { apigw_mock 200 ok; }
    }
--- pipelined_requests eval
["GET /s/204", "GET /s/304", "GET /s/200"]
--- error_code eval
[204, 304, 200]
--- response_body eval
['', '', 'ok']
--- response_headers eval
[("! Content-Type\n! Content-Length\n! Transfer-Encoding") x 2, "Content-Length: 2"]



=== TEST 3: variables, as they stand
--- config
    apigw_stage s {
        apigw_stage_variable color blue;
        apigw_route "GET /pets/{id}" {
            apigw_mock 200 '{"id":"$apigw_path_id","color":"${apigw_stage_variable_color}","q":"$arg_q"}';
        }
        apigw_route "GET /first" { apigw_mock 200 $arg_a; }
    }
--- request eval
["GET /s/pets/7?q=a%22", "GET /s/first?a={}", "GET /s/first?a=[", "GET /s/first?a=x", "GET /s/first"]
--- error_code eval
[(200) x 5]
--- response_body eval
['{"id":"7","color":"blue","q":"a%22"}', '{}', '[', 'x', '']
--- response_headers eval
["Content-Type: application/json", "Content-Type: application/json",
"Content-Type: application/json", "Content-Type: text/plain", "! Content-Type\nContent-Length: 0"]



=== TEST 4: redirects: the body is no location
--- config
    apigw_stage s {
        apigw_route "GET /x" { add_header Location https://example.com/; apigw_mock 302 elsewhere; }
    }
--- request
GET /s/x
--- error_code: 302
--- response_headers
Location: https://example.com/
Content-Type: text/plain
--- response_body chomp
elsewhere



=== TEST 5: HEAD, by its own route or ANY
--- config
    apigw_stage s {
        apigw_route "HEAD /x" { apigw_mock 200 '{"a":1}'; }
        apigw_route "ANY /y"  { apigw_mock 404 text; }
        apigw_route "GET /z"  { apigw_mock 200 text; }
    }
--- request eval
["HEAD /s/x", "HEAD /s/y", "HEAD /s/z"]
--- error_code eval
[200, 404, 403]
--- response_body eval
['', '', '']
--- response_headers eval
["Content-Type: application/json\nContent-Length: 7", "Content-Type: text/plain\nContent-Length: 4",
"x-amzn-ErrorType: MissingAuthenticationTokenException"]



=== TEST 6: the body of a request is thrown away, and the connection goes on
--- config
    apigw_stage s {
        client_max_body_size 8;
        apigw_route "POST /x" { apigw_mock 200 ok; }
    }
--- pipelined_requests eval
["POST /s/x\n12345678", "POST /s/x\n", "POST /s/x\n1234"]
--- error_code eval
[200, 200, 200]
--- response_body eval
['ok', 'ok', 'ok']



=== TEST 7: too large a body is refused, as everywhere
--- config
    apigw_stage s {
        client_max_body_size 3;
        apigw_route "POST /x" { apigw_mock 200 ok; }
    }
--- request
POST /s/x
1234
--- error_code: 413
--- response_headers
x-amzn-ErrorType: RequestTooLargeException



=== TEST 8: policies come before
--- http_config
    apigw_usage_plan basic { quota 1/day; }
    apigw_api_key alice key=alice-0123456789abcdef plan=basic id=alice;
--- config
    apigw_stage s {
        apigw_usage_plans basic;
        apigw_route "GET /key"    { apigw_api_key_required on; apigw_mock 200 "for $apigw_api_key_id"; }
        apigw_route "GET /slow"   { apigw_throttle 0r/s burst=0; apigw_mock 200 in; }
        apigw_route "GET /denied" { deny all; apigw_mock 200 in; }
        apigw_route "GET /early"  { apigw_api_key_required on; set $a b; apigw_mock 200 $a; }
    }
--- request eval
["GET /s/key", "GET /s/slow", "GET /s/denied", "GET /s/early", "GET /s/key", "GET /s/key"]
--- more_headers eval
[('') x 4, ("X-Api-Key: alice-0123456789abcdef") x 2]
--- error_code eval
[403, 429, 403, 403, 200, 429]
--- response_body_like eval
['Forbidden', 'Too Many', 'not authorized', 'Forbidden', '^for alice$', 'Limit Exceeded']
--- no_error_log
[alert]



=== TEST 9: error_page is not for its statuses, gateway responses neither
--- config
    apigw_response DEFAULT_4XX body=changed;
    error_page 404 500 /page;
    location /page { return 200 page; }
    apigw_stage s {
        apigw_route "GET /x" { apigw_mock 404 mine; }
        apigw_route "GET /y" { apigw_mock 500; }
    }
--- request eval
["GET /s/x", "GET /s/y"]
--- error_code eval
[404, 500]
--- response_body eval
['mine', '']



=== TEST 10: "if" and "limit_except" in the route
--- config
    apigw_stage s {
        apigw_route "GET /x" { if ($arg_a) { add_header X-If yes; } apigw_mock 200 "in $arg_a"; }
        apigw_route "GET /y" { if ($arg_a) { return 202 other; } apigw_mock 200 in; }
        apigw_route "ANY /z" { limit_except GET { deny 127.0.0.2; } apigw_mock 200 in; }
    }
--- request eval
["GET /s/x?a=1", "GET /s/x", "GET /s/y?a=1", "GET /s/y", "GET /s/z", "PUT /s/z"]
--- error_code eval
[200, 200, 202, 200, 200, 200]
--- response_body eval
['in 1', 'in ', 'other', 'in', 'in', 'in']
--- response_headers eval
["X-If: yes", "! X-If", ('! X-If') x 4]



=== TEST 11: as a subrequest that decides
--- config
    apigw_stage s {
        apigw_route "GET /allow" { apigw_mock 204; }
        apigw_route "GET /deny"  { apigw_mock 403 no; }
    }
    location /in  { auth_request /s/allow; empty_gif; }
    location /out { auth_request /s/deny; empty_gif; }
--- request eval
["GET /in", "GET /out"]
--- error_code eval
[200, 403]
--- response_headers eval
["Content-Type: image/gif", "Content-Type: text/html"]



=== TEST 12: in a page of SSI
--- config
    apigw_stage s {
        apigw_route "GET /part"  { apigw_mock 200 part; }
        apigw_route "GET /nothing" { apigw_mock 200; }
    }
    location /ssi { ssi on; ssi_types *; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> ssi/x
[<!--#include virtual="/s/part" --><!--#include virtual="/s/nothing" -->]
--- request
GET /ssi/x
--- response_body
[part]



=== TEST 13: a status that is none
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 199; } }
--- must_die
--- error_log
invalid status "199": 200 to 599 are expected in
--- no_error_log
[alert]



=== TEST 14: a status that is too high
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 600; } }
--- must_die
--- error_log
invalid status "600": 200 to 599 are expected in
--- no_error_log
[alert]



=== TEST 15: no number
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock ok; } }
--- must_die
--- error_log
invalid status "ok": 200 to 599 are expected in
--- no_error_log
[alert]



=== TEST 16: a body where there is none
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 204 text; } }
--- must_die
--- error_log
a response with status 204 has no body in
--- no_error_log
[alert]



=== TEST 17: nor has this one
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 205 text; } }
--- must_die
--- error_log
a response with status 205 has no body in
--- no_error_log
[alert]



=== TEST 18: a third parameter that is none
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 200 a b; } }
--- must_die
--- error_log
invalid parameter "b": "type=" is expected after the body in
--- no_error_log
[alert]



=== TEST 19: a type that is empty
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 200 a type=; } }
--- must_die
--- error_log
invalid parameter "type=": "type=" is expected after the body in
--- no_error_log
[alert]



=== TEST 20: twice
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 200; apigw_mock 200; } }
--- must_die
--- error_log
"apigw_mock" directive is duplicate in
--- no_error_log
[alert]



=== TEST 21: after another content handler
--- config
    apigw_stage s { apigw_route "GET /x" { proxy_pass http://127.0.0.1:1; apigw_mock 200; } }
--- must_die
--- error_log
"apigw_mock" directive stands beside another content handler in
--- no_error_log
[alert]



=== TEST 22: before another content handler
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 200; proxy_pass http://127.0.0.1:1; } }
--- must_die
--- error_log
the route "GET /x" has "apigw_mock" and another content handler in
--- no_error_log
[alert]



=== TEST 23: an unknown variable
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 200 $no_such_thing; } }
--- must_die
--- error_log
unknown "no_such_thing" variable
--- no_error_log
[alert]



=== TEST 24: not in a stage
--- config
    apigw_stage s { apigw_mock 200; }
--- must_die
--- error_log
"apigw_mock" directive is not allowed here in
--- no_error_log
[alert]



=== TEST 25: too many parameters
--- config
    apigw_stage s { apigw_route "GET /x" { apigw_mock 200 a type=b c; } }
--- must_die
--- error_log
invalid number of arguments in "apigw_mock" directive in
--- no_error_log
[alert]
