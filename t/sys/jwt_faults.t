# A provider that fails in all ways: the last good set of keys is kept, over
# reloads, restarts and the death of workers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Provider;
use Test::More;
use Time::HiRes qw(sleep time);

my $ring = Apigw::Token->new;
$ring->key($_, 'P-256') for qw(k1 k2);
my $provider = Apigw::Provider->new(keys => [$ring->key('k1')])->start;
my $evil = Apigw::Provider->new(keys => [$ring->key('evil', 'P-256')])->start;
my $issuer = $provider->issuer;
my $slow = Apigw::Gateway::slow_factor();
my $discovery = '/.well-known/openid-configuration';

sub http {
    my (%opt) = @_;
    my $timeout = $opt{timeout} || '1s';
    return <<"END";
    @{[ $opt{http} // '' ]}
    apigw_authorizer users {
        type     jwt;
        issuer   $issuer;
        audience pets;
        timeout  $timeout;
        cooldown 1s;
        @{[ $opt{block} // '' ]}
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 exact; }
        }
    }
END
}

sub gateway {
    my (%opt) = @_;
    return Apigw::Gateway->new(workers => 2, log_level => 'info',
        http => http(%opt), %opt{grep { $_ eq 'files' } keys %opt});
}

sub token {
    my ($kid, %claims) = @_;
    return $ring->key($kid)->token(
        Apigw::Token::claims(iss => $issuer, %claims));
}

my $n = 0;

sub unknown {
    return Apigw::Token::raw({ alg => 'ES256', kid => 'unknown-' . ++$n },
        Apigw::Token::claims(iss => $issuer), 'x' x 64);
}

sub bearer { return [Authorization => "Bearer $_[0]"] }

sub status {
    my ($gw, $token) = @_;
    return $gw->status('/s/a', headers => bearer($token), timeout => 15);
}

sub both_workers {
    my ($gw, $token) = @_;
    return $gw->load(target => '/s/a', requests => 60, connections => 16,
        headers => bearer($token), timeout => 15);
}

# asks until the provider was asked; the token may wait for it

sub provoke {
    my ($gw, $path) = @_;
    my $from = $provider->count($path);
    return Apigw::Gateway::wait_for(10, sub {
        status($gw, unknown());
        return $provider->count($path) > $from;
    });
}

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

for my $fault (@faults) {
    my ($name, $mode) = @$fault;
    $gw->mark;
    $provider->mode($mode, '/jwks');
    ok(provoke($gw, '/jwks'), "$name: it is asked");
    my $begin = time;
    is(status($gw, token('k1', jti => $name)), 200, "$name: the set is kept");
    cmp_ok(time - $begin, '<', 0.5 * $slow, "$name: nobody waits for it");
    is(status($gw, $cached), 200, "$name: for a cached token, too");
    is(status($gw, token('evil')), 401, "$name: no other key");
    ok(Apigw::Gateway::wait_for(5, sub {
        $gw->log =~ /\[(?:info|notice|warn|error)\][^\n]*\Q$issuer\E/
    }), "$name: it is said") or diag($gw->log);
}

is(workers_of($gw), $workers, 'no worker has died');
is($evil->count, 0, 'no redirect was followed');

# It works again, and that is said

$gw->mark;
$provider->mode('normal');
$provider->keys($ring->key('k1'), $ring->key('k2'));
ok(Apigw::Gateway::wait_for(10, sub { status($gw, token('k2')) == 200 }),
    'it works again: a new key');
is_deeply(both_workers($gw, token('k2')), { 200 => 60 },
    'it works again: in both workers');
like($gw->log, qr/\[notice\][^\n]*\Q$issuer\E/, 'it works again: it is said');

{
    my @warned = $gw->log(0) =~ /\[(?:warn|error)\][^\n]*\Q$issuer\E/g;
    cmp_ok(scalar @warned, '>=', 1, 'one warning');
    cmp_ok(scalar @warned, '<=', 2, 'but not one for each')
        or diag(join "\n", @warned);
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

# Discovery that fails: a set is wanted, but there is none to be had

my $other = "http://127.0.0.1:@{[ $evil->port ]}";

for my $fault (
    ['another issuer', sub { $provider->issue('https://id.example.com') }],
    ['an issuer with a slash', sub { $provider->issue("$issuer/") }],
    ['no issuer', sub { $provider->document($discovery,
        qq({"jwks_uri":"$issuer/jwks"})) }],
    ['no address of a set', sub { $provider->document($discovery,
        qq({"issuer":"$issuer"})) }],
    ['an address that is none', sub { $provider->issue($issuer,
        jwks_uri => '/jwks') }],
    ['an address that is no text', sub { $provider->issue($issuer,
        jwks_uri => [$provider->url('/jwks')]) }],
    ['an address twice', sub { $provider->document($discovery,
        qq({"issuer":"$issuer","jwks_uri":"$issuer/jwks",)
        . qq("jwks_uri":"$issuer/jwks"})) }],
    ['a file', sub { $provider->issue($issuer,
        jwks_uri => 'file:///etc/passwd') }],
    ['a link-local address', sub { $provider->issue($issuer,
        jwks_uri => 'https://169.254.169.254/latest') }],
    ['a host without TLS', sub { $provider->issue($issuer,
        jwks_uri => 'http://192.0.2.1/jwks') }],
    ['an address with a user', sub { $provider->issue($issuer,
        jwks_uri => "http://a:b\@127.0.0.1:@{[ $provider->port ]}/jwks") }],
    ['an address with a line break', sub { $provider->issue($issuer,
        jwks_uri => "$issuer/jwks\r\nX: y") }],
    ['HTML', sub { $provider->mode('html', $discovery) }],
    ['status 500', sub { $provider->mode('status:500', $discovery) }],
    ['a redirect', sub { $provider->mode("redirect:$other$discovery",
        $discovery) }],
    ['10 MB', sub { $provider->mode('huge:10', $discovery) }],
    ['it hangs', sub { $provider->mode('hang', $discovery) }])
{
    my ($name, $fault) = @$fault;
    $provider->mode('normal');
    $provider->keys($ring->key('k1'));
    $provider->issue($issuer);
    $fault->();

    my $from = $provider->count;
    my $lost = gateway(timeout => '500ms');
    $lost->must_start;
    is(status($lost, $cached), 500, "discovery, $name: no keys");
    is($provider->count, $from, "discovery, $name: nor is one asked for them");
    like($lost->log, qr/\[(?:warn|error)\][^\n]*\Q$issuer\E/,
        "discovery, $name: it is said") or diag($lost->log);
    is_deeply([$lost->complaints], [],
        "discovery, $name: nothing bad in the log");
}

is(scalar(my @none = $evil->requests), 0, 'nobody went elsewhere');
$provider->mode('normal');
$provider->issue($issuer);

# Reload: nothing is fetched again, nothing is forgotten

{
    $provider->keys($ring->key('k1'), $ring->key('k2'));
    my $keeping = gateway();
    $keeping->must_start;
    is(status($keeping, $cached), 200, 'reload: a token is good');
    my $from = $provider->requests;
    $provider->stop;

    for (1 .. 3) {
        ok($keeping->reload, 'reload: it is done');
        is_deeply(both_workers($keeping, token('k2', jti => "$_")),
            { 200 => 60 }, 'reload: tokens are good');
    }

    $keeping->configure(http => http(block => 'leeway 20s;'));
    ok($keeping->reload, 'reload: something else has changed');
    is_deeply(both_workers($keeping, token('k2')), { 200 => 60 },
        'reload: tokens are good');

    $keeping->configure(http => http(block => 'nonsense;'));
    ok(!$keeping->reload, 'reload: a bad configuration is refused');
    is_deeply(both_workers($keeping, token('k1', jti => 'x')), { 200 => 60 },
        'reload: tokens are good');

    $provider->start;
    sleep 0.5;
    is(scalar $provider->requests, $from, 'reload: nothing was fetched')
        or diag(join "\n", (splice @{ [$provider->requests] }, $from),
            grep { /keys of/ } split /\n/, $keeping->log(0) . $gw->log);
    is_deeply([$keeping->complaints(qr/unknown directive|nonsense/)], [],
        'reload: nothing bad in the log');
}

# The death of workers

{
    my $dying = gateway(timeout => '2s');
    $provider->mode('delay:1', '/jwks');
    my $from = $provider->count;
    $dying->must_start;
    ok($provider->wait_for_request('/jwks', $from + 1), 'death: it is asked');

    # whoever has asked is dead before the answer

    my @old = $dying->workers;
    kill KILL => @old;
    $provider->mode('normal');
    my %old = map { $_ => 1 } @old;
    ok(Apigw::Gateway::wait_for(10, sub {
        2 == grep { !$old{$_} } $dying->workers
    }), 'death: new workers');
    ok(Apigw::Gateway::wait_for(10, sub {
        (eval { status($dying, $cached) } // 0) == 200
    }), 'death: tokens are good');
    my $count = $provider->count - $from;
    cmp_ok($count, '<=', 3, "death: $count fetches");

    # one of two, while it asks for an unknown key; and again and again

    for my $turn (1 .. 4) {
        my $kid = "dying-$turn";
        $provider->mode('delay:0.3', '/jwks');
        $provider->keys($ring->key('k1'), $ring->key($kid, 'P-256'));
        my $at = $provider->count;
        my $connection = $dying->connect(timeout => 10);
        $connection->send('GET', '/s/a', headers => bearer(token($kid)));
        ok($provider->wait_for_request('/jwks', $at + 1),
            "death $turn: it is asked");
        my ($worker) = fetcher($dying, $provider->port);
        ok($worker, "death $turn: by a worker");
        kill KILL => $worker if $worker;
        $provider->mode('normal');
        is_deeply(both_workers($dying, token('k1', jti => "d$turn")),
            { 200 => 60 }, "death $turn: the last set is kept");
        ok(Apigw::Gateway::wait_for(10, sub {
            (eval { status($dying, token($kid)) } // 0) == 200
        }), "death $turn: the new key comes");
        is($dying->workers, 2, "death $turn: two workers");
    }
    is_deeply([$dying->complaints(qr/signal 9/)], [],
        'death: nothing bad in the log');
}

# the worker that is connected to a port

sub fetcher {
    my ($gw, $port) = @_;
    my %inode;
    open my $in, '<', '/proc/net/tcp' or return;
    my $remote = sprintf '0100007F:%04X', $port;
    while (my $line = <$in>) {
        my @field = split ' ', $line;
        $inode{ $field[9] } = 1 if $field[2] eq $remote && $field[3] eq '01';
    }
    return grep {
        my $pid = $_;
        grep { my $to = readlink $_; $to && $to =~ /^socket:\[(\d+)\]$/
            && $inode{$1} } glob "/proc/$pid/fd/*";
    } $gw->workers;
}

# A restart while there is no provider

{
    $provider->keys($ring->key('k1'), $ring->key('k2'));
    my $kept = gateway(http => 'apigw_jwks_path %ROOT%/keys;',
        timeout => '700ms');
    $kept->must_start;
    is(status($kept, $cached), 200, 'restart: a token is good');
    my @files;
    ok(Apigw::Gateway::wait_for(5, sub {
        @files = grep { -f } glob $kept->path('keys/*');
        return @files == 1;
    }), 'restart: there is a file') or diag(join ' ', @files);
    is((stat $kept->path('keys'))[2] & 022, 0, 'restart: only ours to write');

    $kept->stop;
    $provider->stop;
    $kept->must_start;
    my $begin = time;
    is(status($kept, $cached), 200, 'restart: good without the provider');
    cmp_ok(time - $begin, '<', 0.5 * $slow, 'restart: at once');
    is_deeply(both_workers($kept, token('k2')), { 200 => 60 },
        'restart: in both workers');
    is(status($kept, token('evil')), 401, 'restart: but no unknown key');

    $kept->crash;
    $kept->must_start;
    is_deeply(both_workers($kept, token('k2', jti => 'x')), { 200 => 60 },
        'restart: after a crash, too');

    # the provider has other keys meanwhile

    $provider->keys($ring->key('k2'), $ring->key('k3', 'P-256'));
    $provider->start;
    ok(Apigw::Gateway::wait_for(15, sub { status($kept, token('k3')) == 200 }),
        'restart: new keys come');
    is(status($kept, $cached), 401, 'restart: old ones go');

    # files that are damaged are as good as none

    for my $damage (['empty', ''], ['cut', sub { substr $_[0], 0, 40 }],
        ['changed', sub { $_[0] =~ s/"keys"/"kezs"/r }],
        ['nonsense', "\0\xff" x 1000], ['huge', ' ' x (5 << 20)],
        ['of other keys', sub { $_[0] =~ s/\{"keys".*\}/$evil_set/sr }])
    {
        my ($name, $change) = @$damage;
        $kept->stop;
        $provider->stop;
        my $text = slurp($files[0]);
        open my $out, '>:raw', $files[0] or die "$files[0]: $!\n";
        print $out ref $change ? $change->($text) : $change;
        close $out;
        ok($kept->start, "a file, $name: it starts");
        my $status = status($kept, token('k2'));
        if ($name eq 'of other keys') {
            like($status, qr/^(?:401|500)$/, "a file, $name: refused");
        } else {
            is($status, 500, "a file, $name: no keys");
        }
        $provider->start;
        ok(Apigw::Gateway::wait_for(15, sub {
            status($kept, token('k2')) == 200
        }), "a file, $name: then it is fetched");
        ok(Apigw::Gateway::wait_for(5, sub {
            slurp($files[0]) =~ /"k3"/
        }), "a file, $name: and written") or diag(slurp($files[0]));
    }
    is_deeply([$kept->complaints], [], 'restart: nothing bad in the log');
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

# A set that cannot be written is used nevertheless

{
    my $full = gateway(http => 'apigw_jwks_path %ROOT%/keys;');
    $full->must_start;
    is(status($full, token('k2')), 200, 'no file: good at first');
    $full->stop;
    my ($file) = glob $full->path('keys/*');
    unlink $file;
    mkdir $file;
    ok($full->start, 'no file: it starts');
    is(status($full, token('k2')), 200, 'no file: a token is good');
    rmdir $file;
}

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/eyJ/, 'no token in the log');

done_testing();
