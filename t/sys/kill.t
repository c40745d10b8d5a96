# Workers are killed at any instruction: the zone stays sound, no limit is
# exceeded, and the gateway goes on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Test::More;
use Time::HiRes qw(sleep);

my $burst = 400;
my $kills = 30;
my $clients = 40;
my $few = 5;

my $gw = Apigw::Gateway->new(workers => 4, log_level => 'notice',
    http => <<"END");
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m;
    apigw_usage_plan gold { throttle 1r/m burst=$burst; }
    apigw_api_key a key=kill-key-00000000001 plan=gold;
    apigw_api_key b key=kill-key-00000000002 plan=gold;

    server {
        listen 127.0.0.1:%PORT% backlog=512;
        apigw_stage key {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage route {
            apigw_throttle 1r/m burst=$burst;
            apigw_route "GET /a" { return 200 ok; }
            apigw_route "GET /b" { return 200 ok; }
        }
        apigw_stage client {
            apigw_throttle 1r/m burst=100000;
            apigw_throttle 1r/m burst=$few key=\$arg_k;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage free {
            apigw_route "GET /a" { return 200 ok; }
        }
    }
END

$gw->must_start;
srand 1;

my $killed = 0;

my @key = ('X-Api-Key' => 'kill-key-00000000001');
my @targets = (['/key/a', @key], ['/route/a'], ['/client/a?k='], ['/free/a']);

# each process of the load asks for one thing, so that it can be counted

sub target {
    my ($process, $n) = @_;
    my ($target, @headers) = @{ $targets[$process] };
    $target .= $n % $clients if $target =~ /=$/;
    return ($target, @headers);
}

my @counts;

for my $process (0 .. $#targets) {
    push @counts, $gw->load(connections => 16, processes => 1, seconds => 1.2,
        target => sub { target($process, $_[1]) },
        meanwhile => sub {
            for (1 .. $kills / @targets + 1) {
                my @workers = $gw->workers or next;
                my $pid = $workers[rand @workers];
                $killed += kill KILL => $pid;
                sleep 0.05 + rand 0.05;
            }
        });
}

my ($by_key, $by_route, $by_client, $free) = @counts;

cmp_ok($killed, '>=', 20, "$killed workers were killed");
cmp_ok($by_key->{200}, '<=', $burst, 'a key: no more than its burst');
cmp_ok($by_key->{200}, '>=', $burst - 16 * $killed,
    'and no less, but for answers that were lost');
cmp_ok($by_key->{429} || 0, '>', 0, 'a key: the load was more than that');
cmp_ok($by_route->{200}, '<=', $burst, 'a route: no more than its burst');
cmp_ok($by_route->{429} || 0, '>', 0, 'a route: the load was more than that');
cmp_ok($by_client->{200}, '<=', $few * $clients,
    'clients: no more than their bursts');
cmp_ok($by_client->{429} || 0, '>', 0, 'clients: the load was more than that');
cmp_ok($free->{200}, '>', 100, 'what is not limited is answered');
is(join(' ', map { grep { !/^(?:200|429|lost)$/ } keys %$_ } @counts), '',
    'and nothing but 200 and 429');

# nothing was lost by those who lived on

ok(Apigw::Gateway::wait_for(5, sub { $gw->workers == 4 }),
    'all workers are there again');
is($gw->status('/key/a', headers => \@key), 429, 'the key is still limited');
is($gw->status('/route/a'), 429, 'so is the route');
is($gw->status('/client/a?k=1'), 429, 'so is a client');

my %whole = (connections => 16, requests => 600);
is($gw->load(%whole, target => '/key/a',
    headers => ['X-Api-Key' => 'kill-key-00000000002'])->{200}, $burst,
    'another key has its whole burst');
is($gw->load(%whole, target => '/route/b')->{200}, $burst,
    'another route, too');
is($gw->load(%whole, target => '/client/a?k=new')->{200}, $few,
    'a new client, too');

ok($gw->reload, 'a reload works');
is($gw->status('/key/a', headers => \@key), 429, 'and limits go on');
is($gw->status('/route/b'), 429, 'those of routes, too');

my @exits = $gw->log(0) =~ /exited on signal 9/g;
is(@exits, $killed, 'each kill is in the log');
is_deeply([$gw->complaints(qr/exited on signal 9/)], [],
    'and no other complaint');
is($gw->stop, 0, 'it exits');

done_testing();
