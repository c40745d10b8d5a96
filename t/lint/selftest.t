#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# Each rule of each check fires on a planted file, and on nothing else.
#
# selftest/CHECK.txt holds cases:
#
#     @@@ name
#     @@ file path/in/the/tree
#     text
#     @@ want
#     regular expressions, one for each complaint that must come, no others
#
# In the text <TAB>, <SP> and <CR> stand for what editors remove, <> for
# nothing (so that leftovers.sh does not find the planted marks), a line
# "<N lines>" for N empty statements.  "@@ file path +x" is executable.

use strict;
use warnings;

use Test::More;

use File::Basename;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;

my $here = $FindBin::Bin;

for my $path (sort glob "$here/selftest/*.txt") {
    my $check = basename($path, '.txt');
    my $text = do {
        local (@ARGV, $/) = $path;
        <>;
    };

    my (undef, @cases) = split /^\@\@\@ /m, $text;

    planted($check, $_) for @cases;
}

analyze();
fmt();
nginx();

done_testing();


sub planted {
    my ($check, $case) = @_;

    my ($name, @parts) = split /^\@\@ /m, $case;
    my $root = tempdir(CLEANUP => 1);
    my @want;

    chomp $name;

    for (@parts) {
        my ($head, $text) = /^([^\n]*)\n(.*)\z/s;

        if ($head eq 'want') {
            @want = grep { $_ ne '' } split /\n/, $text;
            next;
        }

        my (undef, $path, $x) = split ' ', $head;

        plant("$root/$path", $text);
        chmod 0755, "$root/$path" if $x;
    }

    my @run = $check eq 'leftovers' ? ('sh', "$here/leftovers.sh")
                                    : ($^X, "$here/$check.pl");

    my @said = run(@run, '--root', $root);
    my $last = pop @said // '';

    for my $want (@want) {
        my ($at) = grep { $said[$_] =~ /$want/ } 0 .. $#said;

        ok(defined $at, "$check: $name: $want")
            or diag("said:\n", map { "    $_\n" } @said, $last);

        splice @said, $at, 1 if defined $at;
    }

    is_deeply(\@said, [], "$check: $name: no other complaint");

    like($last, @want ? qr/^$check: \d+ complaints/ : qr/^$check: ok/,
         "$check: $name: last line");

    is($? >> 8, @want ? 1 : 0, "$check: $name: exit code");
}


sub plant {
    my ($path, $text) = @_;

    $text =~ s/<TAB>/\t/g;
    $text =~ s/<SP>/ /g;
    $text =~ s/<CR>/\r/g;
    $text =~ s/^<(\d+) lines>\n/"    ;\n" x $1/gme;
    $text =~ s/<(\d+) bytes>/'a' x $1/ge;
    $text =~ s/<>//g;

    make_path(dirname($path));
    open my $fh, '>', $path or die "$path: $!\n";
    print $fh $text;
    close $fh;
}


sub run {
    my @command = @_;

    my $pid = open my $fh, '-|';

    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @command;
        exit 127;
    }

    chomp(my @lines = <$fh>);
    close $fh;

    return @lines;
}


# the analyzers, on a file of their own, where they and nginx are installed

sub analyze {
    my $src = $ENV{NGINX_SRC} // '/usr/share/nginx/src';
    my $build = $ENV{BUILD} // "$here/../../build";

    my $root = tempdir(CLEANUP => 1);

    for my $tool (qw(sh dirname basename realpath)) {
        my ($found) = grep { -x } map { "$_/$tool" } split /:/, $ENV{PATH};
        symlink $found, "$root/$tool";
    }

    {
        local $ENV{PATH} = $root;
        my @said = run("$root/sh", "$here/analyze.sh");

        is($? >> 8, 1, 'analyze: fails without its tools');
        is("@said", 'analyze: missing: gcc clang clang-tidy cppcheck:'
                    . ' apt-get install gcc clang clang-tidy cppcheck',
           'analyze: says what to install');
    }

    SKIP: {
        skip 'no build/Makefile or nginx sources', 3
            if !-f "$build/Makefile" || !-d "$src/src/core";

        plant("$root/planted.c", <<'END');

#include <ngx_config.h>
#include <ngx_core.h>


ngx_int_t ngx_apigw_planted(ngx_str_t *s);


ngx_int_t
ngx_apigw_planted(ngx_str_t *s)
{
    if (s == NULL) {
        return (ngx_int_t) s->len;
    }

    if (s->len) {
        return NGX_OK;

    } else {
        return NGX_OK;
    }
}
END
        my $said = join "\n", run("$here/analyze.sh", "$root/planted.c");

        is($? >> 8, 1, 'analyze: exit code');
        like($said, qr/clang-analyzer-core/, 'analyze: a null dereference');
        like($said, qr/bugprone-branch-clone/, 'analyze: equal branches');
    }
}


sub fmt {
    SKIP: {
        skip 'no uncrustify', 3 if !grep { -x "$_/uncrustify" }
                                   split /:/, $ENV{PATH};

        my $root = tempdir(CLEANUP => 1);
        my $path = "$root/planted.c";

        plant($path, <<'END');

int
planted(int *value){
  if(value){ return *value; }
  return 0;
}
END
        my @said = run("$here/fmt.sh", '--check', $path);

        is($?, 0, 'fmt: --check does not fail');
        like("@said", qr/\+    if \(value\) \{.*change 1 of 1/,
             'fmt: --check shows what would change');

        run("$here/fmt.sh", $path);
        like(join("\n", run("$here/fmt.sh", '--check', $path)),
             qr/change 0 of 1/, 'fmt: once is enough');
    }
}


# calibration: nginx's own model files have no complaint

sub nginx {
    my ($src) = grep { defined && -d "$_/src/http/modules" }
                     @ENV{qw(NGINX_TREE NGINX_SRC)};

    my @files = grep { -f } map { ($src // '') . "/src/http/modules/$_.c" }
                map { "ngx_http_${_}_module" }
                qw(limit_req auth_request memcached realip map);

    SKIP: {
        skip 'no nginx sources with .c files: NGINX_TREE', 2 if !@files;

        for my $check (qw(style habits)) {
            my @said = run($^X, "$here/$check.pl", '--nginx', @files);

            is("@said", "$check: ok, " . @files . ' files',
               "$check: nginx's own files");
        }
    }
}
