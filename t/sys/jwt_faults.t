# A provider whose answers are wrong in all ways: the last good set of keys is
# kept.  Its discovery is in jwt_discovery.t, reloads and restarts in
# jwt_restart.t.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Jwt;
use Apigw::Provider;
use Test::More;
use Time::HiRes qw(sleep time);

my ($ring, $provider) = provide(qw(k1 k2));
my $evil = Apigw::Provider->new(keys => [$ring->key('evil', 'P-256')])->start;
my $issuer = $provider->issuer;
my $slow = Apigw::Gateway::slow_factor();

my $n = 0;

sub workers_of {
    my ($gw) = @_;
    return join ' ', sort { $a <=> $b } $gw->workers;
}

my $gw = gateway();
$gw->must_start;
my $cached = token('k1');
is(status($gw, $cached), 200, 'a token is good');
my $workers = workers_of($gw);

# What may happen to the set; a key that looks good in it is not taken

my $evil_set = Apigw::Token::jwks($ring->key('evil'));
my $weak = $ring->key('weak', 'RSA1024')->jwk;

my @faults = (
    ['it hangs', 'hang'],
    ['one byte a second', 'slow:1'],
    ['an answer after the time', 'delay:3'],
    ['status 500', 'status:500'],
    ['status 404', 'status:404'],
    ['status 201', 'status:201'],
    ['status 304', 'status:304'],
    ['status 401', 'status:401'],
    ['HTML', 'html'],
    ['10 MB', 'huge:10'],
    ['no end', 'endless'],
    ['200 KB of headers', 'headers'],
    ['less than it says', 'truncated'],
    ['half a header', 'head'],
    ['chunks without an end', 'chunked:1'],
    ['not HTTP', 'garbage'],
    ['a redirect to loopback', 'redirect:' . $evil->url('/jwks')],
    ['a redirect to a file', 'redirect:file:///etc/passwd'],
    ['nothing', 'text:'],
    ['not JSON', 'text:not json'],
    ['no object', 'text:[]'],
    ['no keys', 'text:{}'],
    ['an empty set', 'text:{"keys":[]}'],
    ['keys that are no list', 'text:{"keys":{}}'],
    ['keys that are none', 'text:{"keys":[1,null,"x",[],{}]}'],
    ['keys twice', 'text:{"keys":[],' . substr $evil_set, 1],
    ['a set and more', "text:$evil_set x"],
    ['only a secret', 'text:' . Apigw::Token::jwks(
        Apigw::Token::oct('s' x 64, kid => 'k1'))],
    ['only a weak key', 'text:' . Apigw::Token::jwks($weak)],
    ['only a key for encryption', 'text:' . Apigw::Token::jwks(
        $ring->key('evil')->jwk(use => 'enc'))],
    ['deep nesting', 'text:{"keys":' . ('[' x 5000) . (']' x 5000) . '}'],
);

# Each at an issuer of its own, all at once

sub fault_http {
    my (@numbers) = @_;
    my $authorizers = join '', map { <<"END" } @numbers;
    apigw_authorizer u$_ {
        type     jwt;
        issuer   $issuer/$_ jwks=$issuer/$_/jwks;
        audience pets;
        timeout  2s;
        cooldown 1s;
    }
END
    my $routes = join '', map {
        qq(apigw_route "GET /$_" { apigw_authorize u$_; return 200 exact; }\n)
    } @numbers;

    return <<"END";
$authorizers
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            $routes
        }
    }
END
}

sub ask {
    my ($gw, $number, $token) = @_;
    my $connection = $gw->connect(timeout => 15);
    $connection->send('GET', "/s/$number", close => 1,
        headers => bearer($token));
    return $connection;
}

sub answer { return $_[0]->receive->{status} }

