# A flood of distinct keys of clients: memory is bounded, whoever is limited
# stays so, and on_full= says what becomes of those for whom there is no room.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Test::More;
use POSIX ();
use Time::HiRes qw(time);

my $flood = 200_000;
my $room = 33_000;              # of a zone of 1m, at most

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'error',
    http => <<'END');
    keepalive_requests 1000000;
    apigw_zone 1m;

    server {
        listen 127.0.0.1:%PORT%;
        apigw_limit_log_level info;
        apigw_limit_headers off;
        apigw_stage reject {
            apigw_throttle 1r/m burst=1 key=$arg_k on_full=reject;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage pass {
            apigw_throttle 1r/m burst=1 key=$arg_k on_full=pass;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage default {
            apigw_throttle 1r/m burst=1 key=$arg_k;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage dry {
            apigw_throttle 1r/m burst=1 key=$arg_k dry_run;
            apigw_route "GET /a" { return 200 $apigw_throttle_status; }
        }
        apigw_stage short {
            apigw_throttle 20r/s burst=1 key=$arg_k;
            apigw_route "GET /a" { return 200 ok; }
        }
        apigw_stage logged {
            apigw_limit_log_level error;
            apigw_limit_headers on;
            apigw_throttle 1r/m burst=1 key=$arg_k;
            apigw_route "GET /a" { return 200 ok; }
        }
    }
END

$gw->must_start;

# many requests on one connection without waiting: status => answers

sub flood {
    my ($stage, $from, $n) = @_;
    my $connection = $gw->connect(timeout => 20);
    my $socket = $connection->socket;
    my %count;

    while ($n > 0) {
        my $batch = $n < 250 ? $n : 250;
        $connection->write(join '', map {
            "GET /$stage/a?k=" . ($from + $_) . " HTTP/1.1\r\nHost: a\r\n\r\n"
        } 1 .. $batch);

        my ($text, $left) = ('', $batch);
        while ($left > 0) {
            sysread($socket, my $more, 65536) or die "no answer\n";
            $text .= $more;

            while ($text =~ s#^HTTP/1\.1 (\d+) .*?\r\n\r\n(?:ok|\{[^}]*\})##s) {
                $count{$1}++;
                $left--;
            }
        }

        $from += $batch;
        $n -= $batch;
    }

    return \%count;
}

sub victims {
    my ($when) = @_;
    my @status = map { $gw->status("/reject/a?k=victim$_") } 1 .. 20;
    is("@status", join(' ', (429) x 20), "$when: who is limited stays so");
}

is($gw->status("/reject/a?k=victim$_"), 200, "victim $_ is let in once")
    for 1 .. 20;
victims('before the flood');

# every worker has done all it does, so that its memory is what it is

$gw->load(connections => 16, requests => 400, target => '/short/a?k=1');
my %before = map { $_ => $gw->memory($_, 'RssAnon') } $gw->workers;

my %count = (200 => 0, 429 => 0);
my $start = time;

for my $part (0 .. 3) {
    my $count = flood('reject', 1_000_000 * $part, $flood / 4);
    $count{$_} += $count->{$_} for keys %$count;
    victims(($part + 1) . ' quarters of the flood');
}

note sprintf '%d requests, %.1f s', $flood, time - $start;

is($count{200} + $count{429}, $flood, 'all are answered');
cmp_ok($count{200}, '<', $room, 'no more are let in than there is room for');
cmp_ok($count{200}, '>', $room * 0.7, 'and the room is used');

my %after = map { $_ => $gw->memory($_, 'RssAnon') } $gw->workers;
is_deeply([sort keys %after], [sort keys %before], 'no worker has died');

SKIP: {
    skip 'a sanitizer keeps memory', 2 if Apigw::Gateway::sanitized();
    cmp_ok($after{$_} - $before{$_}, '<', 1 << 20, 'its memory is bounded')
        for sort keys %before;
}

# the table is full: what becomes of new clients

my $fresh = 0;
my $new = sub {
    my ($stage) = @_;
    return map { $gw->get("/$stage/a?k=new" . $fresh++) } 1 .. 300;
};

my @passed = grep { $_->{status} == 200 } $new->('pass');
is(@passed, 300, 'on_full=pass lets them in');
my @refused = grep { $_->{status} == 429 } $new->('default');
cmp_ok(@refused, '>', 200, 'by default they are refused');
my @dry = grep { $_->{body} eq 'REJECTED_DRY_RUN' } $new->('dry');
cmp_ok(@dry, '>', 200, 'dry_run says that they would be refused');

my @again = map { $gw->status('/pass/a?k=again') } 1 .. 3;
like("@again", qr/^200 (?:200 200|429 429)$/, 'one that has no bucket');

my @logged = $new->('logged');
my ($one) = grep { $_->{status} == 429 } @logged;
ok($one && !exists $one->{headers}{'retry-after'},
    'for them there is no telling when there will be room');
my @lines = $gw->log =~ /: the zone is full, client/g;
is(@lines, grep({ $_->{status} == 429 } @logged),
    'the log says so for each of them');

victims('at the end');
is_deeply([$gw->complaints], [], 'the log is clean');
is($gw->stop, 0, 'it exits');

done_testing();
