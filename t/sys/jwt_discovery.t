# A provider whose discovery document is wrong: there are no keys, and nobody is
# let in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Jwt;
use Apigw::Provider;
use Test::More;

my ($ring, $provider) = provide('k1');
my $evil = Apigw::Provider->new(keys => [$ring->key('evil', 'P-256')])->start;
my $issuer = $provider->issuer;
my $discovery = '/.well-known/openid-configuration';

# A set is wanted, but there is none to be had

my $cached = token('k1');
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
    is(status($lost, $cached), 500, "$name: no keys");
    is($provider->count, $from, "$name: nor is one asked for them");
    like($lost->log, qr/\[(?:warn|error)\][^\n]*\Q$issuer\E/,
        "$name: it is said") or diag($lost->log);
    is_deeply([$lost->complaints], [],
        "$name: nothing bad in the log");
    unlike($lost->log(0), qr/eyJ/, "$name: no token in the log");
}

is(scalar(my @none = $evil->requests), 0, 'nobody went elsewhere');

done_testing();
