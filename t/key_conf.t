# Bad configurations of API keys: refused with the file, the line and the
# reason, and never with the key itself.

use Test::Nginx::Socket 'no_plan';

# a stage for keys of the plan gold

our $Stage = <<'_EOC_';
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
_EOC_

no_long_string();
run_tests();

__DATA__

=== TEST 1: a key without key=
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_api_key" directive has no "key="
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 2: a key without plan=
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_api_key" directive has no "plan="
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 3: an empty key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key= plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
key
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 4: too short a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-01234567 plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
key is shorter than 20 characters
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 5: too long a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secretxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
key is longer than 128 characters
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 6: a blank in a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a "key=secret key-0123456789" plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
invalid character in key
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 7: a control character in a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a "key=secret-key-\t0123456789" plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
invalid character in key
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 8: a letter beyond ASCII in a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-kéy-0123456789 plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
invalid character in key
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 9: a quote in a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a 'key=secret-key-"0123456789' plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
invalid character in key
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 10: too few digits of a digest
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=sha256:7bafaa96aa2351 plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
"sha256:" must be followed by 64 hex digits
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 11: a bad digit of a digest
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=sha256:7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz7baz plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
"sha256:" must be followed by 64 hex digits
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 12: an unknown parameter, which may be a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a secret=secret-key-0123456789 plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_api_key" directive has an invalid parameter: "key=", "plan=", "id=" or "enabled=on|off" is expected
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 13: a key alone
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a secret-key-0123456789;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_api_key" directive has an invalid parameter
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 14: bad enabled=
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold enabled=yes;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_api_key" directive has an invalid "enabled=", on or off is expected
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 15: a bad id
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold "id=a b";
--- config eval: $::Stage
--- must_die
--- error_log
invalid character in id
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 16: an id with a slash
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold id=a/b;
--- config eval: $::Stage
--- must_die
--- error_log
invalid character in id
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 17: an id of 65 characters
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold id=iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii;
--- config eval: $::Stage
--- must_die
--- error_log
id is longer than 64 characters
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 18: an unknown plan
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold,silver;
--- config eval: $::Stage
--- must_die
--- error_log
unknown usage plan "silver"
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 19: an empty name among the plans
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold,,silver;
--- config eval: $::Stage
--- must_die
--- error_log
an empty name among the usage plans
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 20: a plan twice
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold,gold;
--- config eval: $::Stage
--- must_die
--- error_log
a usage plan is there twice
nginx.conf:
--- no_error_log
[alert]
secret



=== TEST 21: eleven plans
--- http_config
    apigw_usage_plan p1 { throttle 1r/m burst=1; }
    apigw_usage_plan p2 { throttle 1r/m burst=1; }
    apigw_usage_plan p3 { throttle 1r/m burst=1; }
    apigw_usage_plan p4 { throttle 1r/m burst=1; }
    apigw_usage_plan p5 { throttle 1r/m burst=1; }
    apigw_usage_plan p6 { throttle 1r/m burst=1; }
    apigw_usage_plan p7 { throttle 1r/m burst=1; }
    apigw_usage_plan p8 { throttle 1r/m burst=1; }
    apigw_usage_plan p9 { throttle 1r/m burst=1; }
    apigw_usage_plan p10 { throttle 1r/m burst=1; }
    apigw_usage_plan p11 { throttle 1r/m burst=1; }apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=p1,p2,p3,p4,p5,p6,p7,p8,p9,p10,p11;
--- config eval: $::Stage
--- must_die
--- error_log
an API key has at most 10 usage plans
--- no_error_log
[alert]
secret



=== TEST 22: no name
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key;
--- config eval: $::Stage
--- must_die
--- error_log
invalid number of arguments in "apigw_api_key" directive
--- no_error_log
[alert]
secret



=== TEST 23: a key twice, in the configuration
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
    apigw_api_key b key=secret-key-0123456789 plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid API key in \S*nginx\.conf:(\d+): duplicate key, see \S*nginx\.conf:(??{ $1 - 1 }) in }
--- no_error_log
[alert]
secret



