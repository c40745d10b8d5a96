# The zone's file: what it is after a stop, a kill and a reboot, who may use
# it, and what nginx -t, a reload and an upgrade of the binary make of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::ZoneFile;
use Digest::SHA qw(sha256_hex);
use Test::More;

my ($clean, $used) = (Apigw::ZoneFile::CLEAN, Apigw::ZoneFile::USED);

sub http {
    my ($zone, $more) = @_;
    return <<"END";
    apigw_zone $zone;
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage prod {
            apigw_throttle 1r/m burst=5;
            apigw_route "GET /a" { return 200 a; }
        }
        @{[ $more // '' ]}
    }
END
}

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
    http => http('1m file=%ROOT%/quotas'));
my $path = $gw->path('quotas');

sub file { return Apigw::ZoneFile->load($path) }

sub gone {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 1;
    return <$in> =~ /\) Z /;
}

# all of its processes at one moment

sub murder {
    my @all = ($gw->pid, $gw->children);
    kill KILL => @all;
    return Apigw::Gateway::wait_for(5, sub {
        !$gw->alive && !grep { !gone($_) } @all;
    });
}

# nginx frees nothing when it does not start

sub fails {
    my ($gateway) = @_;
    local $ENV{ASAN_OPTIONS} = join ',', grep { $_ } $ENV{ASAN_OPTIONS},
        'detect_leaks=0';
    return !$gateway->start;
}

sub refused {
    my ($what, $message) = @_;
    my ($ok, $said) = $gw->test;
    ok(!$ok, "$what: nginx -t fails");
    like($said, $message, "$what: and says why");
    ok(fails($gw), "$what: nginx does not start");
    like($gw->{failure}, $message, "$what: and says why");
}

# nginx -t makes no file, a start does

ok($gw->test, 'nginx -t passes without a file');
ok(!-e $path, 'and makes none');
$gw->must_start;
is($gw->status('/prod/a'), 200, 'the gateway serves');

my $file = file();
is(-s $path, 16384 + 1024 * 256, 'the file has a quarter of the zone');
is((stat $path)[2] & 07777, 0600, 'nobody else reads it');
is((stat $path)[12] * 512 >= -s $path, 1, 'it has no holes');
is($file->get('magic'), 'agwtable', 'it says what it is');
is($file->get('version'), 1, 'of which version');
is($file->get('size'), 256, 'with records of which size');
is($file->get('capacity'), 1024, 'and how many');
is($file->get('used'), 0, 'none is used');
is($file->get('state'), $used, 'it is in use');
is($file->get('masters'), 1, 'by one master');
is($file->get('generation'), 1, 'the first configuration');
my $gateway = $file->get('gateway');
my $seed = $file->get('seed');
isnt($gateway, "\0" x 16, 'a gateway has an id');
isnt($seed, $gateway, 'and the ids a seed');
is($file->get('check'), $file->vouch->get('check'), 'which have a check');

open my $in, '<', '/proc/sys/kernel/random/boot_id' or die $!;
is(unpack('H*', $file->get('boot')), <$in> =~ s/\W//gr,
    'the boot of the machine');

# nginx -t beside it

my $hash = sha256_hex(file()->bytes);
my $changed = (stat $path)[9];
my ($ok, $said) = $gw->test;
ok($ok, 'nginx -t passes beside a running gateway') or diag $said;
is(sha256_hex(file()->bytes), $hash, 'and changes nothing');
is((stat $path)[9], $changed, 'not even the time');
is($gw->status('/prod/a'), 200, 'which goes on');

# a second gateway

{
    my $second = Apigw::Gateway->new(http => http("1m file=$path"));
    ok($second->test, 'a second gateway: nginx -t passes');
    ok(fails($second), 'it does not start');
    like($second->{failure}, qr/\[emerg\] .*the file "\Q$path\E" of "apigw_zone" is in use by another gateway/,
        'and says why');
    is(sha256_hex(file()->bytes), $hash, 'and changes nothing');
}

# reloads

