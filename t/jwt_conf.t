# Bad configurations of authorizers: refused with the file, the line and the
# reason, and never with a secret; and good ones.  The blocks are made from
# tables: a name, what is in the block, what the log says.

use Test::Nginx::Socket 'no_plan';

use FindBin;
use lib "$FindBin::Bin/lib";
use Apigw::Token;

our $Ring = Apigw::Token->new;
our $Key = $Ring->key('k1', 'P-256');
our $Jwks = Apigw::Token::jwks($Key);

our @Spec;

my $F = '$TEST_NGINX_SERVER_ROOT/html';
my $I = 'issuer https://id.example.com;';
my $A = 'audience pets;';
my $J = "jwks $F/jwks.json;";

sub token (@) { return $::Key->token(Apigw::Token::claims(@_)) }

sub spec ($$$%) {
    my ($section, $name, $text, %more) = @_;
    push @Spec, "=== TEST @{[ @Spec + 1 ]}: $name\n--- $section\n$text\n"
        . CORE::join '', map { "--- $_\n$more{$_}\n" } sort keys %more;
}

# of a block; of a good block of type jwt; of http{}; of the server

sub bad ($$$@) {
    my ($name, $text, $why, %more) = @_;
    my $where = $why eq 'no_such_variable' ? '' : "\nnginx.conf:";
    spec(x_bad => $name, $text, error_log => "$why$where", %more);
}

sub jwt ($$$@) {
    my ($name, $text, $why, %more) = @_;
    bad($name, "type jwt;\n$I\n$A\n$J\n$text", $why, %more);
}

sub http ($$$@) {
    my ($name, $text, $why, %more) = @_;
    spec(x_bad_http => $name, $text, error_log => $why, %more);
}

sub server ($$$@) {
    my ($name, $text, $why, %more) = @_;
    spec(x_bad_config => $name, $text, error_log => $why, %more);
}

sub good ($$@) {
    my ($name, $text, %more) = @_;
    my $token = delete $more{token} // '::token()';
    spec(x_good => $name, $text, request => 'GET /s/a',
        'more_headers eval' => "'Authorization: Bearer ' . $token", %more);
}

