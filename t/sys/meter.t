# Meters and Redis: gateways add up, whatever is killed, and nothing counts
# twice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Redis;
use Apigw::ZoneFile;
use List::Util qw(sum0);
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';

# not across midnight

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 120;

my $month = strftime('%Y-%m', gmtime);
my $hash = "apigw:1:meter:{gold/alice}:$month";
my $key = 'alice-key-0123456789-01';
my $killed = qr/exited on signal 9/;

sub gateway {
    my (%opt) = @_;
    my $file = $opt{file} ? "file=$opt{file}" : '';
    my $store = $opt{local} ? ''
        : "apigw_redis @{[ $redis->url ]} timeout=2s;";

    return Apigw::Gateway->new(workers => 2, log_level => 'notice',
        http => <<"END");
    lingering_close off;
    apigw_zone 1m $file;
    $store
    apigw_pricing rest { requests 10 1; requests 2; transfer 1; }
    apigw_usage_plan gold { pricing rest; }
    apigw_api_key a key=$key plan=gold id=alice;
    server {
        listen 127.0.0.1:%PORT%;
        location = /usage { apigw_usage; }
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 "\$apigw_usage_plan\\n"; }
        }
    }
END
}

# A request is counted after its answer, and before the connection is closed.

sub spend {
    my ($gw, $n) = @_;

    for (1 .. $n) {
        my $connection = $gw->connect;
        $connection->send(GET => '/prod/a', close => 1,
            headers => ['X-Api-Key' => $key]);
        die if $connection->receive->{status} != 200;
        1 while $connection->fill;
    }
}

sub statement {
    my ($gw) = @_;
    my $response = $gw->get("/usage?plan=gold&month=$month");
    return $response->{status} if $response->{status} != 200;
    my ($requests) = $response->{body} =~ /"requests":(\d+),/;
    return $requests;
}

sub stored { return $redis->command('HGET', $hash, 'requests') // 0 }

sub reported {
    my ($n) = @_;
    return Apigw::Gateway::wait_for(15, sub { stored() == $n });
}

# two gateways, with what is not reported yet

my ($one, $two) = (gateway(), gateway());
$_->must_start for $one, $two;

ok(Apigw::Gateway::wait_for(10, sub { statement($one) eq '0' }),
    'a statement of nothing');

spend($one, 7);
is(statement($one), 7, 'what a gateway has not reported is in its statement');
spend($two, 5);
ok(reported(12), 'gateways add up');
is(statement($_), 12, 'and say so') for $one, $two;

my $ttl = $redis->command('TTL', $hash);
ok($ttl > 399 * 86400 && $ttl <= 400 * 86400, 'for 400 days');

my %fields = @{ $redis->command('HGETALL', $hash) };
my @own = map { [split ' ', $fields{$_}] } grep { /^gw:/ } keys %fields;
is(scalar @own, 2, 'each gateway has its own counts');
for my $name (qw(requests increments bytes)) {
    my $i = { requests => 1, increments => 2, bytes => 3 }->{$name};
    is($fields{$name}, sum0(map { $_->[$i] } @own), "the sum of $name");
}

like($one->get("/usage?plan=gold&month=$month")->{body},
    qr/"quantity":10,"unitPrice":"1\.00","amount":"0\.00001"\},
        \{"item":"requests","tier":2,"quantity":2,"unitPrice":"2\.00",
        "amount":"0\.000004"\}/x, 'tiers are of the sum');

# workers are killed

kill KILL => ($one->workers)[0];
spend($one, 10);
my %old = map { $_ => 1 } $one->workers;
kill KILL => keys %old;
ok(Apigw::Gateway::wait_for(10, sub {
    my @new = grep { !$old{$_} } $one->workers;
    return @new == 2;
}), 'new workers');
ok(reported(22), 'nothing is lost with workers');

# a reload, and a stop

spend($one, 3);
ok($one->reload, 'a reload');
spend($one, 1);
is(statement($one), 26, 'what was counted before is in the statement');
spend($two, 4);
$two->stop;
ok(Apigw::Gateway::wait_for(15, sub { stored() == 30 }),
    'a gateway that stops reports');

# Redis away, and back

$redis->stop;
spend($one, 6);
is(statement($one), 503, 'no statement without Redis');
$redis->start;
my $mine = 7 + 10 + 4 + 6;         # the other one has stopped
ok(reported($mine), 'a Redis that has lost everything gets it again');
$two->must_start;
spend($two, 2);
ok(reported($mine + 2), 'a gateway without a file is a new one');
is(statement($one), $mine + 2, 'the statement');

$redis->pause;
spend($one, 3);
sleep 5;
$redis->go;
ok(reported($mine + 5), 'a Redis that was silent');
sleep 5;
is(stored(), $mine + 5, 'nothing counts twice');

$_->stop for $one, $two;
is_deeply([$_->complaints($killed)], [], 'nothing bad in the log')
    for $one, $two;

# with a file a gateway finds what it had not reported

$redis->command('FLUSHALL');
my $three = gateway(file => '%ROOT%/zone');
$three->must_start;
spend($three, 4);
ok(reported(4), 'a gateway with a file');
$redis->pause;
spend($three, 5);
$three->crash;
$redis->go;
$three->must_start;
ok(reported(9), 'is killed, and reports what it had');
$three->stop;
spend($three->must_start, 1);
ok(reported(10), 'is stopped, and goes on');

# a file that is older than what was reported

$three->stop;
my $old = $three->read('zone');
$three->must_start;
spend($three, 6);
ok(reported(16), 'a file is copied, and more is counted');
$three->stop;
$three->write('zone', \$old);
$three->must_start;
Apigw::Gateway::wait_for(10, sub {
    my %now = @{ $redis->command('HGETALL', $hash) };
    return grep { /^gw:/ && $now{$_} =~ /^2 10 / } keys %now;
});
spend($three, 3);
ok(reported(19), 'the copy comes back: only what is new counts');

# the machine crashes: counts go on under a new life

my $path = $three->path('zone');
$three->crash;
Apigw::ZoneFile->load($path)->set(boot => 'another boot, id')->store($path);
$three->must_start;
spend($three, 2);
ok(reported(21), 'after a crash of the machine');
my %after = @{ $redis->command('HGETALL', $hash) };
like(join(' ', @after{grep { /^gw:/ } keys %after}), qr/^3 15 /,
    'a new life');
is(statement($three), 21, 'the statement');

# a key that is taken out while it is not reported

spend($three, 4);
$three->configure(http => $three->{http} =~ s/key=$key/key=another$key/r
    =~ s/id=alice/id=bob/r);
ok($three->reload, 'a key is taken out');
ok(reported(25), 'its counts are reported');
$three->stop;
is_deeply([$three->complaints], [], 'nothing bad in the log');

# without Redis: over a kill, in the file

my $four = gateway(file => '%ROOT%/zone', local => 1);
$four->must_start;
spend($four, 8);
$four->crash;
$four->must_start;
spend($four, 1);
is(statement($four), 9, 'a file keeps counts over a kill');
$four->stop;
$four->must_start;
is(statement($four), 9, 'and over a stop');
$four->stop;
is_deeply([$four->complaints], [], 'nothing bad in the log');

done_testing();
