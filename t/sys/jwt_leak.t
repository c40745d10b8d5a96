# Keys that are rotated two thousand times, and reloads: memory stays as it is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Provider;
use Test::More;

plan skip_all => 'a sanitizer keeps memory' if Apigw::Gateway::sanitized();

# A cool-down is a second at least, so many issuers rotate in each.  Every
# set that is served differs from the one before.

my $issuers = 100;
my $turns = 20;
my $reloads = 10;

my $ring = Apigw::Token->new;
my @keys = map { $ring->key($_, 'P-256') } qw(even odd);
my $more = $ring->key('more', 'RSA')->jwk;
my (%served, %routes);
my $base = '';

sub set {
    my ($n) = @_;
    return ('200 OK', 'application/json', Apigw::Token::jwks(
        $keys[$served{$n}++ % 2], { %$more, kid => "more-$served{$n}" }));
}

# half of them have a discovery document

for my $n (0 .. $issuers - 1) {
    $routes{"/i$n/jwks"} = sub { set($n) };
    $routes{"/i$n/.well-known/openid-configuration"} = sub {
        return ('200 OK', 'application/json', Apigw::Token::json(
            { issuer => "$base/i$n", jwks_uri => "$base/i$n/jwks" }));
    };
}

my $provider = Apigw::Provider->new(routes => \%routes);
$base = $provider->url;
$provider->start;

my $authorizers = join '', map {
    my $jwks = $_ % 2 ? " jwks=$base/i$_/jwks" : '';
    <<"END";
    apigw_authorizer u$_ {
        type     jwt;
        issuer   $base/i$_$jwks;
        audience pets;
        cooldown 1s;
        timeout  10s;
        cache    64k;
    }
END
} 0 .. $issuers - 1;

my $routes = join '', map {
    qq(        apigw_route "GET /$_" { apigw_authorize u$_; return 200 in; }\n)
} 0 .. $issuers - 1;

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice', trim => 1,
    http => <<"END")->must_start;
    apigw_jwks_path %ROOT%/keys;
$authorizers
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
$routes
        }
    }
END

my @tokens = map {
    my $key = $_;
    [map { $key->token(Apigw::Token::claims(iss => "$base/i$_")) }
        0 .. $issuers - 1];
} @keys;

# A token for each issuer, by the key that comes next: how many are good.  They
# wait until it may be asked for.

my $turn = 0;

sub turn { return ask(@{ $tokens[$turn++ % 2] }) }

sub ask {
    my (@asked) = @_;
    my @connections = map { $gw->connect(timeout => 15) } 0 .. $issuers - 1;

    $connections[$_]->send('GET', "/s/$_", close => 1, headers => [
        Authorization => "Bearer $asked[$_]" ]) for 0 .. $issuers - 1;

    return scalar grep { $_->receive->{status} == 200 } @connections;
}

sub fetches { return scalar grep { m{/jwks$} } $provider->requests }

sub memory { return sum(map { $gw->memory($_, 'RssAnon') } @_) }

sub sum {
    my $sum = 0;
    $sum += $_ for @_;
    return $sum;
}

# Both workers are to know all issuers before.

for (1 .. 3) {
    is(turn(), $issuers, 'the first keys');
    ask(@{ $tokens[($turn - 1) % 2] }) for 1 .. 5;
}

my @workers = $gw->workers;
my $before = memory(@workers);
my $from = fetches();

is(turn(), $issuers, "rotation: turn $_") for 1 .. $turns;

my $rotations = fetches() - $from;
my $grown = memory(@workers) - $before;
cmp_ok($rotations, '>=', $issuers * $turns, "rotation: $rotations of them");
is(join(' ', sort $gw->workers), join(' ', sort @workers),
    'rotation: the same workers');
cmp_ok($before, '>', 0, 'rotation: memory is seen');

# 1 KB in each worker whenever a set is rotated would be seen

cmp_ok($grown, '<', $turns * $issuers * @workers * 1024,
    "rotation: $grown bytes more of $before");

# Workers after a reload are as large as those before; the master stays.

my ($master, $fresh);

for my $n (-2 .. $reloads) {
    ok($gw->reload, "reload: $n");
    next if $n > 0 && $n < $reloads;

    is(turn(), $issuers, 'reload: rotated');
    next if $n;

    $master = memory($gw->pid);
    $fresh = memory($gw->workers);
}

$grown = memory($gw->pid) - $master;
cmp_ok($grown, '<', 1 << 20, "reload: $grown bytes more of $master, master");

$grown = memory($gw->workers) - $fresh;
cmp_ok($grown, '<', 2 << 20, "reload: $grown bytes more of $fresh, workers");

is_deeply([$gw->complaints], [], 'nothing bad in the log');

done_testing();
