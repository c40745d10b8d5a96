package Apigw::Prometheus;

# A Prometheus of its own for tests in plain Perl.  See the end of this file.

use strict;
use warnings;

use Apigw::Gateway;
use IPC::Run ();
use JSON::PP ();

use parent 'Apigw::Server';

# Nothing where there is none

sub new {
    my ($class, %files) = @_;
    return if system 'command -v prometheus promtool >/dev/null';

    my $self = $class->SUPER::new;

    $self->write($_, $files{$_}) for sort keys %files;

    return $self;
}

sub write {
    my ($self, $name, $text) = @_;
    open my $out, '>:raw', "$self->{root}/$name" or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}

sub start {
    my ($self) = @_;

    $self->exec_server('log', 'prometheus',
        "--config.file=$self->{root}/prometheus.yml",
        "--storage.tsdb.path=$self->{root}/data",
        "--web.listen-address=127.0.0.1:$self->{port}", '--log.level=debug');

    return $self if Apigw::Gateway::wait_for(30, sub {
        my $ready = eval { $self->get('/-/ready') };
        return $ready && $ready->{status} == 200;
    });

    my $text = $self->log;
    $self->remove;
    die "prometheus does not start:\n$text\n";
}

sub log {
    my ($self) = @_;
    open my $in, '<:raw', "$self->{root}/log" or return '';
    local $/;
    return scalar(<$in>) // '';
}

# The API

sub get {
    my ($self, $target) = @_;
    my $connection
        = Apigw::Gateway::Connection->new($self->{port}, 20);
    $connection->send('GET', $target, close => 1);
    return $connection->receive('GET');
}

sub encode {
    my ($text) = @_;
    return $text =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger;
}

sub api {
    my ($self, $name, %argument) = @_;
    my $arguments = join '&',
        map { "$_=" . encode($argument{$_}) } sort keys %argument;
    my $answer = $self->get("/api/v1/$name?$arguments");
    my $json = eval { JSON::PP->new->utf8->decode($answer->{body}) };

    return { status => 'error', error => "$answer->{status}, no JSON" }
        if !$json;
    return $json;
}

sub query {
    my ($self, $expr, %argument) = @_;
    my $answer = $self->api('query', query => $expr, %argument);
    die "$expr: $answer->{error}\n" if $answer->{status} ne 'success';
    return @{ $answer->{data}{result} };
}

sub value {
    my ($self, $expr) = @_;
    my @series = $self->query($expr);
    return @series == 1 ? 0 + $series[0]{value}[1] : undef;
}

sub target {
    my ($self) = @_;
    return $self->api('targets')->{data}{activeTargets}[0];
}

# Whether promtool is content, and what it says

sub promtool {
    my ($input, @arguments) = @_;
    my $out = '';
    my $fine = IPC::Run::run(['promtool', @arguments], \$input, '>&', \$out,
        IPC::Run::timeout(120));
    return ($fine, $out);
}

1;

__END__

=head1 NAME

Apigw::Prometheus - a Prometheus of its own for a test in plain Perl

=head1 SYNOPSIS

    use Apigw::Prometheus;

    my $prom = Apigw::Prometheus->new('prometheus.yml' => $text)
        or plan skip_all => 'no prometheus';

    $prom->start;
    is($prom->value('up'), 1, 'it scrapes');

=head1 DESCRIPTION

Listens on a free port of 127.0.0.1, keeps its data in a directory of its own,
and goes with the object, at the end of the test, and when the test is killed.

=over 4

=item new(name => text, ...), write(name, text)

Its files: F<prometheus.yml>, and what that names.  Returns nothing where there
is no Prometheus.

=item start, remove, log

=item query(expr, ...), value(expr)

The series of an instant vector, as the API gives them; the value of the only
one, or undef.  They die of expressions that are refused.

=item api(name, argument => value, ...), get(target), target

A document of the API; a response; what is known of the first target.

=item promtool(input, argument, ...)

A function: whether promtool is content, and what it says.

=back

=cut
