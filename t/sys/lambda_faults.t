# A function's server that fails: what clients of REST and HTTP APIs get, and
# that the next request is right, on the same connection of the client and of
# the upstream.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Invoke;
use Test::More;
use Time::HiRes qw(sleep time);

my $slow = Apigw::Gateway::slow_factor();
my $timeout = 1000 * $slow;
my $max = 6291456;

my $nonce = 0;
my $ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

# what clients get: status, body, x-amzn-ErrorType (of REST APIs), reason

my %failure = (
    rest => [504, '{"message":"Network error communicating with endpoint"}'],
    http => [500, '{"message":"Internal Server Error"}'],
);
my %timed_out = (
    rest => [504, '{"message":"Endpoint request timed out"}'],
    http => [503, '{"message":"Service Unavailable"}'],
);
my %refused = (
    rest => [500, '{"message":"Internal server error"}'],
    http => [500, '{"message":"Internal Server Error"}'],
);
my %malformed = (
    rest => [502, '{"message":"Internal server error"}'],
    http => [500, '{"message":"Internal Server Error"}'],
);

# what a function returns, as a text of JSON, in an answer without faults

sub returns {
    my ($text) = @_;
    return sub { Apigw::Invoke::response($text) };
}

sub status {
    my ($status) = @_;
    return returns(qq({"statusCode":$status,"body":"x"}));
}

sub good { return Apigw::Invoke::good(@_) }

sub good_body { return Apigw::Invoke::result("good $_[0]{nonce}") }

# a good answer, changed

sub changed {
    my ($code) = @_;
    return sub {
        local $_ = good(@_);
        $code->();
        return $_;
    };
}

# name, outcome, code; keep: the connection to the server is good for another
# call; an outcome of one status is a good answer

