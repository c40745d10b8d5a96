# Reports of usage from Redis: asked for key by key, while clients wait.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Redis;
use IO::Select;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';

# not across midnight

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 60;

my $today = strftime('%Y-%m-%d', gmtime);
my $range = "startDate=$today&endDate=$today";

my @names = map { "key$_" } 1 .. 100;

sub key_of { return "$_[0]-0123456789abcdef0123" }

sub http {
    my ($timeout) = @_;
    my $keys = join "\n",
        map { "apigw_api_key $_ key=@{[ key_of($_) ]} id=$_ plan=gold;" }
        @names;

    return <<"END";
    apigw_redis @{[ $redis->url ]} timeout=$timeout;
    apigw_usage_plan gold { quota 1000/month; }
    $keys

    server {
        listen 127.0.0.1:%PORT%;
        listen 127.0.0.1:%PORT2% http2;
        access_log %ROOT%/logs/access.log;
        location = /usage { apigw_usage; }
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 "a\n"; }
        }
    }
END
}

my $gw = Apigw::Gateway->new(http => http('5s'));
$gw->must_start;

for my $n (0 .. 9) {
    $gw->status('/prod/a', headers => ['X-Api-Key' => key_of($names[$n])])
        for 0 .. $n;
}

sub usage {
    my ($query) = @_;
    return $gw->get("/usage?plan=gold&$range$query");
}

sub values_of {
    my ($response) = @_;
    my %used = $response->{body} =~ /"(key\d+)":\[\[(\d+),/g;
    return \%used;
}

# what was spent is reported within seconds

my %wanted = map { $names[$_] => $_ < 10 ? $_ + 1 : 0 } 0 .. 99;

ok(Apigw::Gateway::wait_for(15, sub {
    my $used = values_of(usage('&limit=10'));
    return !grep { ($used->{$_} // 0) != $wanted{$_} } @names[0 .. 9];
}), 'what was spent comes to Redis') or diag(usage('')->{body});

my $response = usage('&limit=500');

is($response->{status}, 200, 'a page of many keys');
is($response->{headers}{'content-length'}, length $response->{body},
    'its length');
is_deeply(values_of($response), \%wanted, 'all of them');

my (%seen, $position);
my $pages = 0;

while ($pages < 10) {
    $response = usage('&limit=40'
        . (defined $position ? "&position=$position" : ''));
    my $used = values_of($response);
    @seen{keys %$used} = values %$used;
    $pages++;
    $position = $response->{headers}{'x-apigw-position'};
    last if !defined $position;
}

is($pages, 3, 'in three pages');
is_deeply(\%seen, \%wanted, 'the same');

my $days = strftime('%Y-%m-%d', gmtime(time - 89 * 86400));
$response = $gw->get("/usage?plan=gold&key=key3&startDate=$days&endDate=$today");
is(() = $response->{body} =~ /\[\d+,\d+\]/g, 90, 'ninety days');
like($response->{body}, qr/,\[3,997\]\]\}\}$/, 'the last is today');

# clients wait, and may go away

my $get = "GET /usage?plan=gold&limit=100&$range HTTP/1.1\r\nHost: a\r\n\r\n";
my $connection = $gw->connect;

$redis->pause;
$connection->write($get . $get);
ok(!IO::Select->new($connection->socket)->can_read(0.2), 'a client waits');
$redis->go;
is_deeply(values_of($connection->receive('GET')), \%wanted, 'the answer');
is_deeply(values_of($connection->receive('GET')), \%wanted, 'and the next');

$redis->pause;
$connection = $gw->connect;
$connection->write($get);
sleep 0.1;
$connection->close;
ok(Apigw::Gateway::wait_for(3, sub {
    $gw->read('logs/access.log') =~ /" 499 /
}), 'a client goes away');
$redis->go;
is(usage('')->{status}, 200, 'others are answered');

SKIP: {
    skip 'no nghttp', 1 if system('command -v nghttp >/dev/null');

    my $url = 'http://127.0.0.1:' . $gw->port(2) . "/usage?plan=gold&$range";
    $redis->pause;
    open my $out, '-|', 'nghttp', '-v', map { "$url&limit=$_" } 1 .. 20
        or die "nghttp: $!\n";
    sleep 0.2;
    $redis->go;
    local $/;
    is(() = <$out> =~ / :status: 200/g, 20, 'h2: all streams');
    close $out;
}

# Redis does not answer

$gw->stop;
is_deeply([$gw->complaints], [], 'nothing bad in the log');

$gw->configure(http => http('100ms'));
$gw->must_start;
ok(Apigw::Gateway::wait_for(5, sub { usage('')->{status} == 200 }),
    'the gateway has its Redis again');

$redis->pause;
$response = usage('&limit=100');
is($response->{status}, 503, 'Redis is silent');
is($response->{body}, '{"message":"Service Unavailable"}', 'the body');
is($response->{headers}{'content-type'}, 'application/json', 'its type');
is($response->{headers}{'retry-after'}, 1, 'Retry-After');
$redis->go;

$redis->stop;
is(usage('')->{status}, 503, 'there is no Redis');
$redis->start;
ok(Apigw::Gateway::wait_for(10, sub { usage('')->{status} == 200 }),
    'Redis is back');

is_deeply([$gw->complaints], [], 'nothing bad in the log');

done_testing();
