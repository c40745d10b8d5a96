# Authorizers of servers, stages and routes: what is inherited, what comes
# first, and the answers of both types of API.

use Test::Nginx::Socket 'no_plan';

use FindBin;
use lib "$FindBin::Bin/lib";
use Apigw::Token;

our $Ring = Apigw::Token->new;
our $Key = $Ring->key('k1', 'P-256');
our $Other = $Ring->key('k2', 'P-256');

our $Authorizers = <<'_EOC_';
    apigw_authorizer users {
        type     jwt;
        issuer   https://id.example.com;
        audience pets;
        jwks     $TEST_NGINX_SERVER_ROOT/html/jwks.json;
    }
    apigw_authorizer others {
        type     jwt;
        issuer   https://other.example;
        audience pets;
        jwks     $TEST_NGINX_SERVER_ROOT/html/other.json;
    }
_EOC_

our $Rules = <<'_EOC_';
        require /tenant = acme;
        require /level in gold silver 3;
        require /realm_access/roles contains admin;
        require /x~1y/0 = true;
_EOC_

sub bearer (@) {
    return 'Authorization: Bearer '
        . $::Key->token(Apigw::Token::claims(@_));
}

sub other (@) {
    return 'Authorization: Bearer ' . $::Other->token(Apigw::Token::claims(
        iss => 'https://other.example', sub => 'bob', @_));
}

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => $Authorizers)
        if !defined $block->http_config;
    $block->set_value(user_files => [
        ['jwks.json', Apigw::Token::jwks($Key)],
        ['other.json', Apigw::Token::jwks($Other)],
        ['secret', 's' x 64 . "\n"]]);
    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: of a server, for all stages and routes
--- config
    apigw_authorize users;
    apigw_stage a { apigw_route "GET /x" { return 200 "ax\n"; } }
    apigw_stage b { apigw_route "GET /y" { return 200 "by\n"; } }
--- request eval
["GET /a/x", "GET /b/y", "GET /a/x", "GET /b/y"]
--- more_headers eval
["", "", (::bearer()) x 2]
--- error_code eval
[401, 401, 200, 200]
--- response_body_like eval
["Unauthorized", "Unauthorized", "^ax\$", "^by\$"]



=== TEST 2: a stage and a route override, or switch off
--- config
    apigw_authorize users;
    apigw_stage a {
        apigw_authorize others;
        apigw_route "GET /stage" { return 200 "stage\n"; }
        apigw_route "GET /route" { apigw_authorize users; return 200 "route\n"; }
        apigw_route "GET /off"   { apigw_authorize off; return 200 "off\n"; }
    }
    apigw_stage b {
        apigw_authorize off;
        apigw_route "GET /stage" { return 200 "stage\n"; }
        apigw_route "GET /route" { apigw_authorize others; return 200 "route\n"; }
    }
--- request eval
[map { ("GET $_") x 3 } "/a/stage", "/a/route", "/a/off", "/b/stage", "/b/route"]
--- more_headers eval
[("", ::bearer(), ::other()) x 5]
--- error_code eval
[401, 401, 200, 401, 200, 401, 200, 200, 200, 200, 200, 200, 401, 401, 200]



=== TEST 3: scopes belong to their own directive
--- config
    apigw_authorize users scopes=all;
    apigw_stage a {
        apigw_route "GET /server" { return 200 "in\n"; }
        apigw_route "GET /none"   { apigw_authorize users; return 200 "in\n"; }
        apigw_route "GET /more"   { apigw_authorize users scopes=a,b scopes_all=c,d; return 200 "in\n"; }
    }
--- request eval
["GET /a/server", "GET /a/server", "GET /a/none", map { "GET /a/more" } 1 .. 6]
--- more_headers eval
[map { ::bearer(scope => $_) } 'x', 'x all', 'x', 'a b', 'c d', 'a c', 'a c d', 'b d c x', 'c d all']
--- error_code eval
[403, 200, 200, 403, 403, 403, 200, 200, 403]



=== TEST 4: an unknown route is not there for anybody
--- config
    apigw_authorize users;
    apigw_stage a { apigw_route "GET /x" { return 200 "in\n"; } }
--- request eval
["GET /a/none", "POST /a/x", "GET /a/none"]
--- more_headers eval
["", "", ::bearer()]
--- error_code eval
[403, 403, 403]
--- response_body_like eval
[("Missing Authentication Token") x 3]



=== TEST 5: answers of a REST API
--- config
    apigw_authorize users scopes=a;
    apigw_stage a { apigw_route "GET /x" { return 200 "in\n"; } }
--- request eval
[("GET /a/x") x 3]
--- more_headers eval
["", "Authorization: x", ::bearer()]
--- error_code eval
[401, 401, 403]
--- response_headers eval
["WWW-Authenticate: Bearer\nx-amzn-ErrorType: UnauthorizedException\nContent-Type: application/json",
 "x-amzn-ErrorType: UnauthorizedException\nContent-Type: application/json",
 "x-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json"]
--- response_body eval
['{"message":"Unauthorized"}', '{"message":"Unauthorized"}',
 '{"Message":"User is not authorized to access this resource"}']



=== TEST 6: answers of an HTTP API
--- config
    apigw_api_type http;
    apigw_authorize users scopes=a;
    apigw_stage a { apigw_route "GET /x" { return 200 "in\n"; } }
--- request eval
[("GET /a/x") x 3]
--- more_headers eval
["", "Authorization: x", ::bearer()]
--- error_code eval
[401, 401, 403]
--- response_headers eval
["WWW-Authenticate: Bearer\n! x-amzn-ErrorType", "Content-Type: application/json\n! x-amzn-ErrorType",
 "Content-Type: application/json\n! x-amzn-ErrorType"]