=== TEST 24: a key twice, in the configuration and in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,usageplanIds
a,secret-key-0000000000,gold
b,secret-key-0123456789,gold
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid API key in \S*html/keys\.csv:3: duplicate key, see \S*nginx\.conf:\d+ in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 25: a key twice, as itself and as its digest
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=sha256:7bafaa96aa2351e6b7fbc258246b08ee66ade6196c76850108303b1dd6d6eb62 plan=gold;
    apigw_api_key b key=alice-key-0123456789 plan=gold;
--- config eval: $::Stage
--- must_die
--- error_log eval
qr{\[emerg\] .*duplicate key, see \S*nginx\.conf:}
--- no_error_log
[alert]
alice-key



=== TEST 26: a key twice in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,usageplanIds
a,secret-key-0123456789,gold
b,secret-key-0000000000,gold
c,secret-key-0123456789,gold
--- must_die
--- error_log eval
qr{\[emerg\] .*html/keys\.csv:4: duplicate key, see \S*html/keys\.csv:2 in }
--- no_error_log
[alert]
secret



=== TEST 27: keys of one id with different plans
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,usageplanIds,id
a,secret-key-0123456789,gold,one
b,secret-key-0000000000,"gold,gold2",one
--- must_die
--- error_log eval
qr{\[emerg\] .*html/keys\.csv:3: keys of one id have different plans, see \S*html/keys\.csv:2 in }
--- no_error_log
[alert]
secret



=== TEST 28: an empty file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", ""]]
--- must_die
--- error_log
html/keys.csv:1: a line with the names of the columns is expected in 
--- no_error_log
[alert]
secret



=== TEST 29: a file of empty lines
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", "\n\n \n"]]
--- must_die
--- error_log
html/keys.csv:1: a line with the names of the columns is expected in 
--- no_error_log
[alert]
secret



=== TEST 30: no column Name
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
key,usageplanIds
secret-key-0123456789,gold
--- must_die
--- error_log
html/keys.csv:1: the columns "Name" and "key" are required in 
--- no_error_log
[alert]
secret



=== TEST 31: no column key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,usageplanIds
secret-key-0123456789,gold
--- must_die
--- error_log
html/keys.csv:1: the columns "Name" and "key" are required in 
--- no_error_log
[alert]
secret



=== TEST 32: no line with the names
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
a,secret-key-0123456789,gold
--- must_die
--- error_log
html/keys.csv:1: the columns "Name" and "key" are required in 
--- no_error_log
[alert]
secret



=== TEST 33: a column twice
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,Key
a,secret-key-0123456789,secret-key-0123456789
--- must_die
--- error_log
html/keys.csv:1: a column is there twice in 
--- no_error_log
[alert]
secret



=== TEST 34: a bad Enabled
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,Enabled
a,secret-key-0123456789,yes
--- must_die
--- error_log
html/keys.csv:2: "Enabled" is neither true nor false in 
--- no_error_log
[alert]
secret



=== TEST 35: a row without a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,Enabled
a,secret-key-0123456789,true
b
--- must_die
--- error_log
html/keys.csv:3: key is shorter than 20 characters in 
--- no_error_log
[alert]
secret



=== TEST 36: an empty key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key
a,secret-key-0123456789
b,
--- must_die
--- error_log
html/keys.csv:3: key is shorter than 20 characters in 
--- no_error_log
[alert]
secret



=== TEST 37: too short a key in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key

a,secret-key-0123456789

b,secret-key
--- must_die
--- error_log
html/keys.csv:5: key is shorter than 20 characters in 
--- no_error_log
[alert]
secret



=== TEST 38: an open quote
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key
a,secret-key-0123456789
b,"secret-key-0000000000
c,secret-key-1111111111
--- must_die
--- error_log
html/keys.csv:3: quote is not closed in 
--- no_error_log
[alert]
secret



=== TEST 39: text after a quote
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key
a,"secret-key-0123456789"x
--- must_die
--- error_log
html/keys.csv:2: text after a closing quote in 
--- no_error_log
[alert]
secret



=== TEST 40: a quote inside of a field
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key
a,secret-"key-0123456789"
--- must_die
--- error_log
html/keys.csv:2: quote in an unquoted field in 
--- no_error_log
[alert]
secret



=== TEST 41: a NUL
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", "Name,key\na,secret-key\0-0123456789\n"]]
--- must_die
--- error_log
html/keys.csv:2: control character in 
--- no_error_log
[alert]
secret



