# Authorizers of type lambda: bad ones are refused with the line and the reason.

use Test::Nginx::Socket 'no_plan';

sub http {
    my ($block, $more) = @_;
    $block =~ s/BASE/endpoint http:\/\/127.0.0.1:1; function f;/;
    return "    apigw_authorizer custom {\n        type lambda;\n        $block\n    }\n"
        . ($more // '');
}

our $Config = <<'_EOC_';
    apigw_stage s {
        apigw_authorize custom;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
_EOC_

our $Http = "    apigw_api_type http;\n$::Config";
our $Scopes = $::Config =~ s/custom/custom scopes=read/r;
our $Plan = '    apigw_usage_plan gold { } apigw_api_key a key=0123456789012345678901 plan=gold;';

our $Keys = <<'_EOC_';
    apigw_api_key_source authorizer;
    apigw_usage_plans gold;
    apigw_stage s {
        apigw_authorize custom;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /open" { apigw_authorize off; return 200 "a\n"; }
    }
_EOC_

our $Source = $::Keys =~ s/authorizer;/authorizers;/r;
our $Forward = $::Keys =~ s/apigw_authorize off;//r =~ s/apigw_api_key_required/apigw_forward_api_key on; apigw_api_key_required/r;

no_long_string();
run_tests();

__DATA__

=== TEST 1: no endpoint
--- http_config eval: ::http('function f;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has no "endpoint" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 2: no function
--- http_config eval: ::http('endpoint http://127.0.0.1:1;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has no "function" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 3: http:// to another host
--- http_config eval: ::http('endpoint http://192.0.2.1/; function f;')
--- config eval: $::Config
--- must_die
--- error_log
invalid endpoint "http://192.0.2.1/": "https://" is expected, "http://" is for addresses of this host such as 127.0.0.1 only, and an upstream cannot be named in
nginx.conf:
--- no_error_log
[alert]



=== TEST 4: an endpoint with arguments
--- http_config eval: ::http('endpoint http://127.0.0.1:1/a?b=c; function f;')
--- config eval: $::Config
--- must_die
--- error_log
invalid endpoint "http://127.0.0.1:1/a?b=c": it has arguments in
nginx.conf:
--- no_error_log
[alert]



=== TEST 5: a name without a resolver
--- http_config eval: ::http('endpoint https://lambda.eu-central-1.amazonaws.com; function f;')
--- config eval: $::Config
--- must_die
--- error_log
no resolver in http{} for the host of the endpoint "https://lambda.eu-central-1.amazonaws.com" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 6: a certificate for http://
--- http_config eval: ::http('BASE trusted_certificate html/x;')
--- config eval: $::Config
--- must_die
--- error_log
"trusted_certificate" of the authorizer "custom" is for "https://" only in
nginx.conf:
--- no_error_log
[alert]



=== TEST 7: a bad function
--- http_config eval: ::http('endpoint http://127.0.0.1:1; function a/b;')
--- config eval: $::Config
--- must_die
--- error_log
invalid function "a/b"
nginx.conf:
--- no_error_log
[alert]



=== TEST 8: a bad qualifier
--- http_config eval: ::http('endpoint http://127.0.0.1:1; function a ../b;')
--- config eval: $::Config
--- must_die
--- error_log
invalid qualifier "../b"
nginx.conf:
--- no_error_log
[alert]



=== TEST 9: three arguments
--- http_config eval: ::http('endpoint http://127.0.0.1:1; function a b c;')
--- config eval: $::Config
--- must_die
--- error_log
invalid number of arguments in "function" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 10: a bad mode
--- http_config eval: ::http('BASE mode header;')
--- config eval: $::Config
--- must_die
--- error_log
invalid mode "header": "token" or "request" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 11: a bad payload
--- http_config eval: ::http('BASE payload 3.0;')
--- config eval: $::Http
--- must_die
--- error_log
invalid payload "3.0": "1.0" or "2.0" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 12: a bad flag
--- http_config eval: ::http('BASE simple_responses yes;')
--- config eval: $::Http
--- must_die
--- error_log
invalid "simple_responses" "yes": "on" or "off" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 13: a ttl of more than an hour
--- http_config eval: ::http('BASE identity $http_a; ttl 3601s;')
--- config eval: $::Config
--- must_die
--- error_log
invalid ttl "3601s": a time from 0 to 1h in seconds is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 14: a ttl without an identity
--- http_config eval: ::http('BASE ttl 5s;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has a "ttl", which needs an "identity" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 15: a ttl without a cache
--- http_config eval: ::http('BASE identity $http_a; ttl 5s; cache off;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has a "ttl" and "cache off" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 16: mode token has one identity
--- http_config eval: ::http('BASE mode token; identity $http_a $http_b;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has "mode token", whose identity is one header such as $http_authorization in
nginx.conf:
--- no_error_log
[alert]



=== TEST 17: which is a header
--- http_config eval: ::http('BASE mode token; identity $arg_a;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has "mode token", whose identity is one header such as $http_authorization in
nginx.conf:
--- no_error_log
[alert]



=== TEST 18: validation of a request
--- http_config eval: ::http('BASE validation a;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has "validation", which needs "mode token" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 19: a bad validation
--- http_config eval: ::http('BASE mode token; validation "a(";')
--- config eval: $::Config
--- must_die
--- error_log
invalid validation: 
nginx.conf:
--- no_error_log
[alert]



=== TEST 20: one that would get out of its parentheses
--- http_config eval: ::http('BASE mode token; validation "a)|(?:.*";')
--- config eval: $::Config
--- must_die
--- error_log
invalid validation: 
nginx.conf:
--- no_error_log
[alert]



=== TEST 21: token and payload
--- http_config eval: ::http('BASE mode token; payload 2.0;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has "mode token", whose event has one form, and a "payload" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 22: token in an HTTP API
--- http_config eval: ::http('BASE mode token;')
--- config eval: $::Http
--- must_die
--- error_log
the authorizer "custom" has "mode token", which is for REST APIs only, but the stage "s" of an HTTP API names it in
nginx.conf:
--- no_error_log
[alert]



=== TEST 23: payload in a REST API
--- http_config eval: ::http('BASE payload 2.0;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has a "payload", which is for HTTP APIs only, but the stage "s" of a REST API names it in
nginx.conf:
--- no_error_log
[alert]



=== TEST 24: simple responses in a REST API
--- http_config eval: ::http('BASE simple_responses on;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has "simple_responses", which is for HTTP APIs only, but the stage "s" of a REST API names it in
nginx.conf:
--- no_error_log
[alert]



=== TEST 25: simple responses of payload 1.0
--- http_config eval: ::http('BASE simple_responses on; payload 1.0;')
--- config eval: $::Http
--- must_die
--- error_log
the authorizer "custom" has "simple_responses", which need "payload 2.0" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 26: sign without credentials
--- http_config eval: ::http('BASE sign;')
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "custom" has "sign", but "apigw_aws" no credentials in
nginx.conf:
--- no_error_log
[alert]



=== TEST 27: sign with an argument
--- http_config eval: ::http('BASE sign on;')
--- config eval: $::Config
--- must_die
--- error_log
invalid number of arguments in "sign" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 28: a duplicate
--- http_config eval: ::http('BASE function g;')
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "function" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 29: a duplicate flag
--- http_config eval: ::http('BASE sign; sign;')
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "sign" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 30: two lines of identities
--- http_config eval: ::http('BASE identity $http_a; identity $http_b;')
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "identity" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 31: no identity
--- http_config eval: ::http('BASE identity;')
--- config eval: $::Config
--- must_die
--- error_log
invalid number of arguments in "identity": 1 to 16 are expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 32: an identity that is no variable
--- http_config eval: ::http('BASE identity $http_a tenant;')
--- config eval: $::Config
--- must_die
--- error_log
invalid identity "tenant": a variable such as "$http_authorization" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 33: an unknown variable
--- http_config eval: ::http('BASE identity $nowhere;')
--- config eval: $::Config
--- must_die
--- error_log
unknown "nowhere" variable
--- no_error_log
[alert]



=== TEST 34: leeway
--- http_config eval: ::http('BASE leeway 5s;')
--- config eval: $::Config
--- must_die
--- error_log
"leeway" is for tokens, not for an authorizer of the type "lambda" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 35: require
--- http_config eval: ::http('BASE require /a = b;')
--- config eval: $::Config
--- must_die
--- error_log
"require" is for tokens, not for an authorizer of the type "lambda" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 36: an unknown directive
--- http_config eval: ::http('BASE issuer a;')
--- config eval: $::Config
--- must_die
--- error_log
unknown directive "issuer" in an authorizer of the type "lambda" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 37: parked_max
--- http_config eval: ::http('BASE parked_max 0;')
--- config eval: $::Config
--- must_die
--- error_log
invalid "parked_max" "0": a number from 1 to 65536 is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 38: scopes
--- http_config eval: ::http('BASE')
--- config eval: $::Scopes
--- must_die
--- error_log
the authorizer "custom" of the type "lambda" knows no scopes in
nginx.conf:
--- no_error_log
[alert]



=== TEST 39: a key of no authorizer
--- http_config eval: ::http('BASE', $::Plan)
--- config eval: $::Keys
--- must_die
--- error_log
the route "GET /open" requires an API key of an authorizer of the type "lambda", but has none in
nginx.conf:
--- no_error_log
[alert]



=== TEST 40: a source that is none
--- http_config eval: ::http('BASE', $::Plan)
--- config eval: $::Source
--- must_die
--- error_log
invalid API key source "authorizers": a variable such as "$http_x_api_key", or "authorizer", is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 41: a usage key that is forwarded
--- http_config eval: ::http('BASE', $::Plan)
--- config eval: $::Forward
--- must_die
--- error_log
"apigw_forward_api_key" needs an API key in a header of its own
nginx.conf:
--- no_error_log
[alert]



=== TEST 42: all of it, REST
--- http_config eval: ::http('BASE mode token; identity $http_x_token; validation "^Bearer [a-z]+$"; ttl 0; timeout 29s; cache 1m; parked_max 5;')
--- config eval: $::Config
--- request
GET /elsewhere
--- error_code: 404
--- no_error_log
[emerg]



=== TEST 43: all of it, HTTP
--- http_config eval: ::http('endpoint http://[::1]:1/base; function arn:aws:lambda:us-east-1:123456789012:function:f live; mode request; payload 2.0; simple_responses on; identity $http_authorization $arg_tenant $cookie_a $apigw_stage_variable_b $remote_addr; ttl 1h;')
--- config eval: $::Http
--- request
GET /elsewhere
--- error_code: 404
--- no_error_log
[emerg]



=== TEST 44: ttl 0 needs no identity
--- http_config eval: ::http('BASE ttl 0;')
--- config eval: $::Config
--- request
GET /elsewhere
--- error_code: 404
--- no_error_log
[emerg]



=== TEST 45: an endpoint with the path of the Invoke API
--- http_config eval: ::http('endpoint http://127.0.0.1:1/2015-03-31/functions/f/invocations; function f;')
--- config eval: $::Config
--- must_die
--- error_log
invalid endpoint "http://127.0.0.1:1/2015-03-31/functions/f/invocations": the path of the Invoke API, "/2015-03-31/...", is added to it in
nginx.conf:
--- no_error_log
[alert]



=== TEST 46: a qualifier of a name and another one
--- http_config eval: ::http('endpoint http://127.0.0.1:1; function f:live prod;')
--- config eval: $::Config
--- must_die
--- error_log
invalid qualifier "prod": the function "f:live" has one already in
nginx.conf:
--- no_error_log
[alert]
