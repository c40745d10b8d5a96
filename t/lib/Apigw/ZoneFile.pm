package Apigw::ZoneFile;

# The file of a zone, read, made and damaged.  See the end of this file.

use strict;
use warnings;
no warnings 'portable';

use constant {
    HEAD => 16384,
    RECORD => 256,
    VERSION => 1,
    CLEAN => 0x6e61656c63,
    USED => 0x64657375,
};

# name => [offset, template, bytes]

my %head = (
    magic      => [0, 'a8', 8],
    version    => [8, 'L', 4],
    size       => [12, 'L', 4],
    capacity   => [16, 'Q', 8],
    seed       => [24, 'a16', 16],
    used       => [40, 'Q', 8],
    gateway    => [48, 'a16', 16],
    check      => [64, 'Q', 8],
    boot       => [72, 'a16', 16],
    state      => [88, 'Q', 8],
    sum        => [96, 'Q', 8],
    masters    => [104, 'Q', 8],
    errors     => [112, 'Q', 8],
    generation => [120, 'Q', 8],
    worker     => [128, 'Q', 8],
);

my @record = qw(id0 id1 generation word granted0 granted1 until low dry base
    mark limit reserved others check today);

sub new {
    my ($class, %opt) = @_;
    my $capacity = $opt{capacity} || 1024;
    my $self = bless { bytes => "\0" x (HEAD + $capacity * RECORD) }, $class;

    $self->set(magic => 'agwtable', version => VERSION, size => RECORD,
        capacity => $capacity, seed => 'seed of this file',
        gateway => 'this gateway, id', state => USED, %opt);
    $self->vouch if !exists $opt{check};
    return $self;
}

sub load {
    my ($class, $path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return bless { bytes => scalar <$in> }, $class;
}

# in place: it may be mapped

sub store {
    my ($self, $path) = @_;
    open my $out, '+<:raw', $path or die "$path: $!\n";
    print $out $self->{bytes};
    close $out or die "$path: $!\n";
}

sub bytes { return $_[0]{bytes} }

sub get {
    my ($self, $name) = @_;
    my ($offset, $template, $len) = @{ $head{$name} };
    return unpack $template, substr $self->{bytes}, $offset, $len;
}

sub set {
    my ($self, %value) = @_;
    for my $name (keys %value) {
        my ($offset, $template, $len) = @{ $head{$name} };
        substr $self->{bytes}, $offset, $len, pack $template, $value{$name};
    }
    return $self;
}

# the check of the head

sub vouch {
    my ($self) = @_;
    my $text = substr $self->{bytes}, 0, 64;
    substr $text, 40, 8, "\0" x 8;
    return $self->set(check => siphash("\0" x 16, $text));
}

sub record {
    my ($self, $n) = @_;
    my %value;
    @value{@record} = unpack 'Q16', substr $self->{bytes}, HEAD + $n * RECORD,
        128;
    return \%value;
}

sub put {
    my ($self, $n, %value) = @_;
    my $record = $self->record($n);
    $record->{check} = siphash($self->get('seed'), pack 'Q2', @value{qw(id0
        id1)}) if defined $value{id0};
    %$record = (%$record, %value);
    substr $self->{bytes}, HEAD + $n * RECORD, 128,
        pack 'Q16', @$record{@record};
    return $self;
}

# the checksum of a closed file

sub seal {
    my ($self) = @_;
    return $self->set(state => CLEAN, sum => siphash($self->get('seed'),
        substr $self->{bytes}, HEAD));
}

sub flip {
    my ($self, $offset) = @_;
    substr($self->{bytes}, $offset, 1) ^= "\x10";
    return $self;
}

sub cut {
    my ($self, $len) = @_;
    substr($self->{bytes}, $len) = '';
    return $self;
}

sub append {
    my ($self, $text) = @_;
    $self->{bytes} .= $text;
    return $self;
}

# SipHash-2-4

sub siphash {
    my ($key, $data) = @_;
    my ($k0, $k1) = unpack 'Q2', $key;
    my @v = ($k0 ^ 0x736f6d6570736575, $k1 ^ 0x646f72616e646f6d,
        $k0 ^ 0x6c7967656e657261, $k1 ^ 0x7465646279746573);
    my $len = length $data;
    my $tail = $len % 8;
    my $last = substr($data, $len - $tail) . "\0" x (7 - $tail)
        . chr($len & 255);

    for my $w (unpack 'Q*', substr($data, 0, $len - $tail) . $last) {
        $v[3] ^= $w;
        rounds(\@v, 2);
        $v[0] ^= $w;
    }

    $v[2] ^= 0xff;
    rounds(\@v, 4);
    return $v[0] ^ $v[1] ^ $v[2] ^ $v[3];
}

sub rounds {
    my ($v, $n) = @_;
    my ($a, $b, $c, $d) = @$v;

    for (1 .. $n) {
        { use integer; $a += $b; $c += $d; }
        $b = ($b << 13 | $b >> 51) ^ $a;
        $d = ($d << 16 | $d >> 48) ^ $c;
        $a = $a << 32 | ($a & ~0) >> 32;
        { use integer; $a += $d; $c += $b; }
        $d = ($d << 21 | $d >> 43) ^ $a;
        $b = ($b << 17 | $b >> 47) ^ $c;
        $c = $c << 32 | ($c & ~0) >> 32;
    }

    @$v = ($a, $b, $c, $d);
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::ZoneFile - the file of apigw_zone, for tests

=head1 SYNOPSIS

    my $file = Apigw::ZoneFile->load($path);
    is($file->get('used'), 0, 'no quota yet');
    $file->set(boot => 'another boot id.')->store($path);

=head1 DESCRIPTION

new(capacity => 1024, ...) makes an image in memory, load(path) reads one,
store(path) writes it into a file that is there; bytes() are its bytes.

get(name) and set(name => value, ...) are of the head: magic, version, size,
capacity, seed, used, gateway, check, boot, state (CLEAN or USED), sum,
masters, errors, generation, worker.  vouch() makes its check anew.

record(n) is a hash of the record's words, id0 to today, and put(n, ...) sets
some; with an id the check is made, too.  seal() makes a closed file.

flip(offset), cut(length) and append(text) damage it.

=cut
