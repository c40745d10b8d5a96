# Expositions of many routes: whole and correct while clients load the gateway,
# in pieces, for slow readers and for those that go away, and without a leak.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use JSON::PP ();
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);

my $piece = 65536;          # bytes of text, at most

sub http {
    my ($routes) = @_;
    my $text = '';

    for my $stage (0 .. 3) {
        $text .= "apigw_stage s$stage {\n"
            . join('', map { "apigw_route \"GET /r$_/{id}\" { return 200 ok; }\n" }
                grep { $_ % 4 == $stage } 0 .. $routes - 1) . "}\n";
    }

    return <<"END";
    keepalive_requests 1000000;
    server {
        listen 127.0.0.1:%PORT%;
        listen 127.0.0.1:%PORT2% http2;
        apigw_api big;
        location = /metrics { apigw_metrics; }
        location = /limited { apigw_metrics; limit_rate 1m; }
        location = /page {
            ssi on;
            ssi_types text/plain;
            default_type text/plain;
            return 200 '<!--#include virtual="/metrics"-->## both
<!--#include virtual="/metrics"-->';
        }
        $text
    }
END
}

sub target {
    my ($n) = @_;
    return '/s' . $n % 4 . "/r$n/x";
}

sub gateway {
    my ($routes) = @_;
    my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
        trim => 1, http => http($routes));
    $gw->must_start;

    # each route once, and no more

    my $count = $gw->load(processes => 2, connections => 16,
        requests => $routes, target => sub {
            my ($process, $sent) = @_;
            return target($process + 2 * $sent);
        });
    is_deeply($count, { 200 => $routes }, "$routes routes are used");
    counted($gw, $routes);

    return $gw;
}

# A request is counted after the client has its answer.

sub counted {
    my ($gw, $requests) = @_;
    my $target = '/metrics?routes=off&format=json';

    Apigw::Gateway::wait_for(10, sub {
        my $figures = JSON::PP->new->decode($gw->get($target)->{body});
        return $requests == sum0(map { $_->{total}[0] }
            @{ $figures->{stages} });
    });
}

# one value of an exposition without routes

sub value {
    my ($gw, $name) = @_;
    my $body = $gw->get('/metrics?routes=off')->{body};
    return $body =~ /^\Q$name\E (\S+)$/m ? $1 : undef;
}

# what an exposition says, and whether its form is right

sub read_text {
    my ($body) = @_;
    my %got = (bad => 0, route => {}, sum => 0, stage => 0);
    my ($family, %seen, $series, $last);

    for my $line (split /\n/, $body) {
        if ($line =~ /^# (?:HELP|TYPE) (\w+) \S/) {
            $seen{$1}++;
            $family = $1;
            next;
        }

        my ($name, $labels, $n) = $line =~
            /^(\w+?)(?:\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\d+(?:\.\d+)?)$/
            or $got{bad}++, next;
        $got{bad}++ if $name !~ /^$family(?:_bucket|_sum|_count)?$/;

        if ($name =~ /_bucket$/) {
            my ($rest, $le) = $labels =~ /^(.*),le="([^"]+)"$/;
            $got{bad}++ if defined $series && $series eq "$name $rest"
                && $n < $last;
            ($series, $last) = ("$name $rest", $n);

        } elsif ($name =~ /_count$/) {
            $got{bad}++ if $last != $n;
            $got{counts} += $n if $name eq 'apigw_route_latency_seconds_count';

        } elsif ($name eq 'apigw_route_requests_total') {
            my ($route) = $labels =~ /route="([^"]+)"/;
            $got{route}{$route} += $n;
            $got{sum} += $n;

        } elsif ($name eq 'apigw_stage_requests_total') {
            $got{stage} += $n;
        }
    }

    $got{bad} += grep { $_ != 2 } values %seen;

    return \%got;
}

sub whole {
    my ($body, $routes, $requests, $name) = @_;
    my $got = read_text($body);

    is($got->{bad}, 0, "$name: each line is right");
    is(scalar keys %{ $got->{route} }, $routes, "$name: all routes");
    is(scalar(grep { !$_ } values %{ $got->{route} }), 0,
        "$name: each was counted");
    like($body, qr/\napigw_scrapes_total \d+\n\z/, "$name: to its end");

    if (defined $requests) {
        is($got->{sum}, $requests, "$name: the sum of the routes");
        is($got->{counts}, $requests, "$name: that of their histograms");
        is($got->{stage}, $requests, "$name: that of the stages");
    }

    return $got;
}

sub anonymous {
    my ($gw) = @_;
    my $sum = 0;
    $sum += $gw->memory($_, 'RssAnon') for $gw->workers;
    return $sum;
}

sub get_all {
    my ($gw, %opt) = @_;
    return $gw->get('/metrics', timeout => 60, %opt)->{body};
}

