use Test::Nginx::Socket 'no_plan';

# REST APIs: a tree of resources, as AWS's Developer Guide has it.

no_root_location();

our $Missing = '{"message":"Missing Authentication Token"}';

run_tests();

__DATA__

=== TEST 1: a literal goes before a parameter
--- config
    apigw_stage s {
        apigw_route "GET /pets"          { return 200 $apigw_route; }
        apigw_route "GET /pets/dog"      { return 200 $apigw_route; }
        apigw_route "GET /pets/{id}"     { return 200 $apigw_route; }
        apigw_route "GET /pets/{id}/toy" { return 200 $apigw_route; }
    }
--- request eval
["GET /s/pets", "GET /s/pets/dog", "GET /s/pets/cat", "GET /s/pets/cat/toy",
"GET /s/pets/dogs", "GET /s/pets/do", "GET /s/pets/Dog"]
--- response_body eval
['GET /pets', 'GET /pets/dog', 'GET /pets/{id}', 'GET /pets/{id}/toy',
'GET /pets/{id}', 'GET /pets/{id}', 'GET /pets/{id}']
--- error_code eval
[(200) x 7]



=== TEST 2: there is no way back out of a literal branch
--- config
    apigw_stage s {
        apigw_route "GET /pets/dog"      { return 200 $apigw_route; }
        apigw_route "GET /pets/{id}/toy" { return 200 $apigw_route; }
        apigw_route "ANY /{proxy+}"      { return 200 $apigw_route; }
    }
--- request eval
["GET /s/pets/dog/toy", "GET /s/pets/cat/toy", "GET /s/pets", "GET /s/pets/cat",
"GET /s/pets/cat/x", "GET /s/pet", "GET /s/a/b/c"]
--- error_code eval
[403, 200, 403, 403, 403, 200, 200]
--- response_body eval
[$::Missing, 'GET /pets/{id}/toy', $::Missing, $::Missing, $::Missing,
'ANY /{proxy+}', 'ANY /{proxy+}']



=== TEST 3: a greedy resource is not its literal siblings' subtrees
--- config
    apigw_stage s {
        apigw_route "GET /{proxy+}"     { return 200 $apigw_route; }
        apigw_route "GET /parent/child" { return 200 $apigw_route; }
    }
--- request eval
["GET /s/parent/child", "GET /s/parent", "GET /s/parent/", "GET /s/parent/other",
"GET /s/parent/child/x", "GET /s/parents", "GET /s/x/parent/child"]
--- error_code eval
[200, 403, 403, 403, 403, 200, 200]
--- response_body eval
['GET /parent/child', $::Missing, $::Missing, $::Missing, $::Missing,
'GET /{proxy+}', 'GET /{proxy+}']



=== TEST 4: /{proxy+} does not match the root, nor the resource above it
--- config
    apigw_stage s {
        apigw_route "ANY /{proxy+}"   { return 200 $apigw_route; }
        apigw_route "GET /a/{proxy+}" { return 200 $apigw_route; }
    }
    apigw_stage r {
        apigw_route "ANY /{proxy+}"   { return 200 $apigw_route; }
        apigw_route "ANY /"           { return 200 $apigw_route; }
    }
--- request eval
["GET /s", "GET /s/", "GET /s/a", "GET /s/a/", "GET /s/a/b", "GET /s/a/b/c/d",
"GET /r", "GET /r/", "GET /r/x"]
--- error_code eval
[403, 403, 403, 403, 200, 200, 200, 200, 200]
--- response_body eval
[($::Missing) x 4, 'GET /a/{proxy+}', 'GET /a/{proxy+}', 'ANY /', 'ANY /',
'ANY /{proxy+}']



=== TEST 5: the exact method, then ANY
--- config
    apigw_stage s {
        apigw_route "ANY /x"  { return 200 $apigw_route; }
        apigw_route "POST /x" { return 200 $apigw_route; }
    }
--- request eval
["GET /s/x", "POST /s/x", "PUT /s/x", "DELETE /s/x", "PATCH /s/x", "OPTIONS /s/x"]
--- response_body eval
['ANY /x', 'POST /x', ('ANY /x') x 4]
--- error_code eval
[(200) x 6]



=== TEST 6: a method that the resource has not is not looked for elsewhere
--- config
    apigw_stage s {
        apigw_route "POST /pets/dog" { return 200 $apigw_route; }
        apigw_route "ANY /pets/{id}" { return 200 $apigw_route; }
    }
    apigw_stage g {
        apigw_route "POST /pets/dog" { return 200 $apigw_route; }
        apigw_route "ANY /{proxy+}"  { return 200 $apigw_route; }
    }
