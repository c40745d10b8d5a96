# Lambda integrations: bad configurations are refused with the line and the
# reason.

use Test::Nginx::Socket 'no_plan';

delete @ENV{qw(AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN)};

no_long_string();
run_tests();

__DATA__

=== TEST 1: a URL alone
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1; } }
--- must_die
--- error_log
invalid number of arguments in "apigw_lambda" directive in
nginx.conf:
--- no_error_log
[alert]



=== TEST 2: no function
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 payload=2.0; } }
--- must_die
--- error_log
"apigw_lambda" directive must have "function=" parameter in
nginx.conf:
--- no_error_log
[alert]



=== TEST 3: an empty function
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=; } }
--- must_die
--- error_log
empty parameter "function=" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 4: two functions
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f function=g; } }
--- must_die
--- error_log
duplicate parameter "function=g" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 5: two qualifiers
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f qualifier=a qualifier=b; } }
--- must_die
--- error_log
duplicate parameter "qualifier=b" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 6: an unknown parameter
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f name=g; } }
--- must_die
--- error_log
invalid parameter "name=g": "function=", "qualifier=", "payload=", "timeout=" or "sign" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 7: no name of a function
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=a/../b; } }
--- must_die
--- error_log
invalid function "a/../b": a name, or an ARN, of up to 170 letters, digits, "-" and "_" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 8: a dot in front
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=..; } }
--- must_die
--- error_log
invalid function ".."
nginx.conf:
--- no_error_log
[alert]



=== TEST 9: a function with a long name
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff; } }
--- must_die
--- error_log
invalid function "fff
nginx.conf:
--- no_error_log
[alert]



=== TEST 10: no qualifier
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f qualifier=a?b; } }
--- must_die
--- error_log
invalid qualifier "a?b": a version, or an alias of up to 128 letters, digits, "-" and "_" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 11: no scheme
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda 127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid URL "127.0.0.1:1": "http://" or "https://" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 12: another scheme
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda ftp://127.0.0.1 function=f; } }
--- must_die
--- error_log
invalid URL "ftp://127.0.0.1": "http://" or "https://" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 13: a variable in the URL
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://$host function=f; } }
--- must_die
--- error_log
variables in the URL "http://$host": a function has one address, which is known at start in
nginx.conf:
--- no_error_log
[alert]



=== TEST 14: arguments in the URL
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1/a?b function=f; } }
--- must_die
--- error_log
invalid URL "http://127.0.0.1:1/a?b": a path without arguments is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 15: no host
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http:///a function=f; } }
--- must_die
--- error_log
no host in upstream "/a" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 16: a bad port
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:x function=f; } }
--- must_die
--- error_log
invalid port in upstream "127.0.0.1:x" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 17: a host that is not found
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://nowhere.invalid function=f; } }
--- must_die
--- error_log
host not found in upstream "nowhere.invalid" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 18: no time
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f timeout=soon; } }
--- must_die
--- error_log
invalid timeout "soon": up to 15 minutes are expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 19: no time at all
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f timeout=0; } }
--- must_die
--- error_log
invalid timeout "0"
nginx.conf:
--- no_error_log
[alert]



=== TEST 20: a long time
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f timeout=901s; } }
--- must_die
--- error_log
invalid timeout "901s"
nginx.conf:
--- no_error_log
[alert]



=== TEST 21: two times
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f timeout=1s timeout=2s; } }
--- must_die
--- error_log
duplicate parameter "timeout=2s" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 22: an unknown payload
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f payload=2; } }
--- must_die
--- error_log
invalid payload "2": "1.0" or "2.0" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 23: two payloads
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f payload=1.0 payload=2.0; } }
--- must_die
--- error_log
duplicate parameter "payload=2.0" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 24: a payload of a REST API
--- config
    apigw_api_type rest;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f payload=1.0; } }
--- must_die
--- error_log
the route "GET /a" has "payload=", but the stage "prod" is of a REST API, whose events have one form in
nginx.conf:
--- no_error_log
[alert]



=== TEST 25: signed by nobody
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f sign; } }
--- must_die
--- error_log
the route "GET /a" has "sign", but "apigw_aws" has no "credentials=" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 26: twice
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; apigw_lambda http://127.0.0.1:1 function=g; } }
--- must_die
--- error_log
"apigw_lambda" directive is duplicate in
nginx.conf:
--- no_error_log
[alert]



