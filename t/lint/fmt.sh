#!/bin/sh

# Copyright (C) ngx_apigw contributors

# Formats the tree's C files in place with uncrustify and .uncrustify.cfg:
#
#     fmt.sh [file ...]
#     fmt.sh --check [file ...]     only prints what would change; never fails
#
# uncrustify cannot say some of nginx's style, so afterwards terminators of
# tables get their six blanks, bit fields lose theirs, continuation lines and
# comments keep the indent that their author gave them, and locals whose names
# stand too far to the right are moved to two blanks after the longest type.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
check=0

if [ "${1:-}" = --check ]; then
    check=1
    shift
fi

if ! command -v uncrustify >/dev/null; then
    echo "fmt: uncrustify is missing: apt-get install uncrustify" >&2
    exit 1
fi

cd "$root"

if [ $# -eq 0 ]; then
    set -- $(find ngx_apigw_module t/unit t/fuzz -name '*.[ch]' 2>/dev/null \
             | sort)
fi

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

changed=0

for file in "$@"; do
    uncrustify -q -l C -c .uncrustify.cfg -f "$file" > "$temp/new"

    perl -It/lint - "$file" "$temp/new" > "$temp/fixed" << 'END'
use strict;
use warnings;

use List::Util qw(max);
use Lint;

my ($old, $new) = map {
    open my $fh, '<', $_ or die "$_: $!\n";
    [map { chomp; $_ } <$fh>]
} @ARGV;

# open parentheses before each line

my @open = (0);

for (map { s{"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'|/\*.*?\*/}{}gr } @$old) {
    push @open, $open[-1] + tr/(// - tr/)//;
}

my $at = 0;

for my $line (@$new) {
    $line =~ s/^ +(ngx_null_command|ngx_http_null_variable)$/      $1/;
    $line =~ s/^( +unsigned +\w+) : (\d+[;,])/$1:$2/;

    my ($text) = $line =~ /^\s*(.*)/;

    if ($text ne '') {
        for my $n ($at .. ($at + 12 < $#$old ? $at + 12 : $#$old)) {
            next if $old->[$n] !~ /^\s*\Q$text\E\s*$/;

            # it goes on where the line before it did not end

            my $before = $n ? $old->[$n - 1] =~ s{\s*/\*.*?\*/\s*$}{}r : '';

            ($line) = $old->[$n] =~ /^(.*?)\s*$/
                if $old->[$n] !~ /\t/
                   && ($before =~ /[^;{}:\s]$/ || $open[$n]
                       || $text =~ m{^/?\*});

            $at = $n + 1;
            last;
        }
    }

}

# locals: a run of declarations after "{" or after casts that have values

my $not = qr/(?:return|goto|else|case)\b/;
my $local = qr/^( +)(?!$not)($Lint::type)( +)(\**)\w+[;,\[]/;
my $value = qr/^ +$Lint::type +\**\w+ = /;
my $open = qr/^\{$|^ .*\) \{$|^ +\{$|(?:do|else) \{$|$value/;
my $last = '';

for (my $n = 0; $n < @$new; $n++) {
    my $from = $n;
    my ($type, $stars, $later, $column, $even) = (0, 0, 0, undef, 1);

    while ($last =~ $open && $n < @$new && $new->[$n] =~ $local) {
        $column //= $+[4];
        $even = 0 if $column != $+[4];
        $type = max($type, length "$1$2");
        $stars = max($stars, length $4);
        $later = 1 if $new->[$n] =~ /, \*/;

        $n++ while $n < $#$new && $new->[$n] !~ /;/;
        $n++;
    }

    if ($n > $from) {
        my $more = $column - $type - 2 - max($stars, $later);

        if ($even && $more > 0 && $new->[$n] eq '') {
            s/^( +(?:$Lint::type)?) {$more}/$1/ for @$new[$from .. $n - 1];
        }

        $last = '';
    }

    $last = $new->[$n] if $n < @$new && $new->[$n] ne '';
}

print map { "$_\n" } @$new;
END

    if cmp -s "$file" "$temp/fixed"; then
        continue
    fi

    changed=$((changed + 1))

    if [ $check = 1 ]; then
        diff -u --label "$file" --label "$file (formatted)" \
             "$file" "$temp/fixed" || :
    else
        cat "$temp/fixed" > "$file"
        echo "$file"
    fi
done

if [ $check = 1 ]; then
    echo "fmt: ok, \"make fmt\" would change $changed of $# files"
else
    echo "fmt: ok, $changed of $# files changed"
fi
