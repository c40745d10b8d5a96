# Whom the upstream is told of: the principal and the claims of a token, that
# no client can write them itself, and that no claim breaks out of its header.

use Test::Nginx::Socket 'no_plan';

use FindBin;
use lib "$FindBin::Bin/lib";
use Apigw::Token;

our $Ring = Apigw::Token->new;
our $Rsa = $Ring->key('k1', 'RSA');
our $Jwks = Apigw::Token::jwks($Rsa);

our $Authorizer = <<'_EOC_';
    underscores_in_headers on;
    large_client_header_buffers 4 256k;
    apigw_authorizer users {
        type      jwt;
        issuer    https://id.example.com;
        audience  pets;
        token_max 256k;
        jwks      $TEST_NGINX_SERVER_ROOT/html/jwks.json;
    }
    apigw_claim $tenant /https:~1~1example.com~1tenant;
    apigw_claim $role   /realm_access/roles/0;
    apigw_claim $roles  /realm_access/roles;
_EOC_

our $Stage = <<'_EOC_';
    apigw_stage s {
        apigw_authorize users;
        apigw_route "ANY /x" {
            proxy_set_header X-Sub    $apigw_claim_sub;
            proxy_set_header X-Tenant $tenant;
            proxy_set_header X-Last   last;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /open" {
            apigw_authorize off;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
        apigw_route "GET /value" {
            add_header X-Sub    $apigw_claim_sub;
            add_header X-Tenant $tenant;
            return 200 "[$apigw_principal][$apigw_claim_sub][$tenant]\n";
        }
        apigw_route "GET /roles" { return 200 "$role $roles\n"; }
        apigw_route "GET /client" { return 200 "$apigw_claim_client_id|$apigw_claim_n|$apigw_claim_list|$apigw_claim_null|$apigw_claim_none|$apigw_claim_yes\n"; }
        apigw_route "GET /slow/{a}" {
            apigw_throttle 1r/m burst=1 key=$apigw_claim_sub;
            return 200 "in\n";
        }
    }
_EOC_

our $Reply = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";

# all that a client might send to be taken for another

our $Spoof = CORE::join '', map { "$_: evil\r\n" } qw(
    X-Apigw-Principal x-apigw-principal X_Apigw_Principal X-APIGW_PRINCIPAL
    x_apigw-principal X-Apigw-Principal X-Apigw-Claim-Sub X-Apigw-Claims
    X-Apigw-Authorizer X-Apigw-Scope X-APIGW-Api-Key-Id X-Forwarded-Proto);

sub token (@) { return $::Rsa->token(Apigw::Token::claims(@_)) }
sub bearer (@) { return 'Authorization: Bearer ' . token(@_) }

# a claim as the text of its JSON

sub text ($) {
    my ($more) = @_;
    my $claims = Apigw::Token::json(Apigw::Token::claims(sub => undef));
    return 'Authorization: Bearer '
        . $::Rsa->token($claims =~ s/\}\z/,$more}/r);
}

sub spoofed (@) {
    my (@more) = @_;
    return "GET /s/x HTTP/1.1\r\nHost: localhost\r\n$::Spoof"
        . CORE::join('', map { "$_\r\n" } @more) . "Connection: close\r\n\r\n";
}

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(http_config => $Authorizer)
        if !defined $block->http_config;
    $block->set_value(config => $Stage) if !defined $block->config;
    $block->set_value(user_files => [['jwks.json', $Jwks]])
        if !defined $block->user_files;
    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: attack 41, what proxy's upstream gets
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed(::bearer(), "X-Other: kept", "X-Sub: evil", "X-Tenant: evil")
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x HTTP\/1\.0\r\n(?!.*evil)(?=.*^X-Apigw-Principal: alice\r\n)(?=.*^X-Sub: alice\r\n)(?=.*^X-Other: kept\r\n)(?!.*Principal.*Principal)(?!.*^X-Tenant)/msi



=== TEST 2: attack 41, a route without an authorizer tells of nobody
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed(::bearer()) =~ s/\/s\/x/\/s\/open/r
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/open HTTP\/1\.0\r\n(?!.*evil)(?!.*Principal)(?=.*^Authorization: Bearer ey)/msi



=== TEST 3: attack 41, what fastcgi's backend gets
--- config
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /x" {
            fastcgi_param REQUEST_URI $request_uri;
            fastcgi_param CLAIM       $apigw_claim_sub;
            fastcgi_pass 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
my $out = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nfastcgi";
pack('CCnnCx', 1, 6, 1, CORE::length $out, 0) . $out . pack('CCnnCx', 1, 3, 1, 8, 0) . "\0" x 8
--- raw_request eval
::spoofed(::bearer(sub => 'bob'))
--- response_body: fastcgi
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\A(?!.*evil)(?=.*HTTP_X_APIGW_PRINCIPALbob)(?=.*CLAIMbob)(?!.*PRINCIPAL.*PRINCIPAL)\x01\x01/s



