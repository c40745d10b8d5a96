# Whatever the number of workers and connections: what is admitted is the
# burst, not one request more and not one less.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Test::More;
use Time::HiRes qw(sleep time);

my $burst = 37;
my @keys = map { sprintf 'exact-key-%012d', $_ } 1 .. 8;
my $backlog = 'worker_connections 512;';

my $http = <<"END";
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m;
    apigw_usage_plan gold { throttle 1r/m burst=$burst; }
    @{[ map { "apigw_api_key k key=$_ plan=gold;\n" } @keys ]}

    server {
        listen 127.0.0.1:%PORT% backlog=512;
        apigw_stage key {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 ok; }
            apigw_route "GET /b" { return 200 ok; }
        }
        apigw_stage route {
            apigw_throttle 1r/m burst=$burst;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage whole {
            apigw_throttle 1r/m burst=$burst scope=stage;
            apigw_route "GET /a" { return 200 ok; }
            apigw_route "GET /b" { return 200 ok; }
        }
        apigw_stage client {
            apigw_throttle 1r/m burst=$burst key=\$arg_k;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage both {
            apigw_throttle 1r/m burst=1000;
            apigw_throttle 1r/m burst=$burst key=\$arg_k;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage second {
            apigw_throttle 2r/s burst=1;
            apigw_route "GET /a" { return 200 ok; }
        }
    }
END

sub gateway {
    my ($workers) = @_;
    return Apigw::Gateway->new(workers => $workers, events => $backlog,
        log_level => 'notice', http => $http)->must_start;
}

sub either {
    my ($stage, @headers) = @_;
    return sub { ("/$stage/" . ($_[1] % 2 ? 'a' : 'b'), @headers) };
}

sub admitted {
    my ($gw, $what, $wanted, %load) = @_;
    my $requests = $load{requests} ||= 640;
    my $count = $gw->load(connections => 64, processes => 4, %load);

    is($count->{200}, $wanted, "$what: admitted");
    is($count->{429}, $requests - $wanted, "$what: refused")
        if !$load{meanwhile};
    is($count->{error}, undef, "$what: no error");
    return $count;
}

for my $workers (1, 2, 8) {
    my $gw = gateway($workers);
    my $name = "$workers worker" . ($workers > 1 ? 's' : '');

    admitted($gw, "$name, a key", $burst,
        target => either('key', 'X-Api-Key' => $keys[0]));
    admitted($gw, "$name, another key", $burst,
        target => either('key', 'X-Api-Key' => $keys[1]));
    admitted($gw, "$name, a route", $burst, target => '/route/a');
    admitted($gw, "$name, a stage", $burst, target => either('whole'));
    admitted($gw, "$name, a client", $burst, target => '/client/a?k=one');
    admitted($gw, "$name, five clients", 5 * $burst,
        target => sub { '/client/a?k=' . ($_[0] + $_[1]) % 5 });

    # what the clients' buckets refuse is given back to that of the route

    admitted($gw, "$name, a client, behind a route", $burst,
        target => '/both/a?k=one', requests => 2560);
    admitted($gw, "$name, five clients, behind a route", 5 * $burst,
        target => sub { '/both/a?k=' . ($_[0] + $_[1]) % 5 });

    is_deeply([$gw->complaints], [], "$name: the log is clean");
    is($gw->stop, 0, "$name: exits");
}

# while configurations change

{
    my $gw = gateway(2);
    my $reloads = sub { $gw->reload for 1 .. 3 };

    admitted($gw, 'reloads, a key', $burst, seconds => 1.2,
        target => either('key', 'X-Api-Key' => $keys[0]),
        meanwhile => $reloads);
    admitted($gw, 'reloads, a route', $burst, seconds => 1.2,
        target => '/route/a', meanwhile => $reloads);
    admitted($gw, 'reloads, a client', $burst, seconds => 1.2,
        target => '/client/a?k=one', meanwhile => $reloads);

    my $count = $gw->load(connections => 16, requests => 200,
        target => either('key', 'X-Api-Key' => $keys[0]));
    is($count->{200}, undef, 'after the reloads: a key is still limited');
    is_deeply([$gw->complaints], [], 'reloads: the log is clean');
}

# Retry-After is when a client is let in again, and no whole second early

{
    my $gw = gateway(1);
    my $start = time;

    is($gw->status('/second/a'), 200, 'the first request of a second');
    my $response = $gw->get('/second/a');
    my $early = time - $start < 0.4;

    SKIP: {
        skip "a slow machine", 3 if !$early;
        is($response->{status}, 429, 'the second one is refused');
        is($response->{headers}{'retry-after'}, 1, 'for a second');
        sleep 1;
        is($gw->status('/second/a'), 200, 'after that one is let in');
    }
}

done_testing();
