use Test::Nginx::Socket 'no_plan';

# valgrind

# HTTP APIs: path and method match together; full, greedy, $default.

no_root_location();

our $Missing = '{"message":"Not Found"}';

config_preamble("    apigw_api_type http;\n");

run_tests();

__DATA__

=== TEST 1: the worked example of AWS's Developer Guide
--- config
    apigw_stage s {
        apigw_route "GET /pets/dog/1"    { return 200 $apigw_route; }
        apigw_route "GET /pets/dog/{id}" { return 200 $apigw_route; }
        apigw_route "GET /pets/{proxy+}" { return 200 $apigw_route; }
        apigw_route "ANY /{proxy+}"      { return 200 $apigw_route; }
        apigw_route $default             { return 200 $apigw_route; }
    }
--- request eval
["GET /s/pets/dog/1", "GET /s/pets/dog/2", "GET /s/pets/cat/1", "POST /s/test/5",
"GET /s/", "POST /s/pets/dog/1", "GET /s/pets", "GET /s/pets/dog/1/2"]
--- response_body eval
['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}',
'$default', 'ANY /{proxy+}', 'ANY /{proxy+}', 'GET /pets/{proxy+}']
--- error_code eval
[(200) x 8]



=== TEST 2: a method miss falls through
--- config
    apigw_stage s {
        apigw_route "POST /pets/dog"      { return 200 $apigw_route; }
        apigw_route "PUT /pets/{id}"      { return 200 $apigw_route; }
        apigw_route "DELETE /pets/{p+}"   { return 200 $apigw_route; }
        apigw_route "ANY /{proxy+}"       { return 200 $apigw_route; }
    }
--- request eval
["POST /s/pets/dog", "PUT /s/pets/dog", "DELETE /s/pets/dog", "GET /s/pets/dog",
"HEAD /s/pets/dog"]
--- response_body eval
['POST /pets/dog', 'PUT /pets/{id}', 'DELETE /pets/{p+}', 'ANY /{proxy+}', '']
--- error_code eval
[(200) x 5]



=== TEST 3: the way back out of a literal branch
--- config
    apigw_stage s {
        apigw_route "GET /pets/dog"      { return 200 $apigw_route; }
        apigw_route "GET /pets/{id}/toy" { return 200 $apigw_route; }
        apigw_route "GET /{a}/dog/bone"  { return 200 $apigw_route; }
    }
--- request eval
["GET /s/pets/dog/toy", "GET /s/pets/dog/bone", "GET /s/pets/dog", "GET /s/pets/cat"]
--- error_code eval
[200, 200, 200, 404]
--- response_body eval
['GET /pets/{id}/toy', 'GET /{a}/dog/bone', 'GET /pets/dog', $::Missing]



=== TEST 4: most literals first
--- config
    apigw_stage s {
        apigw_route "GET /{a}/{b}/c"   { return 200 $apigw_route; }
        apigw_route "GET /x/{b}/{c}"   { return 200 $apigw_route; }
        apigw_route "GET /{a}/y/c"     { return 200 $apigw_route; }
        apigw_route "GET /{a}/{b}/{c}" { return 200 $apigw_route; }
    }
--- request eval
["GET /s/x/y/c", "GET /s/x/z/d", "GET /s/w/z/c", "GET /s/w/y/c", "GET /s/w/z/d"]
--- response_body eval
['GET /{a}/y/c', 'GET /x/{b}/{c}', 'GET /{a}/{b}/c', 'GET /{a}/y/c',
'GET /{a}/{b}/{c}']
--- error_code eval
[(200) x 5]



=== TEST 5: the exact method before ANY, the fuller path before the method
--- config
    apigw_stage s {
        apigw_route "ANY /x"         { return 200 $apigw_route; }
        apigw_route "GET /x"         { return 200 $apigw_route; }
        apigw_route "ANY /y/lit"     { return 200 $apigw_route; }
        apigw_route "GET /y/{id}"    { return 200 $apigw_route; }
        apigw_route "GET /{proxy+}"  { return 200 $apigw_route; }
    }
--- request eval
["GET /s/x", "POST /s/x", "GET /s/y/lit", "GET /s/y/z", "GET /s/z"]
--- response_body eval
['GET /x', 'ANY /x', 'ANY /y/lit', 'GET /y/{id}', 'GET /{proxy+}']
--- error_code eval
[(200) x 5]



=== TEST 6: the greedy route with the longest literal prefix
--- config
    apigw_stage s {
        apigw_route "GET /{proxy+}"     { return 200 "$apigw_route $apigw_path_proxy"; }
        apigw_route "GET /a/{proxy+}"   { return 200 "$apigw_route $apigw_path_proxy"; }
        apigw_route "GET /a/b/{proxy+}" { return 200 "$apigw_route $apigw_path_proxy"; }
    }
