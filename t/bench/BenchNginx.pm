package BenchNginx;

# An nginx of the benchmark: its configuration, its process, what it has used.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

our ($dir, $nginx, $module);
our %core = (gate => 0, load => 1);

my %running;

sub free_port {
    my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "no free port: $!\n";
    return $s->sockport;
}

# new(name, core => ..., main => text, http => text with @ports in it)

sub new {
    my ($class, $name, %o) = @_;

    my $self = bless { name => $name, core => $o{core} || 'gate' }, $class;
    my $home = "$dir/$name";

    make_path("$home/tmp");

    $self->{home} = $home;
    $self->{conf} = "$home/nginx.conf";
    $self->{ports} = $o{ports} || {};
    $self->{ports}{status} ||= free_port();

    open my $fh, '>', $self->{conf} or die "$self->{conf}: $!\n";

    print $fh $o{gateway} ? "load_module $module;\n" : '';
    print $fh <<"CONF" or die;
worker_processes 1;
worker_rlimit_nofile 4096;
pid $home/pid;
error_log $home/error.log crit;
events { worker_connections 1024; }

http {
    access_log off;
    default_type application/json;
    server_tokens off;

    keepalive_timeout 600s;
    keepalive_requests 1000000000;

    client_body_temp_path $home/tmp/body;
    proxy_temp_path $home/tmp/proxy;
    fastcgi_temp_path $home/tmp/fastcgi;
    uwsgi_temp_path $home/tmp/uwsgi;
    scgi_temp_path $home/tmp/scgi;

    server {
        listen 127.0.0.1:$self->{ports}{status};
        location / { stub_status; }
    }

$o{http}
}
CONF
    close $fh or die "$self->{conf}: $!\n";

    return $self;
}

sub command {
    my ($self, $extra) = @_;

    return ($nginx, '-p', $self->{home}, '-c', $self->{conf}, '-e',
            "$self->{home}/start.log", '-g', $extra || 'daemon off;');
}

# start(prefix of the command, globals of nginx)

sub start {
    my ($self, $globals, @prefix) = @_;

    my $pid = fork;
    die "fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        open STDOUT, '>', "$self->{home}/stdout" or die;
        open STDERR, '>', "$self->{home}/stderr" or die;
        exec 'taskset', '-c', $core{ $self->{core} }, @prefix,
            $self->command($globals)
            or POSIX::_exit(127);
    }

    $running{$pid} = $self->{pid} = $pid;

    for my $port (values %{ $self->{ports} }) {
        $self->wait_port($port);
    }

    $self->{worker} = $pid;

    unless (($globals // '') =~ /master_process off/) {
        my $end = time + 60;

        # ports are open before there is a worker
        until ($self->{worker} = $self->find_worker) {
            die "nginx \"$self->{name}\" has no worker\n" if time > $end;
            sleep 0.02;
        }
    }

    return $self;
}

sub wait_port {
    my ($self, $port) = @_;

    my $end = time + 600;

    while (time < $end) {
        if (waitpid($self->{pid}, WNOHANG) > 0) {
            delete $running{ $self->{pid} };
            die "nginx \"$self->{name}\" did not start, see $self->{home}\n";
        }

        return if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        sleep 0.02;
    }

    die "nginx \"$self->{name}\" does not listen\n";
}

sub find_worker {
    my ($self) = @_;

    for my $file (glob '/proc/[0-9]*/stat') {
        open my $fh, '<', $file or next;
        my $line = <$fh> // next;

        return $1 if $line =~ /^(\d+) \(nginx\) \S $self->{pid} /;
    }

    return;
}

sub stop {
    my ($self) = @_;

    my $pid = delete $self->{pid} or return;

    # under valgrind a signal that comes just before epoll_wait() is noticed
    # only after it

    do {
        kill 'TERM', $pid;
        sleep 0.05;
    } until waitpid $pid, WNOHANG;

    delete $running{$pid};
}

sub stop_all {
    for my $pid (keys %running) {
        (bless { pid => $pid })->stop;
    }
}

# what the worker has used so far, in ns

sub cpu {
    my ($self) = @_;

    my $pid = $self->{worker};

    if (open my $fh, '<', "/proc/$pid/schedstat") {
        my ($ns) = split ' ', <$fh> // '';
        return $ns if $ns;
    }

    open my $fh, '<', "/proc/$pid/stat" or die "nginx worker is gone\n";
    my @f = split ' ', (<$fh> =~ s/^.*\) //r);

    return ($f[11] + $f[12]) * 1e9 / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub rss {
    my ($self) = @_;

    open my $fh, '<', "/proc/$self->{worker}/status" or return 0;

    while (<$fh>) {
        return $1 * 1024 if /^VmRSS:\s+(\d+)/;
    }

    return 0;
}

# requests that were answered so far, this one not among them

sub requests {
    my ($self) = @_;

    my $s = IO::Socket::INET->new(
        PeerAddr => "127.0.0.1:$self->{ports}{status}")
        or die "no status of nginx \"$self->{name}\"\n";

    print $s "GET / HTTP/1.0\r\n\r\n";
    my $text = do { local $/; <$s> };

    my ($n) = $text =~ /requests\s+\d+ \d+ (\d+)/
        or die "no status of nginx \"$self->{name}\"\n";

    return $n;
}

# seconds that "nginx -t" takes, the best of three

sub test_time {
    my ($self) = @_;

    my @t;

    for (1 .. 3) {
        my $from = time;
        my $out = qx(taskset -c $core{gate} $nginx -t -p $self->{home} \\
                     -c $self->{conf} -e $self->{home}/start.log 2>&1);
        die "nginx -t: $out\n" if $?;
        push @t, time - $from;
    }

    return (sort { $a <=> $b } @t)[0];
}

END {
    my $rc = $?;
    stop_all();
    $? = $rc;
}

1;
