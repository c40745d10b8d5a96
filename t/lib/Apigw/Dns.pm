package Apigw::Dns;

# A name server for tests: A records of a few names.  See the end of this file.

use strict;
use warnings;

use parent 'Apigw::Server';

use IO::Socket::INET ();

use Apigw::Gateway ();

sub new {
    my ($class, %names) = @_;
    my $self = $class->SUPER::new(names => \%names);

    my $socket;
    for (1 .. 20) {
        $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $self->{port}, Proto => 'udp') and last;
        $self->{port} = Apigw::Gateway::free_port();
    }
    die "cannot listen: $!\n" if !$socket;

    return $self->spawn(sub {
        while (1) {
            defined $socket->recv(my $query, 512) or next;
            my $answer = answer(\%names, $query) // next;
            $socket->send($answer);
        }
    });
}

sub address { return "127.0.0.1:$_[0]{port}" }

sub answer {
    my ($names, $query) = @_;
    my ($id, $flags, $questions) = unpack 'nnn', $query;
    return if length $query < 17 || $questions != 1;

    my ($at, @labels) = (12);
    while (my $size = ord substr $query, $at, 1) {
        push @labels, substr $query, $at + 1, $size;
        $at += $size + 1;
    }
    my $question = substr $query, 12, $at + 5 - 12;
    my $type = unpack 'n', substr $query, $at + 1, 2;
    my $address = $names->{ lc join '.', @labels };
    my @records = $type == 1 && $address ? ref $address ? @$address : $address
        : ();

    return pack('nnnnnn', $id, 0x8180 | (defined $address ? 0 : 3), 1,
        scalar @records, 0, 0) . $question . join '', map {
            pack 'nnnNn a4', 0xc00c, 1, 1, 1, 4, pack 'C4', split /\./
        } @records;
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Dns - a name server for a test

=head1 SYNOPSIS

    my $dns = Apigw::Dns->new('id.test' => '127.0.0.1');
    my $directive = 'resolver ' . $dns->address . ' ipv6=off;';

=head1 DESCRIPTION

Answers for the names that it was given, an address or a reference to several,
for a second each; other names do not exist.

=cut
