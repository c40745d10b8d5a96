package BenchTokens;

# Tokens of the scenarios: a thousand for each algorithm, signed by one key,
# of the size that providers give them.

use strict;
use warnings;

use Apigw::Token;

our $dir;

my $issuer = 'https://id.example.com/realms/bench';
my $secret = 'bench-secret-0123456789abcdef0123456789abcdef';

my ($ring, %tokens);

# what stands in the block of an authorizer for this algorithm

sub conf {
    my ($alg) = @_;

    my $how;

    if ($alg =~ /^HS/) {
        write_file("$dir/token.secret", $secret);
        $how = "algorithms $alg; secret_file $dir/token.secret;";

    } else {
        write_file("$dir/$alg.json", Apigw::Token::jwks(key($alg)));
        $how = "jwks $dir/$alg.json;";
    }

    return "type jwt; issuer $issuer; audience bench; $how";
}

sub key {
    my ($alg) = @_;

    $ring //= Apigw::Token->new;

    return $ring->key_for($alg);
}

# the first n tokens

sub tokens {
    my ($alg, $n) = @_;

    my $t = $tokens{$alg} ||= [];

    push @$t, token($alg, scalar @$t) while @$t < $n;

    return [@$t[0 .. $n - 1]];
}

sub token {
    my ($alg, $i) = @_;

    my $now = time;

    my $claims = {
        iss => $issuer, aud => 'bench', exp => $now + 86400, iat => $now,
        sub => sprintf('8c5f2a4e-7d1b-4f60-9a3e-%012d', $i),
        jti => sprintf('5b0e7c1d-2f3a-4b5c-8d9e-%012d', $i),
        azp => 'web', typ => 'Bearer', scope => 'openid pets:read pets:write',
        preferred_username => "client$i", email => "client$i\@example.com",
        realm_access => { roles => [qw(offline_access user)] },
    };

    return Apigw::Token::secret($alg, $secret, $claims) if $alg =~ /^HS/;

    return key($alg)->token($claims, { alg => $alg });
}

# one token a line

sub file {
    my ($alg, $n) = @_;

    my $file = "$dir/$alg.$n.tokens";

    write_file($file, join '', map { "$_\n" } @{ tokens($alg, $n) })
        if !-e $file;

    return $file;
}

sub write_file {
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
}

1;
