package BenchRedis;

# The redis-server of the benchmark, on the core of the load.

use strict;
use warnings;

use Apigw::Redis;

use BenchNginx;

# what gateways send: not what their script does in Redis, nor our INFO
my %commands = map { $_ => 1 } qw(eval evalsha get hello ping set subscribe);

my $redis;

sub redis {
    return $redis if $redis;

    $redis = Apigw::Redis->new;

    my $pid = $redis->pid;
    my $out = qx(taskset -a -c -p $BenchNginx::core{load} $pid 2>&1);
    die "taskset: $out\n" if $?;

    return $redis;
}

sub url { return redis()->url }
sub pause { redis()->pause }
sub resume { redis()->go }

# commands of gateways so far

sub commands {
    my $stats = redis()->info('commandstats');
    my $n = 0;

    for my $name (keys %$stats) {
        next unless $name =~ /^cmdstat_(\w+)/ && $commands{$1};
        $n += $1 if $stats->{$name} =~ /^calls=(\d+)/;
    }

    return $n;
}

1;
