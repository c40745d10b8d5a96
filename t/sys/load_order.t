use strict;
use warnings;

# Our handlers stand first and last in their phases, whatever was loaded
# before or after us.

use File::Temp 'tempdir';
use IO::Socket::INET;
use Test::More;
use Time::HiRes 'sleep';

my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my ($ours) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $dir = '/usr/lib/nginx/modules';
my @others = map { "$dir/$_.so" } qw(ndk_http_module ngx_http_lua_module
    ngx_http_echo_module ngx_http_headers_more_filter_module);

plan skip_all => 'TEST_NGINX_LOAD_MODULES is not set' if !defined $ours;
for my $module (@others) {
    plan skip_all => "no $module" if !-e $module;
}

my @orders = (
    ['ours first', $ours, @others],
    ['ours last', @others, $ours],
    ['ours between', @others[0, 1], $ours, @others[2, 3]],
);

sub free_port {
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', Listen => 1, ReuseAddr => 1) or die $!;
    return $socket->sockport;
}

my $root = tempdir(CLEANUP => 1);
mkdir "$root/logs";
mkdir "$root/html";
my $port;

sub config {
    my (@modules) = @_;
    my $load = join '', map { "load_module $_;\n" } @modules;

    return <<"END";
$load
daemon off;
master_process off;
error_log $root/logs/error.log info;
pid $root/logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path $root/body;
    proxy_temp_path $root/proxy;
    fastcgi_temp_path $root/fastcgi;
    uwsgi_temp_path $root/uwsgi;
    scgi_temp_path $root/scgi;
    lua_shared_dict seen 1m;
    access_by_lua_no_postpone on;
    apigw_usage_plan basic { throttle 100r/s burst=100; }
    apigw_api_key alice key=alice-0123456789abcdef plan=basic id=alice123;

    server {
        listen 127.0.0.1:$port;
        server_name localhost;

        rewrite_by_lua_block { ngx.ctx.rewritten = true }
        access_by_lua_block {
            ngx.shared.seen:incr(ngx.var.apigw_route or "", 1, 0)
        }
        more_set_headers "X-More: more";

        apigw_stage s {
            apigw_usage_plans basic;

            apigw_route "GET /plain/{id}" {
                echo -n "\$apigw_route \$apigw_path_id \$uri";
            }
            apigw_route "GET /lua/{id}" {
                content_by_lua_block {
                    ngx.print(ngx.var.apigw_route, " ", ngx.var.uri, " ",
                        tostring(ngx.ctx.rewritten), " ",
                        ngx.req.get_headers()["x-apigw-request-id"]
                            == ngx.var.apigw_request_id)
                }
            }
            apigw_route "GET /key" {
                apigw_api_key_required on;
                content_by_lua_block {
                    ngx.print(ngx.var.apigw_api_key_id, " ",
                        ngx.req.get_headers()["x-apigw-api-key-id"], " ",
                        ngx.req.get_headers()["x-api-key"] or "none")
                }
            }
            apigw_route "GET /keyecho" { apigw_api_key_required on; echo -n echo; }
            apigw_route "GET /return"  { apigw_api_key_required on; return 200 no; }
            apigw_route "GET /throttled" {
                apigw_throttle 1r/m burst=1;
                access_by_lua_block {
                    if ngx.var.arg_bad then return ngx.exit(401) end
                }
                echo -n passed;
            }
            apigw_route "GET /leak" {
                apigw_api_key_required on;
                rewrite_by_lua_block { ngx.print("leaked") ngx.exit(200) }
            }
            apigw_route "GET /leak404" {
                apigw_api_key_required on;
                rewrite_by_lua_block {
                    ngx.status = 404 ngx.print("leaked") ngx.exit(404)
                }
            }
            apigw_route "GET /open" {
                rewrite_by_lua_block { ngx.print("open") ngx.exit(200) }
            }
            apigw_route "GET /refuse" {
                apigw_api_key_required on;
                rewrite_by_lua_block { ngx.exit(402) }
            }
            apigw_route "GET /exec" {
                content_by_lua_block { ngx.exec("/plain/9") }
            }
            apigw_route "GET /capture" {
                content_by_lua_block {
                    local res = ngx.location.capture("/s/plain/8")
                    ngx.print(res.status, " ", res.body)
                }
            }
        }
    }
}
END
}