--- request eval
["POST /s/pets/dog", "GET /s/pets/dog", "GET /s/pets/cat", "GET /g/pets/dog"]
--- error_code eval
[200, 403, 200, 403]
--- response_body eval
['POST /pets/dog', $::Missing, 'ANY /pets/{id}', $::Missing]



=== TEST 7: HEAD is a HEAD route's, then ANY's, never GET's
--- config
    apigw_stage s {
        apigw_route "GET /get"   { add_header X-Route $apigw_route; return 200; }
        apigw_route "GET /head"  { add_header X-Route $apigw_route; return 200; }
        apigw_route "HEAD /head" { add_header X-Route $apigw_route; return 200; }
        apigw_route "ANY /any"   { add_header X-Route $apigw_route; return 200; }
    }
--- request eval
["HEAD /s/get", "HEAD /s/head", "GET /s/head", "HEAD /s/any"]
--- error_code eval
[403, 200, 200, 200]
--- response_headers eval
["! X-Route", "X-Route: HEAD /head", "X-Route: GET /head", "X-Route: ANY /any"]



=== TEST 8: methods that AWS has not match nothing, nor does ANY
--- config
    apigw_stage s {
        apigw_route "ANY /x"        { return 200 $apigw_route; }
        apigw_route "ANY /{proxy+}" { return 200 $apigw_route; }
    }
--- request eval
["PROPFIND /s/x", "LOCK /s/x", "PURGE /s/x", "MKCOL /s/y", "FOO /s/x", "GETX /s/x"]
--- error_code eval
[(403) x 6]
--- response_body eval
[($::Missing) x 6]



=== TEST 9: OPTIONS is a method as any other
--- config
    apigw_stage s {
        apigw_route "GET /x"     { return 200 $apigw_route; }
        apigw_route "GET /y"     { return 200 $apigw_route; }
        apigw_route "OPTIONS /y" { return 200 $apigw_route; }
    }
--- request eval
["OPTIONS /s/x", "OPTIONS /s/y", "GET /s/y"]
--- error_code eval
[403, 200, 200]
--- response_body eval
[$::Missing, 'OPTIONS /y', 'GET /y']



=== TEST 10: headers that would override the method are not heard
--- config
    apigw_stage s {
        apigw_route "GET /x"    { return 200 "$apigw_route $request_method"; }
        apigw_route "DELETE /x" { return 200 "$apigw_route $request_method"; }
    }
--- request eval
["GET /s/x?_method=DELETE", "POST /s/x"]
--- more_headers
X-HTTP-Method-Override: DELETE
X-HTTP-Method: DELETE
X-Method-Override: DELETE
--- error_code eval
[200, 403]
--- response_body eval
['GET /x GET', $::Missing]



=== TEST 11: one slash at the end means nothing
--- config
    apigw_stage s {
        apigw_route "GET /pets"      { return 200 "$apigw_route $uri"; }
        apigw_route "GET /pets/{id}" { return 200 "$apigw_route $apigw_path_id"; }
        apigw_route "GET /g/{p+}"    { return 200 "$apigw_route $apigw_path_p"; }
        apigw_route "GET /slash/"    { return 200 "$apigw_route $uri"; }
    }
--- request eval
["GET /s/pets/", "GET /s/pets/7/", "GET /s/g/a/b/", "GET /s/slash", "GET /s/slash/"]
--- response_body eval
['GET /pets /pets/', 'GET /pets/{id} 7', 'GET /g/{p+} a/b', 'GET /slash/ /slash',
'GET /slash/ /slash/']
--- error_code eval
[(200) x 5]



=== TEST 12: slashes inside are merged
--- config
    apigw_stage s {
        apigw_route "GET /pets/{id}" { return 200 "$apigw_path_id $uri"; }
    }
--- request eval
["GET /s//pets/7", "GET //s/pets/7", "GET /s/pets//7", "GET ///s///pets///7"]
--- response_body eval
[("7 /pets/7") x 4]
--- error_code eval
[(200) x 4]



=== TEST 13: paths are case-sensitive
--- config
    apigw_stage s { apigw_route "GET /Pets" { return 200 $apigw_route; } }
--- request eval
["GET /s/Pets", "GET /s/pets", "GET /S/Pets", "GET /s/PETS"]
--- error_code eval
[200, 403, 403, 403]



=== TEST 14: an unmatched path
--- config
    apigw_stage s { apigw_route "GET /pets" { return 200 ok; } }
