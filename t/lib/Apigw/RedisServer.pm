package Apigw::RedisServer;

# A redis-server of its own for tests in plain Perl.  See the end of this file.

use strict;
use warnings;

use parent 'Apigw::Server';

use File::Path ();
use IO::Select ();
use IO::Socket::UNIX ();
use POSIX ();
use Socket qw(SOCK_STREAM);

use Apigw::Gateway ();

sub missing {
    for my $tool (qw(redis-server redis-cli)) {
        return "no $tool" if system("command -v $tool >/dev/null");
    }
    return;
}

# options: as in redis.conf, { name => value }; port 0: TLS or a socket alone

sub new {
    my ($class, %opt) = @_;
    return $class->SUPER::new(options => {}, %opt);
}

sub start {
    my ($self, %opt) = @_;

    my %option = (
        port       => $self->{port},
        bind       => '127.0.0.1',
        dir        => $self->{root},
        logfile    => $self->path('log'),
        unixsocket => $self->path('socket'),
        save       => '',
        appendonly => 'yes',
        appendfsync => 'always',
        daemonize  => 'no',
        'enable-debug-command' => 'yes',
        %{ $self->{options} },
        %opt,
    );

    $self->exec_server('stderr', 'redis-server',
        map { ("--$_", words($option{$_})) }
        grep { defined $option{$_} } sort keys %option);

    Apigw::Gateway::wait_for(20, sub {
        $self->alive or die "redis-server does not start:\n" . $self->log;
        my $answer = eval { $self->command('PING') } // return 0;
        return $answer =~ /^(?:PONG|-NOAUTH)/;
    }) or die "redis-server does not answer:\n" . $self->log;

    return $self;
}

sub words { return $_[0] eq '' ? '' : split ' ', $_[0] }

sub alive {
    my ($self) = @_;
    my $pid = $self->{pid} or return 0;
    return 1 if waitpid($pid, POSIX::WNOHANG()) == 0;
    delete $self->{pid};
    return 0;
}

sub log {
    my ($self) = @_;
    my $text = '';
    for my $name (qw(stderr log)) {
        open my $in, '<', $self->path($name) or next;
        local $/;
        $text .= <$in> // '';
    }
    return $text;
}

# by default as after a crash: nothing is saved

sub stop {
    my ($self, $signal) = @_;
    delete $self->{control};
    $self->SUPER::stop($signal);
}

sub pause {
    my ($self) = @_;
    kill STOP => $self->{pid};
    Apigw::Gateway::wait_for(5, sub {
        open my $in, '<', "/proc/$self->{pid}/stat" or return 0;
        return <$in> =~ /\) T /;
    });
}

sub resume { kill CONT => $_[0]{pid} }

# takes away all that a server that is down has saved

sub forget {
    my ($self) = @_;
    File::Path::remove_tree($self->path('appendonlydir'));
    unlink $self->path('dump.rdb');
}

# The reply to a command, over a Unix domain socket: a string, a reference to
# an array, undef for nil; an error is a string that begins with "-".

sub command {
    my ($self, @args) = @_;
    my $control = $self->{control} ||= {
        buffer => '',
        socket => IO::Socket::UNIX->new(Peer => $self->path('socket'),
            Type => SOCK_STREAM) || die "redis: $!\n",
    };

    local $SIG{PIPE} = 'IGNORE';
    my $reply = eval {
        syswrite $control->{socket}, encode(@args) or die "redis: $!\n";
        $self->reply($control);
    };

    if ($@) {
        delete $self->{control};
        die $@;
    }

    return $reply;
}

sub encode {
    my (@args) = @_;
    return join '', '*', scalar(@args), "\r\n",
        map { ('$', length, "\r\n", $_, "\r\n") } @args;
}

sub reply {
    my ($self, $control) = @_;
    my $line = $self->line($control);
    my ($type, $text) = $line =~ /^(.)(.*)/s;

    return $text if $type =~ /[+:]/;
    return $line if $type eq '-';

    if ($type eq '$') {
        return if $text < 0;
        $self->fill($control) while length $control->{buffer} < $text + 2;
        my $value = substr $control->{buffer}, 0, $text, '';
        substr $control->{buffer}, 0, 2, '';
        return $value;
    }

    return [map { scalar $self->reply($control) } 1 .. $text] if $type eq '*';
    die "redis: a reply of type \"$type\"\n";
}

sub line {
    my ($self, $control) = @_;
    while (1) {
        return $1 if $control->{buffer} =~ s/^(.*?)\r\n//s;
        $self->fill($control);
    }
}

sub fill {
    my ($self, $control) = @_;
    my $timeout = 5 * Apigw::Gateway::slow_factor();
    IO::Select->new($control->{socket})->can_read($timeout)
        or die "redis: no answer\n";
    sysread $control->{socket}, $control->{buffer}, 65536,
        length $control->{buffer} or die "redis: the connection is closed\n";
}

# the fields of a hash

sub fields {
    my ($self, $key) = @_;
    my $reply = $self->command('HGETALL', $key);
    return ref $reply ? { @$reply } : {};
}

sub info {
    my ($self, $name) = @_;
    return $self->command('INFO') =~ /^\Q$name\E:(.*?)\r$/m ? $1 : undef;
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::RedisServer - a redis-server of its own for a test in plain Perl

=head1 SYNOPSIS

    use Apigw::Gateway;
    use Apigw::RedisServer;

    plan skip_all => $_ for Apigw::RedisServer::missing();

    my $redis = Apigw::RedisServer->new->start;
    my $port = $redis->port;
    my $used = $redis->fields('apigw:1:{plan/key}')->{used};

=head1 DESCRIPTION

A server with a directory of its own under the temporary directory, on a free
port of 127.0.0.1; both go at the end of the test.  It writes an append-only
file and syncs it always, so that a crash loses nothing that was answered;
new() and start() take other options of redis-server, new() in a hash
C<options>, start() in a list, for that time alone.

stop(signal) stops it, by SIGKILL by default; start() starts it again with its
data, and after forget() without; pause() and resume() are SIGSTOP and SIGCONT.
command() sends a command over a Unix domain socket, whatever the server's
port, TLS or state may be; fields() is a hash of Redis as one of Perl, info()
a field of INFO.

=cut
