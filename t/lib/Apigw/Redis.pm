package Apigw::Redis;

# A Redis of its own for a test, which can be made to fall silent:
#
#     my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';
#     $redis->port;  $redis->url;
#     $redis->pause;  $redis->go;         # SIGSTOP, SIGCONT
#     $redis->cli('hgetall', 'key');
#     $redis->stop;  $redis->start;       # it comes back empty

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use POSIX ();

use Apigw::Gateway ();

my $owner = $$;

sub new {
    my ($class, @options) = @_;
    return if system('command -v redis-server >/dev/null');

    my $self = bless {
        root    => File::Temp::tempdir('redis-XXXXXXXX', TMPDIR => 1),
        port    => Apigw::Gateway::free_port(),
        options => \@options,
    }, $class;

    $self->start;
    return $self;
}

sub port { $_[0]{port} }
sub url { 'redis://127.0.0.1:' . $_[0]{port} }

sub start {
    my ($self) = @_;
    my $parent = $$;
    my $pid = fork;
    die "cannot fork: $!\n" if !defined $pid;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        Apigw::Gateway::die_with_parent($parent);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{root}/log";
        open STDERR, '>&', \*STDOUT;
        exec 'redis-server', '--port', $self->{port}, '--bind', '127.0.0.1',
            '--save', '', '--appendonly', 'no', '--dir', $self->{root},
            @{ $self->{options} } or POSIX::_exit(127);
    }

    $self->{pid} = $pid;

    Apigw::Gateway::wait_for(10, sub {
        return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $self->{port}, Timeout => 1);
    }) or die "redis-server does not start\n";
}

sub pause { kill STOP => $_[0]{pid} }
sub go { kill CONT => $_[0]{pid} }

sub cli {
    my ($self, @command) = @_;
    my $pid = open my $out, '-|', 'redis-cli', '-p', $self->{port}, @command;
    die "cannot run redis-cli: $!\n" if !$pid;
    local $/;
    my $text = <$out> // '';
    close $out;
    chomp $text;
    return $text;
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    local ($?, $!);
    kill KILL => $pid;
    waitpid $pid, 0;
}

sub DESTROY {
    my ($self) = @_;
    return if $$ != $owner;
    $self->stop;
    File::Path::remove_tree($self->{root});
}

1;
