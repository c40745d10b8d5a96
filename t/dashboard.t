# apigw_dashboard: the page, its headers, and the figures beside it.  What the
# page does in a browser is in real/dashboard.t.

use Test::Nginx::Socket 'no_plan';

use Digest::SHA qw(sha256_base64);
use File::Basename;

our $Stage = <<'_EOC_';
    apigw_stage prod {
        apigw_route "GET /a" { return 200 "a\n"; }
    }
_EOC_

our $Dashboard = "location = /dashboard { apigw_dashboard; }\n$Stage";

# what the policy allows: the two files, as they are in the page

sub allowed ($) {
    my $path = dirname(__FILE__) . "/../ngx_apigw_module/assets/$_[0]";
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return "'sha256-" . sha256_base64("\n" . <$file>) . "='";
}

our $Policy = join '; ', "default-src 'none'",
    'script-src ' . allowed('dashboard.js'),
    'style-src ' . allowed('dashboard.css'), "connect-src 'self'",
    'img-src data:', "base-uri 'none'", "form-action 'none'",
    "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    "trusted-types 'none'";

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => "[alert]\n[emerg]\n[crit]")
        if !defined $block->no_error_log && !defined $block->must_die;
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: the page
--- config eval: $::Dashboard
--- request
GET /dashboard
--- response_headers eval
"Content-Type: text/html; charset=utf-8
Cache-Control: no-store
X-Content-Type-Options: nosniff
Referrer-Policy: no-referrer
Cross-Origin-Opener-Policy: same-origin
Cross-Origin-Resource-Policy: same-origin
Content-Security-Policy: $::Policy
"
--- response_body_like eval
qr{^<!DOCTYPE html>\n<html lang="en">.*<style>.*</style>\n<script>.*</script>.*</html>\n\z}s



=== TEST 2: nothing of elsewhere
--- config eval: $::Dashboard
--- request
GET /dashboard
--- response_body_unlike eval
qr{(?:src|href)="(?!data:|#|\?)|\@import|url\(|https?://(?!www\.w3\.org/2000/svg)}



=== TEST 3: no string becomes markup or code, no element has a style
--- config eval: $::Dashboard
--- request
GET /dashboard
--- response_body_unlike eval
qr{innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function| style="| on[a-z]+="}



=== TEST 4: HEAD
--- config eval: $::Dashboard
--- request
HEAD /dashboard
--- response_headers
Content-Type: text/html; charset=utf-8
--- response_body:



=== TEST 5: other methods
--- config eval: $::Dashboard
--- request eval
["POST /dashboard\na=1", "PUT /dashboard", "DELETE /dashboard", "OPTIONS /dashboard"]
--- error_code eval
[405, 405, 405, 405]



=== TEST 6: no arguments after a question mark: the page
--- config eval: $::Dashboard
--- request
GET /dashboard?
--- response_body_like: ^<!DOCTYPE html>



=== TEST 7: the figures
--- config eval: $::Dashboard
--- request eval
["GET /prod/a", "GET /dashboard?format=json"]
--- response_headers eval
['Content-Type: text/plain',
 "Content-Type: application/json\nCache-Control: no-store\nX-Content-Type-Options: nosniff"]
--- response_body_like eval
['^a$', '^\{"version":1,.*"stage":"prod".*\}$']



=== TEST 8: always as JSON
--- config eval: $::Dashboard
--- request eval
["GET /dashboard?routes=off", "GET /dashboard?since=0", "GET /dashboard?format=text"]
--- more_headers
Accept: application/openmetrics-text
--- response_headers eval
[('Content-Type: application/json') x 3]
--- response_body_like eval
[('^\{"version":1,.*\}$') x 3]



=== TEST 9: wrong arguments
--- config eval: $::Dashboard
--- request eval
["GET /dashboard?a=1", "GET /dashboard?since=x", "GET /dashboard?routes=0",
 "GET /dashboard?format=xml", "GET /dashboard?since=1&since=2"]
--- error_code eval
[(400) x 5]
--- response_headers eval
[('Content-Type: application/json') x 5]
--- response_body_like eval
[('^\{"message":"[^"]') x 5]



=== TEST 10: HEAD of the figures
--- config eval: $::Dashboard
--- request
HEAD /dashboard?format=json
--- response_headers
Content-Type: application/json
--- response_body:



=== TEST 11: other machines are refused
--- config eval
"set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;\n$::Dashboard"
--- request eval
["GET /dashboard", "GET /dashboard?format=json"]
--- more_headers
X-Real-IP: 192.0.2.1
--- error_code eval
[403, 403]
--- error_log
"apigw_dashboard" is not for other machines



=== TEST 12: public
--- config eval
"set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;
 location = /dashboard { apigw_dashboard public; }\n$::Stage"
--- request eval
["GET /dashboard", "GET /dashboard?format=json"]
--- more_headers
X-Real-IP: 192.0.2.1
--- error_code eval
[200, 200]



=== TEST 13: public, but not for everybody
--- config eval
"location = /dashboard { deny all; apigw_dashboard public; }\n$::Stage"
--- request
GET /dashboard
--- error_code: 403



=== TEST 14: gzip
--- http_config
gzip on;
--- config eval: $::Dashboard
--- request
GET /dashboard
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: text/html; charset=utf-8



=== TEST 15: behind a prefix, in a nested location
--- config eval
"location /ops/ { location = /ops/gateway { apigw_dashboard; } }\n$::Stage"
--- request eval
["GET /ops/gateway", "GET /ops/gateway?format=json"]
--- response_body_like eval
['^<!DOCTYPE html>', '^\{"version":1,']



=== TEST 16: in an "if"
--- config eval
"location = /dashboard { if (\$arg_since) { set \$a 1; } apigw_dashboard; }\n$::Stage"
--- request
GET /dashboard?since=1
--- response_body_like: ^\{"version":1,



=== TEST 17: in a stage
--- config
    apigw_stage prod {
        apigw_dashboard;
        apigw_route "GET /a" { return 200; }
    }
--- must_die
--- error_log
"apigw_dashboard" directive is not allowed in a stage, use a location outside of it in



=== TEST 18: in a route
--- config
    apigw_stage prod {
        apigw_route "GET /a" { apigw_dashboard; }
    }
--- must_die
--- error_log
"apigw_dashboard" directive is not allowed in a stage, use a location outside of it in



=== TEST 19: twice
--- config eval
"location = /d { apigw_dashboard; apigw_dashboard public; }\n$::Stage"
--- must_die
--- error_log
"apigw_dashboard" directive is duplicate



=== TEST 20: an unknown parameter
--- config eval
"location = /d { apigw_dashboard private; }\n$::Stage"
--- must_die
--- error_log
invalid parameter "private": "public" is expected



=== TEST 21: no metrics
--- http_config
apigw_zone 8m metrics=off;
--- config eval: $::Dashboard
--- must_die
--- error_log
"apigw_dashboard" needs metrics, which "apigw_zone" turns off



=== TEST 22: no stage
--- config
location = /d { apigw_dashboard; }
--- must_die
--- error_log
"apigw_dashboard" has no stage to tell of
