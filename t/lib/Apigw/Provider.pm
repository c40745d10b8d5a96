package Apigw::Provider;

# An OpenID provider that does as it is told.  See the end of this file.

use strict;
use warnings;

use parent 'Apigw::Server';

use IO::Select ();
use Storable ();
use Time::HiRes qw(time);

use Apigw::Gateway ();
use Apigw::Token ();

my $discovery = '/.well-known/openid-configuration';

# keys: [Apigw::Token::Key, or hash]; issuer: what it calls itself; routes:
# { path => code }, see below

sub new {
    my ($class, %opt) = @_;
    my $self = $class->SUPER::new(
        routes => {},
        (map { $_ => $opt{$_} } grep { exists $opt{$_} } qw(port routes)),
        state  => { mode => {}, headers => [] },
    );

    $self->{issuer} = $opt{issuer} || $self->url;

    $self->issue($self->{issuer});
    $self->keys(@{ $opt{keys} || [] });
    return $self;
}

sub issuer { $_[0]{issuer} }

# What it does, from the next request on

sub save {
    my ($self) = @_;
    my $file = $self->path('state');
    Storable::nstore($self->{state}, "$file.new") or die "$file: $!\n";
    rename "$file.new", $file or die "$file: $!\n";
    return $self;
}

sub keys {
    my ($self, @keys) = @_;
    return $self->document('/jwks', Apigw::Token::jwks(@keys));
}

sub issue {
    my ($self, $issuer, %more) = @_;
    return $self->document($discovery, Apigw::Token::json({
        issuer => $issuer, jwks_uri => "$self->{issuer}/jwks", %more }));
}

sub document {
    my ($self, $path, $text) = @_;
    $self->{state}{documents}{$path} = Apigw::Token::b64($text);
    return $self->save;
}

# for a path, or for all

