# What becomes of quotas while Redis is down, slow, full, read-only, closed to
# us, or has lost its data; and that all is exact again afterwards.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::RedisServer;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => $_ for Apigw::RedisServer::missing();

# a new day would give new units

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 90;

my $limit = 240;
my $workers = 2;
my @plans = qw(closed open local);
my @faults = qw(absent restart stopped empty full replica locked killed);
my %got;

my $redis = Apigw::RedisServer->new;
my $port = $redis->port;

sub secret { return "$_[0]-$_[1]-0123456789abcdef" }

sub keys_of {
    my ($plan) = @_;
    return join '', map { "    apigw_api_key $_-$plan key="
        . secret($_, $plan) . " plan=$plan id=$_-$plan;\n" } @faults;
}

my $gw = Apigw::Gateway->new(workers => $workers, log_level => 'notice',
    http => <<"END");
    log_format mode '\$arg_k \$status \$apigw_quota_mode';
    apigw_limit_log_level info;
    apigw_redis redis://127.0.0.1:$port timeout=300ms;
@{[ map { "    apigw_usage_plan $_ { quota $limit/day; on_error $_; }\n"
    . keys_of($_) } @plans ]}
    apigw_usage_plan poke { quota 1000000/day; }
    apigw_api_key ever key=@{[ secret('ever', 'poke') ]} plan=poke;
    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log mode;
        apigw_usage_plans @plans poke;
        apigw_api_key_required on;
        apigw_stage s { apigw_route "GET /a" { return 200 ok; } }
    }
END

$gw->must_start;

sub target {
    my ($fault, $plan) = @_;
    return (target => "/s/a?k=$plan",
        headers => ['X-Api-Key' => secret($fault, $plan)]);
}

sub once {
    my ($fault, $plan) = @_;
    my %opt = target($fault, $plan);
    my $response = $gw->get(delete $opt{target}, %opt);
    $got{$fault}{$plan}++ if $response->{status} == 200;
    return $response;
}

sub load {
    my ($fault, $plan, %opt) = @_;
    my $count = $gw->load(target($fault, $plan), connections => 4,
        processes => 1, %opt);
    $got{$fault}{$plan} += $count->{200} || 0;
    return $count;
}

sub fields {
    my ($fault, $plan) = @_;
    return $redis->fields("apigw:1:{$plan/$fault-$plan}");
}

# Units of each key are used, and what is leased and not used is given back.

sub before {
    my ($fault) = @_;

    for my $plan (@plans) {
        my $count = load($fault, $plan, requests => 8);
        is_deeply($count, { 200 => 8 }, "$fault, $plan: before");
    }

    ok(Apigw::Gateway::wait_for(10, sub {
        return !grep { my $f = fields($fault, $_);
            $f->{held} != 0 || $f->{used} != $got{$fault}{$_} } @plans;
    }), "$fault: all is given back");
}

# Without Redis each plan does what it says, and that is logged once.

sub without {
    my ($fault, %opt) = @_;
    my $bound = $opt{bound} // int($limit / 8) + 1;

    ok(Apigw::Gateway::wait_for(10, sub {
        load($fault, 'closed', requests => 8);
        my @lines = $gw->log =~ /quotas are not exact: /g;
        return @lines == $workers;
    }), "$fault: both workers say that quotas are not exact");

    for (1 .. 2) {
        my $response = once($fault, 'closed');
        is($response->{status}, 503, "$fault, closed: refused");
        is($response->{headers}{'retry-after'}, 1, '... for a second');
    }

    is_deeply(load($fault, 'closed', requests => 40), { 503 => 40 },
        "$fault, closed: none is admitted");
    is_deeply(load($fault, 'open', requests => 40), { 200 => 40 },
        "$fault, open: all are admitted");

    my $count = load($fault, 'local', requests => 60);
    is($count->{200} + $count->{503}, 60, "$fault, local: 200 or 503");
    ok($count->{200} >= 1 && $count->{200} <= $bound,
        "$fault, local: a few are admitted")
        or diag("$count->{200}, bound $bound");
}

# A worker that has nothing to ask Redis for does not know that it is back.

