# Workers and whole gateways are killed at any instruction: no quota is ever
# exceeded, and no more is missing than what was lost with the killed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Load;
use Apigw::Redis;
use List::Util qw(max sum0);
use Test::More;
use Time::HiRes qw(sleep);

my @limits = (500, 5000);
my $rounds = 6;
my @names = (qw(gateways file local), map { "workers$_" } 1 .. $rounds);
my $refused = '429 Limit Exceeded';
my $killed = qr/exited on signal 9/;
my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';

srand 1;

my $plans = join '', map { "apigw_usage_plan p$_ { quota $_/month; }\n" }
    @limits;
my $keys = '';
for my $limit (@limits) {
    $keys .= "apigw_api_key k key=" . key($_, $limit)
        . " plan=p$limit id=$_-$limit;\n" for @names, 'probe';
}

sub key {
    my ($name, $limit) = @_;
    return "quota-kill-key-00-$name-$limit";
}

sub gateway {
    my (%opt) = @_;
    my $store = $opt{local} ? ''
        : "apigw_redis @{[ $redis->url ]} timeout=5s;";
    my $file = $opt{file} ? "file=$opt{file}" : '';

    return Apigw::Gateway->new(workers => 2, log_level => 'notice',
        http => <<"END");
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m $file;
    $store
    $plans
    $keys
    server {
        listen 127.0.0.1:%PORT% backlog=512;
        apigw_stage prod {
            apigw_usage_plans @{[ map { "p$_" } @limits ]};
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 \$apigw_quota_mode; }
        }
    }
END
}

sub load {
    my ($gws, $name, $limit, @more) = @_;
    return Apigw::Load::run(ports => [map { $_->port } @$gws],
        requests => [['/prod/a', 'X-Api-Key' => key($name, $limit)]], @more);
}

sub counts {
    my ($count) = @_;
    return join ', ', map { "$_: $count->{$_}" } sort keys %$count;
}

# An answer that a client got, and those that it may have lost: a request whose
# connection was cut may have been charged.

sub charged {
    my ($count) = @_;
    return sum0 map { $count->{$_} || 0 } 200, 'cut', 'cut within';
}

# Never more than the limit, and no less but for what is missing; afterwards
# nothing more

sub bounded {
    my ($gws, $name, $limit, $count, $missing, $what) = @_;
    my $admitted = $count->{200} || 0;
    note "$what: ", counts($count);

    cmp_ok(charged($count), '>=', $limit - $missing,
        "$what: nothing is missing but what was lost with the killed");
    my %rest = %$count;
    delete @rest{200, $refused, 'cut', 'cut within', 'refused'};
    is(counts(\%rest), '', "$what: nothing but 200 and 429");

    my $more = load($gws, $name, $limit, count => 300);
    cmp_ok($admitted + ($more->{200} || 0), '<=', $limit,
        "$what: no more than the limit");
    is(($more->{200} || 0) + ($more->{$refused} || 0), 300,
        "$what: and all are answered") or diag(counts($more));
}

# workers, at random

my @gw = map { gateway() } 1 .. 3;
$_->must_start for @gw;

my %kills;

for my $round (1 .. $rounds) {
    my $limit = $limits[$round % 3 == 0];
    my $name = "workers$round";
    my ($kills, $early) = (0, 0);
    my $count = load(\@gw, $name, $limit, meanwhile => sub {
        my ($so_far) = @_;
        my $now;
        do {
            my $n = int rand @gw;
            my @workers = $gw[$n]->workers;
            my $done = @workers ? kill KILL => $workers[rand @workers] : 0;
            $kills += $done;
            $kills{$n} += $done;
            sleep rand 0.02;
            $now = $so_far->();
            $early = $kills if !$now->{$refused};
        } while ($kills < 5 || $kills < 200 && !$now->{$refused});
        Apigw::Load::until($so_far, sub { charged($_[0]) >= $limit });
    });
    note "$limit, $kills workers are killed, $early before the first refusal";
    Apigw::Gateway::wait_for(5, sub { !grep { $_->workers != 2 } @gw });
    bounded(\@gw, $name, $limit, $count, 0, "$limit, workers");
}

# whole gateways; who it was is known by the first lease that it took

sub id {
    my ($gw) = @_;
    my ($limit) = max @limits;
    my $before = $redis->leases("p$limit", "probe-$limit");
    is($gw->status('/prod/a', headers => ['X-Api-Key' => key('probe', $limit)]),
        200, 'a gateway takes its first lease');
    my ($id) = grep { !$before->{$_} }
        keys %{ $redis->leases("p$limit", "probe-$limit") };
    return $id;
}

my @ids = map { id($_) } @gw;
is(scalar(grep { defined } @ids), @gw, 'each gateway has an id of its own');

for my $limit (5000) {
    my %dead;

    my $held = sub {
        my $leases = $redis->leases("p$limit", "gateways-$limit");
        return sum0 map { $leases->{$_}{held} } grep { $dead{$_} }
            keys %$leases;
    };

    my $count = load(\@gw, 'gateways', $limit, failover => 1,
        meanwhile => sub {
            my ($so_far) = @_;
            for my $n (0, 1) {
                my $part = ($n + 1) * $limit / 4;
                Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) >= $part });
                $gw[$n]->crash;
                $dead{ $ids[$n] } = 1;
                $gw[$n]->must_start;
                $ids[$n] = id($gw[$n]);
            }
            Apigw::Load::until($so_far, sub {
                charged($_[0]) >= $limit - $held->() });
        });

    my $missing = $held->();
    note "$limit: the killed gateways held $missing units";
    bounded(\@gw, 'gateways', $limit, $count, $missing, "$limit, gateways");
}

for my $n (0 .. $#gw) {
    my @exits = $gw[$n]->log(0) =~ /$killed/g;
    ok(@exits && @exits <= $kills{$n}, "gateway $n: the kills are in the log");
    is_deeply([$gw[$n]->complaints($killed)], [],
        "gateway $n: and no other complaint");
    is($gw[$n]->stop, 0, "gateway $n: exits");
}

# with a file nothing is lost with a gateway

SKIP: {
    my $probe = gateway(local => 1, file => '%ROOT%/zone');
    my ($ok, $said) = $probe->test;
    skip 'a zone has no file', 1 if !$ok && $said =~ /no parameters/;
    ok($ok, 'a zone with a file') or diag($said);

    for my $store ('file', 'local') {
        my @gw = map { gateway(file => '%ROOT%/zone',
            local => $store eq 'local')->must_start }
            1 .. ($store eq 'local' ? 1 : 2);

        for my $limit ($store eq 'local' ? @limits : 5000) {
            my $crashes = 0;
            my $count = load(\@gw, $store, $limit, failover => 1,
                meanwhile => sub {
                    my ($so_far) = @_;
                    for my $part (1 .. 3) {
                        Apigw::Load::until($so_far, sub {
                            ($_[0]{200} || 0) >= $part * $limit / 4 });
                        my $gw = $gw[$part % @gw];
                        $gw->crash;
                        $crashes++;
                        $gw->must_start;
                    }
                    Apigw::Load::until($so_far, sub {
                        charged($_[0]) >= $limit });
                });
            is($crashes, 3, "$limit, $store: three crashes");
            bounded(\@gw, $store, $limit, $count, 0, "$limit, $store");
        }

        is_deeply([map { $_->complaints } @gw], [], "$store: clean logs");
        $_->stop for @gw;
    }
}

done_testing();
