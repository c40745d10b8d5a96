package Apigw::Load;

# Many requests at once, over several gateways.  See the end of this file.

use strict;
use warnings;

use Apigw::Gateway;
use Errno qw(EAGAIN EWOULDBLOCK EINTR);
use File::Temp ();
use IO::Handle ();
use POSIX ();
use Socket qw(PF_INET SOCK_STREAM IPPROTO_TCP TCP_NODELAY inet_aton
    pack_sockaddr_in);
use Time::HiRes qw(sleep time);

my $address = inet_aton('127.0.0.1');
my $patience = 30;          # seconds for an answer: more is a hang
my $report = 0.02;          # seconds between two reports of what was counted

sub run {
    my (%opt) = @_;
    my $processes = $opt{processes} || 2;
    my $connections = $opt{connections} || 64;
    my @requests = map { request_text($_) } @{ $opt{requests} };

    my $dir = File::Temp->newdir('apigw-load-XXXXXXXX', TMPDIR => 1);
    my $parent = $$;
    my (@pids, @pipes);

    pipe my $gate, my $open or die "cannot pipe: $!\n";
    pipe my $going, my $stop or die "cannot pipe: $!\n";

    for my $process (0 .. $processes - 1) {
        my @mine = grep { $_ % $processes == $process } 0 .. $connections - 1;
        my $pid = fork;
        die "cannot fork: $!\n" if !defined $pid;

        if (!$pid) {
            $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
            $SIG{PIPE} = 'IGNORE';
            Apigw::Gateway::die_with_parent($parent, POSIX::SIGKILL());
            close $_ for $open, $stop;
            srand $process;

            my $self = bless {
                ports    => $opt{ports},
                failover => $opt{failover},
                requests => \@requests,
                file     => "$dir/$process",
                going    => $going,
                left     => share($opt{count}, $processes, $process),
                turn     => $process,
                count    => {},
            }, __PACKAGE__;

            my $ok = eval { $self->part($gate, @mine); 1 };
            $self->{count}{ 'error ' . ($@ =~ s/\W+/_/gr) }++ if !$ok;
            $self->report;
            POSIX::_exit(0);
        }

        push @pids, $pid;
    }

    close $_ for $gate, $going;

    my $so_far = sub {
        my %count;
        for my $process (0 .. $processes - 1) {
            open my $in, '<', "$dir/$process" or next;
            while (my $line = <$in>) {
                $count{$2} += $1 if $line =~ /^(\d+) (.*)$/;
            }
        }
        return \%count;
    };

    $opt{before}->() if $opt{before};
    close $open;                # and off they go
    $opt{meanwhile}->($so_far) if $opt{meanwhile};

    close $stop if !defined $opt{count};
    waitpid $_, 0 for @pids;
    return $so_far->();
}

# Until something is true of what was counted; false where for some seconds
# nothing more is admitted.

sub until {
    my ($so_far, $code, $seconds) = @_;
    my ($admitted, $since) = (-1, time);

    while (1) {
        my $count = $so_far->();
        return 1 if $code->($count);

        my $now = $count->{200} || 0;
        ($admitted, $since) = ($now, time) if $now != $admitted;
        return 0 if time - $since
            > ($seconds || 12) * Apigw::Gateway::slow_factor();
        sleep 0.02;
    }
}

sub share {
    my ($count, $processes, $process) = @_;
    return undef if !defined $count;
    return int($count / $processes) + ($process < $count % $processes);
}

sub request_text {
    my ($request) = @_;
    my ($target, @headers) = @$request;
    my $text = "GET $target HTTP/1.1\r\nHost: localhost\r\n";
    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }
    return "$text\r\n";
}

# One process of the load

sub part {
    my ($self, $gate, @numbers) = @_;

    my @idle = map { { number => $_ } } @numbers;
    $self->connect($_) for @idle;
    sysread $gate, my $byte, 1;

    my $going = fileno $self->{going};
    my %busy;
    my $stopped = 0;
    my $reported = 0;

    while (1) {
        my @later;

        while (my $c = shift @idle) {
            last if $stopped || defined $self->{left} && $self->{left} <= 0;

            if (!$c->{socket} && !$self->connect($c)) {
                push @later, $c;
                next;
            }

            if ($self->send($c)) {
                $busy{ fileno $c->{socket} } = $c;
            } else {
                push @idle, $c;
            }
        }

        my $done = $stopped || defined $self->{left} && $self->{left} <= 0;
        last if $done && !%busy;

        my $read = '';
        vec($read, $_, 1) = 1 for keys %busy;
        vec($read, $going, 1) = 1 if !$stopped;
        my $n = select $read, undef, undef, @later ? 0.01 : 0.1;
        my $now = time;

        if ($now - $reported > $report) {
            $self->report;
            $reported = $now;
        }

        if ($n > 0) {
            $stopped = 1 if !$stopped && vec $read, $going, 1;

            for my $fd (keys %busy) {
                next if !vec $read, $fd, 1;
                my $c = $busy{$fd};
                next if !$self->receive($c);
                delete $busy{$fd};
                push @idle, $c;
            }

        } else {
            for my $fd (grep { $now - $busy{$_}{since} > $patience
                * Apigw::Gateway::slow_factor() } keys %busy)
            {
                my $c = delete $busy{$fd};
                $self->{count}{hang}++;
                close delete $c->{socket};
                push @idle, $c;
            }
        }

        push @idle, @later;
    }
}

