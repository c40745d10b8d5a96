# Plans change while several gateways share their quotas: what is used stays
# used, what is leased is counted, and each gateway goes by its own limit.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Load;
use Apigw::Redis;
use Test::More;
use Time::HiRes qw(sleep);

my $refused = '429 Limit Exceeded';
my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';
my @names = map { "key$_" } 1 .. 9;

sub key { "quota-change-key-00-$_[0]" }

sub http {
    my ($quota) = @_;
    my $keys = join '',
        map { "apigw_api_key k key=@{[ key($_) ]} plan=gold id=$_;\n" } @names;
    return <<"END";
    keepalive_requests 1000000;
    apigw_limit_log_level info;
    apigw_zone 1m;
    apigw_redis @{[ $redis->url ]} timeout=10s;
    apigw_usage_plan gold { quota $quota; }
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

my @gw = map { Apigw::Gateway->new(workers => 2, log_level => 'notice',
    http => http('100/month'))->must_start } 1 .. 3;

sub load {
    my ($gws, $name, @more) = @_;
    return Apigw::Load::run(ports => [map { $_->port } @$gws],
        requests => [['/prod/a', 'X-Api-Key' => key($name)]], @more);
}

sub counts {
    my ($count) = @_;
    return join ', ', map { "$_: $count->{$_}" } sort keys %$count;
}

sub change {
    my ($quota, @gws) = @_;
    for my $gw (@gws) {
        $gw->configure(http => http($quota));
        $gw->reload or BAIL_OUT("a reload fails: $quota");
    }
    Apigw::Gateway::wait_for(10, sub { !grep { $_->children != 2 } @gws });
}

# so many of them, and then none

sub exactly {
    my ($gws, $name, $wanted, $what) = @_;
    my $count = load($gws, $name, count => $wanted) if $wanted;
    is(counts($count), "200: $wanted", "$what: as many") if $wanted;
    is(counts(load($gws, $name, count => 200)), "$refused: 200",
        "$what: and no more");
}

# so many units were used on the first of the month, says Redis

sub used {
    my ($name, $units) = @_;
    my ($month, $year) = (gmtime)[4, 5];
    my $first = sprintf '%d-%02d-01', 1900 + $year, 1 + $month;
    $redis->command('HSET', "apigw:1:{gold/$name}", period => 'month',
        start => $first, used => $units, held => 0, gateways => 0,
        $first => $units);
}

# one after the other, on all gateways

exactly(\@gw, 'key1', 100, 'a hundred');
change('150/month', @gw);
exactly(\@gw, 'key1', 50, 'fifty more');
change('20/month', @gw);
exactly(\@gw, 'key1', 0, 'fewer than were used');
change('160/day', @gw);
exactly(\@gw, 'key1', 10, 'a day');
change('10000/week', @gw);
exactly(\@gw, 'key1', 9840, 'a week, and many more');
change('10100/month', @gw);
exactly(\@gw, 'key1', 100, 'a month again');

# each gateway goes by its own limit

exactly(\@gw, 'key2', 10_100, 'all by the same');
change('10300/month', $gw[1]);
exactly([$gw[0], $gw[2]], 'key2', 0, 'those that have not heard of more');
exactly([$gw[1]], 'key2', 200, 'the one that has');
change('10400/month', $gw[0]);
exactly([$gw[1], $gw[2]], 'key2', 0, 'the others, when it is another one');
exactly([$gw[0]], 'key2', 100, 'the other one');

# lowered and raised while units are leased

change('10000/month', @gw);
is(counts(load(\@gw, 'key3', count => 6)), '200: 6', 'all hold units');
change('50/month', @gw);
exactly(\@gw, 'key3', 44, 'a lower limit takes back what is leased');
is(counts(load([$gw[0]], 'key4', count => 6)), '200: 6', 'one holds units');
change('10000/month', @gw[1, 2]);
exactly([@gw[1, 2]], 'key4', 9994, 'a higher limit on the others');
change('10000/month', $gw[0]);
exactly(\@gw, 'key4', 0, 'and on this one');

# raised and lowered under load: as many as the last limit

{
    change('1000/month', @gw);
    my $count = load(\@gw, 'key5', meanwhile => sub {
        my ($so_far) = @_;
        for my $limit (3000, 5000, 2000, 8000) {
            for my $gw (@gw) {
                $gw->configure(http => http("$limit/month"));
                $gw->reload;
            }
        }
        Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) >= 8000 });
    });
    note counts($count);
    is($count->{200}, 8000, 'limits change under load');
    delete @$count{200, $refused, 'cut', 'refused'};
    is(counts($count), '', 'nothing but 200 and 429');
    exactly(\@gw, 'key5', 0, 'and then');
}

# a claim under the old limit that is answered under the new one

for my $round (1 .. 2) {
    my ($name, $old, $new) = ("key" . (5 + $round), 10 * $round, 30 * $round);
    my @gws = @gw[0 .. $round - 1];
    my @waiting;

    change("$old/month", @gw);
    used($name, $old);
    $redis->pause;

    for my $gw (@gws) {
        my $connection = $gw->connect(timeout => 20);
        $connection->send('GET', '/prod/a',
            headers => ['X-Api-Key' => key($name)]);
        push @waiting, $connection;
    }

    sleep 0.2;

    for my $gw (@gws) {
        $gw->configure(http => http("$new/month"));
        ok($gw->reload, "from $old to $new while a claim is on its way");
    }

    $redis->go;
    is($_->receive->{status}, 200, 'it is answered by the new limit')
        for @waiting;
    exactly(\@gws, $name, $new - $old - @waiting, "$new, and all others");
}

# the same limit in another period, of which less was used

SKIP: {
    skip 'a month begins', 5 if (gmtime)[3] == 1;

    used('key8', 60);
    change('60/month', @gw);
    exactly(\@gw, 'key8', 0, 'all was used on the first of the month');
    change('60/day', @gw);
    exactly(\@gw, 'key8', 60, 'nothing of it today');
    change('60/month', @gw);
    exactly(\@gw, 'key8', 0, 'but this month');
}

is_deeply([map { $_->complaints } @gw], [], 'the logs are clean');
is_deeply([grep { /not exact/ } map { split /^/, $_->log(0) } @gw], [],
    'Redis has always answered');
is($_->stop, 0, 'a gateway exits') for @gw;

done_testing();
