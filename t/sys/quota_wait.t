# Requests that wait for Redis: from both phases, over HTTP/1.1 and HTTP/2,
# with bodies, and those whose clients go away.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Redis;
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);

my $redis = Apigw::Redis->new;

# the first request of a key waits: each test has keys of its own

my @names = map { "key$_" } 1 .. 60;
my $next = 0;

sub key_of { return "$_[0]-0123456789abcdef0123" }
sub new_key { return key_of($names[$next++]) }

sub http {
    my ($timeout, $more) = @_;
    my $keys = join "\n", map {
        "apigw_api_key $_ key=@{[ key_of($_) ]} id=$_
            plan=gold,one,open,local;" } @names;

    return <<"END";
    log_format quota '\$status \$request \$apigw_quota_remaining '
                     '\$apigw_quota_mode \$apigw_quota_wait';
    apigw_redis @{[ $redis->url ]} timeout=$timeout $more;
    apigw_usage_plan gold { quota 1000/day; }
    apigw_usage_plan one { quota 1/day; }
    apigw_usage_plan open { quota 10/day; on_error open; }
    apigw_usage_plan local { quota 200/day; on_error local; }
    $keys

    server {
        listen 127.0.0.1:%PORT2%;
        client_max_body_size 0;
        location / { return 200 "back \$request_method \$uri\n"; }
        location = /inexact { return 200 \$apigw_quota_inexact; }
        location /echo {
            client_body_buffer_size 1m;
            client_body_in_single_buffer on;
            proxy_pass http://127.0.0.1:%PORT2%/length;
            proxy_set_header X-Length \$content_length;
        }
        location /length { return 200 \$http_x_length; }
    }

    server {
        listen 127.0.0.1:%PORT%;
        listen 127.0.0.1:%PORT3% http2;
        access_log %ROOT%/logs/access.log quota;
        apigw_api_key_required on;
        location = /yes { internal; proxy_pass http://127.0.0.1:%PORT2%; }

        apigw_stage gold {
            apigw_usage_plans gold;
            apigw_route "ANY /return" {
                set \$left \$apigw_quota_remaining;
                return 200 "\$left\n";
            }
            apigw_route "ANY /gif" { empty_gif; }
            apigw_route "POST /echo" { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "GET /auth" {
                auth_request /yes;
                mirror       /yes;
                proxy_pass   http://127.0.0.1:%PORT2%;
            }
            apigw_route "GET /page" {
                apigw_api_key_required off;
                error_page 404 = /gold/return;
                root html;
            }
        }
        apigw_stage one {
            apigw_usage_plans one;
            apigw_route "GET /return" { return 200 "one\n"; }
            apigw_route "ANY /gif" { empty_gif; }
            apigw_route "POST /echo" { proxy_pass http://127.0.0.1:%PORT2%; }
        }
        apigw_stage open {
            apigw_usage_plans open;
            apigw_route "GET /return" {
                return 200 "\$apigw_quota_mode\n";
            }
        }
        apigw_stage local {
            apigw_usage_plans local;
            apigw_route "GET /return" {
                return 200 "\$apigw_quota_mode\n";
            }
        }
        apigw_stage http {
            apigw_api_type http;
            apigw_usage_plans gold;
            apigw_route "GET /return" { return 200 "http\n"; }
        }
    }
END
}

my $gw = Apigw::Gateway->new(http => http('5s', ''));
$gw->must_start;
$gw->get('/gold/gif', headers => ['X-Api-Key' => new_key()]);

sub text {
    my ($method, $target, $key, $more) = @_;
    return "$method $target HTTP/1.1\r\nHost: a\r\nX-Api-Key: $key\r\n"
        . ($more // '') . "\r\n";
}

sub waits {
    my ($connection, $name) = @_;
    ok(!IO::Select->new($connection->socket)->can_read(0.15),
        "$name: it waits");
}

sub statuses {
    my ($connection, @methods) = @_;
    return join ' ', map { $connection->receive($_)->{status} } @methods;
}

sub logged {
    my ($pattern, $name) = @_;
    ok(Apigw::Gateway::wait_for(3, sub {
        $gw->read('logs/access.log') =~ $pattern
    }), $name) or diag($gw->read('logs/access.log'));
}

# both phases, keepalive

for (['return', 'GET', 'rewrite phase'], ['gif', 'GET', 'access phase'],
    ['gif', 'HEAD', 'HEAD'], ['auth', 'GET', 'with subrequests'])
{
    my ($target, $method, $name) = @$_;
    my $key = new_key();
    my $connection = $gw->connect;

    $redis->pause;
    $connection->write(text($method, "/gold/$target", $key));
    waits($connection, $name);
    $redis->go;
    is(statuses($connection, $method), 200, "$name: then it is answered");
    logged(qr/200 $method \/gold\/$target \S+ 999 exact 0\.[1-9]\d\d\n/,
        "$name: how long it waited");

    $connection->write(text('GET', '/gold/return', $key));
    is($connection->receive('GET')->{body}, "998\n",
        "$name: it has cost one unit, and the connection goes on");
}

# an internal redirect to a route that waits

{
    my $key = new_key();
    my $connection = $gw->connect;
    $redis->pause;
    $connection->write(text('GET', '/gold/page', $key));
    waits($connection, 'an internal redirect');
    $redis->go;
    is($connection->receive('GET')->{body}, "999\n",
        'an internal redirect: one unit');
}

# pipelining: one after the other

{
    my $key = new_key();
    my $connection = $gw->connect;
    $redis->pause;
    $connection->write(join '', map { text('GET', $_, $key) }
        qw(/one/gif /one/return /gold/return /one/gif /gold/gif));
    waits($connection, 'pipelining');
    $redis->go;
    is(statuses($connection, ('GET') x 5), '200 429 200 429 200',
        'pipelining: in their order');
}

# two wait for one unit

{
    my $key = new_key();
    my @connections = map { $gw->connect } 1 .. 3;
    $redis->pause;
    $_->write(text('GET', '/one/return', $key)) for @connections;
    waits($_, 'three for one unit') for @connections;
    $redis->go;
    is(join(' ', sort map { statuses($_, 'GET') } @connections),
        '200 429 429', 'three for one unit: one gets it');
}

# bodies

{
    my $key = new_key();
    my $connection = $gw->connect;
    $redis->pause;
    $connection->write(text('POST', '/gold/echo', $key,
        "Content-Length: 100000\r\n") . 'x' x 10);
    waits($connection, 'a body that comes meanwhile');
    $connection->write('x' x 80000);
    $redis->go;
    $connection->write('x' x 19990);
    is($connection->receive('POST')->{body}, '100000',
        'a body that comes meanwhile: it is whole');
}

{
    my $key = new_key();
    my $expect = "Content-Length: 5\r\nExpect: 100-continue\r\n";
    my $connection = $gw->connect;
    $redis->pause;
    $connection->write(text('POST', '/one/echo', $key, $expect));
    waits($connection, 'Expect');
    $redis->go;
    $connection->take(qr/^(HTTP\/1.1 100 Continue\r\n\r\n)/);
    pass('Expect: go on');
    $connection->write('hello');
    is($connection->receive('POST')->{body}, '5', 'Expect: the answer');

    $connection->write(text('POST', '/one/echo', $key, $expect));
    $connection->fill;
    like($connection->{buffer}, qr/^HTTP\/1.1 429/,
        'Expect: who is refused is not asked for a body');
}

# clients that go away

for my $target (qw(return gif)) {
    my $key = new_key();
    my $connection = $gw->connect;
    $gw->mark;
    $redis->pause;
    $connection->write(text('GET', "/gold/$target?gone", $key));
    waits($connection, "a client goes away, $target");
    $connection->close;
    logged(qr/499 GET \/gold\/$target\?gone HTTP\/1.1 [- ]*\n/,
        "a client goes away, $target: the request ends at once");
    like($gw->log, qr/closed connection while waiting for a quota/,
        "a client goes away, $target: the message");
    $redis->go;
    sleep 0.1;
    is($gw->get('/gold/return', headers => ['X-Api-Key' => $key])->{body},
        "999\n", "a client goes away, $target: nothing was spent");
}

# HTTP/2: streams wait each for itself

SKIP: {
    skip 'no nghttp', 4 if system('command -v nghttp >/dev/null');

    my $key = new_key();
    my $url = 'http://127.0.0.1:' . $gw->port(3);
    my @targets = map { ("$url/gold/return?$_", "$url/gold/gif?$_",
        "$url/one/gif?$_") } 1 .. 8;

    $redis->pause;
    my $pid = open my $out, '-|', 'nghttp', '-v', '-t', '10', '-H',
        "x-api-key: $key", @targets or die "nghttp: $!\n";
    sleep 0.3;
    $redis->go;

    my %count;
    while (my $line = <$out>) {
        $count{$1}++ if $line =~ / :status: (\d+)/;
    }
    close $out;
    is_deeply(\%count, { 200 => 17, 429 => 7 }, 'h2: all streams of one');

    $key = new_key();
    $redis->pause;
    $pid = open $out, '-|', 'nghttp', '-H', "x-api-key: $key", @targets
        or die "nghttp: $!\n";
    sleep 0.3;
    kill KILL => $pid;
    close $out;
    logged(qr/(?:499 GET \S+ HTTP\/2.0 [- ]*\n){24}/,
        'h2: they end with their connection');
    $redis->go;
    sleep 0.1;
    is($gw->get('/gold/return', headers => ['X-Api-Key' => $key])->{body},
        "999\n", 'h2: nothing was spent');

    # DATA that comes while a stream waits

    $key = new_key();
    $gw->write('data', 'x' x 50000);
    $redis->pause;
    $pid = open $out, '-|', 'nghttp', '-d', $gw->path('data'), '-H',
        "x-api-key: $key", '-H', ':method: POST', "$url/gold/echo"
        or die "nghttp: $!\n";
    sleep 0.3;
    $redis->go;
    local $/;
    is(scalar(<$out>), '50000', 'h2: a body that comes meanwhile');
    close $out;
}

# a reload while requests wait

{
    my $key = new_key();
    my @connections = map { $gw->connect } 1 .. 2;
    $redis->pause;
    $connections[0]->write(text('GET', '/gold/return', $key));
    $connections[1]->write(text('GET', '/gold/gif', $key));
    waits($_, 'a reload') for @connections;
    ok($gw->reload, 'a reload meanwhile');
    $redis->go;
    is(join(' ', map { statuses($_, 'GET') } @connections), '200 200',
        'a reload: the old worker answers');
}

# Redis does not answer in time

$gw->stop;
is_deeply([$gw->complaints], [], 'nothing bad in the log');

$gw->configure(http => http('100ms', 'parked_max=2'));
$gw->must_start;
ok(Apigw::Gateway::wait_for(3, sub {
    $gw->status('/gold/gif', headers => ['X-Api-Key' => key_of('key60')])
        == 200
}), 'the gateway has its Redis again');
$redis->pause;

sub unavailable {
    my ($stage, $name) = @_;
    my $start = time;
    my $response = $gw->get("/$stage/return",
        headers => ['X-Api-Key' => new_key()]);
    return ($response, time - $start);
}

{
    my ($response, $seconds) = unavailable('gold');
    my $headers = $response->{headers};

    is($response->{status}, 503, 'closed: 503');
    ok($seconds > 0.09, 'closed: at the deadline');
    is($response->{body}, '{"message":"Service Unavailable"}',
        'closed: the body');
    is($headers->{'x-amzn-errortype'}, 'ServiceUnavailableException',
        'closed: the type');
    is($headers->{'retry-after'}, 1, 'closed: Retry-After');
    ok(!exists $headers->{ratelimit}, 'closed: no RateLimit');
    logged(qr/503 GET \/gold\/return HTTP\/1.1 \d+ closed 0\.[1-9]\d\d\n/,
        'closed: the mode, and how long it waited');
    like($gw->log, qr/\[info\] .*API key "key\d+" may have used it up, its /,
        'closed: the message');

    ($response) = unavailable('http');
    is($response->{status}, 503, 'HTTP API: 503');
    ok(!exists $response->{headers}{'x-amzn-errortype'}, 'HTTP API: no type');
}

is((unavailable('open'))[0]{body}, "open\n", 'open: admitted');
is((unavailable('local'))[0]{body}, "local\n", 'local: admitted');
like($gw->get('/inexact', port => $gw->port(2))->{body},
    qr/^open=1 local=1 closed=[2-9]\d*$/, 'they are counted');

# more than parked_max do not wait

sleep 1.6;

{
    $redis->go;
    ok(Apigw::Gateway::wait_for(5, sub {
        $gw->status('/gold/gif', headers => ['X-Api-Key' => key_of('key60')])
            == 200 && $gw->log =~ /quotas are exact again/
    }), 'Redis is back');

    my @keys = map { new_key() } 1 .. 3;
    my @connections = map { $gw->connect } @keys;
    $redis->pause;
    $connections[$_]->write(text('GET', '/gold/gif', $keys[$_])) for 0 .. 2;
    ok(IO::Select->new($connections[2]->socket)->can_read(0.06),
        'the third does not wait');
    is(statuses($connections[2], 'GET'), 503, 'the third is refused');
    $redis->go;
    is(join(' ', map { statuses($_, 'GET') } @connections[0, 1]), '200 200',
        'those before it wait');
}

is_deeply([$gw->complaints], [], 'nothing bad in the log');

done_testing();
