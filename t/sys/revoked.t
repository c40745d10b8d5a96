# A revoked list that changes while nginx runs: each worker follows within a
# second, and a list that is bad, half written or gone changes nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Digest::SHA qw(hmac_sha256);
use Fcntl qw(SEEK_SET);
use MIME::Base64 qw(encode_base64url);
use Test::More;
use Time::HiRes qw(sleep time);

my $secret = 'a secret of thirty-two bytes or more';
my $slow = Apigw::Gateway::slow_factor();
my $second = 1 * $slow;

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
    files => {
        'key.json' => '{"kty":"oct","kid":"k1","alg":"HS256","k":"'
                      . encode_base64url($secret) . '"}',
        revoked => "# nothing\n",
    },
    http => <<'END');
    apigw_authorizer users {
        type        jwt;
        issuer      https://id.example.com;
        audience    pets;
        algorithms  HS256;
        secret_file %ROOT%/key.json;
        revoked     %ROOT%/revoked;
    }
    server {
        listen 127.0.0.1:%PORT%;
        keepalive_timeout 600s;
        keepalive_requests 1000000;
        apigw_stage prod {
            apigw_authorize users;
            add_header X-Pid $pid always;
            apigw_route "GET /a" { return 200 a; }
        }
    }
END

my $path = $gw->path('revoked');

sub token {
    my ($jti, $sub) = @_;
    my $now = int time;
    my $head = '{"alg":"HS256","kid":"k1"}';
    my $claims = qq({"iss":"https://id.example.com","aud":"pets",)
        . qq("iat":$now,"exp":@{[ $now + 3600 ]},"sub":"$sub","jti":"$jti"});
    my $input = join '.', map { encode_base64url($_) } $head, $claims;
    return "$input." . encode_base64url(hmac_sha256($input, $secret));
}

my %token = map { $_ => token("j-$_", "s-$_") } 'a' .. 'f';

# a connection to each of the workers

my %worker;

sub connect_all {
    %worker = ();
    my %pid = map { $_ => 1 } $gw->workers;
    my @kept;

    Apigw::Gateway::wait_for(20, sub {
        my $c = $gw->connect;
        $c->send('GET', '/prod/a');
        my $pid = $c->receive('GET')->{headers}{'x-pid'};
        push @kept, $c;
        $worker{$pid} //= $c if $pid && $pid{$pid};
        return keys %worker == keys %pid;
    }) or die "a worker answers nothing\n";
}

sub status_of {
    my ($c, $name) = @_;
    $c->send('GET', '/prod/a',
        headers => [Authorization => "Bearer $token{$name}"]);
    return $c->receive('GET')->{status};
}

# "a=401 b=200", of all workers

sub state_of {
    my (@names) = @_;
    return join ' | ', map {
        my $c = $_;
        join ' ', map { "$_=" . status_of($c, $_) } @names;
    } map { $worker{$_} } sort keys %worker;
}

sub both { return join ' | ', $_[0], $_[0] }