$gw->configure(http => http('1m file=%ROOT%/quotas', 'apigw_stage new {
    apigw_route "GET /b" { return 200 b; } }'));
ok($gw->reload, 'a reload');
is($gw->status('/new/b'), 200, 'takes the new configuration');
is(file()->get('generation'), 2, 'the file has the next one');
is(file()->get('gateway'), $gateway, 'it is the same');

my %other = (
    '1m' => '',
    '1m file=%ROOT%/other' => $gw->path('other'),
);

for my $zone (sort keys %other) {
    $gw->mark;
    $gw->configure(http => http($zone));
    ok(!$gw->reload, "$zone: a reload is refused");
    like($gw->log, qr/the file "\Q$other{$zone}\E" of the "apigw_zone" conflicts with its file "\Q$path\E" in use: a restart is needed to change it in \S+nginx.conf:/,
        'and says why');
}

ok(!-e $gw->path('other'), 'no other file was made');
$gw->configure(http => http('1m file=%ROOT%/quotas'));
ok($gw->reload, 'the same file again');

$gw->configure(http => http('1m file=%ROOT%/quotas', 'listen 127.0.0.1:1x;'));
ok(!$gw->reload, 'a broken configuration');
$gw->configure(http => http('1m file=%ROOT%/quotas'));
ok($gw->reload, 'and one that is not');
is($gw->status('/prod/a'), 200, 'the gateway serves');

# a clean stop

is($gw->stop, 0, 'it stops');
$file = file();
is($file->get('state'), $clean, 'the file is closed');
is($file->get('masters'), 0, 'by its last master');
is($file->get('sum'), $file->seal->get('sum'), 'with a checksum');

$gw->must_start;
like($gw->log, qr/\[notice\] .*the file "\Q$path\E" of "apigw_zone" has 0 quotas, it was closed, in this boot/,
    'the next start finds it');
is(file()->get('state'), $used, 'it is in use');
is(file()->get('gateway'), $gateway, 'by the same gateway');
is(file()->get('generation'), 1, 'whose configurations count anew');

# quotas, as a gateway would leave them

my %quota = (
    id0 => 12345, id1 => 67890, generation => 9,
    word => 20000 << 48 | 3 << 33 | 17,
    granted0 => 2 << 48 | 40, granted1 => 3 << 48 | 100,
    until => 1_000_000_000_000_000, low => 5, dry => 100_000_000_000_000, base => 19990 << 48 | 7,
    mark => 77, limit => 1000, reserved => 150, others => 3, today => 11,
);

$gw->stop;
file()->put(5, %quota)->put(6, %quota, id0 => 1, reserved => 60)
    ->put(7, generation => 3)->set(state => $used)->store($path);
$gw->must_start;
like($gw->log, qr/has 7 quotas, it was not closed, in this boot/,
    'a start with quotas');
is(file()->get('used'), 7, 'they are counted');

sub is_quota {
    my ($n, $what, %change) = @_;
    my $is = file()->record($n);
    is_deeply({ map { $_ => $is->{$_} } keys %quota },
        { %quota, generation => 0, %change }, $what);
}

is_quota(5, 'they are what they were, but for the generation');

# all are killed

ok(murder(), 'all of its processes are killed');
is(file()->get('state'), $used, 'nobody has closed the file');
ok($gw->test, 'nginx -t passes');
$gw->must_start;
like($gw->log, qr/has 7 quotas, it was not closed, in this boot/,
    'the next start');
is_quota(5, 'finds its exact state');
is(file()->get('gateway'), $gateway, 'it is the same gateway');
is(file()->get('masters'), 1, 'one master has it');

# the master alone is killed: its workers are still there

{
    my @workers = $gw->children;
    my $master = $gw->pid;
    kill KILL => $master;
    Apigw::Gateway::wait_for(5, sub { !$gw->alive });

    my $next = Apigw::Gateway->new(http => http("1m file=$path"));
    ok(fails($next), 'while workers of a killed master live');
    like($next->{failure}, qr/is in use by another gateway, or by workers of one that was killed/,
        'the file is theirs');
    kill KILL => @workers;
    Apigw::Gateway::wait_for(5, sub { !grep { !gone($_) } @workers });
    ok($next->start, 'then it is free') or diag $next->{failure};
    is($next->stop, 0, 'and closed');
    is(file()->get('state'), $clean, 'again');
}

# a reboot after a clean stop: the state is exact, its clock is not

my %boot = (boot => 'another boot id.');

file()->set(%boot)->store($path);
$gw->must_start;
like($gw->log, qr/has 7 quotas, it was closed, in another boot/,
    'a reboot after a stop');
is_quota(5, 'what was left is left', until => 0, dry => 0, mark => 0);
isnt(file()->get('boot'), $boot{boot}, 'the file has the new boot');
ok(murder(), 'all are killed');

# the machine has crashed

file()->set(%boot)->put(5, %quota)->store($path);
$gw->must_start;
like($gw->log, qr/has 7 quotas, it was not closed, in another boot/,
    'a reboot after a crash');
my %spent = (word => 20000 << 48 | 1 << 33, until => 0, dry => 0, mark => 0);
is_quota(5, 'what was reserved counts as spent', %spent,
    granted1 => 1 << 48 | 150);
is_quota(6, 'or what was granted', %spent, id0 => 1, reserved => 60,
    granted1 => 1 << 48 | 100);
is(file()->record(7)->{generation}, 0, 'a record without a check is free');
is($gw->stop, 0, 'it stops');

# damage

my $good = file();

for my $case (
    ['a flipped byte in a closed file',
        sub { $_[0]->flip(16384 + 5 * 256 + 30) }, 'does not match its checksum'],
    ['a flipped byte where nothing is',
        sub { $_[0]->flip(16384 + 900 * 256) }, 'does not match its checksum'],
    ['a flipped byte of an id in a file that was not closed',
        sub { $_[0]->set(state => $used)->flip(16384 + 5 * 256 + 3) },
        'has a damaged record: restore it, or remove it, and its quotas start anew \(5\)'],
    ['a flipped byte of the gateway\'s id', sub { $_[0]->flip(50) },
        'has a damaged head'],
) {
    my ($what, $damage, $message) = @$case;
    my $image = file();
    $damage->($image);
    $image->store($path);
    refused($what, qr/\[emerg\] .*the file "\Q$path\E" of "apigw_zone" $message/);
    is(sha256_hex(file()->bytes), sha256_hex($image->bytes),
        "$what: it is left as it is");
    $good->store($path);
}

$gw->configure(http => http('2m file=%ROOT%/quotas'));
refused('another size of the zone', qr/\[emerg\] .*the file "\Q$path\E" of "apigw_zone" is of another size of the zone/);
$gw->configure(http => http('1m file=%ROOT%/quotas'));

$gw->must_start;
is_quota(5, 'the good file is good again', %spent,
    granted1 => 1 << 48 | 150);
is($gw->stop, 0, 'it stops');

# the binary is upgraded: only of a daemon

my @masters;

END { kill TERM => @masters if @masters }

sub master {
    my ($pid) = $gw->read('nginx.pid') =~ /^(\d+)$/;
    return $pid;
}

# it has workers, and so it waits for signals

sub ready {
    my ($pid) = @_;
    Apigw::Gateway::wait_for(10, sub {
        open my $children, '<', "/proc/$pid/task/$pid/children" or return;
        return split(' ', <$children> // '') >= 2;
    }) or die "no workers of $pid:\n" . $gw->log(0);
}

sub upgrade {
    my ($old) = @_;
    my $new;
    kill USR2 => $old;
    Apigw::Gateway::wait_for(10, sub {
        $new = master();
        return $new && $new != $old && file()->get('masters') == 2;
    }) or die "no upgrade:\n" . $gw->log(0);
    push @masters, $new;
    ready($new);
    return $new;
}

sub quit {
    my ($pid) = @_;
    kill QUIT => $pid;
    @masters = grep { $_ != $pid } @masters;
    return Apigw::Gateway::wait_for(10, sub { gone($pid) });
}

sub locked {
    return fails(Apigw::Gateway->new(http => http("1m file=$path")));
}

is(system($gw->command), 0, 'a daemon');
my $old;
Apigw::Gateway::wait_for(10, sub { $old = master() });
@masters = $old;
ready($old);
my $new = upgrade($old);
isnt($new, $old, 'USR2: there is another master');
is(file()->get('masters'), 2, 'which shares the file');
is(file()->get('generation'), 2, 'as the next configuration');
is(file()->get('gateway'), $gateway, 'and the same gateway');
is_quota(5, 'with the same quotas', %spent,
    granted1 => 1 << 48 | 150);
ok(locked(), 'a third one is refused');

ok(quit($old), 'the old one goes');
is(file()->get('masters'), 1, 'the new one has the file');
is(file()->get('state'), $used, 'which is not closed');
ok(locked(), 'and is locked');
is($gw->status('/prod/a'), 200, 'the new one serves');

$old = $new;
$new = upgrade($old);
is(file()->get('masters'), 2, 'it is upgraded itself');
ok(quit($new), 'which is undone');
is(file()->get('masters'), 1, 'the old one has the file');
is(file()->get('state'), $used, 'in use');
ok(locked(), 'and locked');

# the old one goes while the new one begins

for my $n (1 .. 3) {
    kill USR2 => $old;
    Apigw::Gateway::wait_for(10, sub {
        $gw->read('nginx.pid.oldbin') =~ /^$old$/;
    });
    kill QUIT => $old;
    Apigw::Gateway::wait_for(10, sub {
        $new = master();
        return gone($old) && $new && $new != $old && $gw->accepts;
    });
    push @masters, $new;
    ready($new);
    is(file()->get('state'), $used, "upgrade $n in haste: it is in use");
    is(file()->get('masters'), 1, 'by one master');
    $old = $new;
}

ok(locked(), 'and locked');
ok(quit($old), 'it stops');
@masters = ();
is(file()->get('state'), $clean, 'the file is closed');
is(file()->get('masters'), 0, 'by the last master');
ok(!locked(), 'and free');

# a quota, counted

sub counted {
    my ($zone, $limit) = @_;
    $limit ||= 9;
    return <<"END";
    apigw_zone $zone;
    apigw_usage_plan gold { quota $limit/month; }
    apigw_api_key a key=zone-file-key-00000001 plan=gold;
    server {
        listen 127.0.0.1:%PORT%;
        apigw_stage prod {
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200 a; }
        }
    }
END
}

sub spend {
    my ($n) = @_;
    return join ' ', map { $gw->status('/prod/a',
        headers => ['X-Api-Key' => 'zone-file-key-00000001']) } 1 .. $n;
}

unlink $path;
$gw->configure(http => counted('1m file=%ROOT%/quotas'));
$gw->must_start;
is(spend(2), '200 200', 'a quota: two of nine');
is($gw->stop, 0, 'a stop');
$gw->must_start;
is(spend(3), '200 200 200', 'three more');
ok(murder(), 'all are killed');
$gw->must_start;
is(spend(2), '200 200', 'two more');
ok($gw->reload, 'a reload');
is(spend(3), '200 200 429', 'the last two');
ok(murder(), 'all are killed');
ok($gw->test, 'nginx -t passes');
$gw->must_start;
is(spend(1), '429', 'none is left');
is($gw->stop, 0, 'it stops');
unlink $path;
$gw->must_start;
is(spend(1), '200', 'without the file the quota starts anew');
is($gw->stop, 0, 'it stops');

# a machine that crashes: what was written before it was spent is gone, and
# no unit is given twice

unlink $path;
$gw->configure(http => counted('1m file=%ROOT%/quotas', 200));
$gw->must_start;
is(spend(50), join(' ', (200) x 50), 'fifty of two hundred');
ok(murder(), 'all are killed');

my $quota = file()->record(0);
cmp_ok($quota->{reserved}, '>=', 50, 'what was spent had been reserved');
cmp_ok($quota->{reserved}, '<=', 100, 'and not much more');

file()->set(%boot)->store($path);
$gw->must_start;
my @status = split / /, spend(200);
is(scalar(grep { $_ == 200 } @status), 200 - $quota->{reserved},
    'after the crash there is what was not reserved');
is($gw->stop, 0, 'it stops');

my $expected = qr/conflicts\ with\ its\ file | the\ file\ "\Q$path\E"\ of
    | invalid\ port | host\ not\ found | exited\ on\ signal/x;
is_deeply([$gw->complaints($expected)], [], 'no other complaint is in the log');

done_testing();
