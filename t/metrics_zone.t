# "metrics=" of apigw_zone.  What a reload makes of the zone is in
# sys/metrics.t.

use Test::Nginx::Socket 'no_plan';

our $Stage = 'apigw_stage prod { apigw_route "GET /a" { return 200 "a\n"; } }';

sub stages ($$) {
    my ($stages, $routes) = @_;
    my $text = '';
    for my $stage (1 .. $stages) {
        my @routes = map { "apigw_route \"GET /$_\" { return 200 $_; }\n" }
            1 .. $routes;
        $text .= "apigw_stage s$stage {\n@routes}\n";
    }
    return $text;
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: off
--- http_config
    apigw_zone 1m metrics=off;
--- config eval: $::Stage
--- request
GET /prod/a
--- response_body
a
--- no_error_log
[alert]
[emerg]



=== TEST 2: an explicit size
--- http_config
    apigw_zone 1m metrics=4m;
--- config eval: $::Stage
--- request
GET /prod/a
--- response_body
a
--- no_error_log
[warn]
[alert]
[emerg]



=== TEST 3: with a file, in any order
--- http_config
    apigw_zone 1m metrics=2500k file=html/metrics.state;
--- config eval: $::Stage
--- request
GET /prod/a
--- response_body
a
--- no_error_log
[alert]
[emerg]



=== TEST 4: the other one
--- http_config
    apigw_zone 1m file=html/metrics.state metrics=2500k;
--- config eval: $::Stage
--- request
GET /prod/a
--- response_body
a
--- no_error_log
[alert]
[emerg]



=== TEST 5: no size
--- http_config
    apigw_zone 1m metrics=large;
--- config eval: $::Stage
--- must_die
--- error_log
invalid size "large" of "metrics=": a size or "off" is expected in
nginx.conf:



=== TEST 6: an empty one
--- http_config
    apigw_zone 1m metrics=;
--- config eval: $::Stage
--- must_die
--- error_log
invalid size "" of "metrics=": a size or "off" is expected in
nginx.conf:



=== TEST 7: 0 is not off
--- http_config
    apigw_zone 1m metrics=0;
--- config eval: $::Stage
--- must_die
--- error_log
invalid size "0" of "metrics=": a size or "off" is expected in
nginx.conf:



=== TEST 8: on
--- http_config
    apigw_zone 1m metrics=on;
--- config eval: $::Stage
--- must_die
--- error_log
invalid size "on" of "metrics=": a size or "off" is expected in
nginx.conf:



=== TEST 9: two sizes
--- http_config
    apigw_zone 1m metrics=2m metrics=2m;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_zone" directive has a duplicate parameter "metrics=" in
nginx.conf:



=== TEST 10: off and a size
--- http_config
    apigw_zone 1m metrics=off metrics=2m;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_zone" directive has a duplicate parameter "metrics=" in
nginx.conf:



=== TEST 11: two files
--- http_config
    apigw_zone 1m file=html/a.state file=../html/b.state;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_zone" directive has a duplicate parameter "file=" in
nginx.conf:



=== TEST 12: more than there is
--- http_config
    apigw_zone 1m file=html/a.state metrics=2m off;
--- config eval: $::Stage
--- must_die
--- error_log
invalid number of arguments in "apigw_zone" directive in
nginx.conf:



=== TEST 13: too small for anything
--- http_config
    apigw_zone 1m metrics=8k;
--- config eval: $::Stage
--- must_die
--- error_log eval
qr{\[emerg\] .*the size 8192 of "metrics=" of the "apigw_zone" is too small: "metrics=12\d\dk" or more is expected}



=== TEST 14: too small for what is there
--- http_config
    apigw_zone 1m metrics=2m;
--- config eval: main::stages(40, 3)
--- must_die
--- error_log eval
qr{\[emerg\] .*the size 2097152 of "metrics=" of the "apigw_zone" is too small: "metrics=\d{4}k" or more is expected}



=== TEST 15: enough for it, and no warning
--- http_config
    apigw_zone 1m metrics=4m;
--- config eval: main::stages(40, 3)
--- request
GET /s40/3
--- response_body chomp
3
--- no_error_log
[warn]
[alert]
[emerg]



=== TEST 16: without a size it is as large as needed
--- config eval: main::stages(200, 20)
--- request
GET /s200/20
--- response_body chomp
20
--- no_error_log
[warn]
[alert]
[emerg]



=== TEST 17: a size that nobody needs
--- http_config
    apigw_zone 1m metrics=1m;
--- config
    location /t { return 200 "t\n"; }
--- request
GET /t
--- response_body
t
--- no_error_log
[alert]
[emerg]
