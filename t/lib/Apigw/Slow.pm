package Apigw::Slow;

# An HTTP server that is as slow as it is told.  See the end of this file.

use strict;
use warnings;

use parent 'Apigw::Server';

use IO::Select ();
use Time::HiRes qw(time);

# The calls so far that match

sub calls {
    my ($self, $token) = @_;
    open my $in, '<:raw', $self->path('calls') or return 0;
    return scalar grep { /^$token$/ } map { s/\n\z//r } <$in>;
}

# In the child

sub serve {
    my ($self, $listener) = @_;
    my $select = IO::Select->new($listener);
    my (%text, @later);

    open my $log, '>>', $self->path('calls') or die "calls: $!\n";
    $log->autoflush;

    my $close = sub {
        my ($s) = @_;
        $select->remove($s);
        delete $text{$s};
        close $s;
    };

    while (1) {
        my $now = time;
        my @due = grep { $_->[0] <= $now } @later;
        @later = grep { $_->[0] > $now } @later;
        $_->[1]->() for @due;

        for my $s ($select->can_read(0.005)) {
            if ($s == $listener) {
                my $new = $listener->accept or next;
                $select->add($new);
                $text{$new} = '';
                next;
            }

            if (!sysread $s, $text{$s}, 65536, length $text{$s}) {
                $close->($s);
                next;
            }

            next if $text{$s} !~ $self->{request};
            my $token = $1;
            $text{$s} = '';
            print $log "$token\n";
            next if $token =~ /^never/;

            my $wait = $token =~ /-(\d+)ms/ ? $1 / 1000 : 0;
            push @later, [time + $wait, sub {
                my $answer = $self->{answer}->($token);
                while (length $answer) {
                    my $sent = syswrite $s, $answer or last;
                    substr $answer, 0, $sent, '';
                }
                $close->($s) if $token !~ /^open/;
            }];
        }
    }
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Slow - an HTTP server that is as slow as it is told

=head1 SYNOPSIS

    my $server = Apigw::Slow->new(
        request => qr/\r\n\r\ntoken=(\S+)\z/,
        answer  => sub { "HTTP/1.1 200 OK\r\n\r\n$_[0]" })->start;

    my $url = $server->url;                 # http://127.0.0.1:PORT
    is($server->calls('good-400ms'), 1, 'one call');

=head1 DESCRIPTION

The pattern finds a token in what is a whole request, the code returns the
answer for it, and the token says how it is sent: C<-NNNms> in it, after so
many milliseconds; C<never...>, not at all; C<open...>, and the connection is
not closed.

=over 4

=item start, stop, port, url, pid

Those of Apigw::Server.

=item calls(pattern)

How many tokens matched.

=back

=cut
