# Quotas over reloads and over several workers, and what clients are told.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Test::More;
use Time::HiRes qw(sleep time);

my %key = map { $_ => "$_-key-0123456789abcdef" } qw(alice bob carol);

# a new day would give new units

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 60;

sub http {
    my (%opt) = (plan => 'quota 10/day;', other => 'quota 2/day;',
        alice => 'gold', stage => '', @_);
    return <<"END";
    log_format quota '\$status \$apigw_quota_limit \$apigw_quota_remaining';
    apigw_usage_plan gold { $opt{plan} }
    apigw_usage_plan iron { $opt{other} }
    apigw_api_key alice key=$key{alice} plan=$opt{alice} id=alice;
    apigw_api_key bob   key=$key{bob}   plan=gold id=bob;

    server {
        listen 127.0.0.1:%PORT%;
        apigw_usage_plans gold iron;
        apigw_api_key_required on;
        apigw_stage prod {
            apigw_route "GET /a" { return 200 "\$apigw_quota_remaining"; }
            apigw_route "GET /b" { empty_gif; }
        }
        $opt{stage}
    }
END
}

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
    http => http());
$gw->must_start;

sub statuses {
    my ($who, $n, $target) = @_;
    my @headers = (headers => ['X-Api-Key' => $key{$who}]);
    return join ' ',
        map { $gw->status($target || '/prod/a', @headers) } 1 .. $n;
}

sub left {
    my ($who) = @_;
    my $response = $gw->get('/prod/a', headers => ['X-Api-Key' => $key{$who}]);
    return $response->{status} == 200 ? $response->{body}
        : $response->{status};
}

sub reload {
    my ($name, %opt) = @_;
    $gw->configure(http => http(%opt));
    ok($gw->reload, "a reload: $name");
}

# many at once, over all workers

my $count = $gw->load(connections => 16, requests => 64,
    target => '/prod/b', headers => ['X-Api-Key' => $key{bob}]);
is_deeply($count, { 200 => 10, 429 => 54 }, 'not one more than the limit');

# what a refused client reads

my $before = 86400 - int(time) % 86400;
my $response = $gw->get('/prod/a', headers => ['X-Api-Key' => $key{bob}]);
my $after = 86400 - int(time) % 86400;
my $wait = $response->{headers}{'retry-after'};

is($response->{status}, 429, 'bob is refused');
ok($wait <= $before + 1 && $wait >= $after - 1,
    'Retry-After is the end of the day') or diag("$before $wait $after");
is($response->{headers}{ratelimit}, "\"quota\";r=0;t=$wait",
    'RateLimit says the same');
is($response->{headers}{'ratelimit-policy'}, '"quota";q=10;w=86400',
    'RateLimit-Policy');

# reloads keep what has been used, whatever becomes of the limit

is(left('alice'), 9, 'alice: one of ten');
reload('nothing has changed');
is(left('alice'), 8, 'the second');
is(left('bob'), 429, 'bob has none');

reload('a higher limit', plan => 'quota 20/day;');
is(left('alice'), 17, 'the third of twenty');
is(left('bob'), 9, 'bob has ten more');

reload('a lower limit', plan => 'quota 5/day;');
is(left('alice'), 1, 'the fourth of five');
is(left('bob'), 429, 'bob has used more than that');
is(statuses('alice', 2), '200 429', 'the fifth and the sixth');

reload('a month', plan => 'quota 8/month;');
is(left('alice'), 2, 'this day is in the month');
is(left('bob'), 429, 'and his eleven are');

reload('a day', plan => 'quota 8/day;');
is(left('alice'), 1, 'and back');

reload('no quota', plan => '');
is(left('alice'), '', 'nothing is counted');

reload('another plan', alice => 'iron');
is(statuses('alice', 3), '200 200 429', 'another plan has its own quota');
is(statuses('bob', 1), '429', 'bob still has used eleven');

reload('another throttle', plan => 'throttle 1000r/s burst=1000;
    quota 12/day;');
is(left('bob'), 0, 'what a plan limits besides does not matter');
is(left('bob'), 429, 'the twelfth was the last');

# a reload that is refused changes nothing

$gw->configure(http => http(plan => 'quota 0/day;'));
ok(!$gw->reload, 'a quota of 0 is refused');
is(left('bob'), 429, 'the workers go on');

reload('a higher limit after it', plan => 'quota 14/day;');
is(statuses('bob', 3), '200 200 429', 'two more');

# keepalive and pipelining

reload('a limit to be reached on one connection', plan => 'quota 20/day;');

my $connection = $gw->connect;
my $get = "GET /prod/%s HTTP/1.1\r\nHost: a\r\nX-Api-Key: $key{bob}\r\n\r\n";

$connection->write(join '', map { sprintf $get, $_ } qw(a b) x 4);
is(join(' ', map { $connection->receive('GET')->{status} } 1 .. 8),
    '200 200 200 200 200 200 429 429', 'pipelined requests count one by one');

$connection->send('GET', '/prod/b', headers => ['X-Api-Key' => $key{bob}]);
is($connection->receive('GET')->{status}, 429, 'and the connection goes on');

is_deeply([$gw->complaints(qr/invalid quota/)], [], 'nothing bad in the log');

done_testing();