=== TEST 42: a bare CR
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", "Name,key\na\r,secret-key-0123456789\n"]]
--- must_die
--- error_log
html/keys.csv:2: control character in 
--- no_error_log
[alert]
secret



=== TEST 43: a blank within a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key
a,secret key-0123456789
--- must_die
--- error_log
html/keys.csv:2: invalid character in key in 
--- no_error_log
[alert]
secret



=== TEST 44: a bad id in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,id
a,secret-key-0123456789,a:b
--- must_die
--- error_log
html/keys.csv:2: invalid character in id in 
--- no_error_log
[alert]
secret



=== TEST 45: a bad digest in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key
a,sha256:secret
--- must_die
--- error_log
html/keys.csv:2: "sha256:" must be followed by 64 hex digits in 
--- no_error_log
[alert]
secret



=== TEST 46: an empty name among the plans of a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,usageplanIds
a,secret-key-0123456789,",gold"
--- must_die
--- error_log
html/keys.csv:2: an empty name among the usage plans in 
--- no_error_log
[alert]
secret



=== TEST 47: a plan twice in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,usageplanIds
a,secret-key-0123456789,"gold, gold"
--- must_die
--- error_log
html/keys.csv:2: a usage plan is there twice in 
--- no_error_log
[alert]
secret



=== TEST 48: many fields
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", "Name,key\n,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,secret-key-0123456789\n"]]
--- must_die
--- error_log
html/keys.csv:2: too many fields in 
--- no_error_log
[alert]
secret



=== TEST 49: an unknown plan in a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
Name,key,usageplanIds
a,secret-key-0123456789,gold
b,secret-key-0000000000,"gold,silver"
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown usage plan "silver" in \S*html/keys\.csv:3$}
--- no_error_log
[alert]
secret



