# A key that a client has shown is nowhere: not with the upstream, in no log,
# and, once its request has ended, in the memory of no process.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'needs /proc/PID/mem' if !-r "/proc/$$/maps";

# written in two parts, so that this program's memory is of no matter

my %part = map { $_ => sprintf '%s-%05d', $_, 10000 + int rand 90000 }
    qw(header query cookie disabled elsewhere forward large);
my $tail = 'zQ7-secret-tail-' . int rand 1e6;
my %key = map { $_ => "$part{$_}-$tail" } keys %part;
my $unknown = "unknown-$$-$tail";

my $upstream = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64)
    or die "cannot listen: $!\n";
my $port = $upstream->sockport;

my @enabled = grep { $_ ne 'disabled' && $_ ne 'elsewhere' } sort keys %key;
my $csv = "Name,key,Enabled,usageplanIds\n"
    . join('', map { "$_,$key{$_},true,gold\n" } @enabled)
    . "disabled,$key{disabled},false,gold\n"
    . "elsewhere,$key{elsewhere},true,iron\n";

my $gw = Apigw::Gateway->new(workers => 2, files => { 'keys.csv' => $csv },
    http => <<"END");
    log_format all '\$request|\$request_uri|\$args|\$http_x_api_key|'
                   '\$http_cookie|\$http_referer|\$apigw_api_key_id';
    large_client_header_buffers 4 8k;
    apigw_usage_plan gold { throttle 1r/m burst=2; }
    apigw_usage_plan iron { throttle 1r/m burst=2; }
    apigw_api_keys %ROOT%/keys.csv;

    map \$http_x_other_key \$other_key {
        ""      \$cookie_key;
        default \$http_x_other_key;
    }

    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log all;
        apigw_usage_plans gold;
        apigw_api_key_required on;

        apigw_stage header {
            apigw_route "ANY /a" { proxy_pass http://127.0.0.1:$port; }
            apigw_route "ANY /r" { return 200 ok; }
            apigw_route "ANY /d" { deny all; }
        }
        apigw_stage query {
            apigw_api_key_source \$arg_key;
            apigw_route "ANY /a" { proxy_pass http://127.0.0.1:$port; }
            apigw_route "ANY /u" { proxy_pass http://127.0.0.1:$port/u/; }
            apigw_route "ANY /r" { return 200 ok; }
        }
        apigw_stage cookie {
            apigw_api_key_source \$other_key;
            apigw_route "ANY /a" { proxy_pass http://127.0.0.1:$port; }
        }
    }
END

# the upstream: all bytes that it gets are in a file

my $server = fork // die "cannot fork: $!\n";
if (!$server) {
    $SIG{TERM} = 'DEFAULT';
    open my $out, '>>', $gw->path('upstream') or POSIX::_exit(1);
    $out->autoflush(1);

    while (my $client = $upstream->accept) {
        my $text = '';
        while ($text !~ /\r\n\r\n/ && sysread $client, my $more, 65536) {
            $text .= $more;
        }
        print $out $text;
        print $client "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
        close $client;
    }
    POSIX::_exit(0);
}
close $upstream;

END { kill TERM => $server if $server }

$gw->must_start;

# all places of a text in the memory of a process

sub places {
    my ($pid, $text) = @_;
    my @places;

    open my $maps, '<', "/proc/$pid/maps" or return 'no maps';
    open my $memory, '<:raw', "/proc/$pid/mem" or return 'no memory';

    while (my $line = <$maps>) {
        my ($from, $to, $what) = $line
            =~ /^(\w+)-(\w+) r\S+ \S+ \S+ \S+\s*(.*)/ or next;
        next if $what =~ /^\[v/;
        no warnings 'portable';
        ($from, $to) = (hex $from, hex $to);

        my $rest = '';
        while ($from < $to) {
            my $n = $to - $from < 1 << 20 ? $to - $from : 1 << 20;
            sysseek $memory, $from, 0 or last;
            my $got = sysread $memory, my $bytes, $n or last;
            push @places, $what || 'anonymous' if index("$rest$bytes", $text) >= 0;
            $rest = substr $bytes, -length $text;
            $from += $got;
        }
    }

    return @places;
}

sub nowhere {
    my ($when) = @_;
    my @found;

    for my $pid ($gw->pid, $gw->children) {
        for my $name (sort keys %key) {
            push @found, map { "$name key in $_ of $pid" }
                places($pid, $key{$name});
        }
        push @found, map { "unknown key in $_ of $pid" }
            places($pid, $unknown);
    }

    is(join(', ', @found), '', "$when: no key in the memory of any process");
}

nowhere('after the start');

# that the search finds what is there: any other header

my $marker = "marker-$$-" . int rand 1e6;
my $marked = $gw->connect;
$marked->send('GET', '/header/r', headers => ['X-Marker' => $marker,
    'X-Api-Key' => $key{header}]);
is($marked->receive->{status}, 200, 'a header that is not a key');
my @there = map { places($_, $marker) } $gw->workers;
ok(scalar @there && "@there" !~ /no /, 'the search finds it');

# the connections are kept, to be looked at twice

my @connections;

sub ask {
    my ($what, $status, $target, @headers) = @_;
    my $connection = $gw->connect;
    $connection->send('GET', $target, headers => \@headers);
    my $response = $connection->receive;
    is($response->{status}, $status, $what);
    push @connections, $connection;
    return $response;
}

ask('a header', 200, '/header/a', 'X-Api-Key' => $key{header});
ask('a header, over the limit', 429, '/header/a', 'X-Api-Key' => $key{header});
ask('a header, refused by nginx', 403, '/header/d',
    'X-Api-Key' => $key{header});
ask('a header, unknown route', 403, '/header/none',
    'X-Api-Key' => $key{header});
ask('two headers', 403, '/header/a', 'X-Api-Key' => $key{header},
    'X-Api-Key' => $key{header});
ask('a disabled key', 403, '/header/a', 'X-Api-Key' => $key{disabled});
ask('a key of another plan', 403, '/header/a', 'X-Api-Key' => $key{elsewhere});
ask('an unknown key', 403, '/header/a', 'X-Api-Key' => $unknown);
ask('a header in a large buffer', 200, '/header/a', 'X-Long' => 'x' x 3000,
    'X-Api-Key' => $key{large}, 'X-Longer' => 'x' x 6000);
ask('the query', 200, "/query/a?a=b&key=$key{query}&c=d");
ask('the query, with a URI part', 200, "/query/u?key=$key{query}");
ask('the query, over the limit', 429, "/query/r?key=$key{query}");
ask('the query, unknown', 403, "/query/a?key=$unknown");
ask('the query, unknown route', 403, "/query/none?key=$key{query}");
ask('the query and a Referer', 200, "/query/a?key=$key{forward}",
    Referer => "http://localhost/query/a?key=$key{forward}");
ask('a cookie, by a map', 200, '/cookie/a',
    Cookie => "a=b; key=$key{cookie}; c=d");
ask('a header, by a map', 200, '/cookie/a', 'X-Other-Key' => $key{cookie});
ask('by a map, over the limit', 429, '/cookie/a',
    'X-Other-Key' => $key{cookie});

# several of one connection, the last one not ended

my $kept = $gw->connect;
$kept->write("GET /header/r HTTP/1.1\r\nHost: a\r\nX-Api-Key: $_\r\n\r\n"
    . "GET /query/r?key=$_ HTTP/1.1\r\nHost: a\r\n\r\n")
    for $key{disabled}, $unknown;
is($kept->receive->{status}, 403, "pipelined, $_") for 1 .. 4;

nowhere('while connections are open');
$_->close for @connections, $kept;
@connections = ();
sleep 0.2;
nowhere('when they are closed');

ok($gw->reload, 'a reload');
ok(Apigw::Gateway::wait_for(5, sub { $gw->children == 2 }),
    'the old workers leave');
nowhere('after a reload');

# logs and the upstream

my $bytes = $gw->read('upstream');
my @arrived = $bytes =~ /^GET /mg;
is(@arrived, 7, 'all that were to reach the upstream have done so');
like($bytes, qr{^GET /a\?a=b&key=\*+&c=d HTTP/1\.0\r$}m,
    'with stars in the place of a key');
is(index($bytes, $tail), -1, 'and without a key');

my $access = $gw->read('logs/access.log');
cmp_ok(scalar(split /^/, $access), '>=', 23, 'the access log is there');
is(index($access, $tail), -1, 'and has no key');
is(index($gw->log(0), $tail), -1, 'nor has the error log');
is_deeply([$gw->complaints], [], 'which is clean');

is($gw->stop, 0, 'it exits');

# what is not the request's must not be wiped: constants of HTTP/2, and values
# that the configuration sets

my $more = '/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so';
my $set = 'more_set_input_headers "X-Api-Key: ' . $key{header} . '";';

sub others {
    my ($main, $listen, $set) = @_;
    return Apigw::Gateway->new(main => $main, http => <<"END",
        apigw_usage_plan gold { throttle 1r/m burst=100; }
        apigw_usage_plan iron { throttle 1r/m burst=100; }
        apigw_api_keys %ROOT%/keys.csv;
        server {
            listen 127.0.0.1:%PORT% $listen;
            apigw_stage prod {
                apigw_usage_plans gold;
                apigw_api_key_required on;
                apigw_route "GET /keys.csv" { $set root %ROOT%; }
            }
        }
END
        files => { 'keys.csv' => $csv });
}

SKIP: {
    my $h2 = others('', 'http2', '');
    my ($ok, $said) = $h2->test;
    skip 'this nginx has no HTTP/2', 2 if !$ok && $said =~ /http2/;
    `h2load --version 2>/dev/null` or skip 'no h2load', 2;

    $h2->must_start;
    my $url = 'http://127.0.0.1:' . $h2->port . '/prod/keys.csv';
    $said = `h2load -n 20 -c 1 -m 1 -H 'X-Api-Key: $key{header}' $url`;
    like($said, qr/^status codes: 20 2xx, 0 3xx, 0 4xx, 0 5xx$/m,
        'twenty requests of an HTTP/2 connection');
    is_deeply([$h2->complaints], [], 'the log is clean');
}

SKIP: {
    my $given = others("load_module $more;", '', $set);
    my ($ok, $said) = $given->test;
    skip 'no headers-more that fits this nginx', 2
        if !$ok && $said =~ /headers_more/;

    $given->must_start;
    my @status = map { $given->status('/prod/keys.csv') } 1 .. 3;
    is("@status", '200 200 200', 'a key that the configuration sets');
    is_deeply([$given->complaints], [], 'the log is clean');
}

done_testing();
