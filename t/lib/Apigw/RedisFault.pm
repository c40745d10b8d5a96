package Apigw::RedisFault;

# A Redis server that does everything wrong.  See the end of this file.

use strict;
use warnings;

use IO::Select ();
use IO::Socket::INET ();
use POSIX ();
use Scalar::Util qw(weaken);
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);
use Time::HiRes qw(sleep time);

use Apigw::Gateway ();

my $owner = $$;
my %all;

END {
    if ($$ == $owner) {
        local ($?, $!, $@);
        $_->stop for grep { $_ } values %all;
    }
}

# upstream: the port of a server, for the modes that pass commands on

sub new {
    my ($class, %opt) = @_;
    my $self = bless { mode => 'grant', %opt }, $class;

    my $port = Apigw::Gateway::free_port();
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 128, ReuseAddr => 1)
        or die "cannot listen: $!\n";
    socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "cannot make a pair of sockets: $!\n";

    my $parent = $$;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $SIG{PIPE} = 'IGNORE';
        Apigw::Gateway::die_with_parent($parent);
        close $here;
        @$self{qw(listener orders)} = ($listener, $there);
        eval { $self->serve };
        print {*STDERR} "Apigw::RedisFault: $@" if $@;
        POSIX::_exit(0);
    }

    close $there;
    @$self{qw(pid port here)} = ($pid, $port, $here);

    $all{"$self"} = $self;
    weaken($all{"$self"});

    return $self;
}

sub DESTROY {
    my ($self) = @_;
    return if $$ != $owner;
    local ($?, $!, $@);
    $self->stop;
}

sub stop {
    my ($self) = @_;
    delete $all{"$self"};
    my $pid = delete $self->{pid} or return;
    kill KILL => $pid;
    waitpid $pid, 0;
}

sub port { $_[0]{port} }

# what it does from now on; its counts since the last time

sub mode {
    my ($self, $mode) = @_;
    syswrite $self->{here}, "$mode\n";
    IO::Select->new($self->{here})->can_read(10) or die "no answer\n";
    sysread $self->{here}, my $line, 4096 or die "no answer\n";
    return { split ' ', $line };
}

# The process of its own

sub serve {
    my ($self) = @_;
    my $select = IO::Select->new(@$self{qw(listener orders)});

    @$self{qw(select of count)} = ($select, {}, {});
    $self->zero;

    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $self->{listener}) {
                $self->take;

            } elsif ($socket == $self->{orders}) {
                sysread $socket, my $line, 4096 or return;
                ($self->{mode}) = $line =~ /(\S+)\s*$/;
                syswrite $socket, join(' ', %{ $self->{count} }) . "\n";
                $self->zero;

            } elsif (my $from = $self->{of}{$socket}) {
                $self->relay($from, $socket);
            }
        }
    }
}

sub zero {
    my ($self) = @_;
    $self->{count} = { accepted => 0, commands => 0, claims => 0 };
}

sub take {
    my ($self) = @_;
    my $socket = $self->{listener}->accept or return;
    my $client = { socket => $socket, buffer => '' };

    $self->{count}{accepted}++;
    return if $self->{mode} eq 'hang-up';

    if ($self->{mode} =~ /^pass/) {
        $client->{upstream} = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $self->{upstream}) or return;
        $self->watch($client, $client->{upstream});
    }

    $self->watch($client, $socket);
}

sub watch {
    my ($self, $client, $socket) = @_;
    $self->{of}{$socket} = $client;
    $self->{select}->add($socket);
}

sub drop {
    my ($self, $client) = @_;
    for my $socket (grep { $_ } @$client{qw(socket upstream)}) {
        delete $self->{of}{$socket};
        $self->{select}->remove($socket);
        close $socket;
    }
    delete @$client{qw(socket upstream)};
}

sub relay {
    my ($self, $client, $socket) = @_;
    my $n = sysread $socket, my $data, 65536;
    my $mode = $self->{mode};

    return $self->drop($client) if !$n;

    if (!$client->{upstream}) {
        $client->{buffer} .= $data;
        while (my @command = $self->parse($client)) {
            $self->{count}{commands}++;
            $self->answer($client, @command);
            last if !$client->{socket};
        }
        return;
    }

    if ($socket == $client->{socket}) {
        $self->send($client->{upstream}, $data);
        return;
    }

    # pass-cut: one of four chunks is cut; pass-slow: it comes in two pieces

    if ($mode eq 'pass-cut' && rand 4 < 1) {
        $self->send($client->{socket}, substr $data, 0, rand length $data);
        return $self->drop($client);
    }

    if ($mode eq 'pass-slow') {
        my $first = substr $data, 0, rand length $data, '';
        $self->send($client->{socket}, $first);
        sleep 0.002;
    }

    $self->send($client->{socket}, $data);
}

sub send {
    my ($self, $socket, $data) = @_;
    while (length $data) {
        my $n = syswrite $socket, $data or return 0;
        substr $data, 0, $n, '';
    }
    return 1;
}

sub parse {
    my ($self, $client) = @_;
    my $buffer = \$client->{buffer};
    $$buffer =~ /\G\*(\d+)\r\n/gc or pos($$buffer) = undef, return;
    my $n = $1;
    my @args;

    for (1 .. $n) {
        $$buffer =~ /\G\$(\d+)\r\n/gc or pos($$buffer) = undef, return;
        my ($from, $length) = (pos($$buffer), $1);
        pos($$buffer) = undef, return if length $$buffer < $from + $length + 2;
        push @args, substr $$buffer, $from, $length;
        pos($$buffer) = $from + $length + 2;
    }

    substr $$buffer, 0, pos($$buffer), '';
    return @args;
}

sub bulk { return map { '$' . length($_) . "\r\n$_\r\n" } @_ }
sub list { return join '', '*', scalar(@_), "\r\n", @_ }