--- request
GET /s/dogs
--- more_headers
Accept: text/html
--- error_code: 403
--- response_body chomp
{"message":"Missing Authentication Token"}
--- raw_response_headers_like eval
qr/^HTTP\/1\.1 403 Forbidden\r\n(?=.*Content-Type: application\/json\r\n)(?=.*Content-Length: 42\r\n)(?=.*x-amzn-ErrorType: MissingAuthenticationTokenException\r\n)(?=.*x-amzn-RequestId: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\r\n)(?=.*x-amz-apigw-id: \S{15}=\r\n)/s



=== TEST 15: an unmatched method
--- config
    apigw_stage s { apigw_route "GET /pets" { return 200 ok; } }
--- request
DELETE /s/pets
--- error_code: 403
--- response_body chomp
{"message":"Missing Authentication Token"}
--- response_headers
Content-Type: application/json
Content-Length: 42
x-amzn-ErrorType: MissingAuthenticationTokenException
! Allow



=== TEST 16: HEAD of an unmatched path has headers and no body
--- config
    apigw_stage s { apigw_route "GET /pets" { return 200 ok; } }
--- request
HEAD /s/dogs
--- error_code: 403
--- response_body:
--- response_headers
Content-Type: application/json
Content-Length: 42
x-amzn-ErrorType: MissingAuthenticationTokenException



=== TEST 17: an unmatched request with a body leaves the connection usable
--- config
    apigw_stage s { apigw_route "GET /pets" { return 200 ok; } }
--- pipelined_requests eval
["POST /s/dogs\n" . ("x" x 5000), "GET /s/pets", "GET /s/dogs"]
--- error_code eval
[403, 200, 403]
--- response_body eval
[$::Missing, "ok", $::Missing]



=== TEST 18: parameters at several depths
--- config
    apigw_stage s {
        apigw_route "GET /a/{x}"         { return 200 "1 $apigw_path_x"; }
        apigw_route "GET /a/{x}/b"       { return 200 "2 $apigw_path_x"; }
        apigw_route "GET /a/{x}/b/{y}"   { return 200 "3 $apigw_path_x $apigw_path_y"; }
        apigw_route "GET /a/{x}/c/{z+}"  { return 200 "4 $apigw_path_x $apigw_path_z"; }
        apigw_route "GET /{w}/q"         { return 200 "5 $apigw_path_w"; }
    }
--- request eval
["GET /s/a/1", "GET /s/a/1/b", "GET /s/a/1/b/2", "GET /s/a/1/c/2/3/4", "GET /s/z/q",
"GET /s/a/q", "GET /s/a/1/c", "GET /s/a", "GET /s/z"]
--- error_code eval
[(200) x 6, (403) x 3]
--- response_body eval
["1 1", "2 1", "3 1 2", "4 1 2/3/4", "5 z", "1 q", ($::Missing) x 3]



=== TEST 19: literals of all characters that AWS allows, and ours
--- config
    apigw_stage s {
        apigw_route "GET /a_b-c.d,e:f"    { return 200 1; }
        apigw_route "GET /~!$&'()*+=@"    { return 200 2; }
        apigw_route "GET /..."            { return 200 3; }
    }
--- request eval
["GET /s/a_b-c.d,e:f", 'GET /s/~!$&\'()*+=@', "GET /s/...", "GET /s/%61_b-c.d,e:f"]
--- response_body eval
[1, 2, 3, 1]
--- error_code eval
[(200) x 4]



=== TEST 20: a thousand routes, each finds its own
--- config eval
"apigw_stage s {\n"
. CORE::join('', map { "apigw_route \"GET /r$_/{id}/x$_\" { return 200 \"$_ \$apigw_path_id\"; }\n" } 1 .. 1000)
. "}\n"
--- request eval
["GET /s/r1/a/x1", "GET /s/r500/b/x500", "GET /s/r1000/c/x1000", "GET /s/r500/b/x501",
"GET /s/r1001/b/x1001"]
--- error_code eval
[200, 200, 200, 403, 403]
--- response_body eval
["1 a", "500 b", "1000 c", ($::Missing) x 2]



=== TEST 21: the arguments don't take part
--- config
    apigw_stage s { apigw_route "GET /x" { return 200 "$uri|$args|$request_uri"; } }
--- request eval
["GET /s/x?/y=1&z", "GET /s/x?", "GET /s/y?/s/x"]
--- error_code eval
[200, 200, 403]
--- response_body eval
["/x|/y=1&z|/x?/y=1&z", "/x||/x?", $::Missing]
