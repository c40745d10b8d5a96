package Apigw::Token;

# Keys, sets of keys and signed tokens for tests.  See the end of this file.

use strict;
use warnings;

use Digest::SHA ();
use File::Temp ();
use JSON::PP ();
use Math::BigInt;
use MIME::Base64 qw(encode_base64url decode_base64url);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# bytes of a coordinate, what openssl calls the curve, and its order

my %curve = (
    'P-256' => [32, 'prime256v1', 'ffffffff00000000ffffffffffffffffbce6faada717'
        . '9e84f3b9cac2fc632551'],
    'P-384' => [48, 'secp384r1', 'ffffffffffffffffffffffffffffffffffffffffffff'
        . 'ffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973'],
    'P-521' => [66, 'secp521r1', '01ffffffffffffffffffffffffffffffffffffffffff'
        . 'fffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c'
        . '47aebb6fb71e91386409'],
    'secp256k1' => [32, 'secp256k1', 'fffffffffffffffffffffffffffffffebaaedce6'
        . 'af48a03bbfd25e8cd0364141'],
);

my %curve_of = (ES256 => 'P-256', ES384 => 'P-384', ES512 => 'P-521');
my $ed25519_order = '1000000000000000000000000000000014def9dea2f79cd65812631a5'
    . 'cf5d3ed';

# Keys

sub new {
    my ($class) = @_;
    return bless {
        dir => File::Temp->newdir('apigw-keys-XXXXXXXX', TMPDIR => 1),
        keys => {},
        files => 0,
    }, $class;
}

sub path {
    my ($self, $name) = @_;
    return "$self->{dir}/$name";
}

sub key {
    my ($self, $kid, $type) = @_;
    my $key = $self->{keys}{$kid};
    return $key if $key && (!$type || $key->{type} eq $type);

    $type ||= 'RSA';
    my $file = $self->path('key' . ++$self->{files} . '.pem');
    my $curve = $curve{$type};

    my @how = $type =~ /^RSA(\d*)$/
        ? ('RSA', '-pkeyopt', 'rsa_keygen_bits:' . ($1 || 2048))
        : $curve ? ('EC', '-pkeyopt', "ec_paramgen_curve:$curve->[1]")
        : ($type);
    openssl('genpkey', '-algorithm', @how, '-out', $file);

    return $self->{keys}{$kid} = bless { ring => $self, kid => $kid,
        type => $type, file => $file }, 'Apigw::Token::Key';
}

# the key for an algorithm: one for each, unless it is named

sub key_for {
    my ($self, $alg) = @_;
    return $self->key('rsa', 'RSA') if $alg =~ /^[RP]S/;
    return $self->key(lc $alg, $curve_of{$alg}) if $curve_of{$alg};
    return $self->key('ed', 'ed25519') if $alg eq 'EdDSA';
    die "no key for $alg\n";
}

sub openssl {
    my (@arguments) = @_;
    my $pid = open my $out, '-|';
    die "cannot fork: $!\n" if !defined $pid;

    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', @arguments or CORE::exit(127);
    }

    binmode $out;
    local $/;
    my $text = <$out> // '';
    close $out or die "openssl @arguments:\n$text\n";
    return $text;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

# Texts

sub b64 { return encode_base64url($_[0]) }
sub unb64 { return decode_base64url($_[0]) }
sub json { return $json->encode($_[0]) }
sub number { return 0 + $_[0] }

sub jwks {
    my (@keys) = @_;
    return json({ keys => [map { ref eq 'HASH' ? $_ : $_->jwk } @keys] });
}

sub oct {
    my ($secret, %more) = @_;
    return { kty => 'oct', k => b64($secret), %more };
}

# Claims of a token that is good for an hour; undef takes one away.

sub claims {
    my (%more) = @_;
    my $now = time;
    my %claims = (
        iss => 'https://id.example.com',
        aud => 'pets',
        sub => 'alice',
        iat => $now,
        exp => $now + 3600,
        %more,
    );
    delete @claims{ grep { !defined $claims{$_} } keys %claims };
    return \%claims;
}

# A header and claims, texts or hashes, and a signature, bytes

sub raw {
    my ($header, $claims, $signature) = @_;
    return input($header, $claims) . '.' . b64($signature);
}

sub input {
    my ($header, $claims) = @_;
    return join '.', map { b64(ref $_ ? json($_) : $_) } $header, $claims;
}

