# Tokens that an attacker may send, and that none of them lets in; each block
# of x_refused ends with a token that does.  Headers of identity are in
# jwt_headers.t; times, caches and key sets that change in sys/jwt_*.t.

use Test::Nginx::Socket 'no_plan';

use FindBin;
use lib "$FindBin::Bin/lib";
use Apigw::Token;
use IO::Select;
use IO::Socket::INET;

our $Ring = Apigw::Token->new;
our $Rsa = $Ring->key('k1', 'RSA');
our $Ec = $Ring->key('e1', 'P-256');
our $Ed = $Ring->key('d1', 'ed25519');
our $Foreign = $Ring->key('foreign', 'RSA');
our $Jwks = Apigw::Token::jwks($Rsa, $Ec, $Ed);

# nobody has to come here

our $Evil = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
    or die "cannot listen: $!\n";
our $EvilUrl = 'http://127.0.0.1:' . $Evil->sockport . '/jwks.json';

our $Good;

our $Authorizer = <<'_EOC_';
    apigw_authorizer users {
        type     jwt;
        issuer   https://id.example.com;
        audience pets;
        jwks     $TEST_NGINX_SERVER_ROOT/html/jwks.json;
    }
_EOC_

our $Stage = <<'_EOC_';
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /a" { return 200 "$apigw_principal\n"; }
    }
_EOC_

our $Refused = 'WWW-Authenticate: Bearer error="invalid_token", '
    . 'error_description="[^"\\\\]+"' . "\nContent-Type: application/json"
    . "\nx-amzn-ErrorType: UnauthorizedException";

sub claims (@) { return Apigw::Token::claims(@_) }

# by the RSA key: claims, and what is changed of the header

sub rsa ($;$) { return $::Rsa->token(@_) }
sub ec ($;$) { return $::Ec->token(@_) }
sub ed ($;$) { return $::Ed->token(@_) }
sub good (@) {
    return rsa(claims(@_)) if @_;
    return $::Good //= rsa(claims());
}

# texts as they are, signed

sub text ($$) {
    my ($header, $claims) = @_;
    my $input = Apigw::Token::input($header // '{"alg":"RS256","kid":"k1"}',
        $claims);
    return "$input." . Apigw::Token::b64($::Rsa->sign('RS256', $input));
}

# parts in base64url already, signed

sub parts ($$) {
    my ($header, $claims) = @_;
    return "$header.$claims."
        . Apigw::Token::b64($::Rsa->sign('RS256', "$header.$claims"));
}

# claims as a text, with others behind them

sub more ($) {
    my ($more) = @_;
    return text(undef, Apigw::Token::json(claims()) =~ s/\}\z/,$more}/r);
}

sub unsigned ($) {
    my ($header) = @_;
    return Apigw::Token::raw($header, claims(), '');
}

sub other ($$$) { return Apigw::Token::tamper($_[0], $_[1], $_[2]) }

# another text of the same bytes: a bit is set that stands for nothing

sub odd ($) {
    my ($text) = @_;
    my $last = CORE::chop $text;
    my $alphabet = CORE::join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';
    die "all bits of $text$last stand for something\n"
        if CORE::length($text) % 4 == 3;
    return $text . substr $alphabet, index($alphabet, $last) + 1, 1;
}

# a header that names an algorithm like this, with the key's signature

sub named ($) {
    my ($alg) = @_;
    return text(qq({"alg":$alg,"kid":"k1"}), claims());
}