sub becomes {
    my ($want, $title, $reading) = @_;
    my @names = map { s/=.*//r } split ' ', $want;
    my $within = $second + ($reading // 0);
    my $since = time;
    my $state;

    while (1) {
        my $before = time;
        $state = state_of(@names);
        if ($state eq both($want)) {
            cmp_ok($before - $since, '<=', $within, $title);
            return;
        }
        if ($before - $since > $within + 2) {
            is($state, both($want), $title);
            return;
        }
        sleep 0.02;
    }
}

sub stays {
    my ($want, $seconds, $title) = @_;
    my @names = map { s/=.*//r } split ' ', $want;
    my $until = time + $seconds;
    my ($state, $n) = ('', 0);

    while (time < $until) {
        $state = state_of(@names);
        last if $state ne both($want);
        $n++;
        sleep 0.01;
    }

    is($state, both($want), $title);
}

sub append {
    my ($text) = @_;
    open my $out, '>>:raw', $path or die "$path: $!\n";
    syswrite $out, $text;
    close $out;
}

sub logged {
    my ($pattern) = @_;
    return scalar(() = $gw->log =~ /$pattern/g);
}

$gw->must_start;
connect_all();

is(state_of('a' .. 'f'), both(join ' ', map { "$_=200" } 'a' .. 'f'),
    'nothing is revoked');

$gw->write('revoked', "jti j-a\n");
becomes('a=401 b=200', 'a jti');

append("sub s-b\n");
becomes('a=401 b=401 c=200', 'a sub that is appended');
like($gw->log, qr/\[notice\] .*the revoked list "\Q$path\E" has been read: 2 values/,
    'the log says so');

my $answer = $gw->get('/prod/a',
    headers => [Authorization => "Bearer $token{a}"]);
like($answer->{headers}{'www-authenticate'}, qr/^Bearer error="invalid_token"/,
    'what is revoked is an invalid token');

append("jti j-c");
becomes('a=401 b=401 c=401 d=200', 'a last line without an end');

append("x\njti j-d\n");
becomes('a=401 b=401 c=200 d=401', 'which goes on');

# bad lists

$gw->mark;
$gw->write('revoked', "jti j-e\n\nnonsense\n");
stays('a=401 b=401 d=401 e=200', 1.5 * $slow, 'a bad list changes nothing');
is(logged(qr/\[error\] .* in \Q$path\E:3, the old list stays/), 2,
    'each worker says so once');
sleep 1.2;
is(logged(qr/\[error\]/), 2, 'and not again');

append("# more\n");
Apigw::Gateway::wait_for(5, sub { logged(qr/\[error\]/) >= 4 });
sleep 0.7;
is(logged(qr/\[error\] .* in \Q$path\E:3, the old list stays/), 4,
    'but for the next change');
is(state_of(qw(a e)), both('a=401 e=200'), 'which is not better');

$gw->mark;
$gw->write('revoked', \("jti " . 'x' x 2000 . "\n"));
stays('a=401 e=200', 1.2 * $slow, 'a line that is too long');
is(logged(qr/\[error\] .* in \Q$path\E:1, the old list stays/), 2,
    'is bad, too');

$gw->write('revoked', "jti j-e\n");
becomes('a=200 b=200 d=200 e=401', 'a good list again');

# no list

$gw->mark;
rename $path, "$path.away" or die $!;
stays('a=200 e=401', 1.7 * $slow, 'a list that is gone changes nothing');
is(logged(qr/\[error\] .*could not find the revoked list "\Q$path\E", the old list stays/),
    2, 'each worker says so once');

$gw->write('revoked', "sub s-a\n");
becomes('a=401 e=200', 'another one comes');

$gw->mark;
unlink $path;
mkdir $path;
stays('a=401 e=200', 1.5 * $slow, 'a directory changes nothing');
is(logged(qr/\[error\] .*the revoked list "\Q$path\E" is not a file/), 2,
    'each worker says so once');
rmdir $path;

$gw->write('revoked', '');
becomes('a=200 e=200', 'an empty list revokes nothing');

# an old date, the same length

$gw->write('revoked', "jti j-a\n");
becomes('a=401 b=200', 'a list');
my @stat = stat $path;

{
    open my $out, '+<:raw', $path or die $!;
    seek $out, 0, SEEK_SET;
    syswrite $out, "jti j-b\n";
    close $out;
    utime $stat[8], $stat[9], $path;
}

becomes('a=200 b=401', 'one of the same length and date');

# a list that is written in place, slowly

my $judged = 0;

for (1 .. 8) {
    my ($state, $pid) = ('');

    open my $out, '>:raw', $path or die $!;
    my $begin = time;
    sleep 0.04;
    syswrite $out, "jti j-a\njti ";
    sleep 0.03;
    syswrite $out, "j-b\n";
    close $out;
    my $took = time - $begin;

    if ($took > 0.09) {
        sleep 0.3;
        next;
    }

    $judged++;
    my $until = time + 0.9;
    my %seen;
    while (time < $until) {
        $seen{state_of('b')}++;
        sleep 0.01;
    }
    is_deeply([keys %seen], [both('b=401')],
        'what is in both is never accepted meanwhile');
}

cmp_ok($judged, '>', 0, 'this was seen');

# a long list: it is looked at within a second, and takes a while to be read

my $long = join '', "# long\n", map({ "jti other-$_\n" } 1 .. 300_000),
    "sub s-f\n";
$gw->write('revoked', \$long);
becomes('a=200 f=401', 'a list of 300,001 values', 2 * $slow);
like($gw->log, qr/has been read: 300001 values/, 'as the log says');

# all of a key

$gw->write('revoked', "kid k1\n");
becomes(join(' ', map { "$_=401" } 'a' .. 'f'), 'a kid');

# a reload, and lists that a configuration doesn't get

$gw->write('revoked', "jti j-b\n");
ok($gw->reload, 'a reload');
connect_all();
is(state_of(qw(a b)), both('a=200 b=401'), 'knows the list at once');

$gw->write('revoked', "jti j-b\nuser j-a\n");
my ($ok, $said) = $gw->test;
ok(!$ok, 'nginx -t with a bad list fails');
like($said, qr/\[emerg\] .* in \Q$path\E:2 in .*nginx\.conf:\d+/,
    'and says where');

unlink $path;
($ok, $said) = $gw->test;
ok(!$ok, 'nginx -t without a list fails');
like($said, qr/\[emerg\] could not open the revoked list "\Q$path\E" \(2: .* in .*nginx\.conf:\d+/,
    'and says why');

mkdir $path;
($ok, $said) = $gw->test;
ok(!$ok, 'nginx -t with a directory fails');
like($said, qr/\[emerg\] the revoked list "\Q$path\E" is not a file in/,
    'and says why');

is($gw->stop, 0, 'nginx stops');
is_deeply([$gw->complaints(qr/\[emerg\].*revoked/)], [],
    'nothing bad in the log');

done_testing();