sub hmac {
    my ($alg, $secret, $input) = @_;
    my ($bits) = $alg =~ /^HS(\d+)$/ or die "$alg is no HMAC\n";
    my $code = Digest::SHA->can("hmac_sha$bits") or die "no $alg\n";
    return $code->($input, $secret);
}

# HS256 and the like; header: what is changed of {"alg":...}

sub secret {
    my ($alg, $secret, $claims, $header) = @_;
    $header = { alg => $alg, %{ $header || {} } } if ref($header || {});
    my $input = input($header, $claims);
    return "$input." . b64(hmac($alg, $secret, $input));
}

# another part of a token: number 0 to 2, a text, or code that changes bytes

sub tamper {
    my ($token, $part, $change) = @_;
    my @parts = split /\./, $token, -1;
    $parts[$part] = ref $change ? b64($change->(unb64($parts[$part])))
        : $change;
    return join '.', @parts;
}

# Signatures of ECDSA

sub raw_of_der {
    my ($der, $size) = @_;
    my ($r, $s) = map { $_ =~ s/^\0+//r } der_integers($der);
    return join '', map { ("\0" x ($size - length)) . $_ } $r, $s;
}

sub der_integers {
    my ($der) = @_;
    my ($text) = der_value(\$der, 0x30);
    return map { der_value(\$text, 2) } 1, 2;
}

sub der_value {
    my ($text, $wanted) = @_;
    my ($tag, $length) = unpack 'CC', $$text;
    die "DER: a tag $tag\n" if $tag != $wanted;
    my $head = 2;
    if ($length == 0x81) {
        $length = unpack 'x2C', $$text;
        $head = 3;
    }
    my $value = substr $$text, $head, $length;
    substr $$text, 0, $head + $length, '';
    return $value;
}

sub der_of_raw {
    my ($raw) = @_;
    my $size = length($raw) / 2;
    my $body = join '', map {
        my $n = substr($raw, $_ * $size, $size) =~ s/^\0+(?=.)//sr;
        $n = "\0$n" if ord($n) & 0x80;
        pack 'CC/a', 2, $n;
    } 0, 1;
    return length $body < 128 ? pack('CC/a', 0x30, $body)
        : pack('CCC/a', 0x30, 0x81, $body);
}

# the other signature that is as good: n - s

sub other_s {
    my ($raw, $alg) = @_;
    my ($size, undef, $order) = @{ $curve{ $curve_of{$alg} } };
    my $s = Math::BigInt->from_bytes(substr $raw, $size);
    my $other = Math::BigInt->from_hex($order)->bsub($s)->to_bytes;
    return substr($raw, 0, $size) . ("\0" x ($size - length $other)) . $other;
}

# r and s, or one of them, with the order added or as a number

sub order {
    my ($alg) = @_;
    my ($size, undef, $order) = @{ $curve{ $curve_of{$alg} } };
    return pack 'H*', '0' x (2 * $size - length $order) . $order;
}

# S + L, which RFC 8032, 5.1.7, does not allow

sub ed25519_more {
    my ($raw) = @_;
    my $s = Math::BigInt->from_bytes(scalar reverse substr $raw, 32);
    $s->badd(Math::BigInt->from_hex($ed25519_order));
    my $bytes = $s->to_bytes;
    return substr($raw, 0, 32)
        . reverse(("\0" x (32 - length $bytes)) . $bytes);
}


package Apigw::Token::Key;

sub kid { $_[0]{kid} }
sub type { $_[0]{type} }
sub file { $_[0]{file} }

sub public_pem {
    my ($self) = @_;
    return $self->{pem} //= Apigw::Token::openssl('pkey', '-in',
        $self->{file}, '-pubout');
}

sub public_der {
    my ($self) = @_;
    return $self->{der} //= Apigw::Token::openssl('pkey', '-in',
        $self->{file}, '-pubout', '-outform', 'DER');
}

sub certificate {
    my ($self) = @_;
    return $self->{certificate} //= Apigw::Token::openssl('req', '-x509',
        '-new', '-key', $self->{file}, '-days', 2, '-subj', '/CN=keys');
}

# The public part; undef takes a member away.

sub jwk {
    my ($self, %more) = @_;
    my %jwk = (%{ $self->{jwk} ||= $self->material }, kid => $self->{kid},
        use => 'sig', %more);
    delete @jwk{ grep { !defined $jwk{$_} } keys %jwk };
    return \%jwk;
}

