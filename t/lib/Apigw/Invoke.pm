package Apigw::Invoke;

# A server of AWS Lambda's Invoke API that answers as a test wants it.  See the
# end of this file.

use strict;
use warnings;

use parent 'Apigw::Server';

use IO::Select ();
use JSON::PP ();
use Socket qw(IPPROTO_TCP SO_LINGER SOL_SOCKET TCP_NODELAY);
use Time::HiRes qw(time);

sub new {
    my ($class, %opt) = @_;
    return $class->SUPER::new(answers => {}, %opt);
}

# The calls so far, or those for a function or a mode

sub calls {
    my ($self, $what) = @_;
    my $known = $self->{known} ||= { at => 0, calls => [] };

    if (open my $in, '<:raw', $self->path('calls')) {
        seek $in, $known->{at}, 0;
        while (my $line = <$in>) {
            last if $line !~ /\n\z/;
            push @{ $known->{calls} }, JSON::PP::decode_json($line);
            $known->{at} = tell $in;
        }
    }

    return @{ $known->{calls} } if !defined $what;
    return grep { $_->{mode} eq $what || $_->{function} eq $what }
        @{ $known->{calls} };
}

# In the child

sub serve {
    my ($self, $listener) = @_;
    my (%client, $count);

    while (1) {
        my $now = time;
        my (@write, $least);

        for my $c (values %client) {
            next if !@{ $c->{out} };
            push @write, $c->{socket} if $c->{at} <= $now;
            my $wait = $c->{at} - $now;
            $least = $wait if $wait > 0 && (!defined $least || $wait < $least);
        }

        my ($r, $w) = IO::Select::select(
            IO::Select->new($listener, map { $_->{socket} } values %client),
            @write ? IO::Select->new(@write) : undef, undef, $least // 0.5);

        for my $socket (@{ $r || [] }) {
            if ($socket == $listener) {
                my $new = $listener->accept or next;
                setsockopt $new, IPPROTO_TCP, TCP_NODELAY, 1;
                $new->blocking(0);
                $client{$new} = { socket => $new, in => '', out => [],
                    number => ++$count, at => 0 };
                next;
            }

            my $c = $client{$socket} or next;
            my $n = sysread $socket, $c->{in}, 1048576, length $c->{in};
            delete $client{$socket} if defined $n ? !$n : !$!{EAGAIN};
            $self->read($c) if $n;
        }

        for my $socket (@{ $w || [] }) {
            my $c = $client{$socket} or next;
            delete $client{$socket} if !send_some($c);
        }
    }
}

# One call after the other; another one behind it waits.

sub read {
    my ($self, $c) = @_;
    return if @{ $c->{out} };

    $c->{end} //= index $c->{in}, "\r\n\r\n";
    return delete $c->{end} if $c->{end} < 0;

    my $head = substr $c->{in}, 0, $c->{end} + 4;
    my ($length) = $head =~ /\r\nContent-Length: (\d+)\r\n/i;
    $length //= 0;
    return if length $c->{in} < length($head) + $length;

    delete $c->{end};
    my $event = substr $c->{in}, length $head, $length;
    substr $c->{in}, 0, length($head) + $length, '';

    $self->answer($c, $head, $event);
}

sub answer {
    my ($self, $c, $head, $event) = @_;
    my ($method, $path, $function, $query) =
        $head =~ m{^(\S+) (\S*/functions/([^/\s]+)/invocations)(?:\?(\S*))? };
    my ($mode) = $event =~ /"mode":"([^"]*)"/;
    my ($nonce) = $event =~ /"nonce":"([^"]*)"/;

    my $call = {
        connection => $c->{number},
        method     => $method // '',
        path       => $path // '',
        query      => $query // '',
        function   => $function // '',
        mode       => $mode // '',
        nonce      => $nonce // '',
        length     => length $event,
        time       => time,
    };

    open my $log, '>>:raw', $self->path('calls') or die "calls: $!\n";
    print $log JSON::PP->new->canonical->encode({ %$call, head => $head }),
        "\n";
    close $log;

    my $code = $self->{answers}{ $call->{mode} }
        || $self->{answers}{ $call->{function} } || \&good;

    @$call{qw(head event)} = ($head, \$event);
    $c->{at} = 0;
    $c->{out} = [map { ref $_ ? $_ : [text => $_] } $code->($call)];
}

# False where the connection is to be closed

