use strict;
use warnings;

# undici, node:http and node:http2: connections that are kept, retries,
# uploads, trailers.

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Real;
use Test::More;

my $key = 'alice-0123456789abcdef';

my $gw = Apigw::Gateway->new(http => <<"END");
    apigw_usage_plan basic { throttle 1000r/s burst=1000; }
    apigw_api_key alice key=$key plan=basic id=alice;

    log_format line '\$status \$request_uri';

    server {
        listen 127.0.0.1:%PORT%;
        listen 127.0.0.1:%PORT2% http2;

        access_log %ROOT%/logs/access.log line;
        add_header X-Connection \$connection always;
        proxy_http_version 1.1;

        apigw_stage live {
            apigw_usage_plans basic;

            apigw_route "GET /open/{n}" { proxy_pass http://127.0.0.1:%PORT3%; }

            apigw_route "ANY /closed" {
                apigw_api_key_required on;
                proxy_pass http://127.0.0.1:%PORT3%;
            }

            apigw_route "POST /streamed" {
                apigw_api_key_required on;
                proxy_request_buffering off;
                proxy_pass http://127.0.0.1:%PORT3%;
            }

            apigw_route "GET /slow/{client}" {
                apigw_throttle 1r/s burst=1 key=\$apigw_path_client;
                proxy_pass http://127.0.0.1:%PORT3%;
            }
        }
    }
END

$gw->must_start;
node('clients.mjs', (map { $gw->port($_) } 1 .. 3), $key);

# A client that doesn't wait as long as it is told gets another 429.

my $log = $gw->read('logs/access.log');

for my $client (qw(undici http2)) {
    my @status = $log =~ m{^(\d+) \S*/slow/$client$}mg;
    is("@status", '200 429 200', "$client: Retry-After is long enough");
}

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log, qr/\Q$key/, 'the key is not in the log');

done_testing();
