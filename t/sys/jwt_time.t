# Tokens and time: bounds, the cache, lists of revoked tokens; one worker, so
# that what it remembers is what the next request meets.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Token;
use Test::More;
use Time::HiRes qw(sleep time);

my $ring = Apigw::Token->new;
my $key = $ring->key('k1', 'P-256');
my $other = $ring->key('k2', 'P-256');

sub http {
    my (%opt) = @_;
    my $all = "type jwt; issuer https://id.example.com; audience pets;";
    return <<"END";
    apigw_authorizer users {
        $all
        jwks    %ROOT%/@{[ $opt{jwks} || 'jwks.json' ]};
        revoked %ROOT%/revoked;
        @{[ $opt{block} // '' ]}
    }
    apigw_authorizer exact { $all jwks %ROOT%/jwks.json; leeway 0; }
    apigw_authorizer small { $all jwks %ROOT%/jwks.json; cache 64k; }
    apigw_authorizer none  { $all jwks %ROOT%/jwks.json; cache off; }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 "\$apigw_principal\n"; }
            apigw_route "GET /strict" {
                apigw_authorize users scopes=admin;
                return 200 "strict\n";
            }
            apigw_route "GET /exact" {
                apigw_authorize exact;
                return 200 "\$apigw_principal\n";
            }
            apigw_route "GET /small" {
                apigw_authorize small;
                return 200 "\$apigw_principal\n";
            }
            apigw_route "GET /none" {
                apigw_authorize none;
                return 200 "\$apigw_principal\n";
            }
        }
    }
END
}

my $gw = Apigw::Gateway->new(log_level => 'info', http => http(), files => {
    'jwks.json' => Apigw::Token::jwks($key, $other),
    'less.json' => Apigw::Token::jwks($other),
    revoked     => '',
});
$gw->must_start;

sub token {
    my (%claims) = @_;
    return $key->token(Apigw::Token::claims(%claims));
}

sub get {
    my ($target, $token) = @_;
    return $gw->get("/s/$target", headers => [Authorization =>
        "Bearer $token"]);
}

sub status { return get(@_)->{status} }


# Attack 10: bounds, to the second.  What takes longer than its second is
# tried again.

sub bound {
    my ($name, $target, $wanted, $claims) = @_;
    my $token;
    for (1 .. 10) {
        my $in = 2;
        my $at = int(time) + $in;
        $token = token(%{ $claims->($at) });
        sleep $at - time + 0.05;
        my $status = status($target, $token);
        next if time > $at + 0.9;
        return is($status, $wanted, $name);
    }
    fail("$name: this machine is too slow");
}

for my $bound (['leeway 10s', 'a', 10], ['leeway 0', 'exact', 0]) {
    my ($what, $target, $leeway) = @$bound;
    bound("$what: exp, a second left", $target, 200,
        sub { +{ exp => $_[0] - $leeway + 1 } });
    bound("$what: exp, over", $target, 401, sub { +{ exp => $_[0] - $leeway } });
    bound("$what: exp, one more", $target, 401,
        sub { +{ exp => $_[0] - $leeway - 1 } });
    for my $name (qw(nbf iat)) {
        bound("$what: $name, past", $target, 200,
            sub { +{ $name => $_[0] + $leeway - 1 } });
        bound("$what: $name, now", $target, 200,
            sub { +{ $name => $_[0] + $leeway } });
        bound("$what: $name, to come", $target, 401,
            sub { +{ $name => $_[0] + $leeway + 1 } });
    }
}

# Attack 10: what is cached expires, too

{
    my $token = token(exp => int(time) + 3);
    my $begin = int time;
    is(status('exact', $token), 200, 'expiry: good') for 1 .. 3;
    sleep $begin + 3.1 - time;
    is(status('exact', $token), 401, 'expiry: over') for 1 .. 3;
    is(status('a', $token), 200, 'expiry: elsewhere there is leeway');
    like($gw->log, qr/expired/, 'expiry: it is said');
}

# Attack 17: another route, another decision about the same cached token

{
    my $token = token(scope => 'read', jti => 'seventeen');
    for my $turn (1 .. 3) {
        is(status('a', $token), 200, "routes $turn: relaxed");
        is(status('strict', $token), 403, "routes $turn: strict");
        is(status('a', Apigw::Token::tamper($token, 2, sub { $_[0] ^ "\1" })),
            401, "routes $turn: forged");
        is(status('strict', Apigw::Token::tamper($token, 1,
            Apigw::Token::b64(Apigw::Token::json(Apigw::Token::claims(
            scope => 'admin'))))), 401, "routes $turn: forged, strict");
    }
    is(status('strict', token(scope => 'admin')), 200, 'routes: who may');
}

