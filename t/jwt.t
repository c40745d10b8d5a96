# JWT authorizers, the way of a token through the gateway: HS256 and RS256,
# claims as variables, scopes, and what other policies make of claims.  Attacks
# are in jwt_attacks.t, configurations in jwt_conf.t.

use Test::Nginx::Socket 'no_plan';

# valgrind

use Digest::SHA qw(hmac_sha256);
use File::Temp;
use MIME::Base64;

our $Secret = 'an HMAC secret of more than 32 bytes';

my $dir = File::Temp->newdir;

system('openssl', 'genrsa', '-out', "$dir/key.pem", '2048') == 0
    or die "openssl genrsa failed\n";

our $Pem = `openssl rsa -in $dir/key.pem -pubout 2>/dev/null`;
die "openssl rsa failed\n" if $?;

sub b64 { return MIME::Base64::encode_base64url($_[0]) }

sub claims {
    return sprintf '{"iss":"https://id.example.com","aud":"pets","exp":%d,'
        . '"sub":"alice","client_id":"shop-0123456789-0123"%s}', time() + 600,
        $_[0] // '';
}

sub hs256 {
    my $input = b64('{"alg":"HS256"}') . '.' . b64(claims(@_));
    return "$input." . b64(hmac_sha256($input, $::Secret));
}

sub rs256 {
    my $input = b64('{"alg":"RS256"}') . '.' . b64(claims(@_));

    open my $fh, '>', "$dir/input" or die "$dir/input: $!\n";
    print $fh $input;
    close $fh or die "$dir/input: $!\n";

    my $signature = `openssl dgst -sha256 -sign $dir/key.pem $dir/input`;
    die "openssl dgst failed\n" if $?;

    return "$input." . b64($signature);
}

our $Http = <<'_EOC_';
    log_format tokens '[$request|$http_authorization|$status|$apigw_principal]';
    apigw_usage_plan gold { }
    apigw_api_key shop key=shop-0123456789-0123 plan=gold id=shop;
    apigw_claim $roles /realm/roles;
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "$http_x_apigw_principal|$args\n"; }
        location = /introspect { return 200 '{"active":true,"sub":"bob","scope":"a"}'; }
        location = /broken { return 200 '{"active":'; }
    }
    apigw_authorizer hs {
        type        jwt;
        issuer      https://id.example.com;
        audience    pets;
        algorithms  HS256;
        secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
    apigw_authorizer rs {
        type     jwt;
        issuer   https://id.example.com audience=pets,other;
        header_max  512;
        cooldown    30s;
        jwks     $TEST_NGINX_SERVER_ROOT/html/rsa.pem;
        identity $arg_token;
        require  /realm/roles contains admin;
    }
    apigw_authorizer opaque {
        type      introspection;
        endpoint  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/introspect;
        client_id gate;
        client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
    apigw_authorizer broken {
        type      introspection;
        endpoint  http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/broken;
        client_id gate;
        client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
_EOC_

our $Stage = <<'_EOC_';
    access_log logs/access.log tokens;
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_api_key_source $apigw_claim_client_id;
        apigw_authorize hs;
        apigw_route "GET /a" {
            return 200 "$apigw_principal|$apigw_claim_sub|$roles\n";
        }
        apigw_route "GET /open" {
            apigw_authorize off;
            return 200 "[$apigw_principal$apigw_claim_sub]\n";
        }
        apigw_route "GET /scope" {
            apigw_authorize hs scopes=pets:read scopes_all=a,b;
            return 200 "in\n";
        }
        apigw_route "GET /up" {
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /throttle" {
            apigw_throttle 1r/m burst=1 key=$apigw_claim_sub;
            return 200 "in\n";
        }
        apigw_route "GET /key" {
            apigw_api_key_required on;
            return 200 "$apigw_api_key_id $apigw_claim_client_id\n";
        }
        apigw_route "GET /arg" {
            apigw_authorize rs;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /opaque" {
            apigw_authorize opaque;
            return 200 "$apigw_principal|$apigw_claim_scope\n";
        }
        apigw_route "GET /opaque/b" {
            apigw_authorize opaque scopes=b;
            return 200 "in\n";
        }
        apigw_route "GET /broken" {
            apigw_authorize broken;
            return 200 "in\n";
        }
    }
_EOC_

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => $Http);
    $block->set_value(config => $Stage);
    $block->set_value(log_level => 'info');
    $block->set_value(user_files => [['secret', "$Secret\n"],
        ['rsa.pem', $Pem]]);
    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]\neyJ");
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: a token lets in, and its claims are variables
--- request eval
['GET /s/a', 'GET /s/a']
--- more_headers eval
my $token = ::hs256(',"realm":{"roles":["admin","x"]}');
["Authorization: Bearer $token", "Authorization: $token"]
--- response_body eval
[('alice|alice|["admin","x"]' . "\n") x 2]
--- access_log
|200|alice]
--- no_access_log
eyJ



