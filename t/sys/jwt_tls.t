# Providers over HTTPS: authorities, names, addresses, and where a name or a
# document may lead.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Dns;
use Apigw::Gateway;
use Apigw::Provider;
use File::Copy qw(copy);
use IO::Socket::INET ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my $ring = Apigw::Token->new;
my $provider = Apigw::Provider->new(keys => [$ring->key('k1', 'P-256')])
    ->start;
my $names = Apigw::Dns->new(
    'id.test'       => '127.0.0.1',
    'two.test'      => ['127.0.0.2', '127.0.0.1'],
    'other.test'    => '127.0.0.1',
    'a.id.test'     => '127.0.0.1',
    'a.b.id.test'   => '127.0.0.1',
    'nowhere.test'  => [],
    'loopback.test' => '127.0.0.1',
    'private.test'  => '169.254.169.254',
);
my $resolver = 'resolver ' . $names->address . ' ipv6=off;';

my $good = $provider->authority('good');
my $wrong = $provider->authority('wrong');
$provider->certificate('named', 'good', 'DNS:id.test,DNS:two.test');
$provider->certificate('address', 'good', 'IP:127.0.0.1');
$provider->certificate('star', 'good', 'DNS:*.id.test');
$provider->certificate('foreign', 'wrong', 'DNS:id.test,IP:127.0.0.1');

# a TLS server for each certificate; all have the same documents behind them

my %server = (named => 1, address => 2, star => 3, foreign => 4);
my $front = Apigw::Gateway->new(modules => 0, http => join '', map { <<"END" }
    server {
        listen 127.0.0.1:%PORT$server{$_}% ssl;
        ssl_certificate     @{[ $provider->path("$_.pem") ]};
        ssl_certificate_key @{[ $provider->path("$_.key") ]};
        access_log %ROOT%/logs/access.log;
        location / { proxy_pass @{[ $provider->url ]}; }
    }
END
    sort keys %server);
$front->must_start;

sub port { return $front->port($server{ $_[0] }) }

sub gateway {
    my ($issuer, %opt) = @_;
    my $ca = exists $opt{ca} ? $opt{ca} : $good;
    my $first = $opt{resolver} // $resolver;
    my $authorities = $ca ? "trusted_certificate $ca;" : '';
    my $gw = Apigw::Gateway->new(workers => 2, log_level => 'info',
        http => <<"END");
    $first
    apigw_authorizer users {
        type     jwt;
        issuer   $issuer@{[ $opt{jwks} ? " jwks=$opt{jwks}" : '' ]};
        audience pets;
        timeout  @{[ $opt{timeout} || '2s' ]};
        $authorities
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 "\$apigw_claim_iss\n"; }
        }
    }
END
    $gw->must_start;
    return $gw;
}

sub ask {
    my ($gw, $issuer) = @_;
    my $token = $ring->key('k1')->token(Apigw::Token::claims(iss => $issuer));
    return $gw->get('/s/a', headers => [Authorization => "Bearer $token"],
        timeout => 15);
}

