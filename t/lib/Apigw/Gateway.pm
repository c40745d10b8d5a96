package Apigw::Gateway;

# A gateway of its own for tests in plain Perl.  See the end of this file.

use strict;
use warnings;

use Config;
use Cwd ();
use File::Basename qw(dirname);
use File::Path ();
use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX ();
use Scalar::Util qw(weaken);
use Socket qw(SOCK_STREAM IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep time);

my $top = Cwd::abs_path(dirname(__FILE__) . '/../../..');
my $owner = $$;
my %all;            # those that are to be stopped at the end
my %lock;           # port => socket that reserves it

# glibc keeps nothing that is free but pieces of less than 4 KB
my %trim = (
    MALLOC_MMAP_THRESHOLD_ => 4096,
    MALLOC_MMAP_MAX_       => 1_000_000,
    MALLOC_TRIM_THRESHOLD_ => 0,
    MALLOC_TOP_PAD_        => 0,
);

for my $signal (qw(INT TERM HUP)) {
    my $number = { HUP => 1, INT => 2, TERM => 15 }->{$signal};
    $SIG{$signal} = sub { exit 128 + $number };
}

END {
    if ($$ == $owner) {
        local ($?, $!, $@);
        local @SIG{qw(INT TERM HUP)} = ('IGNORE') x 3;
        $_->remove for grep { $_ } values %all;
    }
}

# Set up and tear down

sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        http      => '',
        main      => '',
        workers   => 1,
        events    => 'worker_connections 1024;',
        log_level => 'info',
        files     => {},
        modules   => 1,
        trim      => 0,
        %opt,
        ports     => {},
        mark      => 0,
    }, $class;

    $self->{root} = File::Temp::tempdir('apigw-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $self->{root};
    mkdir "$self->{root}/logs";
    mkdir "$self->{root}/tmp";

    $self->write($_, $self->{files}{$_}) for sort keys %{ $self->{files} };
    $self->configure;

    $all{"$self"} = $self;
    weaken($all{"$self"});

    return $self;
}

sub DESTROY {
    my ($self) = @_;
    return if $$ != $owner;
    local ($?, $!, $@);
    $self->remove;
}

sub remove {
    my ($self) = @_;
    $self->stop;
    delete $all{"$self"};
    my $root = delete $self->{root};
    File::Path::remove_tree($root) if $root && !$ENV{TEST_NGINX_NO_CLEAN};
}

sub root { $_[0]{root} }

sub path {
    my $self = shift;
    return join '/', $self->{root}, @_;
}

sub port {
    my ($self, $n) = @_;
    return $self->{ports}{ $n || 1 } ||= free_port();
}

sub expand {
    my ($self, $text) = @_;
    $text =~ s/%PORT(\d*)%/$self->port($1)/ge;
    $text =~ s/%ROOT%/$self->{root}/g;
    return $text;
}

sub write {
    my ($self, $name, $text) = @_;
    my $path = $self->path($name);
    open my $out, '>:raw', "$path.new" or die "$path.new: $!\n";
    print $out ref $text ? $$text : $self->expand($text);
    close $out or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return $path;
}

