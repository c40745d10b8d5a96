#!/usr/bin/perl

# See bench.sh and docs/benchmarks.md.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

use BenchLoad;
use BenchNginx;
use BenchRedis;
use BenchTokens;

$| = 1;
$SIG{INT} = $SIG{TERM} = sub { exit 130 };
$SIG{PIPE} = 'IGNORE';

my $top = shift or die "usage: bench.sh [-l] [scenario ...]\n";

my $seconds = $ENV{BENCH_SECONDS} // 2;
my $rounds = $ENV{BENCH_ROUNDS} // 5;
my $requests = $ENV{BENCH_REQUESTS} // 300;
my $profile = $ENV{BENCH_PROFILE};

my $dir = "$top/build/bench";

my $conns = 16;        # of the client that checks

# keys of AWS's length, 40
my $key = 'bench%07dABCDEFGHIJKLMNOPQRSTUVWXYZ01';
my $unknown = 'nobdy%07dABCDEFGHIJKLMNOPQRSTUVWXYZ01';

my $tiny = 'tiny-quota-0123456789ABCDEFGHIJKLMNOPQRS';

my $pet = '/prod/pets/42';
my $thing = '/prod/thing%05d/parts/42';
my $origin = 'https://app.example.com';
my $identity = 'bench-%07d-0123456789abcdef';
my $json = '{"id":42,"name":"' . 'x' x 179 . '"}';

# what "same" is: the gateway's work on headers done by nginx's own means;
# "cheap" has an id that costs no random numbers

my %scenarios = (
    S0 => {
        title => 'routing alone', gate => 'plain', base => 'cheap',
        mix => { n => 1, path => $pet }, bar => 1.03,
    },
    S1 => {
        title => 'API key and throttle, 1,000 keys', gate => 'k1000',
        base => 'cheap', bar => 1.04,
        mix => { n => 1000, path => $pet, key => $key },
    },
    S2 => {
        title => 'S1 and a quota in Redis', gate => 'q1000',
        base => 'cheap', bar => 1.05,
        mix => { n => 1000, path => $pet, key => $key },
        slow_mix => { n => 1, path => $pet, key => sprintf $key, 7 },
        others => { S1 => 'k1000' },
    },
    S2l => {
        title => 'S1 and a quota in the zone', gate => 'l1000',
        base => 'cheap', mix => { n => 1000, path => $pet, key => $key },
        slow_mix => { n => 1, path => $pet, key => sprintf $key, 7 },
        others => { S1 => 'k1000' },
    },
    jwt('S3', 'HS256'),
    jwt('S4', 'RS256'),
    jwt('S4e', 'ES256'),
    jwt('S4d', 'EdDSA'),
    S5 => {
        title => 'S2 and RS256, 1,000 tokens', gate => 'e1000',
        base => 'cheap', bar => 1.10,
        mix => { n => 1000, path => $pet, key => $key, tokens => 'RS256' },
        slow_mix => { n => 1, path => $pet, key => sprintf($key, 7),
                      tokens => 'RS256' },
        others => { S2 => 'q1000' },
    },
    S6 => {
        title => 'S1 with 100,000 keys', gate => 'k100000', base => 'cheap',
        bar => 1.04, mix => { n => 100_000, path => $pet, key => $key },
    },
    S6m => {
        title => 'S1 with 1,000,000 keys', gate => 'k1000000', base => 'cheap',
        bar => 1.05, mix => { n => 1_000_000, path => $pet, key => $key },
        no_callgrind => 1,
    },
    S7 => {
        title => '10,000 routes with parameters', gate => 'r10000',
        base => 'cheap', bar => 1.04, mix => { n => 10_000, path => $thing },
    },
    S7r => {
        title => 'router, 10,000 routes against 10', gate => 'r10000',
        base_gate => 'r10', bar => 1.01,
        mix => { n => 10_000, path => $thing },
        base_mix => { n => 10, path => $thing },
    },
    S8a => {
        title => 'refused, unknown key', gate => 'k1000', base => 'plain',
        refused => 403, bar => 0.50,
        mix => { n => 1000, path => $pet, key => $unknown },
    },
    S8b => {
        title => 'refused, over the limit', gate => 'low', base => 'plain',
        refused => 429, bar => 0.52,
        mix => { n => 100, path => $pet, key => $key },
    },
    S8n => {
        title => 'refused by nginx\'s own "return"', native => 'refuse',
        base => 'plain', refused => 403,
        mix => { n => 1000, path => $pet, key => $unknown },
    },
    C1 => {
        title => 'CORS, to a route without', gate => 'web',
        base_gate => 'web', most => 1000, others => { S0 => 'plain' },
        mix => { n => 1, path => $pet, origin => $origin },
        base_mix => { n => 1, path => '/prod/cats/42', origin => $origin },
    },
    C1w => {
        title => 'C1, credentials and a wildcard', gate => 'web',
        base_gate => 'web', most => 1000,
        mix => { n => 1, path => '/prod/dogs/42', origin => $origin },
        base_mix => { n => 1, path => '/prod/cats/42', origin => $origin },
    },
    C2 => {
        title => 'mock, to "return" in a route', gate => 'web',
        base_gate => 'web', most => 1000,
        mix => { n => 1, path => '/prod/mock' },
        base_mix => { n => 1, path => '/prod/same' },
    },
    L1 => {
        title => 'apigw_lambda, to proxy_pass', gate => 'lambda',
        base => 'plain', bar => 1.25, others => { S0 => 'plain' },
        mix => { n => 1, path => $pet },
    },
    L2 => {
        title => 'Lambda authorizer, one identity', gate => 'authz',
        base => 'cheap', bar => 1.05,
        mix => { n => 1, path => $pet, auth => sprintf $identity, 7 },
    },
    L2b => {
        title => 'Lambda authorizer, 1,000', gate => 'authz',
        base => 'cheap', bar => 1.06,
        mix => { n => 1000, path => $pet, auth => $identity },
    },
    M0 => {
        title => 'S0, to "metrics=off"', gate => 'plain',
        base_gate => 'unmetered', most => 800,
        handler => 'ngx_http_apigw_metrics_handler',
        mix => { n => 1, path => $pet },
        base_mix => { n => 1, path => $pet },
    },
);

