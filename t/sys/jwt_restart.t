# The last good set of keys is kept over reloads, the death of workers and,
# in a file, restarts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Jwt;
use Test::More;
use Time::HiRes qw(sleep time);

my ($ring, $provider) = provide(qw(k1 k2));
my $evil_set = Apigw::Token::jwks($ring->key('evil', 'P-256'));
my $slow = Apigw::Gateway::slow_factor();

sub both_workers {
    my ($gw, $token) = @_;
    return $gw->load(target => '/s/a', requests => 60, connections => 16,
        headers => bearer($token), timeout => 15);
}

my $cached = token('k1');

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
        or diag(join "\n", $provider->requests, $keeping->log(0));
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
        $provider->mode('delay:1', '/jwks');
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

done_testing();