sub read {
    my ($self, $name) = @_;
    my $path = $self->path($name);
    open my $in, '<:raw', $path or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub configure {
    my ($self, %opt) = @_;
    $self->{$_} = $opt{$_} for keys %opt;

    my @modules = split ' ', load_modules();
    @modules = () if !$self->{modules};
    my $user = $> == 0 ? 'user root;' : '';
    my $temp = join '', map { "    ${_}_temp_path %ROOT%/tmp/$_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);

    $self->write('nginx.conf', <<"END");
@{[ join "\n", map { "load_module $_;" } @modules ]}
$user
worker_processes $self->{workers};
error_log %ROOT%/logs/error.log $self->{log_level};
pid %ROOT%/nginx.pid;
$self->{main}
events {
    $self->{events}
}

http {
    access_log off;
    default_type text/plain;
$temp
$self->{http}
}
END
    return $self;
}

sub load_modules {
    return $ENV{TEST_NGINX_LOAD_MODULES}
        if defined $ENV{TEST_NGINX_LOAD_MODULES};
    return "$top/" . ($ENV{BUILD} || 'build') . '/ngx_apigw_module.so';
}

sub command {
    my ($self) = @_;
    my $binary = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
    return ($binary, '-p', "$self->{root}/", '-c', "$self->{root}/nginx.conf",
        '-e', "$self->{root}/logs/error.log");
}

# nginx -t

sub test {
    my ($self) = @_;
    my @command = ($self->command, '-t', '-q');

    my $pid = open my $out, '-|';
    die "cannot fork: $!\n" if !defined $pid;
    if (!$pid) {
        $ENV{ASAN_OPTIONS} = join ',', grep { $_ } $ENV{ASAN_OPTIONS},
            'detect_leaks=0' if $ENV{ASAN_OPTIONS};
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }

    local $/;
    my $text = <$out> // '';
    close $out;
    return wantarray ? ($? == 0, $text) : $? == 0;
}

sub start {
    my ($self) = @_;
    die "the gateway is running\n" if $self->{pid};
    $self->{mark} = -s $self->path('logs/error.log') || 0;

    my $parent = $$;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        die_with_parent($parent);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $self->path('logs/stderr');
        open STDERR, '>&', \*STDOUT;
        @ENV{keys %trim} = values %trim if $self->{trim};
        exec $self->command, '-g', 'daemon off;' or POSIX::_exit(127);
    }

    $self->{pid} = $pid;
    my $up = wait_for(30, sub {
        return 1 if !$self->alive;
        return $self->workers == $self->{workers} && $self->accepts;
    });

    return 1 if $up && $self->{pid};
    my $text = $self->read('logs/stderr') . $self->log;
    $self->stop;
    $self->{failure} = $text;
    return 0;
}

sub must_start {
    my ($self) = @_;
    $self->start or die "nginx does not start:\n$self->{failure}\n";
    return $self;
}

# A master that outlives a test which was killed would keep its ports.

sub die_with_parent {
    my ($parent, $signal) = @_;
    my %number = (x86_64 => 157, aarch64 => 167);
    my ($arch) = $Config{archname} =~ /^(\w+)-linux/ or return;
    my $prctl = $number{$arch} or return;
    syscall $prctl, 1, $signal || POSIX::SIGTERM(), 0, 0, 0;
    POSIX::_exit(1) if getppid() != $parent;
}

sub accepts {
    my ($self) = @_;
    my $ports = keys %{ $self->{ports} } or return 1;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->port, Timeout => 1);
    return !!$socket;
}

sub alive {
    my ($self) = @_;
    my $pid = $self->{pid} or return 0;
    return 1 if waitpid($pid, POSIX::WNOHANG()) == 0;
    $self->{status} = $?;
    delete $self->{pid};
    return 0;
}

sub pid { $_[0]{pid} }

# pids of workers that are not shutting down

sub workers {
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    open my $in, '<', "/proc/$pid/task/$pid/children" or return;
    my @children = split ' ', <$in> // '';
    return grep { title($_) =~ /worker process\s*$/ } @children;
}

sub children {
    my ($self) = @_;
    my $pid = $self->{pid} or return;
    open my $in, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', <$in> // '';
}

sub title {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/cmdline" or return '';
    local $/;
    my $title = <$in> // '';
    $title =~ tr/\0/ /;
    return $title;
}

# True where the new configuration serves alone, but for connections that
# older workers still keep; false where it was refused.

sub reload {
    my ($self, %opt) = @_;
    my %old = map { $_ => 1 } $self->workers;
    my $wanted = $self->{workers};
    my $from = -s $self->path('logs/error.log') || 0;
    my $refused = 0;

    kill HUP => $self->{pid};

    wait_for($opt{timeout} || 30, sub {
        return 1 if !$self->alive;
        my @now = $self->workers;
        return 1 if @now == $wanted && !grep { $old{$_} } @now;
        return 0 if @now >= $wanted && grep { !$old{$_} } @now;
        my $log = $self->log($from);
        $refused = $log =~ /\[emerg\]/;
        return $refused;
    }) or die "reload: nothing happens\n" . $self->log($from);

    die "reload: nginx is gone\n" . $self->log($from) if !$self->{pid};
    return !$refused;
}

sub stop {
    my ($self) = @_;
    delete $self->{connections};
    my $pid = $self->{pid} or return;

    for my $step (['QUIT', 5], ['TERM', 5], ['KILL', 5]) {
        my ($signal, $seconds) = @$step;
        my @children = $self->children;
        kill $signal => $pid;
        kill KILL => @children if $signal eq 'KILL';
        last if wait_for($seconds, sub { !$self->alive });
    }

    return $self->{status};
}

# SIGKILL for the master and all its workers: nobody tidies up

