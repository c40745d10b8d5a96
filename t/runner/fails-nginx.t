# What nginx, sanitizers and Valgrind have to say makes a block fail.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Nested;
use Test::More;

my $res = fails_with('a configuration that nginx refuses',
    qr/not ok 1 .* nginx did not start\n(?:#.*\n|\n)*# nginx: \[emerg\] unk/,
    blocks => (block('', 'no_such_directive;'))[1]
        . "=== TEST 2: next\n--- config\n--- request\nGET /\n");
like($res->{out}, qr/^ok 2 - .*TEST 2: next/m, 'and the next block runs');

fails_with('a reload that nginx refuses', qr/not ok 2 .* nginx did not rel/,
    head => 'use_hup();', blocks => "=== TEST 1: name\n--- config\n"
        . "--- request\nGET /\n=== TEST 2: name\n--- config\n"
        . "no_such_directive;\n--- request\nGET /\n");

my $kill_worker = <<'END';
--- init
open my $in, '<', server_root() . '/logs/nginx.pid' or die;
chomp(my $pid = <$in>);
my $list = "/proc/$pid/task/$pid/children";
my ($old) = `cat $list`;
kill KILL => split ' ', $old;
for (1 .. 100) {
    my $new = `cat $list`;
    last if $new =~ /\d/ && $new ne $old;
    select undef, undef, undef, 0.01;
}
END

fails_with('a worker that is killed',
    qr/not ok 2 .* unexpected line in error\.log: .*exited on signal 9/,
    block($kill_worker), head => 'master_on();');
passes('a worker that is killed, and this is expected',
    block("$kill_worker--- error_log: exited on signal 9\n"),
    head => 'master_on();');

sub log_line {
    my ($line) = @_;
    return block(<<"END");
--- init
open my \$out, '>>', server_root() . '/logs/error.log' or die;
print \$out '$line', "\\n";
close \$out;
END
}

for my $line (
    '2026/01/02 03:04:05 [alert] 1#1: something',
    '2026/01/02 03:04:05 [emerg] 1#1: something',
    '2026/01/02 03:04:05 [notice] 1#1: worker process 2 exited with code 1',
    '/src/a.c:12:3: runtime error: signed integer overflow',
    '==12==ERROR: AddressSanitizer: heap-buffer-overflow',
    'nginx: a.c:1: f: Assertion `x == y` failed.',
    )
{
    fails_with("the line \"$line\"",
        qr/Failed test .* unexpected line in error\.log: \Q$line\E'/,
        log_line($line));
}

passes('an error', log_line('2026/01/02 03:04:05 [error] 1#1: something'));
passes('an alert in quotes',
    log_line('2026/01/02 03:04:05 [error] 1#1: "GET /[alert] HTTP/1.1"'));

my $signal = <<'END';
--- init
open my $in, '<', server_root() . '/logs/nginx.pid' or die;
chomp(my $pid = <$in>);
kill SEGV => $pid;
for (1 .. 2000) {
    open my $stat, '<', "/proc/$pid/stat" or last;
    last if <$stat> =~ /\) Z/;
    select undef, undef, undef, 0.005;
}
END
fails_with('an nginx that crashes', qr/nginx died during the test on sig/,
    block("$signal--- ignore_response\n"));

$res = fails_with('one that crashes between reloads',
    qr/not ok 1 .*TEST 1: name - nginx died during the test on signal 11/,
    head => 'use_hup();',
    blocks => (block("$signal--- ignore_response\n"))[1]
        . "=== TEST 2: next\n--- config\n--- request\nGET /\n");
like($res->{out}, qr/^ok 2 - .*TEST 2: next/m, 'and the next block runs');

my $report = "--- init\nopen my \$out, '>', 'san-x-t1.123' or die;\n"
    . "print \$out \"overflow here\\n\"; close \$out;\n";
fails_with('a report of a sanitizer',
    qr/not ok 2 .* there is a report: san-x-t1\.123\n(?:#.*\n|\n)*# overflow/,
    block($report), env => { ASAN_OPTIONS => 'detect_leaks=0,log_path=san' });

sub program {
    my ($dir, $name, $text) = @_;
    open my $out, '>', "$dir/$name" or die;
    print $out "#!/bin/sh\n$text";
    close $out;
    chmod 0755, "$dir/$name";
}

my $bin = folder();
program($bin, 'valgrind', <<'END');
for option; do
    case $option in
    --log-file=*) echo '==1== Invalid read of size 1' >${option#*=} ;;
    esac
done
[ -n "$QUIET" ] || echo '==1== Invalid write of size 1' >&2
while [ "${1#-}" != "$1" ]; do shift; done
exec "$@"
END
$ENV{PATH} = "$bin:$ENV{PATH}";

fails_with('what Valgrind says',
    qr/Valgrind found errors\n(?:#.*\n|\n)*# ==1== Invalid write/,
    block(''), env => { TEST_NGINX_USE_VALGRIND => 1 });
fails_with('what Valgrind writes to a file',
    qr/there is a report: vg\.log\n(?:#.*\n|\n)*# ==1== Invalid read/,
    block(''), env => { QUIET => 1,
        TEST_NGINX_USE_VALGRIND => '--leak-check=full --log-file=vg.log' });
passes('a silent Valgrind', block(''),
    env => { QUIET => 1, TEST_NGINX_USE_VALGRIND => 1 });

my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';

program($bin, 'nginx-23', <<"END");
[ "\$1" != -V ] || exec $nginx -V
$nginx "\$@" &
trap 'kill -QUIT \$!; wait \$!; exit 23' QUIT
wait \$!
END
fails_with('an exit code', qr/not ok 2 .* nginx gave exit code 23 on exit/,
    block(''), env => { TEST_NGINX_BINARY => "$bin/nginx-23" });

program($bin, 'nginx-deaf', <<"END");
[ "\$1" != -V ] || exec $nginx -V
$nginx "\$@" &
trap '' QUIT TERM
wait \$!
END
fails_with('an nginx that does not stop', qr/nginx did not stop and was kil/,
    block(''), env => { TEST_NGINX_BINARY => "$bin/nginx-deaf",
        TEST_NGINX_TIMEOUT => 0.3 });

done_testing();
