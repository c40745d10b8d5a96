# What a reload changes, what it keeps, and what it refuses.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Test::More;
use Time::HiRes qw(sleep);

my %key = map { $_ => "$_-key-0123456789abcdef" } qw(alice bob carol);

sub csv {
    my (@rows) = @_;
    return join "\n", 'Name,key,Enabled,usageplanIds,id', @rows, '';
}

my $alice = "alice,$key{alice},true,gold,";
my $bob = "bob,$key{bob},true,gold,";
my $carol = "carol,$key{carol},true,gold,";

sub http {
    my (%opt) = (zone => '1m', plan => '1r/m burst=3', route => '1r/m burst=3',
        more => '', @_);
    return <<"END";
    apigw_zone $opt{zone};
    apigw_usage_plan gold { throttle $opt{plan}; }
    apigw_api_keys %ROOT%/keys.csv;

    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 \$apigw_api_key_id; }
        }
        $opt{more}
        apigw_stage open {
            apigw_route "GET /r" { apigw_throttle $opt{route}; return 200 r; }
            apigw_route "GET /k" {
                apigw_throttle $opt{route} key=\$arg_k;
                return 200 k;
            }
        }
    }
END
}

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
    files => { 'keys.csv' => csv($alice, $bob) }, http => http());
$gw->must_start;

sub statuses {
    my ($target, $n, $who) = @_;
    my @headers = $who ? (headers => ['X-Api-Key' => $key{$who}]) : ();
    return join ' ', map { $gw->status($target, @headers) } 1 .. $n;
}

sub rewrite {
    my (@rows) = @_;
    $gw->write('keys.csv', csv(@rows));
}

# keys come, are disabled, and go; the others keep their buckets

is(statuses('/prod/a', 2, 'alice'), '200 200', 'alice spends two of three');
is(statuses('/prod/a', 3, 'bob'), '200 200 200', 'bob spends all');
is(statuses('/prod/a', 1, 'carol'), '403', 'carol is unknown');
is(statuses('/open/r', 2), '200 200', 'a route: two of three');
is(statuses('/open/k?k=1', 2), '200 200', 'a client: two of three');

ok($gw->reload, 'a reload without a change');
is(statuses('/prod/a', 2, 'alice'), '200 429', 'alice has had one left');
is(statuses('/prod/a', 1, 'bob'), '429', 'bob had none');
is(statuses('/open/r', 2), '200 429', 'the route had one');
is(statuses('/open/k?k=1', 2), '200 429', 'the client had one');
is(statuses('/open/k?k=2', 1), '200', 'another client has its own');

rewrite($carol, $bob, $alice);
is(statuses('/prod/a', 1, 'carol'), '403', 'carol is in the file');
ok($gw->reload, 'a reload with a key more, in another order');
is(statuses('/prod/a', 1, 'alice'), '429', 'alice is still limited');
is(statuses('/prod/a', 1, 'bob'), '429', 'bob, too');
is(statuses('/prod/a', 4, 'carol'), '200 200 200 429', 'carol has a bucket');

rewrite($carol, $bob =~ s/true/false/r);
ok($gw->reload, 'a reload with a key less and one disabled');
is(statuses('/prod/a', 1, 'alice'), '403', 'alice is removed');
is(statuses('/prod/a', 1, 'bob'), '403', 'bob is disabled');
is(statuses('/prod/a', 1, 'carol'), '429', 'carol is still limited');

rewrite($carol, $bob);
ok($gw->reload, 'a reload with a key enabled again');
is(statuses('/prod/a', 1, 'bob'), '429', 'bob is limited as before');

# a key is rotated: the new one shares the bucket of the old one

