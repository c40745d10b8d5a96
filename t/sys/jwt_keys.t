# Keys of a provider: discovered, fetched once for all workers, rotated while
# requests come in, asked for again where a token names a key that is unknown.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Jwt;
use Apigw::Load;
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);

my ($ring, $provider) = provide('k1');
my $issuer = $provider->issuer;
my $slow = Apigw::Gateway::slow_factor();

sub every {
    my ($gw, @tokens) = @_;
    return (ports => [$gw->port], requests => [map { ['/s/a', @{ bearer($_) }] }
        @tokens]);
}

# Discovery

my $gw = gateway(timeout => '5s');
$gw->must_start;

is(status($gw, token('k1')), 200, 'discovery: a token is good');
is(status($gw, token('k1', aud => 'x')), 401, 'discovery: another is not');
is($provider->count('/.well-known/openid-configuration'), 1,
    'discovery: one document, for two workers');
is($provider->count('/jwks'), 1, 'discovery: one set');

{
    my $count = $gw->load(target => '/s/a', requests => 400,
        connections => 16, headers => bearer(token('k1')));
    is_deeply($count, { 200 => 400 }, 'discovery: both workers have it');
    is($provider->count('/jwks'), 1, 'discovery: still one set');
}

# An unknown key id: one fetch, then the token is judged

{
    sleep 1.1;
    $provider->keys(map { $ring->key($_, 'P-256') } qw(k1 k2));
    my $from = $provider->count;
    my $begin = time;
    is(status($gw, token('k2')), 200, 'a new key: its first token is good');
    cmp_ok(time - $begin, '<', 2 * $slow, 'a new key: soon');
    is($provider->count, $from + 1, 'a new key: one fetch');
    cmp_ok($provider->count('/.well-known/openid-configuration'), '<=', 2,
        'a new key: discovery once for each worker, at most');

    my $count = $gw->load(target => '/s/a', requests => 200,
        connections => 16, headers => bearer(token('k2')));
    is_deeply($count, { 200 => 200 }, 'a new key: both workers have it');
    is(status($gw, token('k1')), 200, 'a new key: the old one stays');
    is($provider->count, $from + 1, 'a new key: still one fetch');
}

# A key that left the set takes its tokens with it, cached ones, too

{
    my $old = token('k1');
    is_deeply($gw->load(target => '/s/a', requests => 100, connections => 8,
        headers => bearer($old)), { 200 => 100 }, 'a key leaves: good before');
    sleep 1.1;
    $provider->keys(map { $ring->key($_, 'P-256') } qw(k2 k3));
    is(status($gw, token('k3')), 200, 'a key leaves: another one comes');
    my $count = $gw->load(target => '/s/a', requests => 32, connections => 8,
        headers => bearer($old), timeout => 10);
    is_deeply($count, { 401 => 32 }, 'a key leaves: its tokens are refused');
}

# A new key under an old name

{
    sleep 1.1;
    my $other = Apigw::Token->new;
    my $key = $other->key('k3', 'P-256');
    my $token = $key->token(Apigw::Token::claims(iss => $issuer));
    is(status($gw, $token), 401, 'an old name: not yet');
    sleep 1.1;
    $provider->keys($key, $ring->key('k2'));
    is(status($gw, $token), 200, 'an old name: the new key');
    is(status($gw, token('k3')), 401, 'an old name: not the old one');
    sleep 1.1;
    $provider->keys($ring->key('k2'), $ring->key('k3'));
    is(status($gw, token('k3')), 200, 'an old name: and back');
}

# Rotation under load: nothing that is good is refused

{
    my @names = map { "r$_" } 0 .. 5;
    my %total;
    my $from = $provider->count;
    my $begin = time;
    $ring->key($_, 'P-256') for @names;

    sleep 1.1;
    $provider->keys($ring->key('r0'));
    is(status($gw, token('r0')), 200, 'rotation: the first key');

    for my $n (1 .. $#names) {
        my ($old, $new) = @names[$n - 1, $n];
        my @old = map { token($old, jti => "$_") } 1 .. 20;
        my @new = map { token($new, jti => "$_") } 1 .. 20;

        # from before the new key is published until after the old one is gone

        my $during = Apigw::Load::run(every($gw, @old), connections => 32,
            meanwhile => sub {
                my ($so_far) = @_;
                Apigw::Load::until($so_far, sub { ($_[0]{200} || 0) > 300 });
                $provider->keys($ring->key($old), $ring->key($new));
                my $both = Apigw::Load::run(every($gw, @old, @new),
                    connections => 32, count => 600);
                $total{$_} += $both->{$_} for keys %$both;
            });
        $total{$_} += $during->{$_} for keys %$during;

        $provider->keys($ring->key($new));
        my $after = Apigw::Load::run(every($gw, @new), connections => 32,
            count => 300);
        $total{$_} += $after->{$_} for keys %$after;
    }

    my $good = delete $total{200};
    is_deeply(\%total, {}, 'rotation: none is refused');
    cmp_ok($good, '>', 5 * 1200, "rotation: $good are let in");
    my $fetches = $provider->count - $from;
    cmp_ok($fetches, '<=', (time - $begin) + 2, "rotation: $fetches fetches");
}

