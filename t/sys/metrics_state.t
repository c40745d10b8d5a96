# What is counted of authorizers and of Redis.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Jwt qw(provide token unknown bearer);
use Apigw::Redis;
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(time);

my ($ring, $provider) = provide('k1');
my $issuer = $provider->issuer;
my $begun = time;

my $policy = '{"principalId":"alice","policyDocument":{"Version":"2012-10-17",'
    . '"Statement":[{"Action":"execute-api:Invoke","Effect":"Allow",'
    . '"Resource":"*/GET/custom"}]}}';

sub figures {
    my ($gw) = @_;
    my $response = $gw->get('/metrics?format=json');
    die "metrics: $response->{status}\n" if $response->{status} != 200;
    return decode_json($response->{body});
}

my $gw = Apigw::Gateway->new(workers => 1, files => { secret => 'secret' },
    http => <<"END");
    map \$http_x_form \$answer {
        ~^token=active-token '{"active":true,"sub":"bob"}';
        ~^token=broken-token '<html>';
        default              '{"active":false}';
    }
    apigw_authorizer users {
        type jwt; issuer $issuer; audience pets; cooldown 1s; timeout 2s;
    }
    apigw_authorizer nocache {
        type jwt; issuer $issuer; audience pets; cache off;
    }
    apigw_authorizer opaque {
        type introspection; endpoint http://127.0.0.1:%PORT2%/introspect;
        client_id gate; client_secret_file %ROOT%/secret;
    }
    apigw_authorizer custom {
        type lambda; endpoint http://127.0.0.1:%PORT2%; function f;
        mode token;
    }
    apigw_authorizer dead {
        type lambda; endpoint http://127.0.0.1:1; function f; mode token;
    }
    server {
        listen 127.0.0.1:%PORT2%;
        location = /introspect {
            proxy_set_header X-Form \$request_body;
            proxy_pass http://127.0.0.1:%PORT2%/answer;
        }
        location = /answer { return 200 \$answer; }
        location / { return 200 '$policy'; }
    }
    server {
        listen 127.0.0.1:%PORT%;
        location = /metrics { apigw_metrics; }
        apigw_stage s {
            apigw_route "GET /users" { apigw_authorize users; return 200; }
            apigw_route "GET /scoped" {
                apigw_authorize users scopes=write;
                return 200;
            }
            apigw_route "GET /nocache" { apigw_authorize nocache; return 200; }
            apigw_route "GET /opaque" { apigw_authorize opaque; return 200; }
            apigw_route "GET /custom" { apigw_authorize custom; return 200; }
            apigw_route "GET /denied" { apigw_authorize custom; return 200; }
            apigw_route "GET /dead" { apigw_authorize dead; return 200; }
        }
    }
END

$gw->must_start;

is_deeply({ map { $_->{name} => $_->{type} } @{ figures($gw)->{authorizers} } },
    { users => 'jwt', nocache => 'jwt', opaque => 'introspection',
        custom => 'lambda', dead => 'lambda' }, 'all are there from the start');

my $good = token('k1');
my %expected = (200 => 'accepted', 401 => 'refused', 403 => 'refused',
    500 => 'failed');

# route, token, status, what the cache was: 1, 0, or not asked

my @cases = (
    [users => $good, 200, 0], [users => $good, 200, 1],
    [users => $good, 200, 1], [users => undef, 401],
    [users => 'no-token-at-all', 401, 0], [users => unknown(1), 401, 0],
    [users => token('k1', aud => 'x'), 401, 0], [scoped => $good, 403, 1],
    [nocache => $good, 200], [nocache => $good, 200], [nocache => 'xxx', 401],
    [opaque => 'active-token', 200, 0], [opaque => 'active-token', 200, 1],
    [opaque => 'passive-token', 401, 0], [opaque => 'passive-token', 401, 1],
    [opaque => 'broken-token', 500, 0],
    [custom => 'any-token', 200, 0], [custom => 'any-token', 200, 1],
    [denied => 'any-token', 403, 1], [custom => undef, 401],
    [dead => 'any-token', 500, 0], [dead => 'any-token', 500, 0],
);
my %name = (scoped => 'users', denied => 'custom');
my %truth = map { $_ => { accepted => 0, refused => 0, failed => 0, hits => 0,
    misses => 0 } } qw(users nocache opaque custom dead);