sub connect {
    my ($self, $c) = @_;
    my $ports = $self->{ports};
    my $n = $c->{number} + ($self->{failover} ? $c->{turn}++ || 0 : 0);

    socket my $socket, PF_INET, SOCK_STREAM, IPPROTO_TCP
        or die "cannot make a socket: $!\n";

    if (!connect $socket,
        pack_sockaddr_in($ports->[$n % @$ports], $address))
    {
        $self->{count}{refused}++;
        return 0;
    }

    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    $socket->blocking(0);
    $c->{turn}-- if $self->{failover};
    $c->{buffer} = '';
    $c->{socket} = $socket;
    return 1;
}

sub send {
    my ($self, $c) = @_;
    my $requests = $self->{requests};
    my $text = $requests->[$self->{turn}++ % @$requests];
    my $n = syswrite $c->{socket}, $text;

    if (!defined $n) {
        $self->{count}{refused}++;
        close delete $c->{socket};
        return 0;
    }

    die "a request was sent in part\n" if $n < length $text;
    $self->{left}-- if defined $self->{left};
    $c->{since} = time;
    return 1;
}

# True where there is an answer, or none will come

sub receive {
    my ($self, $c) = @_;
    my $n = sysread $c->{socket}, $c->{buffer}, 16384, length $c->{buffer};

    if (!$n) {
        return 0 if !defined $n
            && ($! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR);
        $self->{count}{ length $c->{buffer} ? 'cut within' : 'cut' }++;
        close delete $c->{socket};
        return 1;
    }

    my $end = index $c->{buffer}, "\r\n\r\n";
    return 0 if $end < 0;
    my $head = substr $c->{buffer}, 0, $end + 4;
    my ($length) = $head =~ /^Content-Length: (\d+)\r$/mi
        or die "an answer without a length: $head\n";
    return 0 if length $c->{buffer} < $end + 4 + $length;

    my $status = substr $head, 9, 3;
    my $body = substr $c->{buffer}, $end + 4, $length, '';
    $status .= " $1" if $status ne '200' && $body =~ /"message":"([^"]*)"/;
    $status .= " $body" if $status eq '200' && $body ne 'exact';
    $self->{count}{$status}++;

    $c->{buffer} = '';
    close delete $c->{socket} if $head =~ /^Connection: close\r$/mi;
    return 1;
}

sub report {
    my ($self) = @_;
    my $count = $self->{count};
    open my $out, '>', "$self->{file}.new" or return;
    print $out map { "$count->{$_} $_\n" } sort keys %$count;
    close $out;
    rename "$self->{file}.new", $self->{file};
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Load - many requests at once, over several gateways

=head1 SYNOPSIS

    my $count = Apigw::Load::run(
        ports    => [map { $_->port } @gateways],
        requests => [['/prod/a', 'X-Api-Key' => $key]],
        count    => 1000);

    is_deeply($count, { 200 => 10, '429 Limit Exceeded' => 990 }, 'ten');

=head1 DESCRIPTION

Keeps connections to 127.0.0.1 busy with one request each at any moment, and
opens them anew where they are closed.

=over 4

=item run(...)

ports; connections (64), which go round the ports; processes (2); requests,
[target, header => value, ...], which take turns; count, in all, or else as long
as the function meanwhile runs, which is called with a function that returns what
was counted so far; before: a function to be called before it begins; failover: a connection that is refused goes to the next port.

What it returns, and how often:

=over 4

=item 200

An answer whose body is "exact", the value of $apigw_quota_mode; another body is
added to the status, "200 open".

=item 429 Limit Exceeded

Another status, and the message of a gateway response.

=item cut

The request was sent, and the connection ended before an answer.  "cut within":
within one.

=item refused

There was no connection, and no request was sent.

=item hang

No answer in half a minute.

=back

=item until(so_far, code, seconds)

For meanwhile: waits until the code says so of the counts, and false where for
some seconds no further request was admitted.

=back

=cut