# rows of another kind
my %extras = (
    info => 'start-up and memory',
    M1 => 'scraping 1,000 routes under load: what holds a worker up',
    sick => 'waits for a Redis that does not answer',
    verify => 'signatures, to OpenSSL\'s bare operation',
);

my @order = qw(S0 S1 S2 S2l S3a S3b S4a S4b S4ea S4eb S4da S4db S5 S6 S6m S7
               S7r S8a S8b S8n C1 C1w C2 L1 L2 L2b M0);

# the other baselines, which have no bar
my %others = (cheap => [qw(plain same)], plain => [], gate => []);

my (%gates, %results, $bare, $backend, $perf, $failed, $one_key);

exit main(@ARGV);


# a token used again and again, and a thousand in turn

sub jwt {
    my ($name, $alg) = @_;

    my %both = (gate => "j$alg", base => 'cheap');

    return (
        "${name}a" => {
            %both, title => "JWT $alg, one token", bar => 1.05,
            mix => { n => 1, path => $pet, tokens => $alg },
        },
        "${name}b" => {
            %both, title => "JWT $alg, 1,000 tokens", bar => 1.06,
            mix => { n => 1000, path => $pet, tokens => $alg },
        },
    );
}


sub main {
    my @names = @_;

    if (@names && $names[0] eq '-l') {
        printf "%-4s %s\n", $_, $scenarios{$_}{title} for @order;
        printf "%-4s %s\n", $_, $extras{$_} for sort keys %extras;
        return 0;
    }

    @names = (@order, sort keys %extras) unless @names;

    for my $name (@names) {
        die "no scenario \"$name\", \"bench.sh -l\" lists them\n"
            unless $scenarios{$name} || $extras{$name};
    }

    my $from = time;

    prepare();

    my %asked = map { $_ => 1 } @names;
    my @timed = grep { $scenarios{$_} } @names;
    my $info = $asked{info} ? information() : undef;

    my $verify = $asked{verify} ? verify() : undef;

    $backend->start if @timed || $asked{sick} || $asked{M1};

    my $sick = $asked{sick} ? sick() : undef;
    my $scraped = $asked{M1} ? scraped() : undef;

    if (@timed) {
        $bare->start;

        check($_) for @timed;
        @timed = grep { !$results{$_}{failure} } @timed;

        if ($requests) {
            $bare->stop;
            stop_gates();
            callgrind($_) for @timed;
            $bare->start if $rounds;
        }

        measure(@timed) if $rounds;
    }

    report([grep { $scenarios{$_} } @names],
           { info => $info, sick => $sick, verify => $verify,
             scraped => $scraped }, time - $from);

    return $failed ? 1 : 0;
}


sub prepare {
    $BenchNginx::dir = $dir;
    $BenchTokens::dir = $dir;
    $BenchNginx::nginx = $ENV{BENCH_NGINX} || '/usr/sbin/nginx';
    $BenchNginx::module = "$dir/ngx_apigw_module.so";

    @BenchNginx::core{qw(gate load)} = split /,/, $ENV{BENCH_CORES} // '0,1';

    remove_tree($dir);
    make_path($dir);

    # a build that goes on meanwhile must not change what is measured
    copy($ENV{BENCH_MODULE} || "$top/build/ngx_apigw_module.so",
         $BenchNginx::module)
        or die "no module, run \"make\": $!\n";

    my $port = BenchNginx::free_port();
    $backend = BenchNginx->new('backend', core => 'load',
                               ports => { http => $port }, http => <<"CONF");
    server {
        listen 127.0.0.1:$port backlog=1024;
        location / { return 200 '$json'; }
@{[ functions() ]}
        location ~ /what\$ {
            return 200 "\$http_x_forwarded_for|\$http_x_forwarded_proto|\$http_x_forwarded_port|\$http_x_apigw_request_id|\$http_x_api_key";
        }
    }
CONF

    my %ports = map { $_ => BenchNginx::free_port() }
        qw(plain same cheap refuse);

    my $cheap = '$pid.$connection.$connection_requests';

    $bare = BenchNginx->new('bare', ports => { %ports }, http =>
                            upstream()
                            . bare_server($ports{plain})
                            . bare_server($ports{same}, '$request_id')
                            . bare_server($ports{cheap}, $cheap)
                            . refusing_server($ports{refuse}, $cheap));

    $perf = qx(perf stat -x, -e instructions:u,cycles true 2>&1);
    $perf = ($? == 0 && $perf !~ /not supported|not counted/) ? 1 : 0;
}


# the server of functions: what they return is always the same

