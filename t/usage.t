# apigw_usage: reports of what API keys have used, with quotas in the zone.
# Those of Redis are in sys/usage.t.

use Test::Nginx::Socket 'no_plan';

use POSIX qw(strftime);

our $Key = 'alice-key-0123456789';
our $Other = 'carol-key-0123456789-0123';
our $More = "X-Api-Key: $Key";

our $Usage = <<'_EOC_';
    location = /usage { apigw_usage; }
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
_EOC_

our $Plans = <<"_EOC_";
    apigw_usage_plan free { }
    apigw_usage_plan silver { throttle 9r/s burst=9; quota 7/week; }
    apigw_usage_plan gold { throttle 9r/s burst=9; quota 10/day; }
    apigw_api_key a key=$Key plan=free,gold id=alice;
    apigw_api_key c key=$Other plan=silver,gold id=carol;
    apigw_api_key d key=dave-key-0123456789-0 plan=gold id=dave;
_EOC_

sub day ($) { return strftime('%Y-%m-%d', gmtime(time + 86400 * shift)) }

our $Today = day(0);
our $Yesterday = day(-1);
our $Range = "startDate=$Today&endDate=$Today";

# not across midnight

my $left = 86400 - time % 86400;
if ($left < 60) {
    sleep $left + 1;
    ($Today, $Yesterday) = (day(0), day(-1));
    $Range = "startDate=$Today&endDate=$Today";
}

sub report ($;$) {
    my ($values, $position) = @_;
    $position = defined $position ? ",\"position\":\"$position\"" : '';
    return "{\"usagePlanId\":\"gold\",\"startDate\":\"$Today\","
        . "\"endDate\":\"$Today\"$position,\"values\":{$values}}";
}

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: what each key of a plan has used
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["GET /prod/a", "GET /prod/a", "GET /usage?plan=gold&$::Range"]
--- more_headers eval: $::More
--- error_code eval
[200, 200, 200]
--- response_headers eval
['Content-Type: text/plain', 'Content-Type: text/plain',
 "Content-Type: application/json\n! X-Apigw-Position"]
--- response_body eval
["a\n", "a\n",
 main::report('"alice":[[2,8]],"carol":[[0,10]],"dave":[[0,10]]')]



=== TEST 2: several days
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["GET /prod/a", "GET /usage?plan=gold&key=alice&startDate=$::Yesterday&endDate=$::Today"]
--- more_headers eval: $::More
--- error_code eval
[200, 200]
--- response_body eval
["a\n", "{\"usagePlanId\":\"gold\",\"startDate\":\"$::Yesterday\",\"endDate\":\"$::Today\",\"values\":{\"alice\":[[0,10],[1,9]]}}"]



=== TEST 3: CSV
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["GET /prod/a", "GET /usage?plan=gold&format=csv&key=alice&$::Range"]
--- more_headers eval: $::More
--- error_code eval
[200, 200]
--- response_headers eval
['Content-Type: text/plain', 'Content-Type: text/csv']
--- response_body_like eval
["^a", "^usagePlanId,keyId,date,used,remaining\r?\ngold,alice,$::Today,1,9\r?\n\$"]



=== TEST 4: another plan of the same key
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
"GET /usage?plan=silver&$::Range"
--- response_body eval
"{\"usagePlanId\":\"silver\",\"startDate\":\"$::Today\",\"endDate\":\"$::Today\",\"values\":{\"carol\":[[0,7]]}}"



=== TEST 5: pages
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["GET /usage?plan=gold&limit=2&$::Range",
 "GET /usage?plan=gold&limit=2&position=carol&$::Range",
 "GET /usage?plan=gold&limit=2&position=dave&$::Range",
 "GET /usage?plan=gold&limit=3&$::Range",
 "GET /usage?plan=gold&limit=1&key=alice&$::Range",
 "GET /usage?plan=gold&limit=1&format=csv&$::Range"]
--- error_code eval
[200, 200, 200, 200, 200, 200]
--- response_headers eval
['X-Apigw-Position: carol', ('! X-Apigw-Position') x 4,
 'X-Apigw-Position: alice']
