use strict;
use warnings;

# A real Prometheus scrapes a gateway: what it asks for, what it understands,
# over a reload and a kill, the alert rules, and the dashboard's queries.

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Jwt;
use Apigw::Prometheus;
use Apigw::Redis;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

my $docs = "$FindBin::Bin/../../docs/monitoring";
my $prom = Apigw::Prometheus->new or plan skip_all => 'no prometheus';
my $redis = Apigw::Redis->new or plan skip_all => 'no redis-server';
my ($ring, $provider) = provide('k1');
my %key = map { $_ => "$_-key-0123456789abcdef" } qw(alice bob carol);

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

my $gw = Apigw::Gateway->new(workers => 2, log_level => 'notice',
    http => <<"END");
    log_format scrape '\$status "\$http_accept" \$sent_http_content_type';
    proxy_cache_path %ROOT%/cache keys_zone=pets:1m;

    apigw_redis @{[ $redis->url ]};

    apigw_usage_plan gold { quota 100000/month; }
    apigw_usage_plan tiny { quota 5/month; }
    apigw_usage_plan slow { throttle 1r/m burst=1; quota 1000/month; }
    apigw_api_key alice key=$key{alice} plan=gold id=alice;
    apigw_api_key bob   key=$key{bob}   plan=tiny id=bob;
    apigw_api_key carol key=$key{carol} plan=slow id=carol;

    apigw_authorizer users {
        type     jwt;
        issuer   @{[ $provider->issuer ]};
        audience pets;
    }

    server {
        listen 127.0.0.1:%PORT%;

        apigw_api pets;

        location = /metrics {
            access_log %ROOT%/logs/scrape.log scrape;
            apigw_metrics;
        }

        apigw_stage live {
            apigw_usage_plans gold tiny slow;

            apigw_route "GET /pets/{id}" { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "GET /bad"       { proxy_pass http://127.0.0.1:%PORT2%; }
            apigw_route "GET /gone"      { proxy_pass http://127.0.0.1:%PORT3%; }

            apigw_route "GET /cached" {
                proxy_cache pets;
                proxy_cache_valid 1h;
                proxy_pass http://127.0.0.1:%PORT2%;
            }

            apigw_route "GET /keyed" {
                apigw_api_key_required on;
                proxy_pass http://127.0.0.1:%PORT2%;
            }

            apigw_route "GET /own" {
                apigw_authorize users;
                proxy_pass http://127.0.0.1:%PORT2%;
            }
        }

        apigw_stage idle {
            apigw_route "GET /pets" { return 204; }
        }
    }

    server {
        listen 127.0.0.1:%PORT2%;
        location / { return 200 "pets\\n"; }
        location = /bad { return 500; }
    }
END

$gw->must_start;
$gw->port(3);

# What a request of each kind has come to; the truth

my %sent;

sub ask {
    my ($status, $path, @headers) = @_;
    my $got = $gw->status("/live$path", headers => \@headers);
    is($got, $status, "GET $path") if $got != $status;
    $sent{ int($status / 100) . 'xx' }++;
    $sent{$path}++;
}

my $bearer = 'Bearer ' . $ring->key('k1')->token(Apigw::Token::claims(
    iss => $provider->issuer, aud => 'pets'));

sub some {
    ask(200, '/pets/7') for 1 .. 20;
    ask(500, '/bad') for 1 .. 2;
    ask(504, '/gone');
    ask(403, '/nothing');
    ask(200, '/cached') for 1 .. 4;
    ask(200, '/keyed', 'X-Api-Key' => $key{alice}) for 1 .. 5;
    ask(429, '/keyed', 'X-Api-Key' => $key{bob});
    ask(429, '/keyed', 'X-Api-Key' => $key{carol});
    ask(200, '/own', Authorization => $bearer) for 1 .. 3;
    ask(401, '/own', Authorization => 'Bearer no.such.token');
}

# what the first ones may do

ask(200, '/keyed', 'X-Api-Key' => $key{bob}) for 1 .. 5;
ask(200, '/keyed', 'X-Api-Key' => $key{carol});
some();

# What promtool says of the text

my $text = $gw->get('/metrics');
my ($fine, $said) = Apigw::Prometheus::promtool($text->{body}, 'check',
    'metrics');

ok($fine, 'check metrics') or diag($said);
is($said, '', 'check metrics: without a remark');

# Prometheus, each second, with the rules as they are but for one alert more

my $port = $gw->port;
my $config = slurp("$docs/prometheus.yml")
    =~ s/^( +- targets:).*$/$1 ["127.0.0.1:$port"]/mr
    =~ s/_interval: 15s/_interval: 1s/gr;

my $rules = slurp("$docs/alerts.yml");
my ($fast) = $rules =~ /^( +- alert: ApigwErrorsFast\n.*?)(?=^ +- alert)/ms;
my ($where) = $rules =~ /^(  - name: apigw-errors\n    rules:\n)/m;

$fast =~ s/ApigwErrorsFast/Test/;
$fast =~ s/ratio_rate1h/ratio_rate5m/;
$fast =~ s/for: 2m/for: 1s/;
$rules =~ s/^\Q$where\E/$where$fast\n/m;

$prom->write('prometheus.yml', $config);
$prom->write('alerts.yml', $rules);
$prom->start;

sub wait_until {
    my ($name, $code) = @_;
    my $done = Apigw::Gateway::wait_for(40, sub {
        my $fine = $code->();
        sleep 0.2 if !$fine;
        return $fine;
    });
    ok($done, $name) or diag(substr $prom->log, -2000);
}

my $all = 'sum(apigw_stage_requests_total)';

sub total { my $n = 0; $n += $sent{"${_}xx"} || 0 for 1 .. 5; return $n }

sub same {
    my ($when) = @_;
    wait_until("$when: all requests are there",
        sub { ($prom->value($all) // -1) == total() });

    for my $code (1 .. 5) {
        is($prom->value(
            qq(apigw_stage_requests_total{stage="live",code="${code}xx"})),
            $sent{"${code}xx"} || 0, "$when: ${code}xx");
    }

    is($prom->value("sum(apigw_stage_latency_seconds_count)"), total(),
        "$when: a latency of each");
    is($prom->value('sum(apigw_stage_latency_seconds_bucket{le="+Inf"})'),
        total(), "$when: in a bucket");
}

wait_until('it scrapes', sub { ($prom->value('up') // 0) == 1 });
same('first');

my %expected = (
    'apigw_route_requests_total{route="GET /pets/{id}",code="2xx"}' => 20,
    'apigw_route_requests_total{route="GET /bad",code="5xx"}' => 2,
    'apigw_route_latency_seconds_count{route="GET /gone"}' => 1,
    'apigw_stage_gateway_responses_total{stage="live",'
        . 'type="INTEGRATION_FAILURE"}' => 1,
    'apigw_stage_gateway_responses_total{stage="live",type="THROTTLED"}' => 1,
    'apigw_stage_gateway_responses_total{stage="live",'
        . 'type="QUOTA_EXCEEDED"}' => 1,
    'apigw_stage_gateway_responses_total{stage="live",type="UNAUTHORIZED"}'
        => 1,
    'apigw_stage_gateway_responses_total{stage="live",'
        . 'type="MISSING_AUTHENTICATION_TOKEN"}' => 1,
    'sum(apigw_stage_requests_total{stage="idle"})' => 0,
    'apigw_stage_cache_total{stage="live",result="hit"}' => 3,
    'apigw_stage_cache_total{stage="live",result="miss"}' => 1,
    'apigw_plan_requests_total{plan="gold",result="admitted"}' => 5,
    'apigw_plan_requests_total{plan="tiny",result="admitted"}' => 5,
    'apigw_plan_requests_total{plan="tiny",result="quota_exceeded"}' => 1,
    'apigw_plan_requests_total{plan="slow",result="throttled"}' => 1,
    'apigw_authorizer_decisions_total{authorizer="users",result="accepted"}'
        => 3,
    'apigw_authorizer_decisions_total{authorizer="users",result="refused"}'
        => 1,
    'apigw_workers' => 2,
    'apigw_redis_up' => 2,
    'apigw_redis_breaker_open' => 0,
    'apigw_metrics_series_missed' => 0,
);

is($prom->value($_), $expected{$_}, $_) for sort keys %expected;

# Counters never go down

sub names {
    my ($pattern) = @_;
    return map { $_->{metric}{__name__} }
        $prom->query(qq(count by (__name__) ({__name__=~"$pattern"})));
}

sub resets {
    my ($when) = @_;
    my @names = names('apigw_.*_(total|bucket|count|sum)');
    my @down = grep { $prom->query("resets($_\[5m]) > 0") } @names;
    cmp_ok(scalar(@names), '>', 20, "$when: there are counters");
    is("@down", '', "$when: none went down");
    is($prom->value('changes(apigw_start_time_seconds[5m])'), 0,
        "$when: nor did they begin again");
}

my $generation = $prom->value('apigw_configuration_generation');

ok($gw->reload, 'a reload');
some();
same('after a reload');
resets('after a reload');
cmp_ok($prom->value('apigw_configuration_generation'), '>', $generation,
    'the reload is seen');

my ($victim) = $gw->workers;
kill KILL => $victim;
Apigw::Gateway::wait_for(10, sub {
    my @now = $gw->workers;
    return @now == 2 && !grep { $_ == $victim } @now;
});
some();
same('after a kill -9');
resets('after a kill -9');

cmp_ok($prom->value('sum(rate(apigw_stage_requests_total[1m]))'), '>', 0,
    'a rate over both');

# What it asks for, and what it thinks of the answer

my $seen = $gw->read('logs/scrape.log');

like($seen, qr{^200 "application/openmetrics-text;[^"]*" application/openmetrics-text; version=1\.0\.0; charset=utf-8$}m,
    'it gets OpenMetrics, as it asks');
is($prom->target->{lastError}, '', 'and finds no fault in it');
is($prom->target->{health}, 'up', 'nor in the gateway');
is($prom->value('min_over_time(up[5m])'), 1, 'all the time');
unlike($prom->log, qr/level=(?:warn|error)/, 'nothing bad in its log');
unlike($prom->log, qr/append failed|out.of.order|duplicate/i,
    'no sample was refused');

my ($meta) = @{ $prom->api('metadata',
    metric => 'apigw_stage_latency_seconds')->{data}
        {apigw_stage_latency_seconds} };
is($meta->{type}, 'histogram', 'it knows the types');
is($meta->{unit}, 'seconds', 'and units');
like($meta->{help}, qr/\w/, 'and a word about each');

my %known = %{ $prom->api('metadata')->{data} };
is_deeply([grep { !$known{$_}
    && !$known{ s/_(?:total|bucket|count|sum|info)$//r } } names('apigw_.*')], [],
    'no name is without');

like($gw->get('/metrics', headers => [Accept => 'text/plain'])->{headers}
    {'content-type'}, qr{^text/plain; version=0\.0\.4}, 'the text for others');

# The rules

wait_until('a load of 5xx is an alert', sub {
    ask(500, '/bad') for 1 .. 20;
    return grep { $_->{labels}{alertname} eq 'Test'
        && $_->{state} eq 'firing' }
        @{ $prom->api('alerts')->{data}{alerts} };
});

my ($alert) = grep { $_->{labels}{alertname} eq 'Test' }
    @{ $prom->api('alerts')->{data}{alerts} };

is_deeply($alert->{labels}, { alertname => 'Test', job => 'apigw',
    api => 'pets', stage => 'live', severity => 'page' }, 'its labels');
is($alert->{annotations}{summary}, 'Stage live of pets answers with 5xx.',
    'its summary');
like($alert->{annotations}{description}, qr/^[\d.]+% of the requests/,
    'its description');

my @rules = map { @{ $_->{rules} } } @{ $prom->api('rules')->{data}{groups} };

cmp_ok(scalar(@rules), '>', 20, 'there are rules');
is_deeply([map { "$_->{name}: $_->{lastError}" }
    grep { $_->{health} ne 'ok' } @rules], [], 'and all can be evaluated');
is_deeply([map { $_->{name} }
    grep { $_->{type} eq 'alerting' && $_->{state} eq 'firing'
        && $_->{name} ne 'Test' } @rules], [], 'no other alert fires');

# What the dashboard asks for; Grafana puts the variables in

my $dashboard = decode_json(slurp("$docs/grafana.json"));
my (@refused, @nothing);

sub grafana {
    my ($expr) = @_;
    $expr =~ s/\$__rate_interval|\$__range/1m/g;
    $expr =~ s/"\$\w+"/".*"/g;
    return $expr;
}

some();
same('at last');

for my $panel (@{ $dashboard->{panels} }) {
    for my $target (@{ $panel->{targets} || [] }) {
        my $answer = $prom->api('query', query => grafana($target->{expr}));
        push @refused, "$panel->{title}: $answer->{error}"
            if $answer->{status} ne 'success';
        push @nothing, "$panel->{title}: $target->{expr}"
            if !@{ $answer->{data}{result} || [] };
    }
}

is_deeply(\@refused, [], 'the queries of the dashboard are accepted');
is_deeply(\@nothing, [], 'and have data');

for my $variable (@{ $dashboard->{templating}{list} }) {
    next if $variable->{type} ne 'query';
    my ($selector, $label) = $variable->{query}{query}
        =~ /^label_values\((.*), (\w+)\)$/;
    my $values = $prom->api("label/$label/values",
        'match[]' => grafana($selector));
    cmp_ok(scalar(@{ $values->{data} || [] }), '>', 0,
        "there are values of $variable->{name}");
}

is_deeply([$gw->complaints(qr/exited on signal 9/)], [],
    'nothing bad in the log');

done_testing();