=== TEST 4: attack 41, what grpc's backend gets
--- http_config eval
$::Authorizer . '
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 http2;
        underscores_in_headers on;
        location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
    }
'
--- config
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /x" { grpc_pass grpc://127.0.0.1:$TEST_NGINX_RAND_PORT_2; }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed(::bearer(sub => 'bob'))
--- response_body: ok
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x HTTP\/1\.0\r\n(?!.*evil)(?=.*^x-apigw-principal: bob\r\n)(?!.*principal.*principal)/ms



=== TEST 5: attack 41, in trailers
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
"POST /s/x HTTP/1.1\r\nHost: localhost\r\n" . ::bearer() . "\r\nTransfer-Encoding: chunked\r\nTrailer: X-Apigw-Principal\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Apigw-Principal: evil\r\nX-Sub: evil\r\n\r\n"
--- tcp_query_auto_timeout: 0.1
--- tcp_query eval
qr/\APOST \/x HTTP\/1\.0\r\n(?!.*evil)(?=.*^X-Apigw-Principal: alice\r\n).*\r\n\r\nabc\z/ms



=== TEST 6: attack 42, Connection cannot strip the principal
--- config
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /x" {
            proxy_set_header Connection $http_connection;
            proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        }
    }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
"GET /s/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, X-Apigw-Principal, x_apigw_principal,keep-me\r\n" . ::bearer() . "\r\n\r\n"
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^Connection: close,\s*keep-me\r\n)(?=.*^X-Apigw-Principal: alice\r\n)/ms



=== TEST 7: attack 43, who a client is does not depend on X-Forwarded-For
--- config
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /a" {
            apigw_throttle 1r/m burst=2 key=$apigw_principal-$remote_addr;
            return 200 "$apigw_principal $remote_addr\n";
        }
    }
--- request eval
[("GET /s/a") x 5]
--- more_headers eval
@::T = (::bearer(), ::bearer(sub => 'bob'));
["$::T[0]\nX-Forwarded-For: 192.0.2.1", "$::T[0]\nX-Forwarded-For: unknown, 10.0.0.1:80", "$::T[0]\nX-Forwarded-For: [fe80::1%eth0]:443",
 "$::T[0]\nX-Forwarded-For: " . CORE::join(', ', map { "10.0.0.$_" } 1 .. 100), "$::T[1]\nX-Forwarded-For: 192.0.2.1"]
--- error_code eval
[200, 200, 429, 429, 200]
--- response_body_like eval
['^alice 127.0.0.1$', '^alice 127.0.0.1$', 'Too Many', 'Too Many', '^bob 127.0.0.1$']



=== TEST 8: attack 44, line breaks and other controls
--- request eval
[("GET /s/value") x 6]
--- more_headers eval
[map { ::text($_) } '"sub":"a\r\nX-Evil: 1","https://example.com/tenant":"b\nc"', '"sub":"\u0001\u007f\u001f\t"',
 '"sub":"\u00e9\u20ac\ud83d\ude00"', '"sub":"100%41 a%0d%0a"', '"sub":"\u0085\u2028\u00a0"', '"sub":"a\"b\\\\c/<script>"']
--- response_body eval
["[a%0D%0AX-Evil: 1][a%0D%0AX-Evil: 1][b%0Ac]\n", "[%01%7F%1F%09][%01%7F%1F%09][]\n",
 ("[%C3%A9%E2%82%AC%F0%9F%98%80]") x 0, "[%C3%A9%E2%82%AC%F0%9F%98%80][%C3%A9%E2%82%AC%F0%9F%98%80][]\n",
 "[100%2541 a%250d%250a][100%2541 a%250d%250a][]\n", "[%C2%85%E2%80%A8%C2%A0][%C2%85%E2%80%A8%C2%A0][]\n",
 "[a\"b\\c/<script>][a\"b\\c/<script>][]\n"]
--- raw_response_headers_unlike eval
[("(?m)^X-Evil") x 6]
--- raw_response_headers_like eval
['\r\nX-Sub: a%0D%0AX-Evil: 1\r\nX-Tenant: b%0Ac\r\n', '\r\nX-Sub: %01%7F%1F%09\r\n', ('\r\nX-Sub: ') x 4]