--- response_body eval
['{"message":"Unauthorized"}', '{"message":"Unauthorized"}', '{"message":"Forbidden"}']



=== TEST 7: methods
--- config
    apigw_authorize users;
    apigw_stage a { apigw_route "ANY /x" { return 200 "$request_method\n"; } }
--- request eval
["HEAD /a/x", "POST /a/x\nbody", "OPTIONS /a/x", "DELETE /a/x", "HEAD /a/x", "POST /a/x\nbody", "OPTIONS /a/x", "DELETE /a/x"]
--- more_headers eval
[("") x 4, (::bearer()) x 4]
--- error_code eval
[(401) x 4, (200) x 4]



=== TEST 8: an access-phase handler, and proxied ones
--- http_config eval
$::Authorizers . '
    server { listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1; location / { return 200 "back $request_uri\n"; } }
'
--- config
    apigw_authorize users;
    apigw_stage a {
        apigw_route "GET /gif"   { empty_gif; }
        apigw_route "GET /proxy" { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
--- request eval
["GET /a/gif", "GET /a/proxy", "GET /a/gif", "GET /a/proxy"]
--- more_headers eval
["", "", (::bearer()) x 2]
--- error_code eval
[401, 401, 200, 200]
--- response_body_like eval
["Unauthorized", "Unauthorized", "^GIF89a", "^back /proxy\$"]



=== TEST 9: with an API key and a throttle: who is refused uses nothing up
--- http_config eval
$::Authorizers . '
    apigw_usage_plan gold { throttle 1r/m burst=2; }
    apigw_api_key alice key=alice-0123456789abcdef plan=gold;
'
--- config
    apigw_stage a {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_authorize users;
        apigw_route "GET /x" { return 200 "in\n"; }
    }
--- request eval
[("GET /a/x") x 8]
--- more_headers eval
$::K = "X-Api-Key: alice-0123456789abcdef";
[$::K, "$::K\nAuthorization: x", $::K, ::bearer(), "$::K\n" . ::bearer(), "$::K\n" . ::bearer(jti => 'x'), "$::K\n" . ::bearer(), $::K]
--- error_code eval
[401, 401, 401, 403, 200, 200, 429, 401]



=== TEST 10: an internal redirect, and a subrequest
--- config
    error_page 404 = /a/x;
    location = /start { return 404; }
    location = /sub { auth_request /a/x; return 200 "in\n"; }
    apigw_stage a {
        apigw_authorize users;
        apigw_route "GET /x" { return 200 "$apigw_principal\n"; }
    }
--- request eval
["GET /start", "GET /start", "GET /a/x"]
--- more_headers eval
["", ::bearer(), ::bearer()]
--- error_code eval
[401, 200, 200]



=== TEST 11: rules
--- http_config eval
$::Authorizers =~ s/(jwks )/$::Rules$1/r
--- config
    apigw_stage a { apigw_authorize users; apigw_route "GET /x" { return 200 "in\n"; } }
--- request eval
[("GET /a/x") x 12]
--- more_headers eval
%::C = (tenant => 'acme', level => 'gold', realm_access => { roles => ['user', 'admin'] }, 'x/y' => [JSON::PP::true()]);
[map { ::bearer(%::C, %$_) } {}, { level => 3 }, { level => 'silver' }, { realm_access => { roles => 'user admin' } }, { tenant => 'Acme' },
 { tenant => undef }, { tenant => ['acme'] }, { level => 'bronze' }, { level => 3.0 + 1 }, { realm_access => { roles => ['administrator'] } },
 { 'x/y' => [JSON::PP::false()] }, { 'x/y' => ['true', 1] }]
--- error_code eval
[(200) x 4, (403) x 7, 200]
--- response_headers_like eval
[('Content-Type: text/plain') x 4, ('WWW-Authenticate: Bearer error="insufficient_scope"(?!.*scope=).*') x 7, 'Content-Type: text/plain']



=== TEST 12: HMAC, where it was asked for, and nothing else
--- http_config
    apigw_authorizer users {
        type        jwt;
        issuer      https://id.example.com;
        audience    pets;
        algorithms  HS256 HS512;
        secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config
    apigw_stage a { apigw_authorize users; apigw_route "GET /x" { return 200 "in\n"; } }
--- request eval
[("GET /a/x") x 8]
--- more_headers eval
$::S = 's' x 64;
[map { "Authorization: Bearer $_" } (map { Apigw::Token::secret($_, $::S, Apigw::Token::claims()) } qw(HS256 HS512 HS384)),
 Apigw::Token::secret('HS256', "$::S\n", Apigw::Token::claims()), Apigw::Token::secret('HS256', '', Apigw::Token::claims()),
 Apigw::Token::secret('HS256', $::S, Apigw::Token::claims(aud => 'x')),
 Apigw::Token::tamper(Apigw::Token::secret('HS256', $::S, Apigw::Token::claims()), 2, sub { substr $_[0], 0, 31 }),
 $::Key->token(Apigw::Token::claims())]
--- error_code eval
[200, 200, 401, 401, 401, 401, 401, 401]



=== TEST 13: only the algorithms that are listed
--- http_config eval
$::Authorizers =~ s/(jwks )/algorithms RS256 EdDSA;\n$1/r
--- config
    apigw_stage a { apigw_authorize users; apigw_route "GET /x" { return 200 "in\n"; } }
--- request
GET /a/x
--- more_headers eval: ::bearer()
--- error_code: 401