=== TEST 27: behind another content handler
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_mock 200; apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"apigw_lambda" directive stands beside another content handler in
nginx.conf:
--- no_error_log
[alert]



=== TEST 28: before a mock
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; apigw_mock 200; } }
--- must_die
--- error_log
"apigw_mock" directive stands beside another content handler in
nginx.conf:
--- no_error_log
[alert]



=== TEST 29: before another content handler
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; proxy_pass http://127.0.0.1:1; } }
--- must_die
--- error_log
the route "GET /a" has "apigw_lambda" and another content handler in
nginx.conf:
--- no_error_log
[alert]



=== TEST 30: in a location
--- config
    location / { apigw_lambda http://127.0.0.1:1 function=f; }
--- must_die
--- error_log
"apigw_lambda" directive is not allowed here in
nginx.conf:
--- no_error_log
[alert]



=== TEST 31: in a stage
--- config
    apigw_stage prod { apigw_lambda http://127.0.0.1:1 function=f; }
--- must_die
--- error_log
"apigw_lambda" directive is not allowed here in
nginx.conf:
--- no_error_log
[alert]



=== TEST 32: next_upstream
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; apigw_lambda_next_upstream http_503; } }
--- must_die
--- error_log
invalid value "http_503" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 33: next_upstream_tries
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; apigw_lambda_next_upstream_tries some; } }
--- must_die
--- error_log
invalid number in
nginx.conf:
--- no_error_log
[alert]



=== TEST 34: connect_timeout
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; apigw_lambda_connect_timeout soon; } }
--- must_die
--- error_log
"apigw_lambda_connect_timeout" directive invalid value in
nginx.conf:
--- no_error_log
[alert]



=== TEST 35: ssl_verify
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; apigw_lambda_ssl_verify maybe; } }
--- must_die
--- error_log
invalid value "maybe" in "apigw_lambda_ssl_verify" directive, it must be "on" or "off" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 36: authorities that are not there
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda https://127.0.0.1:1 function=f; apigw_lambda_ssl_trusted_certificate nowhere.pem; } }
--- must_die
--- error_log
nowhere.pem"
--- no_error_log
[alert]



=== TEST 37: no media type
--- config
    apigw_api_type rest; apigw_binary_media_types image; 
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid media type "image": one such as "image/png" or "image/*" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 38: a media type with parameters
--- config
    apigw_api_type rest; apigw_binary_media_types "a/b; c=d"; 
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid media type "a/b; c=d"
nginx.conf:
--- no_error_log
[alert]



=== TEST 39: half a media type
--- config
    apigw_api_type rest; apigw_binary_media_types a/; 
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid media type "a/"
nginx.conf:
--- no_error_log
[alert]



=== TEST 40: media types twice
--- config
    apigw_binary_media_types off; apigw_binary_media_types a/b; 
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"apigw_binary_media_types" directive is duplicate in
nginx.conf:
--- no_error_log
[alert]



