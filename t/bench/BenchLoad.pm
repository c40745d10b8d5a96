package BenchLoad;

# Load: what is asked for, by wrk in rounds and by a client of our own that
# sends a known number of requests.
#
# A "mix" is the requests of a scenario.  Number i of n is made of
#
#     { n => 1000, path => "/prod/pets/%05d", key => "bench%07d..." }
#
# where %d is the number, and token number i of "tokens", an algorithm; numbers
# are gone through in long strides, so that each comes up equally often and
# neighbours are far apart.

use strict;
use warnings;

use IO::Socket::INET;
use Time::HiRes qw(time);

use BenchNginx;
use BenchTokens;

sub stride {
    my ($n) = @_;

    my $s = int($n * 0.6180339887) | 1;
    $s += 2 while gcd($s, $n) != 1;

    return $s;
}

sub gcd {
    my ($a, $b) = @_;
    ($a, $b) = ($b, $a % $b) while $b;
    return $a;
}

sub template {
    my ($mix) = @_;

    my $text = "GET $mix->{path} HTTP/1.1\r\nHost: bench\r\n";
    $text .= "Origin: $mix->{origin}\r\n" if defined $mix->{origin};
    $text .= "x-api-key: $mix->{key}\r\n" if defined $mix->{key};
    $text .= "authorization: $mix->{auth}\r\n" if defined $mix->{auth};
    $text .= 'authorization: Bearer ' if defined $mix->{tokens};

    return $text;
}

# what two runs have in common when they ask for the same

sub name {
    my ($mix) = @_;

    return template($mix) . ($mix->{tokens} ? " $mix->{n} $mix->{tokens}" : '');
}

# a function that returns the next request each time

sub requests {
    my ($mix) = @_;

    my ($template, $n, $i) = (template($mix), $mix->{n}, 0);
    my $stride = stride($n);

    my $tokens = $mix->{tokens} && BenchTokens::tokens($mix->{tokens}, $n);

    return sub { "$template\r\n" } if $template !~ /%/ && !$tokens;

    return sub {
        $i = ($i + $stride) % $n;
        return ($template =~ /%/ ? sprintf $template, $i : $template)
               . ($tokens ? "$tokens->[$i]\r\n" : '') . "\r\n";
    };
}

sub wrk_script {
    my ($file, $mix) = @_;

    my $text = template($mix);
    my $stride = stride($mix->{n});

    $text =~ s/\r\n/\\r\\n/g;

    open my $fh, '>', $file or die "$file: $!\n";

    my $tokens = $mix->{tokens}
                 && BenchTokens::file($mix->{tokens}, $mix->{n});

    if ($tokens || $text =~ /%/) {
        my ($head, $number, $tail) = $text =~ /^(.*?)(%0?\d*d)(.*)$/
                                     ? ($1, $2, $3) : ($text, '', '');
        my $fill = $tokens ? <<"LUA" : '';
for line in io.lines("$tokens") do
   tokens[count] = line .. "\\r\\n"
   count = count + 1
end
LUA

        print $fh <<"LUA";
local format = string.format
local head, number, tail = "$head", "$number", "$tail"
local i, n, stride = 0, $mix->{n}, $stride
local tokens, count = {}, 0

$fill
function request()
   i = (i + stride) % n
   return head .. format(number, i) .. tail .. (tokens[i] or "") .. "\\r\\n"
end
LUA
    } else {
        print $fh "local text = \"$text\\r\\n\"\n"
                  . "function request() return text end\n";
    }

    close $fh or die "$file: $!\n";
}

# seconds of load; the share of answers that are no success

sub wrk {
    my ($port, $script, $seconds) = @_;

    my $out = qx(taskset -c $BenchNginx::core{load} wrk -t1 -c64 \\
                 -d${seconds}s -s $script http://127.0.0.1:$port/ 2>&1);

    my ($n) = $out =~ /(\d+) requests in/ or die "wrk: $out\n";
    my ($bad) = $out =~ /Non-2xx or 3xx responses: (\d+)/;

    die "wrk: $out\n" if $n == 0 || $out =~ /Socket errors/;

    return ($bad || 0) / $n;
}

sub connect_to {
    my ($port) = @_;

    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port",
                                  Timeout => 60)
        or die "connect: $!\n";
    binmode $s;

    return $s;
}

# one answer: status, head, body

sub answer {
    my ($s) = @_;

    my $buf = '';

    until ($buf =~ /\r\n\r\n/) {
        sysread $s, $buf, 65536, length $buf or die "connection lost: $buf\n";
    }

    my ($head, $body) = split /\r\n\r\n/, $buf, 2;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)} or die "no answer: $buf\n";
    my ($len) = $head =~ /^content-length: *(\d+)/mi or die "no length: $buf\n";

    while (length $body < $len) {
        sysread $s, $body, 65536, length $body or die "connection lost\n";
    }

    return ($status, $head, $body);
}

# ask(port, path, header lines)

sub ask {
    my ($port, $path, @headers) = @_;

    my $s = connect_to($port);
    my $text = join "\r\n", "GET $path HTTP/1.1", 'Host: bench', @headers;

    syswrite $s, "$text\r\n\r\n";

    return answer($s);
}

# a known number of requests, over a few connections that take turns

sub send_requests {
    my ($port, $next, $n, $conns) = @_;

    my %statuses;
    my @s = map { connect_to($port) } 1 .. $conns;

    for (my $done = 0; $done < $n; $done += $conns) {
        syswrite $_, $next->() for @s;
        $statuses{ (answer($_))[0] }++ for @s;
    }

    return \%statuses;
}

1;
