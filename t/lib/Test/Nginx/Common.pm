package Test::Nginx::Common;

# What all parts of the runner share: the settings, the place of files under
# the server root, free ports, and variables in the text of a block.

use strict;
use warnings;

# Perl of a test file: in its package, and out of reach of our variables.

sub eval_in_main {
    package main;
    return scalar eval $_[0];
}

use Exporter 'import';
use File::Spec ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use Scalar::Util 'reftype';
use Socket qw(SOCK_STREAM);

our @EXPORT = qw(%Opt fatal say_verbose path seconds expand free_port
    release_ports run_perl server_ports slow_factor read_file);

our $Where = '';    # name of the block in hand, for messages
our %Opt;

my @NOT_OURS = qw(CHECK_LEAK BENCHMARK USE_STAP USE_RR USE_HTTP2 USE_HTTP3);

my %Lock;           # port => socket that reserves it

sub env {
    my ($name, $default) = @_;
    my $value = $ENV{"TEST_NGINX_$name"};
    return defined $value && length $value ? $value : $default;
}

sub init {
    for my $mode (@NOT_OURS) {
        die "TEST_NGINX_$mode is not supported by this runner\n"
            if env($mode);
    }

    my $user = env('WORKER_USER', $> == 0 ? 'root' : undef);
    die "bad value in TEST_NGINX_WORKER_USER: $user\n"
        if defined $user && $user !~ /^\w[-\w]*(?:\s+\w[-\w]*)?$/;

    %Opt = (
        accumulate         => env('CHECK_ACCUM_ERR_LOG'),
        addr               => '127.0.0.1',
        binary             => env('BINARY', 'nginx'),
        env                => [],
        error_log_copy     => env('ERROR_LOG'),
        event_type         => env('EVENT_TYPE'),
        fast_shutdown      => env('FAST_SHUTDOWN'),
        force_restart      => env('FORCE_RESTART_ON_TEST', 1),
        hup                => env('USE_HUP'),
        ld_preload         => env('LD_PRELOAD'),
        load_modules       => env('LOAD_MODULES', ''),
        log_level          => env('LOG_LEVEL', 'debug'),
        manager            => !env('NO_NGINX_MANAGER'),
        master             => env('MASTER_PROCESS', 'off'),
        no_clean           => env('NO_CLEAN'),
        postpone_output    => env('POSTPONE_OUTPUT'),
        preamble           => '',
        randomize          => env('RANDOMIZE'),
        repeat             => 1,
        reuse_port         => env('REUSE_PORT'),
        root_location      => 1,
        server_name        => 'localhost',
        shuffle            => !env('NO_SHUFFLE'),
        sleep              => env('SLEEP', 0.015),
        timeout            => env('TIMEOUT', 3),
        user               => $user,
        valgrind           => env('USE_VALGRIND'),
        verbose            => env('VERBOSE'),
        worker_connections => 64,
        workers            => 1,
    );

    if ($Opt{randomize}) {
        $Opt{port} = free_port();
        $Opt{client_port} = $Opt{port};
        $Opt{servroot} = File::Spec->rel2abs("t/servroot_$Opt{port}");

    } else {
        $Opt{port} = env('SERVER_PORT', env('PORT', 1984));
        $Opt{client_port} = env('CLIENT_PORT', $Opt{port});
        $Opt{servroot} = File::Spec->rel2abs(env('SERVROOT', 't/servroot'));
    }

    $ENV{TEST_NGINX_SERVER_ROOT} = $Opt{servroot};
    $ENV{TEST_NGINX_SERVER_PORT} = $Opt{port};
    $ENV{TEST_NGINX_HTML_DIR} //= path('html');
}

# A mistake in the test itself: ends this file, not the whole run.

sub fatal {
    my ($message) = @_;
    $message = "$Where - $message" if length $Where;
    die "$message\n";
}

sub run_perl {
    my ($section, $code) = @_;
    return undef if !defined $code;
    my $value = eval_in_main($code);
    fatal("$section: $@") if $@;
    return $value;
}

sub say_verbose {
    return if !$Opt{verbose};
    my $text = join '', @_;
    $text =~ s/^/# /gm;
    print STDERR "$text\n";
}

sub path {
    return join '/', $Opt{servroot}, @_;
}

# "50ms", "2s", "2" => seconds

sub seconds {
    my ($text) = @_;
    return undef if !defined $text;
    my ($number, $unit) = $text =~ /^\s*(\d+\.?\d*|\.\d+)\s*(ms|s|)\s*$/
        or fatal("bad time: \"$text\"");
    return $unit eq 'ms' ? $number / 1000 : $number;
}

# Under Valgrind everything that waits for nginx waits longer.

sub slow_factor {
    return $Opt{valgrind} ? 10 : 1;
}

sub read_file {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}

# A port that nobody listens on.  Runners that run at the same time agree
# through names of abstract sockets, which vanish with their process.  The
# range lies below the ports that the kernel hands to clients.

sub free_port {
    for (1 .. 1000) {
        my $port = 10_000 + int rand 22_000;
        next if $Lock{$port};

        my $lock = 1;
        if ($^O eq 'linux') {
            $lock = IO::Socket::UNIX->new(
                Local => "\0test-nginx-port-$port",
                Type  => SOCK_STREAM,
            ) or next;
        }

        my $probe = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $port,
            Listen    => 1,
            ReuseAddr => 1,
        ) or next;
        close $probe;

        $Lock{$port} = $lock;
        return $port;
    }

    fatal('cannot find a free port');
}

sub release_ports {
    delete @Lock{@_};
}

# Variables in the text of a block; $ports keeps the random ports of it.

sub variable {
    my ($name, $ports) = @_;
    return $ports->{$name} //= free_port() if $name =~ /_RAND_PORT_[0-9]+$/;
    return $ENV{$name} // fatal("no environment variable $name defined");
}

sub expand {
    my ($text, $ports) = @_;
    return $text if !defined $text || ref $text;
    $text =~ s/\$(TEST_NGINX_[A-Z0-9_]+)/variable($1, $ports)/ge;
    return $text;
}

sub server_ports {
    my ($text) = @_;
    return $text if !defined $text || ref $text;
    $text =~ s/\$ServerPort\b/$Opt{port}/g;
    $text =~ s/\$ServerPortForClient\b/$Opt{client_port}/g;
    return $text;
}

1;
