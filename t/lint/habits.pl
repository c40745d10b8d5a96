#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# The habits of nginx's C that a program can see: allocations are tested at
# once, messages begin in lower case and have no period, includes stand in
# order, names carry their floor's prefix, functions and files stay short.
#
#     habits.pl [--root DIR] [--nginx] [file ...]
#
# Without files: all C files of ngx_apigw_module/.  --nginx leaves out what is
# ours alone (prefixes, sizes, groups of includes) and is for calibration.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use List::Util qw(max min);

use Lint;

use constant { FUNCTION => 100, FILE => 900 };

my $nginx = grep { $_ eq '--nginx' } @ARGV;
my @files = grep { !m{^t/} } sources(grep { $_ ne '--nginx' } @ARGV);

my $allocators = join '|', qw(
    ngx_palloc ngx_pcalloc ngx_pnalloc ngx_pmemalign ngx_pstrdup ngx_alloc
    ngx_calloc ngx_array_create ngx_array_push ngx_array_push_n
    ngx_list_create ngx_list_push ngx_pool_cleanup_add ngx_create_pool
    ngx_alloc_buf ngx_calloc_buf ngx_create_temp_buf ngx_alloc_chain_link
    ngx_slab_alloc ngx_slab_calloc ngx_slab_alloc_locked
    ngx_slab_calloc_locked ngx_shared_memory_add malloc calloc realloc
);

my $parens = $Lint::parens;
my $type = $Lint::type;

my ($file, $raw, $code);

for (@files) {
    $file = $_;
    $raw = slurp($file);
    ($code) = blank($raw);

    allocations();
    messages();
    includes();

    if (!$nginx) {
        sizes();
        prefixes();
    }
}

finish('habits', @files . ' files');


sub at {
    my ($offset, $rule, $message) = @_;

    complain($file, line_of($raw, $offset), $rule, $message);
}


# what may be NULL is compared with NULL at once

sub allocations {
    while ($code =~ /\b($allocators) ?$parens/g) {
        my ($start, $end, $name) = ($-[0], pos $code, $1);
        my ($before) = substr($code, max(0, $start - 400), min($start, 400))
                       =~ /\A(?:.*[;{}])?(.*)\z/s;
        my $rest = substr($code, $end, 600);

        next if $before =~ /\breturn\s|\?|^\s*(?:\w+[ *\n]+)+$/
                || $rest =~ /^\)? == NULL/;

        if ($before !~ /(\S[^=]*?)\s*=\s*(?:\([^()]*\)\s*)?\z/) {
            at($start, 'null', "the result of $name() is not tested");
            next;
        }

        (my $result = $1) =~ s/^\w.*[\s*](?=\w)|\s+//gs;

        $rest =~ s/^;\s*ngx_shmtx_unlock$parens//;

        my $tested = $rest =~ /^;\s*if $parens/
                     && ($+{parens} =~ s/\s+//gr) =~ /[(|]\Q$result\E==NULL/;

        at($start, 'null', "no \"if ($result == NULL)\" after $name()")
            if !$tested && $rest !~ /^;\s*return \Q$result\E;/;

        my ($body) = substr($code, $end) =~ /\A(.*?)^\}/ms;

        at($end + $-[0], 'not', "write \"$result == NULL\", not \"!$result\"")
            if defined $body && $body =~ /!\s*\Q$result\E(?![\w.(\[]|->)/;
    }
}


sub messages {
    while ($code =~ /\bngx_(?:conf_)?log_error$parens/g) {
        my ($start, $call) = ($-[1], $+{parens});
        my ($skip) = $call =~ /\A(\((?:[^()"]++|$parens)*+)"/;

        next if !defined $skip;

        my ($text) = substr($raw, $start + length $skip, 800)
                     =~ /\A((?:"(?:\\.|[^"\\])*"\s*)+)/;

        next if !defined $text;

        $text =~ s/"\s*"|^"|"\s*$//g;

        at($start, 'log', 'the message begins in upper case')
            if $text =~ /^[A-Z][a-z]+\b(?![(_])/;
        at($start, 'log', 'the message ends with a period or a line feed')
            if $text =~ /(?:\.|\\n)$/;
    }
}


# nginx's headers first and in their order; libraries and ours in own groups

sub includes {
    my ($last, $at, $rank, %done) = ('', 0, 0);
    my %rank = ('ngx_config.h' => 1, 'ngx_core.h' => 2, 'ngx_event.h' => 3,
                'ngx_http.h' => 4);

    return if $file =~ /ngx_apigw_base\.h$/;

    while ($raw =~ /^#include ([<"])([^>"]+)[>"]/gm) {
        my ($kind, $name, $here) = ($1, $2, $-[0]);
        my $line = line_of($raw, $here);

        $kind = $kind eq '"' ? 'our'
                             : $name =~ /^ngx_/ ? 'nginx\'s' : 'library';

        if ($kind eq 'nginx\'s') {
            at($here, 'include', "<$name> stands too late")
                if ($rank{$name} // 9) < $rank;
            $rank = $rank{$name} // 9;
        }

        next if $nginx;

        if ($kind ne $last) {
            at($here, 'include', 'a library\'s header stands first')
                if $kind eq 'library' && $last eq '';
            at($here, 'include', "$kind headers stand in one group")
                if $done{$kind}++;
            at($here, 'include', 'nginx\'s headers stand first')
                if $kind eq 'nginx\'s' && $last ne '';
            at($here, 'include', 'no blank line between groups')
                if $last ne '' && $at == $line - 1;
        }

        ($last, $at) = ($kind, $line);
    }
}


sub sizes {
    my $lines = ($raw =~ tr/\n//);

    complain($file, $lines, 'file', "$lines lines") if $lines > FILE;

    while ($code =~ /^\{\n(.*?)^\}/gms) {
        my ($start, $length) = ($-[0], ($1 =~ tr/\n//));

        at($start, 'function', "$length lines") if $length > FUNCTION;
    }
}


# every name that a file introduces tells its floor, static ones too

sub prefixes {
    my $prefix = $file =~ m{(?:^|/)http/} ? qr/http_apigw_|apigw_module/i
                                          : qr/apigw_/i;
    my @raw = split /\n/, $raw, -1;
    my @line = split /\n/, $code, -1;
    my $enum = 0;

    for my $n (0 .. $#line) {
        local $_ = $line[$n];

        $enum = 1 if /^(?:typedef )?enum\b.*\{$/;
        $enum = 0 if /^\}/;

        my $qualified = qr/^(?:typedef |extern )?$type +\**/;
        my ($name) = grep { defined } (
            $raw[$n] =~ /^# *define (\w+)/,
            /^typedef .*\(\*(\w+)\)/,
            /^\} (\w+);/,
            /^(?:typedef )?(?:struct|union|enum) (\w+) \{/,
            /$qualified(\w+)(?:\[.*\])?(?: =|;)/,
            /^(?:extern )?$type[ *]+(\w+)\(/,
            /^(\w+)\(/,
            $enum ? /^ +(\w+)(?: =.*|,|$)/ : ());

        next if !defined $name || $name =~ /^_?ngx_$prefix/i
                || $name =~ /^(?:ngx_http_next_\w+|_GNU_SOURCE|OPENSSL_\w+)$/
                || ($file =~ /_compat\.h$/ && $raw[$n] =~ /^#/);

        complain($file, $n + 1, 'prefix', "\"$name\" without its prefix");
    }
}
