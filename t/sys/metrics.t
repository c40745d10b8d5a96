# Whether what is counted is true: by the access log, by clients and over
# reloads and deaths of workers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use IO::Select ();
use IO::Socket::INET ();
use JSON::PP qw(decode_json);
use List::Util qw(sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my %key = map { $_ => "$_-key-0123456789abcdef" } qw(alice bob);
my $backend = backend();
my $gw;

my %routes = (
    'GET /ok'      => 'return 200 "ok\n";',
    'GET /moved'   => 'return 301 /elsewhere;',
    'GET /bad'     => 'return 400;',
    'GET /broken'  => 'return 500;',
    'GET /dead'    => 'proxy_pass http://127.0.0.1:1;',
    'GET /early'   => 'apigw_throttle 1r/m burst=2; return 200 "ok\n";',
    'ANY /back'    => "proxy_pass http://127.0.0.1:$backend/;",
    'GET /cached'  => "proxy_cache c; proxy_cache_valid 200 1h;"
        . " proxy_pass http://127.0.0.1:$backend/;",
    'GET /gold'    => 'apigw_api_key_required on; return 200 "gold\n";',
);

sub http {
    my (%opt) = (zone => '1m', without => '', more => '', metrics => 1, @_);
    my $routes = join "\n", map { "apigw_route \"$_\" { $routes{$_} }" }
        grep { $_ ne $opt{without} } sort keys %routes;
    my $metrics = $opt{metrics}
        ? 'location = /metrics { access_log off; apigw_metrics; }' : '';

    return <<"END";
    apigw_zone $opt{zone};
    apigw_usage_plan gold { throttle 1r/m burst=5; }
    apigw_usage_plan poor { quota 3/day; }
    apigw_api_keys %ROOT%/keys.csv;
    proxy_cache_path %ROOT%/cache keys_zone=c:1m;
    log_format truth '\$apigw_stage|\$apigw_route|\$status|\$request_length|'
                     '\$bytes_sent|\$request_time|\$apigw_integration_latency|'
                     '\$upstream_cache_status|\$apigw_error_type';
    keepalive_requests 100000;

    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/truth.log truth;
        $metrics

        apigw_usage_plans gold poor;
        apigw_stage prod {
            $routes
            $opt{more}
        }
        apigw_stage slow {
            apigw_route "GET /back" { proxy_pass http://127.0.0.1:$backend/; }
        }
    }
END
}

# GET /?d=ms&n=bytes: an answer of so many bytes after so long

sub backend {
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 512,
        ReuseAddr => 1) or die "cannot listen: $!\n";
    my $parent = $$;
    my $pid = fork // die "cannot fork: $!\n";
    return $listen->sockport if $pid;

    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    Apigw::Gateway::die_with_parent($parent);

    my $select = IO::Select->new($listen);
    my (%text, @due);

    while (1) {
        my $now = time;
        my $wait = 0.5;
        for my $answer (@due) {
            my $left = $answer->[0] - $now;
            $wait = $left if $left < $wait;
        }

        for my $socket ($wait > 0 ? $select->can_read($wait) : ()) {
            if ($socket == $listen) {
                $select->add($listen->accept // next);
                next;
            }

            my $n = sysread $socket, $text{$socket}, 65536,
                length($text{$socket} // '');
            if (!$n) {
                $select->remove($socket);
                delete $text{$socket};
                close $socket;
                next;
            }

            my ($body) = $text{$socket} =~ /\r\n\r\n(.*)/s or next;
            my ($length) = $text{$socket} =~ /^Content-Length: (\d+)/mi;
            next if length $body < ($length // 0);

            my ($delay) = $text{$socket} =~ /[?&]d=(\d+)/;
            my ($size) = $text{$socket} =~ /[?&]n=(\d+)/;
            push @due, [$now + ($delay // 0) / 1000, $socket, $size // 3];
            $select->remove($socket);
            delete $text{$socket};
        }

        $now = time;
        my @later;
        for my $answer (sort { $a->[0] <=> $b->[0] } @due) {
            my ($at, $socket, $size) = @$answer;
            push(@later, $answer), next if $at > $now;
            $socket->blocking(1);
            print $socket "HTTP/1.0 200 OK\r\nContent-Length: $size\r\n\r\n",
                'x' x $size;
            close $socket;
        }
        @due = @later;
        POSIX::_exit(0) if getppid() != $parent;
    }
}

# A client that counts bytes

my (%sent, %received, %status);

sub ask {
    my ($method, $target, %opt) = @_;
    my $body = $opt{body} // '';
    my $text = join "\r\n", "$method $target HTTP/1.1", 'Host: localhost',
        'Connection: close', ($opt{key} ? "X-Api-Key: $key{$opt{key}}" : ()),
        (length $body ? 'Content-Length: ' . length $body : ()), '', $body;

    my $connection = $gw->connect;
    $connection->write($text);
    1 while $connection->fill;

    my ($stage) = $target =~ m{^/(\w+)};
    $sent{$stage} += length $text;
    $received{$stage} += length $connection->{buffer};
    my ($status) = $connection->{buffer} =~ m{^HTTP/1.1 (\d{3})};
    $status{$stage}{ int $status / 100 }++;
    return $status;
}

$gw = Apigw::Gateway->new(workers => 2,
    log_level => 'notice', http => http(), files => { 'keys.csv' => join "\n",
        'Name,key,Enabled,usageplanIds,id', "alice,$key{alice},true,gold,alice",
        "bob,$key{bob},true,poor,bob", '' });
$gw->must_start;

sub figures {
    my $response = $gw->get('/metrics?format=json');
    die "metrics: $response->{status}\n" if $response->{status} != 200;
    return decode_json($response->{body});
}

# By stage, and by stage and route: what the log says

sub truth {
    my (%stages, %routes);

    for my $line (split /\n/, $gw->read('logs/truth.log')) {
        my ($stage, $route, $status, $received, $sent, $time, $integration,
            $cache, $error) = split /\|/, $line, -1;
        next if $stage !~ /^\w/;

        for my $series (\$stages{$stage},
            $route =~ /^[A-Z]/ ? \$routes{"$stage $route"} : ())
        {
            $$series->{total}[0]++;
            $$series->{total}[int $status / 100]++;
            $$series->{total}[6] += $received;
            $$series->{total}[7] += $sent;
            $$series->{total}[8]++ if $cache eq 'HIT';
            $$series->{total}[9]++ if $cache =~ /MISS|EXPIRED/;
            push @{ $$series->{times} }, $time * 1000;
            push @{ $$series->{integrations} }, $integration
                if $integration =~ /^\d/;
            $$series->{errors}{$error}++ if $error =~ /^[A-Z]/;
        }
    }

    for my $series (values %stages, values %routes) {
        $series->{total}[$_] //= 0 for 0 .. 9;
        $series->{integrations} ||= [];
    }

    return (\%stages, \%routes);
}

sub mean { @_ ? sum0(@_) / @_ : 0 }

sub quantile {
    my ($q, @values) = @_;
    @values = sort { $a <=> $b } @values;
    return $values[ POSIX::ceil($q * @values) - 1 ];
}

# The log of a request is written after the client has its answer.

my $requests = 0;

sub settle {
    Apigw::Gateway::wait_for(10, sub {
        $requests <= grep { /^(?:prod|slow)/ } split /\n/,
            $gw->read('logs/truth.log');
    });
}

# what the gateway says and what the log says, in the same form

sub both {
    my (%opt) = @_;
    my ($stages, $routes) = truth();
    my $got = figures();
    my (%figures, %truth);

    for my $s (@{ $got->{stages} }) {
        my %errors;
        $errors{ $got->{errors}[$_] } = $s->{errors}[$_]
            for grep { $s->{errors}[$_] } 0 .. $#{ $s->{errors} };
        $figures{ $s->{stage} } = { total => $s->{total},
            integrations => $s->{integration}[4], errors => \%errors };
    }

    for my $r ($opt{stages} ? () : @{ $got->{routes} }) {
        $figures{"$got->{stages}[$r->{s}]{stage} $r->{route}"} = {
            total => $r->{total}, integrations => $r->{integration}[4] };
    }

    for my $name (keys %$stages) {
        my $s = $stages->{$name};
        $truth{$name} = { total => $s->{total},
            integrations => scalar @{ $s->{integrations} },
            errors => $s->{errors} || {} };
    }

    for my $name ($opt{stages} ? () : keys %$routes) {
        next if $opt{without} && $name eq $opt{without};
        $truth{$name} = { total => $routes->{$name}{total},
            integrations => scalar @{ $routes->{$name}{integrations} } };
    }

    return ($got, $stages, \%figures, \%truth);
}

# as text, whether a number was read from JSON or from a log

sub numbers {
    my ($data) = @_;
    return "$data" if !ref $data;
    return join ',', '[', (map { numbers($_) } @$data), ']'
        if ref $data eq 'ARRAY';
    return join ',', '{', (map { $_, numbers($data->{$_}) } sort keys %$data),
        '}';
}

# Requests that a client has lost may come to their end meanwhile.

sub compare {
    my ($when, %opt) = @_;
    my ($got, $stages, $figures, $truth);
    my $wrong = '';

    settle();
    Apigw::Gateway::wait_for(10, sub {
        ($got, $stages, $figures, $truth) = both(%opt);
        return numbers($figures) eq numbers($truth);
    });

    for my $s (@{ $got->{stages} }) {
        for my $mean ([latency => 'times'], [integration => 'integrations']) {
            my $truth = mean(@{ $stages->{ $s->{stage} }{ $mean->[1] } });
            $wrong .= "$s->{stage}: $s->{$mean->[0]}[3], not $truth\n"
                if abs($truth - $s->{$mean->[0]}[3]) > 0.002;
        }
    }

    is($wrong, '', "$when: means");
    is_deeply($figures, $truth, "$when: all stages and routes");
    return $got;
}

sub both_work {
    my ($workers) = @_;
    return Apigw::Gateway::wait_for(10, sub {
        figures()->{workers} == $workers;
    });
}

# All kinds of requests

my @asked = (
    [GET => '/prod/ok'], [GET => '/prod/moved'], [GET => '/prod/bad'],
    [GET => '/prod/broken'], [GET => '/prod/dead'], [GET => '/prod/none'],
    [GET => '/prod/back?n=0'], [GET => '/prod/back?n=100000'],
    [HEAD => '/prod/back?n=100000'],
    [POST => '/prod/back', body => 'a body of some bytes'],
    [POST => '/prod/back?n=1000', body => 'x' x 300_000],
    [PUT => '/prod/ok'],
    [GET => '/prod/cached?n=50'], [GET => '/prod/cached?n=50'],
    [GET => '/prod/cached?n=51'], [GET => '/prod/cached?n=50'],
    [GET => '/prod/back?d=120'], [GET => '/slow/back?d=30'],
    [GET => '/prod/early'], [GET => '/prod/early'], [GET => '/prod/early'],
    [GET => '/prod/gold'], [GET => '/prod/gold', key => 'alice'],
);

is(both_work(2), 1, 'each worker has a slot');

ask(@$_), $requests++ for @asked;
my $got = compare('one of each');

my ($prod) = grep { $_->{stage} eq 'prod' } @{ $got->{stages} };
is($prod->{total}[6], $sent{prod}, 'the bytes that clients sent');
is($prod->{total}[7], $received{prod}, 'the bytes that clients received');
is_deeply([@{ $prod->{total} }[1 .. 5]],
    [map { $status{prod}{$_} // 0 } 1 .. 5], 'statuses as clients saw them');
is($prod->{total}[8], 2, 'hits of the cache');
is($prod->{total}[9], 2, 'and misses');
is_deeply({ map { $prod->{errors}[$_] ? ($got->{errors}[$_],
    $prod->{errors}[$_]) : () } 0 .. $#{ $got->{errors} } }, {
    INTEGRATION_FAILURE => 1, MISSING_AUTHENTICATION_TOKEN => 2,
    THROTTLED => 1, INVALID_API_KEY => 1, DEFAULT_4XX => 1, DEFAULT_5XX => 1,
}, 'gateway responses');

# What no stage has is not counted

$gw->status($_) for '/unknown/ok', '/', '/metrics';
compare('requests to no stage');

# Plans and consumers

my %seen;
for my $who ((qw(alice bob)) x 9) {
    $seen{$who}{ ask(GET => '/prod/gold', key => $who) }++;
    $requests++;
}
is_deeply(\%seen, { alice => { 200 => 4, 429 => 5 },
    bob => { 200 => 3, 429 => 6 } }, 'throttled, and without quota');

$got = compare('plans');
is_deeply({ map { my $p = $_; $p->{plan} => { map { $_ => $p->{$_} } grep {
    $_ ne 'plan' } keys %$p } } @{ $got->{plans} } }, {
    gold => { admitted => 5, throttled => 5, quotaExceeded => 0,
        quotaUnavailable => 0 },
    poor => { admitted => 3, throttled => 0, quotaExceeded => 6,
        quotaUnavailable => 0 },
}, 'what plans have said');
is_deeply({ map { $_->{id} => [@$_{qw(count refused error)}] }
    @{ $got->{consumers} } }, { alice => [10, 5, 0], bob => [9, 6, 0] },
    'consumers');

# Latencies, of a backend that takes 100 to 400 ms

my $load = $gw->load(connections => 64, requests => 400,
    target => sub { '/slow/back?d=' . (100 + int 300 * rand) });
is_deeply($load, { 200 => 400 }, 'a slow backend');
$requests += 400;

$got = compare('a slow backend');
my ($stages) = truth();
my ($slow) = grep { $_->{stage} eq 'slow' } @{ $got->{stages} };

for my $case (['latency', 'times'], ['integration', 'integrations']) {
    my ($name, $list) = @$case;
    my @times = @{ $stages->{slow}{$list} };
    for my $i (0 .. 2) {
        my $q = (0.5, 0.9, 0.99)[$i];
        my $truth = quantile($q, @times);
        my $off = abs($slow->{$name}[$i] - $truth) / $truth;
        cmp_ok($off, '<', 0.03, "$name: p" . 100 * $q . " is $truth ms");
    }
}

# A reload in the middle of a load; sums that go down are remembered

my (@down, %last);

sub watch {
    my $now = figures();
    my %now = map { ("stage $_->{stage}" => $_->{total}) }
        @{ $now->{stages} };
    $now{ "route $now->{stages}[$_->{s}]{stage} $_->{route}" } = $_->{total}
        for @{ $now->{routes} };
    $now{"plan $_->{plan}"} = [@$_{qw(admitted throttled quotaExceeded)}]
        for @{ $now->{plans} };

    for my $name (keys %now) {
        my $before = $last{$name} or next;
        push @down, $name
            if grep { $now{$name}[$_] < $before->[$_] } 0 .. $#$before;
    }
    %last = (%last, %now);
    return $now;
}

sub target {
    my ($process, $n) = @_;
    my @targets = ('/prod/ok', '/prod/moved', '/prod/cached?n=9',
        '/prod/back?n=200', '/slow/back', '/prod/none');
    return $targets[$n % @targets];
}

sub counted_load {
    my ($name, $code) = @_;
    my $load = $gw->load(connections => 16, requests => 3000,
        target => \&target, meanwhile => $code);
    my $lost = delete $load->{lost} // 0;
    $requests += $_ for values %$load;
    cmp_ok($lost, '<', 100, "$name: few requests are lost");
    watch();
    my $got = compare($name);
    return $got;
}

counted_load('a reload', sub {
    for (1 .. 3) {
        watch() for 1 .. 5;
        $gw->reload or die "the reload was refused\n";
    }
    watch() for 1 .. 5;
});
is(both_work(2), 1, 'the new workers have the slots of the old ones');

# Workers that are killed between loads

my $killed = qr/worker process \d+ exited on signal 9/;

for my $n (1 .. 2) {
    my %old = map { $_ => 1 } $gw->workers;
    kill KILL => keys %old;
    Apigw::Gateway::wait_for(10, sub {
        my @now = grep { !$old{$_} } $gw->workers;
        return @now == 2;
    });
    compare("workers were killed, $n");
    counted_load("after a kill, $n", sub { });
}
is(both_work(2), 1, 'they have the slots of the dead');

# More workers than slots, then fewer

for my $workers (4, 1) {
    $gw->configure(workers => $workers);
    ok($gw->reload, "$workers workers");
    counted_load("$workers workers", sub { });
    is(both_work($workers > 2 ? 2 : 1), 1, 'as many slots as when it began');
}

# A route that is gone, and comes back

$gw->configure(workers => 2, http => http(without => 'GET /moved'));
ok($gw->reload, 'without a route');
is($gw->status('/prod/moved'), 403, 'it is gone');
$requests++;
compare('without a route', without => 'prod GET /moved');

$gw->configure(http => http());
ok($gw->reload, 'with the route');
counted_load('a route comes back with its counts', sub { });
is_deeply(\@down, [], 'no sum has ever gone down');

# More series than there is room for

$gw->mark;
$gw->configure(http => http(more => join "\n",
    map { "apigw_route \"GET /more/$_\" { return 200; }" } 1 .. 200));
ok($gw->reload, 'many routes');
like($gw->log, qr/\[warn\] .*no room in "apigw_metrics" for \d+ stages, routes/,
    'a warning');
$gw->status("/prod/more/$_"), $requests++ for 1, 100, 200;
$got = compare('many routes', stages => 1);
cmp_ok($got->{state}{missed}, '>', 100, 'as many as have no room');
ok(!(grep { $_->{route} eq 'GET /more/200' } @{ $got->{routes} }),
    'one of them');
is_deeply([$gw->complaints($killed)], [], 'nothing bad in the log');

# Sizes

$gw->configure(http => http(zone => '1m metrics=3m'));
$gw->mark;
ok(!$gw->reload, 'another size on a reload');
like($gw->log, qr/the size 3145728 of "metrics=" .* conflicts with its size/,
    'the reason');
compare('a reload that was refused', stages => 1);

$gw->configure(http => http(zone => '1m metrics=off',
    metrics => 0));
ok($gw->reload, 'off');
is($gw->status('/prod/ok'), 200, 'it works without');
$gw->configure(http => http(zone => '1m metrics=3m'));
ok($gw->reload, 'and on again, with a size');
is($gw->status('/prod/ok'), 200, 'it works');
Apigw::Gateway::wait_for(5, sub {
    figures()->{stages}[0]{total}[0] == 1;
});
is(figures()->{stages}[0]{total}[0], 1, 'from 0');
$gw->configure(http => http());
ok($gw->reload, 'without the size, which stays');
is(figures()->{stages}[0]{total}[0], 1, 'as do the counts');
$gw->stop;

# worker_processes at the end of the configuration

my $conf = $gw->read('nginx.conf');
$conf =~ s/^worker_processes .*\n//m or die;
$gw->write('nginx.conf', "$conf\nworker_processes 3;\n");
$gw->{workers} = 3;
$gw->must_start;
is(both_work(3), 1, 'each of three workers has a slot');

is_deeply([$gw->complaints(qr/$killed|conflicts with its size/)], [],
    'nothing bad in the log');

done_testing();