# GET => status, header text, body

sub get {
    my ($path, %header) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 3) or return (0, '', "connect: $!");
    my $headers = join '', map { "$_: $header{$_}\r\n" } sort keys %header;
    print {$socket} "GET $path HTTP/1.0\r\nHost: localhost\r\n$headers\r\n";

    local $SIG{ALRM} = sub { die "timeout\n" };
    alarm 5;
    my $text = do { local $/; <$socket> } // '';
    alarm 0;

    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    return ($head =~ m{^HTTP/1\.\d (\d+)} ? $1 : 0, $head, $body // '');
}

sub log_text {
    open my $in, '<', "$root/logs/error.log" or return '';
    local $/;
    return <$in> // '';
}

for my $order (@orders) {
    my ($name, @modules) = @$order;

    $port = free_port();
    open my $out, '>', "$root/nginx.conf" or die $!;
    print {$out} config(@modules);
    close $out;
    unlink "$root/logs/error.log";

    my $pid = fork // die $!;
    if ($pid == 0) {
        exec $nginx, '-p', $root, '-e', "$root/logs/error.log",
            '-c', "$root/nginx.conf";
        die "exec: $!";
    }

    for (1 .. 100) {
        last if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        sleep 0.02;
    }

    my @key = ('X-API-Key' => 'alice-0123456789abcdef');
    my ($status, $head, $body);

    ($status, $head, $body) = get('/s/plain/7');
    is("$status $body", '200 GET /plain/{id} 7 /plain/7', "$name: echo");
    like($head, qr/^X-More: more\r?$/m, "$name: headers-more");

    ($status, undef, $body) = get('/s/lua/7');
    is("$status $body", '200 GET /lua/{id} /lua/7 true true',
        "$name: lua sees the route and its headers");

    ($status, $head, $body) = get('/s/key');
    is("$status $body", '403 {"message":"Forbidden"}', "$name: no key");
    like($head, qr/^X-More: more\r?$/m, "$name: headers-more, refused");

    ($status, undef, $body) = get('/s/key', @key);
    is("$status $body", '200 alice123 alice123 none', "$name: key");

    ($status) = get('/s/keyecho');
    is($status, 403, "$name: no key, echo");
    ($status) = get('/s/return');
    is($status, 403, "$name: no key, return");

    my @codes = map { (get($_))[0] } '/s/throttled?bad=1', '/s/throttled?bad=1',
        '/s/throttled', '/s/throttled';
    is("@codes", '401 401 200 429',
        "$name: what lua refuses in the access phase is not charged");

    ($status, undef, $body) = get('/s/leak');
    is($status, 500, "$name: an answer before the policy");
    unlike($body, qr/leaked/, "$name: ... does not get out");
    like(log_text(), qr/\[alert\].* status 200 of the route "GET \/leak" was about to be sent before its policies had passed/,
        "$name: ... and is told");

    ($status, undef, $body) = get('/s/leak404');
    is($status, 500, "$name: nor does content with an error's status");
    unlike($body, qr/leaked/, "$name: ... its body stays here");

    ($status, undef, $body) = get('/s/leak', @key);
    is($status, 500, "$name: an answer before the policy, with a key");

    ($status, undef, $body) = get('/s/open');
    is("$status $body", '200 open', "$name: where there is no policy it does");

    ($status) = get('/s/refuse');
    is($status, 402, "$name: a refusal needs no policy");

    ($status, undef, $body) = get('/s/exec');
    is("$status $body", '200 GET /plain/{id} 9 /plain/9',
        "$name: ngx.exec() stays in the stage");

    ($status, undef, $body) = get('/s/capture');
    like($body, qr{^200 }, "$name: a lua subrequest is routed");

    ($status, undef, $body) = get('/s/none');
    is("$status $body", '403 {"message":"Missing Authentication Token"}',
        "$name: no route");

    kill QUIT => $pid;
    waitpid $pid, 0;
    is($?, 0, "$name: nginx ends well");

    my @alerts = grep { !/was about to be sent/ }
        log_text() =~ /^.*\[(?:alert|emerg)\].*$/mg;
    is("@alerts", '', "$name: no other alerts");
}

done_testing();
