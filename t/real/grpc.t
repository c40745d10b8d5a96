use strict;
use warnings;

# grpc-js, client and server, with a route between them.

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Real;
use Test::More;

my $key = 'alice-0123456789abcdef';

# no stage in the paths of gRPC

my $gw = Apigw::Gateway->new(http => <<"END");
    apigw_usage_plan basic { throttle 1000r/s burst=1000; }
    apigw_api_key alice key=$key plan=basic id=alice;

    server {
        listen 127.0.0.1:%PORT% http2;

        apigw_stage \$default {
            apigw_usage_plans      basic;
            apigw_api_key_required on;

            apigw_route "POST /pkg.Echo/{method}" {
                grpc_pass grpc://127.0.0.1:%PORT2%;
            }

            apigw_route "POST /pkg.Echo/Once" {
                apigw_throttle 1r/m burst=1;
                grpc_pass grpc://127.0.0.1:%PORT2%;
            }
        }
    }
END

$gw->must_start;
node('grpc.mjs', $gw->port, $gw->port(2), $key);
is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log, qr/\Q$key/, 'the key is not in the log');

done_testing();