rewrite($bob . 'client-1', $alice);
ok($gw->reload, 'a reload with an id by hand');
is(statuses('/prod/a', 2, 'bob'), '200 200', 'which is another consumer');
rewrite($bob . 'client-1', $carol . 'client-1', $alice);
ok($gw->reload, 'a reload with a second key of this id');
is(statuses('/prod/a', 2, 'carol'), '200 429', 'they share the bucket');
rewrite($carol . 'client-1', $alice);
ok($gw->reload, 'a reload without the first one');
is(statuses('/prod/a', 1, 'carol'), '429', 'the bucket is the same');
is(statuses('/prod/a', 1, 'bob'), '403', 'the old key is unknown');

# another stage or plan does not touch the buckets

$gw->configure(http => http(more => 'apigw_stage new {
    apigw_throttle 1r/m burst=1;
    apigw_route "GET /r" { return 200 r; } }'));
ok($gw->reload, 'a reload with a stage more');
is(statuses('/prod/a', 1, 'carol'), '429', 'a key is still limited');
is(statuses('/open/r', 1), '429', 'so is a route');
is(statuses('/open/k?k=1', 1), '429', 'and a client');
is(statuses('/new/r', 2), '200 429', 'the new stage has its own');

# changed limits hold at once

$gw->configure(http => http(plan => '1r/m burst=5', route => '1r/m burst=6'));
ok($gw->reload, 'a reload with larger bursts');
is(statuses('/prod/a', 3, 'carol'), '200 200 429', 'a key: two more');
is(statuses('/open/r', 4), '200 200 200 429', 'a route: three more');
is(statuses('/open/k?k=1', 4), '200 200 200 429', 'a client: three more');

$gw->configure(http => http(plan => '50r/s burst=2', route => '50r/s burst=2'));
ok($gw->reload, 'a reload with a higher rate');
statuses($_, 1, 'carol') for '/prod/a', '/open/r', '/open/k?k=1';
sleep 0.1;
is(statuses('/prod/a', 1, 'carol'), '200',
    'a key: minutes of waiting become what its new burst takes');
is(statuses('/open/r', 1), '200', 'a route, too');
is(statuses('/open/k?k=1', 1), '200', 'a client, too');

$gw->configure(http => http(plan => '0r/s burst=5', route => '1r/m burst=0'));
ok($gw->reload, 'a reload that blocks');
is(statuses('/prod/a', 1, 'carol'), '429', 'a key');
is(statuses('/prod/a', 1, 'alice'), '429', 'a key that has spent nothing');
is(statuses('/open/r', 1), '429', 'a route');
is(statuses('/open/k?k=3', 1), '429', 'a client');

$gw->configure(http => http());
ok($gw->reload, 'a reload that opens again');

# a broken file: the gateway goes on with what it had

my @broken = (
    ['an open quote', csv($alice, 'b,"' . $key{bob}),
        qr/keys\.csv:3: quote is not closed/],
    ['a key twice', csv($alice, $alice),
        qr/keys\.csv:3: duplicate key, see \S+keys\.csv:2/],
    ['an unknown plan', csv($alice =~ s/gold/silver/r),
        qr/unknown usage plan "silver" in \S+keys\.csv:2/],
    ['an empty file', '', qr/the names of the columns/],
);

rewrite($alice, $carol);
ok($gw->reload, 'a good file');
my $left = statuses('/prod/a', 1, 'alice');
is($left, '200', 'alice spends one of three');

for my $case (@broken) {
    my ($what, $text, $message) = @$case;
    $gw->write('keys.csv', $text);
    my ($ok, $said) = $gw->test;
    ok(!$ok, "$what: nginx -t fails");
    like($said, $message, "$what: and says why");
    unlike($said, qr/key-0123456789/, "$what: without the key");
    ok(!$gw->reload, "$what: the reload is refused");
    is(statuses('/prod/a', 1, 'bob'), '403', "$what: who was not in, is not");
}

is(statuses('/prod/a', 3, 'alice'), '200 200 429',
    'the gateway has gone on with what it had');
rewrite($alice, $bob);
ok($gw->test, 'nginx -t passes a repaired file');
ok($gw->reload, 'so does a reload');
is(statuses('/prod/a', 1, 'alice'), '429', 'and the buckets are the same');
isnt(statuses('/prod/a', 1, 'bob'), '403', 'bob is back');

# another size of the zone

$gw->mark;
$gw->configure(http => http(zone => '2m'));
ok(!$gw->reload, 'another size of the zone is refused');
my $why = quotemeta 'the size 2097152 of the "apigw_zone" conflicts with its '
    . 'size 1048576 in use: a restart is needed to change it';
like($gw->log, qr/\[emerg\] .*$why in \S+nginx\.conf:\d+/,
    'the log says why');
is(statuses('/prod/a', 1, 'alice'), '429', 'the old configuration goes on');
ok($gw->test, 'nginx -t has nothing against it');
$gw->configure(http => http());
ok($gw->reload, 'the size that is in use');
is(statuses('/prod/a', 1, 'alice'), '429', 'keeps the buckets');

# what does not fit is refused, too, and takes nothing from the others

$gw->write('keys.csv', csv($alice, map { "n,too-many-keys-$_-0123456,true,gold," }
    10_000 .. 35_000));
ok(!$gw->reload, 'more keys than the zone has room for are refused');
is(statuses('/prod/a', 1, 'alice'), '429', 'the old configuration goes on');
rewrite($alice, $bob);
ok($gw->reload, 'fewer are not');
is(statuses('/prod/a', 1, 'alice'), '429', 'and alice has not been forgotten');

my $expected = qr/conflicts\ with\ its\ size | invalid\ API\ key
    | unknown\ usage\ plan | too\ small\ for\ the\ throttles/x;
is_deeply([$gw->complaints($expected)], [], 'no other complaint is in the log');
is($gw->stop, 0, 'it exits');

# many reloads with ever new keys in a small zone: nothing leaks, cells of
# keys that are gone are used again

{
    my $reloads = 200;
    my $warm = 20;
    my $keys = 3000;            # 1m has 16,000 cells
    my $leak = 1024;            # bytes a reload that are seen

    my $generation = sub {
        my ($n) = @_;
        return csv($alice, map { "n,key-$n-of-generation-$_,true,gold," }
            1 .. $keys);
    };

    $gw = Apigw::Gateway->new(workers => 1, log_level => 'notice', trim => 1,
        files => { 'keys.csv' => $generation->(0) },
        http => http(plan => '1r/m burst=2'));
    $gw->must_start;
    is(statuses('/prod/a', 3, 'alice'), '200 200 429', 'alice spends all');

    my ($failed, $early, @wrong) = (0, 0);

    for my $n (1 .. $reloads) {
        $gw->write('keys.csv', $generation->($n));
        $failed++ if !$gw->reload;

        if ($n % 10 == 0) {
            my @key = ('X-Api-Key' => "key-$n-of-generation-" . ($n * 7));
            my $status = join ' ', map { $gw->status('/prod/a',
                headers => \@key) } 1 .. 3;
            push @wrong, "$n: $status" if $status ne '200 200 429';
            push @wrong, "$n: alice" if statuses('/prod/a', 1, 'alice') ne 429;
        }

        $early = $gw->memory($gw->pid, 'RssAnon') if $n == $warm;
    }

    my $late = $gw->memory($gw->pid, 'RssAnon');
    is($failed, 0, "$reloads reloads with $keys new keys each");
    is("@wrong", '', 'each of them with full buckets, alice with her own');
    note sprintf 'master: %d kB, %d kB later', $early / 1024, $late / 1024;

    SKIP: {
        skip 'a sanitizer keeps memory', 2 if Apigw::Gateway::sanitized();
        cmp_ok($early, '>', 0, 'memory is seen');
        cmp_ok($late - $early, '<', $leak * ($reloads - $warm),
            'the master does not grow');
    }

    is_deeply([$gw->complaints], [], 'the log is clean');
    is($gw->stop, 0, 'it exits');
}

done_testing();