sub functions {
    my $allow = 'arn:aws:execute-api:*:*:*/prod/GET/';
    my %returned = (
        pets => { statusCode => 200, body => $json,
                  headers => { 'Content-Type' => 'application/json' } },
        told => { statusCode => 200,
                  body => '$request_method $content_length' },
        allow => { principalId => 'bench', context => { tier => 'gold' },
                   policyDocument => { Version => '2012-10-17', Statement => [{
                       Action => 'execute-api:Invoke', Effect => 'Allow',
                       Resource => ["${allow}pets/*", "${allow}what"] }] } },
    );

    return join '', map {
        my $text = JSON::PP->new->canonical->encode($returned{$_});
        $text =~ s/(["\\])/\\$1/g;
        "        location = /2015-03-31/functions/$_/invocations {"
            . " return 200 \"$text\"; }\n"
    } sort keys %returned;
}


sub upstream {
    my $port = $backend->{ports}{http};

    return <<"CONF";
    upstream backend {
        server 127.0.0.1:$port;
        keepalive 128;
        keepalive_timeout 600s;
        keepalive_requests 1000000000;
    }

    proxy_http_version 1.1;
CONF
}


sub bare_server {
    my ($port, $id) = @_;

    my $headers = defined $id ? <<"CONF" : '';
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header X-Forwarded-Port \$server_port;
            proxy_set_header X-Apigw-Request-Id $id;
            proxy_set_header X-Amzn-Trace-Id "Root=1-5759e988-$id";
            proxy_set_header traceparent "00-5759e988$id-53995c3f42cd8ad8-01";
            add_header x-amz-apigw-id $id;
            add_header x-amzn-RequestId $id;
CONF

    return <<"CONF";
    server {
        listen 127.0.0.1:$port backlog=1024;

        location / {
            proxy_set_header Connection "";
$headers
            proxy_pass http://backend;
        }
    }
CONF
}


# what a refusal of the gateway says, by nginx's own means

sub refusing_server {
    my ($port, $id) = @_;

    return <<"CONF";
    server {
        listen 127.0.0.1:$port backlog=1024;

        location / {
            add_header x-amz-apigw-id $id always;
            add_header x-amzn-RequestId $id always;
            add_header x-amzn-ErrorType ForbiddenException always;
            return 403 '{"message":"Forbidden"}';
        }
    }
CONF
}


# a gateway by name: "plain", "low", k<keys>, r<routes>; "n<routes>" is nginx
# with as many locations, to compare memory with.  With quotas: q<keys> in
# Redis, l<keys> in the zone, "sick" to be left without its Redis.  With tokens:
# j<algorithm>; "e<keys>" is q and jRS256 together.  "web" has CORS and mocks,
# "lambda" a function for a backend, "authz" one that authorizes; "unmetered"
# is "plain" without metrics

sub gate {
    my ($name) = @_;

    return $gates{$name} if $gates{$name};

    my $port = BenchNginx::free_port();
    my ($http, $stage, $server) = ('', '', '');

    if ($name =~ /^([rn])(\d+)$/) {
        for my $i (0 .. $2 - 1) {
            my $path = sprintf '/thing%05d/parts', $i;

            if ($1 eq 'r') {
                $stage .= "apigw_route \"GET $path/{part}\" "
                          . "{ proxy_pass http://backend; }\n";
            } else {
                $server .= "location /prod$path/ "
                           . "{ proxy_pass http://backend; }\n";
            }
        }

    } else {
        my $routes = join '', map {
            "apigw_route \"$_\" { proxy_pass http://backend; }\n"
        } 'GET /pets', 'GET /pets/{id}', 'POST /pets', 'GET /what';

        $stage .= $routes;
    }

    if ($name =~ /^[je]/) {
        my ($alg) = $name =~ /^j(.*)/;

        $http .= '    apigw_authorizer users { '
                 . BenchTokens::conf($alg || 'RS256') . " }\n";
        $stage = "apigw_authorize users scopes=pets:read;\n$stage";
    }

    if ($name eq 'web') {
        my $cors = "apigw_cors origins=$origin methods=GET,PUT"
                   . ' headers=content-type expose=x-total max_age=600;';

        $stage =~ s/("GET \/pets\/\{id\}" \{)/$1 $cors/;
        $stage .= <<"CONF";
        apigw_route "GET /cats/{id}" { proxy_pass http://backend; }
        apigw_route "GET /dogs/{id}" {
            apigw_cors origins=http://localhost:3000,https://*.example.com
                       expose=x-total credentials=on;
            proxy_pass http://backend;
        }
        apigw_route "GET /mock" { apigw_mock 200 '$json'; }
        apigw_route "GET /same" {
            default_type application/json;
            return 200 '$json';
        }
CONF
    }

    if ($name eq 'lambda') {
        $stage =~ s/(\{id\}" \{ )proxy_pass([^;]*)/$1apigw_lambda$2 function=pets/;
        $stage .= "apigw_route \"GET /told\" "
                  . "{ apigw_lambda http://backend function=told; }\n";
    }

    if ($name eq 'unmetered') {
        $http .= "    apigw_zone 32m metrics=off;\n";
    }

    if ($name =~ /^r/) {
        $server .= "location = /metrics { apigw_metrics; }\n";
    }

    if ($name eq 'authz') {
        $http .= <<"CONF";
    apigw_authorizer users {
        type     lambda;
        endpoint http://127.0.0.1:$backend->{ports}{http};
        function allow;
        identity \$http_authorization;
        ttl      3600s;
    }
CONF
        $stage = "apigw_authorize users;\n$stage";
    }

    if ($name =~ /^[kqle](\d+)$/ || $name =~ /^(?:low|sick)$/) {
        my $n = $1 || ($name eq 'low' ? 100 : 1000);
        my $size = $n > 100_000 ? '256m' : '32m';
        my $rate = $name eq 'low' ? '1r/m burst=1'
                                  : '1000000r/s burst=1000000';
        my ($quota, $plans) = ('', 'gold');

        keys_file("$dir/$name.csv", $n);

        if ($name =~ /^[qles]/) {
            $quota = 'quota 1000000000/month; on_error '
                     . ($name eq 'sick' ? 'open;' : 'closed;');
            $plans .= ' tiny';
            $http .= "    apigw_usage_plan tiny { quota 3/month; }\n"
                     . "    apigw_api_key tiny key=$tiny id=tiny$name plan=tiny;\n";
        }

        if ($name =~ /^[qes]/) {
            $http .= '    apigw_redis ' . BenchRedis::url()
                     . ($name eq 'sick' ? " timeout=50ms;\n"
                                        : " timeout=1s;\n");
        }

        if ($name eq 'sick') {
            $http .= "    log_format wait '\$status \$apigw_quota_mode "
                     . "\$apigw_quota_wait';\n";
            $server .= "access_log $dir/wait.log wait;\n";
        }

        $http .= "    apigw_zone $size;\n    apigw_usage_plan gold "
                 . "{ throttle $rate; $quota }\n"
                 . "    apigw_api_keys $dir/$name.csv;\n";

        $stage = "apigw_usage_plans $plans;\napigw_api_key_required on;\n"
                 . $stage;
    }

    $server .= "apigw_api bench;\napigw_stage prod {\n$stage}\n" if $stage;

    return $gates{$name} = BenchNginx->new(
        $name, gateway => $stage ne '', ports => { http => $port },
        http => upstream() . <<"CONF");
    proxy_set_header Connection "";

$http
    server {
        listen 127.0.0.1:$port backlog=1024;
$server
    }
CONF
}


sub keys_file {
    my ($file, $n) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh "Name,key,description,Enabled,usageplanIds\n";

    for my $i (0 .. $n - 1) {
        printf $fh "client$i,$key,,true,gold\n", $i;
    }

    close $fh or die "$file: $!\n";
}


sub running_gate {
    my ($name) = @_;

    my $gate = gate($name);

    unless ($gate->{pid}) {
        $gate->start;
        connected($gate);
    }

    return $gate;
}


# a worker that has just been born has no connection to Redis yet

sub connected {
    my ($gate) = @_;

    return unless $gate->{name} =~ /^(?:q|e|sick)/;

    my $end = time + 20;

    while (time < $end) {
        my ($status) = BenchLoad::ask($gate->{ports}{http}, $pet,
                                      'x-api-key: ' . sprintf($key, 7),
                                      bearer($gate));
        return if $status == 200;
        sleep 0.1;
    }

    die "gateway \"$gate->{name}\" has no Redis\n";
}


# a good token, where the gateway wants one

sub bearer {
    my ($gate) = @_;

    return 'authorization: ' . sprintf $identity, 7
        if $gate->{name} eq 'authz';

    my ($alg) = $gate->{name} =~ /^j(.*)/;
    $alg ||= 'RS256' if $gate->{name} =~ /^e/;

    return $alg ? 'authorization: Bearer ' . BenchTokens::tokens($alg, 1)->[0]
                : ();
}


sub stop_gates {
    $_->stop for values %gates;
}


# the sides of a scenario: [name, nginx as an object, port, mix]

sub sides {
    my ($name) = @_;

    my $s = $scenarios{$name};
    my $gate = $s->{native} ? $bare : gate($s->{gate});
    my @sides = (['gateway', $gate, $gate->{ports}{ $s->{native} || 'http' },
                  $s->{mix}]);

    if ($s->{base_gate}) {
        my $base = gate($s->{base_gate});
        push @sides, ['base', $base, $base->{ports}{http}, $s->{base_mix}];

    } else {
        push @sides, ['base', $bare, $bare->{ports}{ $s->{base} }, $s->{mix}];
    }

    for my $other (@{ $others{ $s->{base} || 'gate' } }) {
        push @sides, [$other, $bare, $bare->{ports}{$other}, $s->{mix}];
    }

    for my $other (sort keys %{ $s->{others} }) {
        my $than = gate($s->{others}{$other});
        push @sides, [$other, $than, $than->{ports}{http}, $s->{mix}];
    }

    return @sides;
}


# does the gateway answer what it should, and refuse what it should?

sub check {
    my ($name) = @_;

    my $s = $scenarios{$name};

    running_gate($_) for grep { $_ } @$s{qw(gate base_gate)},
                                     values %{ $s->{others} };

    my @failures;

    # the very requests that will be measured, on every side

    for my $side (sides($name)) {
        my $status = $side->[0] eq 'gateway' ? $s->{refused} || 200 : 200;
        my $n = $side->[3]{n} > 200 ? 200 : 64;

        # an empty bucket first
        BenchLoad::send_requests($side->[2], BenchLoad::requests($side->[3]),
                                 128, $conns)
            if $name eq 'S8b';

        my $got = BenchLoad::send_requests($side->[2],
                                           BenchLoad::requests($side->[3]),
                                           $n, $conns);

        push @failures, differs("statuses of $side->[0]",
                                join(' ', sort keys %$got), $status);
    }

    push @failures, $s->{native} ? check_native($s) : check_gate($s);

    return unless @failures;

    $results{$name}{failure} = join '; ', @failures;
    $failed = 1;
}


sub differs {
    my ($what, $got, $expected) = @_;

    return $got eq $expected ? () : "$what: $got instead of $expected";
}


# what the gateway is there for

sub check_gate {
    my ($s) = @_;

    my $gate = gate($s->{gate});
    my $port = $gate->{ports}{http};
    my @key = ('x-api-key: ' . sprintf($key, 7), bearer($gate));

    my ($status, $head, $body, @failures);

    my $want = sub { push @failures, differs(@_) };

    if ($gate->{name} =~ /^[kql]\d/) {
        ($status) = BenchLoad::ask($port, '/prod/pets');
        $want->('without a key', $status, 403);

        ($status) = BenchLoad::ask($port, '/prod/pets', @key, @key);
        $want->('with two keys', $status, 403);

        ($status, $head) = BenchLoad::ask($port, '/prod/pets',
                                  'x-api-key: ' . sprintf $unknown, 7);
        $want->('with an unknown key', $status, 403);

        ($status, $head) = BenchLoad::ask($port, '/prod/pets', @key);
        $want->('with a key', $status, 200);
        push @failures, 'no RateLimit' unless $head =~ /^RateLimit: /m;

        my $low = running_gate('low');
        my %n;

        for (1 .. 3) {
            ($status) = BenchLoad::ask($low->{ports}{http}, '/prod/pets',
                                       'x-api-key: ' . sprintf $key, 99);
            $n{$status}++;
        }

        push @failures, 'no request over the limit was refused'
            unless $n{429} && $n{429} >= 2;
    }

    push @failures, check_quota($gate) if $gate->{name} =~ /^[ql]\d/;
    push @failures, check_tokens($gate) if $gate->{name} =~ /^[je]/;

    if ($gate->{name} eq 'low') {
        ($status, $head) = BenchLoad::ask($port, $pet, @key);
        push @failures, 'no Retry-After'
            unless $status == 429 && $head =~ /^Retry-After: /m;
    }

    if ($gate->{name} !~ /^r/ && $gate->{name} ne 'low') {
        ($status, $head, $body) = BenchLoad::ask($port, '/prod/what', @key);
        push @failures, "headers that the upstream got: $body"
            unless $body =~ /^127\.0\.0\.1\|http\|$port\|[-0-9a-f]{36}\|/
                   && ($gate->{name} !~ /^[kql]\d/ || $body =~ /\|$/);
        push @failures, 'no request ids'
            unless $head =~ /^x-amzn-RequestId: /m
                   && $head =~ /^x-amz-apigw-id: /m;
    }

    push @failures, check_web($port) if $gate->{name} eq 'web';
    push @failures, check_lambda($port) if $gate->{name} eq 'lambda';
    push @failures, check_authorizer($port, @key) if $gate->{name} eq 'authz';

    ($status) = BenchLoad::ask($port, '/prod/nothing/here', @key);
    $want->('no route', $status, 403);

    ($status) = BenchLoad::ask($port, '/nostage/pets', @key);
    $want->('no stage', $status, 403);

    for my $p (map { $bare->{ports}{$_} } $s->{base} ? qw(same cheap) : ()) {
        ($status, $head, $body) = BenchLoad::ask($p, '/prod/what');
        push @failures, "headers from bare nginx: $body"
            unless $body =~ /^127\.0\.0\.1\|http\|$p\|[^|]{5,}\|/
                   && $head =~ /^x-amzn-RequestId: /m;
    }

    return @failures;
}


# a token that is changed, unsigned or missing is refused, after a good one, too

sub check_tokens {
    my ($gate) = @_;

    my $port = $gate->{ports}{http};
    my $other = 'x-api-key: ' . sprintf $key, 7;
    my ($good) = bearer($gate) =~ /Bearer (.*)/;
    my ($header, $claims, $signature) = split /\./, $good;
    my $changed = $good =~ s/\.(.{20})(.)/".$1" . ($2 eq 'A' ? 'B' : 'A')/er;

    my %bad = (
        changed => $changed,
        truncated => substr($good, 0, -4),
        'of another signature' => "$header.$claims." . reverse $signature,
        none => Apigw::Token::b64('{"alg":"none"}') . ".$claims.",
    );

    my @failures;

    for my $what (undef, sort keys %bad) {
        my @token = defined $what ? "authorization: Bearer $bad{$what}" : ();
        my ($status) = BenchLoad::ask($port, $pet, $other, @token);

        push @failures, differs(defined $what ? "a token $what" : 'no token',
                                $status, 401);
    }

    return @failures;
}


# a quota that is used up refuses, and Redis is not asked for each request

sub check_quota {
    my ($gate) = @_;

    my $port = $gate->{ports}{http};
    my $one = { n => 1, path => $pet, key => sprintf $key, 7 };
    my ($status, $head, $body, @statuses, @failures);

    for (1 .. 4) {
        ($status, $head, $body) = BenchLoad::ask($port, $pet,
                                                 "x-api-key: $tiny");
        push @statuses, $status;
    }

    push @failures, differs('a quota of 3', "@statuses", '200 200 200 429'),
        differs('its refusal', $body, '{"message":"Limit Exceeded"}');

    return @failures unless $gate->{name} =~ /^q/;

    my $script = "$dir/one.lua";

    BenchLoad::wrk_script($script, $one);
    BenchLoad::wrk($port, $script, 3);    # other keys give theirs back

    my ($n, $commands) = ($gate->requests, BenchRedis::commands());

    BenchLoad::wrk($port, $script, $seconds);

    $commands = BenchRedis::commands() - $commands;
    $n = $gate->requests - $n - 1;

    $one_key = $commands / $n;

    push @failures, "$commands commands to Redis for $n requests of a key"
        if $one_key > 0.01;

    return @failures;
}


# two routes have CORS, the one beside them has not; a mock and "return" answer
# alike

sub check_web {
    my ($port) = @_;

    my (@allowed, @answers);

    for my $path ($pet, '/prod/dogs/42', '/prod/cats/42') {
        for my $from ($origin, "$origin.evil.example") {
            my ($status, $head) = BenchLoad::ask($port, $path,
                                                 "Origin: $from");
            push @allowed, join ' ', sort map { lc }
                           $head =~ /^Access-Control-(\S+: \S+)/mg;
        }
    }

    for my $path ('/prod/mock', '/prod/same') {
        my ($status, $head, $body) = BenchLoad::ask($port, $path);
        my ($type) = $head =~ /^(Content-Type: \S+)/m;
        push @answers, "$status $type $body";
    }

    my $meant = "allow-origin: $origin expose-headers: x-total";

    return differs('CORS', join('|', @allowed),
                   "$meant||allow-credentials: true $meant|||"),
        differs('a mock', @answers),
        differs('"return"', $answers[1],
                "200 Content-Type: application/json $json");
}


# a function answers as the backend does, and is told of the request

sub check_lambda {
    my ($port) = @_;

    my ($status, $head, $body) = BenchLoad::ask($port, $pet);
    my $told = (BenchLoad::ask($port, '/prod/told'))[2];
    my ($method, $length) = split ' ', $told;

    return differs('a function', "$status $body", "200 $json"),
        $head =~ /^X-Amzn-Trace-Id: /m ? () : 'no trace id',
        $method eq 'POST' && $length > 900 && $length < 1500
            ? () : "an event: $told";
}


# one identity may call some routes, none may call none

sub check_authorizer {
    my ($port, @key) = @_;

    my @statuses = map { (BenchLoad::ask($port, @$_))[0] }
                   [$pet], [$pet, @key], ['/prod/pets', @key];

    return differs('statuses of an authorizer', "@statuses", '401 200 403');
}


# a refusal by nginx itself has the head and body of one by the gateway

sub check_native {
    my ($s) = @_;

    my $header = 'x-api-key: ' . sprintf $unknown, 7;
    my @heads;

    for my $port (running_gate('k1000')->{ports}{http},
                  $bare->{ports}{ $s->{native} })
    {
        my ($status, $head, $body) = BenchLoad::ask($port, $pet, $header);

        push @heads, join ' ', $status, $body,
            sort map { lc } $head =~ /^([-\w]+):/mg;
    }

    return differs('answer', reverse @heads);
}


# User instructions per request: two runs that differ in their number only, so
# that what comes first and last falls out.  Only the event loop is counted:
# start-up is not the same each time, as tables in the zone have random seeds.
# There is one connection: how many events nginx finds at once changes what a
# request costs, and would be left to chance with several.

my %instructions;

sub callgrind {
    my ($name) = @_;

    return if $scenarios{$name}{no_callgrind};

    for my $side (sides($name)) {
        my ($what, $nginx, $port, $mix) = @$side;

        # a key that is not asked for in a second loses its lease: under
        # valgrind a thousand of them would all wait

        $mix = $side->[3] = $scenarios{$name}{slow_mix} || $mix;

        my $id = join ' ', $nginx->{name}, $port, BenchLoad::name($mix);

        $instructions{$id} //= count($name, @$side);
        $results{$name}{instructions}{$what} = $instructions{$id};
    }

    my $i = $results{$name}{instructions};

    for my $base (grep { $_ ne 'gateway' } keys %$i) {
        $results{$name}{instruction_ratio}{$base} = $i->{gateway} / $i->{$base};
    }

    printf "%-4s %-34s %s\n", $name, $scenarios{$name}{title},
        join '  ', map { sprintf '%s %.0f', $_, $i->{$_} }
                   map { $_->[0] } sides($name);
}


sub count {
    my ($name, $what, $nginx, $port, $mix) = @_;

    my @n = ($requests, 2 * $requests);
    my @total;

    for my $n (@n) {
        my $file = "$nginx->{home}/callgrind.out";
        unlink glob "$file*";

        $nginx->start('daemon off; master_process off;', 'valgrind',
                      '--tool=callgrind', "--callgrind-out-file=$file",
                      '--collect-atstart=no',
                      '--toggle-collect=ngx_process_events_and_timers');
        connected($nginx);

        # keys whose buckets are to be empty
        BenchLoad::send_requests($port, BenchLoad::requests($mix), 128, $conns)
            if $name eq 'S8b';

        # tokens and identities that are to be known
        BenchLoad::send_requests($port, BenchLoad::requests($mix), $mix->{n}, 1)
            if $mix->{tokens} || $mix->{auth};

        BenchLoad::send_requests($port, BenchLoad::requests($mix), $n, 1);

        $nginx->stop;

        open my $fh, '<', $file or die "callgrind: no $file\n";
        my ($total) = map { /^(?:summary|totals): (\d+)/ ? $1 : () } <$fh>;
        push @total, $total || die "callgrind: no total in $file\n";

        if ($profile) {
            make_path($profile);
            copy($file, "$profile/$name.$what.$n");
        }
    }

    $results{$name}{handler} = handler_cost($name, $nginx)
        if $what eq 'gateway' && $scenarios{$name}{handler};

    return ($total[1] - $total[0]) / $requests;
}


# user instructions of one function and of what it calls, per call, by the
# last run: a difference of two configurations has malloc()'s in it

sub handler_cost {
    my ($name, $nginx) = @_;

    my $function = $scenarios{$name}{handler};
    my $out = qx(callgrind_annotate --inclusive=yes --threshold=100 \\
                 $nginx->{home}/callgrind.out 2>/dev/null);

    my ($cost) = $out =~ /^\s*([\d,]+)\s.*:\Q$function\E\b/m or return;

    return ($cost =~ tr/,//dr) / (2 * $requests);
}


sub measure {
    my @names = @_;

    for my $name (@names) {
        my @sides = sides($name);

        for my $side (@sides) {
            running_gate($side->[1]{name}) unless $side->[1]{pid};
            $side->[4] = "$dir/$name.$side->[0].lua";
            BenchLoad::wrk_script($side->[4], $side->[3]);
            BenchLoad::wrk($side->[2], $side->[4], 1);
        }

        my %rounds;

        for my $round (1 .. $rounds) {
            for my $side ($round % 2 ? @sides : reverse @sides) {
                my $used = load($name, @$side);
                push @{ $rounds{$_}{ $side->[0] } }, $used->{$_}
                    for keys %$used;
            }
        }

        for my $what (keys %rounds) {
            my $r = $rounds{$what};

            $results{$name}{$what}{$_} = median(@{ $r->{$_} }) for keys %$r;

            # of commands to Redis there may be none
            for my $base (grep { $_ ne 'gateway' && !grep { !$_ } @{ $r->{$_} } }
                          keys %$r)
            {
                my @ratios = map { $r->{gateway}[$_] / $r->{$base}[$_] }
                             0 .. $rounds - 1;

                $results{$name}{"${what}_ratio"}{$base} = median(@ratios);
                $results{$name}{"${what}_ratios"}{$base} = [@ratios];
            }
        }

        my $c = $results{$name}{cpu_ratio};
        printf "%-4s %-34s cpu %.3f\n", $name, $scenarios{$name}{title},
            $c->{base};

        stop_gates();
    }
}


# one side of a round; per request: cpu in ns, and what perf counts

sub load {
    my ($name, $what, $nginx, $port, $mix, $script) = @_;

    my ($events, $counter);

    if ($perf) {
        $events = "$dir/perf.txt";
        $counter = fork // die "fork: $!\n";

        if ($counter == 0) {
            exec 'perf', 'stat', '-x', ',', '-o', $events, '-e',
                'instructions:u,instructions:k,cycles', '-p',
                $nginx->{worker} or POSIX::_exit(127);
        }

        sleep 0.3;
    }

    my $redis = $nginx->{name} =~ /^[qe]/;
    my $commands = $redis && BenchRedis::commands();

    my ($cpu, $n) = ($nginx->cpu, $nginx->requests);

    my $bad = BenchLoad::wrk($port, $script, $seconds);

    $n = $nginx->requests - $n - 1;
    $cpu = $nginx->cpu - $cpu;

    my $refused = $what eq 'gateway' && $scenarios{$name}{refused};

    if ($refused ? $bad < 0.99 : $bad > 0) {
        $failed = 1;
        $results{$name}{failure} = sprintf '%.1f%% of the answers under load '
                                           . 'were no success', 100 * $bad;
    }

    die "the worker answered $n requests in " . ($cpu / 1e6) . " ms of CPU"
        . " time: a longer BENCH_SECONDS is needed\n" if $n < 100 || !$cpu;

    my %used = (cpu => $cpu / $n);

    $used{commands} = (BenchRedis::commands() - $commands) / $n if $redis;

    if ($perf) {
        kill 'INT', $counter;
        waitpid $counter, 0;

        open my $fh, '<', $events or die "perf: $!\n";
        my %count = map { /^(\d+),[^,]*,([^,]+)/ ? ($2 => $1) : () } <$fh>;

        $used{user} = ($count{'instructions:u'} || 0) / $n;
        $used{kernel} = ($count{'instructions:k'} || 0) / $n;
        $used{instructions_all} = $used{user} + $used{kernel};
        $used{cycles} = ($count{cycles} || 0) / $n;
    }

    return \%used;
}


sub median {
    my @v = sort { $a <=> $b } @_;

    return @v % 2 ? $v[$#v / 2] : ($v[$#v / 2] + $v[@v / 2]) / 2;
}


# start-up and memory

sub information {
    my %info;

    for my $kind (qw(r n)) {
        my %rss;

        for my $n (10, 10_000) {
            my $nginx = gate("$kind$n");

            $info{"test_s_$kind$n"} = $nginx->test_time;
            $nginx->start;
            $rss{$n} = $nginx->rss;
            $nginx->stop;
        }

        $info{"route_bytes_$kind"} = ($rss{10_000} - $rss{10}) / 9990;
    }

    for my $n (1000, 1_000_000) {
        my $nginx = gate("k$n");

        $info{"test_s_k$n"} = $nginx->test_time;
        $nginx->start;
        $info{"rss_k$n"} = $nginx->rss;
        $nginx->stop;
    }

    $info{key_bytes} = ($info{rss_k1000000} - $info{rss_k1000}) / 999_000;

    return \%info;
}


# how long requests wait for a Redis that has stopped, as the gateway logs it

sub sick {
    my $gate = running_gate('sick');
    my ($port, $script) = ($gate->{ports}{http}, "$dir/sick.lua");

    BenchLoad::wrk_script($script, { n => 1000, path => $pet, key => $key });

    BenchRedis::pause();
    my $bad = BenchLoad::wrk($port, $script, 5);
    BenchRedis::resume();

    $gate->stop;

    my (@waits, $n, %modes);

    open my $fh, '<', "$dir/wait.log" or die "no log of waits: $!\n";

    while (<$fh>) {
        my ($mode, $wait) = /^\d+ (\w+) ([\d.]+)$/ or next;

        $n++;
        $modes{$mode}++;
        push @waits, $wait if $wait > 0;
    }

    if ($bad || !@waits || !$modes{open}) {
        $failed = 1;
        return { failure => "$bad refused, " . @waits . ' waited' };
    }

    my ($largest) = sort { $b <=> $a } @waits;

    return { requests => $n, waited => scalar @waits, largest_s => $largest,
             median_s => median(@waits) };
}


# What a scrape of 1,000 routes, all of which were used, holds the worker up for
# while wrk asks for all it can: by the module's own timer, the largest of all
# pieces of a gateway's life.  A machine that is shared adds to it, so there are
# several lives.

sub scraped {
    my $mix = { n => 1000, path => $thing };
    my $script = "$dir/scraped.lua";
    my $gate = gate('r1000');
    my (@longest, @took, %size, $pieces);

    BenchLoad::wrk_script($script, $mix);

    for (1 .. $rounds || 1) {
        $gate->start;

        my $port = $gate->{ports}{http};
        my $got = BenchLoad::send_requests($port, BenchLoad::requests($mix),
                                           1000, $conns);
        my $n = 0;

        return scraped_failed('statuses: ' . join ' ', %$got)
            if join(' ', keys %$got) ne '200';

        my $pid = fork // die "fork: $!\n";

        if ($pid == 0) {
            my $bad = eval { BenchLoad::wrk($port, $script, 3) } // 1;
            POSIX::_exit($bad ? 1 : 0);
        }

        my $end = time + 2.5;
        sleep 0.3;

        while (time < $end) {
            my $format = (qw(text openmetrics json))[$n++ % 3];
            my $from = time;
            my $text = scrape($port, $format);

            push @took, time - $from;
            $size{$format} = length $text;

            return scraped_failed("no $format") if $text eq '';
        }

        waitpid $pid, 0;
        return scraped_failed('errors under load') if $?;

        my $text = scrape($port, 'text');
        my $routes = () = $text =~ /^apigw_route_received_bytes_total\{/mg;

        return scraped_failed("$routes routes") if $routes != 1000;

        push @longest, $text =~ /^apigw_report_longest_piece_seconds (\S+)/m;
        $pieces += ($text =~ /^apigw_report_pieces_total (\S+)/m)[0];

        $gate->stop;
    }

    return { longest_s => \@longest, took_s => median(@took), sizes => \%size,
             scrapes => scalar @took, pieces => $pieces };
}


sub scrape {
    my ($port, $format) = @_;

    my $s = BenchLoad::connect_to($port);

    print $s "GET /metrics?format=$format HTTP/1.0\r\n\r\n";
    my $text = do { local $/; <$s> } // '';

    return $text =~ s/^HTTP\S+ 200 .*?\r\n\r\n//s ? $text : '';
}


sub scraped_failed {
    my ($failure) = @_;

    stop_gates();
    $failed = 1;

    return { failure => $failure };
}


# nanoseconds of a signature: OpenSSL's, ours, and all that is done for a token

sub verify {
    my $base = "$top/ngx_apigw_module/base";
    my @flags = qw(-std=gnu99 -O2 -DNGX_APIGW_STUB=1);

    system('gcc', @flags, "-I$top/t/unit", "-I$base", '-o', "$dir/verify",
           "$top/t/bench/verify.c", "$top/t/unit/ngx_stub.c",
           glob("$base/*.c"), qw(-ljansson -lcrypto)) == 0
        or die "verify.c does not compile\n";

    my %ns;

    for my $alg (qw(RS256 PS256 ES256 EdDSA HS256)) {
        BenchTokens::conf($alg);

        my $keys = $alg =~ /^HS/ ? "$dir/token.secret" : "$dir/$alg.json";
        my $token = BenchTokens::file($alg, 1);

        my $out = qx(taskset -c $BenchNginx::core{gate} $dir/verify $alg \\
                     $keys $token);

        $? == 0 && $out =~ /^(\d+) (\d+) (\d+)$/
            or die "verify $alg failed: $out\n";

        $ns{$alg} = { bare => $1, verify => $2, token => $3 };
    }

    return \%ns;
}


sub report {
    my ($names, $extra, $took) = @_;

    print "\n";

    printf "%-4s %-34s %5s  %-9s %-22s %-9s %-7s %s\n", '', 'ratio to the base',
        'bar', 'user ins.', 'CPU time (min..max)', 'cycles', 'all ins.', ''
        if @$names;

    for my $name (@$names) {
        my ($s, $r) = ($scenarios{$name}, $results{$name} ||= {});

        $r->{title} = $s->{title};
        $r->{bar} = $s->{bar};
        $r->{baseline} = $s->{base} || $s->{base_gate};

        if ($r->{failure}) {
            printf "%-4s %-34s FAILED: %s\n", $name, $s->{title}, $r->{failure};
            next;
        }

        print_row($name, $s->{title}, $s->{bar}, $r, 'base');

        for my $other (@{ $others{ $s->{base} || 'gate' } },
                       sort keys %{ $s->{others} })
        {
            print_row('', "  to \"$other\"", undef, $r, $other);
        }
    }

    print_added($names);
    print_commands($names);
    print_verify($extra->{verify}) if $extra->{verify};
    print_sick($extra->{sick}) if $extra->{sick};
    print_scraped($extra->{scraped}) if $extra->{scraped};
    print_information($extra->{info}) if $extra->{info};

    printf "\n%d rounds of %s s, %d requests under valgrind, %.0f s in all; "
           . "hardware counters: %s\n", $rounds, $seconds, $requests, $took,
           $perf ? 'perf' : 'none on this machine';

    my $file = "$dir/results.json";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh JSON::PP->new->canonical->pretty->encode({
        rounds => $rounds + 0, seconds => $seconds + 0,
        requests => $requests + 0, counters => $perf,
        scenarios => \%results, information => $extra->{info},
        sick => $extra->{sick}, verify => $extra->{verify},
        scraped => $extra->{scraped},
        commands_one_key => $one_key,
    });
    close $fh or die "$file: $!\n";

    print "$file\n";
}


sub print_row {
    my ($name, $title, $bar, $r, $base) = @_;

    my @cells;
    my $missed = '';

    for my $what (qw(instruction cpu cycles instructions_all)) {
        my $v = $r->{"${what}_ratio"}{$base};
        my $cell = defined $v ? sprintf('%.3f', $v) : '-';

        if (defined $v && $what eq 'cpu') {
            my @all = sort { $a <=> $b } @{ $r->{cpu_ratios}{$base} };
            $cell .= sprintf ' (%.3f..%.3f)', $all[0], $all[-1];
        }

        $missed .= ' ' . ($what eq 'instruction' ? 'user' : $what)
            if defined $v && defined $bar && $v > $bar + 0.0005;

        push @cells, $cell;
    }

    printf "%-4s %-34s %5s  %-9s %-22s %-9s %-7s %s\n", $name, $title,
        defined $bar ? sprintf('%.2f', $bar) : '', @cells,
        $missed ? "OVER:$missed" : defined $bar ? 'ok' : '';
}


sub row { printf "%-60s %s\n", @_ }


# what may be added is a number, not a ratio

sub print_added {
    my ($names) = @_;

    my @rows = grep { $scenarios{$_}{most} && $results{$_}{instructions} }
                    @$names or return;

    print "\n";

    for my $name (@rows) {
        my ($most, $i) = ($scenarios{$name}{most},
                          $results{$name}{instructions});
        my $added = $results{$name}{added} = $i->{gateway} - $i->{base};

        row("user instructions that $name adds, at most $most",
            sprintf '%.0f %s', $added, $added > $most ? 'OVER' : 'ok');

        row("of which $scenarios{$name}{handler}()",
            sprintf '%.0f', $results{$name}{handler})
            if $results{$name}{handler};
    }
}


sub print_commands {
    my ($names) = @_;

    return unless defined $one_key;

    print "\n";

    row('Redis commands per request, one key', sprintf '%.5f', $one_key);

    for my $name (@$names) {
        my $c = $results{$name}{commands}{gateway} // next;

        row("Redis commands per request, $name", sprintf '%.4f', $c);
    }
}


sub print_verify {
    my ($verify) = @_;

    print "\n";

    for my $alg (sort keys %$verify) {
        my ($bare, $ours, $token) = @{ $verify->{$alg} }{qw(bare verify token)};

        row("$alg, a signature" . ($bare ? ' (and all for a token) to the bare'
                                            . ' operation' : ''),
            $bare ? sprintf('%.3f (%.3f)', $ours / $bare, $token / $bare)
                  : '-');
    }
}


sub print_sick {
    my ($sick) = @_;

    print "\n";

    if ($sick->{failure}) {
        row('Redis does not answer', "FAILED: $sick->{failure}");
        return;
    }

    row('Redis does not answer, timeout 0.050 s: the longest wait',
        sprintf '%.3f s', $sick->{largest_s});
    row('the median of those that waited',
        sprintf '%.3f s, %d of %d requests', $sick->{median_s},
        @$sick{qw(waited requests)});
}


sub print_scraped {
    my ($scraped) = @_;

    print "\n";

    if ($scraped->{failure}) {
        row('M1, scraping 1,000 routes', "FAILED: $scraped->{failure}");
        return;
    }

    my @longest = sort { $a <=> $b } @{ $scraped->{longest_s} };

    row('M1, scraping 1,000 routes: the longest piece, at most 0.005 s',
        sprintf '%.6f s (%.6f..%.6f) %s', median(@longest),
        @longest[0, -1], median(@longest) > 0.005 ? 'OVER' : 'ok');
    row('pieces of a scrape, and its time under load',
        sprintf '%.0f, %.3f s', $scraped->{pieces} / $scraped->{scrapes},
        $scraped->{took_s});
    row("bytes of $_", $scraped->{sizes}{$_})
        for sort keys %{ $scraped->{sizes} };
}


sub print_information {
    my ($info) = @_;

    print "\n";

    row('nginx -t, 10,000 routes',
        sprintf '%.3f s (10: %.3f s)', @$info{qw(test_s_r10000 test_s_r10)});
    row('nginx -t, 10,000 plain locations',
        sprintf '%.3f s', $info->{test_s_n10000});
    row('memory per route, worker',
        sprintf '%.0f bytes', $info->{route_bytes_r});
    row('memory per plain location, worker',
        sprintf '%.0f bytes', $info->{route_bytes_n});
    row('nginx -t, 1,000,000 keys, less that with 1,000',
        sprintf '%.3f s', $info->{test_s_k1000000} - $info->{test_s_k1000});
    row('memory per key, worker, less its bucket in the zone (32)',
        sprintf '%.0f bytes', $info->{key_bytes});
}
