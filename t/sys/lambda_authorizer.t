# Lambda authorizers under way: one call for all that wait for it, verdicts
# that cover the routes of a stage, bounds, clients that leave, functions that
# are slow, fail, or answer what nobody should.  The name of a token tells the
# Invoke API, which is in this test, what to do.

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

my $api = Apigw::Slow->new(answer => \&answer, request => qr{
    \A POST [ ] /base/2015-03-31/functions/authorize/invocations
    \?Qualifier=live [ ] HTTP/1\.1\r\n .* \r\n\r\n
    .* "authorizationToken":"([^"]+)" .* \} \z}sx)->start;
my $port = $api->port;

my $block = "type lambda; endpoint http://127.0.0.1:$port/base/; "
    . "function authorize live; timeout ${timeout}ms; parked_max 64;";

my $gw = Apigw::Gateway->new(workers => 1, log_level => 'info',
    events => 'worker_connections 4096;', http => <<"END");
    apigw_authorizer custom { $block mode token; }
    apigw_authorizer short { $block mode token; ttl 1s; }
    apigw_authorizer none { $block mode token; ttl 0; }
    apigw_authorizer small { $block mode token; cache 64k; }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_api api;
        apigw_stage prod {
            apigw_authorize custom;
            apigw_route "GET /a" { return 200 "\$apigw_principal"; }
            apigw_route "GET /b/{id}" { return 200 "\$apigw_principal"; }
            apigw_route "GET /short" { apigw_authorize short; return 200 "s"; }
            apigw_route "GET /none" { apigw_authorize none; return 200 "n"; }
            apigw_route "GET /small" { apigw_authorize small; return 200 "l"; }
        }
        apigw_stage test {
            apigw_authorize custom;
            apigw_route "GET /a" { return 200 "\$apigw_principal"; }
        }
    }
END

sub verdict {
    my ($principal, $effect, $resource, $more) = @_;
    return qq({"principalId":"$principal","policyDocument":{"Version":)
        . qq("2012-10-17","Statement":[{"Action":"execute-api:Invoke",)
        . qq("Effect":"$effect","Resource":"$resource"}]}$more});
}

sub answer {
    my ($token) = @_;
    my $arn = 'arn:aws:execute-api:us-east-1:000000000000:api/prod';
    my $body = verdict($token, 'Allow', '*', '');
    my $more = '';

    return '' if $token =~ /^close/;
    return 'garbage' if $token =~ /^garbage/;
    return "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}" if $token =~ /^status/;
    return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n$body"
        if $token =~ /^cut/;
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        . join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
               unpack '(a7)*', $body) . "0\r\n\r\n" if $token =~ /^chunked/;

    $body = verdict($token, 'Deny', '*', '') if $token =~ /^deny/;
    $body = verdict($token, 'Allow', "$arn/GET/b/*", '') if $token =~ /^only/;
    $body = '<html>' . $body . '</html>' if $token =~ /^html/;
    $body = ('[' x 100_000) . (']' x 100_000) if $token =~ /^deep/;
    $body = $body =~ s/\}$/',"principalId":"root"}'/er if $token =~ /^twice/;
    $body = $body =~ s/\}$/',"context":{"a":[]}}'/er if $token =~ /^nested/;
    $body = $body =~ s/\}$/',"context":{"a":"' . 'x' x 20_000 . '"}}'/er
        if $token =~ /^big/;
    $body = $body =~ s/\}$/',"context":{"a":"' . 'x' x 10_000_000 . '"}}'/er
        if $token =~ /^huge/;
    ($body, $more) = (qq({"errorMessage":"$token","errorType":"E"}),
        "X-Amz-Function-Error: Unhandled\r\n") if $token =~ /^fault/;
    ($body, $more) = ('{"errorMessage":"Unauthorized"}',
        "X-Amz-Function-Error: Handled\r\n") if $token =~ /^refuse/;

    return "HTTP/1.1 200 OK\r\n${more}Content-Length: " . length($body)
        . "\r\n\r\n$body";
}

