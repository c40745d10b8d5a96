# Quotas of several gateways with one Redis: what is admitted is the limit, not
# one request more and not one less, whatever the gateways go through.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Load;
use Apigw::Redis;
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep);

my @limits = (1, 7, 100, 10_000);
my $rounds = 8;
my @names = (qw(even strict held held2 kept back drain stages ids),
    map { "reload$_" } 1 .. $rounds);
my $refused = '429 Limit Exceeded';
my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';

# plan p7 has 7 units a month, and each key of it has its own

my $plans = join '', map { "apigw_usage_plan p$_ { quota $_/month; }\n" }
    @limits;

my $keys = '';
for my $limit (@limits) {
    $keys .= "apigw_api_key k key=" . key($_, $limit)
        . " plan=p$limit id=$_-$limit;\n" for @names;
    $keys .= "apigw_api_key k key=" . key('second', $limit)
        . " plan=p$limit id=ids-$limit;\n";
}

sub key {
    my ($name, $limit) = @_;
    return "quota-exact-key-$name-$limit";
}

sub gateway {
    my $stages = join '', map { <<"END" } qw(prod test);
        apigw_stage $_ {
            apigw_usage_plans @{[ map { "p$_" } @limits ]};
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 \$apigw_quota_mode; }
        }
END
    return Apigw::Gateway->new(workers => 2, log_level => 'notice',
        http => <<"END")->must_start;
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m;
    apigw_redis @{[ $redis->url ]} timeout=5s;
    $plans
    $keys
    server {
        listen 127.0.0.1:%PORT% backlog=512;
$stages
    }
END
}

my @gw = map { gateway() } 1 .. 3;

sub ports { return [map { $_->port } @_] }

sub request {
    my ($name, $limit, $stage) = @_;
    return ['/' . ($stage || 'prod') . '/a', 'X-Api-Key' => key($name, $limit)];
}

sub load {
    my ($requests, @more) = @_;
    return Apigw::Load::run(ports => ports(@gw), requests => $requests,
        @more);
}

sub counts {
    my ($count) = @_;
    return join ', ', map { "$_: $count->{$_}" } sort keys %$count;
}

# so many are admitted and all others refused, nothing else

sub exactly {
    my ($count, $limit, $what, @also) = @_;
    my %rest = %$count;
    my $admitted = delete $rest{200} || 0;
    delete $rest{$refused};
    delete $rest{$_} for @also;
    is($admitted, $limit, "$what: admitted");
    is(counts(\%rest), '', "$what: nothing but 200 and 429")
        or diag(counts($count));
}

# what Redis knows: nothing is leased any more than was spent

sub settled {
    my ($name, $limit, $what) = @_;
    my ($used, $held);

    Apigw::Gateway::wait_for(10, sub {
        my $quota = $redis->quota("p$limit", "$name-$limit");
        $used = $quota->{used};
        $held = $quota->{held};
        return $used == $limit && $held == 0;
    });

    is("$used $held", "$limit 0", "$what: so it is in Redis");
}

# far more than the limit, evenly over the gateways

for my $limit (@limits) {
    my $count = load([request('even', $limit)], count => $limit + 1000);
    exactly($count, $limit, "$limit, many more");
    settled('even', $limit, "$limit, many more");
}

# as many as the limit are all admitted, and then none

for my $limit (@limits) {
    my $request = [request('strict', $limit)];
    exactly(load($request, count => $limit), $limit, "$limit, as many");
    exactly(load($request, count => 300), 0, "$limit, then");
}

# two stages of a plan, and two keys of one id

for my $limit (@limits) {
    my $count = load([request('stages', $limit),
        request('stages', $limit, 'test')], count => $limit + 300);
    exactly($count, $limit, "$limit, two stages");

    $count = load([request('ids', $limit), request('second', $limit)],
        count => $limit + 300);
    exactly($count, $limit, "$limit, two keys of one id");
}

# through one gateway while others hold units