=== TEST 41: media types of an HTTP API
--- config
    apigw_api_type http; apigw_stage prod { apigw_binary_media_types a/b; apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"apigw_binary_media_types" is for stages of REST APIs, the stage "prod" is of an HTTP API in
nginx.conf:
--- no_error_log
[alert]



=== TEST 42: an account
--- http_config
    apigw_aws account=12345678901;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid account "12345678901": 12 digits are expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 43: an account of letters
--- http_config
    apigw_aws account=12345678901a;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid account "12345678901a"
nginx.conf:
--- no_error_log
[alert]



=== TEST 44: a region
--- http_config
    apigw_aws region=EU;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid region "EU": a name such as "eu-central-1" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 45: an empty region
--- http_config
    apigw_aws region=;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
empty parameter "region=" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 46: two regions
--- http_config
    apigw_aws region=a region=b;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
duplicate parameter "region=b" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 47: apigw_aws twice
--- http_config
    apigw_aws region=a; apigw_aws region=b;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"apigw_aws" directive is duplicate in
nginx.conf:
--- no_error_log
[alert]



=== TEST 48: what AWS does not know
--- http_config
    apigw_aws key=secret;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid parameter "key=secret": "account=", "region=", "credentials=" or "profile=" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 49: a profile of nothing
--- http_config
    apigw_aws profile=p;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"profile=p" needs "credentials=" with a file in
nginx.conf:
--- no_error_log
[alert]



=== TEST 50: a profile of the environment
--- http_config
    apigw_aws credentials=env profile=p;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"profile=p" needs "credentials=" with a file in
nginx.conf:
--- no_error_log
[alert]



=== TEST 51: an empty environment
--- http_config
    apigw_aws credentials=env;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"credentials=env" needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of nginx in
nginx.conf:
--- no_error_log
[alert]



=== TEST 52: no file of credentials
--- http_config
    apigw_aws credentials=nowhere;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
could not open the credentials file "
nginx.conf:
--- no_error_log
[alert]



=== TEST 53: no profile in a file
--- http_config
    apigw_aws credentials=$TEST_NGINX_HTML_DIR/c profile=p;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- user_files
>>> c
[default]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMI
--- must_die
--- error_log
/c", profile "p": 
nginx.conf:
--- no_error_log
[alert]
AKIDEXAMPLE



=== TEST 54: a malformed file
--- http_config
    apigw_aws credentials=$TEST_NGINX_HTML_DIR/c;
--- config
    apigw_api_type http;
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- user_files
>>> c
[default]
aws_access_key_id AKIDEXAMPLE
--- must_die
--- error_log
/c", line 2: 
nginx.conf:
--- no_error_log
[alert]
AKIDEXAMPLE



=== TEST 55: one upstream, and two opinions of its certificate
--- config
    apigw_stage prod {
        apigw_route "GET /a" { apigw_lambda https://127.0.0.1:1 function=f; }
        apigw_route "GET /b" { apigw_lambda https://127.0.0.1:1 function=f; apigw_lambda_ssl_verify off; }
    }
--- must_die
--- error_log
the route "GET /b" calls "127.0.0.1", as another route does, but verifies it otherwise, and they share connections in
nginx.conf:
--- no_error_log
[alert]



=== TEST 56: a variable is no function
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=$arg_f; } }
--- must_die
--- error_log
invalid function "$arg_f": a name such as "pets", or an ARN such as "arn:aws:lambda:us-east-1:123456789012:function:pets" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 57: an ARN of something else
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=arn:aws:s3:::bucket; } }
--- must_die
--- error_log
invalid function "arn:aws:s3:::bucket": a name such as "pets", or an ARN such as "arn:aws:lambda:us-east-1:123456789012:function:pets" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 58: an ARN without a whole account
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=arn:aws:lambda:us-east-1:123:function:f; } }
--- must_die
--- error_log
invalid function "arn:aws:lambda:us-east-1:123:function:f": a name such as "pets", or an ARN such as "arn:aws:lambda:us-east-1:123456789012:function:pets" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 59: an ARN with too many parts
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=arn:aws:lambda:us-east-1:123456789012:function:f:a:b; } }
--- must_die
--- error_log
invalid function "arn:aws:lambda:us-east-1:123456789012:function:f:a:b": a name such as "pets", or an ARN such as "arn:aws:lambda:us-east-1:123456789012:function:pets" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 60: an ARN without a function
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=arn:aws:lambda:us-east-1:123456789012:function; } }
--- must_die
--- error_log
invalid function "arn:aws:lambda:us-east-1:123456789012:function": a name such as "pets", or an ARN such as "arn:aws:lambda:us-east-1:123456789012:function:pets" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 61: a function with an empty qualifier
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f:; } }
--- must_die
--- error_log
invalid function "f:": a name such as "pets", or an ARN such as "arn:aws:lambda:us-east-1:123456789012:function:pets" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 62: a variable is no qualifier
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f qualifier=$arg_q; } }
--- must_die
--- error_log
invalid qualifier "$arg_q": a version, or an alias of up to 128 letters, digits, "-" and "_" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 63: a qualifier of a name and another one
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f:live qualifier=prod; } }
--- must_die
--- error_log
invalid qualifier "prod": the function "f:live" has one already in
nginx.conf:
--- no_error_log
[alert]



=== TEST 64: a qualifier of an ARN and another one
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=arn:aws:lambda:us-east-1:123456789012:function:f:live qualifier=prod; } }
--- must_die
--- error_log
invalid qualifier "prod": the function "arn:aws:lambda:us-east-1:123456789012:function:f:live" has one already in
nginx.conf:
--- no_error_log
[alert]



