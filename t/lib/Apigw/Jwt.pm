package Apigw::Jwt;

# A gateway whose users come from a provider of tokens.  See the end of this
# file.

use strict;
use warnings;

use Exporter qw(import);

use Apigw::Gateway ();
use Apigw::Provider ();
use Apigw::Token ();

our @EXPORT = qw(provide http gateway token unknown bearer status);

my ($ring, $issuer);

sub provide {
    my (@kids) = @_;
    $ring = Apigw::Token->new;
    my ($first) = map { $ring->key($_, 'P-256') } @kids;
    my $provider = Apigw::Provider->new(keys => [$first])->start;
    $issuer = $provider->issuer;
    return ($ring, $provider);
}

sub http {
    my (%opt) = @_;
    my $timeout = $opt{timeout} || '1s';
    my $cooldown = $opt{cooldown} || '1s';
    my $name = $opt{issuer} || $issuer;
    return <<"END";
    @{[ $opt{http} // '' ]}
    apigw_authorizer users {
        type     jwt;
        issuer   $name@{[ $opt{jwks} ? " jwks=$opt{jwks}" : '' ]};
        audience pets;
        timeout  $timeout;
        cooldown $cooldown;
        @{[ $opt{block} // '' ]}
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage s {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 exact; }
            apigw_route "GET /b" { empty_gif; }
        }
    }
END
}

sub gateway {
    my (%opt) = @_;
    return Apigw::Gateway->new(workers => $opt{workers} || 2,
        log_level => 'info', http => http(%opt));
}

sub token {
    my ($kid, %claims) = @_;
    return $ring->key($kid, 'P-256')->token(
        Apigw::Token::claims(iss => $issuer, %claims));
}

sub unknown {
    my ($n, %claims) = @_;
    return Apigw::Token::raw({ alg => 'ES256', kid => "unknown-$n" },
        Apigw::Token::claims(iss => $issuer, %claims), 'x' x 64);
}

sub bearer { return [Authorization => "Bearer $_[0]"] }

sub status {
    my ($gw, $token) = @_;
    return $gw->status('/s/a', headers => bearer($token), timeout => 15);
}

1;

__END__

=head1 DESCRIPTION

Functions, exported, for tests of one provider.

=over 4

=item provide(kid, ...)

A ring (L<Apigw::Token>) with these keys, and a provider (L<Apigw::Provider>)
that was started and has the first of them.  Call it first.

=item http(name => value, ...), gateway(name => value, ...)

A configuration with one authorizer, users, and the routes F</s/a> (rewrite
phase) and F</s/b> (access phase); and a gateway with it, not started, of two
workers.  timeout, cooldown, issuer, jwks and workers are values; block is in
the authorizer, http before it.

=item token(kid, claim => value, ...), unknown(name, claim => value, ...)

A token that is good, but for its claims; one whose key nobody knows.

=item bearer(token), status(gateway, token)

Headers; and what the gateway answers at F</s/a>.

=back

=cut