for my $case (@cases) {
    my ($route, $token, $status, $hit) = @$case;
    my @headers = defined $token ? (headers => bearer($token)) : ();
    my $name = $name{$route} || $route;
    is($gw->status("/s/$route", @headers), $status, "$route: $status");
    $truth{$name}{ $expected{$status} }++;
    $truth{$name}{ $hit ? 'hits' : 'misses' }++ if defined $hit;
}

my $got = figures($gw);
is_deeply({ map { my $a = $_; $a->{name} => { map { $_ => $a->{$_} }
    qw(accepted refused failed hits misses) } } @{ $got->{authorizers} } },
    \%truth, 'decisions and caches');

my %age = map { $_->{name} => $_->{jwksAge} } @{ $got->{authorizers} };
ok(defined $age{users} && $age{users} >= 0 && $age{users} <= time - $begun + 1,
    'how old the keys are');
is_deeply([@age{qw(opaque custom dead)}], [undef, undef, undef],
    'others have no keys');

Apigw::Gateway::wait_for(5, sub { figures($gw)->{state}{tokens} == 4 });
is(figures($gw)->{state}{tokens}, 4, 'tokens that are remembered');

# Requests that wait

$provider->mode('hang');
my @waiting;
ok(Apigw::Gateway::wait_for(15, sub {
    my $connection = $gw->connect;
    $connection->send(GET => '/s/users', headers => bearer(unknown(2)));
    push @waiting, $connection;
    return Apigw::Gateway::wait_for(2, sub {
        figures($gw)->{state}{parked} > 0;
    });
}), 'requests wait');
ok(Apigw::Gateway::wait_for(10, sub { figures($gw)->{state}{parked} == 0 }),
    'none is left');
is_deeply([$gw->complaints], [], 'nothing bad in the log');
$gw->stop;

# Redis

SKIP: {
    my $redis = Apigw::Redis->new or skip 'no redis-server', 1;

    $gw = Apigw::Gateway->new(workers => 2, http => <<"END");
        apigw_redis @{[ $redis->url ]} timeout=2s;
        apigw_usage_plan gold { quota 100000/day; on_error open; }
        apigw_api_key alice key=alice-key-0123456789abcdef plan=gold;
        server {
            listen 127.0.0.1:%PORT%;
            location = /metrics { apigw_metrics; }
            apigw_usage_plans gold;
            apigw_api_key_required on;
            apigw_stage s { apigw_route "GET /a" { return 200; } }
        }
END
    $gw->must_start;

    my $load = sub {
        return $gw->load(target => '/s/a', connections => 8, requests => $_[0],
            headers => ['X-Api-Key' => 'alice-key-0123456789abcdef']);
    };

    is_deeply($load->(500), { 200 => 500 }, 'leases of Redis');
    my $state;
    ok(Apigw::Gateway::wait_for(10, sub {
        $load->(100);           # which may all have gone to one of them
        $state = figures($gw)->{state}{redis};
        return $state->{up} == 2 && $state->{commands} > 0;
    }), 'both workers are connected, and have asked');
    is($state->{failures}, 0, 'no failure');
    is($state->{breaker}, 0, 'no breaker is open');
    ok($state->{latency}[1] > 0, 'latencies');

    my $commands = $state->{commands};
    $redis->pause;
    ok(Apigw::Gateway::wait_for(20, sub {
        $load->(2000);
        $state = figures($gw)->{state}{redis};
        return $state->{failures} > 0 && $state->{breaker} > 0;
    }), 'Redis hangs: failures, and a breaker that is open');

    $redis->go;
    ok(Apigw::Gateway::wait_for(20, sub {
        $load->(2000);
        $state = figures($gw)->{state}{redis};
        return $state->{up} == 2 && $state->{breaker} == 0
            && $state->{commands} > $commands;
    }), 'it goes on');
    is_deeply([$gw->complaints], [], 'nothing bad in the log');
}

done_testing();
