# A zone with a file: what a configuration may say, and files that are refused.
# What a file is for is in sys/zone_file.t.

use Test::Nginx::Socket 'no_plan';

use FindBin;
use lib "$FindBin::Bin/lib";
use Apigw::ZoneFile;

sub image {
    my ($change, %head) = @_;
    my $file = Apigw::ZoneFile->new(%head);
    $change->($file) if $change;
    return $file->bytes;
}

no_long_string();
run_tests();

__DATA__

=== TEST 1: a file, relative to the prefix
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 2: an absolute one
--- http_config
    apigw_zone 1m file=$TEST_NGINX_SERVER_ROOT/logs/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 3: an empty one
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", ""]]
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 4: zeros, a file that was never finished
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", "\0" x 20000]]
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 5: one of another gateway that was killed
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image()]]
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 6: one that was closed
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->seal })]]
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 7: one with quotas
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->put(0, id0 => 1, id1 => 2)->put(9, id0 => 1, id1 => 3)->seal })]]
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 8: the size that belongs to it
--- http_config
    apigw_zone 2m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(undef, capacity => 2048)]]
--- request eval
["GET /prod/a", "GET /prod/a"]
--- error_code eval
[200, 429]
--- no_error_log
[alert]
[emerg]



=== TEST 9: no name
--- http_config
    apigw_zone 1m file=;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid parameter "file=" in \S+nginx\.conf:\d+}
--- no_error_log
[alert]



=== TEST 10: another parameter
--- http_config
    apigw_zone 1m path=quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid parameter "path=quotas" in \S+nginx\.conf:\d+}
--- no_error_log
[alert]



=== TEST 11: two of them
--- http_config
    apigw_zone 1m file=a file=b;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*"apigw_zone" directive has a duplicate parameter "file=" in \S+nginx\.conf:\d+}
--- no_error_log
[alert]



=== TEST 12: the size last
--- http_config
    apigw_zone file=html/quotas 1m;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid zone size "file=html/quotas"}
--- no_error_log
[alert]



=== TEST 13: no directory
--- http_config
    apigw_zone 1m file=nowhere/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*the directory of the file "/\S+/nowhere/quotas" of "apigw_zone" does not exist: make it}
--- no_error_log
[alert]



=== TEST 14: a directory
--- http_config
    apigw_zone 1m file=html;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*open\(\) for the file "/\S+/html" of "apigw_zone" failed \(21: Is a directory\)}
--- no_error_log
[alert]



=== TEST 15: a device
--- http_config
    apigw_zone 1m file=/dev/null;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/dev/null" of "apigw_zone" is something else: name another one}
--- no_error_log
[alert]



=== TEST 16: a text
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", "Name,key\n" x 1000]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is something else: name another one}
--- no_error_log
[alert]



=== TEST 17: a short one
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", "\n"]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is something else}
--- no_error_log
[alert]



=== TEST 18: zeros, longer than the file would be
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", "\0" x 280000]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is something else}
--- no_error_log
[alert]



=== TEST 19: zeros, but for a byte after its head
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", ("\0" x 20000) . "x"]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged head: restore it, or remove it, and its quotas start anew}
--- no_error_log
[alert]



=== TEST 20: another version
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(undef, version => 2)]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is of another version of ngx_apigw: run that one, or remove the file, and its quotas start anew}
--- no_error_log
[alert]



=== TEST 21: records of another size
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(undef, size => 240)]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has records of another size}
--- no_error_log
[alert]



=== TEST 22: another size of the zone
--- http_config
    apigw_zone 2m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image()]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is of another size of the zone: give "apigw_zone" that size, or remove the file, and its quotas start anew}
--- no_error_log
[alert]



=== TEST 23: a smaller one
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(undef, capacity => 2048)]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is of another size of the zone}
--- no_error_log
[alert]



=== TEST 24: cut within its head
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->cut(4096) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is truncated or longer than it was: restore it, or remove it, and its quotas start anew}
--- no_error_log
[alert]



=== TEST 25: cut after its head
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->cut(16384) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is truncated}
--- no_error_log
[alert]



=== TEST 26: a byte short
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->cut(16384 + 1024 * 256 - 1) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is truncated}
--- no_error_log
[alert]



=== TEST 27: a byte long
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->append("\0") })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is truncated or longer}
--- no_error_log
[alert]



=== TEST 28: damaged: capacity
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->flip(17) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged head}
--- no_error_log
[alert]



=== TEST 29: damaged: the seed
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->flip(30) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged head}
--- no_error_log
[alert]



=== TEST 30: damaged: the gateway's id
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->flip(50) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged head}
--- no_error_log
[alert]



=== TEST 31: damaged: the check
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->flip(64) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged head}
--- no_error_log
[alert]



=== TEST 32: damaged: the state
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->flip(88) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged head}
--- no_error_log
[alert]



=== TEST 33: damaged: the magic
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->flip(0) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" is something else}
--- no_error_log
[alert]



=== TEST 34: damaged: the checksum
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->seal->flip(96) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" does not match its checksum: restore it, or remove it, and its quotas start anew}
--- no_error_log
[alert]



=== TEST 35: damaged: a count of a closed file
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->put(3, id0 => 1, id1 => 2, reserved => 7)->seal->flip(16384 + 3 * 256 + 106) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" does not match its checksum}
--- no_error_log
[alert]



=== TEST 36: damaged: the last byte
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->seal->flip(16384 + 1024 * 256 - 1) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" does not match its checksum}
--- no_error_log
[alert]



=== TEST 37: damaged: an id
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->put(3, id0 => 1, id1 => 2)->flip(16384 + 3 * 256 + 9) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged record: restore it, or remove it, and its quotas start anew \(3\)}
--- no_error_log
[alert]



=== TEST 38: damaged: a record's check
--- http_config
    apigw_zone 1m file=html/quotas;
--- config
    apigw_stage prod { apigw_throttle 1r/m burst=1; apigw_route "GET /a" { return 200 "a\n"; } }
--- user_files eval
[["quotas", main::image(sub { $_[0]->put(1023, id0 => 1, id1 => 2, check => 5) })]]
--- must_die
--- error_log eval
qr{\[emerg\] .*the file "/\S+/html/quotas" of "apigw_zone" has a damaged record: .* \(1023\)}
--- no_error_log
[alert]