for my $limit (grep { $_ > 1 } @limits) {
    my @others = (Apigw::Load::run(ports => ports(@gw[0, 2]),
        connections => 2, processes => 1, count => 2,
        requests => [request('held', $limit)]));
    exactly($others[0], 2, "$limit, others hold units");
    my $held = sum0 map { $_->{held} }
        values %{ $redis->leases("p$limit", "held-$limit") };
    note "$limit: $held units are held";

    exactly(Apigw::Load::run(ports => ports($gw[1]), count => $limit - 2,
        requests => [request('held', $limit)]), $limit - 2,
        "$limit, through one gateway");
    exactly(load([request('held', $limit)], count => 300), 0,
        "$limit, through one gateway, then");
}

# others are busy when their units are asked for

for my $limit (grep { $_ >= 100 } @limits) {
    my $request = [request('held2', $limit)];
    my $count = Apigw::Load::run(requests => $request,
        ports => ports(@gw[0, 1, 1, 1, 1, 1, 1, 2]), count => $limit);
    exactly($count, $limit, "$limit, unevenly");
    exactly(load($request, count => 300), 0, "$limit, unevenly, then");
}

# reloads all the time: where a connection is closed when a request is on its
# way, it has not been read

{
    my $reloads = 0;

    for my $n (1 .. $rounds) {
        my ($limit, $name) = ($n % 4 ? 100 : 10_000, "reload$n");
        my $count = load([request($name, $limit)], meanwhile => sub {
            my ($so_far) = @_;
            do {
                kill HUP => $gw[$reloads++ % @gw]->pid;
                sleep 0.02;
            } while (($so_far->()->{200} || 0) < $limit
                && $reloads < 50 * $n);
            Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) >= $limit });
        });
        exactly($count, $limit, "$limit, reloads, round $n", 'cut', 'refused');
        exactly(load([request($name, $limit)], count => 300), 0,
            "$limit, reloads, round $n, then", 'cut');
        settled($name, $limit, "$limit, reloads, round $n");
    }

    note "$reloads reloads";
    Apigw::Gateway::wait_for(10, sub {
        !grep { $_->children > 2 || $_->workers != 2 } @gw
    });
}

# a reload leaves what is leased to the workers that come

for my $limit (100, 10_000) {
    my $request = [request('kept', $limit)];
    exactly(Apigw::Load::run(ports => ports($gw[0]), connections => 1,
        processes => 1, count => 1, requests => $request), 1,
        "$limit, before a reload");
    ok($gw[0]->reload, "$limit, a reload");
    exactly(Apigw::Load::run(ports => ports(@gw[0, 1]), requests => $request,
        count => $limit - 1), $limit - 1, "$limit, after a reload");
    exactly(load($request, count => 300), 0, "$limit, after that");
}

# a gateway that is drained gives back what it holds

for my $limit (7, 100, 10_000) {
    my $request = [request('back', $limit)];
    exactly(Apigw::Load::run(ports => ports($gw[1]), connections => 2,
        processes => 1, count => 2, requests => $request), 2,
        "$limit, a gateway holds units");
    is($gw[1]->stop, 0, "$limit, it is drained");
    is($redis->quota("p$limit", "back-$limit")->{held}, 0,
        "$limit, it holds nothing any more");
    exactly(Apigw::Load::run(ports => ports(@gw[0, 2]), requests => $request,
        count => $limit - 2), $limit - 2, "$limit, the others have the rest");
    $gw[1]->must_start;
    exactly(load($request, count => 300), 0,
        "$limit, a gateway is drained, then");
}

# one gateway is drained under load, and another one starts

for my $limit (100, 10_000) {
    my $new;
    my $count = Apigw::Load::run(failover => 1, ports => ports(@gw),
        requests => [request('drain', $limit)], meanwhile => sub {
            my ($so_far) = @_;
            Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) > 20 });
            $gw[1]->stop;
            $new = gateway();
            Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) >= $limit });
        });
    note "$limit, drained: ", counts($count);
    exactly($count, $limit, "$limit, drained under load", 'cut', 'refused');
    $gw[1]->must_start;
    exactly(load([request('drain', $limit)], count => 300), 0,
        "$limit, drained under load, then");
    is_deeply([$new->complaints], [], 'its log is clean');
}

for my $n (0 .. $#gw) {
    is_deeply([$gw[$n]->complaints], [], "gateway $n: the log is clean");
    is_deeply([grep { /not exact/ } split /^/, $gw[$n]->log(0)], [],
        "gateway $n: Redis has always answered");
    is($gw[$n]->stop, 0, "gateway $n: exits");
}

done_testing();
