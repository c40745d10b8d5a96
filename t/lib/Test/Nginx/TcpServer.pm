package Test::Nginx::TcpServer;

# The embedded TCP server: takes one connection, reads, and replies.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use POSIX ();
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

use Test::Nginx::Common;

# Starts the server that the block asks for, if it does.

sub start {
    my ($class, $block, $ports) = @_;

    my $target = expand(scalar $block->tcp_listen, $ports);
    return undef if !defined $target;
    $target =~ s/\s+\z//;

    fatal('tcp_listen needs tcp_reply')
        if !defined $block->tcp_reply && !defined $block->tcp_shutdown;

    my $wanted = $block->tcp_query_len;
    $wanted //= length $block->tcp_query if defined $block->tcp_query;

    open my $query, '+>', undef or fatal("cannot make a file: $!");
    binmode $query;

    my $self = bless {
        block    => $block,
        listener => listener($target),
        query    => $query,
        wanted   => $wanted || 0,
    }, $class;

    my $parent = $$;
    my $pid = fork;
    fatal("cannot fork: $!") if !defined $pid;

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP QUIT __DIE__);
        $SIG{PIPE} = 'IGNORE';
        eval { $self->serve($parent); 1 } or print STDERR "# tcp_listen: $@";
        POSIX::_exit(0);
    }

    $self->{pid} = $pid;
    return $self;
}

sub listener {
    my ($target) = @_;
    my $socket;

    if ($target =~ /^\d+$/) {
        $socket = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $target,
            Listen    => 5,
            ReuseAddr => 1,
        );

    } elsif ($target =~ /\.sock$/) {
        unlink $target;
        $socket = IO::Socket::UNIX->new(
            Local  => $target,
            Type   => SOCK_STREAM,
            Listen => 5,
        );

    } else {
        fatal("tcp_listen: neither a port nor a name.sock: $target");
    }

    return $socket // fatal("tcp_listen: cannot listen on $target: $!");
}

# The child.  It ends with its parent, whatever happens to that.

sub wait_readable {
    my ($socket, $parent, $timeout) = @_;
    my $select = IO::Select->new($socket);
    my $until = defined $timeout ? time + $timeout : undef;

    while (1) {
        my $rest = defined $until ? $until - time : 1;
        return 0 if $rest <= 0;
        return 1 if $select->can_read($rest < 1 ? $rest : 1);
        POSIX::_exit(0) if getppid != $parent;
    }
}

sub serve {
    my ($self, $parent) = @_;
    my $block = $self->{block};

    wait_readable($self->{listener}, $parent);
    my $client = $self->{listener}->accept or die "cannot accept: $!\n";

    my $how = $block->tcp_shutdown;
    if (defined $how) {
        sleep(seconds(scalar $block->tcp_shutdown_delay) // 0);
        $client->shutdown($how);
    }

    my $query = defined $how && $how != 1
        ? '' : $self->read_query($client, $parent);

    sleep(seconds(scalar $block->tcp_reply_delay) // 0);

    my $reply = $block->tcp_reply;
    if (defined $reply && !(defined $how && $how == 1)) {
        $reply = $reply->($query) if ref $reply eq 'CODE';
        send_all($client, $_) for ref $reply ? @$reply : $reply;
    }

    if (defined $block->tcp_no_close) {
        sleep 0.5 while getppid == $parent;
    }
}

sub send_all {
    my ($client, $text) = @_;
    while (length $text) {
        my $sent = syswrite $client, $text or return;
        substr $text, 0, $sent, '';
    }
}

sub read_query {
    my ($self, $client, $parent) = @_;
    my $query = '';

    my $timeout = $self->{block}->tcp_query_auto_timeout;
    $timeout = seconds($timeout) || 0.1 if defined $timeout;

    while (1) {
        last if !wait_readable($client, $parent, $timeout);
        sysread $client, my $part, 65_536 or last;
        $query .= $part;
        syswrite $self->{query}, $part;
        last if !defined $timeout && length $query >= $self->{wanted};
    }

    return $query;
}

# The parent again: what was read so far, given a moment to come.

sub query {
    my ($self) = @_;
    my $until = time + 3 * $Opt{sleep} * slow_factor();
    sleep 0.005 while -s $self->{query} < $self->{wanted} && time < $until;

    $self->end;
    seek $self->{query}, 0, 0;
    local $/;
    return readline($self->{query}) // '';
}

sub end {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill KILL => $pid;
    waitpid $pid, 0;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $!);
    $self->end;
}

1;
