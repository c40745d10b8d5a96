# Many requests that wait for Redis at once, in all ways in which HTTP has
# them: who goes away costs nothing, who is late is decided by on_error, and
# nobody is forgotten, whatever becomes of the worker.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::RedisServer;
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => $_ for Apigw::RedisServer::missing();

# a new day would give new units

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 90;

my $nghttp = !system('command -v nghttp >/dev/null');
my $redis = Apigw::RedisServer->new->start;
my $port = $redis->port;
my @plans = qw(closed open local few);
my $rounds = 8;
my @cases = (qw(mix few late full quit term kill reload last),
    map { "gone$_" } 1 .. $rounds);

sub secret { return "$_[0]-$_[1]-0123456789abcdef" }

sub http {
    my ($more) = @_;
    return <<"END";
    log_format mode '\$arg_k \$status \$apigw_quota_mode';
    apigw_limit_log_level info;
    keepalive_requests 100000;
    apigw_redis redis://127.0.0.1:$port $more;
    apigw_usage_plan closed { quota 8000/day; }
    apigw_usage_plan open   { quota 8000/day; on_error open; }
    apigw_usage_plan local  { quota 8000/day; on_error local; }
    apigw_usage_plan few    { quota 5/day; }
@{[ map { my $case = $_; map { "    apigw_api_key $case-$_ key="
    . secret($case, $_) . " plan=$_ id=$case-$_;\n" } @plans } @cases ]}
    server {
        listen 127.0.0.1:%PORT2%;
        location / { return 204; }
        location /echo {
            client_body_buffer_size 1m;
            client_body_in_single_buffer on;
            proxy_pass http://127.0.0.1:%PORT2%/length;
            proxy_set_header X-Length \$content_length;
        }
        location /length { return 200 \$http_x_length; }
        location /status { stub_status; }
    }

    server {
        listen 127.0.0.1:%PORT%;
        listen 127.0.0.1:%PORT3% http2;
        access_log %ROOT%/logs/access.log mode;
        apigw_usage_plans @plans;
        apigw_api_key_required on;
        location = /yes { internal; proxy_pass http://127.0.0.1:%PORT2%; }
        apigw_stage s {
            apigw_route "ANY /gif" { empty_gif; }
            apigw_route "ANY /return" {
                set \$text done;
                if (\$request_method = PUT) { return 405; }
                return 200 \$text;
            }
            apigw_route "GET /auth" { auth_request /yes; empty_gif; }
            apigw_route "POST /echo" { proxy_pass http://127.0.0.1:%PORT2%; }
        }
    }
END
}

my $gw = Apigw::Gateway->new(log_level => 'notice', http => http('timeout=3s'));
$gw->must_start;

sub text {
    my ($case, $plan, $method, $target, $more) = @_;
    my $key = secret($case, $plan);
    return "$method /s/$target HTTP/1.1\r\nHost: a\r\nX-Api-Key: $key\r\n"
        . ($more // '') . "\r\n";
}

sub parked {
    my ($name, @connections) = @_;
    sleep 0.3;
    my @ready = IO::Select->new(map { $_->socket } @connections)->can_read(0);
    is(scalar @ready, 0, "$name: they wait");
}

sub ask {
    my (@text) = @_;
    my $connection = $gw->connect(timeout => 10);
    $connection->write(join '', @text);
    return $connection;
}

sub statuses {
    my ($connection, $n) = @_;
    return map { $connection->receive('GET')->{status} } 1 .. $n || 1;
}

sub counts {
    my (@statuses) = @_;
    my %count;
    $count{$_}++ for @statuses;
    return \%count;
}

# what is spent, once all that was leased is given back or reported

sub spent {
    my ($case, $plan, $used, $name) = @_;
    my $f;
    Apigw::Gateway::wait_for(12, sub {
        $f = $redis->fields("apigw:1:{$plan/$case-$plan}");
        return defined $f->{used} && $f->{used} == $used && $f->{held} == 0;
    });
    is(($f->{used} // 'none') . ' ' . ($f->{held} // 'none'), "$used 0",
        "$name: used in Redis, and held");
}

sub exact {
    my ($name) = @_;
    ok(Apigw::Gateway::wait_for(10, sub {
        $gw->status('/s/gif', headers => ['X-Api-Key' =>
            secret('last', 'closed')]) == 200
    }), "$name: Redis is there again");
}

sub h2 {
    my ($case, $plan, @targets) = @_;
    my $url = 'http://127.0.0.1:' . $gw->port(3) . '/s';
    my $pid = open my $out, '-|', 'nghttp', '-v', '-t', '10', '-H',
        'x-api-key: ' . secret($case, $plan), map { "$url/$_" } @targets
        or die "nghttp: $!\n";
    return { pid => $pid, out => $out };
}

sub h2_statuses {
    my ($h2) = @_;
    my $out = $h2->{out};
    my @statuses = map { / :status: (\d+)/ ? $1 : () } <$out>;
    close $out;
    return @statuses;
}

# All kinds at once, for one key; some of them go away

{
    my @waiting = map { ask(text('mix', 'closed', 'GET', $_)) }
        qw(gif return auth gif?k return?k auth?k);
    my $pipe = ask(map { text('mix', 'closed', 'GET', $_) }
        qw(gif return auth) x 3);
    my $body = ask(text('mix', 'closed', 'POST', 'echo',
        "Content-Length: 60000\r\n"), 'x' x 20000);
    my $expect = ask(text('mix', 'closed', 'POST', 'echo',
        "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    is("@{[ map { statuses($_) } @waiting ]}",
        '200 200 200 200 200 200', 'a mix: before');
    $body->write('x' x 40000);
    is($body->receive('POST')->{body}, 60000, 'a mix: a body before');
    $expect->write('hello');
    is("@{[ statuses($expect), statuses($pipe, 9) ]}", '200 ' x 9 . '200',
        'a mix: others before');
    spent('mix', 'closed', 17, 'a mix, before');

    $redis->pause;
    $waiting[$_]->write(text('mix', 'closed', 'GET',
        qw(gif return auth)[ $_ % 3 ])) for 0 .. 5;
    $pipe->write(join '', map { text('mix', 'closed', 'GET', $_) }
        qw(gif return auth) x 3);
    $body->write(text('mix', 'closed', 'POST', 'echo',
        "Content-Length: 60000\r\n") . 'x' x 20000);
    $expect->write(text('mix', 'closed', 'POST', 'echo',
        "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    my @gone = map { ask(text('mix', 'closed', 'GET', $_)) }
        qw(gif return auth) x 3;
    my $gone = ask(text('mix', 'closed', 'POST', 'echo',
        "Content-Length: 60000\r\n"), 'x' x 100);
    my @h2 = $nghttp ? map { h2('mix', 'closed', map { ("gif?$_",
        "return?$_", "auth?$_") } 1 .. 4) } 1 .. 2 : ();

    parked('a mix', @waiting, $pipe, $body, $expect, @gone, $gone);
    $_->close for @gone, $gone;

    if (@h2) {
        kill KILL => $h2[1]{pid};
        close $h2[1]{out};
    }

    $body->write('x' x 40000);
    sleep 0.2;
    $redis->resume;

    is("@{[ map { statuses($_) } @waiting ]}",
        '200 200 200 200 200 200', 'a mix: all are answered');
    is($body->receive('POST')->{body}, 60000, 'a mix: a body is whole');
    $expect->write('hello');
    is("@{[ statuses($expect), statuses($pipe, 9) ]}", '200 ' x 9 . '200',
        'a mix: and the others');

    SKIP: {
        skip 'no nghttp', 1 if !@h2;
        is_deeply(counts(h2_statuses($h2[0])), { 200 => 12 },
            'a mix: all streams of HTTP/2');
    }

    spent('mix', 'closed', 34 + (@h2 ? 12 : 0), 'a mix');
}

# Few units: those who are there get them

{
    $redis->pause;
    my @connections = map { ask(text('few', 'few', 'GET',
        qw(gif return auth)[ $_ % 3 ])) } 1 .. 12;
    parked('few units', @connections);
    $_->close for splice @connections, 0, 4;
    sleep 0.1;
    $redis->resume;
    is_deeply(counts(map { statuses($_) } @connections),
        { 200 => 5, 429 => 3 }, 'few units: not more, not fewer');
    spent('few', 'few', 5, 'few units');
}

# A reload, and the end of a worker

{
    $redis->pause;
    my @connections = map { ask(text('reload', 'closed', 'GET', $_)) }
        qw(gif return auth);
    parked('a reload', @connections);
    my @old = $gw->workers;
    ok($gw->reload, 'a reload: it works');
    push @connections, map { ask(text('reload', 'closed', 'GET', $_)) }
        qw(gif return auth);
    parked('a reload, both workers', @connections);
    $connections[$_]->close for 0, 3;
    $redis->resume;
    is_deeply(counts(map { statuses($_) } @connections[1, 2, 4, 5]),
        { 200 => 4 }, 'a reload: all are answered');
    $_->close for @connections[1, 2];
    ok(Apigw::Gateway::wait_for(5, sub { !grep { kill 0 => $_ } @old }),
        'a reload: the old worker goes');
    spent('reload', 'closed', 4, 'a reload');
}

{
    $redis->pause;
    my @connections = map { ask(text('kill', 'closed', 'GET', $_)) }
        qw(gif return auth);
    parked('a killed worker', @connections);
    kill KILL => $gw->workers;
    is(join(' ', map { eval { statuses($_) } // 'lost' } @connections),
        'lost lost lost', 'a killed worker: its requests are lost');
    $redis->resume;
    ok(Apigw::Gateway::wait_for(5, sub { $gw->workers == 1 }),
        'a killed worker: there is another one');
    is($gw->status('/s/gif', headers => ['X-Api-Key' => secret('kill',
        'closed')]), 200, 'a killed worker: the next one');
    spent('kill', 'closed', 1, 'a killed worker');
}

# Again and again: nothing is left behind

sub active {
    my ($n) = $gw->get('/status', server => 2)->{body}
        =~ /Active connections: (\d+)/;
    return $n;
}

{
    my $memory;
    my $before = active();          # that of a killed worker count, too

    for my $round (1 .. $rounds) {
        $redis->pause;
        my @gone = map { ask(text("gone$round", 'closed', 'GET',
            qw(gif return auth)[ $_ % 3 ])) } 1 .. 60;
        sleep 0.1;
        $_->close for @gone;
        Apigw::Gateway::wait_for(5, sub { active() == $before });
        $redis->resume;
        $memory = $gw->memory($gw->workers) if $round == 3;
        sleep 0.05;
    }

    is(active(), $before, 'again and again: no connection is left');
    cmp_ok($gw->memory($gw->workers), '<', $memory + 1_000_000,
        'again and again: no memory is left');
    spent("gone$_", 'closed', 0, "again and again, $_") for 1, 2, $rounds;
}

# The worker is told to stop

{
    $redis->pause;
    my @connections = map { ask(text('quit', 'closed', 'GET', $_)) }
        qw(gif return auth);
    parked('QUIT', @connections);
    my $gone = ask(text('quit', 'closed', 'GET', 'gif'));
    kill QUIT => $gw->pid;
    sleep 0.3;
    $gone->close;
    $redis->resume;
    is_deeply(counts(map { statuses($_) } @connections), { 200 => 3 },
        'QUIT: all are answered');
    ok(Apigw::Gateway::wait_for(5, sub { !$gw->alive }), 'QUIT: it exits');
    is($gw->{status}, 0, 'QUIT: its status');
    spent('quit', 'closed', 3, 'QUIT');
}

$gw->must_start;

{
    $redis->pause;
    my @connections = map { ask(text('term', 'closed', 'GET', $_)) }
        qw(gif return auth);
    parked('TERM', @connections);
    kill TERM => $gw->pid;
    is(join(' ', map { eval { statuses($_) } // 'lost' } @connections),
        'lost lost lost', 'TERM: its requests are lost');
    ok(Apigw::Gateway::wait_for(5, sub { !$gw->alive }), 'TERM: it exits');
    is($gw->{status}, 0, 'TERM: its status');
    $redis->resume;
}

is_deeply([$gw->complaints(qr/exited on signal 9/)], [],
    'nothing bad in the log');

# They wait as long as the timeout, and then on_error decides

$gw->configure(http => http('timeout=800ms'));
$gw->must_start;
exact('a short timeout');

{
    $redis->pause;
    my $begin = time;
    my (%of, @h2);
    for my $plan (qw(closed open local)) {
        $of{$plan} = [map { ask(text('late', $plan, 'GET', "$_?k=$plan")) }
            qw(gif return auth)];
        push @h2, h2('late', $plan, map { "$_?k=$plan" } qw(gif return auth))
            if $nghttp;
    }
    my $body = ask(text('late', 'open', 'POST', 'echo',
        "Content-Length: 1000\r\n"), 'x' x 10);
    parked('late', (map { @$_ } values %of), $body);
    $body->write('x' x 990);

    is(join(' ', map { statuses($_) } @{ $of{closed} }), '503 503 503',
        'late, closed: refused');
    cmp_ok(time - $begin, '>', 0.7, '... not before the timeout');
    is(join(' ', map { statuses($_) } @{ $of{open} }), '200 200 200',
        'late, open: admitted');
    is(join(' ', map { statuses($_) } @{ $of{local} }), '200 200 200',
        'late, local: admitted');
    is($body->receive('POST')->{body}, 1000, 'late, open: a body');

    SKIP: {
        skip 'no nghttp', 1 if !@h2;
        is(join(' ', map { h2_statuses($_) } @h2),
            '503 503 503 200 200 200 200 200 200', 'late: HTTP/2');
    }

    $redis->resume;
    exact('late');
    my $n = $nghttp ? 3 : 0;
    spent('late', 'open', 4 + $n, 'late, open');
    spent('late', 'local', 3 + $n, 'late, local');
    is($gw->status('/s/gif', headers => ['X-Api-Key' => secret('late',
        'closed')]), 200, 'late, closed: admitted afterwards');
    spent('late', 'closed', 1, 'late, closed');
}

# Only so many wait

$gw->stop;
$gw->configure(http => http('timeout=3s parked_max=4'));
$gw->must_start;
exact('a lower maximum');

{
    $redis->pause;
    my @waiting = map { ask(text('full', 'closed', 'GET', $_)) }
        qw(gif return auth gif);
    parked('parked_max', @waiting);
    my $begin = time;
    my @more = map { ask(text('full', $_, 'GET', "gif?k=$_")) }
        qw(closed open local);
    is(join(' ', map { statuses($_) } @more), '503 200 200',
        'parked_max: for others on_error decides');
    cmp_ok(time - $begin, '<', 2, '... at once');

    $waiting[0]->close;
    sleep 0.2;
    my $next = ask(text('full', 'closed', 'GET', 'gif'));
    parked('parked_max: one goes, another comes', $next, @waiting[1 .. 3]);
    $redis->resume;
    is_deeply(counts(map { statuses($_) } @waiting[1 .. 3], $next),
        { 200 => 4 }, 'parked_max: those who wait are answered');
    spent('full', 'closed', 4, 'parked_max, closed');
    spent('full', $_, 1, "parked_max, $_") for qw(open local);
}

my %seen;
$seen{$_}++ for grep { /^(?:closed|open|local) / } split /\n/,
    $gw->read('logs/access.log');
is(join(', ', sort keys %seen),
    'closed 503 closed, local 200 local, open 200 open',
    'the modes in the access log');

is($gw->stop, 0, 'it exits');
is_deeply([$gw->complaints(qr/exited on signal 9/)], [],
    'nothing bad in the log');

done_testing();
