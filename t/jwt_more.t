#!/usr/bin/perl

# Ways past an authorizer, or out of its logs, that somebody has tried: each
# of these was open once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Apigw::Gateway;
use Apigw::Token;
use IO::Socket::INET;
use Test::More;

my $ring = Apigw::Token->new;
my $key = $ring->key('k1', 'RSA');
my @many = map { $ring->key("m$_", 'P-256') } 1 .. 9;

sub token { return $key->token(Apigw::Token::claims(@_)) }

# without a kid

sub nameless {
    my ($by) = @_;
    return $by->token(Apigw::Token::claims(), { kid => undef });
}

my %files = (
    'jwks.json' => Apigw::Token::jwks($key),
    'many.json' => Apigw::Token::jwks(@many),
    'same.json' => Apigw::Token::jwks(map { { %{ $_->jwk }, kid => 'same' } }
        @many),
    'revoked' => "kid k1\n",
);

my $authorizers = join '', map {
    my ($name, $jwks, $more) = @$_;
    "apigw_authorizer $name { type jwt; issuer https://id.example.com; "
        . "audience pets; jwks %ROOT%/$jwks.json; $more }\n";
} ['header', 'jwks', ''], ['own', 'jwks', 'identity $http_x_token;'],
    ['cookie', 'jwks', 'identity $cookie_token;'],
    ['arg', 'jwks', 'identity $arg_token;'],
    ['mapped', 'jwks', 'identity $mapped;'],
    ['revoked', 'jwks', 'revoked %ROOT%/revoked;'],
    ['many', 'many', ''], ['same', 'same', ''];

my $gw = Apigw::Gateway->new(files => { map { $_ => \$files{$_} } keys %files },
    http => <<"END");
    log_format all '\$request|\$http_authorization|\$http_x_token|\$http_cookie|'
        '\$cookie_token|\$arg_token|\$args|\$request_uri|\$mapped|\$uri.';
    map \$arg_other \$mapped { default \$arg_other; }
    large_client_header_buffers 4 64k;
    $authorizers
    apigw_usage_plan gold { }
    apigw_api_key shop key=jos%C3%A9-0123456789-0123456789 plan=gold id=shop;
    server {
        listen 127.0.0.1:%PORT%;
        listen 127.0.0.1:%PORT2% http2;
        access_log %ROOT%/logs/access.log all;
        proxy_set_header X-Is-Authorization \$http_authorization;
        proxy_set_header X-Is-Token \$http_x_token;
        proxy_set_header X-Is-Cookie \$cookie_token;

        apigw_stage keys {
            apigw_usage_plans      gold;
            apigw_api_key_source   \$apigw_principal;
            apigw_api_key_required on;
            apigw_authorize        header;
            apigw_route "GET /a" { proxy_pass http://127.0.0.1:%PORT3%; }
        }

        apigw_stage s {
            apigw_route "GET /open" { return 200 "open\\n"; }
            apigw_route "GET /header" {
                apigw_authorize header;
                proxy_pass http://127.0.0.1:%PORT3%;
            }
            apigw_route "GET /own" {
                apigw_authorize own;
                proxy_pass http://127.0.0.1:%PORT3%;
            }
            apigw_route "GET /cookie" {
                apigw_authorize cookie;
                proxy_pass http://127.0.0.1:%PORT3%;
            }
            apigw_route "GET /arg" {
                apigw_authorize arg;
                proxy_pass http://127.0.0.1:%PORT3%;
            }
            apigw_route "GET /mapped" {
                apigw_authorize mapped;
                proxy_pass http://127.0.0.1:%PORT3%;
            }
            apigw_route "GET /revoked" {
                apigw_authorize revoked;
                return 200 "in\\n";
            }
            apigw_route "GET /many" {
                apigw_authorize many;
                return 200 "in\\n";
            }
            apigw_route "GET /same" {
                apigw_authorize same;
                return 200 "in\\n";
            }
        }
    }

    server {
        listen 127.0.0.1:%PORT3%;
        location / { return 200 "[\$http_x_apigw_principal]\\n"; }
    }
END

$gw->must_start;

sub bearer {
    my ($path, $token) = @_;
    return $gw->get("/s$path", headers => [Authorization => "Bearer $token"]);
}

# The key that is revoked has signed it, whether or not the token says so.

is(bearer('/revoked', token())->{status}, 401, 'a revoked kid');
is(bearer('/revoked', nameless($key))->{status}, 401,
    'a token that does not name the revoked kid');

# Upstreams cut blanks off.

is(bearer('/header', token(sub => 'alice '))->{body}, "[alice%20]\n",
    'a blank at the end of a claim');
is(bearer('/header', token(sub => ' a b  '))->{body}, "[%20a b %20]\n",
    'blanks at both ends');
is(bearer('/header', token(sub => ' '))->{body}, "[%20]\n", 'only a blank');

# An API key is masked, but not whom it was made of.

my $jose = 'Bearer ' . token(sub => "jos\x{e9}-0123456789-0123456789");
is($gw->get('/keys/a', headers => [Authorization => $jose])->{body},
    "[jos%C3%A9-0123456789-0123456789]\n", 'the principal is the API key');

# Signatures cost time.

is(bearer('/many', nameless($many[7]))->{status}, 200,
    'the eighth key without a kid');
is(bearer('/many', nameless($many[8]))->{status}, 401,
    'the ninth key without a kid');
is(bearer('/many', $many[8]->token(Apigw::Token::claims()))->{status}, 200,
    'the ninth key with its kid');
is(bearer('/same', $many[7]->token(Apigw::Token::claims(),
    { kid => 'same' }))->{status}, 200, 'the eighth key of a kid');
is(bearer('/same', $many[8]->token(Apigw::Token::claims(),
    { kid => 'same' }))->{status}, 401, 'the ninth key of a kid');

# A token is in no log: nor where it has a block of memory of its own, where a
# variable of nginx's was read before, or where nobody has asked for it.

sub logged {
    my $from = -s $gw->path('logs/access.log') || 0;
    $_[0]->();
    my $line = '';
    Apigw::Gateway::wait_for(5, sub {
        $line = substr $gw->read('logs/access.log'), $from;
        $line =~ /\.\n\z/;
    });
    return $line;
}

sub http1 {
    my ($path, @headers) = @_;
    return $gw->get("/s$path", headers => [map { split /: /, $_, 2 } @headers])
        ->{status};
}

sub http2 {
    my ($path, @headers) = @_;
    open my $out, '-|', qw(curl -s -m 20 --http2-prior-knowledge -o /dev/null
        -w %{http_code}), (map { ('-H', $_) } @headers),
        'http://127.0.0.1:' . $gw->port(2) . "/s$path" or die "curl: $!\n";
    my $status = <$out> // '';
    close $out;
    return $status;
}

for my $size (0, 1500, 6000) {
    my $token = token(size => 'x' x $size);
    my @requests = (
        ['/header', "Authorization: Bearer $token"],
        ['/own', "X-Token: $token"],
        ['/cookie', "Cookie: a=b; token=$token; c=d"],
        ["/arg?a=b&token=$token&c=d"],
        ["/mapped?a=b&other=$token&c=d"],
        ["/open?a=b&token=$token&c=d"],
        ["/open?a=b&other=$token&c=d"],
        ['/open', "Authorization: Bearer $token", "X-Token: $token",
            "Cookie: token=$token"],
    );

    for my $version ([1, \&http1], [2, \&http2]) {
        for my $request (@requests) {
            my $status;
            my $line = logged(sub { $status = $version->[1]->(@$request) });
            my $name = "HTTP/$version->[0], " . substr("@$request", 0, 20)
                . ", $size bytes";
            is($status, 200, $name);
            like($line, qr/\A(?!.*eyJ).*\*{8}.*\.\n\z/s, "$name, in the log");
        }
    }
}

is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/eyJ/, 'no token in the error log');