sub calls_of { return $api->calls(@_) }

sub ask {
    my ($token, $path) = @_;
    my $c = $gw->connect(timeout => 20);
    $c->send('GET', $path // '/prod/a', close => 1,
        headers => [Authorization => $token]);
    return $c;
}

sub told { return $_[0]->receive('GET') }

sub get { return told(ask(@_)) }

sub count {
    my %n;
    $n{ $_->{status} }++ for @_;
    return join ' ', map { "$_=$n{$_}" } sort keys %n;
}

$gw->must_start;

is(get('allow-first')->{body}, 'allow-first', 'a token that is allowed');
is(get('deny-first')->{status}, 403, 'one that is not');
is(get('chunked-first')->{body}, 'chunked-first', 'an answer in chunks');

# what is kept

is(count(map { get('allow-first', $_) } '/prod/a', '/prod/b/1', '/prod/b/2'),
    '200=3', 'other routes of the stage');
is(calls_of('allow-first'), 1, 'need no other call');
is(get('allow-first', '/test/a')->{status}, 200, 'another stage');
is(calls_of('allow-first'), 2, 'does');

is(count(map { get('only-first', $_) } '/prod/a', '/prod/b/1', '/prod/a',
    '/prod/b/2'), '200=2 403=2', 'a policy of some routes');
is(calls_of('only-first'), 1, 'is kept, and asked for each request');

get('deny-first') for 1 .. 3;
is(calls_of('deny-first'), 1, 'a deny is kept');

is(count(map { get('allow-short', '/prod/short') } 1 .. 2), '200=2', 'ttl 1s');
sleep 2.1;
get('allow-short', '/prod/short');
cmp_ok(calls_of('allow-short'), '>=', 2, 'when it is over it is asked again');

get('allow-none', '/prod/none') for 1 .. 3;
is(calls_of('allow-none'), 3, 'ttl 0: each time');

get('big-first', '/prod/small') for 1 .. 2;
is(calls_of('big-first'), 2, 'what is too large for the cache is not kept');

get('refuse-first') for 1 .. 2;
is(calls_of('refuse-first'), 2, 'Unauthorized is not kept');

# one call

my @all = map { ask('allow-same-400ms', $_ % 2 ? '/prod/a' : "/prod/b/$_") }
    1 .. 60;
my $begin = time;
is(get('allow-first')->{status}, 200, 'what is known needs not wait');
cmp_ok(time - $begin, '<', 0.3 * $slow, 'for what others wait');
is(count(map { told($_) } @all), '200=60', '60 requests with the same token');
is(calls_of('allow-same-400ms'), 1, 'are one call');

@all = map { ask('only-same-400ms', $_ % 2 ? '/prod/a' : "/prod/b/$_") }
    1 .. 40;
is(count(map { told($_) } @all), '200=20 403=20', 'each judged for its route');
is(calls_of('only-same-400ms'), 1, 'in one call');

@all = map { ask('fault-same-400ms') } 1 .. 20;
is(count(map { told($_) } @all), '500=20', '20 of a function that fails');
is(calls_of('fault-same-400ms'), 1, 'are one call');
is(get('fault-same-400ms')->{status}, 500, 'the next one');
is(calls_of('fault-same-400ms'), 2, 'is another');

@all = map { ask('allow-each-300ms', '/prod/none') } 1 .. 10;
is(count(map { told($_) } @all), '200=10', 'without a cache');
is(calls_of('allow-each-300ms'), 10, 'nothing is shared');

@all = map { ask("allow-$_-300ms") } 1 .. 40;
is(count(map { told($_) } @all), '200=40', '40 tokens at once');
is_deeply([map { calls_of("allow-$_-300ms") } 1 .. 40], [(1) x 40],
    'are 40 calls');

# as many wait as may

