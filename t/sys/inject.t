# Names, paths, headers and claims with all that could break a line, a label, a
# field or a page: what reports and logs say stays what it is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Token;
use Encode ();
use JSON::PP;
use Test::More;

my $json = JSON::PP->new->utf8;
my $script = '<script>alert(1)</script>';
my $secret = 'secret-of-hmac-0123456789abcdef0123';
my $key = 'alice-key-0123456789abcdef';

# Names as a configuration may have them

my $api = "$script\\n'&{}=x";
my $plan = "gold\\\n# HELP x\n$script\t'{a=\xff\xc3\xa9\xed\xa0\x80\x7f=1+1";
my $second = "=1+1$script\\\xff'{}";
my $authorizer = "u\\n\n$script\x01\xff'{}";
my $route = q(GET /it's,&(x)=@:*!$+/{id});
my $long = 'GET /' . 'l' x 2000;

# in single quotes, as nginx reads it

sub quoted {
    my ($name) = @_;
    return "'" . ($name =~ s/([\\'])/\\$1/gr) . "'";
}

my $gw = Apigw::Gateway->new(workers => 1, log_level => 'info', files => {
    secret => "$secret\n",
    'keys.csv' => qq(Name,key,description,Enabled,usageplanIds,id\n)
        . qq("=1+1 ""$script""",csv-key-0123456789abcdef,"a ""quoted"",",)
        . qq(true,"$second",-1.x\n),
}, http => <<"END");
    include $FindBin::Bin/../../docs/example/logs.conf;
    log_format line escape=json '{"status":\$status,"uri":"\$request_uri",'
        '"path":"\$apigw_path","principal":"\$apigw_principal",'
        '"claim":"\$apigw_claim_sub","agent":"\$http_user_agent",'
        '"error":"\$apigw_error_message","plan":"\$apigw_usage_plan"}';

    apigw_usage_plan @{[ quoted($plan) ]} { quota 100/month; }
    apigw_pricing cheap { currency USD; requests 1; }
    apigw_usage_plan @{[ quoted($second) ]} {
        quota   100/month;
        pricing cheap;
    }
    apigw_api_key alice key=$key id=alice @{[ quoted("plan=$plan") ]};
    apigw_api_keys keys.csv;

    apigw_authorizer @{[ quoted($authorizer) ]} {
        type        jwt;
        issuer      https://id.example.com;
        audience    pets;
        algorithms  HS256;
        secret_file secret;
    }

    server {
        listen 127.0.0.1:%PORT%;
        access_log %ROOT%/logs/access.log line;
        access_log %ROOT%/logs/example.log gateway_json;
        access_log %ROOT%/logs/clf.log gateway_clf;

        apigw_api @{[ quoted($api) ]};

        location = /metrics { apigw_metrics; }
        location = /usage   { apigw_usage; }

        apigw_stage live {
            apigw_usage_plans @{[ quoted($plan), quoted($second) ]};

            apigw_route @{[ quoted($route) ]} { return 204; }
            apigw_route "$long" { return 204; }
            apigw_route "ANY /any/{proxy+}" { return 204; }

            apigw_route "GET /own" {
                apigw_authorize @{[ quoted($authorizer) ]};
                return 204;
            }

            apigw_route "GET /keyed" {
                apigw_api_key_required on;
                return 204;
            }
        }
    }
END

$gw->must_start;

# What clients send

sub bearer {
    my (%claims) = @_;
    return (Authorization => 'Bearer ' . Apigw::Token::secret('HS256',
        $secret, Apigw::Token::claims(%claims)));
}

my @agents = ("\"}\n" =~ s/\n//r, "$script\\", "\xff\xfe", "a\tb", "\\u0000",
    'x' x 4000, '=1+1', '{"status":200}');

my @paths = (
    "/live/any/\"quoted\"", '/live/any/%22%0a', '/live/any/%22%5c',
    "/live/any/$script", "/live/any/%3Cscript%3E", "/live/any/\\",
    "/live/any/\xff\xc3", '/live/any/' . 'y' x 6000, "/live/any/'{}=,;",
    "/live/any/x?a=\"}\\&b=$script\xff", '/live/nothing"\\', "/nostage\"$script",
    '/live/keyed?"', '/live/it%27s,&(x)=@:*!$+/7', q(/live/it's,&(x)=@:*!$+/"),
);

my $sent = 0;

for my $path (@paths) {
    $gw->get($path, headers => ['User-Agent' => $agents[$sent++ % @agents]]);
}

for my $sub (@agents, "a\nb\r\n\x00\x{e9}", "\x{1F600}", $script) {
    $gw->get('/live/own', headers => [bearer(sub => $sub)]);
    $sent++;
}

for my $token ('x', '"', "$script.$script.$script", "\xff") {
    $gw->get('/live/own', headers => [Authorization => "Bearer $token"]);
    $sent++;
}

for my $key ($key, 'csv-key-0123456789abcdef', "\"$script", "\\", "\xff") {
    $gw->get('/live/keyed', headers => ['X-Api-Key' => $key]);
    $sent++;
}

is($gw->status(substr($long, 4) =~ s{^}{/live}r), 204, 'a long route');
$sent++;

# As reports show a name: what is no UTF-8 is U+FFFD, and so are control
# characters where they cannot be escaped

sub shown {
    my ($name, $controls) = @_;
    my $text = Encode::decode('UTF-8', $name, Encode::FB_DEFAULT);
    $text =~ s/[\x00-\x09\x0b-\x1f\x7f]/\x{fffd}/g if $controls;
    return $text =~ s/\x{fffd}+/\x{fffd}/gr;
}

sub same {
    my ($got, $name, $what, $controls) = @_;
    is($got =~ s/\x{fffd}+/\x{fffd}/gr, shown($name, $controls), $what);
}

# The expositions, line by line

for my $format ('text', 'openmetrics') {
    my $answer = $gw->get("/metrics?format=$format");
    my $text = eval { Encode::decode('UTF-8', $answer->{body},
        Encode::FB_CROAK) };

    is($answer->{status}, 200, "$format: an answer");
    ok(defined $text, "$format: it is UTF-8");
    $text //= '';

    my $label = qr/[a-z_]+="((?:[^"\\\n]|\\[\\n"])*)"/;
    my (@bad, %value);

    unlike($text, qr/[^\n\x20-\x7e\xa0-\x{10ffff}]/,
        "$format: no control characters");

    for my $line (split /\n/, $text) {
        next if $line =~ /^# (?:HELP|TYPE|UNIT) apigw_\w+ \S/;
        next if $line eq '# EOF' && $format eq 'openmetrics';

        if ($line !~ /^apigw_\w+(?:\{$label(?:,$label)*\})? [-+.\w]+$/) {
            push @bad, $line;
            next;
        }

        while ($line =~ /[{,]([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"/g) {
            my ($name, $value) = ($1, $2);
            $value =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ge;
            $value{$name}{$value} = 1;
        }
    }

    is_deeply(\@bad, [], "$format: each line is one of ours");
    like($text, qr/^# EOF\n\z/m, "$format: it ends as it should")
        if $format eq 'openmetrics';

    for my $label (['api', $api], ['plan', $second, $plan],
        ['authorizer', $authorizer])
    {
        my ($name, @hostile) = @$label;
        my @values = sort keys %{ $value{$name} };
        is(scalar(@values), scalar(@hostile), "$format: label \"$name\"");
        same($values[$_] // '', $hostile[$_], "$format: it is whole", 1)
            for 0 .. $#hostile;
    }

    ok($value{route}{$_}, "$format: the route " . substr $_, 0, 40)
        for $route, $long, 'ANY /any/{proxy+}', 'GET /own';
    is(scalar(keys %{ $value{route} }), 5,
        "$format: clients have made no series");
}

# JSON

my $answer = $gw->get('/metrics?format=json');
my $report = eval { $json->decode($answer->{body}) };

is($@, '', 'JSON: it can be read');
is($answer->{headers}{'content-type'}, 'application/json', 'JSON: its type');
is($answer->{headers}{'x-content-type-options'}, 'nosniff',
    'JSON: it is nothing else');
same($report->{stages}[0]{api}, $api, 'JSON: the API');
same($report->{plans}[0]{plan}, $plan, 'JSON: a plan');
same($report->{plans}[1]{plan}, $second, 'JSON: the other one');
same($report->{authorizers}[0]{name}, $authorizer, 'JSON: the authorizer');
is_deeply([sort map { $_->{route} } @{ $report->{routes} }],
    [sort $route, $long, 'ANY /any/{proxy+}', 'GET /own', 'GET /keyed'],
    'JSON: the routes');
is_deeply([sort map { $_->{id} } @{ $report->{consumers} }],
    ['-1.x', 'alice'], 'JSON: the consumers');

# Usage

# RFC 4180: a quote in quotes is doubled

sub rows {
    my ($csv) = @_;
    my (@rows, @row);

    while ($csv =~ /\G(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n)/gc) {
        push @row, defined $1 ? $1 =~ s/""/"/gr : $2;
        push @rows, [splice @row] if $3 ne ',';
    }

    return (pos($csv) // 0) == length $csv ? @rows : ();
}

my $days = 'startDate=2026-01-01&endDate=2026-01-02';

sub encoded { return $_[0] =~ s/([^\w.-])/sprintf '%%%02X', ord $1/ger }

my $target = '/usage?plan=' . encoded($second) . "&$days";
my $used = eval { $json->decode($gw->get($target)->{body}) };

is($@, '', 'usage: the JSON can be read');
same($used->{usagePlanId} // '', $second, 'usage: the plan');
is_deeply([keys %{ $used->{values} || {} }], ['-1.x'], 'usage: its key');

my @rows = rows($gw->get("$target&format=csv")->{body});

is(scalar(@rows), 3, 'usage: the CSV can be read');
is_deeply([map { scalar @$_ } @rows], [(5) x 3], 'usage: its columns');
is($rows[1][0], "'$second", 'usage: the plan in it, no formula');
is($rows[1][1], "'-1.x", 'usage: nor is the key');

# What has to be paid

my ($month, $year) = (gmtime)[4, 5];

$target = sprintf '/usage?plan=%s&month=%04d-%02d', encoded($second),
    $year + 1900, $month + 1;

my $bill = eval { $json->decode($gw->get($target)->{body}) };

is($@, '', 'a statement: the JSON can be read');
same($bill->{usagePlanId} // '', $second, 'a statement: the plan');
is($bill->{items}[0]{keyId}, '-1.x', 'a statement: the key');

@rows = rows($gw->get("$target&format=csv")->{body});

cmp_ok(scalar(@rows), '>=', 4, 'a statement: the CSV can be read');
is_deeply([grep { @$_ != @{ $rows[0] } } @rows], [],
    'a statement: its columns');
is_deeply([grep { $_->[0] ne "'$second" } @rows[1 .. $#rows]], [],
    'a statement: the plan in it, no formula');

for my $bad (encoded($plan), "%22%5C%0A", "x'$script", '%00', "\xff\"") {
    my $refused = $gw->get("/usage?plan=$bad&$days");
    my $why = eval { $json->decode($refused->{body}) };
    like($refused->{status}, qr/^40[04]$/, 'usage: an unknown plan');
    is(ref $why && (keys %$why)[0], 'message', 'usage: says so in JSON');
    unlike($refused->{body}, qr/script/, 'usage: and not what was asked');
}

# The access log: a line is an object, for each request.  nginx leaves bytes
# that are no UTF-8 as they are.

Apigw::Gateway::wait_for(5,
    sub { $gw->read('logs/access.log') =~ tr/\n// >= $sent });

my $byte = JSON::PP->new;

sub objects {
    my ($file) = @_;
    my @lines = split /\n/, $gw->read("logs/$file.log");
    my @objects = map { eval { $byte->decode($_) } || () } @lines;

    is(scalar(@objects), scalar(@lines), "$file: each line is an object")
        or diag(grep { !eval { $byte->decode($_) } } @lines);
    return @objects;
}

my @objects = grep { $_->{uri} !~ m{^/(?:metrics|usage)} }
    objects('access');

is(scalar(@objects), $sent, 'log: one for each request');
is_deeply([grep { keys %$_ != 8 } @objects], [], 'log: of eight members');
ok((grep { $_->{plan} eq $plan } @objects), 'log: the plan');
ok((grep { $_->{claim} eq $script } @objects), 'log: a claim');

my @example = objects('example');
my $members = join ' ', sort keys %{ $example[0] };

is_deeply([grep { join(' ', sort keys %$_) ne $members } @example], [],
    'the format of the docs: always the same members');
ok((grep { $_->{usagePlan} eq $plan } @example), 'and the plan');
unlike(join("\n", map { $_->{path} } @example), qr/[^\n\x21-\x7e]/,
    'paths that were matched are plain');

my $clf = $gw->read('logs/clf.log');
my $line = qr/^127\.0\.0\.1 - - \[[^]"]*\]"[^"]*" \d{3} \d+ \S+ \S+$/m;

unlike($clf, qr/[^\n\x20-\x7e]/, 'the common format is plain, too');
is(scalar(() = $clf =~ /$line/g), scalar(@example),
    'and each line has its fields');

is_deeply([$gw->complaints], [], 'nothing bad in the error log');
unlike($gw->log(0) =~ s/\Q$authorizer//gr, qr/[\x00-\x09\x0b-\x1f]/,
    'nor control characters of clients');

done_testing();
