# 100,000 keys and 1,000,000 keys from a file: they are found, others are not,
# and what they take in memory.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Test::More;
use Time::HiRes qw(time);

# bytes of memory for a key; nginx itself and what the C library keeps have
# their part in what is measured, which tells among fewer keys

my %most = (100_000 => 160, 1_000_000 => 128);

sub http {
    my ($zone) = @_;
    return <<"END";
    keepalive_requests 1000000;
    apigw_zone $zone;
    apigw_usage_plan gold { throttle 1r/m burst=2; }
    apigw_usage_plan iron { throttle 1r/m burst=1; }
    apigw_api_keys %ROOT%/keys.csv;

    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /" {
                return 200 "\$apigw_api_key_id \$apigw_usage_plan";
            }
        }
        apigw_stage iron {
            apigw_usage_plans iron;
            apigw_api_key_required on;
            apigw_route "GET /" { return 200 \$apigw_usage_plan; }
        }
    }
END
}

sub value { return sprintf 'many-keys-%020d-x', $_[0] * 7919 }

# each 10th one is disabled, each 7th one in the other plan, each 5th one has
# an id in the file

sub csv {
    my ($n) = @_;
    my $text = "Name,key,description,Enabled,usageplanIds,id\n";
    for my $i (1 .. $n) {
        $text .= "n$i," . value($i) . ',,' . ($i % 10 ? 'true' : 'false') . ','
            . ($i % 7 ? 'gold' : '"iron"') . ',' . ($i % 5 ? '' : "id-$i")
            . "\n";
    }
    return \$text;
}

sub anonymous {
    my ($gw) = @_;
    return $gw->memory($gw->pid, 'RssAnon');
}

sub measure {
    my ($n, $zone, $sample) = @_;

    my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
        files => { 'keys.csv' => csv(10) }, http => http($zone));
    $gw->must_start;
    my $before = anonymous($gw);
    $gw->stop;

    $gw->write('keys.csv', csv($n));
    my $start = time;
    ok($gw->start, "$n keys: the gateway starts") or diag $gw->{failure};
    my $time = time - $start;
    my $after = anonymous($gw);

    my $connection = $gw->connect;
    my ($wrong, $refused, @wrong) = (0, 0);

    for my $i (1, 5, 7, 10, 35, 70, $n - 6, $n,
        map { 1 + int rand $n } 1 .. $sample)
    {
        $connection->send('GET', '/prod/',
            headers => ['X-Api-Key' => value($i)]);
        my $response = $connection->receive;
        my $in = $i % 10 && $i % 7;
        my $id = $i % 5 ? qr/^[a-z2-7]{10} gold$/ : qr/^id-$i gold$/;

        $refused++ if !$in;
        push @wrong, $i if $response->{status} == 429 ? !$in
            : $response->{status} != ($in ? 200 : 403)
                || ($in && $response->{body} !~ $id);
    }

    is("@wrong", '', "$n keys: each one is what its line says");
    cmp_ok($refused, '>', 0, "$n keys: also those that are not let in");

    for my $i (0, $n + 1, map { $n + 1 + int rand 1e9 } 1 .. 200) {
        $connection->send('GET', '/prod/',
            headers => ['X-Api-Key' => value($i)]);
        $wrong++ if $connection->receive->{status} != 403;
    }
    is($wrong, 0, "$n keys: no other key is known");

    my @status = map { $gw->status('/iron/', headers =>
        ['X-Api-Key' => value($_)]) } 7, 7, 14, 1;
    is("@status", '200 429 200 403', "$n keys: each has its bucket");

    # the directory, and a cell of the zone

    my $each = ($after - $before) / ($n - 10) + 32;
    note sprintf '%d keys: %.1f bytes each, a start of %.2f s', $n, $each,
        $time;

    SKIP: {
        skip 'a sanitizer keeps memory', 1 if Apigw::Gateway::sanitized();
        cmp_ok($each, '<=', $most{$n}, "$n keys: their memory");
    }

    is_deeply([$gw->complaints], [], "$n keys: the log is clean");
    return ($gw, $before, $after);
}

my ($gw, $before, $after) = measure(100_000, '8m', 1000);

# reloads keep the buckets and give former directories back, but for what the
# C library keeps (a place for the old one, the new one, and what makes it)

my @key = ('X-Api-Key' => value(3));
$gw->status('/prod/', headers => \@key) for 1 .. 2;
ok($gw->reload, 'a reload') for 1 .. 8;
is($gw->status('/prod/', headers => \@key), 429, 'keeps the buckets');

SKIP: {
    skip 'a sanitizer keeps memory', 1 if Apigw::Gateway::sanitized();
    cmp_ok(anonymous($gw) - $before, '<', 5 * ($after - $before),
        'eight reloads are not eight directories');
}

undef $gw;

SKIP: {
    skip 'a sanitizer is too slow for a million', 7
        if Apigw::Gateway::sanitized() || $ENV{TEST_NGINX_USE_VALGRIND};
    measure(1_000_000, '64m', 2000);
}

done_testing();
