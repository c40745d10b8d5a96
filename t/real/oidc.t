use strict;
use warnings;

# oidc-provider and jose: discovery, tokens, rotation, faults, introspection.

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Real;
use Test::More;

my $gw = Apigw::Gateway->new(workers => 2, files => {
    secret => "gateway-secret-0123456789\n",
}, http => <<'END');
    apigw_authorizer users {
        type     jwt;
        issuer   http://127.0.0.1:%PORT2%;
        audience https://pets.test/rsa https://pets.test/ec https://pets.test/ed;
        timeout  2s;
        cooldown 1s;
    }

    apigw_authorizer opaque {
        type               introspection;
        endpoint           http://127.0.0.1:%PORT2%/token/introspection;
        client_id          gateway;
        client_secret_file %ROOT%/secret;
        audience           https://pets.test/opaque;
        timeout            2s;
        cache_max          1s;
        inactive_max       1s;
    }

    server {
        listen 127.0.0.1:%PORT%;

        apigw_stage live {
            apigw_authorize users;

            apigw_route "GET /pets" {
                return 200 "$apigw_principal $apigw_claim_jti $apigw_claim_scope\n";
            }

            apigw_route "GET /write" {
                apigw_authorize users scopes=write;
                return 200 "written\n";
            }

            apigw_route "GET /opaque" {
                apigw_authorize opaque scopes=read;
                return 200 "$apigw_principal $apigw_claim_scope\n";
            }

            apigw_route "GET /opaque-write" {
                apigw_authorize opaque scopes=write;
                return 200 "written\n";
            }
        }
    }
END

# nobody listens on the provider's port yet

$gw->must_start;
node({ seconds => 90 }, 'oidc.mjs', $gw->port, $gw->port(2));
is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/eyJ/, 'no token in the log');
unlike($gw->log(0), qr/gateway-secret|Z2F0ZXdheTpnYXRld2F5/,
    'nor the secret of the gateway');

done_testing();
