package Apigw::Redis;

# A redis-server of its own for tests in plain Perl.  See the end of this file.

use strict;
use warnings;

use parent 'Apigw::Server';

use Apigw::Gateway;
use IO::Socket::INET ();
use Time::HiRes qw(time);

# Nothing where there is no redis-server

sub new {
    my ($class, @options) = @_;
    return if system 'command -v redis-server >/dev/null';

    return $class->SUPER::new(options => \@options)->start;
}

sub url { 'redis://127.0.0.1:' . $_[0]{port} }

sub start {
    my ($self) = @_;
    $self->exec_server('log', 'redis-server', '--port', $self->{port},
        '--bind', '127.0.0.1', '--dir', $self->{root}, '--save', '',
        '--appendonly', 'no', @{ $self->{options} });

    delete $self->{socket};
    my $up = Apigw::Gateway::wait_for(20, sub {
        return (eval { $self->command('PING') } || '') eq 'PONG';
    });

    return $self if $up;
    my $text = $self->log;
    $self->stop;
    die "redis-server does not start:\n$text\n";
}

sub log {
    my ($self) = @_;
    open my $in, '<', $self->path('log') or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub pause { kill STOP => $_[0]{pid} }
sub go { kill CONT => $_[0]{pid} }

sub stop {
    my ($self) = @_;
    delete $self->{socket};
    $self->SUPER::stop;
}

# What redis-cli says

sub cli {
    my ($self, @words) = @_;
    my $pid = open my $out, '-|', 'redis-cli', '-p', $self->{port}, @words;
    die "cannot run redis-cli: $!\n" if !$pid;
    local $/;
    my $text = <$out> // '';
    close $out;
    chomp $text;
    return $text;
}

# A command and its reply: text, undef for nil, a reference for an array

sub command {
    my ($self, @words) = @_;

    $self->{socket} ||= IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, Timeout => 5)
        or die "cannot connect to redis: $!\n";

    my $socket = $self->{socket};
    local $SIG{PIPE} = 'IGNORE';
    my $text = '*' . @words . "\r\n"
        . join '', map { '$' . length($_) . "\r\n$_\r\n" } @words;

    syswrite($socket, $text) == length $text or die "cannot send: $!\n";
    my $reply = eval { reply($socket) };

    if ($@) {
        delete $self->{socket};
        die $@;
    }

    return $reply;
}

sub reply {
    my ($socket) = @_;
    my $line = readline $socket;
    die "redis has closed the connection\n" if !defined $line;
    $line =~ s/\r\n\z//;
    my $type = substr $line, 0, 1, '';

    return $line if $type eq '+' || $type eq ':';
    die "redis: $line\n" if $type eq '-';

    if ($type eq '$') {
        return undef if $line < 0;
        read($socket, my $text, $line + 2) == $line + 2
            or die "redis has closed the connection\n";
        return substr $text, 0, $line;
    }

    return [map { reply($socket) } 1 .. $line] if $type eq '*';
    die "redis: what is \"$type$line\"?\n";
}

sub hash {
    my ($self, $key) = @_;
    return { @{ $self->command('HGETALL', $key) } };
}

sub info {
    my ($self, $section) = @_;
    return { map { /^([^#:]+):(.*?)\r?$/ ? ($1, $2) : () }
        split /\n/, $self->command('INFO', $section) };
}

# Quotas as docs/redis.md has them

sub quota {
    my ($self, $plan, $key) = @_;
    return $self->hash("apigw:1:{$plan/$key}");
}

sub leases {
    my ($self, $plan, $key) = @_;
    my $quota = $self->quota($plan, $key);
    my %leases;

    for my $field (grep { /^gw:/ } keys %$quota) {
        my %lease;
        @lease{qw(seq spent held granted day record recalled)} = split ' ',
            $quota->{$field};
        $leases{$field} = \%lease;
    }

    return \%leases;
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Redis - a redis-server of its own for a test in plain Perl

=head1 SYNOPSIS

    use Apigw::Redis;

    my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';
    my $gw = Apigw::Gateway->new(http => "apigw_redis @{[ $redis->url ]};");

    is($redis->command('PING'), 'PONG', 'it answers');
    is($redis->quota('gold', 'alice')->{used}, 10, 'what has been used');

=head1 DESCRIPTION

Listens on a free port of 127.0.0.1, keeps nothing, and goes with the object, at
the end of the test, and when the test is killed.

=over 4

=item new(option, ...)

Options are those of redis-server's command line.  Returns nothing where there
is no redis-server.

=item port, url, pid, log

=item command(word, ...), cli(word, ...)

A reply: text, undef for nil, a reference to an array; dies of errors.  cli() is
redis-cli.

=item hash(key), info(section)

HGETALL and INFO, as references to hashes.

=item quota(plan, key), leases(plan, key)

The hash of a quota, and the leases of gateways in it, by field.

=item pause, go, stop, start

SIGSTOP and SIGCONT; SIGKILL; and a start on the same port, empty.

=back

=cut