# Ten thousand unknown keys

{
    $provider->keys(map { $ring->key($_, 'P-256') } qw(r5));
    my $storm = gateway(cooldown => '2s', timeout => '500ms');
    $storm->must_start;
    my $good = token('r5');
    is(status($storm, $good), 200, 'a storm: a token is good before');

    my @unknown = map { unknown($_) } 1 .. 10_000;
    my $from = $provider->count;
    my $begin = time;
    my $calm;
    my $count = Apigw::Load::run(every($storm, @unknown), connections => 256,
        count => 10_000, meanwhile => sub {
            my @tokens = ($good, map { token('r5', jti => "$_") } 1 .. 200);
            $calm = Apigw::Load::run(every($storm, @tokens),
                connections => 16, count => 2000);
        });
    my $took = time - $begin;

    is_deeply($count, { '401 Unauthorized' => 10_000 },
        'a storm: all are refused');
    is_deeply($calm, { 200 => 2000 }, 'a storm: good tokens are let in');
    my $fetches = $provider->count - $from;
    cmp_ok($fetches, '>=', 1, 'a storm: it is looked for them');
    cmp_ok($fetches, '<=', 1 + $took / 2,
        sprintf 'a storm: %d fetches in %.1f s', $fetches, $took);

    # those who wait are not forgotten, nor are those who go away

    my @connections = map { $storm->connect(timeout => 10) } 1 .. 50;
    $_->send('GET', '/s/a', headers => bearer(unknown('late'))) for
        @connections;
    $_->close for splice @connections, 0, 25;
    is(join(' ', map { $_->receive->{status} } @connections),
        join(' ', (401) x 25), 'a storm: who waits is answered');
    is(status($storm, $good), 200, 'a storm: a token is good after');
    is_deeply([$storm->complaints], [], 'a storm: nothing bad in the log');
}

# As many wait as may

{
    my $few = gateway(workers => 1, cooldown => '1s', timeout => '5s',
        block => 'parked_max 4;');
    $few->must_start;
    is(status($few, token('r5')), 200, 'few may wait: a good one');
    sleep 1.1;
    $provider->mode('delay:1', '/jwks');
    my @connections = map { $few->connect(timeout => 10) } 1 .. 8;
    $_->send('GET', '/s/a', headers => bearer(unknown($_))) for @connections;
    my $ready = IO::Select->new(map { $_->socket } @connections);
    sleep 0.5;
    is(scalar(my @now = $ready->can_read(0)), 4,
        'few may wait: the others are refused at once');
    is(join(' ', map { $_->receive->{status} } @connections),
        join(' ', (401) x 8), 'few may wait: all are refused at last');
    $provider->mode('normal');
}

# Who waits twice, for a fetch that had begun before and for one of its own,
# waits no longer than the time that is given

{
    my $twice = gateway(workers => 1, cooldown => '1s', timeout => '3s');
    $twice->must_start;
    is(status($twice, token('r5')), 200, 'two waits: a good one');
    sleep 1.1;
    $provider->mode('delay:2', '/jwks');
    $provider->keys($ring->key('r5'), $ring->key('twice', 'P-256'));
    my $from = $provider->count;
    my @connections = map { $twice->connect(timeout => 10) } 1 .. 2;
    $connections[0]->send('GET', '/s/a', headers => bearer(unknown('twice-a')));
    ok($provider->wait_for_request('/jwks', $from + 1), 'two waits: the first');
    $provider->mode('hang', '/jwks');
    my $begin = time;
    $connections[1]->send('GET', '/s/a', headers => bearer(unknown('twice-b')));
    is($connections[1]->receive->{status}, 401, 'two waits: refused');
    my $took = time - $begin;
    is($provider->count, $from + 2, 'two waits: the second');
    cmp_ok($took, '>', 2.5, 'two waits: in its time');
    cmp_ok($took, '<', 3 + 1 * $slow, 'two waits: no later');
    is($connections[0]->receive->{status}, 401, 'two waits: the other one');
    $provider->mode('normal');
    $provider->keys($ring->key('r5'));
}