sub answer {
    my ($self, $client, $name, @args) = @_;
    my $mode = $self->{mode};
    my $claim = $name =~ /^EVAL/i;
    my $reply;

    $self->{count}{claims}++ if $claim;
    return if $mode eq 'silent' || $mode eq 'claims-silent' && $claim;

    $reply = $mode eq 'loading'
            ? "-LOADING Redis is loading the dataset in memory\r\n"
        : $name eq 'PING' ? "+PONG\r\n"
        : $name eq 'SUBSCRIBE' ? list(bulk('subscribe', $args[0]), ":1\r\n")
        : $name eq 'GET' ? join('', bulk('0123456789abcdef'))
        : $claim ? $self->claim(@args[2 .. $#args])
        : "+OK\r\n";

    if ($mode eq 'close' && $claim) {
        return $self->drop($client);
    }

    if ($mode eq 'half' && $claim) {
        $self->send($client->{socket}, substr $reply, 0, length($reply) / 2);
        return $self->drop($client);
    }

    # megabytes, as long as somebody takes them

    if ($mode eq 'huge' && $claim) {
        $self->send($client->{socket}, "\$100000000\r\n");
        for (1 .. 100) {
            $self->send($client->{socket}, 'x' x 100_000) or last;
        }
        return $self->drop($client);
    }

    $self->send($client->{socket}, $reply) or $self->drop($client);
}

# key, gateway, seq, spent, granted, base, base's start, day, want, ...

sub claim {
    my ($self, $key, $gateway, $seq, $spent, $granted, undef, undef, undef,
        $want) = @_;
    my $mode = $self->{mode};
    my $today = int(time / 86400);
    my @grant = ('ok', $seq, $granted + ($want ? 8 : 0), $today, $today,
        (1 + $today) * 86_400_000 - int(time * 1000), 1000, 0, 0);
    my @text = bulk(@grant);

    my %change = (
        'negative-seq'     => [1, -1],
        'large-seq'        => [1, 32768],
        'negative-granted' => [2, -1],
        'large-granted'    => [2, 2**48],
        'day-0'            => [3, 0],
        'large-day'        => [3, 65536],
        'start-0'          => [4, 0],
        'late-start'       => [4, $today + 1],
        'large-end'        => [5, 86_400_001],
        'text-free'        => [6, 'many'],
        'empty-used'       => [7, ''],
        'overflow-used'    => [7, '9223372036854775808'],
        'negative-wait'    => [8, -1],
        'large-wait'       => [8, 86_400_001],
        'fraction'         => [2, '1.5'],
        'other-seq'        => [1, ($seq + 1) % 32768],
    );

    if (my $change = $change{$mode}) {
        $grant[ $change->[0] ] = $change->[1];
        return list(bulk(@grant));
    }

    # the same as integers, where they are numbers

    if ($mode eq 'integers') {
        return list(bulk('ok'), map { ":$_\r\n" } @grant[1 .. 8]);
    }

    my %reply = (
        grant      => list(@text),
        half       => list(@text),
        error      => "-ERR something is wrong\r\n",
        busy       => "-BUSY Redis is busy running a script\r\n",
        oom        => "-OOM command not allowed\r\n",
        moved      => "-MOVED 1 127.0.0.1:1\r\n",
        bare       => "-\r\n",
        noscript   => "-NOSCRIPT No matching script\r\n",
        status     => "+OK\r\n",
        integer    => ":1\r\n",
        nil        => "\$-1\r\n",
        'nil-list' => "*-1\r\n",
        empty      => "*0\r\n",
        short      => list(@text[0 .. 7]),
        long       => list(@text, bulk('more')),
        'nil-elt'  => list(@text[0 .. 7], "\$-1\r\n"),
        'nil-status' => list("\$-1\r\n", @text[1 .. 8]),
        nested     => list(list(@text), @text[1 .. 8]),
        'nested-number' => list(@text[0, 1], list(@text), @text[3 .. 8]),
        'all-nested' => list(map { list($_) } @text),
        deep       => "*1\r\n" x 100 . ":1\r\n",
        wide       => "*1000000\r\n",
        'too-wide' => "*9223372036854775807\r\n",
        'large-integer' => ":99999999999999999999999999\r\n",
        'bad-length' => "\$-5\r\n",
        'long-string' => list($text[0] =~ s/ok/'x' x 70000/er, @text[1 .. 8])
            =~ s/^\*9\r\n\$2/*9\r\n\$70000/r,
        garbage    => "\x00\xff\xfe garbage \r\n\x80",
        http       => "HTTP/1.1 400 Bad Request\r\n\r\n",
        twice      => list(@text) x 2,
        resp3      => "%1\r\n+a\r\n:1\r\n",
    );

    return $reply{$mode} // $reply{grant};
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::RedisFault - a Redis server that does everything wrong

=head1 SYNOPSIS

    my $fault = Apigw::RedisFault->new(mode => 'loading');
    my $count = $fault->mode('silent');

=head1 DESCRIPTION

A process that listens on a port of its own.  Its mode holds for all that
happens after mode() has returned, which tells how many connections were
accepted, commands and claims (EVALSHA, EVAL) received since it was called
last: { accepted => n, commands => n, claims => n }.

=over 4

=item grant

It answers as Redis does, and grants eight units to each claim.

=item pass, pass-cut, pass-slow

New connections are those to the server on the port C<upstream>.  pass-cut
cuts one of four chunks of its replies somewhere and closes the connection,
pass-slow sends them in two pieces.

=item hang-up, silent, loading

New connections are closed at once; nothing is answered; all is answered with
an error.

=item claims-silent, close, half, huge, and all others

Claims alone are answered wrongly; see the source.

=back

=cut
