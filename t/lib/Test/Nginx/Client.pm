package Test::Nginx::Client;

# Builds the requests of a block, sends them, and takes responses apart.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use Exporter 'import';
use IO::Select ();
use IO::Socket::INET ();
use List::Util qw(min);
use Time::HiRes qw(sleep);

use Test::Nginx::Common;

our @EXPORT = qw(block_requests exchange parse_response);

# The requests of a block.  Each is { packets, methods }: packets are hashes
# of value and delay_before, methods has one element per expected response.

sub block_requests {
    my ($block, $ports) = @_;

    if (defined(my $raw = $block->raw_request)) {
        return raw_request($raw, $ports);
    }

    if (defined(my $requests = $block->pipelined_requests)) {
        return pipeline($block, $requests, $ports);
    }

    my $request = $block->request;
    fatal('no request section') if !defined $request;

    if (!ref $request) {
        1 while $request =~ s/\A\s*#[^\n]+\s+|\A\s+//;
        $request = [$request];
    }

    fatal('request: neither text nor an array') if ref $request ne 'ARRAY';
    fatal('request is empty') if !@$request;

    my $n = 0;
    return map {
        my $packets = [map { packet($_, $ports) } ref $_ ? @$_ : $_];
        complete($packets, more_headers($block, $n++, $ports), 'close');
    } @$request;
}

sub raw_request {
    my ($raw, $ports) = @_;
    my @packets = map { packet($_, $ports) } ref $raw ? @$raw : $raw;
    return { packets => \@packets, methods => [method_of(@packets)] };
}

sub pipeline {
    my ($block, $requests, $ports) = @_;
    fatal('pipelined_requests: not an array') if ref $requests ne 'ARRAY';
    fatal('pipelined_requests is empty') if !@$requests;

    my ($text, @methods) = ('');
    for my $n (0 .. $#$requests) {
        my $one = complete(
            [packet($requests->[$n], $ports)],
            more_headers($block, $n, $ports),
            $n == $#$requests ? 'close' : 'keep-alive',
        );
        $text .= $one->{packets}[0]{value};
        push @methods, @{ $one->{methods} };
    }

    return { packets => [{ value => $text }], methods => \@methods };
}

sub packet {
    my ($item, $ports) = @_;
    my %packet = ref $item eq 'HASH' ? %$item : (value => $item);
    fatal('a packet is text, or a hash with "value"')
        if !defined $packet{value} || ref $packet{value};
    $packet{value} = expand($packet{value}, $ports);
    return \%packet;
}

sub method_of {
    my ($text) = join '', map { $_->{value} } @_;
    return $text =~ /^\s*(\S+)/ ? $1 : '';
}

