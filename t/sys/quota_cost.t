# What quotas in Redis cost: next to nothing for a key that is busy, and one
# claim for all requests that wait at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Load;
use Apigw::Redis;
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);

my $requests = 20_000;
my $workers = 2;
my @names = qw(new other paced wait1 wait2 wait3 few);
my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';

sub key { "quota-cost-key-00-$_[0]" }

sub gateway {
    my $keys = join '',
        map { "apigw_api_key k key=@{[ key($_) ]} plan=gold id=$_;\n" } @names;
    return Apigw::Gateway->new(workers => $workers, log_level => 'notice',
        http => <<"END")->must_start;
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m;
    apigw_redis @{[ $redis->url ]} timeout=10s;
    apigw_usage_plan gold { quota 1000000/month; }
    $keys
    server {
        listen 127.0.0.1:%PORT% backlog=512;
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 \$apigw_quota_mode; }
        }
    }
END
}

my @gw = map { gateway() } 1 .. 2;

sub load {
    my ($name, @more) = @_;
    return Apigw::Load::run(ports => [map { $_->port } @gw],
        requests => [['/prod/a', 'X-Api-Key' => key($name)]], @more);
}

# Calls so far, by Redis itself: of all that gateways send (INFO is ours), and of
# all that it did, which has what the script calls, too.

sub calls {
    my $info = $redis->info('commandstats');
    my %calls;
    for my $name (grep { /^cmdstat_/ } keys %$info) {
        ($calls{ $name =~ s/^cmdstat_//r }) = $info->{$name} =~ /calls=(\d+)/;
    }

    my $claims = ($calls{evalsha} || 0) + ($calls{eval} || 0);
    my $all = sum0 map { $calls{$_} } grep { $_ ne 'info' } keys %calls;
    return ($claims, $all);
}

# a busy key: 1 claim in 100 requests, as long as it is busy

sub cost {
    my ($name, $what) = @_;
    my @before = calls();
    my $count = load($name, count => $requests);
    my @after = calls();
    is_deeply($count, { 200 => $requests }, "$what: all are admitted");

    my ($claims, $all) = map { $after[$_] - $before[$_] } 0, 1;
    note "$what: $claims claims, $all commands and calls of the script";
    cmp_ok($claims, '<=', $requests / 100, "$what: 1 claim in 100 requests");
    return $claims;
}

cmp_ok(cost('new', 'a new key'), '>', 0, 'a new key: something is claimed');
cost('new', 'a busy key');
cost('other', 'another key');

# a key that is just busy enough: some 250 requests a second

{
    my @connections = map { $_->connect } @gw;
    my $refused = 0;
    my $paced = sub {
        my ($seconds) = @_;
        my ($sent, $start) = (0, time);
        while (time - $start < $seconds) {
            my $connection = $connections[$sent++ % @connections];
            $connection->send('GET', '/prod/a',
                headers => ['X-Api-Key' => key('paced')]);
            $refused++ if $connection->receive->{status} != 200;
            my $ahead = $sent * 0.004 - (time - $start);
            sleep $ahead if $ahead > 0;
        }
        return ($sent, $sent / (time - $start));
    };

    $paced->(2);
    my @before = calls();
    my ($sent, $rate) = $paced->(4);
    my ($claims) = calls();
    $claims -= $before[0];
    is($refused, 0, 'paced: all are admitted');
    note sprintf '%d requests, %.0f a second: %d claims', $sent, $rate, $claims;

    SKIP: {
        skip 'the machine is too slow', 1 if $rate < 200;
        cmp_ok($claims, '<=', $sent / 100, 'paced: 1 claim in 100 requests');
    }
}

# all that wait for one key in one worker wait for one claim

for my $round (1 .. 3) {
    my $name = "wait$round";
    my @before = calls();
    my $count = load($name, count => 256, before => sub { $redis->pause },
        meanwhile => sub { sleep 0.3; $redis->go });
    my @after = calls();
    my $claims = $after[0] - $before[0];
    note "round $round: $claims claims";
    is_deeply($count, { 200 => 256 }, "round $round: all are admitted");
    ok($claims && $claims <= @gw * $workers * 6,
        "round $round: few claims for many that wait");
}

# a key that was used once is looked after, and then costs nothing more

{
    is_deeply(load('few', count => 4), { 200 => 4 }, 'a few requests');
    my $settled = Apigw::Gateway::wait_for(20, sub {
        my @held = map { $redis->quota('gold', $_)->{held} || 0 } @names;
        return !grep { $_ } @held;
    });
    ok($settled, 'what is left is given back');
    is($redis->quota('gold', 'few')->{used}, 4, 'what was spent is reported');

    my @before = calls();
    sleep 1;
    my ($claims) = calls();
    is($claims - $before[0], 0, 'after that there is silence');
}

is_deeply([map { $_->complaints } @gw], [], 'the logs are clean');
is_deeply([grep { /not exact/ } map { split /^/, $_->log(0) } @gw], [],
    'Redis has always answered');
is($_->stop, 0, 'a gateway exits') for @gw;

done_testing();
