use strict;
use warnings;

# The dashboard in Chromium: of a gateway that serves requests meanwhile, then
# of one that is made up, for what a real one shows seldom.

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Real;
use Test::More;

my $key = 'alice-0123456789abcdef';

my $gw = Apigw::Gateway->new(workers => 2, http => <<"END");
    apigw_usage_plan basic { throttle 100r/s burst=3; quota 8/day; }
    apigw_usage_plan "<b>gold</b>" { throttle 100r/s burst=100; }
    apigw_api_key a key=$key plan=basic id=alice;

    server {
        listen 127.0.0.1:%PORT%;
        apigw_api shop;

        location /deep/er/ {
            location = /deep/er/dashboard { apigw_dashboard; }
        }

        apigw_stage live {
            apigw_usage_plans basic "<b>gold</b>";

            apigw_route "GET /pets"      { return 200 "pets\\n"; }
            apigw_route "GET /pets/{id}" { return 200 "pet\\n"; }
            apigw_route "POST /pets"     { return 201 "new\\n"; }
            apigw_route "GET /broken"    { return 500 "broken\\n"; }
            apigw_route "GET /closed" {
                apigw_api_key_required on;
                return 200 "open\\n";
            }
        }

        apigw_stage beta {
            apigw_route "GET /pets" { return 200 "pets\\n"; }
        }
    }
END

$gw->must_start;

# a browser that starts, and some steps of 10 s
node({ seconds => 240 }, 'dashboard.mjs', $gw->port, $key,
     $gw->path('tmp/profile'));

is_deeply([$gw->complaints], [], 'nothing bad in the log');

done_testing();