sub all_know {
    my (@sick, @well);

    Apigw::Gateway::wait_for(10, sub {
        load('ever', 'poke', requests => 8);
        @sick = $gw->log =~ /quotas are not exact: /g;
        @well = $gw->log =~ /quotas are exact again/g;
        return @well >= $workers;
    });

    return (scalar @sick, scalar @well);
}

# It comes back by itself, and each key gets what is left of its limit.

sub after {
    my ($fault, %opt) = @_;

    ok(Apigw::Gateway::wait_for(15, sub {
        load($fault, 'closed', requests => 4)->{200};
    }), "$fault: it comes back by itself");

    for my $plan (@plans) {

        # who does not know goes on to admit what "open" is for

        all_know() if $plan eq 'open';

        my $end = time + 15 * Apigw::Gateway::slow_factor();
        my $count = {};
        while (time < $end) {
            $count = load($fault, $plan, requests => 80, connections => 8);
            last if ($count->{429} || 0) == 80;
            sleep 0.1 if !$count->{200};
        }
        is_deeply($count, { 429 => 80 }, "$fault, $plan: used up");
        is($got{$fault}{$plan}, $limit, "$fault, $plan: exactly the limit")
            or diag(explain(fields($fault, $plan)));
    }

    my ($sick, $well) = all_know();

    my $most = $workers * ($opt{changes} || 1);
    ok($well >= $workers && $sick <= $most && $well <= $sick,
        "$fault: changes are in the log, not requests")
        or diag("$sick $well");
}

# It has never been there: local is a hundredth of the limit.

$gw->mark;
$got{absent} = {};
without('absent', bound => 2);
$redis->start;
# what was admitted without it looks like what it has lost
after('absent', changes => 2);

# It is restarted, with its data.

before('restart');
$gw->mark;
$redis->stop;
without('restart');
$redis->start;
after('restart');

# It stands still, so that nobody refuses the connection.

before('stopped');
$gw->mark;
$redis->pause;
without('stopped');
$redis->resume;
after('stopped');

# It comes back without its data: all report what they have used.

before('empty');
$gw->mark;
$redis->stop;
without('empty');
$redis->forget;
$redis->start;
after('empty', changes => 2);
like($gw->log, qr/\[warn\] .* redis has lost its data/,
    'empty: that is in the log');

# It has no memory for what is written.

before('full');
$gw->mark;
$redis->command(qw(CONFIG SET maxmemory 1));
without('full');
$redis->command(qw(CONFIG SET maxmemory 0));
after('full');

# It is a replica.

before('replica');
$gw->mark;
$redis->command('REPLICAOF', '127.0.0.1', Apigw::Gateway::free_port());
without('replica');
$redis->command(qw(REPLICAOF NO ONE));
after('replica');

# It wants a password that we do not have.

before('locked');
$gw->mark;
$redis->command(qw(CONFIG SET requirepass something));
$redis->command(qw(AUTH something));
$redis->command(qw(CLIENT KILL TYPE normal SKIPME yes));
$redis->command(qw(CLIENT KILL TYPE pubsub));
without('locked');
$redis->command('CONFIG', 'SET', 'requirepass', '');
after('locked');

# Connections are killed again and again.

for my $plan (@plans) {
    load('killed', $plan, requests => 40, connections => 8, meanwhile => sub {
        for (1 .. 10) {
            $redis->command(qw(CLIENT KILL TYPE normal SKIPME yes));
            $redis->command(qw(CLIENT KILL TYPE pubsub));
            sleep 0.03;
        }
    });
}
after('killed', changes => 20);

# What the access log says of all these requests

my %seen;
$seen{$_}++ for split /\n/, $gw->read('logs/access.log');
my %expected = map { $_ => 1 } (map { ("$_ 200 exact", "$_ 429 exact") }
    @plans, 'poke'), 'closed 503 closed', 'poke 503 closed', 'open 200 open',
    'local 200 local', 'local 503 closed';

is_deeply([sort grep { !$expected{$_} } keys %seen], [],
    'the mode of each request is in the access log');
ok($seen{'open 200 open'} && $seen{'local 200 local'}, 'all modes are');

is_deeply([$gw->complaints], [], 'nothing bad in the log');
is($gw->stop, 0, 'it exits');

done_testing();
