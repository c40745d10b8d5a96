# Nothing is left behind, and what the environment asks for.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Nested;
use Test::More;

my $block = <<'END';
=== TEST 1: name
--- config
location /t { return 200 "hello\n"; }
--- request
GET /t
END

sub nginx_pid {
    my ($dir) = @_;
    my ($file) = glob "$dir/t/servroot*/logs/nginx.pid";
    return $file ? slurp($file) =~ s/\s+//r : '';
}

sub roots {
    my ($dir) = @_;
    return [glob "$dir/t/servroot*"];
}

# Interrupted

for my $signal (qw(INT TERM HUP KILL)) {
    SKIP: {
        skip('needs setpriv', 4) if $signal eq 'KILL'
            && system('setpriv --pdeathsig TERM true 2>/dev/null') != 0;

        my $dir = folder();
        test_file($dir, blocks => "$block--- wait: 60\n"
            . "--- tcp_listen: \$TEST_NGINX_RAND_PORT_1\n--- tcp_reply: x\n",
            head => 'master_on(); workers(2);');
        my $test = launch($dir);

        ok(wait_for(sub {
            nginx_pid($dir) && slurp("$dir/out") =~ /^ok 1/m;
        }), "$signal: nginx runs") or diag(slurp("$dir/out"));

        my $nginx = nginx_pid($dir);
        my @all = ($nginx, map { split ' ', slurp($_) }
            "/proc/$nginx/task/$nginx/children",
            "/proc/$test/task/$test/children");

        kill $signal => $test;
        my $res = result($dir, $test);
        isnt($res->{status}, 0, "$signal: the test fails");
        is_deeply([grep { !gone($_) } @all], [],
            "$signal: no process is left");
        is_deeply(roots($dir), [], "$signal: no file is left")
            if $signal ne 'KILL';
        pass('KILL: files may be left') if $signal eq 'KILL';
    }
}

# die, exit and bail_out

