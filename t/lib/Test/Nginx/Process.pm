package Test::Nginx::Process;

# nginx as our own child: start, reload and stop it, and say what was wrong
# with the way it went.

use strict;
use warnings;

use File::Glob 'bsd_glob';
use POSIX qw(WNOHANG);
use Text::ParseWords 'shellwords';
use Time::HiRes qw(sleep time);

use Test::Nginx::Client;
use Test::Nginx::Common;
use Test::Nginx::Config;

my @SANITIZERS = qw(ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS);

sub new {
    my ($class) = @_;
    my $self = bless { build => '', version => 0 }, $class;

    local $ENV{ASAN_OPTIONS} = no_leak_check();
    my $binary = quotemeta $Opt{binary};
    $self->{build} = `$binary -V 2>&1` // '';

    ($self->{version}) = $self->{build} =~ m{^\w+ version: \S+/([\d.]+)}m
        or fatal("cannot run \"$Opt{binary} -V\": $self->{build}");
    ($self->{openssl}) = $self->{build} =~ m{built with OpenSSL (\S+)};

    return $self;
}

# An nginx that gives up, or only says its version, does not clean up.

sub no_leak_check {
    return join ',',
        grep { defined && length } $ENV{ASAN_OPTIONS}, 'detect_leaks=0';
}

sub running {
    my ($self) = @_;
    return defined $self->{pid} && !defined $self->reap(0);
}

# Paths that sanitizers and Valgrind write their reports to, as globs.