=== TEST 9: attack 44, the bytes that an upstream gets
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- request
GET /s/x
--- more_headers eval
::text('"sub":"a\r\nX-Evil: 1\r\n\r\nGET /admin HTTP/1.1\r\n","https://example.com/tenant":"\u00e9\u007f"')
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET \/x HTTP\/1\.0\r\n(?=.*^X-Apigw-Principal: a%0D%0AX-Evil: 1%0D%0A%0D%0AGET \/admin HTTP\/1\.1%0D%0A\r\n)(?=.*^X-Sub: a%0D%0AX-Evil: 1%0D%0A%0D%0AGET \/admin HTTP\/1\.1%0D%0A\r\n)(?=.*^X-Tenant: %C3%A9%7F\r\n)(?!.*^X-Evil)(?!.*^GET \/admin)[\x20-\x7e\r\n]*\z/ms



=== TEST 10: attack 44, a zero byte is refused with its token
--- request eval
["GET /s/value", "GET /s/value"]
--- more_headers eval
[::text('"sub":"a\u0000b"'), ::text('"sub":"a","x":{"y\u0000":1}')]
--- error_code eval
[401, 401]



=== TEST 11: attack 44, 64 KB
--- request eval
["GET /s/roles", "GET /s/value"]
--- more_headers eval
[map { "Authorization: Bearer $_" } ::token(realm_access => { roles => ['x' x 65536] }), ::token(sub => 'y' x 65536)]
--- response_body eval
[('x' x 65536) . ' ["' . ('x' x 65536) . "\"]\n", '[' . ('y' x 65536) . '][' . ('y' x 65536) . "][]\n"]



=== TEST 12: attack 44, 64 KB of what is percent-encoded, to an upstream
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- request
GET /s/x
--- more_headers eval
::bearer(sub => "\n" x 16384)
--- tcp_query_auto_timeout: 0.1
--- tcp_query eval
qr/\AGET \/x HTTP\/1\.0\r\n(?=.*^X-Sub: (?:%0A){16384}\r\n)/ms



=== TEST 13: nested claims
--- request eval
["GET /s/roles", "GET /s/roles", "GET /s/roles"]
--- more_headers eval
[::bearer(realm_access => { roles => ['admin', "\x{e9}", { a => [1, undef] }] }), ::bearer(realm_access => 'roles'), ::bearer(realm_access => { roles => {} })]
--- response_body eval
["admin [\"admin\",\"\\u00e9\",{\"a\":[1,null]}]\n", " \n", " {}\n"]



=== TEST 14: claims that are no texts
--- request
GET /s/client
--- more_headers eval
::text('"client_id":"c1","n":-12,"list":[1,"a"],"null":null,"yes":true')
--- response_body
c1|-12|[1,"a"]|||true



=== TEST 15: without a sub the client is the principal
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- request
GET /s/x
--- more_headers eval
::text('"client_id":"machine"')
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?=.*^X-Apigw-Principal: machine\r\n)(?!.*^X-Sub)/ms



=== TEST 16: neither: no principal
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval: $::Reply
--- raw_request eval
::spoofed(::text('"name":"x"'))
--- tcp_query_auto_timeout: 0.03
--- tcp_query eval
qr/\AGET(?!.*Principal)(?!.*evil)/msi



=== TEST 17: claims are empty where no token was checked
--- config
    apigw_stage s { apigw_route "GET /value" { return 200 "[$apigw_principal][$apigw_claim_sub][$tenant]\n"; } }
    location = /free { return 200 "[$apigw_principal][$apigw_claim_sub][$tenant]\n"; }
--- request eval
["GET /s/value", "GET /free"]
--- more_headers eval
[(::bearer()) x 2]
--- response_body eval
[("[][][]\n") x 2]



=== TEST 18: a throttle by a claim
--- request eval
[("GET /s/slow/1") x 4]
--- more_headers eval
@::T = (::bearer(), ::bearer(jti => 'another'), ::bearer(sub => 'bob')); [@::T[0, 1, 2, 2]]
--- error_code eval
[200, 429, 200, 429]



=== TEST 19: an API key from a claim
--- http_config eval
$::Authorizer . '
    apigw_usage_plan gold { throttle 1r/m burst=1; }
    apigw_api_key c1 key=client-one-0123456789 plan=gold id=c1;
'
--- config
    apigw_stage s {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_api_key_source $apigw_claim_client_id;
        apigw_authorize users;
        apigw_route "GET /a" { return 200 "$apigw_api_key_id $apigw_principal\n"; }
    }
--- request eval
[("GET /s/a") x 5]
--- more_headers eval
@::T = (::bearer(client_id => 'client-one-0123456789'), ::bearer(client_id => 'client-two-0123456789'), ::bearer(), '');
["$::T[1]\nX-Api-Key: client-one-0123456789", $::T[2], $::T[3], $::T[0], $::T[0]]
--- error_code eval
[403, 403, 401, 200, 429]