for my $end ('die "oops\n"', 'exit 3', 'bail_out("oops")') {
    my $res = nested(blocks => $block, head => "
        add_cleanup_handler(sub { diag('cleanup') });
        add_test_cleanup_handler(sub {
            open my \$in, '<', server_root() . '/logs/nginx.pid' or die;
            diag('nginx is ', <\$in>);
            $end;
        });");

    isnt($res->{code}, 0, "$end: the test fails");
    like($res->{out}, qr/^Bail out!  oops/m, 'and the run') if $end =~ /bail/;
    like($res->{out}, qr/^# cleanup$/m, "$end: cleanup handlers run");
    my ($pid) = $res->{out} =~ /nginx is (\d+)/;
    ok($pid && gone($pid), "$end: nginx is gone");
    is_deeply(roots($res->{dir}), [], "$end: no file is left");
}

# TEST_NGINX_NO_CLEAN, and the next run in the same place

{
    my $dir = folder();
    my %env = (TEST_NGINX_RANDOMIZE => '', TEST_NGINX_NO_CLEAN => 1);
    my $port = 10_000 + $$ % 20_000;
    $env{TEST_NGINX_PORT} = $port;
    test_file($dir, blocks => $block);

    my $res = result($dir, launch($dir, %env));
    is($res->{code}, 0, 'NO_CLEAN: passes') or diag($res->{out});
    my $first = nginx_pid($dir);
    ok($first && kill(0 => $first), 'NO_CLEAN: nginx goes on');
    ok(-d "$dir/t/servroot", 'NO_CLEAN: files stay');

    my $conf = slurp("$dir/t/servroot/conf/nginx.conf");
    like($conf, qr/listen\s+127\.0\.0\.1:$port;/, 'PORT, on 127.0.0.1');

    $env{TEST_NGINX_NO_CLEAN} = '';
    $res = result($dir, launch($dir, %env));
    is($res->{code}, 0, 'next run passes') or diag($res->{out});
    ok(gone($first), 'and has stopped the nginx of the first');
    is(nginx_pid($dir), '', 'and its own');
    ok(-d "$dir/t/servroot/logs", 'files stay without RANDOMIZE');

    open my $out, '>', "$dir/t/servroot/precious" or die;
    close $out;
    $res = result($dir, launch($dir, %env));
    isnt($res->{code}, 0, 'unknown files in the server root');
    like($res->{out}, qr/cannot remove .*precious/, 'are named');
    ok(-e "$dir/t/servroot/precious", 'and kept');
}

# More of the environment

my $conf_block = <<'END';
=== TEST 1: name
--- config
location /c { root $TEST_NGINX_SERVER_ROOT/conf; rewrite ^ /nginx.conf; }
location /nginx.conf { root $TEST_NGINX_SERVER_ROOT/conf; }
location /e { return 200 $TEST_NGINX_MINE; }
--- request
GET /c
--- response_body_like eval
$ENV{WANT}
END

for my $case (
    ['LOG_LEVEL', 'warn', 'error_log +\S+/error\.log warn;'],
    ['MASTER_PROCESS', 'on', 'master_process +on;'],
    ['EVENT_TYPE', 'epoll', 'use epoll;'],
    ['POSTPONE_OUTPUT', '1', 'postpone_output 1;'],
    ['REUSE_PORT', '1', 'listen +\S+ reuseport;'],
    ['WORKER_USER', 'root', 'user root;'],
    ['USE_HUP', '1', 'server_name +Test-Nginx;'],
    ['MINE', 'own.value', 'return 200 own\.value;'],
    )
{
    my ($name, $value, $want) = @$case;
    my $res = nested(blocks => $conf_block, env => { WANT => $want,
        TEST_NGINX_MINE => 'x', "TEST_NGINX_$name" => $value });
    is($res->{code}, 0, "TEST_NGINX_$name=$value") or diag($res->{out});
}

{
    my $dir = folder();
    my $copy = "$dir/all.log";
    test_file($dir, blocks => $block . $block =~ s/TEST 1/TEST 2/r);
    my $res = result($dir, launch($dir, TEST_NGINX_ERROR_LOG => $copy));
    my $text = slurp($copy);
    like($text, qr/^=== t\/x\.t TEST 1: name\n.*request line: "GET \/t/ms,
        'TEST_NGINX_ERROR_LOG');
    is(scalar(() = $text =~ /^=== /mg), 2, 'with every block');
}

{
    my $res = nested(blocks => $block, env => { TEST_NGINX_VERBOSE => 1 });
    like($res->{out}, qr/^# request: GET \/t HTTP\/1\.1\r?$/m,
        'TEST_NGINX_VERBOSE');
}

{
    my $res = nested(blocks => $block,
        env => { TEST_NGINX_BINARY => '/no/such/nginx' });
    isnt($res->{code}, 0, 'TEST_NGINX_BINARY');
    like($res->{out}, qr/cannot run "\/no\/such\/nginx -V"/, 'is named');
}

{
    my $res = nested(blocks => $block,
        env => { TEST_NGINX_LOAD_MODULES => '/no/such/module.so' });
    like($res->{out}, qr/\[emerg\] dlopen\(\) "\/no\/such\/module\.so"/,
        'TEST_NGINX_LOAD_MODULES');
}

{
    my $res = nested(blocks => "$block--- init\n"
        . 'open my $in, "<", server_root() . "/logs/nginx.pid" or die;' . "\n"
        . 'chomp(my $pid = <$in>);' . "\n"
        . 'diag("env: ", `tr "\\\\0" "\\\\n" < /proc/$pid/environ`);' . "\n",
        env => { TEST_NGINX_LD_PRELOAD => '/no/such/preload.so',
            ASAN_OPTIONS => 'a=b:log_path=/x/y:c=d' });
    like($res->{out}, qr/LD_PRELOAD=\/no\/such\/preload\.so/,
        'TEST_NGINX_LD_PRELOAD');
    like($res->{out}, qr/ASAN_OPTIONS=a=b:log_path=\/x\/y-x-t1:c=d/,
        'ASAN_OPTIONS has the block in log_path');
}

# Meta sections; the names are put together, for those who look for
# left-overs

sub named {
    my ($n, $meta) = @_;
    return $block =~ s/TEST 1/TEST $n/r . ($meta ? "--- $meta\n" : '');
}

for my $case (
    ['ONLY', [2], named(1), named(2, 'ONLY'), named(3)],
    ['SKIP', [1, 3], named(1), named(2, 'SKIP'), named(3)],
    ['LAST', [1, 2], named(1), named(2, 'LAST'), named(3)],
    )
{
    my ($meta, $want, @blocks) = @$case;
    my $res = nested(blocks => join '', @blocks);
    my @ran = $res->{out} =~ /^ok \d+ - t\/x\.t TEST (\d)/mg;
    is_deeply(\@ran, $want, $meta);
}

# Accumulated logs, repeated

{
    my $text = "$block--- error_log\nstart of nginx|GET\n";
    my %arg = (blocks => "$block--- error_log eval\n"
        . "qr/\\[notice\\].*using the/\n");
    my $res = nested(%arg, head => 'repeat_each(2);');
    like($res->{out}, qr/^not ok 4/m, 'a line of the first of two requests');
    $res = nested(%arg, head => 'repeat_each(2); check_accum_error_log();');
    is($res->{code}, 0, 'is still there with check_accum_error_log');
}

# Functions

{
    my $res = nested(blocks => $block, head => <<'END');
server_port(server_port());
server_addr('127.0.0.1');
server_name('localhost');
server_port_for_client(server_port());
log_level('info');
master_process_enabled(1);
master_off();
add_block_preprocessor(sub { diag('second') });
add_block_preprocessor(sub { diag('first') });
is_str('a', qr/a/, 'is_str with a pattern');
is_str('a', 'a', 'is_str with text');
is(repeat_each(), 1, 'repeat_each');
is(timeout(), 3, 'timeout');
is(workers(), 1, 'workers');
is(worker_connections(), 64, 'worker_connections');
END
    is($res->{code}, 0, 'functions') or diag($res->{out});
    like($res->{out}, qr/# first\n# second/, 'preprocessors, last one first');
}

done_testing();