my @faults = (
    # connections
    [close      => \%failure, sub { ['close'] }],
    [reset      => \%failure, sub { ['reset'] }],
    [cut_line   => \%failure, sub { ('HTTP/1.1 2', ['close']) }],
    [cut_head   => \%failure, sub { ("${ok}Content-Le", ['close']) }],
    [cut_body   => \%failure, sub { (substr(good(@_), 0, -5), ['close']) }],
    [reset_body => \%failure, sub { (substr(good(@_), 0, -5), ['reset']) }],
    [cut_chunk  => \%failure, sub {
        (substr(Apigw::Invoke::chunked(good_body(@_), 20), 0, 150), ['close'])
    }],
    [cut_last   => \%failure, sub {
        (substr(Apigw::Invoke::chunked(good_body(@_), 20), 0, -5), ['close'])
    }],
    [no_length  => \%failure, sub { ("$ok\r\n" . good_body(@_), ['close']) }],

    # time
    [hang       => \%timed_out, sub { () }],
    [hang_head  => \%timed_out, sub { ("${ok}Content-Le") }],
    [hang_body  => \%timed_out, sub { (substr(good(@_), 0, -5)) }],
    [drip       => \%timed_out, sub {
        [text => good(@_), 1, $timeout / 1000 / 20]
    }],

    # HTTP
    [garbage    => \%failure, sub { "\x16\x03\x01\x02 this is not HTTP\r\n\r\n" }],
    [head_5m    => \%failure, sub {
        ("$ok" . ('X-More: ' . 'x' x 990 . "\r\n") x 5000
            . "Content-Length: 2\r\n\r\n{}")
    }],
    [line_5m    => \%failure, sub { "${ok}X-More: " . 'x' x 5_000_000 }],
    [length_abc => \%failure,
        changed(sub { s/Content-Length: \d+/Content-Length: abc/ })],
    [length_neg => \%failure,
        changed(sub { s/Content-Length: /Content-Length: -/ })],
    [length_big => \%failure,
        changed(sub { s/Content-Length: /Content-Length: 9999999999999999999/ })],
    [length_two => \%failure,
        changed(sub { s/(Content-Length: )/${1}1\r\n$1/ })],
    [both       => \%failure,
        changed(sub { s/(Content-Length: )/Transfer-Encoding: chunked\r\n$1/ })],
    [coding     => \%failure, sub {
        "${ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    }],
    [chunk_bad  => \%failure,
        sub { "${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n" }],
    [chunk_big  => \%failure, sub {
        "${ok}Transfer-Encoding: chunked\r\n\r\n" . 'f' x 20 . "\r\n{}\r\n"
    }],
    [interims   => \%failure,
        sub { ("HTTP/1.1 103 Early Hints\r\n\r\n") x 9, good(@_) }],
    [switching  => \%failure,
        sub { "HTTP/1.1 101 Switching Protocols\r\n\r\n" . good(@_) }],

    # an answer that ends before what was sent, and what is behind it
    [length_low => \%malformed,
        changed(sub { s/Content-Length: \K\d+/40/ })],
    [behind     => 200, sub { good(@_) . 'rubbish' }],
    [two        => 200, sub {
        good(@_) . Apigw::Invoke::response(Apigw::Invoke::result('second'))
    }],
    [later      => 200, sub {
        (good(@_), [wait => 0.1],
            Apigw::Invoke::response(Apigw::Invoke::result('second')))
    }, pause => 0.3 * $slow],

    # not faults at all
    [interim    => 200, sub { "HTTP/1.1 100 Continue\r\n\r\n" . good(@_) },
        keep => 1],
    [bytes      => 200, sub { [text => good(@_), 1, 0.001] }, keep => 1],
    [chunks     => 200, sub { Apigw::Invoke::chunked(good_body(@_), 1) },
        keep => 1],
    [chunks_cut => 200, sub {
        [text => Apigw::Invoke::chunked(good_body(@_), 7), 1, 0.0005]
    }, keep => 1],
    [trailer    => 200, sub {
        Apigw::Invoke::chunked(good_body(@_), 7) =~ s/\r\n\z/X-T: 1\r\n\r\n/r
    }, keep => 1],
    [old        => 200, sub {
        (good(@_) =~ s/HTTP\/1.1/HTTP\/1.0/r, ['close'])
    }],
    [says_close => 200, sub {
        (good(@_) =~ s/(Content-Type)/Connection: close\r\n$1/r, ['close'])
    }],
    [largest    => 200, sub {
        my $body = good_body(@_);
        Apigw::Invoke::response($body . ' ' x ($max - length $body))
    }, keep => 1],

    # of the Invoke API
    (map {
        my ($name, $status) = @$_;
        [$name => \%refused, sub {
            Apigw::Invoke::response('{"Message":"secret-reason"}',
                status => $status)
        }, keep => 1]
    } [api_202 => '202 Accepted'], [api_302 => '302 Found'],
        [api_400 => '400 Bad Request'], [api_403 => '403 Forbidden'],
        [api_404 => '404 Not Found'], [api_429 => '429 Too Many Requests'],
        [api_500 => '500 Internal Server Error'],
        [api_503 => '503 Service Unavailable']),
    [api_204    => \%refused, sub { "HTTP/1.1 204 No Content\r\n\r\n" },
        keep => 1],
    [api_304    => \%refused, sub { "HTTP/1.1 304 Not Modified\r\n\r\n" },
        keep => 1],

    # of functions
    [error      => \%malformed, sub {
        Apigw::Invoke::response('{"errorMessage":"secret-reason",'
            . '"errorType":"TypeError","trace":[]}',
            headers => ['X-Amz-Function-Error' => 'Unhandled'])
    }, keep => 1],
    [error_good => \%malformed, sub {
        Apigw::Invoke::response(good_body(@_),
            headers => ['X-Amz-Function-Error' => 'Handled'])
    }, keep => 1],
    [empty      => \%malformed, returns(''), keep => 1],
    [text       => \%malformed, returns('good morning'), keep => 1],
    [html       => \%malformed, returns('<!DOCTYPE html><p>Hello'), keep => 1],
    [half       => \%malformed, returns('{"statusCode":200,"body":"x'),
        keep => 1],
    [more       => \%malformed, returns('{"statusCode":200} {}'), keep => 1],
    [deep       => \%malformed, returns('[' x 100_000 . ']' x 100_000),
        keep => 1],
    [deep_body  => \%malformed,
        returns('{"statusCode":200,"body":' . '{"a":' x 100_000 . '1'
            . '}' x 100_000 . '}'), keep => 1],
    [twice      => \%malformed,
        returns('{"statusCode":200,"statusCode":200,"body":"x"}'), keep => 1],
    [latin      => \%malformed, returns("{\"statusCode\":200,\"body\":\"\xe9\"}"),
        keep => 1],
    [huge       => \%malformed, sub {
        my $body = good_body(@_);
        Apigw::Invoke::response($body . ' ' x ($max + 1 - length $body))
    }],
    [huge_chunk => \%malformed, sub {
        Apigw::Invoke::chunked(good_body(@_) . ' ' x $max, 30_000)
    }],
    [endless    => \%malformed, sub {
        ("${ok}Transfer-Encoding: chunked\r\n\r\n",
            map { "40000\r\n" . ' ' x 0x40000 . "\r\n" } 1 .. 60)
    }],

    (map { ["status_$_->[0]" => \%malformed, status($_->[1]), keep => 1] }
        [99 => 99], [100 => 100], [101 => 101], [199 => 199], [600 => 600],
        [1e3 => '1e3'], [real => '200.5'], [true => 'true'],
        [words => '"abc"'], [short => '"99"'], [none => '""'],
        [minus => '-200'], [array => '[200]'], [large => '1' . '0' x 30]),
    [status_null => { rest => [200, 'x'], http => $malformed{http} },
        status('null'), keep => 1],
    [status_200 => [200, 'x'], status('"200"'), keep => 1],
    [status_599 => [599, 'x'], status(599), keep => 1],
    [status_404 => [404, 'x'], status(404), keep => 1],
    [status_204 => [204, ''], status(204), keep => 1],
    [status_304 => [304, ''], status(304), keep => 1],

    [crlf_value => \%malformed,
        returns('{"statusCode":200,"headers":{"X-A":"b\r\nX-Evil: 1"}}'),
        keep => 1],
    [crlf_name  => \%malformed,
        returns('{"statusCode":200,"headers":{"X-A\r\nX-Evil":"1"}}'),
        keep => 1],
    [crlf_many  => { http => [200, ''], rest => $malformed{rest} },
        returns('{"statusCode":200,"multiValueHeaders":'
            . '{"X-A":["b\r\nX-Evil: 1"]}}'), keep => 1],
    [blank_name => \%malformed,
        returns('{"statusCode":200,"headers":{"X A":"1"}}'), keep => 1],
    [colon_name => \%malformed,
        returns('{"statusCode":200,"headers":{"X-A:":"1"}}'), keep => 1],
    [empty_name => \%malformed,
        returns('{"statusCode":200,"headers":{"":"1"}}'), keep => 1],
    [header_obj => \%malformed,
        returns('{"statusCode":200,"headers":{"X-A":{}}}'), keep => 1],
    [not_base64 => { http => $malformed{http}, rest => [200, 'a b*'] },
        returns('{"statusCode":200,"body":"a b*","isBase64Encoded":true}'),
        keep => 1],

    # what would end an answer elsewhere than it ends
    [own_length => [200, 'xxxxx'],
        returns('{"statusCode":200,"headers":{"Content-Length":"3"},'
            . '"body":"xxxxx"}'), keep => 1],
    [own_coding => [200, 'xxxxx'],
        returns('{"statusCode":200,"headers":{"Transfer-Encoding":"chunked"},'
            . '"body":"xxxxx"}'), keep => 1],
    [own_close  => [200, 'xxxxx'],
        returns('{"statusCode":200,"headers":{"Connection":"close"},'
            . '"body":"xxxxx"}'), keep => 1],
    [own_accel  => [200, 'xxxxx'],
        returns('{"statusCode":200,"headers":{"X-Accel-Redirect":"/inside"},'
            . '"body":"xxxxx"}'), keep => 1],
);

my $lambda = Apigw::Invoke->new(answers => { map { @$_[0, 2] } @faults })
    ->start;
my $port = $lambda->port;
my $dead = Apigw::Gateway::free_port();

my $gw = Apigw::Gateway->new(http => <<"END");
    upstream functions {
        server    127.0.0.1:$port;
        keepalive 1;
    }
    upstream half {
        server 127.0.0.1:$dead max_fails=0;
        server 127.0.0.1:$port max_fails=0;
    }
    server {
        listen 127.0.0.1:%PORT%;
        location = /inside { return 200 inside; }

        apigw_stage rest {
            apigw_route "GET /x/{mode}/{nonce}" {
                apigw_lambda http://functions function=f timeout=${timeout}ms;
            }
            apigw_route "GET /half/{mode}/{nonce}" {
                apigw_lambda http://half function=f timeout=${timeout}ms;
            }
            apigw_route "GET /dead" {
                apigw_lambda http://127.0.0.1:$dead function=f;
            }
            apigw_route "GET /plain" { return 200 plain; }
        }
        apigw_stage http {
            apigw_api_type http;
            apigw_route "GET /x/{mode}/{nonce}" {
                apigw_lambda http://functions function=f timeout=${timeout}ms;
            }
            apigw_route "GET /dead" {
                apigw_lambda http://127.0.0.1:$dead function=f;
            }
            apigw_route "GET /calm/{mode}/{nonce}" {
                apigw_lambda http://functions function=f timeout=60s;
            }
        }
    }
END

# The answer to one request, what was called for it, and how.

sub ask {
    my ($client, $target) = @_;
    $nonce++;
    $client->send('GET', "$target/n$nonce");
    my $answer = eval { $client->receive('GET') } || { error => $@ };
    my @calls = grep { $_->{nonce} eq "n$nonce" } $lambda->calls;
    return ($answer, \@calls);
}

sub told { join ' ', map { $_ // '-' } @{ $_[0] }{qw(status body)} }

sub fault {
    my ($stage, $name, $outcome, undef, %opt) = @_;
    my $client = $gw->connect(timeout => 10);

    my (undef, $before) = ask($client, "/$stage/x/good");
    my $begin = time;
    my ($answer, $calls) = ask($client, "/$stage/x/$name");
    my $took = time - $begin;

    my $expected = ref $outcome eq 'HASH' ? $outcome->{$stage} : $outcome;
    $expected = [200, "good n$nonce"] if !ref $expected;

    is(told($answer), "@$expected", "$stage, $name");
    note($answer->{error}) if $answer->{error};

    my $type = $answer->{headers}{'x-amzn-errortype'} // '';
    is($type, $stage eq 'rest' && ref $outcome eq 'HASH'
        && $expected->[0] >= 500 ? 'InternalServerErrorException' : '',
        '... its type');
    unlike($answer->{head} // '', qr/evil|secret/i, '... no header of it');

    is(@$calls, 1, '... one call');
    is($calls->[0]{connection}, $before->[0]{connection},
        '... on the connection that was kept');

    cmp_ok($took, '>', $timeout / 1000 - 0.1, '... the deadline is waited for')
        if $outcome eq \%timed_out;
    cmp_ok($took, '<', $timeout / 1000 + 1.5 * $slow, '... and not for longer')
        if $outcome eq \%timed_out;

    # the connection of the client, where it is still there

    my $kept = ($answer->{headers}{connection} // 'close') ne 'close';
    ok($kept, '... the client is kept');
    $client = $gw->connect if !$kept;

    sleep $opt{pause} if $opt{pause};

    my ($next, $after) = ask($client, "/$stage/x/good");
    is(told($next), "200 good n$nonce", '... the next request');

    is($after->[0]{connection} == $before->[0]{connection} ? 1 : 0,
        $opt{keep} || 0, '... its connection');
}

$gw->must_start;
my ($worker) = $gw->workers;

for my $stage (qw(rest http)) {
    fault($stage, @$_) for @faults;

    my $answer = $gw->get("/$stage/dead");
    is(told($answer), "@{ $failure{$stage} }", "$stage, nobody listens");
}

# all of them at once

my @clients;

for my $fault (@faults) {
    my ($name, $outcome, undef, %opt) = @$fault;
    next if $outcome eq \%timed_out || $opt{pause};

    my $client = $gw->connect(timeout => 60);
    my $expected = ref $outcome eq 'HASH' ? $outcome->{http} : $outcome;
    $nonce++;
    $expected = [200, "good n$nonce"] if !ref $expected;
    $client->send('GET', "/http/calm/$name/n$nonce");
    push @clients, [$client, $name, "@$expected"];
}

for (@clients) {
    my ($client, $name, $expected) = @$_;
    my $answer = eval { $client->receive('GET') };
    is(told($answer || {}), $expected, "at once: $name");
}

# clients that leave

for my $name (qw(hang drip chunks_cut)) {
    my $client = $gw->connect;
    my $before = $lambda->calls($name);
    $nonce++;
    $client->send('GET', "/rest/x/$name/n$nonce");
    ok(Apigw::Gateway::wait_for(5, sub { $lambda->calls($name) > $before }),
        "a client that leaves: $name");
    $client->close;
}

my ($left) = ask($gw->connect, '/rest/x/good');
is(told($left), "200 good n$nonce", 'the next one');

# another server of the upstream: where nothing was sent, and not later

for my $i (1 .. 4) {
    my ($answer, $calls) = ask($gw->connect, '/rest/half/good');
    is(told($answer), "200 good n$nonce", "one of two servers is dead, $i");
}

for my $name (qw(close reset cut_head)) {
    my ($answer, $calls) = ask($gw->connect, "/rest/half/$name");
    is($answer->{status}, 504, "a call that was sent, $name");
    is(@$calls, 1, '... is never sent again');
}

# the end

is($gw->get('/rest/plain')->{body}, 'plain', 'the gateway lives');
is_deeply([$gw->workers], [$worker], 'in the same process');
is_deeply([$gw->complaints], [], 'nothing bad in the log');
unlike($gw->log(0), qr/worker process \d+ exited on signal/, 'no crash');

my $log = $gw->log(0);
like($log, qr/\[error\].*\bf\b/, 'failures are in the log');

done_testing();
