# apigw_metrics: the expositions.  Many routes, slow clients and clients that go
# away are in sys/metrics_big.t.

use Test::Nginx::Socket 'no_plan';

use IO::Uncompress::Gunzip ();
use JSON::PP ();

our $Key = 'alice-key-0123456789';
our $More = "X-Api-Key: $Key";

# counters outlive reloads, so each test has names of its own

sub plan_of ($) {
    my ($plan) = @_;
    return <<"_EOC_";
    apigw_usage_plan $plan { throttle 1r/m burst=3; quota 2/day; }
    apigw_api_key a key=$Key plan=$plan id=$plan-alice;
_EOC_
}

sub stage ($;$) {
    my ($api, $plan) = @_;
    my $plans = $plan ? "apigw_usage_plans $plan;" : '';
    my $key = $plan
        ? 'apigw_route "GET /key" { apigw_api_key_required on; return 204; }'
        : '';
    return <<"_EOC_";
    apigw_api $api;
    location = /metrics { apigw_metrics; }
    location /back { return 200 "abc"; }
    apigw_stage prod {
        $plans
        $key
        apigw_route "GET /a" { return 200 "a\n"; }
        apigw_route "GET /a/{id}" { proxy_pass http://127.0.0.1:\$TEST_NGINX_SERVER_PORT/back; }
        apigw_route "GET /bad" { return 500; }
        apigw_route "GET /unused" { return 204; }
    }
_EOC_
}

# lines that are there exactly so, and texts that are nowhere

sub check ($$;$) {
    my ($body, $lines, $absent) = @_;
    my %have = map { $_ => 1 } split /\n/, $body;
    my @bad = grep { !$have{$_} } @$lines;
    push @bad, map { "no $_" } grep { index($body, $_) >= 0 } @{ $absent || [] };
    return CORE::join "\n", @bad;
}

# a filter for an exposition: what of the lines is missing

sub missing {
    my ($lines, $absent) = @_;
    return sub {
        return $_[0] =~ /^# HELP/ ? main::check($_[0], $lines, $absent)
                                  : 'another';
    };
}

sub gunzip {
    my ($body) = @_;
    IO::Uncompress::Gunzip::gunzip(\$body => \my $text) or return 'not gzip';
    return $text;
}

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: text is what is given to who asks for nothing
--- config eval: main::stage('t1')
--- request
GET /metrics
--- response_headers
Content-Type: text/plain; version=0.0.4; charset=utf-8
Cache-Control: no-store
Vary: Accept
X-Content-Type-Options: nosniff
! Content-Length
--- response_body_filters eval
main::missing([
    '# HELP apigw_build_info The versions of the module and of nginx.',
    '# TYPE apigw_build_info gauge',
    '# TYPE apigw_stage_requests_total counter',
    '# TYPE apigw_stage_latency_seconds histogram',
    'apigw_stage_requests_total{api="t1",stage="prod",code="2xx"} 0',
    '# TYPE apigw_route_requests_total counter',
    '# TYPE apigw_metrics_series_missed gauge',
    'apigw_metrics_series_missed 0',
], ['# UNIT', '# EOF', 'apigw_route_requests_total{api="t1"', 'apigw_plan_',
    'apigw_redis', 'apigw_authorizer', 'apigw_quota_d', "\n\n"])
--- response_body



=== TEST 2: OpenMetrics
--- config eval: main::stage('t2')
--- request
GET /metrics
--- more_headers
Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1
--- response_headers
Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
Vary: Accept
--- response_body_filters eval
main::missing([
    '# TYPE apigw_stage_requests counter',
    'apigw_stage_requests_total{api="t2",stage="prod",code="2xx"} 0',
    '# TYPE apigw_stage_received_bytes counter',
    '# UNIT apigw_stage_received_bytes bytes',
    '# UNIT apigw_stage_latency_seconds seconds',
    '# EOF',
], ['# TYPE apigw_stage_requests_total', "# EOF\n#", "\n\n"])
--- response_body



=== TEST 3: what is asked for by Accept
--- config eval: main::stage('t3')
--- request eval
[('GET /metrics') x 7]
--- more_headers eval
['Accept: */*', 'Accept: text/plain', "Accept: text/plain;q=0.3\nAccept: application/openmetrics-text;q=0.4",
 'Accept: application/openmetrics-text;q=0', 'Accept: application/json',
 'Accept: ,;;=",', 'Accept: application/openmetrics-text; version=2.0.0']
--- response_headers eval
[('Content-Type: text/plain; version=0.0.4; charset=utf-8') x 2,
 'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8',
 ('Content-Type: text/plain; version=0.0.4; charset=utf-8') x 4]
--- error_code eval
[(200) x 7]



=== TEST 4: the argument goes before Accept
--- config eval: main::stage('t4')
--- request eval
['GET /metrics?format=text', 'GET /metrics?format=openmetrics',
 'GET /metrics?format=json', 'GET /metrics?&format=json&',
 'GET /metrics?routes=on', 'GET /metrics?since=12&routes=off']
--- more_headers eval
['Accept: application/openmetrics-text', 'Accept: text/plain',
 'Accept: text/plain', 'Accept: text/plain', 'Accept: text/plain',
 'Accept: application/openmetrics-text']
--- response_headers eval
['Content-Type: text/plain; version=0.0.4; charset=utf-8',
 'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8',
 "Content-Type: application/json\nX-Content-Type-Options: nosniff",
 'Content-Type: application/json',
 'Content-Type: text/plain; version=0.0.4; charset=utf-8',
 'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8']
--- error_code eval
[(200) x 6]



=== TEST 5: wrong arguments
--- config eval: main::stage('t5')
--- request eval
['GET /metrics?format=xml', 'GET /metrics?format', 'GET /metrics?Format=json',
 'GET /metrics?format=json&format=json', 'GET /metrics?routes=no',
 'GET /metrics?since=-1', 'GET /metrics?since=99999999999',
 'GET /metrics?since=', 'GET /metrics?%22%3Cscript%3E=1']
--- error_code eval
[(400) x 9]
--- response_headers eval
[('Content-Type: application/json') x 9]
--- response_body eval
[('{"message":"format is not \"text\", \"openmetrics\" or \"json\""}') x 2,
 '{"message":"query has an unknown parameter"}',
 '{"message":"query has a parameter twice"}',
 '{"message":"routes is not \"on\" or \"off\""}',
 ('{"message":"since is not a step"}') x 3,
 '{"message":"query has an unknown parameter"}']



=== TEST 6: the lines of a small load
--- http_config eval: main::plan_of('p6')
--- config eval: main::stage('t6', 'p6')
--- request eval
['GET /prod/a', 'GET /prod/a?x=1', 'GET /prod/a/7', 'GET /prod/a/8',
 'GET /prod/bad', 'GET /prod/none', 'GET /prod/key', 'GET /prod/key',
 'GET /prod/key', 'GET /prod/key', 'GET /other/a', 'GET /metrics']
--- more_headers eval
[('X-A: b') x 6, $::More, $::More, $::More, $::More, 'X-A: b', 'X-A: b']
--- error_code eval
[200, 200, 200, 200, 500, 403, 204, 204, 429, 429, 404, 200]
--- response_body_filters eval
main::missing([
    'apigw_stage_requests_total{api="t6",stage="prod",code="1xx"} 0',
    'apigw_stage_requests_total{api="t6",stage="prod",code="2xx"} 6',
    'apigw_stage_requests_total{api="t6",stage="prod",code="3xx"} 0',
    'apigw_stage_requests_total{api="t6",stage="prod",code="4xx"} 3',
    'apigw_stage_requests_total{api="t6",stage="prod",code="5xx"} 1',
    'apigw_stage_latency_seconds_bucket{api="t6",stage="prod",le="+Inf"} 10',
    'apigw_stage_latency_seconds_count{api="t6",stage="prod"} 10',
    'apigw_stage_integration_latency_seconds_bucket{api="t6",stage="prod",le="+Inf"} 2',
    'apigw_stage_integration_latency_seconds_count{api="t6",stage="prod"} 2',
    'apigw_stage_cache_total{api="t6",stage="prod",result="hit"} 0',
    'apigw_stage_gateway_responses_total{api="t6",stage="prod",type="QUOTA_EXCEEDED"} 1',
    'apigw_stage_gateway_responses_total{api="t6",stage="prod",type="THROTTLED"} 1',
    'apigw_stage_gateway_responses_total{api="t6",stage="prod",type="MISSING_AUTHENTICATION_TOKEN"} 1',
    'apigw_stage_gateway_responses_total{api="t6",stage="prod",type="UNKNOWN_STAGE"} 0',
    'apigw_route_requests_total{api="t6",stage="prod",route="GET /a",code="2xx"} 2',
    'apigw_route_requests_total{api="t6",stage="prod",route="GET /a/{id}",code="2xx"} 2',
    'apigw_route_requests_total{api="t6",stage="prod",route="GET /bad",code="5xx"} 1',
    'apigw_route_requests_total{api="t6",stage="prod",route="GET /key",code="4xx"} 2',
    'apigw_route_latency_seconds_count{api="t6",stage="prod",route="GET /a"} 2',
    'apigw_route_integration_latency_seconds_count{api="t6",stage="prod",route="GET /a/{id}"} 2',
    'apigw_plan_requests_total{plan="p6",result="admitted"} 2',
    'apigw_plan_requests_total{plan="p6",result="throttled"} 1',
    'apigw_plan_requests_total{plan="p6",result="quota_exceeded"} 1',
    'apigw_plan_requests_total{plan="p6",result="quota_unavailable"} 0',
], ['"GET /unused"', 'api="t6",stage="other"'])
--- response_body eval
[('another') x 11, '']



=== TEST 7: without the routes
--- config eval: main::stage('t7')
--- request eval
['GET /prod/a', 'GET /metrics?routes=off', 'GET /metrics']
--- error_code eval
[200, 200, 200]
--- response_body_like eval
['^a', '(?s)^(?!.*apigw_route_).*api="t7"', 'route="GET /a",code="2xx"\} 1']



=== TEST 8: HEAD
--- config eval: main::stage('t8')
--- request eval
['HEAD /metrics', 'HEAD /metrics?format=json']
--- error_code eval
[200, 200]
--- response_headers eval
['Content-Type: text/plain; version=0.0.4; charset=utf-8',
 'Content-Type: application/json']
--- response_body eval
['', '']



=== TEST 9: other methods
--- config eval: main::stage('t9')
--- request eval
["POST /metrics\nhello", 'DELETE /metrics', 'OPTIONS /metrics']
--- error_code eval
[405, 405, 405]



=== TEST 10: a body is no harm, and the connection stays
--- config eval: main::stage('t10')
--- pipelined_requests eval
["GET /metrics\nhello", 'GET /metrics?format=json', 'GET /metrics']
--- error_code eval
[200, 200, 200]
--- response_body_like eval
['apigw_scrapes_total', '^\{"version":1,.*\}\s*$', 'apigw_scrapes_total']



=== TEST 11: not for other machines
--- config eval
'set_real_ip_from 127.0.0.1;' . main::stage('t11') . '
 location = /public { apigw_metrics public; }
 location = /if { apigw_metrics; if ($arg_format) { set $a 1; } }
 location = /if_public { apigw_metrics public; if ($arg_format) { set $a 1; } }'
--- request eval
['GET /metrics', 'GET /metrics', 'GET /metrics', 'GET /public',
 'GET /if?format=text', 'GET /if_public?format=text']
--- more_headers eval
['X-Real-IP: 10.0.0.1', 'X-Real-IP: ::1', 'X-Real-IP: ::2',
 ('X-Real-IP: 10.0.0.1') x 3]
--- error_code eval
[403, 200, 403, 200, 403, 200]



=== TEST 12: the message to other machines
--- config eval
'set_real_ip_from 127.0.0.1;' . main::stage('t12')
--- request
GET /metrics
--- more_headers
X-Real-IP: 192.0.2.1
--- error_code: 403
--- error_log
[info]
"apigw_metrics" is not for other machines, client: 192.0.2.1



=== TEST 13: names are escaped
--- http_config
    apigw_usage_plan "<b>\\c\nd" { throttle 9r/s burst=9; }
    apigw_usage_plan "é\r" { throttle 9r/s burst=9; }
--- config
    apigw_api 't\13<script>{}';
    location = /metrics { apigw_metrics; }
    apigw_stage prod {
        apigw_usage_plans "<b>\\c\nd" "é\r";
        apigw_route "GET /key" { apigw_api_key_required on; return 204; }
        apigw_route "GET /it's/{a.b}" { return 200 a; }
    }
--- request eval
["GET /prod/it's/x", 'GET /metrics', 'GET /metrics?format=json']
--- error_code eval
[200, 200, 200]
--- response_body_like eval
['^a$', (map { CORE::join '.*', '(?s)', map { quotemeta } @$_ }
    ['apigw_stage_cache_total{api="t\\\\13<script>{}",stage="prod",result="hit"} 0',
     'apigw_route_cache_total{api="t\\\\13<script>{}",stage="prod",route="GET /it\'s/{a.b}",result="hit"} 0',
     'apigw_plan_requests_total{plan="<b>\\\\c\\nd",result="admitted"} 0',
     "apigw_plan_requests_total{plan=\"\xc3\xa9\xef\xbf\xbd\",result=\"admitted\"} 0"],
    ['"api":"t\\\\13<script>{}","stage":"prod"', '"route":"GET /it\'s/{a.b}"',
     '"plan":"<b>\\\\c\\u000ad","admitted":0'])]



=== TEST 14: JSON
--- http_config eval: main::plan_of('p14')
--- config eval: main::stage('t14', 'p14')
--- request eval
['GET /prod/key', 'GET /prod/key', 'GET /prod/a/1',
 'GET /metrics?format=json', 'GET /metrics?format=json&routes=off']
--- more_headers eval: $::More
--- error_code eval
[204, 204, 200, 200, 200]
--- response_body_like eval
['^$', '^$', '^abc$',
 '(?s)^\{"version":1,"now":\d+(?:\.\d+)?,"step":\d+,"stepSeconds":10,"steps":360,"started":\d+,"generation":\d+,"workers":\d+,"module":"[\d.]+","nginx":"[\d.]+","bounds":\[1,2,[\d,]+,30000\],"errors":\["DEFAULT_4XX",.*"QUOTA_UNAVAILABLE"\],'
 . '"stages":\[.*\{"api":"t14","stage":"prod","type":"rest","total":\[3,0,3,0,0,0,\d+,\d+,0,0\],"latency":\[[\d.,]+\],"integration":\[[\d.,]+,1\],"errors":\[0(?:,0)+\],"history":\{"first":\d+,"count":\[.*\]\}\}.*\],'
 . '"routes":\[.*\{"s":\d+,"route":"GET /key","total":\[2,0,2,.*\{"s":\d+,"route":"GET /a/\{id\}","total":\[1,0,1,.*\],"busiest":\[.*\],'
 . '"plans":\[.*"plan":"p14","admitted":2,"throttled":0,"quotaExceeded":0,"quotaUnavailable":0\}.*\],'
 . '"consumers":\[.*\{"id":"p14-alice","count":2,"error":0,"refused":0,"sent":\d+,"plans":\[\{"plan":"p14","quotaLimit":2,"quotaUsed":2\}\]\}.*\],'
 . '"authorizers":\[\],"state":\{"zone":\{"cells":\[\d+,\d+\],"quotas":\[\d+,\d+\],"buckets":\d+,"full":0\},"redis":null,"quota":\{"open":0,"local":0,"closed":0\},"missed":0,"tokens":0,"parked":0,"connections":\d+\}\}\n$',
 '(?s)^(?!.*"routes":)(?!.*"busiest":).*"plans":']



=== TEST 15: the JSON parses
--- config eval: main::stage('t15')
--- request eval
['GET /prod/a', 'GET /metrics?format=json']
--- error_code eval
[200, 200]
--- response_body_filters eval
sub { $_[0] =~ /^\{/ ? JSON::PP->new->decode($_[0])->{version} : 'a' }
--- response_body eval
['a', '1']



=== TEST 16: compressed, a piece after the other
--- config eval
'gzip on; gzip_types text/plain application/json; gzip_min_length 0;'
. main::stage('t16')
--- request
GET /metrics
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
--- response_body_filters eval: \&main::gunzip
--- response_body_like: (?s)^# HELP apigw_build_info .*\napigw_scrapes_total \d+\n$



=== TEST 17: included by SSI
--- config eval
main::stage('t17') . 'location /page { ssi on; ssi_types text/plain; default_type text/plain;
    return 200 \'[<!--#include virtual="/back"--><!--#include virtual="/metrics"--><!--#include virtual="/back"-->]\'; }'
--- request
GET /page
--- response_body_like: (?s)^\[abc# HELP.*\napigw_scrapes_total \d+\nabc\]$



=== TEST 18: in a route
--- config
    apigw_stage prod {
        apigw_route "GET /metrics" { apigw_metrics; }
    }
--- must_die
--- error_log
"apigw_metrics" directive is not allowed in a stage, use a location outside of it in
--- no_error_log
[alert]



=== TEST 19: in a server
--- config
    apigw_metrics;
--- must_die
--- error_log
"apigw_metrics" directive is not allowed here in
--- no_error_log
[alert]



=== TEST 20: twice
--- config
    location /metrics { apigw_metrics; apigw_metrics public; }
--- must_die
--- error_log
"apigw_metrics" directive is duplicate in
--- no_error_log
[alert]



=== TEST 21: an unknown parameter
--- config
    location /metrics { apigw_metrics private; }
--- must_die
--- error_log
invalid parameter "private": "public" is expected in
--- no_error_log
[alert]



=== TEST 22: nothing is counted
--- http_config
    apigw_zone 1m metrics=off;
--- config eval: main::stage('t22')
--- must_die
--- error_log
"apigw_metrics" needs metrics, which "apigw_zone" turns off in
--- no_error_log
[alert]



=== TEST 23: there is no stage
--- config
    location /metrics { apigw_metrics; }
--- must_die
--- error_log
"apigw_metrics" has no stage to tell of in
--- no_error_log
[alert]



=== TEST 24: a location inside has it not by itself
--- config eval
main::stage('t24')
. 'location /m { apigw_metrics; location /m/in { return 204; } }'
--- request eval
['GET /m/out', 'GET /m/in']
--- error_code eval
[200, 204]



=== TEST 25: beside another handler
--- config eval
main::stage('t25') . 'location /metrics { apigw_metrics; apigw_usage public; }'
--- must_die
--- error_log
"apigw_usage" directive is in a location that has another handler in
--- no_error_log
[alert]