=== TEST 65: "sign" twice
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f sign sign; } }
--- must_die
--- error_log
duplicate parameter "sign" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 66: a URL with the path of the Invoke API
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1/2015-03-31/functions/f/invocations function=f; } }
--- must_die
--- error_log
invalid URL "http://127.0.0.1:1/2015-03-31/functions/f/invocations": the path of the Invoke API, "/2015-03-31/...", is added to it in
nginx.conf:
--- no_error_log
[alert]



=== TEST 67: a part of a media type with "*"
--- config
    apigw_stage prod { apigw_binary_media_types image/p*; apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid media type "image/p*": one such as "image/png" or "image/*" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 68: a media type twice
--- config
    apigw_stage prod { apigw_binary_media_types image/png image/PNG; apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
the duplicate media type "image/PNG" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 69: "off" and a media type
--- config
    apigw_stage prod { apigw_binary_media_types off image/png; apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"off" stands beside media types in
nginx.conf:
--- no_error_log
[alert]



=== TEST 70: no time to connect
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda_connect_timeout 0; apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
"apigw_lambda_connect_timeout" directive is 0, which no call would survive in
nginx.conf:
--- no_error_log
[alert]



=== TEST 71: an availability zone is no region
--- http_config
    apigw_aws region=eu-central-1a;
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; } }
--- must_die
--- error_log
invalid region "eu-central-1a": a name such as "eu-central-1" is expected in
nginx.conf:
--- no_error_log
[alert]



=== TEST 72: all that a function may be called
--- config
    apigw_stage prod {
        apigw_binary_media_types */* image/* */png;
        apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f:live; }
        apigw_route "GET /b" { apigw_lambda http://127.0.0.1:1 function=123456789012:function:f; }
        apigw_route "GET /c" { apigw_lambda http://127.0.0.1:1 function=123456789012:function:f:1; }
        apigw_route "GET /d" { apigw_lambda http://127.0.0.1:1 'function=arn:aws-cn:lambda:cn-north-1:123456789012:function:f:$LATEST'; }
        apigw_route "GET /e" { apigw_lambda http://127.0.0.1:1 function=arn:aws:lambda:us-gov-west-1:123456789012:function:f qualifier=2; }
        apigw_route "GET /f" { apigw_lambda http://127.0.0.1:1 function=arn 'qualifier=$LATEST'; }
        apigw_route "GET /ok" { return 200; }
    }
--- request
GET /prod/ok
--- error_code: 200



=== TEST 73: one upstream, and two names of its certificate
--- config
    apigw_stage prod {
        apigw_route "GET /a" { apigw_lambda https://127.0.0.1:1 function=f; apigw_lambda_ssl_name a.test; }
        apigw_route "GET /b" { apigw_lambda https://127.0.0.1:1 function=f; apigw_lambda_ssl_name a.test; }
        apigw_route "GET /c" { apigw_lambda https://127.0.0.1:1 function=f; }
    }
--- must_die
--- error_log
the route "GET /c" calls "127.0.0.1", as another route does, but verifies it otherwise, and they share connections in
nginx.conf:
--- no_error_log
[alert]



=== TEST 74: one upstream, with TLS and without
--- config
    apigw_stage prod {
        apigw_route "GET /a" { apigw_lambda http://127.0.0.1:1 function=f; }
        apigw_route "GET /b" { apigw_lambda https://127.0.0.1:1 function=f; }
    }
--- must_die
--- error_log
the route "GET /b" calls "127.0.0.1", as another route does, but verifies it otherwise, and they share connections in
nginx.conf:
--- no_error_log
[alert]



=== TEST 75: a variable in the name of a certificate
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda https://127.0.0.1:1 function=f; apigw_lambda_ssl_name $host; } }
--- must_die
--- error_log
the route "GET /a" has variables in "apigw_lambda_ssl_name" in
nginx.conf:
--- no_error_log
[alert]



=== TEST 76: an empty name of a certificate
--- config
    apigw_stage prod { apigw_route "GET /a" { apigw_lambda https://127.0.0.1:1 function=f; apigw_lambda_ssl_name ""; } }
--- must_die
--- error_log
the route "GET /a" has no name in "apigw_lambda_ssl_name" in
nginx.conf:
--- no_error_log
[alert]