sub mode {
    my ($self, $mode, $path) = @_;
    $self->{state}{mode} = {} if !defined $path;
    $self->{state}{mode}{ $path // '*' } = $mode;
    return $self->save;
}

# of good answers: [name => value, ...]

sub headers {
    my ($self, @headers) = @_;
    $self->{state}{headers} = \@headers;
    return $self->save;
}

# What was asked for: how often, and of what in all: "1700000000.25 GET /jwks"

sub requests {
    my ($self) = @_;
    open my $in, '<:raw', $self->path('requests') or return;
    chomp(my @lines = <$in>);
    return @lines;
}

sub count {
    my ($self, $path) = @_;
    $path //= '/jwks';
    return scalar grep { /^\S+ \S+ \Q$path\E(?:\?|$)/ } $self->requests;
}

sub wait_for_request {
    my ($self, $path, $more, $seconds) = @_;
    my $from = $self->count($path);
    my $wanted = defined $more ? $more : $from + 1;
    return Apigw::Gateway::wait_for($seconds || 10, sub {
        $self->count($path) >= $wanted
    });
}

# In the child

sub serve {
    my ($self, $listener) = @_;
    my %client;

    while (1) {
        my @read = ($listener, map { $_->{socket} }
            grep { !defined $_->{out} } values %client);
        my $now = time;
        my @write = map { $_->{socket} } grep { defined $_->{out}
            && length $_->{out} && $_->{at} <= $now } values %client;
        my @wait = map { $_->{at} - $now } grep { defined $_->{out}
            && $_->{at} > $now } values %client;
        my $least = 0.5;
        for (@wait) { $least = $_ if $_ < $least }

        my ($r, $w) = IO::Select::select(IO::Select->new(@read),
            @write ? IO::Select->new(@write) : undef, undef, $least);

        for my $socket (@{ $r || [] }) {
            if ($socket == $listener) {
                my $new = $listener->accept or next;
                $new->blocking(0);
                $client{$new} = { socket => $new, in => '' };
                next;
            }

            my $c = $client{$socket};
            my $n = sysread $socket, $c->{in}, 65536, length $c->{in};
            delete $client{$socket} if !$n;
            $self->answer($c) if $n && $c->{in} =~ /^(.*?)\r\n\r\n(.*)\z/s
                && length $2 >= ($1 =~ /^Content-Length: (\d+)/mi ? $1 : 0);
        }

        for my $socket (@{ $w || [] }) {
            my $c = $client{$socket};
            delete $client{$socket} if $c && !$self->send($c);
        }
    }
}

# False where it is done

sub send {
    my ($self, $c) = @_;
    my $size = $c->{step} || length $c->{out};
    my $n = syswrite $c->{socket}, $c->{out}, $size;

    return $!{EAGAIN} || $!{EINTR} if !defined $n;
    substr $c->{out}, 0, $n, '';
    $c->{at} = time + $c->{pause} if $c->{pause};
    $c->{out} .= $c->{again} if defined $c->{again} && length $c->{out} < 65536;
    return length $c->{out};
}

sub answer {
    my ($self, $c) = @_;
    my ($method, $target) = $c->{in} =~ m{^(\S+) (\S+) HTTP/1\.\d\r\n};
    ($method, $target) = ('?', '?') if !defined $target;
    my $path = $target =~ s/\?.*//sr;

    open my $log, '>>:raw', $self->path('requests');
    printf $log "%.3f %s %s\n", time, $method, $target;
    close $log;

    my $state = Storable::retrieve($self->path('state'));
    my $mode = $state->{mode}{$path} // $state->{mode}{'*'} // 'normal';
    my $text = $state->{documents}{$path};

    $c->{at} = 0;
    $c->{out} = response('404 Not Found', 'text/plain', "none\n");
    $c->{out} = response('200 OK', 'application/json',
        Apigw::Token::unb64($text), @{ $state->{headers} || [] })
        if defined $text;
    $c->{out} = response($self->{routes}{$path}->($c->{in}))
        if $self->{routes}{$path};

    my ($name, $value) = split /:/, $mode, 2;
    my $code = __PACKAGE__->can("mode_$name") or die "no mode $mode\n";
    $code->($c, $value);
}

sub response {
    my ($status, $type, $body, @headers) = @_;
    my $text = "HTTP/1.1 $status\r\nContent-Type: $type\r\n"
        . 'Content-Length: ' . length($body) . "\r\n";
    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }
    return "$text\r\n$body";
}

sub mode_normal { }

sub mode_hang {
    my ($c) = @_;
    $c->{out} = '';
}

sub mode_delay {
    my ($c, $seconds) = @_;
    $c->{at} = time + $seconds;
}

sub mode_slow {
    my ($c, $seconds) = @_;
    @$c{qw(step pause)} = (1, $seconds || 1);
}

sub mode_trickle {
    my ($c) = @_;
    @$c{qw(step pause)} = (7, 0.001);
}

# a status, an error, with the right body

sub mode_status {
    my ($c, $status) = @_;
    $c->{out} =~ s/^(HTTP\S+) [^\r]*/$1 $status Whatever/;
}

sub mode_html {
    my ($c) = @_;
    $c->{out} = response('200 OK', 'text/html',
        "<!DOCTYPE html>\n<title>Sign in</title>\n<h1>Sign in</h1>\n");
}

# the right body behind megabytes of blanks

sub mode_huge {
    my ($c, $megabytes) = @_;
    my ($body) = $c->{out} =~ /\r\n\r\n(.*)\z/s;
    $c->{out} = response('200 OK', 'application/json',
        (' ' x (($megabytes || 10) << 20)) . $body);
}

sub mode_endless {
    my ($c) = @_;
    $c->{out} = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n";
    $c->{again} = "1000\r\n" . (' ' x 4096) . "\r\n";
    $c->{out} .= $c->{again};
}