# Attack 13: a cache that is too small, one that is off: the same answers

for my $target (qw(small none)) {
    my @tokens = map { token(sub => "user$_", pad => 'x' x 1500) } 1 .. 100;
    my %wrong;
    for my $turn (1 .. 2) {
        for my $n (1 .. 100) {
            my $response = get($target, $tokens[$n - 1]);
            $wrong{ $response->{body} }++
                if $response->{body} ne "user$n\n";
        }
    }
    is_deeply(\%wrong, {}, "$target: each token is its own");
    is(status($target, Apigw::Token::tamper($tokens[0], 2, '')), 401,
        "$target: a forged one");
}

# A reload takes a key away

{
    my $token = token(jti => 'reload');
    is(status('a', $token), 200, 'a key goes: good');
    $gw->configure(http => http(jwks => 'less.json'));
    ok($gw->reload, 'a key goes: reload');
    is(status('a', $token), 401, 'a key goes: refused');
    is(status('a', $other->token(Apigw::Token::claims())), 200,
        'a key goes: the other one stays');
    $gw->configure(http => http());
    ok($gw->reload, 'a key goes: and comes back');
    is(status('a', $token), 200, 'a key goes: good again');
}

# A reload changes what is asked of a cached token

{
    my $token = token(jti => 'rules', level => 'silver');
    is(status('a', $token), 200, 'rules: good');
    $gw->configure(http => http(block => 'require /level = gold;'));
    ok($gw->reload, 'rules: reload');
    is(status('a', $token), 403, 'rules: refused');
    $gw->configure(http => http());
    ok($gw->reload, 'rules: reload');
    is(status('a', $token), 200, 'rules: good');
}

# A list of revoked tokens, without a reload

{
    my %token = (
        'jti one'       => token(jti => 'one'),
        'sub two words' => token(sub => 'two words'),
        'kid k2'        => $other->token(Apigw::Token::claims(sub => 'kid')),
    );
    my $fine = token(jti => 'one more', sub => 'two');

    for my $line (sort keys %token) {
        is(status('a', $token{$line}), 200, "revoked: not yet $line");
        $gw->write('revoked', "# list\n\n$line\n");
        my $begin = time;
        ok(Apigw::Gateway::wait_for(3, sub {
            status('a', $token{$line}) == 401
        }), "revoked: $line");
        cmp_ok(time - $begin, '<', 1.5 * Apigw::Gateway::slow_factor(),
            "revoked: within a second");
        is(status('a', $fine), 200, 'revoked: no other one');
        is(status('exact', $token{$line}), 200,
            'revoked: not for another authorizer');
    }

    # a bad file: the last list is kept

    $gw->mark;
    $gw->write('revoked', "jti one\nnonsense\n");
    sleep 1.5;
    is(status('a', $token{'sub two words'}), 401,
        'revoked: a bad line changes none');
    is(status('a', $token{'jti one'}), 200, 'revoked: not in part, either');
    like($gw->log, qr/revoked.*2|2.*revoked/, 'revoked: the line is said');

    unlink $gw->path('revoked');
    sleep 1.5;
    is(status('a', $token{'sub two words'}), 401,
        'revoked: no file changes nothing');
    is(status('a', $fine), 200, 'revoked: nor refuses others');

    $gw->write('revoked', '');
    ok(Apigw::Gateway::wait_for(3, sub {
        status('a', $token{'sub two words'}) == 200
    }), 'revoked: an empty list');
}

# Many tokens: memory stays within its bound

SKIP: {
    skip 'a sanitizer keeps memory', 1 if Apigw::Gateway::sanitized();
    my ($worker) = $gw->workers;
    my @tokens = map { token(jti => "$_", pad => 'x' x 2000) } 1 .. 50;
    status('small', $_) for @tokens;
    my $before = $gw->memory($worker);
    for (1 .. 20) {
        status('small', $_) for @tokens;
    }
    my $more = $gw->memory($worker) - $before;
    cmp_ok($more, '<', 1 << 20, "memory: $more bytes more");
}

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/eyJ/, 'no token in the log');

done_testing();