sub crash {
    my ($self) = @_;
    delete $self->{connections};
    my $pid = $self->{pid} or return;

    kill STOP => $pid;          # it makes no new ones meanwhile
    my @children = $self->children;
    kill KILL => $pid, @children;
    wait_for(5, sub { !$self->alive });
    wait_for(5, sub { !grep { kill 0 => $_ } @children });
}

# Waiting

sub wait_for {
    my ($seconds, $code) = @_;
    my $end = time + $seconds * slow_factor();
    my $pause = 0.002;

    while (1) {
        my $result = $code->();
        return $result if $result;
        return $result if time > $end;
        sleep $pause;
        $pause *= 1.5 if $pause < 0.02;
    }
}

sub slow_factor {
    return $ENV{TEST_NGINX_USE_VALGRIND} || $ENV{ASAN_OPTIONS} ? 5 : 1;
}

sub sanitized { return !!($ENV{ASAN_OPTIONS} || $ENV{UBSAN_OPTIONS}) }

# Logs

sub log {
    my ($self, $from) = @_;
    open my $in, '<:raw', $self->path('logs/error.log') or return '';
    seek $in, $from // $self->{mark}, 0;
    local $/;
    return scalar(<$in>) // '';
}

sub mark {
    my ($self) = @_;
    return $self->{mark} = -s $self->path('logs/error.log') || 0;
}

# What should be in no log, and reports of sanitizers.

sub complaints {
    my ($self, $expected) = @_;
    my @bad = grep { /\[(?:alert|crit|emerg)\]/ }
        split /^/, $self->log(0);
    @bad = grep { $_ !~ $expected } @bad if $expected;
    push @bad, grep { /Sanitizer|runtime error:|core dumped/ }
        split /^/, $self->read('logs/stderr');
    return @bad;
}

# Memory, in bytes, of a process

sub memory {
    my ($self, $pid, $what) = @_;
    $what ||= 'VmRSS';
    open my $in, '<', "/proc/$pid/status" or return 0;
    while (my $line = <$in>) {
        return $1 * 1024 if $line =~ /^$what:\s+(\d+) kB/;
    }
    return 0;
}

# Clients

sub connect {
    my ($self, %opt) = @_;
    my $port = $opt{port} || $self->port($opt{server});
    return Apigw::Gateway::Connection->new($port, $opt{timeout});
}

sub request {
    my ($self, $method, $target, %opt) = @_;
    my $connection = $self->connect(%opt);
    $connection->send($method, $target, close => 1, %opt);
    return $connection->receive($method);
}

sub get {
    my ($self, $target, %opt) = @_;
    return $self->request('GET', $target, %opt);
}

sub status {
    my ($self, $target, %opt) = @_;
    return $self->get($target, %opt)->{status};
}

# Many requests at once: how many answers of each status there were.

sub load {
    my ($self, %opt) = @_;
    my $processes = $opt{processes} || 2;
    my $connections = $opt{connections} || 64;
    my $requests = $opt{requests} || 1000;
    my $each = int(($connections + $processes - 1) / $processes);
    my $share = int(($requests + $processes - 1) / $processes);
    my @pipes;

    pipe my $gate, my $open or die "cannot pipe: $!\n";

    for my $n (0 .. $processes - 1) {
        my $pid = open my $from, '-|';
        die "cannot fork: $!\n" if !defined $pid;

        if (!$pid) {
            close $open;
            my $count = eval { $self->load_part($n, $each, $share, $gate,
                \%opt) } || { error => 1, $@ =~ s/\W+/_/gr => 1 };
            print map { "$_ $count->{$_}\n" } sort keys %$count;
            close STDOUT;
            POSIX::_exit(0);
        }

        push @pipes, $from;
    }

    close $gate;
    close $open;                # and off they go
    $opt{meanwhile}->() if $opt{meanwhile};

    my %count;
    for my $from (@pipes) {
        while (my $line = <$from>) {
            $count{$1} += $2 if $line =~ /^(\S+) (\d+)$/;
        }
        close $from;
    }

    return \%count;
}

