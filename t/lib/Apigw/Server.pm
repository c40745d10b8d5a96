package Apigw::Server;

# What servers of tests have in common.  See the end of this file.

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use IO::Socket::INET ();
use POSIX ();
use Scalar::Util qw(weaken);

use Apigw::Gateway ();

my $owner = $$;
my %all;            # those that are to be stopped at the end

END {
    if ($$ == $owner) {
        local ($?, $!, $@);
        local @SIG{qw(INT TERM HUP)} = ('IGNORE') x 3;
        $_->remove for grep { $_ } values %all;
    }
}

sub new {
    my ($class, %opt) = @_;
    my ($name) = $class =~ /(\w+)$/;

    my $self = bless { port => Apigw::Gateway::free_port(), %opt }, $class;
    $self->{root} = File::Temp::tempdir('apigw-' . lc($name) . '-XXXXXX',
        TMPDIR => 1);

    $all{"$self"} = $self;
    weaken($all{"$self"});

    return $self;
}

sub DESTROY {
    my ($self) = @_;
    return if $$ != $owner;
    local ($?, $!, $@);
    $self->remove;
}

sub remove {
    my ($self) = @_;
    $self->stop;
    delete $all{"$self"};
    my $root = delete $self->{root};
    File::Path::remove_tree($root) if $root && !$ENV{TEST_NGINX_NO_CLEAN};
}

sub port { $_[0]{port} }
sub pid { $_[0]{pid} }
sub url { return "http://127.0.0.1:$_[0]{port}" . ($_[1] // '') }

sub path {
    my ($self, $name) = @_;
    return "$self->{root}/$name";
}

# A process that is gone when we are; the code should not return.

sub spawn {
    my ($self, $code) = @_;
    die ref($self), ": it is running\n" if $self->{pid};

    my $parent = $$;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        Apigw::Gateway::die_with_parent($parent, POSIX::SIGKILL());
        eval { $code->(); 1 } or print {*STDERR} ref($self), ": $@";
        POSIX::_exit(1);
    }

    $self->{pid} = $pid;
    return $self;
}

sub start {
    my ($self) = @_;

    my $listener;
    Apigw::Gateway::wait_for(5, sub {
        $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
            LocalPort => $self->{port}, Listen => 512, ReuseAddr => 1)
    }) or die "cannot listen: $!\n";

    return $self->spawn(sub {
        $SIG{PIPE} = 'IGNORE';
        $self->serve($listener);
    });
}

sub exec_server {
    my ($self, $log, @command) = @_;

    return $self->spawn(sub {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $self->path($log);
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    });
}

# connections are refused then

sub stop {
    my ($self, $signal) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill $signal || 'KILL', $pid;
    kill CONT => $pid;
    waitpid $pid, 0;
}

1;

__END__

=encoding utf-8

=head1 NAME

Apigw::Server - a process that a test starts and stops

=head1 DESCRIPTION

The base of the servers in this directory: each has a free port of 127.0.0.1,
a process, and a directory under the temporary directory; all go with the
object, at the end of the test, and when the test is killed.

=over 4

=item new(name => value, ...)

=item start

Listens, and calls serve(listener) in the process.

=item spawn(code), exec_server(log, command...)

For servers that listen otherwise: the code, or a program whose output goes to
a file in the directory.

=item stop(signal), remove

SIGKILL, by default; remove() takes the directory away, too.

=item port, pid, url(path), path(name)

=back

=cut
