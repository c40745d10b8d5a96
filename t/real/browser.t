use strict;
use warnings;

# Chromium, with pages of other origins than the gateway's.

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Real;
use Test::More;

my $key = 'alice-0123456789abcdef';
my $app = 'http://app.example.com:%PORT3%';

my $gw = Apigw::Gateway->new(http => <<"END");
    apigw_usage_plan basic { throttle 1000r/s burst=1000; }
    apigw_api_key alice key=$key plan=basic id=alice;

    log_format line '\$request_method \$status \$request_uri'
                    ' "\$http_cookie"';

    # the pages

    server {
        listen 127.0.0.1:%PORT3%;
        default_type text/html;

        location = /favicon.ico { return 204; }
        location = /sandboxed {
            add_header Content-Security-Policy "sandbox allow-scripts";
            return 200 '<!DOCTYPE html><title>page</title>';
        }
        location / {
            return 200 '<!DOCTYPE html><title>page</title>';
        }
    }

    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log line;

        apigw_stage live {
            apigw_cors origins=$app methods=GET,PUT
                       headers=content-type,x-client,x-api-key
                       expose=x-total,retry-after,x-amzn-errortype
                       max_age=600;
            apigw_usage_plans basic;

            apigw_route "GET /pets"       { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "PUT /pets/{id}"  { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "GET /pets/{id}"  { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "DELETE /pets/{id}" {
                proxy_pass http://127.0.0.1:%PORT2%;
            }

            apigw_route "GET /closed" {
                apigw_api_key_required on;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
            apigw_route "GET /slow" {
                apigw_throttle 1r/m burst=1;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
            apigw_route "PUT /small" {
                client_max_body_size 3;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
            apigw_route "GET /dead" { proxy_pass http://127.0.0.1:%PORT4%; }
            apigw_route "GET /off" {
                apigw_cors off;
                return 200 off;
            }

            apigw_route "ANY /mock/{id}" {
                apigw_mock 200 '{"id":"\$apigw_path_id"}';
            }
            apigw_route "GET /mock" { apigw_mock 404 "no such pet\\n"; }

            apigw_route "PUT /forgotten" {
                apigw_cors origins=$app methods=PUT max_age=-1;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
            apigw_route "ANY /me" {
                apigw_cors origins=$app credentials=on methods=* headers=*;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
            apigw_route "GET /open" {
                apigw_cors origins=* expose=*;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
            apigw_route "GET /below" {
                apigw_cors origins=http://*.example.net:%PORT3%;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
        }

        apigw_stage http {
            apigw_api_type http;
            apigw_cors     origins=$app;
            apigw_route "GET /pets" { proxy_pass http://127.0.0.1:%PORT2%; }
        }
    }
END

$gw->must_start;

# as long as a cold start of a browser on a busy machine may take
node({ seconds => 90 }, 'browser.mjs', (map { $gw->port($_) } 1 .. 3), $key,
     $gw->path('tmp/profile'));

# What the page doesn't see: how many preflights there were.

my $log = $gw->read('logs/access.log');

sub requests {
    my ($path) = @_;
    return join ' ', $log =~ m{^(\w+ \d+) (?:/live)?\Q$path\E "}mg;
}

is(requests('/pets/kept'), 'OPTIONS 204 PUT 200 PUT 200',
   'max_age=600: one preflight for two requests');
is(requests('/forgotten'), 'OPTIONS 204 PUT 200 OPTIONS 204 PUT 200',
   'max_age=-1: each request has its preflight');
is(requests('/pets/deleted'), 'OPTIONS 204',
   'a refused method: no more than the preflight');
is(requests('/pets/headed'), 'OPTIONS 204',
   'a refused header: no more than the preflight');
is(requests('/pets/foreign'), 'OPTIONS 204',
   'another origin: no more than the preflight');

my @cookies = $log =~ m{^OPTIONS \d+ (?:/live)?/me "(.*)"$}mg;
ok(@cookies && !grep({ $_ ne '-' } @cookies), 'preflights have no cookie')
    or diag($log);

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log, qr/\Q$key/, 'the key is not in the log');

done_testing();
