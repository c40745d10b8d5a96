# Keys that were saved are taken only from a file that is ours; and a directory
# without room for them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Provider;
use POSIX ();
use Test::More;

my $ring = Apigw::Token->new;
my $provider = Apigw::Provider->new(keys => [$ring->key('k1', 'P-256')])
    ->start;
my $issuer = $provider->issuer;

my $gw = Apigw::Gateway->new(workers => 1, log_level => 'info',
    http => <<"END");
    apigw_jwks_path %ROOT%/keys;
    apigw_authorizer users {
        type     jwt;
        issuer   $issuer;
        audience pets;
        timeout  700ms;
        cooldown 1s;
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 exact; }
        }
    }
END

my $token = $ring->key('k1')->token(Apigw::Token::claims(iss => $issuer));

sub status {
    return $gw->status('/s/a', headers => [Authorization => "Bearer $token"],
        timeout => 10);
}

sub restart {
    $gw->stop;
    return $gw->must_start;
}

$gw->must_start;
is(status(), 200, 'a token is good');

my $file;
ok(Apigw::Gateway::wait_for(5, sub {
    ($file) = grep { -f } glob $gw->path('keys/*.jwks');
}), 'there is a file');

$provider->stop;
restart();
is(status(), 200, 'it is taken');

my @strange = (
    ['that all may write', sub { chmod 0606, $file },
        sub { chmod 0600, $file }, qr/others may have written/],
    ['that a group may write', sub { chmod 0660, $file },
        sub { chmod 0600, $file }, qr/others may have written/],
    ['that is a link', sub { rename $file, "$file.x";
        symlink "$file.x", $file }, sub { rename "$file.x", $file },
        qr/could not open/],
    ['that is a pipe', sub { rename $file, "$file.x";
        POSIX::mkfifo($file, 0600) }, sub { rename "$file.x", $file },
        qr/not a regular file:/],
);

push @strange, ['of somebody else', sub { chown 54321, -1, $file },
    sub { chown 0, -1, $file }, qr/others may have written/] if $> == 0;

for my $strange (@strange) {
    my ($name, $change, $back, $said) = @$strange;
    $change->();
    restart();
    is(status(), 500, "a file $name: no keys");
    like($gw->log, qr/\[warn\] .*$said the file of keys "\Q$file\E"/,
        "a file $name: it is said");
    $back->();
    restart();
    is(status(), 200, "a file $name: good again when it isn't");
}

# No room: the old file stays, and the keys are used nevertheless

{
    my $old = -s $file;
    my ($worker) = $gw->workers;
    my $limit = 65536;
    is(system('prlimit', "--fsize=$limit", '--pid', $worker), 0, 'no room');

    $gw->mark;
    $provider->document('/jwks', Apigw::Token::jwks($ring->key('k1'),
        map { { %{ $ring->key('k1')->jwk }, kid => "more-$_" } } 1 .. 500));
    $provider->start;
    ok(Apigw::Gateway::wait_for(70, sub {
        $gw->log =~ /could not write/
    }), 'no room: it is said') or diag($gw->log);
    like($gw->log, qr/\[error\] .*could not write the file of keys "[^"]+" \(28: /,
        'no room: why');
    is(-s $file, $old, 'no room: the old file stays');
    is_deeply([glob $gw->path('keys/*')], [$file], 'no room: nothing is left');
    is(status(), 200, 'no room: a token is good');
    is(($gw->workers)[0], $worker, 'no room: the worker lives');
}

is_deeply([$gw->complaints(qr/could not write/)], [], 'nothing bad in the log');

done_testing();