sub load_part {
    my ($self, $process, $connections, $requests, $gate, $opt) = @_;
    my %count;
    my $sent = 0;
    local $SIG{PIPE} = 'IGNORE';

    my @open = map { $self->load_connect($opt) } 1 .. $connections;
    CORE::read $gate, my $byte, 1;
    my $end = $opt->{seconds} ? time + $opt->{seconds} : undef;

    while (defined $end ? time < $end : $sent < $requests) {
        my @asked;

        for my $connection (@open) {
            last if !defined $end && $sent >= $requests;
            my ($target, @headers) = ref $opt->{target}
                ? $opt->{target}->($process, $sent) : $opt->{target};
            $connection ||= $self->load_connect($opt) or next;
            $sent++;

            eval { $connection->send('GET', $target, headers => [
                @headers, @{ $opt->{headers} || [] } ]); 1 }
                or $count{lost}++, undef $connection, next;
            push @asked, \$connection;
        }

        for my $connection (@asked) {
            my $response = eval { $$connection->receive('GET') };
            $count{ $response ? $response->{status} : 'lost' }++;
            undef $$connection
                if !$response || ($response->{headers}{connection} // '')
                    eq 'close';
        }
    }

    return \%count;
}

sub load_connect {
    my ($self, $opt) = @_;
    my $connection;
    wait_for(2, sub { $connection = eval { $self->connect(%$opt) } });
    return $connection;
}

# A port that nobody listens on, of those that kernels do not hand to
# clients; Test::Nginx::Socket of t/lib reserves its own in the same way.

sub free_port {
    for (1 .. 1000) {
        my $port = 10_000 + int rand 22_000;
        next if $lock{$port};

        my $held = 1;
        if ($^O eq 'linux') {
            $held = IO::Socket::UNIX->new(
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

        $lock{$port} = $held;
        return $port;
    }

    die "cannot find a free port\n";
}


package Apigw::Gateway::Connection;

use Socket qw(IPPROTO_TCP TCP_NODELAY);

sub new {
    my ($class, $port, $timeout) = @_;
    $timeout = ($timeout || 5) * Apigw::Gateway::slow_factor();
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => $timeout)
        or die "cannot connect to port $port: $!\n";
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    binmode $socket;
    return bless { socket => $socket, buffer => '', timeout => $timeout,
        port => $port }, $class;
}

sub socket { $_[0]{socket} }

# headers: [name => value, ...] or { name => value }

sub send {
    my ($self, $method, $target, %opt) = @_;
    my @headers = ref $opt{headers} eq 'HASH'
        ? map { ($_, $opt{headers}{$_}) } sort keys %{ $opt{headers} }
        : @{ $opt{headers} || [] };
    my $body = $opt{body};
    my $text = "$method $target HTTP/1.1\r\n";

    unshift @headers, Host => $opt{host} // 'localhost';
    push @headers, Connection => 'close' if $opt{close};
    push @headers, 'Content-Length' => length $body if defined $body;

    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }

    $self->write($text . "\r\n" . ($body // ''));
}

sub write {
    my ($self, $text) = @_;
    my $socket = $self->{socket};
    local $SIG{PIPE} = 'IGNORE';

    while (length $text) {
        my $n = syswrite $socket, $text;
        die "cannot send: $!\n" if !defined $n;
        substr $text, 0, $n, '';
    }
}

sub fill {
    my ($self) = @_;
    IO::Select->new($self->{socket})->can_read($self->{timeout})
        or die "no answer within $self->{timeout} s\n";
    my $n = sysread $self->{socket}, $self->{buffer}, 65536,
        length $self->{buffer};
    return $n;
}

sub receive {
    my ($self, $method) = @_;

    my $end;

    while (($end = index $self->{buffer}, "\r\n\r\n") < 0) {
        $self->fill or die "no answer, the connection is closed\n";
    }

    my $head = substr $self->{buffer}, 0, $end + 4, '';
    my ($status) = $head =~ m{^HTTP/1\.[01] (\d{3})}
        or die "not a response: $head\n";
    my %headers;

    for (split /\r\n/, $head =~ s/^.*?\r\n//r) {
        my ($name, $value) = /^([^:]+):[ \t]*(.*?)[ \t]*$/ or next;
        $name = lc $name;
        $headers{$name} = exists $headers{$name}
            ? "$headers{$name}, $value" : $value;
    }

    return $self->receive($method) if $status =~ /^1/ && $status != 101;

    my $body = $self->body($method // 'GET', $status, \%headers);
    return { status => $status, head => $head, headers => \%headers,
        body => $body };
}

sub body {
    my ($self, $method, $status, $headers) = @_;
    return '' if $method eq 'HEAD' || $status == 204 || $status == 304;

    if (($headers->{'transfer-encoding'} // '') eq 'chunked') {
        my $body = '';
        while (1) {
            my $size = hex $self->take(qr/^([0-9a-f]+)[^\r\n]*\r\n/i);
            my $chunk = $self->bytes($size);
            $self->take(qr/^(\r\n)/);
            return $body if $size == 0;
            $body .= $chunk;
        }
    }

    return $self->bytes($headers->{'content-length'})
        if defined $headers->{'content-length'};

    1 while $self->fill;
    return delete($self->{buffer}) // '';
}

sub take {
    my ($self, $pattern) = @_;
    until ($self->{buffer} =~ $pattern) {
        $self->fill or die "the response ends early\n";
    }
    $self->{buffer} =~ s/$pattern// or die;
    return $1;
}

sub bytes {
    my ($self, $n) = @_;
    while (length $self->{buffer} < $n) {
        $self->fill or die "the response ends early\n";
    }
    return substr $self->{buffer}, 0, $n, '';
}

sub close {
    my ($self) = @_;
    CORE::close $self->{socket};
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Gateway - a gateway of its own for a test in plain Perl

=head1 SYNOPSIS

    use FindBin;
    use lib "$FindBin::Bin/../lib";
    use Apigw::Gateway;
    use Test::More;

    my $gw = Apigw::Gateway->new(workers => 2, http => <<'END');
        server {
            listen 127.0.0.1:%PORT%;
            apigw_stage prod {
                apigw_route "GET /pets" { return 200 "pets\n"; }
            }
        }
    END

    $gw->must_start;
    is($gw->get('/prod/pets')->{body}, "pets\n", 'a route answers');
    is_deeply([$gw->complaints], [], 'nothing bad in the log');

=head1 DESCRIPTION

For tests that Test::Nginx cannot express: several workers, reloads, signals,
load, a look into processes.  nginx and the module are found as
F<t/tools/prove.sh> says (TEST_NGINX_BINARY, TEST_NGINX_LOAD_MODULES, BUILD).
A gateway has a temporary directory and ports on 127.0.0.1 of its own; both
go, and nginx with them, when the object goes, at the end of the test, and on
SIGINT, SIGTERM and SIGHUP.  TEST_NGINX_NO_CLEAN keeps the directory.

In texts C<%PORT%>, C<%PORT2%>, C<%PORT3%>, ... become free ports, and
C<%ROOT%> the temporary directory.  A backend is a further C<server> of the
same nginx, or another gateway.

=head2 A gateway

=over 4

=item new(http => text, ...)

main (text outside of http), workers (1), events, log_level (info), files
({ name => text, ... } in the directory; a reference to a text is written as
it is), modules (0: load none, a plain nginx), trim (1: malloc() of nginx gives
back what is free, so that RssAnon is what is in use, within some 50 KB).

=item configure(...), write(name, text), read(name), path(name), root, port(n)

configure() writes nginx.conf anew with what is changed.

=item test

C<nginx -t>: whether it passes, and in list context what it says, too.

=item start, must_start, stop, crash, alive, pid, workers, children

start() returns false, with the reason in C<< $gw->{failure} >>, where
must_start() dies; stop() returns the exit status, and crash() kills all
processes with SIGKILL.  nginx is the child of the test, in the foreground; workers() are those that are not shutting down,
children() all processes of the master.

=item reload

SIGHUP: true when only workers of the new configuration take connections,
false where the configuration was refused.

=item log(from), mark, complaints(expected)

The error log since mark(), or from an offset; complaints() are lines of level
alert, crit and emerg that do not match, and reports of sanitizers.

=item memory(pid, field)

A line of F</proc/PID/status> in bytes, VmRSS by default.

=item wait_for(seconds, code), free_port, sanitized, slow_factor

Functions.  wait_for() returns what the code returned last.

=back

=head2 Clients

=over 4

=item get(target, ...), request(method, target, ...), status(target, ...)

headers ([name => value, ...] or a hash), body, host, server (n, for
C<%PORTn%>), port, timeout.  A response is a hash: status, head (as received),
headers (names in lower case, repeated ones joined with ", "), body.  Dies
where there is no answer.  status() is the status alone.

=item connect(...)

A connection that is kept: send(method, target, ...), write(bytes),
receive(method), socket, close.

=item load(connections => 64, processes => 2, requests => 1000, ...)

Sends requests on many connections at once and returns how many answers of
each status there were: C<< { 200 => 5, 429 => 995 } >>, and C<lost> for
requests without an answer.  target is a text or a function of (process,
number) that returns a target and headers; seconds instead of requests is a
time; meanwhile is code that runs in the test itself under this load.

=back

=cut
