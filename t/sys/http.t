use strict;
use warnings;

# What nginx does with HTTP/2, TLS, bodies, 100-continue, streams and
# upgrades works through a route as through a location.

use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(sha1_base64);
use File::Temp 'tempdir';
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my ($ours) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

plan skip_all => 'TEST_NGINX_LOAD_MODULES is not set' if !defined $ours;

for my $tool (qw(curl openssl)) {
    plan skip_all => "no $tool" if system("command -v $tool >/dev/null");
}

$SIG{PIPE} = 'IGNORE';

my $root = tempdir(CLEANUP => 1);
mkdir "$root/logs";
my @pids;
END { my $status = $?; kill TERM => @pids; waitpid $_, 0 for @pids; $? = $status }

my @held;

sub free_port {
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', Listen => 1, ReuseAddr => 1) or die $!;
    push @held, $socket;
    return $socket->sockport;
}

my ($plain, $tls, $h2c, $backend) = map { free_port() } 1 .. 4;
@held = ();

system("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    . " -keyout $root/key.pem -out $root/cert.pem >/dev/null 2>&1") == 0
    or die 'openssl';

# The backend: answers as the path asks it to.

sub read_head {
    my ($client) = @_;
    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread $client, $head, 4096, length $head or return;
    }
    my ($first, $rest) = split /(?<=\r\n\r\n)/, $head, 2;
    return ($first, $rest // '');
}

sub serve {
    my ($client) = @_;
    my ($head, $body) = read_head($client) or return;

    if ($head =~ m{^GET /ws/}) {
        my ($key) = $head =~ /^Sec-WebSocket-Key: (\S+)/mi;
        my $accept = sha1_base64("$key" . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
        $accept .= '=' while length($accept) % 4;
        syswrite $client, "HTTP/1.1 101 Switching Protocols\r\n"
            . "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            . "Sec-WebSocket-Accept: $accept\r\n\r\n";
        while (sysread $client, my $bytes, 4096) {
            syswrite $client, "echo:$bytes";
        }
        return;
    }

    if ($head =~ m{^GET /slow}) {
        syswrite $client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst";
        sleep 0.4;
        syswrite $client, 'second';
        return;
    }

    if ($head =~ m{^POST /stream}) {
        # answers to each piece of the body as it comes
        syswrite $client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        syswrite $client, "[$body]" if length $body;
        my $seen = length $body;
        while ($seen < $length && sysread $client, my $part, 4096) {
            syswrite $client, "[$part]";
            $seen += length $part;
        }
        return;
    }

    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    while (length $body < ($length // 0)) {
        sysread $client, $body, 65536, length $body or last;
    }

    my ($proto) = $head =~ /^X-Forwarded-Proto: (\S+)/mi;
    my ($port) = $head =~ /^X-Forwarded-Port: (\S+)/mi;
    my ($line) = $head =~ /^(\S+ \S+)/;
    my $text = "$line|" . length($body) . '|' . md5_hex($body)
        . "|$proto|$port|" . ($head =~ /^Expect:/mi ? 'expect' : '');
    syswrite $client, "HTTP/1.1 200 OK\r\nContent-Length: " . length($text)
        . "\r\nConnection: close\r\n\r\n$text";
}

sub spawn {
    my ($code) = @_;
    my $pid = fork // die $!;
    if ($pid == 0) {
        @pids = ();
        $code->();
        POSIX::_exit(0);
    }
    push @pids, $pid;
    return $pid;
}

require POSIX;

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $backend, Listen => 50, ReuseAddr => 1) or die $!;

spawn(sub {
    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $client = $listener->accept or next;
        my $pid = fork // next;
        if ($pid == 0) {
            serve($client);
            POSIX::_exit(0);
        }
    }
});
close $listener;

open my $conf, '>', "$root/nginx.conf" or die $!;
print {$conf} <<"END";
load_module $ours;
daemon off;
master_process off;
error_log $root/logs/error.log info;
pid $root/logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path $root/body;
    proxy_temp_path $root/proxy;
    fastcgi_temp_path $root/fastcgi;
    uwsgi_temp_path $root/uwsgi;
    scgi_temp_path $root/scgi;
    proxy_http_version 1.1;
    map \$http_upgrade \$connection_upgrade { "" close; default upgrade; }

    server {
        listen 127.0.0.1:$plain;
        listen 127.0.0.1:$tls ssl http2;
        listen 127.0.0.1:$h2c http2;
        server_name localhost;
        ssl_certificate $root/cert.pem;
        ssl_certificate_key $root/key.pem;

        apigw_stage s {
            client_max_body_size 30m;
            apigw_route "ANY /echo/{id}" { proxy_pass http://127.0.0.1:$backend; }
            apigw_route "POST /small"    { client_max_body_size 1k; proxy_pass http://127.0.0.1:$backend; }
            apigw_route "GET /ws/{id}" {
                proxy_set_header Upgrade \$http_upgrade;
                proxy_set_header Connection \$connection_upgrade;
                proxy_pass http://127.0.0.1:$backend;
            }
            apigw_route "GET /slow"    { proxy_buffering off; proxy_pass http://127.0.0.1:$backend; }
            apigw_route "POST /stream" {
                proxy_buffering off;
                proxy_request_buffering off;
                proxy_pass http://127.0.0.1:$backend;
            }
            apigw_route "ANY /never"   { apigw_throttle 0r/s burst=0; proxy_pass http://127.0.0.1:$backend; }
            apigw_route "GET /once"    { apigw_throttle 1r/m burst=1; return 200 once; }
            apigw_route "GET /again"   { apigw_throttle 1r/m burst=1; return 200 again; }
            apigw_route "GET /text"    { return 200 "\$server_protocol \$uri"; }
            apigw_route "PUT /cors"    {
                apigw_cors origins=https://app.example.com methods=PUT headers=x-a credentials=on;
                apigw_mock 201 "made";
            }
        }
    }
}
END
close $conf;

spawn(sub {
    exec $nginx, '-p', $root, '-e', "$root/logs/error.log", '-c',
        "$root/nginx.conf";
    die "exec: $!";
});

for (1 .. 100) {
    last if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$plain");
    sleep 0.02;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

# curl => status, head, body

sub curl {
    my (@args) = @_;
    my $arguments = join ' ', map { "'$_'" } @args;
    my $status = `curl -sk -m 10 -D $root/head -o $root/out -w '%{http_code}' $arguments`;
    return ($status, slurp("$root/head"), slurp("$root/out"));
}

sub connect_plain {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$plain",
        Timeout => 3) || die "connect: $!";
}

# reads until the pattern matches, the peer closes, or time is up

sub read_until {
    my ($socket, $pattern, $timeout) = @_;
    my $text = '';
    my $until = time + ($timeout // 3);
    while ($text !~ $pattern) {
        my $rest = $until - time;
        last if $rest <= 0 || !IO::Select->new($socket)->can_read($rest);
        sysread $socket, $text, 65536, length $text or last;
    }
    return $text;
}

my $h2 = "http://127.0.0.1:$h2c/s";
my @prior = '--http2-prior-knowledge';

my ($status, $head, $body);

# HTTP/2

($status, $head, $body) = curl(@prior, "$h2/text");
is("$status $body", '200 HTTP/2.0 /text', 'h2: a route');
like($head, qr{^HTTP/2 200}, 'h2: it is HTTP/2');
like($head, qr{^x-amzn-requestid: [0-9a-f-]{36}\r}mi, 'h2: request id');

($status, $head, $body) = curl(@prior, "$h2/none");
is("$status $body", '403 {"message":"Missing Authentication Token"}',
    'h2: no route');
like($head, qr{^x-amzn-errortype: MissingAuthenticationTokenException\r}mi,
    'h2: error type');

($status, $head, $body) = curl(@prior, '--path-as-is', "$h2/x/../%74ext");
is("$status $body", '200 HTTP/2.0 /text', 'h2: a canonical path');

($status, undef, $body) = curl(@prior, "$h2/echo/1?a=b");
like($body, qr{^GET /echo/1\?a=b\|0\|}, 'h2: proxy_pass');

($status, undef, $body) = curl(@prior, '-I', "$h2/none");
is("$status", '403', 'h2: HEAD');

my @cors = ('-H', 'Origin: https://app.example.com');

($status, $head, $body) = curl(@prior, @cors, '-X', 'OPTIONS',
    '-H', 'Access-Control-Request-Method: PUT', "$h2/cors");
is("$status $body", '204 ', 'h2: a preflight');
like($head, qr{^access-control-allow-origin: https://app\.example\.com\r}m,
    'h2: its origin');
like($head, qr{^access-control-allow-methods: PUT\r}m, 'h2: its methods');
like($head, qr{^vary: Origin\r}m, 'h2: it varies');
unlike($head, qr{^content-}mi, 'h2: it has no body');

($status, $head, $body) = curl(@prior, @cors, '-X', 'PUT', "$h2/cors");
is("$status $body", '201 made', 'h2: what comes after the preflight');
like($head, qr{^access-control-allow-credentials: true\r}m, 'h2: credentials');

# curl 7.88 takes an early answer, and a second request, for an error

SKIP: {
    skip 'no nghttp', 2 if system('command -v nghttp >/dev/null');

    open my $data, '>', "$root/data" or die $!;
    print {$data} 'x' x 2000;
    close $data;
    like(scalar `nghttp -v -d $root/data $h2/small 2>&1`,
        qr/ :status: 413\n.*HTTP content length exceeded 1024 bytes/s,
        'h2: a body that is too large');

    my $out = `nghttp -v $h2/never $h2/text $h2/once "$h2/once?2" 2>&1`;
    my %status = $out =~ /recv \(stream_id=(\d+)\) :status: (\d+)/g;
    is(join(' ', map { $status{$_} } sort { $a <=> $b } keys %status),
        '429 200 200 429', 'h2: each stream is judged on its own');
}

SKIP: {
    skip 'no h2load', 1 if system('command -v h2load >/dev/null');
    my $out = `h2load -n 100 -c 2 -m 20 $h2/text 2>&1`;
    like($out, qr/100 succeeded, 0 failed.*\n.*100 2xx/, 'h2: many streams');
}

# TLS

($status, $head, $body) = curl('--http1.1', "https://127.0.0.1:$tls/s/echo/1");
like($body, qr/\|https\|$tls\|/, 'TLS: what the upstream is told');
($status, $head, $body) = curl('--http2', "https://127.0.0.1:$tls/s/text");
is("$status $body", '200 HTTP/2.0 /text', 'TLS: HTTP/2 by ALPN');
($status, undef, $body) = curl("http://127.0.0.1:$plain/s/echo/1");
like($body, qr/\|http\|$plain\|/, 'no TLS: what the upstream is told');

# bodies

my $large = join '', map { pack 'N', $_ * 2654435761 % 4294967296 } 1 .. 5 * 1024 * 1024;
open my $file, '>:raw', "$root/large" or die $!;
print {$file} $large;
close $file;
my $digest = length($large) . '|' . md5_hex($large);
undef $large;

($status, undef, $body) = curl('--data-binary', "\@$root/large",
    "http://127.0.0.1:$plain/s/echo/1");
like($body, qr{^POST /echo/1\|\Q$digest\E\|}, '20 MB, Content-Length');
like($body, qr/\|$/, '... and no Expect for the upstream');

($status, undef, $body) = curl('-H', 'Transfer-Encoding: chunked',
    '--data-binary', "\@$root/large", "http://127.0.0.1:$plain/s/echo/1");
like($body, qr{^POST /echo/1\|\Q$digest\E\|}, '20 MB, chunked');

($status, undef, $body) = curl(@prior, '--data-binary', "\@$root/large",
    "$h2/echo/1");
like($body, qr{^POST /echo/1\|\Q$digest\E\|}, '20 MB, HTTP/2');

# Expect: 100-continue

my $socket = connect_plain();
print {$socket} "POST /s/echo/1 HTTP/1.1\r\nHost: localhost\r\n"
    . "Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n";
my $text = read_until($socket, qr/\r\n\r\n/);
like($text, qr{^HTTP/1\.1 100 Continue\r\n\r\n$}, '100-continue');
print {$socket} 'abc';
$text = read_until($socket, qr/POST.*\|$/s);
like($text, qr{^HTTP/1\.1 200 OK.*POST /echo/1\|3\|}s, '... and its answer');

for my $case (['/s/never', 429], ['/s/none', 403], ['/s/small', 413]) {
    my ($path, $code) = @$case;
    $socket = connect_plain();
    print {$socket} "POST $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Expect: 100-continue\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n";
    $text = read_until($socket, qr/"message":"[^"]+"\}/);
    like($text, qr{^HTTP/1\.1 $code }, "100-continue: $code at once");
}

# streams

$socket = connect_plain();
my $begin = time;
print {$socket} "GET /s/slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
$text = read_until($socket, qr/first/);
my $first = time - $begin;
like($text, qr/first(?!.*second)/s, 'the first part of a stream');
cmp_ok($first, '<', 0.3, '... comes before the second');
$text = read_until($socket, qr/second/);
like($text, qr/second/, '... which comes, too');

$socket = connect_plain();
print {$socket} "POST /s/stream HTTP/1.1\r\nHost: localhost\r\n"
    . "Content-Length: 6\r\nConnection: close\r\n\r\nabc";
$text = read_until($socket, qr/\[abc\]/);
like($text, qr/\[abc\]/, 'a request body is streamed');
print {$socket} 'def';
$text = read_until($socket, qr/\[def\]/);
like($text, qr/\[def\]/, '... part by part');

# WebSocket

$socket = connect_plain();
print {$socket} "GET /s/ws/7 HTTP/1.1\r\nHost: localhost\r\n"
    . "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
$text = read_until($socket, qr/\r\n\r\n/);
like($text, qr{^HTTP/1\.1 101 }, 'WebSocket: the upgrade');
like($text, qr{^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r}m,
    'WebSocket: the key is the upstream\'s');
print {$socket} "\x81\x85\x00\x00\x00\x00hello";
$text = read_until($socket, qr/hello/);
is($text, "echo:\x81\x85\x00\x00\x00\x00hello", 'WebSocket: a frame and back');
print {$socket} 'again';
$text = read_until($socket, qr/again/);
is($text, 'echo:again', 'WebSocket: and another');
close $socket;

$socket = connect_plain();
print {$socket} "GET /s/never HTTP/1.1\r\nHost: localhost\r\n"
    . "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
$text = read_until($socket, qr/\}/);
like($text, qr{^HTTP/1\.1 429 }, 'WebSocket: an upgrade that is refused');

# pipelined requests behind a refusal

$socket = connect_plain();
print {$socket} join '', map { "$_ HTTP/1.1\r\nHost: localhost\r\n"
    . ($_ =~ /^POST/ ? "Content-Length: 5\r\n\r\n12345" : "\r\n") }
    'GET /s/never', 'GET /s/again', 'POST /s/never', 'GET /s/again',
    'GET /s/text', 'POST /s/none', 'GET /s/text';
print {$socket} "GET /s/text HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
$text = read_until($socket, qr/\A\z./);
my @all = $text =~ m{HTTP/1\.1 (\d+) }g;
is("@all", '429 200 429 429 200 403 200 200',
    'pipelined requests are judged on their own');

my @alerts = slurp("$root/logs/error.log") =~ /^.*\[(?:alert|emerg|crit)\].*$/mg;
is("@alerts", '', 'no alerts');

done_testing();