sub hmac ($;$) {
    my ($secret, $kid) = @_;
    my $header = { kid => $kid // 'k1' };
    delete $header->{kid} if ($kid // '') eq '-';
    return map { Apigw::Token::secret($_, $secret, claims(), $header) }
        qw(HS256 HS384 HS512);
}

# an ECDSA token with another signature

sub ecdsa ($) {
    my ($signature) = @_;
    my $input = Apigw::Token::input('{"alg":"ES256","kid":"e1"}', claims());
    $signature = $signature->($::Ec->sign('ES256', $input))
        if ref $signature;
    return "$input." . Apigw::Token::b64($signature);
}

add_block_preprocessor(sub {
    my $block = shift;
    my $refused = $block->x_refused;
    my $accepted = $block->x_accepted;

    $block->set_value(http_config => $Authorizer)
        if !defined $block->http_config;
    $block->set_value(config => $Stage) if !defined $block->config;
    $block->set_value(user_files => [['jwks.json', $Jwks]])
        if !defined $block->user_files;
    $block->set_value(log_level => 'info') if !defined $block->log_level;

    return if !$refused && !$accepted;
    my @refused = @{ $refused || [] };
    my @accepted = @{ $accepted || [good()] };
    my @tokens = (@refused, @accepted);

    $block->set_value(request => [("GET /s/a") x @tokens]);
    $block->set_value(more_headers => [map { "Authorization: Bearer $_" }
        @tokens]);
    $block->set_value(error_code => [(401) x @refused, (200) x @accepted]);
    $block->set_value(response_headers_like => [($Refused) x @refused,
        ('Content-Type: text/plain') x @accepted]);
});

# a pause for the log after each block, not after each of its requests

my ($file, $at) = ('', 0);

add_test_cleanup_handler(sub {
    my $block = shift;
    my $name = $block->name;
    my $bad = defined $block->no_error_log ? qr/\[(?:alert|emerg|crit)\]/
        : qr/\[(?:alert|emerg|crit|error)\]/;

    select undef, undef, undef, 0.05;
    open my $log, '<:raw', server_root() . '/logs/error.log'
        or return fail("$name - no log: $!");
    my $inode = CORE::join ' ', (stat $log)[1], pid();
    $at = 0 if $inode ne $file || -s $log < $at;
    $file = $inode;
    seek $log, $at, 0;
    my @lines = <$log>;
    $at = tell $log;

    is(CORE::join('', grep { $_ =~ $bad } @lines), '',
        "$name - nothing bad in the log");
});

sub pid {
    open my $in, '<', server_root() . '/logs/nginx.pid' or return '';
    return scalar(<$in>) // '';
}

no_long_string();
run_tests();

ok(!IO::Select->new($Evil)->can_read(0), 'no key was asked for elsewhere');

__DATA__

=== TEST 1: tokens that are good: the algorithms
--- x_accepted eval
[(map { $::Rsa->token(::claims(), undef, $_) } qw(RS256 RS384 RS512 PS256 PS384 PS512)),
 ::ec(::claims()), ::ed(::claims()), ::rsa(::claims(), { kid => undef }),
 ::ec(::claims(), { kid => undef }), ::rsa(::claims(), { typ => 'at+jwt' })]



=== TEST 2: tokens that are good: what is not looked at
--- x_accepted eval
[::good(aud => ['x', 'pets']), ::good(iat => undef), ::good(nbf => time),
 ::good(sub => undef), ::good(jti => 'x', more => { a => [1, 2.5, undef] }),
 ::rsa(::claims(), { x => 1 })]



=== TEST 3: attack 1, no algorithm
--- x_refused eval
[(map { ::unsigned(qq({"alg":"$_","kid":"k1"})) } qw(none None NONE nOnE)),
 ::unsigned('{"alg":"none"}'), ::unsigned('{"kid":"k1"}'), ::unsigned('{}'),
 ::other(::good(), 0, Apigw::Token::b64('{"alg":"none","kid":"k1"}')),
 ::other(::good(), 2, '')]



=== TEST 4: attack 1, an algorithm of another kind, signed well
--- x_refused eval
[map { ::named($_) } '"none"', '""', '1', '256', 'null', 'true', '{}', '["RS256"]', '[]',
 '"rs256"', '"RS256 "', '" RS256"', '"RS-256"', '"RS2560"', '"RS25"', '"RSA"', '"RS1"',
 '"RS256\u0000"', '"RS256,RS256"', '"A128KW"', '"dir"', '"RSA-OAEP"', '"ES256K"', '"Ed25519ph"']



=== TEST 5: attack 1, no algorithm at all, signed well
--- x_refused eval
[::text('{"kid":"k1"}', ::claims()), ::text('{}', ::claims()),
 ::text('{"ALG":"RS256","kid":"k1"}', ::claims())]



=== TEST 6: attack 2, the public key as a secret
--- x_refused eval
[::hmac($::Rsa->public_pem), ::hmac($::Rsa->public_pem =~ s/\n\z//r),
 ::hmac($::Rsa->public_der), ::hmac(Apigw::Token::json($::Rsa->jwk)),
 ::hmac(Apigw::Token::unb64($::Rsa->jwk->{n})), ::hmac($::Rsa->jwk->{n}),
 ::hmac($::Rsa->certificate), ::hmac($::Rsa->public_pem, '-'),
 ::hmac($::Ec->public_pem, 'e1'), ::hmac($::Ed->public_der, 'd1'),
 ::hmac(Apigw::Token::unb64($::Ed->jwk->{x}), 'd1'), ::hmac($::Jwks)]



=== TEST 7: attack 3, no secret, and keys that name no algorithm
--- user_files eval
[['jwks.json', Apigw::Token::jwks(map { $_->jwk(alg => undef, kid => undef, use => undef) } $::Rsa, $::Ec)]]
--- x_refused eval
[::hmac(''), ::hmac("\0" x 32), ::hmac('', '-'), ::hmac($::Rsa->public_pem, '-')]



=== TEST 8: attack 5, keys of the token's own
--- x_refused eval
[map { my $more = $_;
    map { $::Foreign->token(::claims(), { kid => $_, %$more }) } 'k1', 'foreign', undef }
 { jwk => $::Foreign->jwk }, { jku => $::EvilUrl }, { x5u => $::EvilUrl },
 { x5c => [CORE::join '', grep { !/-/ } split /\n/, $::Foreign->certificate] },
 { jwk => $::Foreign->jwk, jku => $::EvilUrl, x5u => $::EvilUrl }]



=== TEST 9: attack 5, they are ignored, too, where the signature is good
--- x_accepted eval
[::rsa(::claims(), { jwk => $::Foreign->jwk }), ::rsa(::claims(), { jku => $::EvilUrl }),
 ::rsa(::claims(), { x5u => $::EvilUrl, x5c => ['AAAA'] })]



=== TEST 10: attack 6, key ids
--- x_refused eval
[map { $::Rsa->token(::claims(), { kid => $_ }) } 'nope', '../../etc/passwd',
 '../../../../dev/null', '/dev/zero', $::EvilUrl, 'http://169.254.169.254/', 'k1%00', "k1\n", 'K1', ' k1',
 "k1' OR '1'='1", "x\r\nFLUSHALL\r\n", '*', 'k1*', 'e1', 'd1', 'k' x 257, 'k' x 5000, "\x{e9}"]
--- x_accepted eval
[::good(), ::rsa(::claims(), { kid => '' })]
--- no_error_log
[alert]
[crit]
[error]
FLUSHALL
passwd



=== TEST 11: attack 6, key ids that are no texts, or have a zero byte
--- x_refused eval
[map { ::text(qq({"alg":"RS256","kid":$_}), ::claims()) } '1', 'null', 'true', '["k1"]', '{"k1":1}',
 '"k1\u0000"', '"\u0000"']



=== TEST 12: attack 6, a key id of 64 KB
--- http_config eval: "large_client_header_buffers 4 256k;\n$::Authorizer"
--- x_refused eval
[$::Rsa->token(::claims(), { kid => 'k' x 65536 }),
 Apigw::Token::raw({ alg => 'RS256', kid => 'k' x 65536 }, ::claims(), 'x' x 256)]



=== TEST 13: another key of the same id
--- x_refused eval
[$::Foreign->token(::claims(), { kid => 'k1' }), $::Foreign->token(::claims(), { kid => undef }),
 $::Ring->key('e2', 'P-256')->token(::claims(), { kid => 'e1' }),
 $::Ring->key('d2', 'ed25519')->token(::claims(), { kid => 'd1' }),
 ::rsa(::claims(), { kid => 'e1' }), ::ec(::claims(), { kid => 'k1' }), ::ed(::claims(), { kid => 'e1' })]



=== TEST 14: attack 11, exp
--- x_refused eval
[::good(exp => undef), ::good(exp => time - 3600), ::good(exp => '' . (time + 3600)), ::good(exp => ''),
 (map { ::text(undef, Apigw::Token::json(::claims(exp => undef)) =~ s/\}\z/,"exp":$_}/r) }
    'null', 'true', 'false', '[]', '{}', '0', '-1', '-0', '-9223372036854775808', '9223372036854775807',
    '9223372036854775808', '18446744073709551616', '18446744073709551615', '1e308', '1e400', '-1e308',
    '1e19', '253402300800', '253402300800.5', '4294967296000000', '1e-300', '0.5',
    "[" . (time + 3600) . "]", '"9999999999"', '"Infinity"', '99999999999999999999999999999999999')]



=== TEST 15: attack 11, exp as a number with a fraction, and the last one
--- x_accepted eval
[::good(exp => time + 3600.75),
 (map { ::text(undef, Apigw::Token::json(::claims(exp => undef)) =~ s/\}\z/,"exp":$_}/r) }
    '253402300799', '2.5e9', '99999999999')]



