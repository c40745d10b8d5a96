# Introspection under way: one call for all that wait for it, bounds, clients
# that leave, endpoints that are slow, cut or gone.  The name of a token tells
# the endpoint, which is in this test, what to do.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Slow;
use Test::More;
use Time::HiRes qw(sleep time);

my $slow = Apigw::Gateway::slow_factor();
my $timeout = 1500 * $slow;

my $endpoint = Apigw::Slow->new(answer => \&answer,
    request => qr/\r\n\r\ntoken=([^&]+)&token_type_hint=access_token\z/)->start;
my $port = $endpoint->port;

my $gw = Apigw::Gateway->new(workers => 1, log_level => 'info',
    events => 'worker_connections 4096;', files => { secret => "s3cret\n" },
    http => <<"END");
    apigw_authorizer users {
        type               introspection;
        endpoint           http://127.0.0.1:$port/introspect;
        client_id          gate;
        client_secret_file %ROOT%/secret;
        timeout            ${timeout}ms;
        parked_max         64;
        leeway             1s;
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage prod {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 "\$apigw_principal"; }
        }
    }
END

sub answer {
    my ($token) = @_;
    my $exp = int(time) + ($token =~ /^short/ ? 1 : 3600);
    my $body = $token =~ /^inactive/ ? '{"active":false}'
        : qq({"active":true,"sub":"$token","exp":$exp});

    return '' if $token =~ /^close/;
    return 'garbage' if $token =~ /^garbage/;
    return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n$body"
        if $token =~ /^cut/;
    return "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n"
        . $body =~ s/\}$/',"x":"' . 'x' x 9_999_000/er if $token =~ /^huge/;
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        . join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
               unpack '(a7)*', $body) . "0\r\n\r\n" if $token =~ /^chunked/;
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
}

sub calls_of { return $endpoint->calls(@_) }

sub ask {
    my ($token) = @_;
    my $c = $gw->connect(timeout => 20);
    $c->send('GET', '/prod/a', close => 1,
        headers => [Authorization => "Bearer $token"]);
    return $c;
}

sub told { return $_[0]->receive('GET') }

sub get { return told(ask($_[0])) }

sub count {
    my %n;
    $n{ $_->{status} }++ for @_;
    return join ' ', map { "$_=$n{$_}" } sort keys %n;
}

$gw->must_start;

is(get('active-first')->{body}, 'active-first', 'an active token');
is(get('inactive-first')->{status}, 401, 'an inactive one');
is(get('chunked-first')->{body}, 'chunked-first', 'an answer in chunks');

# a token that is cached no longer than it lives, here for two seconds

my $begin = time;
is(get('short-token')->{status}, 200, 'a token that will soon expire');
my $again = get('short-token')->{status};
is($again, 200, 'again') if time - $begin < 0.9;
is(calls_of('short-token'), 1, 'is asked for once') if time - $begin < 0.9;
sleep 3.1;
is(get('short-token')->{status}, 200, 'when it has expired');
is(calls_of('short-token'), 2, 'it is asked for again');

# one call

my @all = map { ask('active-same-400ms') } 1 .. 60;
$begin = time;
is(get('active-first')->{status}, 200, 'what is known needs not wait');
cmp_ok(time - $begin, '<', 0.3 * $slow, 'for what others wait');
is(count(map { told($_) } @all), '200=60', '60 requests with the same token');
is(calls_of('active-same-400ms'), 1, 'are one call');

@all = map { ask('inactive-same-400ms') } 1 .. 60;
is(count(map { told($_) } @all), '401=60', '60 with one that is not active');
is(calls_of('inactive-same-400ms'), 1, 'are one call');
is(get('inactive-same-400ms')->{status}, 401, 'the next one is refused');
is(calls_of('inactive-same-400ms'), 1, 'without a call');

@all = map { ask("active-$_-300ms") } 1 .. 40;
is(count(map { told($_) } @all), '200=40', '40 tokens at once');
is_deeply([map { calls_of("active-$_-300ms") } 1 .. 40], [(1) x 40],
    'are 40 calls');

# as many wait as may

$gw->mark;
@all = map { ask("active-full-$_-700ms") } 1 .. 100;
$begin = time;
my @told = map { told($_) } reverse @all;
is(count(@told), '200=64 500=36', 'of 100 that would wait 64 may');
is((grep { $_->{status} == 500 } @told)[0]{body}, '{"message":null}',
    'the others get an error');
