# A Redis that does not answer, answers something else, or breaks off: plans
# that say "closed" admit nothing, there is no storm of connections or
# commands, and all is exact again afterwards.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::RedisFault;
use Apigw::RedisServer;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => $_ for Apigw::RedisServer::missing();

# a new day would give new units

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 90;

my $workers = 2;
my $limit = 400;
my @replies = qw(error busy oom moved bare noscript status integer nil nil-list
    empty short long nil-elt nil-status nested nested-number all-nested deep
    wide too-wide large-integer bad-length long-string garbage http twice resp3
    negative-seq large-seq negative-granted large-granted day-0 large-day
    start-0 late-start large-end text-free empty-used overflow-used
    negative-wait large-wait fraction other-seq loading close half huge
    claims-silent silent hang-up);

# those that are right, or may be taken for it

my %right = map { $_ => 1 } qw(twice half);

my $redis = Apigw::RedisServer->new->start;
my $fault = Apigw::RedisFault->new(upstream => $redis->port);

my @keys = map { ($_, "$_-open") } @replies, 'right';

sub secret { return "$_[0]-0123456789abcdef01" }

sub http {
    my ($timeout) = @_;
    my @lines = map { "    apigw_api_key $_ key=" . secret($_) . ' plan='
        . (/-open$/ ? 'open' : 'closed') . ";\n" } @keys;
    return <<"END";
    log_format mode '\$status \$apigw_quota_mode';
    apigw_limit_log_level info;
    apigw_redis redis://127.0.0.1:@{[ $fault->port ]} timeout=$timeout;
    apigw_usage_plan closed { quota 1000000/day; }
    apigw_usage_plan open { quota 1000000/day; on_error open; }
    apigw_usage_plan few { quota $limit/day; }
    apigw_api_key few key=@{[ secret('few') ]} plan=few id=few;
    apigw_api_key slow key=@{[ secret('slow') ]} plan=few id=slow;
@lines
    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log mode;
        apigw_usage_plans closed open few;
        apigw_api_key_required on;
        apigw_stage s { apigw_route "GET /a" { return 200 ok; } }
    }
END
}

my $gw = Apigw::Gateway->new(workers => $workers, log_level => 'notice',
    http => http('60ms'));
$gw->must_start;

sub load {
    my ($key, %opt) = @_;
    return $gw->load(target => '/s/a', connections => 4, processes => 1,
        headers => ['X-Api-Key' => secret($key)], %opt);
}

sub all_is_well {
    my ($name) = @_;
    ok(Apigw::Gateway::wait_for(20, sub {
        my $count = load('right', requests => 64, connections => 8);
        return ($count->{200} || 0) == 64;
    }), $name);
}

all_is_well('it works');

for my $reply (@replies) {
    $fault->mode($reply);
    $gw->reload or die 'reload';
    my $closed = load($reply, requests => 24);
    my $open = load("$reply-open", requests => 24);

    if ($right{$reply}) {
        is(join(' ', grep { !/^(?:200|503)$/ } keys %$closed), '',
            "$reply: 200 or 503");

    } else {
        is_deeply($closed, { 503 => 24 }, "$reply, closed: none is admitted");
    }

    is_deeply($open, { 200 => 24 }, "$reply, open: all are admitted");

    my $count = $fault->mode('grant');
    ok($count->{accepted} <= 10 * $workers, "$reply: few connections")
        or diag(explain($count));
    ok($count->{claims} <= 600, "$reply: not too many claims")
        or diag(explain($count));
}

all_is_well('after all that it works');

# An outage under load

for my $outage (['hang-up', 5], ['silent', 2], ['claims-silent', 2],
    ['loading', 2], ['oom', 2])
{
    my ($mode, $seconds) = @$outage;
    my $from = $gw->mark;
    my $before;

    $fault->mode($mode);
    $gw->reload or die 'reload';
    my $closed = load("$mode", seconds => $seconds, connections => 8);
    my $count = $fault->mode('grant');

    is(join(' ', keys %$closed), 503, "$mode, $seconds s: none is admitted");
    cmp_ok($closed->{503}, '>', 200, '... of many');
    cmp_ok($count->{accepted}, '<=', (12 + 6 * $seconds) * ($workers + 1),
        '... and no more connections than by the clock');
    cmp_ok($count->{claims}, '<=', (100 + 20 * $seconds) * $workers,
        '... nor claims');

    my @lines = grep { /\[(?:error|warn)\]/ } split /\n/, $gw->log($from);
    cmp_ok(scalar @lines, '<=', 3 * $workers + $count->{accepted},
        '... nor messages')
        or diag(join "\n", @lines);
}

all_is_well('after the outages that it works');

# Connections that break off in the middle of replies: the limit stays exact

for my $case ([few => 'pass-cut'], [slow => 'pass-slow']) {
    my ($key, $mode) = @$case;
    my ($got, $used) = (0, 0);

    $fault->mode($mode);
    $gw->reload or die 'reload';

    my $end = time + 15 * Apigw::Gateway::slow_factor();
    while (time < $end && $used < 40) {
        my $count = load($key, requests => 40, connections => 8);
        $got += $count->{200} || 0;
        $used = $count->{429} || 0;
        sleep 0.05;
    }

    is($used, 40, "$mode: used up");
    is($got, $limit, "$mode: exactly the limit");

    my $fields = $redis->fields("apigw:1:{few/$key}");
    is("$fields->{used} $fields->{held}", "$limit 0", "$mode: Redis says so");
}

# What the access log says

my %seen;
$seen{$_}++ for split /\n/, $gw->read('logs/access.log');
delete @seen{'200 exact', '429 exact', '503 closed', '200 open'};
is_deeply(\%seen, {}, 'the mode of each request is in the access log');

is_deeply([$gw->complaints], [], 'nothing bad in the log');
is($gw->workers, $workers, 'all workers are there');

done_testing();
