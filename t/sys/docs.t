#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# Every ```nginx block of README.md and docs/*.md passes "nginx -t", and so
# does the example, which "make run" starts.  A comment line before a block
# says where it belongs:
#
#     <!-- nginx: main|http|server|stage|route -->
#
# What a block of http and below takes for granted is added where it isn't
# there itself: upstreams, usage plans, a stage, a route.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename;
use File::Copy;
use File::Path qw(rmtree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep);

my $top = abs_path(dirname(__FILE__) . '/../..');
my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
                         || "$top/build/ngx_apigw_module.so";

plan skip_all => "there is no $nginx" if !-x $nginx;

# workers don't start, but nginx looks whether they could write
my $dir = tempdir('apigw_docs_XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;

mkdir "$dir/modules";
symlink $modules[-1], "$dir/modules/ngx_apigw_module.so";

write_file('keys.csv', "Name,key,description,Enabled,usageplanIds,id\n"
           . "alice,alice-0123456789abcdef0123456789,,TRUE,basic,alice\n");
write_file('pepper', "0123456789abcdef0123456789abcdef\n");
write_file('redis.password', "0123456789abcdef0123456789abcdef\n");
write_file('token.secret', "0123456789abcdef0123456789abcdef\n");
write_file('introspection.secret', "0123456789abcdef\n");
write_file('aws.credentials', "[default]\naws_access_key_id = AKIDEXAMPLE\n"
           . "aws_secret_access_key = 0123456789abcdef0123456789abcdef01234567\n");
write_file('revoked.txt', "sub mallory\n");
# RFC 7517, A.1
write_file('jwks.json', '{"keys":[{"kty":"EC","crv":"P-256","kid":"1",'
           . '"x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",'
           . '"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}');
write_file('routes.conf', "apigw_route \"GET /shared\" { return 200; }\n");

certificate();

my ($blocks, $number) = (0, 0);

copy("$top/docs/example/logs.conf", $dir);

for my $file ("$top/README.md", sort glob "$top/docs/*.md") {
    for (blocks($file)) {
        my ($line, $context, $text) = @$_;
        my $name = basename($file) . ":$line";

        $blocks++;

        if (!defined $context) {
            fail("$name has a context");
            next;
        }

        check($name, wrap($context, $text));
    }
}

cmp_ok($blocks, '>', 0, 'there are examples');

copy("$top/docs/example/keys.csv", $dir);
check("example/$_", read_file("$top/docs/example/$_"))
    for qw(nginx.conf backend.conf);

tests("$top/docs/testing.md");
laboratory();

done_testing();


# [line, context, text] of each block

sub blocks {
    my $file = shift;

    my ($context, $block, @blocks);

    open my $in, '<', $file or die "$file: $!";

    while (my $line = <$in>) {

        if ($block) {
            if ($line =~ /^\s*```\s*$/) {
                push @blocks, $block;
                $block = undef;

            } else {
                $block->[2] .= $line;
            }

        } elsif ($line =~ /^\s*```nginx\s*$/) {
            $block = [$., $context, ''];
            $context = undef;

        } elsif ($line =~ /^\s*<!-- nginx: (main|http|server|stage|route) -->/)
        {
            $context = $1;

        } elsif ($line =~ /\S/) {
            $context = undef;
        }
    }

    return @blocks;
}


# the test files that stand in the text

sub tests {
    my $file = shift;

    my $text = read_file($file);

    while ($text =~ /^```perl\n(use Test::Nginx::Socket.*?)^```$/gms) {
        my $name = 'example' . ++$number . '.t';

        mkdir "$dir/t";
        write_file("t/$name", $1);

        local $ENV{TEST_NGINX_LOAD_MODULES} = "@modules";
        local $ENV{TEST_NGINX_BINARY} = $nginx;
        local $ENV{TEST_NGINX_RANDOMIZE} = 1;

        my $installed = `perl -MTest::Nginx::Socket -e1 2>&1` eq '';
        my $lib = $installed ? '' : "-I$top/t/lib";
        my $output = `cd $dir && prove $lib t/$name 2>&1`;

        ok($? == 0, "the test file in " . basename($file)) or diag($output);
    }
}


# t/tools/run.sh: the curl lines that it prints answer what it says, and at
# Ctrl-C, which reaches the whole process group, nothing is left

sub laboratory {
    my $port = free_port();
    my $output = "$dir/run.txt";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        setpgrp;
        $SIG{INT} = 'DEFAULT';
        $ENV{PORT} = $port;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $output;
        open STDERR, '>&', \*STDOUT;
        exec "$top/t/tools/run.sh", $modules[-1];
        die "exec: $!";
    }

    my $text = '';

    for (1 .. 200) {
        $text = -f $output ? read_file($output) : '';
        last if $text =~ /Ctrl-C/ || waitpid($pid, WNOHANG) != 0;
        sleep 0.1;
    }

    my $lines = 0;

    # "  curl ..." or a loop, then more deeply indented what it answers

    while ($text =~ /^  ((?:curl|for) .*?\n)^      (?=\d\d\d)(.*?)\n\n/gms) {
        my ($command, $expected) = ($1, $2);

        $lines++;
        my $answer = `{ $command\n} 2>/dev/null`;

        if ($expected =~ /^200 three times/) {
            like($answer, qr/^200\n200\n200\n429\n/, 'run.sh: the loop');
            next;
        }

        my ($status) = $expected =~ /^(\d+)/;
        chomp $command;
        like($answer, qr/^HTTP\/1.1 $status /, "run.sh: $command");

        like($answer, qr/"version": "$1"/, '... version')
            if $expected =~ /version (v\d)/;
        like($answer, qr/"message": "Hello, Ana!"/, '... greeting')
            if $expected =~ /greeting/;
        like($answer, qr/:hello:$1"/, '... alias')
            if $expected =~ /alias (\w+)/;
    }

    is($lines, 13, 'run.sh prints commands') or diag($text);

    kill 'INT', -$pid;
    waitpid $pid, 0;
    is($?, 0, 'run.sh ends with 0 at Ctrl-C') or diag(read_file($output));
    ok(!kill(0, -$pid), 'run.sh leaves no process');

    rmtree(dirname($modules[-1]) . "/run/$port");
}


sub free_port {
    for (1 .. 50) {
        my $port = 20000 + int rand 10000;

        my @sockets = map {
            IO::Socket::INET->new(LocalAddr => "0.0.0.0:$_", Listen => 1)
        } $port .. $port + 3;

        return $port if @sockets == grep { defined } @sockets;
    }

    die "there is no free port\n";
}


sub wrap {
    my ($context, $text) = @_;

    return $text if $context eq 'main';

    if ($context eq 'route') {
        my $needs = $text =~ /apigw_api_key_required +on/
                    ? 'apigw_usage_plans basic;' : '';

        $text = "$needs apigw_route \"ANY /wrapped/{id}\" {\n$text}\n";
        $context = 'stage';
    }

    if ($context eq 'stage') {
        # a stage that asks for keys has a route that does
        my $route = $text =~ /\bapigw_route\b/
                    ? '' : 'apigw_route "GET /wrapped" { return 200; }';
        my $required = $text =~ /apigw_usage_plans/
                       && $text !~ /apigw_api_key_required/
                       ? 'apigw_api_key_required on;' : '';

        $text = "apigw_stage wrapped {\n$text$required $route\n}\n";
        $context = 'server';
    }

    if ($context eq 'server') {
        my $stage = $text =~ /\bapigw_stage\b/
                    ? '' : 'apigw_stage wrapped {'
                           . ' apigw_route "GET /w" { return 200; } }';
        my $required = $text =~ /apigw_usage_plans/
                       && $text !~ /apigw_api_key_required/
                       ? 'apigw_api_key_required on;' : '';

        $text = "server { listen 8080;\n$text$required $stage\n}\n";
    }

    my $more = '';

    # what reports on stages wants one

    $more .= 'server { listen 8089; apigw_stage wrapped {'
             . ' apigw_route "GET /w" { return 200; } } }'
        if $text =~ /\bapigw_(?:metrics|dashboard)\b/
           && $text !~ /\bapigw_stage\b/;

    my %seen = map { $_ => 1 } $text =~ /upstream\s+(\w+)/g;

    for ($text =~ m{(?:proxy|grpc)_pass\s+\w+://([a-z]\w*)[/;]}g) {
        next if $seen{$_}++ || $_ eq 'localhost';
        $more .= "upstream $_ { server 127.0.0.1:9; }\n";
    }

    my %plan = map { $_ => 1 } $text =~ /apigw_usage_plan\s+(\w+)/g;
    my @plans = map { split ' ' } $text =~ /apigw_usage_plans\s+([^;]+);/g,
                                  $more =~ /apigw_usage_plans\s+([^;]+);/g;

    push @plans, 'basic' if $text =~ /apigw_api_keys/;
    push @plans, map { split /,/ }
                 $text =~ /apigw_api_key\s[^;]*plan=([\w,]+)/g;

    for (@plans) {
        next if $plan{$_}++;
        $more .= "apigw_usage_plan $_ { throttle 10r/s burst=20; }\n";
    }

    my %authorizer = map { $_ => 1 } $text =~ /apigw_authorizer\s+(\w+)/g;

    for ($text =~ /apigw_authorize\s+(\w+)/g) {
        next if $_ eq 'off' || $authorizer{$_}++;
        $more .= "apigw_authorizer $_ { type jwt; issuer x; audience y;"
                 . " jwks jwks.json; }\n";
    }

    return "load_module modules/ngx_apigw_module.so;\n"
           . "events {}\nhttp {\n$more$text\n}\n";
}


sub check {
    my ($name, $text) = @_;

    my $conf = 'block' . ++$number . '.conf';

    # no ports that are taken, no places that only root may write to, no names
    # that somebody else knows

    $text =~ s/\blisten(\s+)(?:[\d.]+:)?(\d+)/listen$1unix:$dir\/$2.sock/g;
    $text =~ s/\bserver(\s+)[a-z][\w-]*(?:\.[\w-]+)+:/server${1}127.0.0.1:/g;
    $text =~ s/^(\s*)(?:pid|error_log|user)\s[^;]*;//mg;
    $text =~ s{/etc/(?:nginx|ssl)/}{$dir/}g;
    $text =~ s{/var/log/nginx/}{$dir/}g;
    $text =~ s{/var/lib/nginx/}{$dir/}g;
    $text =~ s/^(\s*http\s*\{)/$1 . temp_paths()/me;

    write_file($conf, "pid $dir/nginx.pid;\n$text");

    my $output = `$nginx -t -e stderr -p $dir/ -c $dir/$conf 2>&1`;
    my $rc = $?;

    # a warning in an example is an error of the example
    my $warned = $output =~ /\[(?:warn|error|crit|alert|emerg)\]/;

    ok($rc == 0 && !$warned, $name) or diag("$output\n$text");
}


sub temp_paths {
    return join ' ', '', map { "${_}_temp_path $dir/$_;" }
                         qw(client_body proxy fastcgi uwsgi scgi);
}


sub certificate {
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test"
           . " -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null") == 0
        or die "could not make a certificate\n";
}


sub read_file {
    my $file = shift;

    open my $in, '<', $file or die "$file: $!";
    local $/;
    return <$in>;
}


sub write_file {
    my ($name, $text) = @_;

    open my $out, '>', "$dir/$name" or die "$dir/$name: $!";
    print $out $text;
    close $out or die "$dir/$name: $!";
}