$gw->mark;
@all = map { ask("allow-full-$_-700ms") } 1 .. 100;
my @told = map { told($_) } reverse @all;
is(count(@told), '200=64 500=36', 'of 100 that would wait 64 may');
is((grep { $_->{status} == 500 } @told)[0]{body}, '{"message":null}',
    'the others get an error');
like($gw->log, qr/too many requests wait for it/, 'the log says why');
is(get('allow-after')->{status}, 200, 'then there is room again');

# clients that leave

my $leaver = ask('allow-leaver-400ms');
Apigw::Gateway::wait_for(5, sub { calls_of('allow-leaver-400ms') });
$leaver->close;
sleep 0.7 * $slow;
is(get('allow-leaver-400ms')->{status}, 200, 'a client that left');
is(calls_of('allow-leaver-400ms'), 1, 'its call was not in vain');

# functions that fail

$begin = time;
@all = map { ask('never-same') } 1 .. 5;
is(count(map { told($_) } @all), '500=5', 'a function that never answers');
cmp_ok(time - $begin, '>=', $timeout / 1000 - 0.1, 'is waited for');
cmp_ok(time - $begin, '<', $timeout / 1000 + 1 * $slow, 'as long as said');
is(calls_of('never-same'), 1, 'in one call');

for my $kind (qw(close garbage status cut html deep twice nested huge fault)) {
    my $told = get("$kind-token");
    is($told->{status}, 500, "an answer: $kind");
    is($told->{body}, '{"message":null}', 'says nothing of it');
    is(get("$kind-token")->{status}, 500, 'again');
    is(calls_of("$kind-token"), 2, 'failures are not kept');
}

is(get('allow-first')->{status}, 200, 'what is known is known still');

# the log of failures

my $log = $gw->log(0);
my $minutes = 1 + int((time - $^T) / 60);
my $errors = () = $log =~ /\[error\].*the function "authorize" of the authorizer "custom" failed/g;
cmp_ok($errors, '>=', 1, 'failures are errors');
cmp_ok($errors, '<=', $minutes, 'once a minute');
like($log, qr/\[info\].*the function "authorize" of the authorizer "custom" failed/,
    'and a matter of info otherwise');
like($log, qr/\[notice\].*of the authorizer "custom" works again/,
    'a function that works again is noticed');

# invented tokens do not let the worker grow

my $before = $gw->memory($gw->workers);
my $c = $gw->connect;

for my $i (1 .. 2000) {
    $c = $gw->connect if $i % 900 == 0;
    $c->send('GET', '/prod/small',
        headers => [Authorization => "deny-$i-" . 'x' x 400]);
    my $status = $c->receive('GET')->{status};
    fail("invented token $i: $status") if $status != 403;
}

# a sanitizer keeps what was freed for a while

my $room = Apigw::Gateway::sanitized() ? 400_000_000 : 4_000_000 * $slow;
cmp_ok($gw->memory($gw->workers) - $before, '<', $room,
    'after 2,000 tokens the worker has not grown');

# a reload and a stop while requests wait

@all = map { ask("allow-reload-$_-800ms") } 1 .. 5;
Apigw::Gateway::wait_for(5, sub { calls_of('allow-reload-5-800ms') });
ok($gw->reload, 'a reload');
is(count(map { told($_) } @all), '200=5', 'those that wait are answered');

my $known = calls_of('allow-first');
is(get('allow-first')->{status}, 200, 'the new worker asks');
is(calls_of('allow-first'), $known + 1, 'anew');

@all = map { ask('never-stop') } 1 .. 5;
Apigw::Gateway::wait_for(5, sub { calls_of('never-stop') });
kill TERM => $gw->pid;
ok(Apigw::Gateway::wait_for(5, sub { !$gw->alive }),
    'nginx stops while requests wait');

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/(?:allow|deny|only|never|refuse|fault)-/,
    'no token is in it');

done_testing();