sub test_pieces {
    my ($gw, $routes) = @_;
    my $before = value($gw, 'apigw_report_pieces_total');
    my $body = get_all($gw);
    my $pieces = value($gw, 'apigw_report_pieces_total') - $before;

    whole($body, $routes, $routes, "$routes routes");
    cmp_ok($pieces, '>=', length($body) / $piece, 'it was cut in pieces');
    diag sprintf '%d routes: %d bytes, %.0f a route, %d pieces', $routes,
        length $body, length($body) / $routes, $pieces;

    $before = value($gw, 'apigw_report_pieces_total');
    $body = get_all($gw, headers => [Accept => 'application/openmetrics-text']);
    like($body, qr/\n# EOF\n\z/, 'OpenMetrics, to its end');

    my $json = JSON::PP->new->decode(
        $gw->get('/metrics?format=json', timeout => 60)->{body});
    is(scalar @{ $json->{routes} }, $routes, 'JSON: all routes');
    is(scalar(grep { $_->{total}[0] != 1 } @{ $json->{routes} }), 0,
        'JSON: each was used once');
}

sub test_load {
    my ($gw, $routes) = @_;
    my (@bodies, $served);

    my $count = $gw->load(processes => 2, connections => 8, seconds => 4,
        target => sub { return target(int rand $routes) },
        meanwhile => sub {
            push @bodies, get_all($gw) for 1 .. 2;
        });

    is_deeply([keys %$count], [200], 'under load: all requests are answered');

    my $last = $routes;
    for my $n (0 .. $#bodies) {
        my $got = whole($bodies[$n], $routes, undef, "under load, $n");
        cmp_ok($got->{sum}, '>=', $last, 'its sum does not go down');
        $last = $got->{sum};
    }

    counted($gw, $routes + $count->{200});
    my $got = whole(get_all($gw), $routes, $routes + $count->{200},
        'after the load');
    diag 'longest piece, s: '
        . value($gw, 'apigw_report_longest_piece_seconds');
}

# a reader that stops holds a piece, and nobody else

sub test_slow {
    my ($gw, $routes) = @_;
    my $before = anonymous($gw);

    my @slow = map { $gw->connect(timeout => 60) } 1 .. 8;
    $_->send('GET', '/metrics', close => 1) for @slow;
    $_->fill for @slow;
    sleep 1;

    cmp_ok(anonymous($gw) - $before, '<', 8 * 16 * $piece,
        'slow readers: memory is that of some pieces');
    is($gw->status(target(1)), 200, 'others are served');
    is(value($gw, 'apigw_report_longest_piece_seconds') < 60, 1,
        'others read, too');

    # a worker that is to exit finishes what it has begun

    my @old = $gw->workers;
    ok($gw->reload, 'reloaded');
    is(scalar(grep { kill 0 => $_ } @old) > 0, 1, 'a worker stays');

    close $_->socket for splice @slow, 4;

    my $got = whole($slow[0]->receive('GET')->{body}, $routes, undef,
        'a slow reader, after a reload');
    like($_->receive('GET')->{body}, qr/\napigw_scrapes_total \d+\n\z/,
        'another one') for @slow[1 .. 3];

    ok(Apigw::Gateway::wait_for(10, sub { !grep { kill 0 => $_ } @old }),
        'the old workers have gone');
}

sub test_many {
    my ($gw, $routes) = @_;
    my $count = $gw->load(processes => 2, connections => 20, requests => 20,
        target => '/metrics', timeout => 60);
    is_deeply($count, { 200 => 20 }, '20 at once');
}

sub test_http2 {
    my ($gw, $routes) = @_;

  SKIP: {
        skip 'no curl with HTTP/2', 1
            if (`curl --version 2>/dev/null` // '') !~ /\bHTTP2\b/;
        my $url = 'http://127.0.0.1:' . $gw->port(2) . '/metrics';
        my $body = `curl -s --max-time 60 --http2-prior-knowledge $url`;
        whole($body, $routes, undef, 'HTTP/2');
    }
}

sub test_filters {
    my ($gw, $routes) = @_;

    whole($gw->get('/limited')->{body}, $routes, undef, 'a limited rate');

    my @parts = split /^## both\n/m, $gw->get('/page')->{body};
    is(@parts, 2, 'a page of two');
    whole($_, $routes, undef, 'a subrequest') for @parts;
}

sub test_leak {
    my ($gw) = @_;
    my @targets = ('/metrics?format=json', '/metrics?routes=off',
        '/metrics?routes=off&format=json', '/metrics?format=xml');
    my $scrape = sub {
        my ($n) = @_;
        my $count = $gw->load(processes => 2, connections => 4,
            requests => $n, target => sub { $targets[$_[1] % 4] });
        return $count->{200} + $count->{400};
    };

    is($scrape->(60), 60, 'scrapes to begin with');
    my $before = anonymous($gw);
    is($scrape->(200), 200, '200 scrapes');

  SKIP: {
        skip 'a sanitizer keeps memory', 1 if Apigw::Gateway::sanitized();
        cmp_ok(anonymous($gw) - $before, '<', 512 * 1024, 'leak nothing');
    }
}

my $gw = gateway(1000);
test_pieces($gw, 1000);
test_load($gw, 1000);
test_many($gw, 1000);
test_http2($gw, 1000);
test_filters($gw, 1000);
test_leak($gw);
is_deeply([$gw->complaints], [], 'no complaint');
$gw->stop;

$gw = gateway(10_000);
test_pieces($gw, 10_000);
test_slow($gw, 10_000);
is_deeply([$gw->complaints], [], 'no complaint');
$gw->stop;

done_testing;