sub report_globs {
    my ($self, $valgrind) = @_;
    my @globs;

    for my $name (@SANITIZERS) {
        push @globs, "$1.*" if ($ENV{$name} // '') =~ /log_path=([^,:\s]+)/;
    }

    if ($valgrind) {
        for (shellwords($valgrind)) {
            next if !/^--log-file=(.+)/;
            push @globs, $1 =~ s/%p/*/gr;
        }
    }

    return @globs;
}

# Each block gets reports of its own: log_path=X becomes X-file-tN.

my %untagged;

sub tag_reports {
    my ($tag) = @_;
    for my $name (@SANITIZERS) {
        next if !defined $ENV{$name};
        my $options = $untagged{$name} //= $ENV{$name};
        $ENV{$name} = $options =~ s/(log_path=[^,:\s]+)/$1-$tag/r;
    }
}

sub command {
    my ($self, $valgrind) = @_;
    my @command;

    # Should we be killed, so is nginx.
    push @command, qw(setpriv --pdeathsig TERM)
        if !$Opt{no_clean} && has_setpriv();

    if (defined $Opt{ld_preload}) {
        my $preload = join ' ', grep { defined && length }
            $Opt{ld_preload}, $ENV{LD_PRELOAD};
        push @command, 'env', "LD_PRELOAD=$preload";
    }

    push @command, valgrind_command($valgrind) if $valgrind;

    push @command, $Opt{binary}, '-p', "$Opt{servroot}/",
        '-c', path('conf/nginx.conf');

    my ($major, $minor, $patch) = split /\./, $self->{version};
    push @command, '-e', path('logs/error.log')
        if $major * 1e6 + $minor * 1e3 + $patch >= 1_019_005;

    return @command;
}

sub has_setpriv {
    our $found //= $^O eq 'linux'
        && system('setpriv --pdeathsig TERM true 2>/dev/null') == 0;
    return $found;
}

sub valgrind_command {
    my ($options) = @_;
    return ('valgrind', '-q', shellwords($options)) if $options !~ /^\d+$/;

    my $suppressions = 'valgrind.suppress';
    return (
        qw(valgrind -q --tool=memcheck --leak-check=full
            --show-possibly-lost=no --keep-debuginfo=yes --num-callers=100
            --gen-suppressions=all),
        -f $suppressions ? "--suppressions=$suppressions" : (),
    );
}

sub spawn {
    my ($self, $valgrind) = @_;

    my @command = $self->command($valgrind);
    my $stderr = path('logs/stderr.log');
    unlink path('logs/nginx.pid');
    say_verbose("starting @command");

    $self->{globs} = [$self->report_globs($valgrind)];
    $self->{old_reports} = { map { $_ => 1 } $self->reports };

    my $pid = fork;
    fatal("cannot fork: $!") if !defined $pid;

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP QUIT PIPE CHLD __DIE__);
        setpgrp;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>>', $stderr;
        { no warnings; exec { $command[0] } @command };
        syswrite STDERR, "cannot run $command[0]: $!\n";
        POSIX::_exit(127);
    }

    $self->{pid} = $pid;
    delete @$self{qw(status early)};
    $self->{stderr_at} = -s $stderr || 0;
}

# Waits for our child; its status, or undef after the timeout.

sub reap {
    my ($self, $timeout) = @_;
    my $until = time + $timeout;

    until (defined $self->{status}) {
        my $got = waitpid($self->{pid}, WNOHANG);
        $self->{status} = $? if $got == $self->{pid};
        $self->{status} = 0 if $got == -1;
        last if defined $self->{status};
        return undef if time > $until;
        sleep 0.002;
    }

    return $self->{status};
}

# nginx writes its pid when its sockets listen.  True if it has come so far,
# false if it went away or takes too long.

sub start {
    my ($self, %arg) = @_;
    $self->spawn($arg{valgrind});

    my $until = time + 15 * slow_factor();
    while (time < $until) {
        return 1 if read_file(path('logs/nginx.pid')) =~ /^\d+\n/;
        last if defined $self->reap(0);
        sleep 0.002;
    }

    return 0;
}

# Stops nginx; returns what there is to complain about.

sub stop {
    my ($self) = @_;
    return if !defined $self->{pid};

    my $pid = $self->{pid};
    my $early = defined $self->reap(0);
    my $wait = $Opt{timeout} * slow_factor();
    my @complaints;

    if (!$early) {
        for my $signal ($Opt{fast_shutdown} ? () : 'QUIT', 'TERM') {
            kill $signal => $pid;
            last if defined $self->reap($wait);
            say_verbose("nginx $pid goes on after SIG$signal");
        }
    }

    if (!defined $self->{status}) {
        push @complaints, 'nginx did not stop and was killed';
        kill KILL => $pid;
        $self->reap(10);
    }

    kill KILL => -$pid;     # workers that lost their master
    delete $self->{pid};

    push @complaints, exit_complaint($self->{status}, $early)
        if !@complaints;

    return grep { defined } @complaints;
}

sub exit_complaint {
    my ($status, $early) = @_;
    my $when = $early ? 'during the test' : 'on exit';
    my ($signal, $code) = ($status & 127, $status >> 8);

    # A test may well send these itself; a crash is none of them.
    return undef if grep { $signal == $_ } 1, 2, 3, 9, 15;

    return "nginx died $when on signal $signal" if $signal;
    return "nginx gave exit code $code $when" if $code;
    return undef;
}

# An nginx that an earlier run left in our server root.

sub stop_stale {
    my $pid = read_file(path('logs/nginx.pid')) =~ /^(\d+)$/m ? $1 : return;
    my $command = read_file("/proc/$pid/cmdline");
    return if index($command, "$Opt{servroot}/") < 0;

    for my $signal (qw(TERM KILL)) {
        kill $signal => $pid;
        for (1 .. 200) {
            return if !kill 0 => $pid;
            return if read_file("/proc/$pid/stat") =~ /\) Z/;
            sleep 0.01;
        }
    }
}

# Sends HUP, and waits until new workers serve and old ones listen no more.
# Undef if that went well.

sub reload {
    my ($self, $version, $may_fail) = @_;
    my $pid = $self->{pid};
    my $error_log = path('logs/error.log');
    my $wait = 5 * slow_factor();

    my @old = children($pid);

    kill USR1 => $pid;      # the logs were removed: make new ones
    wait_until(1, sub { -e $error_log });
    kill HUP => $pid;

    my ($failed, $new);
    wait_until($wait, sub {
        $failed = read_file($error_log) =~ /\[emerg\] (.*)/ ? $1 : undef;
        return 1 if defined $failed;
        $new = served_version() eq $version;
    });

    return undef if $may_fail;
    return "nginx did not reload: $failed" if defined $failed;
    return 'nginx did not reload' if !$new;

    wait_until($wait, sub { !grep { serving($_) } @old });
    return undef;
}

sub wait_until {
    my ($timeout, $check) = @_;
    my $until = time + $timeout;
    until ($check->()) {
        return 0 if time > $until;
        sleep 0.005;
    }
    return 1;
}

sub served_version {
    my $request = "GET /ver HTTP/1.0\r\nHost: Test-Nginx\r\n\r\n";
    my ($raw) = exchange([{ value => $request }], timeout => 1);
    return parse_response($raw, 'GET')->{body};
}

sub children {
    my ($pid) = @_;
    return split ' ', read_file("/proc/$pid/task/$pid/children");
}

sub serving {
    my ($worker) = @_;
    my $title = read_file("/proc/$worker/cmdline");
    return length $title && $title !~ /is shutting down/;
}

# What came to nginx's stderr since the last call.

sub stderr {
    my ($self) = @_;
    my $text = substr read_file(path('logs/stderr.log')), $self->{stderr_at};
    $self->{stderr_at} += length $text;
    return $text;
}

sub reports {
    my ($self) = @_;
    return grep { -s } map { bsd_glob($_) } @{ $self->{globs} };
}

# Reports that were written since nginx was started.

sub new_reports {
    my ($self) = @_;
    my @new = grep { !$self->{old_reports}{$_}++ } $self->reports;
    return map { [$_, read_file($_)] } @new;
}

1;