# Before there is a set

for my $route (['/s/a', 'the rewrite phase'], ['/s/b', 'the access phase']) {
    my ($target, $name) = @$route;
    $provider->mode('delay:1.5', '/jwks');
    my $early = gateway(timeout => '5s');
    $early->must_start;

    my @connections = map { $early->connect(timeout => 10) } 1 .. 8;
    my @tokens = ((token('r5')) x 6, token('r5', aud => 'x'), unknown('early'));
    $connections[$_]->send('GET', $target, headers => bearer($tokens[$_]))
        for 0 .. 7;
    my $ready = IO::Select->new(map { $_->socket } @connections);
    ok(!$ready->can_read(0.3), "early, $name: they wait");
    is(join(' ', map { $_->receive->{status} } @connections),
        '200 200 200 200 200 200 401 401', "early, $name: then they are judged");
    $provider->mode('normal');
    is_deeply([$early->complaints], [], "early, $name: nothing bad in the log");
}

# There is none at all

{
    my $from = $provider->count;
    $provider->stop;
    my $alone = gateway(timeout => '700ms');
    $alone->must_start;

    my $begin = time;
    my $response = $alone->get('/s/a', headers => bearer(token('r5')),
        timeout => 10);
    my $took = time - $begin;
    is($response->{status}, 500, 'no provider: 500');
    is($response->{body}, '{"message":null}', 'no provider: its body');
    is($response->{headers}{'x-amzn-errortype'},
        'AuthorizerFailureException', 'no provider: its type');
    cmp_ok($took, '<', 2 * $slow, 'no provider: in time');
    is(status($alone, 'x'), 401, 'no provider: what is no token is refused');
    is(status($alone, token('r5', iss => 'https://other.example')), 401,
        'no provider: as is a token of another issuer');
    is($alone->status('/s/a'), 401, 'no provider: as is no token');

    $provider->start;
    ok(Apigw::Gateway::wait_for(15, sub {
        status($alone, token('r5')) == 200
    }), 'no provider: it comes, and tokens are good');
    cmp_ok($provider->count, '>', $from, 'no provider: it was asked');
    my @said = $alone->log =~ /^.*\[(?:warn|error)\].*$/mg;
    cmp_ok(scalar @said, '<=', 3, 'no provider: it was said, but not often')
        or diag(join "\n", @said);
    cmp_ok(scalar @said, '>=', 1, 'no provider: it was said');
    is_deeply([$alone->complaints], [], 'no provider: nothing bad in the log');
}

# Keys from an URL, without discovery; and two authorizers of one provider

{
    my $from = $provider->count('/.well-known/openid-configuration');
    my $direct = gateway(timeout => '5s', jwks => $provider->url('/jwks'));
    $direct->must_start;
    is(status($direct, token('r5')), 200, 'an URL: a token is good');
    is($provider->count('/.well-known/openid-configuration'), $from,
        'an URL: no discovery');
}

# A slash at the end of an issuer belongs to its name

{
    $provider->issue("$issuer/");
    my $slash = gateway(timeout => '5s', issuer => "$issuer/");
    $slash->must_start;
    is(status($slash, token('r5', iss => "$issuer/")), 200,
        'a slash at the end: a token is good');
    is(status($slash, token('r5')), 401, 'a slash at the end: without it');
    $provider->issue($issuer);
}

# Cache-Control: not before a minute, and keys are kept for longer than that

{
    my @values = ('max-age=0', 'no-store', 'max-age=1', 'max-age=-5',
        'max-age=99999999999999999999', 'private, max-age="3600"',
        'nonsense,,=');
    my @cached;

    for my $value (@values) {
        $provider->headers('Cache-Control' => $value);
        my $from = $provider->count;
        my $cached = gateway(timeout => '5s', workers => 1);
        $cached->must_start;
        is(status($cached, token('r5')), 200, "Cache-Control $value: good");
        is($provider->count, $from + 1, "Cache-Control $value: one fetch");
        push @cached, $cached;
    }

    sleep 1.2;

    for my $value (@values) {
        my $from = $provider->count;
        is(status(shift @cached, token('r5', jti => 'b')), 200,
            "Cache-Control $value: good after");
        is($provider->count, $from, "Cache-Control $value: still one fetch");
    }
}

$provider->headers;
is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/eyJ/, 'no token in the log');

done_testing();