{
    my @numbers = 0 .. $#faults;
    my @name = map { $_->[0] } @faults;
    my @at = map { "/$_/jwks" } @numbers;
    my @iss = map { "$issuer/$_" } @numbers;
    my $set = Apigw::Token::jwks($ring->key('k1'));
    $provider->document($_, $set) for @at;

    my $all = Apigw::Gateway->new(workers => 2, log_level => 'info',
        http => fault_http(@numbers))->must_start;
    my @known = map { token('k1', iss => $_) } @iss;
    my @fresh = map { token('k1', iss => $_, jti => 'x') } @iss;
    my @evil = map { token('evil', iss => $_) } @iss;
    my @new = map { token('k2', iss => $_) } @iss;
    my $before = workers_of($all);

    is(answer(ask($all, $_, $known[$_])), 200, "$name[$_]: a token is good")
        for @numbers;

    my $start = $all->mark;
    my @from = map { $provider->count($_) } @at;
    $provider->mode($faults[$_][1], $at[$_]) for @numbers;
    my @waiting = map {
        ask($all, $_, unknown(++$n, iss => $iss[$_]))
    } @numbers;

    for my $n (@numbers) {
        my $name = $name[$n];
        ok($provider->wait_for_request($at[$n], $from[$n] + 1),
            "$name: it is asked");
        my $begin = time;
        is(answer(ask($all, $n, $fresh[$n])), 200, "$name: the set is kept");
        cmp_ok(time - $begin, '<', 0.5 * $slow, "$name: nobody waits for it");
        is(answer(ask($all, $n, $known[$n])), 200,
            "$name: for a cached token, too");
    }

    is(answer($waiting[$_]), 401, "$name[$_]: no unknown key") for @numbers;

    @waiting = map { ask($all, $_, $evil[$_]) } @numbers;
    is(answer($waiting[$_]), 401, "$name[$_]: no other key") for @numbers;

    for my $n (@numbers) {
        ok(Apigw::Gateway::wait_for(5, sub {
            $all->log =~ /\[(?:warn|error)\][^\n]*"\Q$iss[$n]\E"/
        }), "$name[$n]: it is said") or diag($all->log);
        ok($provider->wait_for_request($at[$n], $from[$n] + 2),
            "$name[$n]: it is asked again");
        is(answer(ask($all, $n, $known[$n])), 200,
            "$name[$n]: the set is still kept");
    }

    is(workers_of($all), $before, 'no worker has died');
    is($evil->count, 0, 'no redirect was followed');

    # It works again, and that is said

    $all->mark;
    $set = Apigw::Token::jwks($ring->key('k1'), $ring->key('k2'));
    $provider->document($_, $set) for @at;
    $provider->mode('normal');

    for my $n (@numbers) {
        my $name = "$name[$n], it works again";
        ok(Apigw::Gateway::wait_for(10, sub {
            answer(ask($all, $n, $new[$n])) == 200
        }), "$name: a new key");
        like($all->log, qr/\[notice\][^\n]*"\Q$iss[$n]\E"/,
            "$name: it is said");
        my @warned = $all->log($start)
            =~ /\[(?:warn|error)\][^\n]*"\Q$iss[$n]\E"/g;
        is(scalar @warned, 1, "$name: one warning")
            or diag(join "\n", @warned);
    }

    is_deeply($all->load(target => '/s/0', requests => 60, connections => 16,
        headers => bearer($new[0]), timeout => 15), { 200 => 60 },
        'it works again: in both workers');
    is_deeply([$all->complaints], [], 'faults: nothing bad in the log');
    unlike($all->log(0), qr/eyJ/, 'faults: no token in the log');
}

# Sets that are odd, but good

for my $set (['chunks', 'chunked'], ['pieces', 'trickle']) {
    my ($name, $mode) = @$set;
    my $kid = "odd-$name";
    $provider->mode($mode, '/jwks');
    $provider->keys($ring->key('k1'), $ring->key($kid, 'P-256'));
    ok(Apigw::Gateway::wait_for(10, sub { status($gw, token($kid)) == 200 }),
        "$name: a key is taken");
    $provider->mode('normal');
}

for my $set (
    ['a key id twice', sub { $ring->key('k1'), $_[0],
        { %{ $ring->key('other', 'P-256')->jwk }, kid => $_[0]->kid } }],
    ['a secret beside it', sub { $_[0], Apigw::Token::oct('s' x 64,
        kid => 'k1'), $ring->key('k1') }],
    ['a weak key beside it', sub { $weak, $_[0], $ring->key('k1') }],
    ['an unknown type beside it', sub { +{ kty => 'PQC', kid => 'x' }, $_[0],
        $ring->key('k1') }],
    ['nonsense beside it', sub { +{ kty => 'RSA', n => '?', e => 1 }, {}, $_[0],
        $ring->key('k1') }],
    ['its chain and other members', sub { +{ %{ $_[0]->jwk }, x5c => ['AAAA'],
        x5u => $evil->url('/x'), more => { a => [1] } }, $ring->key('k1') }])
{
    my ($name, $keys) = @$set;
    my $kid = 'odd-' . ++$n;
    $provider->keys($keys->($ring->key($kid, 'P-256')));
    ok(Apigw::Gateway::wait_for(10, sub { status($gw, token($kid)) == 200 }),
        "$name: the key is taken");
    is(status($gw, $cached), 200, "$name: as is the other one");
    is(status($gw, Apigw::Token::secret('HS256', 's' x 64,
        Apigw::Token::claims(iss => $issuer), { kid => 'k1' })), 401,
        "$name: no secret is");
}

is($evil->count + $evil->count('/x'), 0, 'nobody asked for a chain');
is(workers_of($gw), $workers, 'odd sets: no worker has died');

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/eyJ/, 'no token in the log');

done_testing();
