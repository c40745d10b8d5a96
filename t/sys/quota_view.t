# What is shown of a quota that nobody has used since its day has ended.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::ZoneFile;
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(clock_gettime sleep time CLOCK_MONOTONIC);

my $key = 'quota-view-key-000001';

# not across midnight

my $left = 86400 - time % 86400;
sleep $left + 1 if $left < 60;

my $gw = Apigw::Gateway->new(workers => 1, http => <<"END")->must_start;
    apigw_zone 1m file=%ROOT%/quotas;
    apigw_usage_plan daily { quota 10/day; }
    apigw_usage_plan monthly { quota 20/month; }
    apigw_api_key k key=$key plan=daily,monthly id=alice;
    server {
        listen 127.0.0.1:%PORT%;
        location = /metrics { apigw_metrics; }
        apigw_stage d {
            apigw_usage_plans daily;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200; }
        }
        apigw_stage m {
            apigw_usage_plans monthly;
            apigw_api_key_required on;
            apigw_route "GET /a" { return 200; }
        }
    }
END

my $path = $gw->path('quotas');

sub used {
    my $json = decode_json($gw->get('/metrics?format=json')->{body});
    my ($alice) = grep { $_->{id} eq 'alice' } @{ $json->{consumers} };
    my %used = map { $_->{plan} => "$_->{quotaUsed} of $_->{quotaLimit}" }
        @{ $alice->{plans} };
    return "day: $used{daily}, month: $used{monthly}";
}

# the last use of both was on that day, which has ended a moment ago

sub last_used {
    my ($day) = @_;
    my $file = Apigw::ZoneFile->load($path);
    my $until = int(clock_gettime(CLOCK_MONOTONIC) * 1000) - 1000;
    for my $n (0, 1) {
        my $word = $file->record($n)->{word};
        $file->put($n, until => $until,
            word => $word & (1 << 48) - 1 | $day << 48);
    }
    $file->store($path);
}

is($gw->status('/d/a', headers => ['X-Api-Key' => $key]), 200, 'daily')
    for 1 .. 3;
is($gw->status('/m/a', headers => ['X-Api-Key' => $key]), 200, 'monthly')
    for 1 .. 4;
is(used(), 'day: 3 of 10, month: 4 of 20', 'what is used');

# 2026-06-15 and the 30th

last_used(20619);
is(used(), 'day: 0 of 10, month: 4 of 20', 'the day has ended');

last_used(20634);
is(used(), 'day: 0 of 10, month: 0 of 20', 'the month, too');

done_testing();