=== TEST 50: a file that is not there
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html/none.csv;
--- config eval: $::Stage
--- must_die
--- error_log eval
qr{\[emerg\] .*could not open "\S*html/none\.csv" \(2: No such file or directory\) in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 51: a directory instead of a file
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_keys ../html;
--- config eval: $::Stage
--- must_die
--- error_log eval
qr{\[emerg\] .*could not read the file "\S*html" in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 52: no pepper
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
    apigw_key_hmac_file ../html/none;
--- config eval: $::Stage
--- must_die
--- error_log eval
qr{\[emerg\] .*could not open "\S*html/none" \(2: No such file or directory\) in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 53: a short pepper
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
    apigw_key_hmac_file ../html/keys.csv;
--- config eval: $::Stage
--- user_files
>>> keys.csv
secret012345678
and a second line
--- must_die
--- error_log eval
qr{\[emerg\] .*the first line of "\S*html/keys\.csv" has 15 bytes, 16 to 4096 are expected in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 54: an empty pepper
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
    apigw_key_hmac_file ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", ""]]
--- must_die
--- error_log eval
qr{\[emerg\] .*has 0 bytes, 16 to 4096 are expected in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 55: a long pepper
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
    apigw_key_hmac_file ../html/keys.csv;
--- config eval: $::Stage
--- user_files eval
[["keys.csv", "x" x 4097]]
--- must_die
--- error_log eval
qr{\[emerg\] .*has 4097 bytes, 16 to 4096 are expected in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 56: two peppers
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_key_hmac_file ../html/a;
    apigw_key_hmac_file ../html/b;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_key_hmac_file" directive is duplicate in
--- no_error_log
[alert]
secret



=== TEST 57: a pepper without keys
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_key_hmac_file ../html/a;
--- config eval: $::Stage
--- must_die
--- error_log
"apigw_key_hmac_file" without API keys in
--- no_error_log
[alert]
secret



=== TEST 58: a route requires a key, but no plan opens its stage
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_stage prod {
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- must_die
--- error_log
the route "GET /" requires an API key, but the stage "prod" has no "apigw_usage_plans" in
--- no_error_log
[alert]
secret



=== TEST 59: required on the server, no plans
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_required on;
    apigw_stage prod { apigw_route "GET /" { return 200 "in\n"; } }
--- must_die
--- error_log
the route "GET /" requires an API key, but the stage "prod" has no "apigw_usage_plans" in
--- no_error_log
[alert]
secret



=== TEST 60: plans, but no route requires a key
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- must_die
--- error_log
the stage "prod" has usage plans, but none of its routes requires an API key in
--- no_error_log
[alert]
secret



=== TEST 61: plans, but each route says off
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_required on;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_route "GET /" { apigw_api_key_required off; return 200 "in\n"; }
    }
--- must_die
--- error_log
the stage "prod" has usage plans, but none of its routes requires an API key in
--- no_error_log
[alert]
secret



=== TEST 62: an unknown plan of a stage
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_stage prod {
        apigw_usage_plans gold silver;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- must_die
--- error_log
unknown usage plan "silver" in
--- no_error_log
[alert]
secret



=== TEST 63: forwarding a key that is not in a header
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_source $arg_key;
    apigw_forward_api_key on;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- must_die
--- error_log
"apigw_forward_api_key" needs an API key in a header of its own
--- no_error_log
[alert]
secret



=== TEST 64: a source that is not a variable
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_source x-api-key;
--- must_die
--- error_log
invalid API key source "x-api-key": a variable such as "$http_x_api_key", or "authorizer", is expected in
--- no_error_log
[alert]
secret



=== TEST 65: a source that is a dollar
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_source "$";
--- must_die
--- error_log
invalid API key source "$": a variable
--- no_error_log
[alert]
secret



=== TEST 66: two sources
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_source $arg_a;
    apigw_api_key_source $arg_b;
--- must_die
--- error_log
"apigw_api_key_source" directive is duplicate in
--- no_error_log
[alert]
secret



=== TEST 67: a source that is unknown
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_source $nonesuch;
    apigw_stage prod {
        apigw_usage_plans gold;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- must_die
--- error_log
unknown "nonesuch" variable
--- no_error_log
[alert]
secret



=== TEST 68: required is neither on nor off
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_required yes;
--- must_die
--- error_log
invalid value "yes" in "apigw_api_key_required" directive, it must be "on" or "off"
--- no_error_log
[alert]
secret



=== TEST 69: required twice
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key_required on;
    apigw_api_key_required on;
--- must_die
--- error_log
"apigw_api_key_required" directive is duplicate
--- no_error_log
[alert]
secret



=== TEST 70: required in a plain location
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    location /x { apigw_api_key_required on; }
--- must_die
--- error_log
"apigw_api_key_required" directive is not allowed here
--- no_error_log
[alert]
secret



=== TEST 71: a source in a route
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_stage prod { apigw_route "GET /" { apigw_api_key_source $arg_a; return 200; } }
--- must_die
--- error_log
"apigw_api_key_source" directive is not allowed here
--- no_error_log
[alert]
secret



=== TEST 72: keys in a server
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_api_key a key=secret-key-0123456789 plan=gold;
--- config
    apigw_api_key b key=secret-key-0000000000 plan=gold;
--- must_die
--- error_log
"apigw_api_key" directive is not allowed here
--- no_error_log
[alert]
secret



=== TEST 73: a key in two plans that open one stage
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_usage_plan silver { throttle 1r/m burst=1; }
    apigw_api_key a key=secret-key-0123456789 plan=gold,silver;
--- config
    apigw_stage prod {
        apigw_usage_plans gold silver;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*the API key is in the usage plans "(gold|silver)" and "(?!\1)(gold|silver)", which both open the stage "prod" in \S*nginx\.conf:\d+}
--- no_error_log
[alert]
secret



=== TEST 74: a key of a file in two plans that open one stage
--- http_config
    apigw_usage_plan gold { throttle 1r/m burst=3; }
    apigw_usage_plan silver { throttle 1r/m burst=1; }
    apigw_api_keys ../html/keys.csv;
--- config
    apigw_stage prod {
        apigw_usage_plans gold silver;
        apigw_api_key_required on;
        apigw_route "GET /" { return 200 "in\n"; }
    }
--- user_files
>>> keys.csv
Name,key,usageplanIds
a,secret-key-0123456789,gold
b,secret-key-0000000000,"gold,silver"
--- must_die
--- error_log eval
qr{\[emerg\] .*the API key is in the usage plans "gold" and "silver", which both open the stage "prod" in \S*html/keys\.csv:3$}
--- no_error_log
[alert]
secret
