use strict;
use warnings;

# serverless-offline: its functions behind our routes, and behind its own.

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Real;
use Test::More;

my $function = 'apigw_lambda http://offline function=lab-live';

my $gw = Apigw::Gateway->new(http => <<"END");
    upstream offline {
        server    127.0.0.1:%PORT4%;
        keepalive 4;
    }

    server {
        listen 127.0.0.1:%PORT%;
        apigw_api rest-lab;

        apigw_stage live {
            apigw_route "ANY /pets"           { $function-echo; }
            apigw_route "ANY /pets/{id}"      { $function-echo; }
            apigw_route "ANY /files/{proxy+}" { $function-echo; }
            apigw_route "ANY /answer"         { $function-answer; }
            apigw_route "ANY /fail"           { $function-fail; }
            apigw_route "ANY /slow"           { $function-slow; }
            apigw_route "ANY /soon"           { $function-slow timeout=300ms; }
            apigw_route "ANY /none"           { $function-none; }
        }
    }

    server {
        listen 127.0.0.1:%PORT2%;
        apigw_api http-lab;

        apigw_stage \$default {
            apigw_api_type http;

            apigw_route "ANY /pets"           { $function-echo; }
            apigw_route "ANY /pets/{id}"      { $function-echo; }
            apigw_route "ANY /files/{proxy+}" { $function-echo; }
            apigw_route "ANY /answer"         { $function-answer; }
            apigw_route "ANY /fail"           { $function-fail; }
            apigw_route "ANY /slow"           { $function-slow; }
            apigw_route "ANY /soon"           { $function-slow timeout=300ms; }
            apigw_route "ANY /none"           { $function-none; }
        }
    }
END

$gw->must_start;
node({ seconds => 120 }, 'lambda.mjs', (map { $gw->port($_) } 1 .. 4),
    $gw->path('tmp'));
is_deeply([$gw->complaints], [], 'nothing bad in the log');

done_testing();