=== TEST 2: no token
--- request
GET /s/a
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer
--- response_body chomp
{"message":"Unauthorized"}
--- error_log
the authorizer "hs" refuses "GET /a" in stage "s": no token was sent



=== TEST 3: a token by another secret
--- request
GET /s/a
--- more_headers eval
local $::Secret = 'x' x 32; 'Authorization: Bearer ' . ::hs256()
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer error="invalid_token", error_description="the signature of the token is invalid"
--- response_body chomp
{"message":"Unauthorized"}
--- error_log
the authorizer "hs" refuses "GET /a" in stage "s": the signature of the token is invalid
--- access_log
|401|-]



=== TEST 4: a route without an authorizer
--- request
GET /s/open
--- response_body
[]



=== TEST 5: scopes
--- request eval
[('GET /s/scope') x 3]
--- more_headers eval
[map { 'Authorization: Bearer ' . ::hs256(qq(,"scope":"$_")) }
'pets:read b a', 'pets:read a', 'pets:reader a b']
--- error_code eval
[200, 403, 403]
--- response_headers eval
['! WWW-Authenticate', ('WWW-Authenticate: Bearer error="insufficient_scope", error_description="the request requires higher privileges than provided by the access token", scope="pets:read a b"') x 2]
--- response_body eval
["in\n", ('{"Message":"User is not authorized to access this resource"}') x 2]
--- access_log
|alice]



=== TEST 6: what the upstream is told
--- request
GET /s/up?a=b
--- more_headers eval
'Authorization: bearer ' . ::hs256() . "\nX-Apigw-Principal: root"
--- response_body
alice|a=b



=== TEST 7: a throttle for each subject
--- request eval
[('GET /s/throttle') x 3]
--- more_headers eval
[map { 'Authorization: Bearer ' . $_ } ::hs256(), ::hs256(',"n":1'),
::hs256() =~ s/\.[^.]*\.[^.]*$//r]
--- error_code eval
[200, 429, 401]



=== TEST 8: an API key in a claim
--- request
GET /s/key
--- more_headers eval
'Authorization: Bearer ' . ::hs256()
--- response_body
shop shop-0123456789-0123



=== TEST 9: RS256, in an argument, which nobody gets to read
--- request eval
['GET /s/arg?token=' . ::rs256(',"realm":{"roles":["admin"]}') . '&a=b',
'GET /s/arg?token=' . ::rs256(',"realm":{"roles":["guest"]}'), 'GET /s/arg', 'GET /s/none?token=' . ::rs256()]
--- error_code eval
[200, 403, 401, 403]
--- response_body_like eval
['^alice\|token=\*+&a=b$', 'not authorized', 'Unauthorized', 'Missing']
--- access_log
token=***
--- no_access_log
eyJ



=== TEST 10: an opaque token, which is asked for, then known
--- request eval
['GET /s/opaque', 'GET /s/opaque', 'GET /s/opaque/b', 'GET /s/opaque', 'GET /s/broken']
--- more_headers eval
[('Authorization: Bearer opaque-one') x 3, 'Authorization: Bearer opaque-two', 'Authorization: Bearer opaque-one']
--- error_code eval
[200, 200, 403, 200, 500]
--- response_body_like eval
['^bob\|a$', '^bob\|a$', 'not authorized', '^bob\|a$', '"message":null']
--- no_error_log
[alert]
opaque-
