# Quotas in a Redis Cluster: two gateways, keys on three nodes, slots that
# move under load, a node that is killed and comes back.

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

my $limit = 600;

# Three masters.  Their bus listens on another port of our own.

my @nodes = map { Apigw::RedisServer->new(options => {
    'cluster-enabled'              => 'yes',
    'cluster-port'                 => Apigw::Gateway::free_port(),
    'cluster-node-timeout'         => 1500,
    'cluster-require-full-coverage' => 'no',
}) } 1 .. 3;
my @ports = map { $_->port } @nodes;

$_->start for @nodes;
my $made = `timeout 20 redis-cli --cluster create @{[
    map { "127.0.0.1:$_" } @ports ]} --cluster-yes 2>&1`;
like($made, qr/\[OK\] All 16384 slots covered/, 'there is a cluster')
    or BAIL_OUT($made);

ok(Apigw::Gateway::wait_for(10, sub {
    return !grep { $_->command(qw(CLUSTER INFO)) !~ /cluster_state:ok/ } @nodes;
}), 'and it is up');

my @id = map { $_->command(qw(CLUSTER MYID)) } @nodes;

sub slot {
    my ($key) = @_;
    return $nodes[0]->command(qw(CLUSTER KEYSLOT), "apigw:1:{plan/$key}");
}

# by the division of the first hour

sub node_of {
    my ($key) = @_;
    return int(slot($key) / (16384 / 3));
}

# names of keys, some for each node

my @names = ([], [], []);
for my $n (1 .. 200) {
    my $list = $names[ node_of("key$n") ];
    push @$list, "key$n" if @$list < 6;
}
my @all = map { @$_ } @names;

sub secret { return "$_[0]-0123456789abcdef0123" }

my @gateways = map {
    Apigw::Gateway->new(workers => 2, log_level => 'notice', http => <<"END");
    log_format mode '\$arg_k \$status \$apigw_quota_mode';
    apigw_limit_log_level info;
    apigw_redis redis://127.0.0.1:$ports[0] redis://127.0.0.1:$ports[1]
        cluster=on timeout=500ms;
    apigw_usage_plan plan { quota $limit/day; }
@{[ map { "    apigw_api_key $_ key=" . secret($_) . " plan=plan id=$_;\n" }
    @all ]}
    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log mode;
        apigw_usage_plans plan;
        apigw_api_key_required on;
        apigw_stage s { apigw_route "GET /a" { return 200 ok; } }
    }
END
} 1 .. 2;

$_->must_start for @gateways;

my %got;

# requests for one key or several, at both gateways by turns

sub load {
    my ($keys, %opt) = @_;
    my $key = $keys->[0];
    my $count = $gateways[ $opt{gateway} || 0 ]->load(connections => 8,
        processes => 1, requests => 100, %opt,
        target => "/s/a?k=$key", headers => ['X-Api-Key' => secret($key)]);
    $got{$key} += $count->{200} || 0;
    return $count;
}

# until both say that there is nothing left

sub drain {
    my ($key, $name) = @_;
    my $end = time + 20 * Apigw::Gateway::slow_factor();
    my @count;

    while (time < $end) {
        @count = map { load([$key], gateway => $_, requests => 80) } 0, 1;
        last if !grep { ($_->{429} || 0) != 80 } @count;
        sleep 0.05 if !grep { $_->{200} } @count;
    }

    is_deeply(\@count, [{ 429 => 80 }, { 429 => 80 }], "$name: used up");
    is($got{$key}, $limit, "$name: exactly the limit");
}

# Keys on each node

drain($names[$_][0], "a key of node $_") for 0 .. 2;

# A slot moves while its key is used: first the key is not there yet (ASK and
# the script unknown), then it goes with the slot (MOVED)

sub migrate {
    my ($key, $from, $to) = @_;
    my $slot = slot($key);
    $nodes[$to]->command(qw(CLUSTER SETSLOT), $slot, 'IMPORTING', $id[$from]);
    $nodes[$from]->command(qw(CLUSTER SETSLOT), $slot, 'MIGRATING', $id[$to]);
    return $slot;
}

sub migrated {
    my ($slot, $from, $to) = @_;
    my $keys = $nodes[$from]->command(qw(CLUSTER GETKEYSINSLOT), $slot, 10);
    for my $key (@$keys) {
        $nodes[$from]->command('MIGRATE', '127.0.0.1', $ports[$to], $key, 0,
            5000);
    }
    $_->command(qw(CLUSTER SETSLOT), $slot, 'NODE', $id[$to])
        for @nodes[$to, $from, 3 - $to - $from];
    return scalar @$keys;
}

