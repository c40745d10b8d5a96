# Authorizers of type introspection: bad ones are refused with the line and the
# reason.

use Test::Nginx::Socket 'no_plan';

our $Config = <<'_EOC_';
    apigw_stage prod {
        apigw_authorize users;
        apigw_route "GET /a" { return 200 "a\n"; }
    }
_EOC_


add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value(user_files => ">>> secret\ns3cret-1\n>>> empty\n>>> long\n"
        . 'x' x 1025 . "\n>>> bad\njti a\nuser b\n");
});

no_long_string();
run_tests();

__DATA__

=== TEST 1: no endpoint
--- http_config
    apigw_authorizer users {
        type introspection;
        client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "users" has no "endpoint" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 2: no client_id
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "users" has no "client_id" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 3: no secret
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate;
    }
--- config eval: $::Config
--- must_die
--- error_log
the authorizer "users" has no "client_secret_file" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 4: no URL
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint id.example.com/introspect; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid endpoint "id.example.com/introspect": it doesn't begin with "https://" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 5: user information in the URL
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://gate:s3cret-1@127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid endpoint: it has user information in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1", "gate:secret"]



=== TEST 6: a fragment in the URL
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i#a; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
it has a fragment in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 7: http:// to another host
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint http://192.0.2.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid endpoint "http://192.0.2.1/i": "https://" is expected, tokens and a secret are sent there in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 8: http:// to a name
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint http://id.example.com/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
"https://" is expected, tokens and a secret are sent there in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 9: http:// to what looks local
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint http://127.0.0.1.example.com/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
"https://" is expected, tokens and a secret are sent there in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 10: a name without a resolver
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://id.example.com/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
no resolver in http{} for the host of the endpoint "https://id.example.com/i" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 11: localhost without a resolver
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint http://localhost/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
no resolver in http{} for the host of the endpoint "http://localhost/i" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 12: two endpoints
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; endpoint https://127.0.0.1/j; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "endpoint" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 13: two client_ids
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "client_id" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 14: two secrets
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "client_secret_file" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 15: no argument
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid number of arguments in "endpoint" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 16: two arguments
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i https://127.0.0.1/j; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid number of arguments in "endpoint" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 17: an empty value
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id ""; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
an empty value of "client_id" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 18: an empty audience
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; audience a "";
    }
--- config eval: $::Config
--- must_die
--- error_log
an empty value of "audience" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 19: a quote in an issuer
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; issuer a"b";
    }
--- config eval: $::Config
--- must_die
--- error_log
a quote inside the parameter "a"b"": quote the parameter as a whole in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 20: a secret in the configuration
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret s3cret-1;
    }
--- config eval: $::Config
--- must_die
--- error_log
unknown directive "client_secret" in an authorizer
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 21: a directive of another type
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; algorithms RS256;
    }
--- config eval: $::Config
--- must_die
--- error_log
unknown directive "algorithms" in an authorizer
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 22: a secret that is not there
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file /nowhere/secret;
    }
--- config eval: $::Config
--- must_die
--- error_log
could not read the client secret file "/nowhere/secret" (2: No such file or directory) in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 23: an empty secret
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/empty;
    }
--- config eval: $::Config
--- must_die
--- error_log
has not 1 to 1024 bytes in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 24: a long secret
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/long;
    }
--- config eval: $::Config
--- must_die
--- error_log
has not 1 to 1024 bytes in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 25: a directory
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html;
    }
--- config eval: $::Config
--- must_die
--- error_log
could not read the client secret file "
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 26: no time
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; cache_max long;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid "cache_max" "long": a time from 0 to 1d in seconds is expected in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 27: milliseconds
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; inactive_max 500ms;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid "inactive_max" "500ms": a time from 0 to 1d in seconds is expected in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 28: a long time
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; cache_max 86401s;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid "cache_max" "86401s": a time from 0 to 1d in seconds is expected in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 29: a time twice
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; cache_max 1m; cache_max 1m;
    }
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "cache_max" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 30: nobody may wait
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; parked_max 0;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid "parked_max" "0": a number from 1 to 65536 is expected in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 31: too many may wait
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; parked_max 65537;
    }
--- config eval: $::Config
--- must_die
--- error_log
invalid "parked_max" "65537": a number from 1 to 65536 is expected in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 32: parked_max twice
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; parked_max 1; parked_max 1;
    }
--- config eval: $::Config
--- must_die
--- error_log
the duplicate "parked_max" in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 33: certificates for http://
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint http://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; trusted_certificate $TEST_NGINX_SERVER_ROOT/html/empty;
    }
--- config eval: $::Config
--- must_die
--- error_log
"trusted_certificate" of the authorizer "users" is for "https://" only in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 34: certificates that are none
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; trusted_certificate $TEST_NGINX_SERVER_ROOT/html/empty;
    }
--- config eval: $::Config
--- must_die
--- error_log
certificates of authorities are expected in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 35: a revoked list that is not there
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; revoked /nowhere/list;
    }
--- config eval: $::Config
--- must_die
--- error_log
could not open the revoked list "/nowhere/list" (2: No such file or directory) in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 36: a bad revoked list
--- http_config
    apigw_authorizer users {
        type introspection;
        endpoint https://127.0.0.1/i; client_id gate; client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret; revoked $TEST_NGINX_SERVER_ROOT/html/bad;
    }
--- config eval: $::Config
--- must_die
--- error_log
/html/bad:2 in
nginx.conf:
--- no_error_log eval
["[alert]", "s3cret-1"]



=== TEST 37: all of it
--- http_config
    resolver 127.0.0.1;
    apigw_authorizer users {
        type introspection;
        endpoint https://id.example.com:8443/realms/a/introspect?b=c;
        client_id gate;
        client_secret_file $TEST_NGINX_SERVER_ROOT/html/secret;
        issuer https://id.example.com;
        issuer "another one";
        audience pets shop;
        audience toys;
        cache_max 10m;
        inactive_max 0;
        leeway 5s;
        identity $cookie_token;
        require /sub in a b;
        cache 1m;
        token_max 1k;
        timeout 2s;
        parked_max 65536;
    }
--- config eval: $::Config
--- request
GET /prod/a
--- error_code: 401
--- no_error_log
[error]