like($gw->log, qr/too many requests wait for introspection/,
    'the log says why');
is(get('active-after')->{status}, 200, 'then there is room again');

# clients that leave

my $leaver = ask('active-leaver-400ms');
Apigw::Gateway::wait_for(5, sub { calls_of('active-leaver-400ms') });
$leaver->close;
sleep 0.7 * $slow;
is(get('active-leaver-400ms')->{status}, 200, 'a client that left');
is(calls_of('active-leaver-400ms'), 1, 'its call was not in vain');

@all = map { ask("active-some-500ms") } 1 .. 10;
Apigw::Gateway::wait_for(5, sub { calls_of('active-some-500ms') });
$all[$_]->close for 0, 3, 9;
is(count(map { told($all[$_]) } 1, 2, 4 .. 8), '200=7',
    'some leave, the others are answered');
is(calls_of('active-some-500ms'), 1, 'by one call');

# calls that nobody waits for any more are bounded, too

for my $i (1 .. 100) {
    my $c = ask("never-left-$i");
    $c->close;
}

sleep 0.3 * $slow;
my $left = calls_of('never-left.*');
cmp_ok($left, '<=', 64, 'clients that go at once make no more calls than may');
cmp_ok($left, '>', 0, 'but they make some');
is(get('active-first')->{status}, 200, 'what is known is served meanwhile');
sleep $timeout / 1000 + 0.2;
is(get('active-left-after')->{status}, 200, 'and others when their time is over');

# endpoints that fail

$begin = time;
@all = map { ask('never-same') } 1 .. 5;
is(count(map { told($_) } @all), '500=5', 'an endpoint that never answers');
cmp_ok(time - $begin, '>=', $timeout / 1000 - 0.1, 'is waited for');
cmp_ok(time - $begin, '<', $timeout / 1000 + 1 * $slow, 'as long as said');
is(calls_of('never-same'), 1, 'in one call');

for my $kind (qw(close garbage cut huge)) {
    is(get("$kind-token")->{status}, 500, "an endpoint: $kind");
    is(get("$kind-token")->{status}, 500, 'again');
    is(calls_of("$kind-token"), 2, 'failures are not kept');
}

# the log of failures

my $log = $gw->log(0);
my $minutes = 1 + int((time - $^T) / 60);
my $errors = () = $log =~ /\[error\].*introspection at "[^"]+" failed/g;
cmp_ok($errors, '>=', 1, 'failures are errors');
cmp_ok($errors, '<=', $minutes, 'once a minute');
like($log, qr/\[info\].*introspection at "[^"]+" failed/,
    'and a matter of info otherwise');
like($log, qr/\[notice\].*introspection at "[^"]+" works again/,
    'an endpoint that works again is noticed');

# invented tokens drive good ones out of no cache

my $before = $gw->memory($gw->workers);
my $c = $gw->connect;

for my $i (1 .. 3000) {
    $c = $gw->connect if $i % 900 == 0;
    $c->send('GET', '/prod/a',
        headers => [Authorization => "Bearer inactive-$i-" . 'x' x 400]);
    my $status = $c->receive('GET')->{status};
    fail("invented token $i: $status") if $status != 401;
}

is(get('active-first')->{status}, 200, 'a good token after 3,000 bad ones');
is(calls_of('active-first'), 1, 'is still known');

# a sanitizer keeps what was freed for a while

my $room = Apigw::Gateway::sanitized() ? 400_000_000 : 4_000_000 * $slow;
cmp_ok($gw->memory($gw->workers) - $before, '<', $room,
    'and the worker has not grown');

# a reload and a stop while requests wait

@all = map { ask("active-reload-$_-800ms") } 1 .. 5;
Apigw::Gateway::wait_for(5, sub { calls_of('active-reload-5-800ms') });
ok($gw->reload, 'a reload');
is(count(map { told($_) } @all), '200=5', 'those that wait are answered');
is(get('active-first')->{status}, 200, 'the new worker asks');
is(calls_of('active-first'), 2, 'anew');

@all = map { ask('never-stop') } 1 .. 5;
Apigw::Gateway::wait_for(5, sub { calls_of('never-stop') });
kill TERM => $gw->pid;
ok(Apigw::Gateway::wait_for(5, sub { !$gw->alive }),
    'nginx stops while requests wait');

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/(?:in)?active-|never-|s3cret/,
    'neither a token nor the secret is in it');

done_testing();