sub both {
    my ($keys, %opt) = @_;
    my $meanwhile = delete $opt{meanwhile};
    load($keys, %opt, meanwhile => sub {
        load($keys, %opt, gateway => 1, meanwhile => $meanwhile);
    });
}

{
    my $key = $names[0][1];
    $nodes[2]->command(qw(SCRIPT FLUSH));
    my $slot = migrate($key, 0, 2);
    my $moved;

    both([$key], requests => 60);
    is($got{$key}, 120, 'a key of a slot that is being moved: all admitted');
    is($nodes[0]->command('EXISTS', "apigw:1:{plan/$key}"),
        "-ASK $slot 127.0.0.1:$ports[2]", '... by the node where it goes');

    both([$key], requests => 60, meanwhile => sub { migrated($slot, 0, 2) });
    is($got{$key}, 240, 'a slot that has been moved: all admitted');
    drain($key, 'a slot that has been moved');

    $key = $names[1][1];
    both([$key], requests => 40);
    $slot = migrate($key, 1, 0);
    both([$key], requests => 100, meanwhile => sub {
        sleep 0.05;
        $moved = migrated($slot, 1, 0);
    });
    is($moved, 1, 'a key moves with its slot');
    is($got{$key}, 280, '... and all are admitted');
    drain($key, '... under load');
}

# there and back again, while it is used

{
    my $key = $names[2][1];
    my ($from, $to) = (2, 1);
    both([$key], requests => 200, connections => 4, meanwhile => sub {
        for (1 .. 10) {
            migrated(migrate($key, $from, $to), $from, $to);
            ($from, $to) = ($to, $from);
            sleep 0.02;
        }
    });
    drain($key, 'a slot that goes there and back');
}

# A node is killed: its keys are refused, those of others go on

sub idle {
    my ($key, $node) = @_;
    return Apigw::Gateway::wait_for(10, sub {
        my $held = $nodes[$node]->fields("apigw:1:{plan/$key}")->{held};
        return defined $held && $held == 0;
    });
}

sub outage {
    my ($name, $dead, $key, @others) = @_;
    my %seen;

    for my $gateway (0, 1) {
        is_deeply(load([$key], gateway => $gateway, requests => 40),
            { 503 => 40 }, "$name: its key is refused");
    }

    for my $other (@others) {
        my $more;
        my $count = load([$other], requests => 60, gateway => 1);
        is_deeply($count, { 200 => 60 }, "$name: keys of other nodes go on");
        $count = load([$key], seconds => 1, meanwhile => sub {
            sleep 0.1;
            for (1 .. 4) {
                $more = load([$other], requests => 20);
                $seen{$_}++ for keys %$more;
                sleep 0.1;
            }
        });
        is_deeply($count, { 503 => $count->{503} || 0 },
            "$name: its key is refused under load");
    }

    is(join(' ', keys %seen), 200, "$name: keys of others go on meanwhile");
    drain($others[0], "$name: another key");
}

sub back {
    my ($name, $key) = @_;
    ok(Apigw::Gateway::wait_for(20, sub {
        return ((load([$key], requests => 8)->{200} || 0) == 8)
            && ((load([$key], requests => 8, gateway => 1)->{200} || 0) == 8);
    }), "$name: its key is admitted again");
    drain($key, "$name: its key afterwards");
}

{
    my $key = $names[1][2];
    both([$key], requests => 40);
    ok(idle($key, 1), 'killed: units have been given back');
    $nodes[1]->stop;
    outage('killed', 1, $key, $names[0][2], $names[2][2]);
    $nodes[1]->start;
    back('killed', $key);
}

{
    my $key = $names[2][3];
    both([$key], requests => 40);
    ok(idle($key, 2), 'standing still: units have been given back');
    $nodes[2]->pause;
    outage('standing still', 2, $key, $names[0][3], $names[1][3]);
    $nodes[2]->resume;
    back('standing still', $key);
}

for my $n (0, 1) {
    is_deeply([$gateways[$n]->complaints], [],
        "gateway $n: nothing bad in the log");
    my @lines = grep { /\[(?:error|warn)\]/ } split /\n/,
        $gateways[$n]->log(0);
    cmp_ok(scalar @lines, '<=', 60, "gateway $n: few messages")
        or diag(join "\n", @lines);
    is($gateways[$n]->stop, 0, "gateway $n: it exits");
}

done_testing();