--- request eval
["GET /s/a/b/c/d", "GET /s/a/c/d", "GET /s/b/c", "GET /s/a/b", "GET /s/a"]
--- response_body eval
['GET /a/b/{proxy+} c/d', 'GET /a/{proxy+} c/d', 'GET /{proxy+} b/c',
'GET /a/{proxy+} b', 'GET /{proxy+} a']
--- error_code eval
[(200) x 5]



=== TEST 7: siblings with different parameters live together
--- config
    apigw_stage s {
        apigw_route "GET /pets/{id}"      { return 200 "1 $apigw_path_id"; }
        apigw_route "POST /pets/{name}"   { return 200 "2 $apigw_path_name"; }
        apigw_route "GET /pets/{a}/toys"  { return 200 "3 $apigw_path_a"; }
        apigw_route "GET /pets/{all+}"    { return 200 "4 $apigw_path_all"; }
    }
--- request eval
["GET /s/pets/7", "POST /s/pets/rex", "GET /s/pets/7/toys", "GET /s/pets/7/x"]
--- response_body eval
["1 7", "2 rex", "3 7", "4 7/x"]
--- error_code eval
[(200) x 4]



=== TEST 8: OPTIONS /{proxy+} goes before $default
--- config
    apigw_stage s {
        apigw_route "OPTIONS /{proxy+}" { return 200 $apigw_route; }
        apigw_route $default            { return 200 $apigw_route; }
    }
--- request eval
["OPTIONS /s/a/b", "GET /s/a/b", "OPTIONS /s"]
--- response_body eval
['OPTIONS /{proxy+}', '$default', '$default']
--- error_code eval
[(200) x 3]



=== TEST 9: a slash at the end is told apart
--- config
    apigw_stage s {
        apigw_route "GET /pets"      { return 200 $apigw_route; }
        apigw_route "GET /cats/"     { return 200 $apigw_route; }
        apigw_route "GET /pets/{id}" { return 200 $apigw_route; }
        apigw_route "GET /g/{p+}"    { return 200 "$apigw_route $apigw_path_p"; }
    }
--- request eval
["GET /s/pets", "GET /s/pets/", "GET /s/cats/", "GET /s/cats", "GET /s/pets/7",
"GET /s/pets/7/", "GET /s/g/a/", "GET /s/g/"]
--- error_code eval
[200, 404, 200, 404, 200, 404, 200, 404]
--- response_body eval
['GET /pets', $::Missing, 'GET /cats/', $::Missing, 'GET /pets/{id}', $::Missing,
'GET /g/{p+} a/', $::Missing]



=== TEST 10: HEAD is a HEAD route's, then ANY's, then $default's
--- config
    apigw_stage s {
        apigw_route "GET /get"  { add_header X-Route $apigw_route; return 200; }
        apigw_route "HEAD /two" { add_header X-Route $apigw_route; return 200; }
        apigw_route "ANY /two"  { add_header X-Route $apigw_route; return 200; }
    }
    apigw_stage d {
        apigw_route "GET /get"  { add_header X-Route $apigw_route; return 200; }
        apigw_route $default    { add_header X-Route $apigw_route; return 200; }
    }
--- request eval
["HEAD /s/get", "HEAD /s/two", "PUT /s/two", "HEAD /d/get", "GET /d/get"]
--- error_code eval
[404, 200, 200, 200, 200]
--- response_headers eval
["! X-Route", "X-Route: HEAD /two", "X-Route: ANY /two", 'X-Route: $default',
"X-Route: GET /get"]



=== TEST 11: methods that AWS has not match nothing
--- config
    apigw_stage s {
        apigw_route "ANY /x"  { return 200 $apigw_route; }
        apigw_route $default  { return 200 $apigw_route; }
    }
--- request eval
["PROPFIND /s/x", "FOO /s/x", "FOO /s/y"]
--- error_code eval
[(404) x 3]
--- response_body eval
[($::Missing) x 3]



=== TEST 12: no match, its headers and body
--- config
    apigw_stage s { apigw_route "GET /pets" { return 200 ok; } }
--- request
POST /s/pets
--- error_code: 404
--- response_body chomp
{"message":"Not Found"}
--- response_headers_like
Content-Type: application/json
Content-Length: 23
apigw-requestid: [A-Za-z0-9+/_-]{15}=
--- raw_response_headers_unlike: (?i)(x-amz|Allow:)



=== TEST 13: HEAD without a match
--- config
    apigw_stage s { apigw_route "GET /pets" { return 200 ok; } }
--- request
HEAD /s/pets
--- error_code: 404
--- response_body:
--- response_headers
Content-Type: application/json
Content-Length: 23



=== TEST 14: $default of a named stage and its path
--- config
    apigw_stage s {
        apigw_route $default { return 200 "$apigw_route $uri $request_uri"; }
    }
--- request eval
["GET /s", "GET /s/", "GET /s/a//b/?x=1", "PUT /s/a%20b"]
--- response_body eval
['$default / /', '$default / /', '$default /a/b/ /a/b/?x=1', '$default /a b /a%20b']
--- error_code eval
[(200) x 4]