sub more_headers {
    my ($block, $n, $ports) = @_;
    my $text = $block->more_headers // '';

    if (ref $text) {
        fatal("more_headers: nothing for request $n") if !defined $text->[$n];
        $text = $text->[$n];
    }

    my @lines;
    for my $line (split /\r?\n/, expand($text, $ports)) {
        next if $line =~ /^\s*(?:#|$)/;
        my ($name, $value) = split /:\s*/, $line, 2;
        push @lines, "$name: " . ($value // '') . "\r\n";
    }

    return join '', @lines;
}

# A request line, perhaps short, and a body => a whole request.  The text is
# known as pieces, each with its place in the source, so that the borders of
# packets can be found again.

sub complete {
    my ($packets, $headers, $connection) = @_;

    my $source = join '', map { $_->{value} } @$packets;
    my ($line, $body) = split /(?<=\n)/, $source, 2;
    $body //= '';

    my ($indent, $method, $gap1, $url, $gap2, $version, $rest)
        = ($line // '') =~ m{^(\s*)(\S+)(?:(\ +)(\S+)
            (?:(\ +)(\S+))?)?(\s*)$}x
        or fatal('bad request line, not "METHOD [URL [VERSION]]": '
            . ($line // ''));

    my @lines;
    push @lines, "Host: $Opt{server_name}\r\n" if $headers !~ /^Host:/mi;
    push @lines, "Connection: $connection\r\n"
        if $headers !~ /^Connection:/mi;
    push @lines, $headers;

    my ($lead, $tail) = ('', '');
    my $chunked = $headers =~ /^Transfer-Encoding: chunked\r$/mi;

    if (length $body && !$chunked && $headers !~ /^Content-Length:/mi) {
        ($lead, $body, $tail) = $body =~ /\A(\s*)(.*?)(\s*)\z/s;
        push @lines, 'Content-Length: ' . length($body) . "\r\n";
    }

    my @pieces = (
        [$indent, ''],
        [$method, $method],
        [$gap1 // '', ' '],
        [$url // '', $url // '/'],
        [$gap2 // '', ' '],
        [$version // '', $version // 'HTTP/1.1'],
        [$rest, join '', "\r\n", @lines, "\r\n"],
        [$lead, ''],
        [$body, $body],
        [$tail, ''],
    );

    cut($packets, \@pieces);
    return { packets => $packets, methods => [$method] };
}

# Gives each packet its part of the new text.

sub cut {
    my ($packets, $pieces) = @_;
    my $text = join '', map { $_->[1] } @$pieces;
    my ($end, $at) = (0, 0);

    for my $packet (@$packets) {
        $end += length $packet->{value};
        my $until = $packet == $packets->[-1]
            ? length $text : new_place($pieces, $end);
        $packet->{value} = substr $text, $at, $until - $at;
        $at = $until;
    }
}

sub new_place {
    my ($pieces, $place) = @_;
    my ($from, $to) = (0, 0);

    for my $piece (@$pieces) {
        my ($old, $new) = map { length } @$piece;
        return $to + min($place - $from, $new) if $place < $from + $old;
        $from += $old;
        $to += $new;
    }

    return $to;
}

# Sends the packets and reads until the server closes.  Returns what was read
# and, if that is not all, why.

sub exchange {
    my ($packets, %arg) = @_;

    my $addr = $arg{addr} // $Opt{addr};
    my $socket = IO::Socket::INET->new(
        PeerAddr => $addr,
        PeerPort => $Opt{client_port},
        Proto    => 'tcp',
        Timeout  => $arg{timeout},
    ) or return ('', "cannot connect to $addr:$Opt{client_port}: $!");
    $socket->blocking(0);

    my @packets = @$packets;
    my $out = (shift @packets)->{value};
    my $in = '';
    my $writing = 1;
    my $readable = IO::Select->new($socket);
    my $writable = IO::Select->new($socket);

    while (1) {
        $! = 0;
        my ($can_read, $can_write) = IO::Select->select(
            $readable, $writing ? $writable : undef, undef, $arg{timeout});

        if (!defined $can_read) {
            next if $!{EINTR};
            return ($in, 'timeout');
        }

        if (@$can_read) {
            my $got = sysread $socket, $in, 65_536, length $in;
            return ($in, undef) if defined $got && $got == 0;
            return ($in, "reading failed: $!") if !defined $got && !again();
        }

        next if !@$can_write;

        if (length $out) {
            my $sent = syswrite $socket, $out;
            substr $out, 0, $sent, '' if defined $sent;
            $writing = 0 if !defined $sent && !again();

        } elsif (my $next = shift @packets) {
            my $delay = $next->{delay_before} // $arg{middle_delay};
            sleep $delay if $delay;
            $out = $next->{value};

        } else {
            $writing = 0;
            shutdown $socket, $arg{shutdown} if defined $arg{shutdown};
        }
    }
}

sub again {
    return $!{EAGAIN} || $!{EINTR} || $!{EWOULDBLOCK};
}

# Takes one response off the raw text.  Returns code ('' if there is none),
# raw_headers, header (a list of pairs), body, left, and problems.

sub parse_response {
    my ($raw, $method) = @_;

    # Interim responses go before the one that counts.
    1 while $raw =~ s{\A HTTP/1\.\d [ ] 1(?!01)\d\d (?:[ ][^\r\n]*)? \r\n
        (?:[^\r\n]+\r\n)* \r\n}{}x;

    my %res = (code => '', raw_headers => '', header => [], body => '',
        left => '', problems => []);

    my ($head, $rest) = $raw =~ /\A(.*?\r\n)\r\n(.*)\z/s;
    if (!defined $head) {
        $res{body} = $raw;
        push @{ $res{problems} }, 'no end of response headers'
            if length $raw;
        return \%res;
    }

    $res{raw_headers} = $head;
    my ($status, @lines) = split /\r\n/, $head;
    $res{code} = $1 if $status =~ m{^HTTP/\d\.\d (\d{3})(?: |$)};
    push @{ $res{problems} }, "bad status line: $status"
        if !length $res{code};

    for my $line (@lines) {
        if ($line =~ /^([^\s:]+)[ \t]*: ?(.*)$/s) {
            push @{ $res{header} }, [$1, $2];

        } elsif ($line =~ /^[ \t]/ && @{ $res{header} }) {
            $res{header}[-1][1] .= "\n$line";

        } else {
            push @{ $res{problems} }, "bad response header line: $line";
        }
    }

    take_body(\%res, $rest, $method);
    return \%res;
}

sub take_body {
    my ($res, $rest, $method) = @_;

    if ($res->{code} eq '204' || $res->{code} eq '304') {
        $res->{left} = $rest;
        return;
    }

    my $length = header_value($res, 'Content-Length');

    if ($res->{code} eq '101') {
        $res->{body} = $rest;

    } elsif ($method eq 'HEAD') {
        ($res->{body}, $res->{left}) = head_rest($rest);

    } elsif (lc(header_value($res, 'Transfer-Encoding') // '') eq 'chunked') {
        take_chunks($res, $rest);

    } elsif (defined $length && $length =~ /^\d+$/) {
        $res->{body} = substr $rest, 0, min($length, length $rest);
        $res->{left} = substr $rest, length $res->{body};
        $res->{short} = "$length bytes promised, got " . length $rest
            if length $rest < $length;

    } else {
        $res->{body} = $rest;
    }
}

# After a HEAD only another response may follow; anything else is shown as
# a body, so that a check can find it.

sub head_rest {
    my ($rest) = @_;
    return $rest =~ m{^HTTP/1} ? ('', $rest) : ($rest, '');
}

sub take_chunks {
    my ($res, $rest) = @_;
    my $problem;

    while (1) {
        if ($rest !~ s/\A[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?\r\n//) {
            $problem = length $rest ? 'no chunk size' : 'no last chunk found';
            last;
        }

        my $size = hex $1;
        if ($size == 0) {
            $problem = 'bad end of trailers'
                if $rest !~ s/\A(?:[^\s:]+:[^\r\n]*\r\n)*\r\n//;
            last;
        }

        if (length $rest < $size) {
            $res->{body} .= $rest;
            $problem = "chunk of $size bytes has " . length $rest;
            last;
        }

        $res->{body} .= substr $rest, 0, $size, '';
        if ($rest !~ s/\A\r\n//) {
            $problem = 'no CRLF after a chunk';
            last;
        }
    }

    if (defined $problem) {
        push @{ $res->{problems} }, "invalid chunked data received: $problem";
        return;
    }

    $res->{left} = $rest;
}

# Like the real one: all values of that name, joined.

sub header_value {
    my ($res, $name) = @_;
    my @values = map { $_->[1] }
        grep { lc $_->[0] eq lc $name } @{ $res->{header} };
    return @values ? join(', ', @values) : undef;
}

1;