sub mode_headers {
    my ($c) = @_;
    my $more = join '', map { "X-More-$_: " . ('x' x 1000) . "\r\n" } 1 .. 200;
    $c->{out} =~ s/\r\n/\r\n$more/;
}

# less than it says, then the end

sub mode_truncated {
    my ($c) = @_;
    substr $c->{out}, -10, 10, '';
}

sub mode_head {
    my ($c) = @_;
    $c->{out} =~ s/\r\n\r\n.*/\r\n/s;
}

sub mode_redirect {
    my ($c, $url) = @_;
    $c->{out} = response('302 Found', 'text/plain', "there\n",
        Location => $url);
}

sub mode_text {
    my ($c, $text) = @_;
    $c->{out} = response('200 OK', 'application/json', $text);
}

sub mode_garbage {
    my ($c) = @_;
    $c->{out} = "\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n" x 20;
}

sub mode_chunked {
    my ($c, $cut) = @_;
    my ($body) = $c->{out} =~ /\r\n\r\n(.*)\z/s;
    my $chunks = join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
        unpack '(a100)*', $body;
    $c->{out} = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n$chunks"
        . ($cut ? '' : "0\r\n\r\n");
}

# Certificates

sub authority {
    my ($self, $name) = @_;
    Apigw::Token::openssl(qw(req -x509 -newkey rsa:2048 -nodes -days 2 -subj),
        "/CN=$name", '-keyout', $self->path("$name.key"), '-out',
        $self->path("$name.pem"));
    return $self->path("$name.pem");
}

sub certificate {
    my ($self, $name, $authority, $names) = @_;
    open my $out, '>', $self->path("$name.ext") or die "$!\n";
    print $out "subjectAltName=$names\n";
    close $out;
    Apigw::Token::openssl(qw(req -newkey rsa:2048 -nodes -subj), "/CN=$name",
        '-keyout', $self->path("$name.key"), '-out', $self->path("$name.csr"));
    Apigw::Token::openssl(qw(x509 -req -days 2 -CAcreateserial),
        '-in', $self->path("$name.csr"), '-CA', $self->path("$authority.pem"),
        '-CAkey', $self->path("$authority.key"),
        '-extfile', $self->path("$name.ext"),
        '-out', $self->path("$name.pem"));
    return $self->path("$name.pem");
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Provider - an OpenID provider that does as it is told

=head1 SYNOPSIS

    my $ring = Apigw::Token->new;
    my $provider = Apigw::Provider->new(keys => [$ring->key('k1')])->start;

    my $issuer = $provider->issuer;         # http://127.0.0.1:PORT
    $provider->keys($ring->key('k2'));      # from now on
    $provider->mode('hang', '/jwks');
    is($provider->count('/jwks'), 1, 'one fetch');

=head1 DESCRIPTION

A process of its own, on a port of 127.0.0.1, which serves
F</.well-known/openid-configuration> and F</jwks>, and goes with the test.

=over 4

=item new(keys => [...], issuer => url, port => n, routes => { path => code })

issuer is what it calls itself, and where its key set is then said to be.  A
route's code gets the request as received and returns status ("200 OK"), type,
body, and headers.

=item start, stop

Between the two connections are accepted, else refused.

=item keys(...), document(path, text), issue(issuer, name => value, ...), headers(name => value, ...)

What its documents say, from the next request on; issue() is the discovery
document; headers go with documents.

=item mode(mode, path)

How it answers, at a path or at all: normal; hang; delay:SECONDS;
slow:SECONDS, one byte in each; trickle, in little pieces; status:N; html;
huge:MEGABYTES; endless; headers, very many; truncated; head, without an end;
redirect:URL; text:BODY; garbage; chunked; chunked:1, without an end.

=item requests, count(path), wait_for_request(path, count, seconds)

What was asked for: lines "TIME METHOD TARGET", or how many of a path.

=item authority(name), certificate(name, authority, names), path(name)

Certificates for a TLS server in front of it: NAME.pem and NAME.key.

=back

=cut
