use Test::Nginx::Socket 'no_plan';

# What would silently do nothing, or weaken a policy, is refused, with the
# file and the line.  Lines are known in included files only.

no_root_location();
no_long_string();

run_tests();

__DATA__

=== TEST 1: a duplicate route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /pets" { return 200; }

    apigw_route "GET /pets" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "GET \/pets" collides with "GET \/pets" in \S+r\.conf:2: duplicate route in \S+r\.conf:4$/



=== TEST 2: routes that differ in the names of their parameters only are duplicates, HTTP APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_api_type http;
    apigw_route "GET /pets/{id}" { return 200; }
    apigw_route "GET /pets/{name}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "GET \/pets\/\{name\}" collides with "GET \/pets\/\{id\}" in \S+r\.conf:3: duplicate route in \S+r\.conf:4$/



=== TEST 3: $default twice, HTTP APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_api_type http;
    apigw_route $default { return 200; }
    apigw_route $default { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "\$default" collides with "\$default" in \S+r\.conf:3: duplicate route in \S+r\.conf:4$/



=== TEST 4: a duplicate route that differs by a slash at the end, REST APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /pets" { return 200; }
    apigw_route "GET /pets/" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "GET \/pets\/" collides with "GET \/pets" in \S+r\.conf:2: duplicate route in \S+r\.conf:3$/



=== TEST 5: two parameters under one parent, REST APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /pets/{id}" { return 200; }
    apigw_route "POST /pets/{name}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "POST \/pets\/\{name\}" collides with "GET \/pets\/\{id\}" in \S+r\.conf:2: REST APIs have one parameter with one name at one place, another one stands there in \S+r\.conf:3$/



=== TEST 6: two parameters under one parent, deeper down, REST APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /pets/{id}/a" { return 200; }
    apigw_route "GET /pets/{name}/b" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/REST APIs have one parameter with one name at one place, another one stands there in \S+r\.conf:3$/



=== TEST 7: a greedy parameter beside a plain one, REST APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /pets/{id}" { return 200; }
    apigw_route "GET /pets/{proxy+}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "GET \/pets\/\{proxy\+\}" collides with "GET \/pets\/\{id\}" .* one parameter .* in \S+r\.conf:3$/



=== TEST 8: $default, REST APIs
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route $default { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "\$default": REST APIs have no "\$default" route, "ANY \/\{proxy\+\}" and "ANY \/" come next in \S+r\.conf:2$/



=== TEST 9: a route twice by an include
--- user_files
>>> r.conf
apigw_stage s {
    include $TEST_NGINX_SERVER_ROOT/html/more.conf;
    apigw_route "GET /x" { return 200; }
}
>>> more.conf
apigw_route "GET /x" { return 200; }
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/the route "GET \/x" collides with "GET \/x" in \S+more\.conf:1: duplicate route in \S+r\.conf:3$/



=== TEST 10: bad route keys: a greedy parameter that is not the last segment
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{proxy+}/x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{proxy\+\}\/x": greedy parameter must be the last segment in \S+r\.conf:2$/



=== TEST 11: bad route keys: a parameter that does not fill its segment
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /pets-{id}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/pets-\{id\}": parameter must fill its whole segment, "\/\{name\}" or "\/\{name\+\}" is expected in \S+r\.conf:2$/



=== TEST 12: bad route keys: text behind a parameter
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{id}.json" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{id\}\.json": parameter must fill its whole segment, "\/\{name\}" or "\/\{name\+\}" is expected in \S+r\.conf:2$/



=== TEST 13: bad route keys: a parameter without a name
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{\}": parameter has no name in \S+r\.conf:2$/



=== TEST 14: bad route keys: a greedy parameter without a name
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{+}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{\+\}": parameter has no name in \S+r\.conf:2$/



=== TEST 15: bad route keys: a parameter that is not closed
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{id" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{id": parameter has no closing "\}" in \S+r\.conf:2$/



=== TEST 16: bad route keys: a parameter name with a character that no variable can stand for
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{a b}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{a b\}": name of a parameter may have letters, digits, "_", "-" and "\." only in \S+r\.conf:2$/



=== TEST 17: bad route keys: two parameters of one name
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{id}/x/{id}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{id\}\/x\/\{id\}": names of parameters must differ in more than case and "_", "-", "\." in \S+r\.conf:2$/



=== TEST 18: bad route keys: two parameters that are one variable
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{pet-id}/x/{pet_id}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{pet-id\}\/x\/\{pet_id\}": names of parameters must differ in more than case and "_", "-", "\." in \S+r\.conf:2$/



=== TEST 19: bad route keys: two parameters that differ in case
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{id}/x/{ID}" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/\{id\}\/x\/\{ID\}": names of parameters must differ in more than case and "_", "-", "\." in \S+r\.conf:2$/



=== TEST 20: bad route keys: an unknown method
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "FETCH /x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "FETCH \/x": unknown method, one of GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH or ANY is expected in \S+r\.conf:2$/



=== TEST 21: bad route keys: a method in lower case
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "get /x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "get \/x": unknown method, one of GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH or ANY is expected in \S+r\.conf:2$/



=== TEST 22: bad route keys: no method
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "/x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "\/x": no method before path, one of GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH or ANY is expected in \S+r\.conf:2$/



=== TEST 23: bad route keys: no path
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET": no blank between method and path in \S+r\.conf:2$/



=== TEST 24: bad route keys: a path without its first slash
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET x": path must start with "\/" in \S+r\.conf:2$/



=== TEST 25: bad route keys: two blanks
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET  /x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET  \/x": exactly one blank is expected between method and path in \S+r\.conf:2$/



=== TEST 26: bad route keys: an empty route key
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "": route key is empty, "METHOD \/path" or "\$default" is expected in \S+r\.conf:2$/



=== TEST 27: bad route keys: an empty segment
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /a//b" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/a\/\/b": path has an empty segment, one "\/" is expected in \S+r\.conf:2$/



=== TEST 28: bad route keys: dot segments
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /a/../b" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/a\/\.\.\/b": path must not have dot segments in \S+r\.conf:2$/



=== TEST 29: bad route keys: percent-encoding
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /a%20b" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/a%20b": path must be written without percent-encoding in \S+r\.conf:2$/



=== TEST 30: bad route keys: a query
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /a?b" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/a\?b": path must not have a query or fragment in \S+r\.conf:2$/



=== TEST 31: bad route keys: a character that a canonical path never has
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /a b" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/a b": path may have letters, digits and -\._~!\$\&'\(\)\*\+,=:\@ only in \S+r\.conf:2$/



=== TEST 32: bad route keys: another key with "$"
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "$other" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "\$other": the only route key with "\$" is "\$default" in \S+r\.conf:2$/



=== TEST 33: bad route keys: more than 64 segments
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid route "GET \/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a\/a": path has more than 64 segments in \S+r\.conf:2$/



=== TEST 34: apigw_throttle 1r/s burst=1 in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_throttle 1r/s burst=1;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_throttle" directive is not allowed here in \S+r\.conf:2$/



=== TEST 35: apigw_throttle off in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_throttle off;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_throttle" directive is not allowed here in \S+r\.conf:2$/



=== TEST 36: apigw_api_key_required on in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_api_key_required on;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_api_key_required" directive is not allowed here in \S+r\.conf:2$/



=== TEST 37: apigw_usage_plans p in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_usage_plans p;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_usage_plans" directive is not allowed here in \S+r\.conf:2$/



=== TEST 38: apigw_api_key_source $http_x_api_key in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_api_key_source $http_x_api_key;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_api_key_source" directive is not allowed here in \S+r\.conf:2$/



=== TEST 39: apigw_forward_api_key on in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_forward_api_key on;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_forward_api_key" directive is not allowed here in \S+r\.conf:2$/



=== TEST 40: apigw_response THROTTLED status=430 in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_response THROTTLED status=430;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_response" directive is not allowed here in \S+r\.conf:2$/



=== TEST 41: apigw_api_type http in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_api_type http;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_api_type" directive is not allowed here in \S+r\.conf:2$/



=== TEST 42: apigw_encoded_slash keep in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_encoded_slash keep;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_encoded_slash" directive is not allowed here in \S+r\.conf:2$/



=== TEST 43: apigw_stage_variable a b in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_stage_variable a b;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_stage_variable" directive is not allowed here in \S+r\.conf:2$/



=== TEST 44: apigw_request_id trust in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_request_id trust;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_request_id" directive is not allowed here in \S+r\.conf:2$/



=== TEST 45: apigw_limit_headers off in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_limit_headers off;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_limit_headers" directive is not allowed here in \S+r\.conf:2$/



=== TEST 46: apigw_limit_log_level warn in a plain location
--- user_files
>>> r.conf
location /x {
    apigw_limit_log_level warn;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_limit_log_level" directive is not allowed here in \S+r\.conf:2$/



=== TEST 47: apigw_throttle 1r/s burst=1 in an "if" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        if ($arg_a) { apigw_throttle 1r/s burst=1; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_throttle" directive is not allowed here in \S+r\.conf:3$/



=== TEST 48: apigw_throttle 1r/s burst=1 in a "limit_except" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "ANY /x" {
        limit_except GET { apigw_throttle 1r/s burst=1; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_throttle" directive is not allowed here in \S+r\.conf:3$/



=== TEST 49: apigw_api_key_required on in an "if" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        if ($arg_a) { apigw_api_key_required on; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_api_key_required" directive is not allowed here in \S+r\.conf:3$/



=== TEST 50: apigw_api_key_required on in a "limit_except" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "ANY /x" {
        limit_except GET { apigw_api_key_required on; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_api_key_required" directive is not allowed here in \S+r\.conf:3$/



=== TEST 51: apigw_route outside of a stage
--- user_files
>>> r.conf
apigw_route "GET /x" { return 200; }
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_route" directive is not allowed here in \S+r\.conf:1$/



=== TEST 52: apigw_route in a location
--- user_files
>>> r.conf
location / {
    apigw_route "GET /x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_route" directive is not allowed here in \S+r\.conf:2$/



=== TEST 53: apigw_route in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        apigw_route "GET /y" { return 200; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_route" directive is not allowed here in \S+r\.conf:3$/



=== TEST 54: apigw_route without a block
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x";
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/directive "apigw_route" has no opening "\{" in \S+r\.conf:2$/



=== TEST 55: apigw_route with two words
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route GET /x { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/invalid number of arguments in "apigw_route" directive in \S+r\.conf:2$/



=== TEST 56: apigw_api_type http in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        apigw_api_type http;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_api_type" directive is not allowed here in \S+r\.conf:3$/



=== TEST 57: apigw_encoded_slash keep in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        apigw_encoded_slash keep;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_encoded_slash" directive is not allowed here in \S+r\.conf:3$/



=== TEST 58: apigw_stage_variable a b in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        apigw_stage_variable a b;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_stage_variable" directive is not allowed here in \S+r\.conf:3$/



=== TEST 59: apigw_response THROTTLED status=430 in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        apigw_response THROTTLED status=430;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_response" directive is not allowed here in \S+r\.conf:3$/



=== TEST 60: apigw_usage_plans p in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        apigw_usage_plans p;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"apigw_usage_plans" directive is not allowed here in \S+r\.conf:3$/



=== TEST 61: limit_except in a stage
--- user_files
>>> r.conf
apigw_stage s {
    limit_except GET { deny all; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"limit_except" is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 62: internal in a stage
--- user_files
>>> r.conf
apigw_stage s {
    internal;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"internal" is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 63: alias in a stage
--- user_files
>>> r.conf
apigw_stage s {
    alias /tmp/;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"alias" is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 64: try_files in a stage
--- user_files
>>> r.conf
apigw_stage s {
    try_files $uri =404;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"try_files" is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 65: return in a stage
--- user_files
>>> r.conf
apigw_stage s {
    return 200;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a directive of the rewrite module is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 66: rewrite in a stage
--- user_files
>>> r.conf
apigw_stage s {
    rewrite ^ /x break;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a directive of the rewrite module is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 67: set in a stage
--- user_files
>>> r.conf
apigw_stage s {
    set $a b;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a directive of the rewrite module is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 68: break in a stage
--- user_files
>>> r.conf
apigw_stage s {
    break;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a directive of the rewrite module is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 69: proxy_pass in a stage
--- user_files
>>> r.conf
apigw_stage s {
    proxy_pass http://127.0.0.1:1;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a content handler is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 70: fastcgi_pass in a stage
--- user_files
>>> r.conf
apigw_stage s {
    fastcgi_pass 127.0.0.1:1;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a content handler is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 71: grpc_pass in a stage
--- user_files
>>> r.conf
apigw_stage s {
    grpc_pass 127.0.0.1:1;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a content handler is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 72: empty_gif in a stage
--- user_files
>>> r.conf
apigw_stage s {
    empty_gif;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a content handler is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 73: stub_status in a stage
--- user_files
>>> r.conf
apigw_stage s {
    stub_status;
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a content handler is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 74: an "if" in a stage
--- user_files
>>> r.conf
apigw_stage s {
    if ($arg_a) { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a directive of the rewrite module is not allowed in the stage "s" itself, only in its routes or outside of stages in \S+r\.conf:3$/



=== TEST 75: a location in a stage
--- user_files
>>> r.conf
apigw_stage s {
    location /x { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/location "\/x" is not allowed inside a stage in \S+r\.conf:3$/



=== TEST 76: a regex location in a stage
--- user_files
>>> r.conf
apigw_stage s {
    location ~ x { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/location "x" is not allowed inside a stage in \S+r\.conf:3$/



=== TEST 77: satisfy any in a stage
--- user_files
>>> r.conf
apigw_stage s {
    satisfy any;
    apigw_route "GET /x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"satisfy any" leads past the policies of the stage "s" in \S+r\.conf:1$/



=== TEST 78: satisfy any inherited from the server
--- user_files
>>> r.conf
satisfy any;
apigw_stage s {
    apigw_route "GET /x" { return 200; }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"satisfy any" leads past the policies of the stage "s" in \S+r\.conf:2$/



=== TEST 79: a location in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        location /x { return 200; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/location "\/x" is not allowed inside a route in \S+r\.conf:4$/



=== TEST 80: a regex location in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        location ~ y { return 200; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/location "y" is not allowed inside a route in \S+r\.conf:4$/



=== TEST 81: a named location in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        location @n { return 200; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/(location "\@n" is not allowed inside a route|named location "\@n" can be on the server level only) in \S+r\.conf:[34]$/



=== TEST 82: internal in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        internal;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"internal" is not allowed in the route "GET \/x" in \S+r\.conf:4$/



=== TEST 83: alias in a route with a parameter
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x/{id}" {
        alias /tmp/;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"alias" is not allowed in the route "GET \/x\/\{id\}", which has a parameter: use "root" in \S+r\.conf:4$/



=== TEST 84: alias in a route with a greedy parameter
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /{p+}" {
        alias /tmp/;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"alias" is not allowed in the route "GET \/\{p\+\}", which has a parameter: use "root" in \S+r\.conf:4$/



=== TEST 85: rewrite without break in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        rewrite ^/x /y;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"rewrite \^\/x" without "break" is not allowed in a route in \S+r\.conf:4$/



=== TEST 86: rewrite last in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        rewrite ^/x /y last;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"rewrite \^\/x" without "break" is not allowed in a route in \S+r\.conf:4$/



=== TEST 87: rewrite without break behind other directives of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        set $a b; rewrite ^/x /z break; if ($a) { return 404; } rewrite ^/y /z;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"rewrite \^\/y" without "break" is not allowed in a route in \S+r\.conf:4$/



=== TEST 88: rewrite without break in an "if" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        if ($arg_a) { rewrite ^/x /y; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"rewrite \^\/x" without "break" is not allowed in a route in \S+r\.conf:4$/



=== TEST 89: satisfy any in a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        satisfy any;
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"satisfy any" leads past the policies of the route "GET \/x" in \S+r\.conf:2$/



=== TEST 90: satisfy any in an "limit_except" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "ANY /x" {
        limit_except GET { satisfy any; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"satisfy" directive is not allowed here in \S+r\.conf:3$/



=== TEST 91: a location in an "if" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        if ($arg_a) { location /y { return 200; } }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"location" directive is not allowed here in \S+r\.conf:3$/



=== TEST 92: internal in an "if" of a route
--- user_files
>>> r.conf
apigw_stage s {
    apigw_route "GET /x" {
        if ($arg_a) { internal; }
    }
}
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/"internal" directive is not allowed here in \S+r\.conf:3$/



=== TEST 93: apigw_throttle 1r/s burst=1 on a server without stages
--- user_files
>>> r.conf
apigw_throttle 1r/s burst=1;
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a policy in a server without stages in \S+r\.conf:1$/



=== TEST 94: apigw_api_key_required on on a server without stages
--- user_files
>>> r.conf
apigw_api_key_required on;
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a policy in a server without stages in \S+r\.conf:1$/



=== TEST 95: apigw_usage_plans p on a server without stages
--- user_files
>>> r.conf
apigw_usage_plans p;
--- http_config
    apigw_usage_plan p { throttle 1r/s burst=1; }
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- must_die
--- error_log eval
qr/a policy in a server without stages in \S+r\.conf:1$/



=== TEST 96: a policy of the server and a location of its own: a warning
--- user_files
>>> r.conf
apigw_throttle 100r/s burst=100;
apigw_stage s { apigw_route "GET /x" { return 200 route; } }
location /plain { return 200 plain; }
--- config
    include $TEST_NGINX_SERVER_ROOT/html/r.conf;
--- post_main_config
    die_here;
--- must_die
--- error_log eval
[qr/\[warn\].*: the policies of this server don't hold in its location "\/plain" in \S+r\.conf:1$/,
qr/unknown directive "die_here"/]



=== TEST 97: a policy of the server that covers all that it has: no warning
--- config
    apigw_throttle 100r/s burst=100;
    apigw_stage s { apigw_route "GET /x" { return 200 route; } }
    apigw_stage t path=/u { apigw_route "GET /x" { return 200 route; } }
    location @named { return 200; }
--- post_main_config
    die_here;
--- must_die
--- error_log
unknown directive "die_here"
--- no_error_log
[warn]



=== TEST 98: a policy of the server and a location: both work, each its way
--- config
    apigw_throttle 1r/m burst=1;
    apigw_stage s { apigw_route "GET /x" { return 200 route; } }
    location /plain { return 200 plain; }
--- request eval
["GET /s/x", "GET /s/x", "GET /plain", "GET /plain"]
--- error_code eval
[200, 429, 200, 200]



=== TEST 99: what is allowed in a route, though it is not elsewhere
--- user_files
>>> x.txt
alias
--- config
    apigw_stage s {
        apigw_route "GET /alias"     { alias $TEST_NGINX_SERVER_ROOT/html/x.txt; }
        apigw_route "GET /break"     { rewrite ^ /y break; return 200 no; }
        apigw_route "GET /redirect"  { rewrite ^ http://example.com/ redirect; }
        apigw_route "GET /permanent" { rewrite ^ /y permanent; }
        apigw_route "GET /if"        { if ($uri ~ ^/(.)) { return 200 $1; } }
    }
--- request eval
["GET /s/alias", "GET /s/redirect", "GET /s/permanent", "GET /s/if"]
--- error_code eval
[200, 302, 301, 200]
--- response_body_like eval
['^alias$', '302 Found', '301 Moved', '^i$']



=== TEST 100: routes of different methods, or of different APIs' kinds
--- config
    apigw_stage r {
        apigw_route "GET /{id}"  { return 200 1; }
        apigw_route "POST /{id}" { return 200 2; }
        apigw_route "ANY /{id}"  { return 200 3; }
    }
    apigw_stage h {
        apigw_api_type http;
        apigw_route "GET /{id}"     { return 200 4; }
        apigw_route "POST /{other}" { return 200 5; }
        apigw_route "GET /{all+}"   { return 200 6; }
        apigw_route "GET /x"        { return 200 7; }
        apigw_route "GET /x/"       { return 200 8; }
        apigw_route $default        { return 200 9; }
    }
--- request eval
["GET /r/x", "POST /r/x", "PUT /r/x", "GET /h/y", "POST /h/y", "GET /h/y/z", "GET /h/x",
"GET /h/x/", "PUT /h/y"]
--- response_body eval
[1 .. 9]
--- error_code eval
[(200) x 9]