sub works {
    my ($name, $issuer, %opt) = @_;
    $provider->issue($issuer, jwks_uri => $opt{uri} // "$issuer/jwks")
        if !$opt{jwks};
    my $gw = gateway($issuer, %opt);
    my $response = ask($gw, $issuer);
    is($response->{status}, 200, "$name: a token is good")
        or diag($gw->log);
    is($response->{body}, "$issuer\n", "$name: and of this issuer");
    is_deeply([$gw->complaints], [], "$name: nothing bad in the log");
}

sub fails {
    my ($name, $issuer, $why, %opt) = @_;
    $provider->issue($issuer, jwks_uri => $opt{uri} // "$issuer/jwks")
        if !$opt{jwks};
    my $from = $provider->count;
    my $gw = gateway($issuer, timeout => '800ms', %opt);
    is(ask($gw, $issuer)->{status}, 500, "$name: no keys");
    ok(Apigw::Gateway::wait_for(5, sub {
        $gw->log =~ /\[(?:warn|error)\][^\n]*\Q$issuer\E/
    }), "$name: it is said");
    like($gw->log, qr/\[(?:warn|error)\][^\n]*$why/i, "$name: and why");
    is($provider->count, $from, "$name: no set was asked for");
    is_deeply([$gw->complaints], [], "$name: nothing bad in the log");
}

my $named = port('named');
my $address = port('address');
my $star = port('star');
my $foreign = port('foreign');

works('a name', "https://id.test:$named");
works('two addresses', "https://two.test:$named");
works('a name of a wildcard', "https://a.id.test:$star");
works('an address', "https://127.0.0.1:$address", resolver => '');
works('a path', "https://id.test:$named/realms/a", jwks =>
    "https://id.test:$named/jwks");
works('HTTP on loopback', $provider->url, resolver => '', ca => '');
works('localhost over HTTP', "http://loopback.test:1", jwks =>
    $provider->url('/jwks'), resolver => '', ca => '');

my $certificate = 'certificate';
fails('another authority', "https://id.test:$foreign", $certificate);
fails('the other way round', "https://id.test:$named", $certificate,
    ca => $wrong);
fails("the system's authorities", "https://id.test:$named", $certificate,
    ca => '');
fails('another name', "https://other.test:$named", $certificate);
fails('a name, a certificate of the address', "https://id.test:$address",
    $certificate);
fails('an address, a certificate of a name', "https://127.0.0.1:$named",
    $certificate);
fails('a wildcard, one label more', "https://a.b.id.test:$star", $certificate);
fails('a server without TLS', "https://127.0.0.1:@{[ $provider->port ]}", '.');
fails('a name that does not exist', "https://none.test:$named", 'none\.test');
fails('a name without an address', "https://nowhere.test:$named",
    'nowhere\.test');

# A handshake that the other side refuses: its alert is the reason, and is
# said once

{
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        Listen => 16) or die "cannot listen: $!\n";
    my $issuer = 'https://127.0.0.1:' . $listener->sockport;
    my $parent = $$;
    my $pid = fork // die "cannot fork: $!\n";

    if (!$pid) {
        Apigw::Gateway::die_with_parent($parent, POSIX::SIGKILL());
        while (my $client = $listener->accept) {
            sysread $client, my $hello, 65536;
            syswrite $client, "\x15\x03\x03\0\x02\x02\x70";
        }
        POSIX::_exit(0);
    }

    my $gw = gateway($issuer);
    ok(Apigw::Gateway::wait_for(10, sub {
        (() = $gw->log =~ /could not fetch/g) >= 3
    }), 'an alert: it is tried again') or diag($gw->log);
    like($gw->log, qr/\[warn\] .*"\Q$issuer\E[^"]*": the TLS handshake failed: .*unrecognized name/,
        'an alert: why');
    my @said = grep { /handshake/ && !/\[info\] .*could not fetch/ }
        split /\n/, $gw->log;
    is(scalar @said, 1, 'an alert: one line') or diag(join "\n", @said);
    kill KILL => $pid;
    waitpid $pid, 0;
}

# Where a document may not lead: to another host that is this one

for my $uri ("https://loopback.test:$star/jwks", "https://127.0.0.1:$address/jwks",
    "https://[::1]:$address/jwks", "https://0.0.0.0:$address/jwks",
    "https://[::ffff:127.0.0.1]:$address/jwks", 'https://private.test/jwks',
    "https://127.1:$address/jwks", "https://2130706433:$address/jwks",
    'https://[fe80::1]/jwks', 'https://224.0.0.1/jwks')
{
    fails("a set at $uri" =~ s/:\d{5}//r, "https://id.test:$named", '.',
        uri => $uri);
}

fails('a set without TLS', "https://id.test:$named", '.',
    uri => $provider->url('/jwks'));

# A new certificate of a wrong authority, after a good one

{
    my $issuer = "https://id.test:$named";
    $provider->issue($issuer, jwks_uri => "$issuer/jwks");
    my $gw = gateway($issuer);
    is(ask($gw, $issuer)->{status}, 200, 'a change: good at first');
    copy($provider->path("foreign.$_"), $provider->path("named.$_"))
        for qw(pem key);
    ok($front->reload, 'a change: another certificate');
    is(ask($gw, $issuer)->{status}, 200, 'a change: the set is kept');
}

is_deeply([$front->complaints], [], 'nothing bad in the log of the front');

done_testing();