--- response_body_like eval
[(map { '^' . quotemeta($_) . '$' }
    main::report('"alice":[[0,10]],"carol":[[0,10]]', 'carol'),
    main::report('"dave":[[0,10]]'),
    main::report(''),
    main::report('"alice":[[0,10]],"carol":[[0,10]],"dave":[[0,10]]'),
    main::report('"alice":[[0,10]]')),
 'alice']



=== TEST 6: more keys than are asked for at once
--- http_config eval
"apigw_usage_plan gold { quota 10/day; }\n"
. CORE::join "\n", map { sprintf 'apigw_api_key k key=key-0123456789-0123%03d plan=gold id=k%d;', $_, $_ } 1 .. 100
--- config eval: $::Usage
--- request eval
"GET /usage?plan=gold&limit=99&$::Range"
--- response_headers
X-Apigw-Position: k99
--- response_body eval
main::report(CORE::join(',', map { "\"k$_\":[[0,10]]" } 1 .. 99), 'k99')



=== TEST 7: HEAD
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
"HEAD /usage?plan=gold&limit=1&$::Range"
--- response_headers eval
"Content-Type: application/json\nX-Apigw-Position: alice\nContent-Length: "
. length main::report('"alice":[[0,10]]', 'alice')
--- response_body



=== TEST 8: other methods
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["POST /usage?plan=gold&$::Range\nhello", "DELETE /usage?plan=gold", "OPTIONS /usage"]
--- error_code eval
[405, 405, 405]



=== TEST 9: a body is no harm
--- http_config eval: $::Plans
--- config eval: $::Usage
--- pipelined_requests eval
["GET /usage?plan=gold&key=dave&$::Range\nhello", "GET /usage?plan=gold&key=dave&$::Range"]
--- error_code eval
[200, 200]
--- response_body eval
[(main::report('"dave":[[0,10]]')) x 2]



=== TEST 10: bad queries
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["GET /usage",
 "GET /usage?plan=gold",
 "GET /usage?plan=gold&startDate=$::Today",
 "GET /usage?plan=gold&startDate=2026-02-30&endDate=$::Today",
 "GET /usage?plan=gold&startDate=$::Today&endDate=$::Yesterday",
 "GET /usage?plan=gold&startDate=2026-01-01&endDate=2026-06-01",
 "GET /usage?plan=gold&limit=0&$::Range",
 "GET /usage?plan=gold&limit=501&$::Range",
 "GET /usage?plan=gold&format=xml&$::Range",
 "GET /usage?plan=gold&plan=gold&$::Range",
 "GET /usage?plan=gold&what=1&$::Range",
 "GET /usage?plan=%zz&$::Range",
 "GET /usage?plan=gold&position=nobody&$::Range"]
--- error_code eval
[(400) x 13]
--- response_headers eval
[('Content-Type: application/json') x 13]
--- response_body_like eval
['^\{"message":"plan is required"\}$',
 '^\{"message":"startDate is required"\}$',
 '^\{"message":"endDate is required"\}$',
 '"startDate is not a date YYYY-MM-DD"',
 '"endDate is before startDate"',
 'a range of more than 90 days"',
 '"limit is not a number from 1 to 500"',
 '"limit is not a number from 1 to 500"',
 '^\{"message":"format is neither \\\\"json\\\\" nor \\\\"csv\\\\""\}$',
 '"plan is given twice"',
 'has an unknown parameter; known are',
 '"plan has a \\\\"%\\\\" without two hex digits"',
 '^\{"message":"position is not a key of the plan"\}$']



=== TEST 11: nothing of this name
--- http_config eval: $::Plans
--- config eval: $::Usage
--- request eval
["GET /usage?plan=none&$::Range",
 "GET /usage?plan=gold&key=nobody&$::Range",
 "GET /usage?plan=silver&key=alice&$::Range",
 "GET /usage?plan=free&$::Range"]
--- error_code eval
[404, 404, 404, 404]
--- response_body eval
['{"message":"Invalid Usage Plan ID specified"}',
 '{"message":"Invalid API Key identifier specified"}',
 '{"message":"Invalid API Key identifier specified"}',
 '{"message":"plan has no quota, so its requests are not counted"}']



=== TEST 12: not for other machines
--- http_config eval: $::Plans
--- config eval
"set_real_ip_from 127.0.0.1; $::Usage
 location = /public { apigw_usage public; }
 location = /if { apigw_usage; if (\$arg_plan) { set \$a 1; } }
 location = /if_public { apigw_usage public; if (\$arg_plan) { set \$a 1; } }"