=== TEST 16: attack 11, nbf and iat
--- x_refused eval
[map { my $name = $_; (map { ::text(undef, Apigw::Token::json(::claims($name => undef))
    =~ s/\}\z/,"$name":$_}/r) } '"1"', 'null', 'true', '[]', '-1', '9223372036854775807',
    '9223372036854775808', '-9223372036854775809', '1e308', '1e400'), ::good($name => time + 3600) }
 qw(nbf iat)]



=== TEST 17: attack 12, the same name twice
--- x_refused eval
[(map { ::more($_) } '"aud":"pets"', '"aud":"other"', '"exp":9999999999', '"exp":1', '"iss":"https://id.example.com"',
  '"sub":"bob"', '"x":{"a":1,"a":1}', '"x":[{"a":1,"a":2}]', '"\u0061ud":"pets"', '"e\u0078p":1'),
 ::text('{"alg":"none","alg":"RS256","kid":"k1"}', ::claims()),
 ::text('{"alg":"RS256","kid":"k1","alg":"none"}', ::claims()),
 ::text('{"alg":"RS256","kid":"x","kid":"k1"}', ::claims()),
 ::text('{"alg":"RS256","\u0061lg":"RS256","kid":"k1"}', ::claims()),
 ::text(undef, Apigw::Token::json(::claims()) =~ s/\{/'{"exp":' . (time - 10) . ','/er)]



=== TEST 18: attack 12, names and values may be written otherwise
--- x_accepted eval
[::text('{"\u0061lg":"\u0052S256","ki\u0064":"k1"}', Apigw::Token::json(::claims()) =~ s/"aud"/"\\u0061ud"/r),
 ::text(undef, Apigw::Token::json(::claims()) =~ s/"pets"/"\\u0070ets"/r),
 ::text(" {\n\t\"alg\" : \"RS256\", \"kid\":\"k1\"}\n", ::claims())]



=== TEST 19: attack 12, audiences
--- x_refused eval
[map { ::good(aud => $_) } undef, '', 'pet', 'petss', 'Pets', 'pets ', 'x pets', 'pets,admin', [], [''], ['x'],
 ['x', 'y'], [['pets']], { pets => 1 }, 1, ['pets', 1], ['pets', undef]]



=== TEST 20: attack 12, a client id is an audience only where there is none
--- x_refused eval
[::good(aud => 'x', client_id => 'pets'), ::good(aud => [], client_id => 'pets'),
 ::good(aud => '', client_id => 'pets'), ::more('"client_id":["pets"]'),
 ::good(aud => undef, client_id => ['pets']), ::good(aud => undef, azp => 'pets')]
--- x_accepted eval
[::good(aud => undef, client_id => 'pets'), ::good(client_id => 'other')]



=== TEST 21: issuers
--- x_refused eval
[map { ::good(iss => $_) } undef, '', 'https://id.example.com/', 'https://ID.example.com', 'http://id.example.com',
 'id.example.com', 'https://id.example.com ', ['https://id.example.com'], 1, { x => 1 }]



=== TEST 22: attack 14, signatures of ECDSA
--- x_refused eval
[map { ::ecdsa($_) } '', "\0" x 64, "\0" x 32, "\xff" x 64,
 sub { ("\0" x 32) . substr $_[0], 32 }, sub { substr($_[0], 0, 32) . "\0" x 32 },
 sub { Apigw::Token::order('ES256') . substr $_[0], 32 },
 sub { substr($_[0], 0, 32) . Apigw::Token::order('ES256') },
 Apigw::Token::order('ES256') x 2, ("\0" x 31 . "\1") x 2,
 sub { Apigw::Token::der_of_raw($_[0]) }, sub { "\0$_[0]" }, sub { "$_[0]\0" }, sub { substr $_[0], 1 },
 sub { substr $_[0], 0, 63 }, sub { my ($r, $s) = unpack 'a32 a32', $_[0]; ("\0" x 16) . $r . ("\0" x 16) . $s },
 sub { my ($r, $s) = unpack 'a32 a32', $_[0]; $s . $r }, sub { $_[0] ^ "\1" . "\0" x 63 }, sub { $_[0] x 2 }]



=== TEST 23: attack 14, both values of s are signatures of the same key
RFC 7518 asks for neither
--- x_accepted eval
[::ecdsa(sub { $_[0] }), ::ecdsa(sub { Apigw::Token::other_s($_[0], 'ES256') })]



=== TEST 24: attack 14, the wrong curve
--- x_refused eval
[(map { my ($key, $alg) = @$_;
    ($::Ring->key(@$key)->token(::claims(), { alg => $alg, kid => 'e1' }),
     $::Ring->key(@$key)->token(::claims(), { alg => $alg, kid => undef })) }
 [['e384', 'P-384'], 'ES384'], [['e521', 'P-521'], 'ES512'], [['e384', 'P-384'], 'ES256'],
 [['koblitz', 'secp256k1'], 'ES256']),
 $::Ec->token(::claims(), { alg => 'ES384' }), $::Ec->token(::claims(), { alg => 'ES512' })]



=== TEST 25: attack 14, a key on a curve that no algorithm has
--- user_files eval
[['jwks.json', Apigw::Token::jwks($::Rsa, $::Ring->key('koblitz', 'secp256k1'))]]
--- x_refused eval
[map { $::Ring->key('koblitz', 'secp256k1')->token(::claims(), { kid => $_, alg => 'ES256' }) } 'koblitz', undef]



=== TEST 26: attack 14, Ed25519
--- x_refused eval
[map { ::other(::ed(::claims()), 2, $_) } \&Apigw::Token::ed25519_more, sub { "\0" x 64 }, sub { '' },
 sub { substr $_[0], 0, 63 }, sub { "$_[0]\0" }, sub { substr($_[0], 0, 32) . "\0" x 32 },
 sub { ("\0" x 32) . substr $_[0], 32 }, sub { ("\1" . "\0" x 31) . "\0" x 32 },
 sub { substr($_[0], 0, 63) . ($_[0] =~ /(.)\z/s ? chr(ord($1) | 0xe0) : die) }, sub { $_[0] ^ "\1" . "\0" x 63 }]



=== TEST 27: signatures of RSA
--- x_refused eval
[(map { ::other(::good(), 2, $_) } sub { "\0" x 256 }, sub { ("\0" x 255) . "\1" }, sub { '' }, sub { "\0" },
  sub { substr $_[0], 0, 246 }, sub { substr $_[0], 1 }, sub { "\0$_[0]" }, sub { "$_[0]\0" }, sub { "\xff" x 256 },
  sub { substr($_[0], 0, 253) . "\0" x 3 }, sub { $_[0] x 2 }, sub { $_[0] ^ ("\0" x 255) . "\1" }),
 ::rsa(::claims(), { alg => 'RS384' }) =~ s/^[^.]+/Apigw::Token::b64('{"alg":"RS256","kid":"k1"}')/er,
 $::Rsa->token(::claims(), '{"alg":"RS256","kid":"k1"}', 'PS256'),
 $::Rsa->token(::claims(), '{"alg":"PS256","kid":"k1"}', 'RS256'),
 $::Rsa->token(::claims(), '{"alg":"RS512","kid":"k1"}', 'RS256')]



=== TEST 28: what was signed was changed
--- x_refused eval
[::other(::good(), 1, Apigw::Token::b64(Apigw::Token::json(::claims(scope => 'admin')))),
 ::other(::good(), 0, Apigw::Token::b64('{"kid":"k1","alg":"RS256"}')),
 ::other(::good(), 1, sub { "$_[0] " }), ::other(::good(), 0, sub { " $_[0]" })]



=== TEST 29: attack 15, bits that stand for nothing
--- x_refused eval
my $header = Apigw::Token::b64('{"alg":"RS256","kid":"k1"}');
my @claims = map { Apigw::Token::b64($_) } grep { CORE::length() % 3 } map { Apigw::Token::json(::claims()) . ' ' x $_ } 0 .. 2;
[(map { ::parts($header, ::odd($_)) } @claims), (map { ::parts(::odd($_), $claims[0]) } $header, Apigw::Token::b64('{"alg":"RS256","kid":"k1"}  ')),
 (map { my @p = split /\./, ::good(); CORE::join '.', @p[0, 1], ::odd($p[2]) } 1)]



=== TEST 30: attack 15, the same without them
--- x_accepted eval
my $header = Apigw::Token::b64('{"alg":"RS256","kid":"k1"}');
my @claims = map { Apigw::Token::b64($_) } grep { CORE::length() % 3 } map { Apigw::Token::json(::claims()) . ' ' x $_ } 0 .. 2;
[(map { ::parts($header, $_) } @claims), ::parts(Apigw::Token::b64('{"alg":"RS256","kid":"k1"}  '), $claims[0])]



=== TEST 31: attack 15, padding and other alphabets
--- x_refused eval
[::good() . '=', ::good() . '==', ::good() . '====', (map { my $t = ::good(); $t =~ s/\./=./; $t } 1),
 (map { my @p = split /\./, ::good(); "$p[0].$p[1]==.$p[2]" } 1),
 CORE::join('.', map { tr/-_/+\//r . '=' x (-length($_) % 4) } split /\./, ::good(pad => "\x{3e}\x{3f}" x 20)),
 (map { my @p = split /\./, ::good(); my $i = 0;
    map { my @q = @p; substr $q[$_], 4, 0, $::Odd[$i++ % @::Odd]; CORE::join '.', @q } 0 .. 2, 0 .. 2 } @::Odd = ('+', '/', '*', '%', '~')),
 ::good() . 'A', ::good() . 'AA', ::good() =~ s/.\z//r, ::other(::good(), 2, 'A'), ::other(::good(), 0, 'A')]



=== TEST 32: attack 15, blanks and controls within a token
--- request eval
[("GET /s/a") x 12]
--- more_headers eval
[map { "Authorization: Bearer $_" } (map { my $t = ::good(); substr $t, $_->[0], 0, $_->[1]; $t } [5, ' '], [5, "\t"],
  [60, ' '], [60, "\t"], [0, "\t"], [60, "\x0b"], [60, "\xa0"], [60, "\x01"], [60, "\x7f"]),
 ::good() . ' x', ::good() . "\t", ::good()]
--- error_code_like eval
['40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '200|40[01]', '200']
--- no_error_log
[alert]
[crit]



=== TEST 33: attack 15, a folded line
--- raw_request eval
"GET /s/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " . ::good() =~ s/\A(.{60})/$1\r\n /r . "\r\nConnection: close\r\n\r\n"
--- error_code_like: ^40[01]$
--- no_error_log
[alert]
[crit]



=== TEST 34: attack 15, in an argument nothing is decoded
--- http_config eval: $::Authorizer =~ s/(jwks )/identity \$arg_token;\n$1/r
--- request eval
[map { "GET /s/a?token=$_" } (map { my $t = ::good(); substr $t, $_->[0], 0, $_->[1]; $t }
 [60, '%0A'], [60, '%0a'], [60, '%20'], [60, '+'], [0, '%20'], [60, '%00'], [0, 'Bearer%20'],
 [length ::good(), '%0A'], [length ::good(), '=']), ::good() =~ s/\./%2E/gr, ::good()]
--- error_code eval
[(401) x 10, 200]



=== TEST 35: parts
--- x_refused eval
[(map { my ($h, $p, $s) = split /\./, $_; "$h.$p", "$h.$p.", ".$p.$s", "$h..$s", "$h.$p.$s.", ".$h.$p.$s", "$h.$p.$s.x",
  "$h.$p.$s.a.b", "$h.$p..$s", "$h$p$s", $h, "$h.$p.$s.$h.$p.$s" } ::good()), '.', '..', '...', '....', 'x', 'x.y', 'x.y.z',
 'e30.e30.', 'e30.e30.AA']



=== TEST 36: JSON that is none, or of another kind
--- x_refused eval
[(map { ::text(undef, $_) } 'not json', '"not json"', '[1]', '[]', '1', 'null', 'true', '', ' ', '{', '{}', '{} {}',
  '{"a":1}x', "{\"a\":1}\0", '{"a":01}', "{'a':1}", '{"a":NaN}', '{"a":1,}', "\xef\xbb\xbf{}", '{"a":"\ud800"}',
  "{\"\xff\":1}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\n\"}", '{"a":"\u0000"}', '{"\u0000":1}'),
 (map { ::more($_) } "\"\xff\":1", "\"x\":\"\xc3\"", '"x":"\u0000"', '"x":NaN', '"x":1e400', '"x":18446744073709551616'),
 (map { ::text($_, ::claims()) } 'not json', '[]', '["RS256"]', '"RS256"', 'null', '', "{\"alg\":\"RS256\",\"kid\":\"k1\",\"\xff\":1}")]



=== TEST 37: nesting
--- http_config eval: "large_client_header_buffers 4 64k;\n$::Authorizer"
--- x_refused eval
[(map { ::more('"x":' . ('[' x $_) . (']' x $_)) } 16, 17, 100, 3000), ::more('"x":' . ('{"a":' x 3000) . '1' . ('}' x 3000)),
 ::more('"x":' . ('[' x 3000)),
 ::text('{"alg":"RS256","kid":"k1","x":' . ('[' x 100) . (']' x 100) . '}', ::claims())]
--- x_accepted eval
[::more('"x":' . ('[' x 14) . (']' x 14))]



=== TEST 38: what is critical, and other things of a header
--- x_refused eval
[map { ::rsa(::claims(), $_) } { crit => ['x'], x => 1 }, { crit => [] }, { crit => ['alg'] }, { crit => 'x' }, { crit => undef, b64 => 1,
  crit => ['b64'] }, { crit => ['exp'], exp => 1 }, { b64 => JSON::PP::false(), crit => ['b64'] }, { enc => 'A128GCM' }]



=== TEST 39: attack 21, JWE, nested and deflated tokens
--- x_refused eval
[Apigw::Token::b64('{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k1"}') . '.' . ('A' x 342) . '.' . ('A' x 16) . '.' . ('A' x 200) . '.' . ('A' x 22),
 Apigw::Token::b64('{"alg":"dir","enc":"A128GCM","kid":"k1"}') . '..' . ('A' x 16) . '.' . ('A' x 200) . '.' . ('A' x 22),
 Apigw::Token::b64('{"alg":"RS256","enc":"A128GCM","kid":"k1"}') . '.A.A.A.A',
 ::text('{"alg":"RS256","kid":"k1","cty":"JWT"}', ::good()), ::text('{"alg":"RS256","kid":"k1"}', '"' . ::good() . '"'),
 ::text('{"alg":"RS256","kid":"k1","zip":"DEF"}', "\xed\xc0\x01\x0d\x00\x00\x00\xc2\xa0\xf7Om\x0e7\xa0"),
 (map { require Compress::Zlib; ::text('{"alg":"RS256","kid":"k1","zip":"DEF"}', Compress::Zlib::memGzip(Apigw::Token::json(::claims()))),
    ::text('{"alg":"RS256","kid":"k1","zip":"GZIP"}', Compress::Zlib::compress('A' x 5_000_000)) } 1)]



=== TEST 40: sizes of tokens and headers
--- http_config eval: "large_client_header_buffers 4 256k;\n$::Authorizer"
--- x_refused eval
[::good(x => 'A' x 65536), ::good(x => 'A' x 16384), 'A' x 100_000, ('A' x 5000 . '.') x 3, '.' x 30_000,
 ::rsa(::claims(), { x => 'A' x 2048 }), ::rsa(::claims(), { x => 'A' x 12_000 })]
--- x_accepted eval
[::good(x => 'A' x 11_000), ::rsa(::claims(), { x => 'A' x 1900 })]



=== TEST 41: attack 19, headers that are larger than nginx allows
--- request eval
[("GET /s/a") x 3]
--- more_headers eval
["Authorization: Bearer " . 'A' x 10_000, "Authorization: Bearer " . 'A' x 1_000_000, 'Authorization: Bearer ' . ::good()]
--- error_code eval
[400, 400, 200]
--- no_error_log
[alert]
[crit]



=== TEST 42: attacks 18 and 19, words before a token
--- request eval
[("GET /s/a") x 8]
--- more_headers eval
["Authorization: Bearer " . ::good(), "Authorization: bearer " . ::good(), "Authorization: BEARER " . ::good(),
 "Authorization: bEaReR   " . ::good(), "Authorization: " . ::good(), "authorization: Bearer " . ::good(),
 "AUTHORIZATION:Bearer " . ::good(), "Authorization: Bearer " . ::good() . "  "]
--- error_code eval
[(200) x 8]



=== TEST 43: attacks 18 and 19, words that are none
--- request eval
[("GET /s/a") x 20]
--- more_headers eval
["Authorization: X", "Authorization: Bearer", "Authorization: Bearer ", "Authorization:", "Authorization: B", "Authorization: Beare",
 "Authorization: Bearer x", "Authorization: Bearer\t" . ::good(), "Authorization: Bearer:" . ::good(), "Authorization: Bearer," . ::good(),
 "Authorization: Bearer" . ::good(), "Authorization: Bearer Bearer " . ::good(), "Authorization: Basic " . ::good(),
 "Authorization: Basic dXNlcjpwYXNz", "Authorization: Token " . ::good(), "Authorization: JWT " . ::good(),
 "Authorization: Bearer " . ::good() . " x", "Authorization: Bearer " . ::good() . ", Bearer " . ::good(),
 "Authorization: Bearer \"" . ::good() . '"', "Authorization: Bearer token=" . ::good()]
--- error_code eval
[(401) x 20]
--- response_headers_like eval
[('WWW-Authenticate: Bearer.*') x 20]



=== TEST 44: attack 18, two headers
--- request eval
[("GET /s/a") x 6]
--- more_headers eval
["Authorization: Bearer " . ::good() . "\nAuthorization: Bearer " . ::good(),
 "Authorization: Bearer x\nAuthorization: Bearer " . ::good(),
 "Authorization: Bearer " . ::good() . "\nAuthorization: Bearer x",
 "Authorization: Bearer " . ::good() . "\nauthorization: ",
 "Authorization:\nAuthorization: Bearer " . ::good(), "Authorization: Bearer " . ::good()]
--- error_code_like eval
['40[01]', '40[01]', '40[01]', '40[01]', '40[01]', '200']
--- no_error_log
[alert]
[crit]



=== TEST 45: attack 18, only the place that is configured is looked at
--- request eval
["GET /s/a?token=" . ::good(), "GET /s/a?access_token=" . ::good(), "GET /s/a", "GET /s/a", "GET /s/a?access_token=x"]
--- more_headers eval
["", "", "Cookie: token=" . ::good() . "; Authorization=" . ::good(), "X-Authorization: Bearer " . ::good() . "\nProxy-Authorization: Bearer " . ::good(),
 "Authorization: Bearer " . ::good()]
--- error_code eval
[401, 401, 401, 401, 200]



=== TEST 46: attack 18, another place, and no other one
--- http_config eval: $::Authorizer =~ s/(jwks )/identity \$cookie_token;\n$1/r
--- request eval
[("GET /s/a") x 5]
--- more_headers eval
["Authorization: Bearer " . ::good(), "Cookie: token=" . ::good(), "Cookie: token=x\nAuthorization: Bearer " . ::good(),
 "Cookie: tokens=" . ::good(), "Cookie: a=b; token=" . ::good() . "; c=d"]
--- error_code eval
[401, 200, 401, 401, 200]



=== TEST 47: no token
--- request
GET /s/a
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer
Content-Type: application/json
x-amzn-ErrorType: UnauthorizedException
--- response_body chomp
{"message":"Unauthorized"}



=== TEST 48: attack 13, tokens that begin alike
--- x_accepted eval
[map { ::good(zzz => $_) } (map { 'a' x 200 . $_ } 1 .. 5, 1 .. 5)]



=== TEST 49: attack 13, each is its own, and a cached one needs its signature
--- config
    apigw_stage s {
        apigw_authorize users;
        apigw_route "GET /a" { return 200 "$apigw_claim_zzz\n"; }
    }
--- request eval
[("GET /s/a") x 9]
--- more_headers eval
@::T = map { ::good(sub => 'x' x 300, zzz => $_) } qw(one two);
[map { "Authorization: Bearer $_" } @::T, $::T[0], ::other($::T[0], 2, (split /\./, $::T[1])[2]),
 ::other($::T[0], 2, sub { $_[0] ^ ("\0" x 255) . "\1" }), ::other($::T[0], 2, ''), $::T[0] . 'A', $::T[0] =~ s/.\z//r, $::T[1]]
--- error_code eval
[200, 200, 200, 401, 401, 401, 401, 401, 200]
--- response_body_like eval
['^one$', '^two$', '^one$', ('Unauthorized') x 5, '^two$']



=== TEST 50: attack 16, issuers that share a key id
--- http_config
    apigw_authorizer a {
        type jwt; issuer https://a.example; audience pets;
        jwks $TEST_NGINX_SERVER_ROOT/html/a.json;
    }
    apigw_authorizer b {
        type jwt; issuer https://b.example; audience pets;
        jwks $TEST_NGINX_SERVER_ROOT/html/b.json;
    }
    apigw_authorizer both {
        type jwt; audience pets;
        issuer https://a.example jwks=$TEST_NGINX_SERVER_ROOT/html/a.json;
        issuer https://b.example jwks=$TEST_NGINX_SERVER_ROOT/html/b.json audience=dogs;
    }
--- config
    apigw_stage s {
        apigw_route "GET /a" { apigw_authorize a; return 200 "$apigw_claim_iss\n"; }
        apigw_route "GET /b" { apigw_authorize b; return 200 "$apigw_claim_iss\n"; }
        apigw_route "GET /both" { apigw_authorize both; return 200 "$apigw_claim_iss\n"; }
    }
--- user_files eval
[['a.json', Apigw::Token::jwks($::Rsa)], ['b.json', Apigw::Token::jwks({ %{ $::Foreign->jwk }, kid => 'k1' })]]
--- request eval
[map { "GET /s/$_" } qw(a b both both a b both both a b both both a b both b)]
--- more_headers eval
@::T = ((map { $::Rsa->token(::claims(iss => "https://$_.example")) } qw(a b)),
    (map { $::Foreign->token(::claims(iss => "https://$_->[0].example", aud => $_->[1]), { kid => 'k1' }) } [b => 'pets'], [b => 'dogs'], [a => 'pets']));
[map { "Authorization: Bearer $_" } $::T[0], $::T[0], $::T[0], $::T[0], $::T[1], $::T[1], $::T[1], $::T[4], $::T[2], $::T[2], $::T[2], $::T[3], $::T[4], $::T[4], $::T[4], $::T[3]]
--- error_code eval
[200, 401, 200, 200, 401, 401, 401, 401, 401, 200, 401, 200, 401, 401, 401, 401]



=== TEST 51: attack 17, one worker, relaxed and strict routes in turn
--- http_config
    apigw_authorizer loose {
        type jwt; issuer https://id.example.com; audience pets other;
        leeway 5m;
        jwks $TEST_NGINX_SERVER_ROOT/html/jwks.json;
    }
    apigw_authorizer strict {
        type jwt; issuer https://id.example.com; audience pets;
        algorithms RS256;
        require /level = gold;
        leeway 0;
        jwks $TEST_NGINX_SERVER_ROOT/html/jwks.json;
    }
--- config
    apigw_stage s {
        apigw_route "GET /open" { return 200 "open<$apigw_principal$apigw_claim_sub>\n"; }
        apigw_route "GET /loose" { apigw_authorize loose; return 200 "loose\n"; }
        apigw_route "GET /strict" { apigw_authorize strict scopes=admin; return 200 "strict $apigw_principal\n"; }
        apigw_route "GET /scope" { apigw_authorize loose scopes=admin; return 200 "scope\n"; }
    }
--- pipelined_requests eval
[map { "GET /s/$_" } qw(loose strict scope loose strict open loose strict loose strict strict strict scope open strict)]
--- more_headers eval
@::T = (::good(scope => 'read'), ::good(aud => 'other', scope => 'admin', level => 'gold'), ::ec(::claims(scope => 'admin', level => 'gold')),
    ::good(scope => 'admin', level => 'silver'), ::good(scope => 'admin', level => 'gold', sub => 'root'),
    ::good(exp => time - 60, scope => 'admin', level => 'gold'));
[map { $_ ? "Authorization: Bearer $_" : '' } @::T[0, 0, 0, 1, 1], '', @::T[2, 2, 5, 5, 3, 4, 0], '', $::T[0]]
--- error_code eval
[200, 403, 403, 200, 401, 200, 200, 401, 200, 401, 403, 200, 403, 200, 403]
--- response_body_like eval
['loose', '', '', 'loose', '', '^open<>$', 'loose', '', 'loose', '', '', '^strict root$', '', '^open<>$', '']



=== TEST 52: attack 20, scopes are words
--- config
    apigw_stage s {
        apigw_authorize users scopes=read;
        apigw_route "GET /a" { return 200 "in\n"; }
    }
--- request eval
[("GET /s/a") x 26]
--- more_headers eval
[map { "Authorization: Bearer " . ::good(%$_) }
 (map { { scope => $_ } } 'readwrite', 'read:all', 'read,write', 'READ', 'rea', 'unread', '', ' ', 'pre-read', "read\twrite", "\x{a0}read", "read\n"),
 {}, { scope => [] }, { scope => [''] }, { scope => ['read write'] }, { scope => ['readwrite', 'write'] }, { scope => 1 }, { scope => { read => 1 } },
 { scope => 'x', scp => 'read' }, { Scope => 'read' },
 { scope => 'read' }, { scope => 'write read' }, { scope => ['write', 'read'] }, { scp => 'read' }, { scp => ['read'] }]
--- error_code eval
[(403) x 17, (403) x 4, (200) x 5]



=== TEST 53: attack 20, what is said of them
--- config
    apigw_stage s {
        apigw_authorize users scopes=read,write;
        apigw_route "GET /a" { return 200 "in\n"; }
    }
--- request
GET /s/a
--- more_headers eval
'Authorization: Bearer ' . ::good(scope => 'reads')
--- error_code: 403
--- response_headers
WWW-Authenticate: Bearer error="insufficient_scope", error_description="the request requires higher privileges than provided by the access token", scope="read write"
x-amzn-ErrorType: AccessDeniedException
Content-Type: application/json



=== TEST 54: attack 20, all of them
--- config
    apigw_stage s {
        apigw_authorize users scopes_all=read,write;
        apigw_route "GET /a" { return 200 "in\n"; }
    }
--- request eval
[("GET /s/a") x 7]
--- more_headers eval
[map { "Authorization: Bearer " . ::good(%$_) } { scope => 'read' }, { scope => 'write' }, { scope => 'readwrite' }, { scope => 'read read' }, {},
 { scope => 'write x read' }, { scp => ['read', 'write'] }]
--- error_code eval
[(403) x 5, 200, 200]



=== TEST 55: a token is in no log
--- http_config eval: "log_format all '\$request|\$http_authorization|\$http_cookie|\$args';\n" . $::Authorizer =~ s/(jwks )/identity \$arg_token;\n$1/r
--- config
    access_log logs/access.log all;
    apigw_stage s { apigw_authorize users; apigw_route "GET /a" { return 200 "in\n"; } }
--- request eval
["GET /s/a?x=1&token=" . ::text(undef, '{"a":"secret-secret-secret"}') . "&y=2"]
--- error_code: 401
--- access_log eval
qr/x=1&token=\*+&y=2/
--- no_access_log eval
qr/token=eyJ|c2VjcmV0/