add_block_preprocessor(sub {
    my $block = shift;
    my $users = $block->x_bad // $block->x_good
        // "type jwt;\n$I\n$A\n$J\n";
    my $http = ($block->x_http // '') . "apigw_authorizer users {\n$users}\n";
    $http .= $block->x_bad_http if defined $block->x_bad_http
        && $block->x_bad_http !~ /^\s*apigw_authorizer/;
    $http = $block->x_bad_http if defined $block->x_bad_http
        && $block->x_bad_http =~ /^\s*apigw_authorizer/;

    $block->set_value(http_config => $http);
    $block->set_value(config => $block->x_bad_config // '
        apigw_stage s {
            apigw_authorize users;
            apigw_route "GET /a" { return 200 "in\n"; }
        }');
    $block->set_value(must_die => '') if !defined $block->x_good;
    $block->set_value(user_files => [@{ $block->user_files || [] },
        ['jwks.json', $Jwks], ['secret', 's' x 32]]);
    $block->set_value(no_error_log => "[alert]\n[crit]")
        if !defined $block->no_error_log;
});

# type

bad('an empty block', '', 'type');
bad('no type', "$I\n$A\n$J", 'type');
bad('the type is not the first directive', "$I\ntype jwt;\n$A\n$J", 'type');
bad('an unknown type', 'type saml;', '"saml"');
bad('a type without a value', 'type;', 'type');
bad('two values', 'type jwt jwt;', 'type');
bad('two types', "type jwt;\ntype jwt;\n$I\n$A\n$J", 'type');
bad('an unknown directive', "type jwt;\n$I\n$A\n$J\nnothing on;", '"nothing"');
bad('a directive of the other type',
    "type jwt;\n$I\n$A\n$J\nendpoint https://id.example.com/introspect;",
    '"endpoint"');
bad('another one', "type jwt;\n$I\n$A\n$J\nclient_id gateway;", '"client_id"');
bad('a block in the block', "type jwt;\n$I\n$A\n$J\nissuer { }",
    'unexpected "{"');

# issuer

bad('no issuer', "type jwt;\n$A\n$J", 'issuer');
bad('an issuer without a value', "type jwt;\nissuer;\n$A\n$J", 'issuer');
bad('an empty issuer', "type jwt;\nissuer \"\";\n$A\n$J", 'issuer');
bad('an issuer twice',
    "type jwt;\nissuer https://id.example.com jwks=$F/jwks.json;\nissuer https://id.example.com jwks=$F/jwks.json;\n$A",
    '"https://id.example.com"');
bad('an unknown parameter',
    "type jwt;\nissuer https://id.example.com kid=x;\n$A\n$J", '"kid=x"');
bad('an audience of an issuer that is empty',
    "type jwt;\nissuer https://id.example.com audience=;\n$J",
    'an empty value in the list');
bad('an empty one in its list',
    "type jwt;\nissuer https://id.example.com audience=a,,b;\n$J",
    'an empty value in the list');
bad('a parameter twice',
    "type jwt;\nissuer https://id.example.com audience=a audience=b;\n$J",
    'audience');
bad('no audience', "type jwt;\n$I\n$J", 'audience');
bad('no audience for one of two',
    "type jwt;\nissuer https://a.example audience=a jwks=$F/jwks.json;\nissuer https://b.example jwks=$F/jwks.json;",
    '"https://b.example"');
bad('an audience without a value', "type jwt;\n$I\naudience;\n$J", 'audience');
bad('an empty audience', "type jwt;\n$I\naudience pets \"\";\n$J", 'audience');
jwt('audiences twice', 'audience admin;', 'audience');

# discovery urls

bad('an issuer without https', "type jwt;\nissuer http://id.example.com;\n$A",
    'invalid URL "http://id.example.com/');
bad('one that is no URL', "type jwt;\nissuer id.example.com;\n$A",
    '"id.example.com"');
bad('another scheme', "type jwt;\nissuer ftp://id.example.com;\n$A",
    '"ftp://id.example.com"');
bad('an issuer with a query', "type jwt;\nissuer https://127.0.0.1/?a=b;\n$A",
    '"https://127.0.0.1/?a=b"');
bad('an issuer with a fragment',
    "type jwt;\nissuer \"https://127.0.0.1/#a\";\n$A",
    '"https://127.0.0.1/#a"');
bad('an issuer with a user',
    "type jwt;\nissuer https://user:password\@127.0.0.1/;\n$A", 'issuer');
bad('an issuer without a host', "type jwt;\nissuer https:///path;\n$A",
    '"https:///path"');
bad('a port that is none', "type jwt;\nissuer https://127.0.0.1:99999;\n$A",
    '"https://127.0.0.1:99999"');
bad('port 0', "type jwt;\nissuer https://127.0.0.1:0;\n$A",
    '"https://127.0.0.1:0"');
bad('a control character', "type jwt;\nissuer \"https://127.0.0.1/\\tx\";\n$A",
    'issuer');
bad('a name without a resolver',
    "type jwt;\nissuer https://id.example.com;\n$A", 'resolver');
bad('localhost without a resolver',
    "type jwt;\nissuer http://localhost:8080;\n$A", 'resolver');
bad('a name in jwks without a resolver',
    "type jwt;\n$I\n$A\njwks https://id.example.com/jwks;", 'resolver');

# jwks

bad('a jwks for two issuers',
    "type jwt;\nissuer https://a.example;\nissuer https://b.example;\n$A\n$J",
    'jwks');
bad('a jwks in two places',
    "type jwt;\nissuer https://id.example.com jwks=$F/jwks.json;\n$A\n$J",
    'jwks');
jwt('a jwks twice', $J, 'jwks');
bad('a jwks without a value', "type jwt;\n$I\n$A\njwks;", 'jwks');
bad('an empty jwks', "type jwt;\n$I\n$A\njwks \"\";", 'jwks');
bad('a file that is not there', "type jwt;\n$I\n$A\njwks $F/none.json;",
    'none.json');
bad('a directory', "type jwt;\n$I\n$A\njwks $F;", 'html');
bad('a jwks without https',
    "type jwt;\n$I\n$A\njwks http://id.example.com/jwks;",
    '"http://id.example.com/jwks"');
bad('a jwks with a fragment',
    "type jwt;\n$I\n$A\njwks \"https://127.0.0.1/jwks#a\";", 'jwks');
my @files = (
    ['an empty file' => "''"],
    ['a file that is not JSON' => "'not json'"],
    ['JSON that is no set' => "'[]'"],
    ['a set without keys' => "'{\"keys\":[]}'"],
    ['keys that are no list' => "'{\"keys\":{}}'"],
    ['a key that is no object' => "'{\"keys\":[1]}'"],
    ['a set with a name twice' => "'{\"keys\":[],\"keys\":[]}'"],
    ['a set that is cut' => "substr(\$::Jwks, 0, -2)"],
    ['text behind a set' => "\"\$::Jwks x\""],
    ['a symmetric key in a set' =>
        "Apigw::Token::jwks(Apigw::Token::oct('x' x 64, kid => 'k1'))"],
    ['attack 4, a symmetric key that is empty' =>
        "Apigw::Token::jwks(Apigw::Token::oct(''))"],
    ['a symmetric key beside others' =>
        "Apigw::Token::jwks(\$::Key, Apigw::Token::oct('x' x 64))"],
    ['a key of 1024 bits' =>
        "Apigw::Token::jwks(\$::Ring->key('weak', 'RSA1024'))"],
    ['a weak key beside others' =>
        "Apigw::Token::jwks(\$::Key, \$::Ring->key('weak', 'RSA1024'))"],
    ['a modulus that is no base64url' =>
        "Apigw::Token::jwks(\$::Ring->key('rsa', 'RSA')->jwk(n => '+/=='))"],
    ['no modulus' =>
        "Apigw::Token::jwks(\$::Ring->key('rsa', 'RSA')->jwk(n => undef))"],
    ['an exponent of 1' =>
        "Apigw::Token::jwks(\$::Ring->key('rsa', 'RSA')->jwk(e => 'AQ'))"],
    ['an even exponent' =>
        "Apigw::Token::jwks(\$::Ring->key('rsa', 'RSA')->jwk(e => 'Ag'))"],
    ['a point that is not on its curve' =>
        "Apigw::Token::jwks(\$::Key->jwk(x => 'A' x 43))"],
    ['a point that is too short' =>
        "Apigw::Token::jwks(\$::Key->jwk(x => 'AAAA'))"],
    ['a key only for encryption' =>
        "Apigw::Token::jwks(\$::Key->jwk(use => 'enc'))"],
    ['a key for another algorithm than its own' =>
        "Apigw::Token::jwks(\$::Key->jwk(alg => 'RS256'))"],
    ['a certificate without an end' =>
        "\"-----BEGIN CERTIFICATE-----\\nAAAA\\n\""],
    ['a PEM with nonsense' =>
        "\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n\""],
    ['the PEM of a weak key' =>
        "\$::Ring->key('weak', 'RSA1024')->public_pem"],
);

bad($_->[0], "type jwt;\n$I\n$A\njwks $F/bad.json;", 'bad.json',
    'user_files eval' => "[['bad.json', $_->[1]]]") for @files;

# algorithms

jwt('algorithms without a value', 'algorithms;', 'algorithms');
jwt('an unknown algorithm', 'algorithms RS256 RS1;', '"RS1"');
jwt('attack 1, none is no algorithm', 'algorithms none;', '"none"');
jwt('algorithms have upper case', 'algorithms rs256;', '"rs256"');
jwt('algorithms twice', "algorithms RS256;\nalgorithms ES256;", 'algorithms');
jwt('HMAC with keys that are public', 'algorithms HS256;', 'secret_file');
jwt('HMAC beside others', "algorithms RS256 HS256;", 'HS256');
bad('HMAC without a secret', "type jwt;\n$I\n$A\nalgorithms HS256;",
    'secret_file');

# secret

my $s = "type jwt;\n$I\n$A";
bad('a secret without HMAC', "$s\nsecret_file $F/secret;", 'HS');
bad('a secret for other algorithms',
    "$s\nalgorithms RS256;\nsecret_file $F/secret;", 'HS');
bad('a secret for both kinds',
    "$s\nalgorithms RS256 HS256;\nsecret_file $F/secret;",
    '"HS256" beside "RS256"');
bad('a secret and keys', "$s\n$J\nalgorithms HS256;\nsecret_file $F/secret;",
    'jwks');
bad('a secret and keys of an issuer',
    "type jwt;\nissuer https://id.example.com jwks=$F/jwks.json;\n$A\nalgorithms HS256;\nsecret_file $F/secret;",
    'jwks');
bad('a secret that is not there',
    "$s\nalgorithms HS256;\nsecret_file $F/none;", 'none');
bad('a secret without a value', "$s\nalgorithms HS256;\nsecret_file;",
    'secret_file');
bad('a secret too short for one of the algorithms',
    "$s\nalgorithms HS256 HS512;\nsecret_file $F/a.secret;",
    'is not for HS512, which needs 64 bytes',
    'user_files eval' => "[['a.secret', 's' x 63]]");
bad('a secret twice',
    "$s\nalgorithms HS256;\nsecret_file $F/secret;\nsecret_file $F/secret;",
    'secret_file');
my @secrets = (
    ['attack 4, an empty secret' => "''"],
    ['attack 4, a line feed alone' => "\"\\n\""],
    ['attack 4, a secret of 31 bytes' => "'Secret-' . 'x' x 24"],
    ['attack 4, a secret of 31 bytes and a line feed' =>
        "'Secret-' . 'x' x 24 . \"\\n\""],
    ['attack 4, an oct key that is empty' =>
        "Apigw::Token::json(Apigw::Token::oct(''))"],
    ['attack 4, an oct key of 31 bytes' =>
        "Apigw::Token::json(Apigw::Token::oct('Secret-' . 'x' x 24))"],
    ['attack 4, an oct key without a key' => "'{\"kty\":\"oct\"}'"],
    ['attack 4, a public key as a secret' =>
        "Apigw::Token::json(\$::Key->jwk)"],
    ['attack 4, a set as a secret' => "\$::Jwks"],
    ['attack 4, a cut JWK as a secret' =>
        "'{\"kty\":\"oct\",\"k\":\"' . 'A' x 60"],
);

bad($_->[0], "$s\nalgorithms HS256;\nsecret_file $F/bad.secret;", 'bad.secret',
    'user_files eval' => "[['bad.secret', $_->[1]]]",
    'no_error_log' => "[alert]\nSecret-\nU2VjcmV0") for @secrets;

# numbers

for (
    ['leeway', '10s', qw(6m 301 -1s x 10x)],
    ['token_max', '16k', qw(255 1025k 2m x -1)],
    ['header_max', '2k', qw(63 17k x -1)],
    ['timeout', '5s', qw(99ms 0 61s x)],
    ['cooldown', '10s', qw(0 999ms 61m x)],
    ['cache', '8m', qw(63k 2g x on 0)],
    ['parked_max', '10', qw(x -1 1.5)])
{
    my ($name, $good, @bad) = @$_;
    jwt("$name $_", "$name $_;", "\"$_\"") for @bad;
    jwt("$name without a value", "$name;", $name);
    jwt("$name with two values", "$name $good $good;", $name);
    jwt("$name twice", "$name $good;\n$name $good;", $name);
}

# identity

jwt('an identity that is no variable', 'identity token;', '"token"');
jwt('an identity of several', 'identity $arg_a$arg_b;', 'identity');
jwt('an identity with text', 'identity x$arg_a;', 'identity');
jwt('an unknown variable', 'identity $no_such_variable;', 'no_such_variable');
jwt('identity without a value', 'identity;', 'identity');
jwt('identity twice', "identity \$arg_a;\nidentity \$arg_b;", 'identity');

# require

jwt('require without a rule', 'require;', 'require');
jwt('require with a pointer alone', 'require /a;', 'require');
jwt('require without a value', 'require /a =;', 'require');
jwt('require in without a value', 'require /a in;', 'require');
jwt('require with two values', 'require /a = b c;', 'require');
jwt('require with an unknown operator', 'require /a like b;', '"like"');
jwt('require with ==', 'require /a == b;', '"=="');
jwt('a pointer without a slash', 'require a = b;', '"a"');
jwt('a pointer with a bad escape', 'require /a~2 = b;', '"/a~2"');
jwt('a pointer that ends in an escape', 'require /a~ = b;', '"/a~"');

# files

bad('authorities that are not there',
    "type jwt;\nissuer https://127.0.0.1;\n$A\ntrusted_certificate $F/none.pem;",
    'invalid parameter "trusted_certificate ');
bad('authorities that are none',
    "type jwt;\nissuer https://127.0.0.1;\n$A\ntrusted_certificate $F/jwks.json;",
    'invalid parameter "trusted_certificate /');
jwt('authorities for keys of a file', "trusted_certificate $F/a.pem;",
    'trusted_certificate');
jwt('authorities twice',
    "trusted_certificate $F/a.pem;\ntrusted_certificate $F/a.pem;",
    'trusted_certificate');
jwt('a list of revoked tokens that is not there', "revoked $F/none;", 'none');
jwt('a bad line of it', "revoked $F/revoked;", 'revoked:2',
    'user_files eval' => "[['revoked', \"jti a\\nnot a line\\n\"]]");
jwt('a list without a value', 'revoked;', 'revoked');
jwt('two lists', "revoked $F/revoked;\nrevoked $F/revoked;", 'revoked',
    'user_files eval' => "[['revoked', \"jti a\\n\"]]");

# the block itself

http('an authorizer without a name', "apigw_authorizer { type jwt; $I $A $J }",
    'apigw_authorizer');
http('an authorizer with two names',
    "apigw_authorizer users more { type jwt; $I $A $J }", 'apigw_authorizer');
http('an authorizer that is called off',
    "apigw_authorizer off { type jwt; $I $A $J }", '"off"');
http('an authorizer with an empty name',
    "apigw_authorizer \"\" { type jwt; $I $A $J }",
    'invalid name "" of "apigw_authorizer"');
http('an authorizer with a blank in its name',
    "apigw_authorizer \"a b\" { type jwt; $I $A $J }", 'invalid name "a b"');
http('a name twice',
    "apigw_authorizer users { type jwt; $I $A $J }\napigw_authorizer users { type jwt; $I $A $J }",
    '"users"');
http('an authorizer without a block', "apigw_authorizer users;",
    'apigw_authorizer');
http('a block that does not end',
    "apigw_authorizer users { type jwt; $I $A $J", 'nginx.conf');
server('an authorizer in a server',
    "apigw_authorizer other { type jwt; $I $A $J }",
    '"apigw_authorizer" directive is not allowed here');

# apigw_authorize

server('no such authorizer',
    'apigw_stage s { apigw_authorize nobody; apigw_route "GET /a" { return 200; } }',
    '"nobody"');
server('no such authorizer, in a route that overrides it',
    'apigw_stage s { apigw_authorize nobody; apigw_route "GET /a" { apigw_authorize off; return 200; } }',
    '"nobody"');
server('no such authorizer, in the server',
    'apigw_authorize nobody; apigw_stage s { apigw_route "GET /a" { return 200; } }',
    '"nobody"');
server('authorize without a name',
    'apigw_stage s { apigw_authorize; apigw_route "GET /a" { return 200; } }',
    'apigw_authorize');
server('authorize with an unknown parameter',
    'apigw_stage s { apigw_authorize users scope=a; apigw_route "GET /a" { return 200; } }',
    '"scope=a"');
server('authorize with no scopes',
    'apigw_stage s { apigw_authorize users scopes=; apigw_route "GET /a" { return 200; } }',
    'an empty value in the list');
server('authorize with an empty scope',
    'apigw_stage s { apigw_authorize users scopes=a,,b; apigw_route "GET /a" { return 200; } }',
    'an empty value in the list');
server('authorize with an empty last scope',
    'apigw_stage s { apigw_authorize users scopes_all=a,; apigw_route "GET /a" { return 200; } }',
    'an empty value in the list');
server('a scope with a quote',
    "apigw_stage s { apigw_authorize users 'scopes=a\"b'; apigw_route \"GET /a\" { return 200; } }",
    'scopes');
server('a scope with a blank',
    'apigw_stage s { apigw_authorize users "scopes=a b"; apigw_route "GET /a" { return 200; } }',
    'scopes');
server('scopes twice',
    'apigw_stage s { apigw_authorize users scopes=a scopes=b; apigw_route "GET /a" { return 200; } }',
    'scopes');
server('off with scopes',
    'apigw_stage s { apigw_authorize off scopes=a; apigw_route "GET /a" { return 200; } }',
    '"scopes=a" behind "off"');
server('authorize twice in a stage',
    'apigw_stage s { apigw_authorize users; apigw_authorize users; apigw_route "GET /a" { return 200; } }',
    'is duplicate');
server('authorize twice in a route',
    'apigw_stage s { apigw_route "GET /a" { apigw_authorize users; apigw_authorize off; return 200; } }',
    'is duplicate');
http('authorize in http',
    "apigw_authorizer users { type jwt; $I $A $J }\napigw_authorize users;",
    '"apigw_authorize" directive is not allowed here');
server('authorize in a location', 'location / { apigw_authorize users; }',
    'apigw_authorize');

# apigw_claim

http('a claim without a variable', 'apigw_claim /a;', 'apigw_claim');
http('a claim with one argument', 'apigw_claim $a;', 'apigw_claim');
http('a claim with three', 'apigw_claim $a /a /b;', 'apigw_claim');
http('a claim whose variable is none', 'apigw_claim a /a;', '"a"');
http('a claim whose variable is empty', 'apigw_claim $ /a;',
    'invalid variable "$"');
http('a claim whose pointer is none', 'apigw_claim $a a;', '"a"');
http('a claim whose pointer has a bad escape', 'apigw_claim $a /~3;', '"/~3"');
http('a claim into a variable of nginx', 'apigw_claim $uri /a;', 'uri');
http('a claim twice', "apigw_claim \$a /a;\napigw_claim \$a /b;", '"a"');
server('a claim in a server', 'apigw_claim $a /a;',
    '"apigw_claim" directive is not allowed here');

# jwks_path

http('a path for keys without a value', 'apigw_jwks_path;', 'apigw_jwks_path');
http('a path for keys with two', 'apigw_jwks_path a b;', 'apigw_jwks_path');
http('a path for keys that is empty', 'apigw_jwks_path "";',
    'apigw_jwks_path');
http('a path for keys twice', "apigw_jwks_path a;\napigw_jwks_path b;",
    'is duplicate');
http('a path for keys that is a file', "apigw_jwks_path $F/jwks.json;",
    'jwks.json');
http('a path for keys below a file', "apigw_jwks_path $F/jwks.json/x;",
    'jwks.json');
server('a path for keys in a server', 'apigw_jwks_path a;',
    '"apigw_jwks_path" directive is not allowed here');

# introspection

my $T = "type introspection;\nendpoint http://127.0.0.1:1/introspect;\nclient_id gateway;\nclient_secret_file $F/secret;";
bad('introspection without an endpoint',
    "type introspection;\nclient_id gateway;\nclient_secret_file $F/secret;",
    'endpoint');
bad('introspection without a client',
    "type introspection;\nendpoint http://127.0.0.1:1/;\nclient_secret_file $F/secret;",
    'client_id');
bad('introspection without a secret',
    "type introspection;\nendpoint http://127.0.0.1:1/;\nclient_id gateway;",
    'client_secret_file');
bad('an endpoint without https',
    "type introspection;\nendpoint http://id.example.com/;\nclient_id gateway;\nclient_secret_file $F/secret;",
    '"http://id.example.com/"');
bad('an endpoint that is no URL',
    "type introspection;\nendpoint /introspect;\nclient_id gateway;\nclient_secret_file $F/secret;",
    '"/introspect"');
bad('an endpoint whose name needs a resolver',
    "type introspection;\nendpoint https://id.example.com/;\nclient_id gateway;\nclient_secret_file $F/secret;",
    'resolver');
bad('a secret of a client that is not there',
    "type introspection;\nendpoint http://127.0.0.1:1/;\nclient_id gateway;\nclient_secret_file $F/none;",
    'none');
bad('a secret of a client that is empty',
    "type introspection;\nendpoint http://127.0.0.1:1/;\nclient_id gateway;\nclient_secret_file $F/empty;",
    'empty', 'user_files eval' => "[['empty', \"\\n\"]]");
bad('an endpoint twice', "$T\nendpoint http://127.0.0.1:1/;", 'endpoint');
bad('an introspection with keys', "$T\n$J", '"jwks"');
bad('an introspection with algorithms', "$T\nalgorithms RS256;",
    '"algorithms"');
bad('an introspection with a cool-down', "$T\ncooldown 10s;", '"cooldown"');
for my $name (qw(cache_max inactive_max)) {
    bad("introspection: $name $_", "$T\n$name $_;", "\"$_\"")
        for qw(x -1s);
    bad("introspection: $name twice", "$T\n$name 5s;\n$name 5s;", $name);
}

bad('an introspection with an empty issuer', "$T\nissuer \"\";", 'issuer');

# good ones

my $ok = "type jwt;\n$I\n$A\n$J";
good('the least', $ok);
good('all that there is',
    "$ok\nalgorithms RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA;\nleeway 5m;\nidentity \$http_authorization;\ncache 64k;\ntoken_max 1m;\nheader_max 16k;\ntimeout 60s;\ncooldown 1h;\nparked_max 1;\nrevoked $F/revoked;",
    'user_files eval' => "[['revoked', \"# none\\n\\njti a\\nsub x y\\nkid z\\n\"]]");
good('authorities',
    "type jwt;\nissuer https://id.example.com jwks=$F/jwks.json;\nissuer https://127.0.0.1:1;\n$A\ntrusted_certificate $F/a.pem;",
    'user_files eval' => "[['a.pem', \$::Key->certificate]]");
good('the least values',
    "$ok\nleeway 0;\ncache off;\ntoken_max 1k; header_max 64;\ntimeout 100ms; cooldown 1s;\nparked_max 1;");
good('an issuer that is no URL, with keys',
    "type jwt;\nissuer \"any thing\";\n$A\n$J",
    token => "::token(iss => 'any thing')");
good('audiences of an issuer, and other ones',
    "type jwt;\nissuer https://id.example.com audience=dogs,cats jwks=$F/jwks.json;\n$A",
    token => "::token(aud => 'cats')");
good('one JWK', "type jwt;\n$I\n$A\njwks $F/one.json;",
    'user_files eval' => "[['one.json', Apigw::Token::json(\$::Key->jwk)]]");
good('a public key in PEM', "type jwt;\n$I\n$A\njwks $F/key.pem;",
    'user_files eval' => "[['key.pem', \$::Key->public_pem]]");
good('a certificate', "type jwt;\n$I\n$A\njwks $F/key.pem;",
    'user_files eval' => "[['key.pem', \$::Key->certificate]]");
good('several in PEM', "type jwt;\n$I\n$A\njwks $F/key.pem;",
    'user_files eval' => "[['key.pem', \$::Ring->key('rsa', 'RSA')->public_pem . \"text\\n\" . \$::Key->certificate]]");
good('a secret', "$s\nalgorithms HS256;\nsecret_file $F/a.secret;",
    'user_files eval' => "[['a.secret', 's' x 32 . \"\\n\"]]",
    token => "Apigw::Token::secret('HS256', 's' x 32, Apigw::Token::claims())");
good('a secret with a line feed of its own',
    "$s\nalgorithms HS512;\nsecret_file $F/a.secret;",
    'user_files eval' => "[['a.secret', 's' x 64 . \"\\n\\n\"]]",
    token => "Apigw::Token::secret('HS512', 's' x 64 . \"\\n\", Apigw::Token::claims())");
good('a secret in a JWK', "$s\nalgorithms HS256;\nsecret_file $F/a.secret;",
    'user_files eval' => "[['a.secret', Apigw::Token::json(Apigw::Token::oct(\"\\0\\1{\" . 's' x 32, kid => 'h1')) . \"\\n\"]]",
    token => "Apigw::Token::secret('HS256', \"\\0\\1{\" . 's' x 32, Apigw::Token::claims(), { kid => 'h1' })");
good('rules',
    "$ok\nrequire /a = 1;\nrequire /b in x y;\nrequire /c/d contains admin;\nrequire /e contains p q;\nrequire /f~1g = true;",
    token => "::token(a => 1, b => 'y', c => { d => ['user', 'admin'] }, e => 'r q p', 'f/g' => JSON::PP::true())");
good('a resolver',
    "type jwt;\nissuer https://id.example.com jwks=$F/jwks.json;\nissuer https://other.example/path/;\n$A",
    x_http => 'resolver 127.0.0.1:1;');
good('a provider that is not there does not keep nginx from starting',
    "type jwt;\nissuer https://id.example.com jwks=$F/jwks.json;\nissuer http://127.0.0.1:1;\nissuer http://[::1]:1/a;\nissuer x jwks=https://127.0.0.1:1/jwks;\n$A",
    x_http => "apigw_jwks_path $F/keys;");

no_long_string();
spec_string(CORE::join "\n", @Spec);
run_tests();