sub send_some {
    my ($c) = @_;

    while (my $step = $c->{out}[0]) {
        my ($what, $text, $size, $pause) = @$step;

        if ($what eq 'wait') {
            shift @{ $c->{out} };
            $c->{at} = time + $text;
            return 1;
        }

        return 0 if $what eq 'close';

        if ($what eq 'reset') {
            setsockopt $c->{socket}, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0;
            return 0;
        }

        my $n = syswrite $c->{socket}, $text, $size || length $text;
        return $!{EAGAIN} || $!{EINTR} if !defined $n;

        $step->[1] = substr $text, $n;
        shift @{ $c->{out} } if !length $step->[1];

        if ($pause) {
            $c->{at} = time + $pause;
            return 1;
        }
    }

    return 1;
}

# Answers

sub response {
    my ($body, %opt) = @_;
    my $text = 'HTTP/1.1 ' . ($opt{status} // '200 OK') . "\r\n"
        . "Content-Type: application/json\r\n";
    my @headers = @{ $opt{headers} || [] };

    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }

    return "${text}Content-Length: " . length($body) . "\r\n\r\n$body";
}

sub chunked {
    my ($body, $size) = @_;
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n"
        . join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
            unpack "(a$size)*", $body)
        . "0\r\n\r\n";
}

# what a function returns that answers with this body

sub result {
    my ($body, %more) = @_;
    return JSON::PP->new->canonical->encode({
        statusCode => 200, headers => { 'content-type' => 'text/plain' },
        body => $body, %more });
}

sub good {
    my ($call) = @_;
    return response(result("good $call->{nonce}"));
}

# The body of an event, decoded, and whether it was base64; undef: null or none

sub body {
    my ($call) = @_;
    my $event = $call->{event};
    my ($base64) = $$event =~ /"isBase64Encoded":(true|false)/;

    $$event =~ /"body":"/g or return (undef, $base64);

    my %letter = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t");
    my $text = '';

    while ($$event =~ /\G([^"\\]*+)(?:\\u([0-9a-fA-F]{4})|\\(.)|")/gcs) {
        my ($plain, $code, $char) = ($1, $2, $3);
        $text .= $plain;

        if (defined $code) {
            $code = hex $code;
            $code = 0x10000 + (($code & 0x3ff) << 10) + (hex($1) & 0x3ff)
                if $code >= 0xd800 && $code < 0xdc00
                    && $$event =~ /\G\\u([0-9a-fA-F]{4})/gc;
            utf8::encode(my $bytes = chr $code);
            $text .= $bytes;

        } elsif (defined $char) {
            $text .= $letter{$char} // $char;

        } else {
            last;
        }
    }

    return ($text, $base64) if $base64 ne 'true';

    require MIME::Base64;
    return (MIME::Base64::decode_base64($text), $base64);
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Invoke - a server of the Invoke API that does as it is told

=head1 SYNOPSIS

    my $lambda = Apigw::Invoke->new(answers => {
        cut  => sub { ("HTTP/1.1 200 OK\r\nContent-Le", ['close']) },
        slow => sub { [text => Apigw::Invoke::response('{}'), 1, 0.1] },
    })->start;

    my $url = $lambda->url;                 # http://127.0.0.1:PORT
    is($lambda->calls('cut'), 1, 'one call');

=head1 DESCRIPTION

A process of its own, on a port of 127.0.0.1, with connections that are kept
open, which goes with the test.

=over 4

=item new(answers => { name => code, ... }, port => n)

What is answered is found by C<< "mode":"NAME" >> in the event, which is a
parameter of the path of the route, or else by the name of the function;
what is found by neither is C<good>.

The code gets the call, a hash, and returns what is sent, texts and steps:

    [text => TEXT, SIZE, PAUSE]     SIZE bytes at once, with pauses
    [wait => SECONDS]
    ['close'], ['reset']            else the connection is kept

=item start, stop

Between the two connections are accepted, else refused.

=item calls, calls(mode), calls(function)

The calls so far: connection (their number), method, path, query, function,
mode, nonce (of C<< "nonce":"..." >> in the event), length of the event, time,
head.  The call that an answer's code gets has C<event>, too, a reference.

=item body(call)

The body in the event of a call: its bytes, and "true" or "false" of
isBase64Encoded.

=item response(body, status => '200 OK', headers => [...]), chunked(body, size)

The text of an HTTP response.

=item result(body, name => value, ...), good(call)

The JSON that a function returns; and a response that says C<good NONCE>.

=back

=cut
