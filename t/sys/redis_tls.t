# The ways to Redis: TLS, Unix domain sockets, passwords, users, databases; and
# that the password is in no log.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::RedisServer;
use File::Temp ();
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => $_ for Apigw::RedisServer::missing();
plan skip_all => 'no openssl' if system('command -v openssl >/dev/null');

# a new day would give new units

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 90;

my $limit = 300;
my $password = 'Never-In-A-Log-8d1f77';
my $wrong = 'Nor-This-One-93b2ac';
my $dir = File::Temp::tempdir('apigw-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

sub openssl {
    my ($command) = @_;
    my $text = `cd $dir && openssl $command 2>&1`;
    die "openssl $command:\n$text" if $?;
}

sub authority {
    my ($name) = @_;
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$name"
        . " -keyout $name.key -out $name.pem");
}

sub certificate {
    my ($name, $ca, $names) = @_;
    open my $out, '>', "$dir/$name.ext" or die "$!\n";
    print $out "subjectAltName=$names\n";
    close $out;
    openssl("req -newkey rsa:2048 -nodes -subj /CN=$name -keyout $name.key"
        . " -out $name.csr");
    openssl("x509 -req -days 2 -in $name.csr -CA $ca.pem -CAkey $ca.key"
        . " -CAcreateserial -extfile $name.ext -out $name.pem");
}

authority($_) for qw(good other);
certificate('server', 'good', 'DNS:redis.example,IP:127.0.0.1');
certificate('named', 'good', 'DNS:redis.example');

my $tls = Apigw::Gateway::free_port();
my $redis = Apigw::RedisServer->new(options => {
    'tls-port'         => $tls,
    'tls-cert-file'    => "$dir/server.pem",
    'tls-key-file'     => "$dir/server.key",
    'tls-ca-cert-file' => "$dir/good.pem",
    'tls-auth-clients' => 'no',
});
eval { $redis->start } or plan skip_all => "a Redis without TLS: $@";

my $port = $redis->port;
my $socket = $redis->path('socket');
my $plain = "redis://127.0.0.1:$port";
my $secure = "rediss://127.0.0.1:$tls";
my @files = ("$password\n", "$password\r\n", $password, "$wrong\n");
my @keys = map { "key$_" } 1 .. 60;
my $next = 0;

sub secret { return "$_[0]-0123456789abcdef0123" }

sub http {
    my ($redis) = @_;
    return <<"END";
    log_format mode '\$status \$apigw_quota_mode';
    apigw_limit_log_level info;
    apigw_redis $redis timeout=500ms;
    apigw_usage_plan plan { quota $limit/day; }
@{[ map { "    apigw_api_key $_ key=" . secret($_) . " plan=plan id=$_;\n" }
    @keys ]}
    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log mode;
        apigw_usage_plans plan;
        apigw_api_key_required on;
        apigw_stage s { apigw_route "GET /a" { return 200 ok; } }
    }