--- request eval
["GET /usage?plan=silver&$::Range", "GET /usage?plan=silver&$::Range",
 "GET /usage?plan=silver&$::Range", "GET /usage?plan=silver&$::Range",
 "GET /usage?plan=silver&$::Range", "GET /usage?plan=silver&$::Range",
 "GET /public?plan=silver&$::Range", "GET /if?plan=silver&$::Range",
 "GET /if_public?plan=silver&$::Range"]
--- more_headers eval
['X-Real-IP: 10.0.0.1', 'X-Real-IP: 127.9.8.7', 'X-Real-IP: ::1',
 'X-Real-IP: ::2', 'X-Real-IP: 128.0.0.1', 'X-Forwarded-For: 10.0.0.1',
 ('X-Real-IP: 10.0.0.1') x 3]
--- error_code eval
[403, 200, 200, 403, 403, 200, 200, 403, 200]



=== TEST 13: the message to other machines
--- http_config eval: $::Plans
--- config eval
"set_real_ip_from 127.0.0.1; $::Usage"
--- request eval
"GET /usage?plan=silver&$::Range"
--- more_headers
X-Real-IP: 192.0.2.1
--- error_code: 403
--- error_log
[info]
"apigw_usage" is not for other machines, client: 192.0.2.1



=== TEST 14: a unix socket is of this machine
--- http_config eval
$::Plans . 'server { listen unix:$TEST_NGINX_SERVER_ROOT/logs/sock;
location = /usage { apigw_usage; } }'
--- config eval
$::Usage . 'location = /over { proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/logs/sock:/usage$is_args$args; }'
--- request eval
"GET /over?plan=silver&$::Range"
--- response_body_like: "values":\{"carol":\[\[0,7\]\]\}



=== TEST 15: allow and deny hold, too
--- http_config eval: $::Plans
--- config eval
"$::Usage location = /denied { deny all; apigw_usage public; }"
--- request eval
"GET /denied?plan=silver&$::Range"
--- error_code: 403



=== TEST 16: a plan without keys
--- http_config
    apigw_usage_plan gold { quota 10/day; }
--- config eval: $::Usage
--- request eval
"GET /usage?plan=gold&$::Range"
--- response_body eval
main::report('')



=== TEST 17: a server without stages
--- http_config eval: $::Plans
--- config
    location = /usage { apigw_usage; }
--- request eval
"GET /usage?plan=gold&$::Range"
--- response_body eval
main::report('')



=== TEST 18: the names of a plan are escaped
--- http_config
    apigw_usage_plan "a&b c" { quota 1/day; }
--- config eval: $::Usage =~ s/gold/"a&b c"/r
--- request eval
"GET /usage?plan=a%26b+c&$::Range"
--- response_body_like: ^\{"usagePlanId":"a&b c","startDate"



=== TEST 19: in a route
--- config
    apigw_stage prod {
        apigw_route "GET /usage" { apigw_usage; }
    }
--- must_die
--- error_log
"apigw_usage" directive is not allowed in a stage, use a location outside of it in
--- no_error_log
[alert]



=== TEST 20: in a stage
--- config
    apigw_stage prod {
        apigw_usage;
        apigw_route "GET /usage" { return 200; }
    }
--- must_die
--- error_log
"apigw_usage" directive is not allowed in a stage, use a location outside of it in
--- no_error_log
[alert]



=== TEST 21: in a server
--- config
    apigw_usage;
--- must_die
--- error_log
"apigw_usage" directive is not allowed here in
--- no_error_log
[alert]



=== TEST 22: twice
--- config
    location /usage { apigw_usage; apigw_usage public; }
--- must_die
--- error_log
"apigw_usage" directive is duplicate in
--- no_error_log
[alert]



=== TEST 23: an unknown parameter
--- config
    location /usage { apigw_usage private; }
--- must_die
--- error_log
invalid parameter "private": "public" is expected in
--- no_error_log
[alert]



=== TEST 24: a location inside has it not by itself
--- http_config eval: $::Plans
--- config
    location /usage { apigw_usage; location /usage/in { return 204; } }
--- request eval
["GET /usage/out?plan=gold&$::Range", "GET /usage/in"]
--- error_code eval
[200, 204]
