# Bodies on their way to a function and back, byte by byte: of all sizes, in
# memory and in a file, text and not, cut anywhere.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Gateway;
use Apigw::Invoke;
use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(sleep);

my $max = 6291456;

# what reached the function, and the same sent back

sub told {
    my ($call) = @_;
    my ($body, $base64) = Apigw::Invoke::body($call);
    my ($length) = ${ $call->{event} } =~ /"content-length":"(\d+)"/i;
    my $report = join ' ', $base64, defined $body
        ? (length $body, sha256_hex($body)) : 'none';

    return ($body, $base64, $report);
}

sub back {
    my ($call) = @_;
    my ($body, $base64, $report) = told($call);
    $body //= '';

    # what a function of Python writes, which is ASCII, or UTF-8
    my $text = $base64 eq 'true' ? encode_base64($body, '') : $body;
    $text =~ s/(["\\])/\\$1/g;
    $text =~ s/([\x00-\x1f])/sprintf '\\u%04x', ord $1/ge;

    return Apigw::Invoke::response(qq({"statusCode":200,"headers":{)
        . qq("content-type":"application/octet-stream","x-told":"$report",)
        . qq("x-event":"$call->{length}"},"isBase64Encoded":$base64,)
        . qq("body":"$text"}));
}

sub report {
    my ($call) = @_;
    my ($body, $base64, $report) = told($call);
    return Apigw::Invoke::response(qq({"statusCode":200,"headers":{)
        . qq("x-told":"$report","x-event":"$call->{length}"}}));
}

# as many bytes as wanted, in base64 in the answer

sub make {
    my ($call) = @_;
    my ($n) = $call->{nonce} =~ /^(\d+)/;
    my $body = bytes($n);
    return Apigw::Invoke::response('{"statusCode":200,"isBase64Encoded":true,'
        . '"headers":{"x-sum":"' . sha256_hex($body) . '"},"body":"'
        . encode_base64($body, '') . '"}');
}

my $lambda = Apigw::Invoke->new(answers => {
    back => \&back, report => \&report, make => \&make,
})->start;
my $port = $lambda->port;

my @stages = (
    [small  => 'client_body_buffer_size 1k;'],
    [usual  => ''],
    [memory => 'client_body_buffer_size 8m;'],
    [file   => 'client_body_in_file_only clean;'],
    [single => 'client_body_in_single_buffer on; client_body_buffer_size 64k;'],
);

my $config = join '', map {
    my ($name, $more) = @$_;
    map { <<"END" } qw(rest http);
        apigw_stage $_-$name {
            apigw_api_type $_;
            client_max_body_size 10m;
            $more
            apigw_route "POST /x/{mode}/{nonce}" {
                apigw_lambda http://functions function=f;
            }
        }
END
} @stages;

my $gw = Apigw::Gateway->new(http => <<"END");
    upstream functions {
        server    127.0.0.1:$port;
        keepalive 4;
    }
    server {
        listen 127.0.0.1:%PORT%;
        apigw_binary_media_types image/* application/octet-stream;
$config
        apigw_stage rest-limit {
            client_max_body_size 1m;
            apigw_route "POST /x/{mode}/{nonce}" {
                apigw_lambda http://functions function=f;
            }
        }
        apigw_stage http-limit {
            apigw_api_type http;
            client_max_body_size 1m;
            apigw_route "POST /x/{mode}/{nonce}" {
                apigw_lambda http://functions function=f;
            }
        }
    }
END

# all bytes there are, in no order

my $noise;

sub bytes {
    my ($n) = @_;
    $noise //= pack 'C*', map { ($_ * 7919 + ($_ >> 8) * 31 + ($_ >> 15)) & 255 }
        1 .. 65_537;
    return substr $noise x (1 + $n / length $noise), 0, $n;
}

# text with characters of 1 to 4 bytes, and all that JSON escapes

sub text {
    my ($n, $from) = @_;
    my $some = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\\/\b\f\n\r\t\x01\x1f\x7f"
        . "\xe2\x80\xa8\xef\xbf\xbd\xf4\x8f\xbf\xbfz";
    my $text = substr +('x' x ($from || 0)) . $some x (1 + $n / length $some),
        0, $n;
    utf8::decode(my $copy = $text) or $text =~ s/[\xc0-\xff][\x80-\xbf]*\z//;
    return $text . '~' x ($n - length $text);
}

my $id = 0;

sub post {
    my ($stage, $mode, $type, $body, %opt) = @_;
    $id++;
    my $client = $gw->connect(timeout => 30);
    my @headers = ('Content-Type' => $type, Accept => $opt{accept} // $type,
        Connection => 'close');

    if ($opt{chunks}) {
        $client->send('POST', "/$stage/x/$mode/n$id",
            headers => [@headers, 'Transfer-Encoding' => 'chunked']);
        $client->write(join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
            unpack "(a$opt{chunks})*", $body) . "0\r\n\r\n");

    } elsif ($opt{cut}) {
        $client->send('POST', "/$stage/x/$mode/n$id",
            headers => [@headers, 'Content-Length' => length $body]);
        my $from = 0;
        for my $to (@{ $opt{cut} }, length $body) {
            $client->write(substr $body, $from, $to - $from);
            $from = $to;
            sleep 0.02 if $to < length $body;
        }

    } else {
        $client->send('POST', "/$stage/x/$mode/n$id", headers => \@headers,
            body => $body);
    }

    return eval { $client->receive('POST') } || { status => $@, body => '',
        headers => {} };
}

# there and back

sub same {
    my ($what, $stage, $type, $body, $base64, %opt) = @_;
    my $answer = post($stage, 'back', $type, $body, %opt);
    my $report = join ' ', length $body ? $base64 : 'false', length $body
        ? (length $body, sha256_hex($body)) : 'none';

    is("$answer->{status} " . ($answer->{headers}{'x-told'} // ''),
        "200 $report", "$stage, $what");
    ok($answer->{body} eq $body, '... and back') or note(length $answer->{body});
}

$gw->must_start;

my $binary = 'application/octet-stream';
my $plain = 'text/plain; charset=utf-8';

for my $api (qw(rest http)) {
    for my $size (0, 1, 2, 3, 1023, 1024, 1025, 16 * 1024, 1024 * 1024) {
        for my $stage (map { $_->[0] } @stages) {
            next if $size > 100_000 && $stage eq 'small';
            same("$size bytes", "$api-$stage", $binary, bytes($size), 'true');
            same("$size bytes of text", "$api-$stage", $plain, text($size),
                'false');
        }
    }

    for my $stage (qw(usual memory file)) {
        same('4.5M', "$api-$stage", $binary, bytes(4_500_000), 'true');
    }

    same('4.5M of text', "$api-usual", $plain, 'xyz' x 1_500_000, 'false');

    # characters that are cut anywhere

    for my $from (0 .. 3) {
        for my $size (1000, 5000, 70_000) {
            same("text from $from", "$api-small", $plain, text($size, $from),
                'false');
            same("text from $from", "$api-file", $plain, text($size, $from),
                'false');
        }
    }

    my $smile = "\xf0\x9f\x98\x80" x 100;
    for my $cut (1 .. 9) {
        same("cut behind $cut", "$api-$_", $plain, $smile, 'false',
            cut => [$cut, $cut + 1, $cut + 30]) for qw(usual single);
    }

    # chunks of the client

    same('in chunks', "$api-usual", $binary, bytes(100_000), 'true',
        chunks => 4_001);
    same('text in chunks', "$api-small", $plain, text(10_000), 'false',
        chunks => 7);

    # what is no UTF-8 is not lost

    my @bad = ("\xff", "a\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc0\x80",
        "\xed\xa0\x80", "\xf4\x90\x80\x80", 'x' x 1023 . "\xe2",
        'x' x 65_535 . "\xc3");
    for my $i (0 .. $#bad) {
        same("not UTF-8, $i", "$api-$_", $plain, $bad[$i], 'true',
            accept => $binary) for qw(small usual file);
    }
}

# a type that is none of the binary ones

same('JSON', "$_-usual", 'application/json', '{"a":"\u00e9"}', 'false')
    for qw(rest http);
same('a picture', "$_-usual", 'image/png', "\x89PNG\r\n", 'true')
    for qw(rest http);
same('text that is said to be a picture', "$_-usual", 'image/png', 'hello',
    'true') for qw(rest http);
same('a form', 'rest-usual', 'application/x-www-form-urlencoded', 'a=1&b=2',
    'false');
same('a form', 'http-usual', 'application/x-www-form-urlencoded', 'a=1&b=2',
    'true');

# REST: base64 is decoded for those who accept it first

{
    my $answer = post('rest-usual', 'back', $binary, "\x00\xff",
        accept => 'text/plain');
    is($answer->{body}, 'AP8=', 'REST, not for who wants text');
    $answer = post('rest-usual', 'back', $binary, "\x00\xff",
        accept => 'image/webp, text/plain');
    is($answer->{body}, "\x00\xff", 'for who wants a picture first');
    $answer = post('rest-usual', 'back', $binary, "\x00\xff",
        accept => 'text/plain, image/webp');
    is($answer->{body}, 'AP8=', 'not second');
    $answer = post('http-usual', 'back', $binary, "\x00\xff",
        accept => 'text/plain');
    is($answer->{body}, "\x00\xff", 'HTTP APIs always decode it');
}

# limits

for my $api (qw(rest http)) {
    my $type = $api eq 'rest' ? 'RequestTooLargeException' : '';

    for my $size (1024 * 1024, 1024 * 1024 + 1, 3_000_000) {
        my $answer = post("$api-limit", 'report', $plain, 'x' x $size);
        is($answer->{status}, $size > 1024 * 1024 ? 413 : 200,
            "$api, client_max_body_size, $size");
    }

    # an event of 6 MB, and a byte more

    my $some = 6_200_000;
    my $answer = post("$api-usual", 'report', $plain, 'x' x $some);
    my $most = $some + $max - $answer->{headers}{'x-event'};

    # ids of requests have as many digits as before
    $id = 10 ** length($id) - 10 if length($id + 5) > length $id;

    for my $more (0, 1) {
        my $count = () = $lambda->calls;
        $answer = post("$api-usual", 'report', $plain, 'x' x ($most + $more));
        is($answer->{status}, $more ? 413 : 200, "$api, 6 MB, $more more");
        is($answer->{headers}{'x-event'} // '', $more ? '' : $max,
            '... the event');
        is($answer->{headers}{'x-amzn-errortype'} // '', $more ? $type : '',
            '... the type of the error');
        is($lambda->calls - $count, 1 - $more, '... calls');
    }

    $answer = post("$api-usual", 'report', $binary, bytes(4_718_592));
    is($answer->{status}, 413, "$api, 4.5M that base64 makes 6M");
    $answer = post("$api-usual", 'report', $plain, "\x01" x 1_100_000);
    is($answer->{status}, 413, "$api, 1.1M that escapes make 6.6M");
}

# answers

for my $size (0, 1, 1024, 16_384, 1024 * 1024, 4_500_000) {
    my $client = $gw->connect(timeout => 30);
    for my $api (qw(rest http)) {
        $client->send('POST', "/$api-usual/x/make/$size", headers =>
            [Accept => 'image/png'], body => '');
        my $answer = $client->receive('POST');
        is("$answer->{status} " . length $answer->{body}, "200 $size",
            "$api, an answer of $size");
        is(sha256_hex($answer->{body}), $answer->{headers}{'x-sum'},
            '... byte by byte');
    }
}

my @files = grep { -f } glob $gw->path('tmp/client_body/*');
is_deeply(\@files, [], 'no file is left');
is_deeply([$gw->complaints], [], 'nothing bad in the log');

done_testing();