END
}

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
    http => http($plain), files => {
        map { ("password$_" => \$files[$_]) } 0 .. $#files });
my $file = 'password_file=' . $gw->path('password');

sub configure {
    my ($redis) = @_;
    $gw->configure(http => http($redis));
    $gw->stop;
    return $gw->start;
}

sub load {
    my ($key, %opt) = @_;
    return $gw->load(target => '/s/a', processes => 1, connections => 8,
        headers => ['X-Api-Key' => secret($key)], %opt);
}

# It works: for each worker, and for recalls

sub works {
    my ($name, $url, $db) = @_;
    my $key = $keys[$next++];
    ok(configure($url), "$name: a start");

    ok(Apigw::Gateway::wait_for(10, sub {
        (load($key, requests => 8)->{200} || 0) == 8
    }), "$name: it works");

    $redis->command('SELECT', $db || 0);
    cmp_ok($redis->fields("apigw:1:{plan/$key}")->{held} // 0, '>', 0,
        "$name: so says Redis");
    ok(Apigw::Gateway::wait_for(5, sub {
        $redis->command(qw(PUBSUB CHANNELS apigw:*))->[0]
    }), "$name: recalls are listened to");

    # a slow machine may take longer than the timeout at first

    is(join('', grep { /\[(?:error|warn|crit|alert)\]/ && !/not exact/ }
        split /^/, $gw->log), '', "$name: nothing bad in the log");
    return $key;
}

# It does not work: that is said once by each worker

sub refused {
    my ($name, $url, $why) = @_;
    my $key = $keys[$next++];
    ok(configure($url), "$name: a start");

    is_deeply(load($key, requests => 24), { 503 => 24 }, "$name: refused");
    Apigw::Gateway::wait_for(5, sub { 2 <= (() = $gw->log =~
        /\[error\] .*the Redis server \S+ is not available: $why/g) });

    # a worker may find another reason the next time

    my (%who, @lines);
    for ($gw->log) {
        while (/ (\d+)#.*the Redis server \S+ is not available: (.*)/g) {
            $who{$1}++;
            push @lines, $2;
        }
    }
    ok(keys %who == 2 && @lines <= 6, "$name: two workers say so")
        or diag(join "\n", @lines);
    like($lines[0], qr/^$why/, "$name: and why");
    is_deeply($redis->fields("apigw:1:{plan/$key}"), {},
        "$name: nothing in Redis");
}

sub drain {
    my ($key, $name) = @_;
    my ($got, $count) = (0, {});
    my $end = time + 15 * Apigw::Gateway::slow_factor();

    while (time < $end) {
        $count = load($key, requests => 80);
        $got += $count->{200} || 0;
        last if ($count->{429} || 0) == 80;
        sleep 0.05 if !$count->{200};
    }

    is_deeply($count, { 429 => 80 }, "$name: used up");
    return $got;
}

my $ca = "tls_ca=$dir/good.pem";
my $invalid = 'its certificate is not valid: ';
my $other = 'its certificate is not for this host: ';

works('plain', $plain);
works('a socket', "unix:$socket");
works('a database', "$plain/3", 3);
$redis->command('SELECT', 0);

my $key = works('TLS', "$secure $ca");
is(drain($key, 'TLS'), $limit - 8, 'TLS: exactly the limit');
works('TLS, a database', "$secure/5 $ca", 5);
$redis->command('SELECT', 0);
works('TLS, a name', "$secure $ca tls_name=redis.example");
refused('TLS, another name', "$secure $ca tls_name=redis.test", $other);
refused('TLS, another host', "rediss://localhost:$tls $ca", $other);
refused('TLS, another authority', "$secure tls_ca=$dir/other.pem", $invalid);
refused("TLS, the system's authorities", $secure, $invalid);
refused('TLS, a server without it', "rediss://127.0.0.1:$port $ca", '');
refused('no TLS, a server with it', "redis://127.0.0.1:$tls", '');

$redis->command(qw(CONFIG SET tls-auth-clients yes));
refused('TLS, a server that wants our certificate', "$secure $ca", '');
$redis->command(qw(CONFIG SET tls-auth-clients no));

$redis->command('CONFIG', 'SET', 'tls-cert-file', "$dir/named.pem",
    'tls-key-file', "$dir/named.key");
refused('TLS, no address in the certificate', "$secure $ca", $other);
works('TLS, but a name', "$secure $ca tls_name=redis.example");

# it comes back by itself

{
    my $key = $keys[$next++];
    $gw->mark;
    $redis->stop;
    my $count = load($key, requests => 16);
    is_deeply($count, { 503 => 16 }, 'TLS, a restart: refused meanwhile');
    $redis->start;
    my $got = 0;
    ok(Apigw::Gateway::wait_for(15, sub {
        my $n = load($key, requests => 8, connections => 8)->{200} || 0;
        $got += $n;
        return $n == 8;
    }), 'TLS, a restart: it comes back');
    is(drain($key, 'TLS, a restart') + $got, $limit,
        'TLS, a restart: exactly the limit');
}

# Passwords: with all that nginx can log

$gw->configure(log_level => 'debug');

sub lock_up {
    $redis->command(qw(CLIENT KILL TYPE normal SKIPME yes));
    $redis->command(qw(CLIENT KILL TYPE pubsub));
}

$redis->command(qw(CONFIG SET requirepass), $password);
$redis->command('AUTH', $password);
lock_up();

works("a password, file $_", "$plain ${file}$_") for 0 .. 2;
works('a password, TLS', "$secure $ca ${file}0");
refused('no password', $plain, 'it refused the connection: "NOAUTH');
refused('a wrong password', "$plain ${file}3",
    'authentication failed: "WRONGPASS');
refused('a wrong password, TLS', "$secure $ca ${file}3",
    'authentication failed: "WRONGPASS');

# A user who has the permissions that the documentation asks for

my ($setuser) = do {
    open my $in, '<', "$FindBin::Bin/../../docs/redis.md" or die "$!\n";
    local $/;
    <$in> =~ /^\s*(ACL SETUSER gateway [^`]*?)\s*(?:```|\n\n)/m;
};
like($setuser, qr/on >secret ~apigw/, 'the documentation has a user');
is($redis->command(split ' ', $setuser =~ s/>secret/>$password/r), 'OK',
    'Redis has it, too');

works('a user', "$plain user=gateway ${file}0");
refused('a user who is unknown', "$plain user=nobody ${file}0",
    'authentication failed: "WRONGPASS');
works('a user, TLS, a database', "$secure/2 $ca user=gateway ${file}0", 2);
$redis->command('SELECT', 0);

# What is refused when the configuration is read has no password, either

for my $line ("redis://:$password\@127.0.0.1:$port",
    "redis://user:$password\@127.0.0.1:$port", "$plain password=$password",
    "$plain user=gateway", "$plain password_file=/nonexistent")
{
    ok(!configure($line), 'refused: '
        . ($line =~ s/$password/***/gr =~ s/\d+\.\d+\.\d+\.\d+\S*/.../r));
}

my $log = $gw->log(0) . $gw->read('logs/stderr') . $gw->read('logs/access.log');
like($log, qr/\[debug\]/, 'the log has all that there is');
for my $secret ($password, $wrong) {
    my @lines = grep { /\Q$secret/i } split /\n/, $log;
    is("@lines", '', 'a password is in no log');
}

my $expected = qr/\[emerg\]|certificate required/;
is_deeply([$gw->complaints($expected)], [], 'nothing bad in the log');

done_testing();