# Who waits for keys keeps a token, not all that it says: 40 times as much.

{
    my $mute = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
        or die "cannot listen: $!\n";
    my $waiting = Apigw::Gateway->new(log_level => 'info',
        http => <<"END")->must_start;
    resolver 127.0.0.1;
    apigw_authorizer mute {
        type jwt;
        issuer https://id.example.com;
        audience pets;
        jwks http://127.0.0.1:@{[ $mute->sockport ]}/;
        timeout 3s;
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            apigw_authorize mute;
            apigw_route "GET /a" { return 200 "in\\n"; }
        }
    }
END

    my $token = Apigw::Token::raw({ alg => 'RS256', kid => 'k1' },
        '{"iss":"https://id.example.com","x":[' . join(',', (1) x 2500) . ']}',
        'x' x 256);
    my ($worker) = $waiting->workers;
    my $before = $waiting->memory($worker);
    my @clients = map {
        my $client = $waiting->connect;
        $client->send('GET', '/s/a', headers => [Authorization => $token]);
        $client;
    } 1 .. 100;

    sleep 1;
    my $more = $waiting->memory($worker) - $before;
    cmp_ok($more, '<', 100 * 65536, 'memory of 100 requests that wait')
        if !Apigw::Gateway::sanitized();
    $_->close for splice @clients, 0, 50;
    is($_->receive('GET')->{status}, 500, 'it has waited') for @clients;
    is_deeply([$waiting->complaints], [], 'nothing bad in the log');
}

# A variable of another directive is not taken over.

for my $before ('map $uri $mine { default a; }', 'geo $mine { default a; }',
    'server { listen 127.0.0.1:%PORT%; set $mine a; }')
{
    my $other = Apigw::Gateway->new(http => $before
        . "\napigw_claim \$mine /mine;\n");
    my ($passes, $text) = $other->test;
    ok(!$passes, "apigw_claim behind: $before");
    like($text, qr/the variable "\$mine" of "apigw_claim" is another/,
        'it says so');
}

ok(!Apigw::Gateway->new(http => 'apigw_claim $args /mine;')->test,
    'apigw_claim of a variable of nginx');

done_testing();