sub material {
    my ($self) = @_;
    my $type = $self->{type};

    if ($type =~ /^RSA/) {
        my $text = Apigw::Token::openssl('rsa', '-in', $self->{file},
            '-noout', '-modulus');
        my ($hex) = $text =~ /Modulus=([0-9A-F]+)/ or die "modulus: $text\n";
        return { kty => 'RSA', n => Apigw::Token::b64(pack 'H*', $hex),
            e => 'AQAB' };
    }

    my $der = $self->public_der;

    if ($curve{$type}) {
        my $size = $curve{$type}[0];
        my ($x, $y) = unpack "a$size a$size", substr $der, -2 * $size;
        return { kty => 'EC', crv => $type, x => Apigw::Token::b64($x),
            y => Apigw::Token::b64($y) };
    }

    my ($name) = $type =~ /^ed(\d+)$/i or die "a key of type $type\n";
    return { kty => 'OKP', crv => "Ed$name",
        x => Apigw::Token::b64(substr $der, $name == 25519 ? -32 : -57) };
}

sub alg {
    my ($self) = @_;
    my $type = $self->{type};
    return 'RS256' if $type =~ /^RSA/;
    return 'EdDSA' if $type =~ /^ed/i;
    return { reverse %curve_of }->{$type} || 'ES256';
}

# bytes

sub sign {
    my ($self, $alg, $input) = @_;
    my $file = $self->{ring}->path('input');
    my @key = ('-inkey', $self->{file});

    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $input;
    close $out or die "$file: $!\n";

    return Apigw::Token::openssl(qw(pkeyutl -sign -rawin), @key, '-in', $file)
        if $alg eq 'EdDSA';

    my ($family, $bits) = $alg =~ /^([RPE]S)(\d+)$/ or die "sign by $alg\n";
    my @padding = $family ne 'PS' ? () : qw(-sigopt rsa_padding_mode:pss
        -sigopt rsa_pss_saltlen:-1);
    my $signature = Apigw::Token::openssl('dgst', "-sha$bits", @padding,
        '-sign', $self->{file}, $file);

    return $family ne 'ES' ? $signature
        : Apigw::Token::raw_of_der($signature, $curve{ $self->{type} }[0]);
}

# A token: claims and header are texts, or hashes; a hash for the header says
# what is changed of {"alg":...,"kid":...}, undef takes a member away.

sub token {
    my ($self, $claims, $header, $alg) = @_;
    $alg ||= ref $header && $header->{alg} && !ref $header->{alg}
        && $header->{alg} =~ /^(?:[RPE]S\d+|EdDSA)$/
        ? $header->{alg} : $self->alg;

    if (ref($header || {})) {
        my %header = (alg => $alg, kid => $self->{kid}, %{ $header || {} });
        delete @header{ grep { !defined $header{$_} } keys %header };
        $header = \%header;
    }

    my $input = Apigw::Token::input($header, $claims);
    return "$input." . Apigw::Token::b64($self->sign($alg, $input));
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Token - keys, sets of keys and signed tokens for tests

=head1 SYNOPSIS

    my $ring = Apigw::Token->new;
    my $key = $ring->key('k1', 'RSA');      # or P-256, ed25519, ...

    my $jwks = Apigw::Token::jwks($key, $ring->key('k2', 'P-384'));
    my $good = $key->token(Apigw::Token::claims(scope => 'read'));
    my $late = $key->token(Apigw::Token::claims(exp => time - 60));
    my $none = Apigw::Token::raw('{"alg":"none"}', '{"sub":"x"}', '');

=head1 DESCRIPTION

Keys are made by the C<openssl> command, in a directory of their own that goes
at the end of the test.

=over 4

=item key(kid, type), key_for(alg)

The key of this name, made when it is first asked for; RSA (2048 bits),
RSA1024, ..., P-256, P-384, P-521, secp256k1, ed25519, ed448.  key_for() has one
for each kind of algorithm.

=item $key->jwk(name => value, ...), jwks(keys), oct(secret, ...)

A public JWK, with members changed or, by undef, taken away; the text of a set.
A key of a set may be a hash.

=item $key->token(claims, header, alg), $key->sign(alg, input)

alg is how it is signed, whatever the header says; RS, PS and ES with any
number, EdDSA.  An input is C<header.claims> in base64url.

=item claims(name => value, ...)

Those of a good token, changed.

=item raw(header, claims, signature), secret(alg, secret, claims, header),
hmac(alg, secret, input), tamper(token, part, change)

Any other token.

=item raw_of_der, der_of_raw, other_s, order, ed25519_more

Signatures in other forms.

=item b64, unb64, json

Encodings.

=back

=cut
