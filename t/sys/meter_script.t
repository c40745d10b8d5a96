# The script of meters in Redis itself: whatever comes twice, late or never,
# and whoever starts with older counts, the totals are what was counted.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Redis;
use Test::More;

my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';

open my $in, '<', "$FindBin::Bin/../../ngx_apigw_module/core/"
    . 'ngx_apigw_meters_script.c' or die;
my $script = join '', map { /^    "(.*)\\n"$/ ? "$1\n" : () } <$in>;
$script =~ s/\\(.)/$1/g;
my $sha = $redis->command('SCRIPT', 'LOAD', $script);

my $hash = 'apigw:1:meter:{gold/alice}:2026-11';
my $seed = 1;

sub dice {
    my ($n) = @_;
    $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;
    return ($seed >> 8) % $n;
}

sub report {
    my ($id, @counts) = @_;
    return $redis->command('EVALSHA', $sha, 1, $hash, $id, @counts);
}

sub totals {
    return [map { $_ // 0 } @{ $redis->command('HMGET', $hash, 'requests',
        'increments', 'bytes') }];
}

# what no floating point can hold

report('big', 0, 1, '36028797018963967', '9007199254740993');
report('big', 0, 2, '36028797018963969', '9007199254740995');
report('other', 0, 1, 1, 1);
is_deeply(totals(), [3, '36028797018963970', '9007199254740996'],
    'numbers of 56 bits are exact');
is_deeply(report('big', 0, 1, 1, 1),
    ['0', '2', '36028797018963969', '9007199254740995'],
    'what is late is answered with what is known');

$redis->command('FLUSHALL');

# gateways count, and report, and messages are repeated and late

for my $round (1 .. 40) {
    $redis->command('FLUSHALL');

    my @gateways = map { { id => "gw$_", life => 0, counts => [0, 0, 0],
        reported => [0, 0, 0], messages => [] } } 1 .. 3;
    my @truth = (0, 0, 0);

    for (1 .. 60) {
        my $gw = $gateways[dice(3)];
        my $what = dice(10);

        if ($what < 4) {
            my @more = (1 + dice(3), 5 + dice(9), dice(1000));
            $gw->{counts}[$_] += $more[$_] for 0 .. 2;
            $truth[$_] += $more[$_] for 0 .. 2;

        } elsif ($what < 7) {
            my @message = ($gw->{id}, $gw->{life}, @{ $gw->{counts} });
            push @{ $gw->{messages} }, \@message;
            report(@message) if dice(3);

        } elsif ($what < 9) {
            my $messages = $gw->{messages};
            report(@{ $messages->[dice(scalar @$messages)] }) if @$messages;

        } else {

            # all is reported, then a machine crashes: a new life begins with
            # what it had some time ago, and says so first

            report($gw->{id}, $gw->{life}, @{ $gw->{counts} });
            my @own = ($gw->{first} || [0, 0, 0], map { [@$_[2 .. 4]] }
                grep { $_->[1] == $gw->{life} } @{ $gw->{messages} });
            $gw->{counts} = [@{ $own[dice(scalar @own)] }];
            $gw->{first} = [@{ $gw->{counts} }];
            $gw->{life}++;
            report($gw->{id}, $gw->{life}, @{ $gw->{counts} });
        }
    }

    report($_->{id}, $_->{life}, @{ $_->{counts} }) for @gateways;
    is_deeply(totals(), \@truth, "round $round");
}

# an older life has nothing to say

$redis->command('FLUSHALL');
report('gw', 10, 5, 5, 5);
is_deeply(report('gw', 9, 100, 100, 100), ['10', '5', '5', '5'], 'too old');
is_deeply(totals(), [5, 5, 5], 'nothing has changed');
report('gw', 11, 2, 2, 2);
is_deeply(totals(), [5, 5, 5], 'a new life begins below');
report('gw', 11, 3, 4, 2);
is_deeply(totals(), [6, 7, 5], 'and counts on from there');

report('gw', 13, 50, 50, 50);
is_deeply(totals(), [6, 7, 5], 'a file of another past adds nothing');
report('gw', 13, 51, 52, 53);
is_deeply(totals(), [7, 9, 8], 'but what is new');
report('gw', 14, 52, 52, 53);
is_deeply(totals(), [8, 9, 8], 'a crash keeps what was not reported');

done_testing();
