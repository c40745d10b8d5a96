# Quotas of a gateway that has no Redis: exact over its workers, kept by
# reloads, and by workers that are killed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Load;
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep);

my @limits = (1, 7, 100, 10_000);
my @names = (qw(many strict both), map { ("reload$_", "kill$_") } 1 .. 6);
my $refused = '429 Limit Exceeded';
my $killed = qr/exited on signal 9/;

srand 1;

sub key { "quota-local-key-0-$_[0]-$_[1]" }

sub http {
    my (%opt) = (limit => undef, period => 'month', @_);
    my $plans = join '', map {
        my $limit = $opt{limit} || $_;
        "apigw_usage_plan p$_ { quota $limit/$opt{period}; }\n"
    } @limits;
    my $keys = '';
    for my $limit (@limits) {
        $keys .= "apigw_api_key k key=" . key($_, $limit)
            . " plan=p$limit id=$_-$limit;\n" for @names, 'change';
        $keys .= "apigw_api_key k key=" . key('second', $limit)
            . " plan=p$limit id=both-$limit;\n";
    }
    my $stages = join '', map { <<"END" } qw(prod test);
        apigw_stage $_ {
            apigw_usage_plans @{[ map { "p$_" } @limits ]};
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 \$apigw_quota_mode; }
        }
END
    return <<"END";
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m;
    $plans
    $keys
    server {
        listen 127.0.0.1:%PORT% backlog=512;
$stages
    }
END
}

sub request {
    my ($name, $limit, $stage) = @_;
    return ['/' . ($stage || 'prod') . '/a', 'X-Api-Key' => key($name, $limit)];
}

sub load {
    my ($gw, $requests, @more) = @_;
    return Apigw::Load::run(ports => [$gw->port], requests => $requests, @more);
}

sub counts {
    my ($count) = @_;
    return join ', ', map { "$_: $count->{$_}" } sort keys %$count;
}

sub exactly {
    my ($count, $limit, $what, @also) = @_;
    my %rest = %$count;
    my $admitted = delete $rest{200} || 0;
    delete @rest{$refused, @also};
    is($admitted, $limit, "$what: admitted");
    is(counts(\%rest), '', "$what: nothing but 200 and 429")
        or diag(counts($count));
}

sub charged {
    my ($count) = @_;
    return sum0 map { $count->{$_} || 0 } 200, 'cut', 'cut within';
}

for my $workers (1, 2, 8) {
    my $gw = Apigw::Gateway->new(workers => $workers, log_level => 'notice',
        http => http())->must_start;
    my $name = "$workers worker" . ($workers > 1 ? 's' : '');

    for my $limit (@limits) {
        my $what = "$name, $limit";
        exactly(load($gw, [request('many', $limit)], count => $limit + 1000),
            $limit, "$what, many more");

        my $request = [request('strict', $limit)];
        exactly(load($gw, $request, count => $limit), $limit,
            "$what, as many");
        exactly(load($gw, $request, count => 300), 0, "$what, then");

        exactly(load($gw, [request('both', $limit),
            request('second', $limit, 'test')], count => $limit + 300),
            $limit, "$what, two stages and two keys of one id");
    }

    is_deeply([$gw->complaints], [], "$name: the log is clean");
    is($gw->stop, 0, "$name: exits");
}

my $gw = Apigw::Gateway->new(workers => 4, log_level => 'notice',
    http => http())->must_start;

# a storm of reloads

for my $round (1 .. 6) {
    my ($limit, $reloads) = ($round % 3 ? 100 : 10_000, 0);
    my $request = [request("reload$round", $limit)];
    my $count = load($gw, $request, meanwhile => sub {
        my ($so_far) = @_;
        do {
            kill HUP => $gw->pid;
            sleep rand 0.04;
        } while ($reloads++ < 10 || $reloads < 100
            && ($so_far->()->{200} || 0) < $limit);
        Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) >= $limit });
    });
    note "$limit, $reloads reloads: ", counts($count);
    exactly($count, $limit, "$limit, reloads", 'cut', 'refused');
    exactly(load($gw, $request, count => 300), 0, "$limit, reloads, then",
        'cut');
}

ok($gw->reload, 'a last one');
Apigw::Gateway::wait_for(10, sub { $gw->children == 4 });

# workers are killed: what is missing may have been charged to a request that
# was never answered

for my $round (1 .. 6) {
    my ($limit, $kills) = ($round % 3 ? 100 : 10_000, 0);
    my $request = [request("kill$round", $limit)];
    my $count = load($gw, $request, meanwhile => sub {
        my ($so_far) = @_;
        do {
            my @workers = $gw->workers;
            $kills += @workers ? kill KILL => $workers[rand @workers] : 0;
            sleep rand 0.02;
        } while ($kills < 5 || $kills < 60 && !$so_far->()->{$refused});
        Apigw::Load::until($so_far, sub { charged($_[0]) >= $limit });
    });
    note "$limit, $kills kills: ", counts($count);
    Apigw::Gateway::wait_for(5, sub { $gw->workers == 4 });

    cmp_ok(charged($count), '>=', $limit,
        "$limit, kills: nothing is missing but requests that were cut");
    my $more = load($gw, $request, count => 300);
    cmp_ok(($count->{200} || 0) + ($more->{200} || 0), '<=', $limit,
        "$limit, kills: no more than the limit");
    is(($more->{200} || 0) + ($more->{$refused} || 0), 300,
        "$limit, kills: and all are answered");
}

# what is used stays used, whatever the plan says now

sub change {
    my ($what, $more, %opt) = @_;
    $gw->configure(http => http(%opt));
    ok($gw->reload, "$what: a reload");
    Apigw::Gateway::wait_for(10, sub { $gw->children == 4 });
    exactly(load($gw, [request('change', 100)], count => $more + 300), $more,
        $what);
}

exactly(load($gw, [request('change', 100)], count => 400), 100,
    'a hundred a month');
change('a hundred and fifty', 50, limit => 150);
change('fewer than were used', 0, limit => 20);
change('as before', 0, limit => 150);
change('another period', 0, limit => 150, period => 'day');
change('and more', 5000, limit => 5150, period => 'day');
change('a week', 850, limit => 6000, period => 'week');
change('a month again', 0);
change('much more', 4000, limit => 10_000);

# raised and lowered under load: as many as the last limit

for my $limit (10_000) {
    my @steps = (3000, 5000, 2000, 10_500);
    my $request = [request('change', $limit)];
    $gw->configure(http => http(limit => 1000));
    ok($gw->reload, 'a thousand');
    my $count = load($gw, $request, meanwhile => sub {
        my ($so_far) = @_;
        for my $step (@steps) {
            $gw->configure(http => http(limit => $step));
            $gw->reload;
        }
        Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) >= 10_500 });
    });
    exactly($count, 10_500, 'limits change under load', 'cut', 'refused');
    exactly(load($gw, $request, count => 300), 0, 'and then', 'cut');
}

is_deeply([$gw->complaints($killed)], [], 'the log is clean');
is($gw->stop, 0, 'it exits');

done_testing();
