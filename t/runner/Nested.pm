package Nested;

# Runs a test file of its own in an empty folder, under our runner.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More import => [qw(diag is is_deeply isnt like)];
use Time::HiRes qw(sleep time);

our @EXPORT = qw(block fails_with folder gone launch nested passes result
    slurp test_file wait_for);

my $lib = abs_path(dirname(__FILE__) . '/../lib');

sub folder {
    my $dir = tempdir(CLEANUP => 1);
    make_path("$dir/t");
    return $dir;
}

# %arg: head, Perl after "use"; blocks, the text after __DATA__

sub test_file {
    my ($dir, %arg) = @_;
    open my $out, '>', "$dir/t/x.t" or die "$dir: $!";
    print $out "use Test::Nginx::Socket 'no_plan';\n", $arg{head} // '',
        "\nrun_tests();\n", $arg{tail} // '', "__DATA__\n", $arg{blocks};
    close $out;
}

# Starts the file; its pid.

sub launch {
    my ($dir, %env) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    delete $ENV{$_} for grep { /^TEST_NGINX_/ && !/BINARY/ } keys %ENV;
    %ENV = (%ENV, TEST_NGINX_RANDOMIZE => 1, TEST_NGINX_NO_SHUFFLE => 1,
        %env);
    chdir $dir or die "$dir: $!";
    open STDOUT, '>', 'out' or die;
    open STDERR, '>&', \*STDOUT or die;
    exec $^X, "-I$lib", 't/x.t';
}

sub result {
    my ($dir, $pid) = @_;
    waitpid $pid, 0;
    my $status = $?;
    return { dir => $dir, status => $status, code => $status >> 8,
        out => slurp("$dir/out") };
}

sub nested {
    my (%arg) = @_;
    my $dir = folder();
    test_file($dir, %arg);
    return result($dir, launch($dir, %{ $arg{env} // {} }));
}

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub wait_for {
    my ($check) = @_;
    my $until = time + 10;
    until ($check->()) {
        return 0 if time > $until;
        sleep 0.01;
    }
    return 1;
}

# Runs a file that has to fail, with that message.

sub fails_with {
    my ($what, $message, %arg) = @_;
    my $res = nested(%arg);
    isnt($res->{code}, 0, "$what fails");
    like($res->{out}, $message, "$what says so");
    is_deeply([glob "$res->{dir}/t/servroot*"], [], "$what cleans up");
    return $res;
}

sub passes {
    my ($what, %arg) = @_;
    my $res = nested(%arg);
    is($res->{code}, 0, "$what passes") or diag($res->{out});
    return $res;
}

# A block with one location; further sections are added.

sub block {
    my ($sections, $location) = @_;
    $location //= 'return 200 "hello\n";';
    return (blocks => "=== TEST 1: name\n--- config\n"
        . "location /t { $location }\n--- request\nGET /t\n$sections");
}

# A process that is not our child: gone, or only a zombie.

sub gone {
    my ($pid) = @_;
    return wait_for(sub {
        !kill(0 => $pid) || slurp("/proc/$pid/stat") =~ /\) Z/;
    });
}

1;
