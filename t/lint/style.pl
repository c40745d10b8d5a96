#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# The look of nginx's C, as far as a program of this size can see it: columns,
# blanks, blank lines, braces, declarations.  What code says rather than how it
# looks is in habits.pl.
#
#     style.pl [--root DIR] [--nginx] [file ...]
#
# Without files: all C files of the tree.  With --nginx rules are as loose as
# nginx itself is about them; this is for calibration: nginx 1.22.1's own files
# then get complaints on 0.1 % of their lines.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use List::Util qw(max);

use Lint;

use constant COLUMNS => 79;

my $nginx = grep { $_ eq '--nginx' } @ARGV;
my @files = sources(grep { $_ ne '--nginx' } @ARGV);

my $parens = $Lint::parens;
my $type = $Lint::type;

my ($file, $raw, $code, @raw, @line);

for (@files) {
    $file = $_;
    $raw = slurp($file);
    ($code, my @slashes) = blank($raw);
    @raw = ('', split /\n/, $raw, -1);
    @line = ('', split /\n/, $code, -1);

    at($_, 'comment', '"//" comment') for @slashes;

    lines();
    sections();
    conditions();
    functions();
    structs();
}

finish('style', @files . ' files');


sub on {
    my ($n, $rule, $message) = @_;

    complain($file, $n, $rule, $message);
}


sub at {
    my ($offset, $rule, $message) = @_;

    complain($file, line_of($raw, $offset), $rule, $message);
}


sub lines {
    my $max = $nginx ? COLUMNS + 1 : COLUMNS;

    for my $n (1 .. $#raw) {
        my $columns = length $raw[$n];
        on($n, 'columns', "$columns columns") if $columns > $max;
        on($n, 'ascii', 'a tab, or not ASCII') if $raw[$n] =~ /[^ -~\r]/;
        on($n, 'trailing', 'blanks at the end') if $raw[$n] =~ /[ \t\r]$/;

        local $_ = $line[$n];

        on($n, 'keyword', "no blank after \"$1\"")
            if /\b(if|for|while|switch|return)\(/;
        on($n, 'keyword', 'write "for ( ;; )"')
            if /\bfor \(\s*;\s*;\s*\)/ && !/\bfor \( ;; \)/;
        on($n, 'keyword', 'blanks inside parentheses')
            if /\b(?:if|while|switch) \( /;
        on($n, 'keyword', 'no blank at the brace') if /\)\{|\}else|else\{/;
        on($n, 'operator', 'an operator ends the line') if /(?:&&|\|\|)$/;
        on($n, 'else', 'no blank line before "} else"')
            if /^ *\} else\b/ && $raw[$n - 1] =~ /\S/
               && !($nginx && $raw[$n - 2] =~ /\{$|^$/);
        on($n, 'label', 'no blank lines round the label')
            if /^\w+:$/ && !/^default:/
               && ($raw[$n - 1] =~ /\S/ || $raw[$n + 1] =~ /\S/);
    }
}


# blank lines: one at the top, two between sections, one at most inside

sub sections {
    my ($inside, $gap, $prev) = ('', 0, $raw[1]);

    on(1, 'blank', 'the file begins with one blank line') if $raw !~ /\A\n\S/;
    on($#raw, 'blank', 'the file ends with one line feed') if $raw !~ /\S\n\z/;

    for my $n (2 .. $#raw - 1) {
        if ($raw[$n] eq '') {
            $gap++;
            next;
        }

        if ($inside) {
            on($n, 'blank', "$gap blank lines inside")
                if $gap > ($nginx ? 2 : 1);

        } elsif ($gap > ($nginx ? 3 : 2)) {
            on($n, 'blank', "$gap blank lines");

        } elsif ($gap != 2 && $raw[$n] !~ /^#/
                 && ($prev =~ /^\}$/
                     || ($prev !~ /^$|^#|\*\/$|\)$/ && starts_function($n))))
        {
            on($n, 'blank', 'two blank lines between functions');

        } elsif ($gap == 1 && $prev =~ /^#include/ && $raw[$n] !~ /^#|^\/\*/) {
            on($n, 'blank', 'two blank lines after the includes');
        }

        $inside = $1 ? 'function' : 'table'
            if !$inside && $line[$n] =~ /^(\{)$|\{$/;
        $inside = '' if $line[$n] =~ /^\}/
                        || ($inside eq 'table' && $line[$n] =~ /\};$/);

        ($gap, $prev) = (0, $raw[$n]);
    }
}


sub starts_function {
    my $n = shift;

    return "$line[$n]\n$line[$n + 1]"
           =~ /^(?!struct \w+ \{|typedef)[a-z][\w *]*\n\w+\(/;
}


# "{" ends the line of a short condition, stands alone after a long one

sub conditions {
    my $words = qr/(?:else |)(?:if|while|for|switch)/;

    while ($code =~ /^( *)(?:\} |)($words) $parens(?!;)/gm) {
        my ($indent, $word, $cond, $end) = ($1, $2, $+{parens}, pos $code);
        my $rest = substr($code, $end, 200);
        my $alone = $rest =~ /^\s*\n$indent\{\n/;

        if ($cond =~ /\n/) {
            at($end, 'brace', '"{" after many lines stands alone') if !$alone;

        } elsif ($rest !~ /^ \{(?: *\}|) *\n/
                 && !($alone
                      && $end + 2 - rindex($code, "\n", $end) > COLUMNS))
        {
            at($end, 'brace', "\"{\" after \"$word (...)\"");
        }
    }

    while ($code =~ /^ *(?:\} |)else(?! if\b)(?! \{ *$)/gm) {
        at($-[0], 'brace', '"{" after "else"')
            if substr($raw, pos $code, 2) ne "\n#";
    }
}


sub functions {
    while ($code =~ /^((?!\s)[^;{}]*)\n\{\n/gm) {
        my ($head, $end) = ($1, $+[1]);

        at($end, 'type', 'the return type on its own line')
            if $head =~ /(?:\A|\n)[a-z][\w *]*[ *]\w+\(.*(?:\n +.*)*\z/;
    }

    for my $n (1 .. $#line) {
        locals($n + 1) if $line[$n] =~ /^\{$|^ +\{$|(?:\)|do|else) \{$/;
    }
}


# the declarations at the top of a block, in groups between blank lines

sub locals {
    my $n = shift;

    my @group;

    for ( ; $n <= $#line; $n++) {
        if ($raw[$n] =~ /^#/ || ($raw[$n] ne '' && $line[$n] !~ /\S/)) {
            push @group, undef;
            next;
        }

        if ($raw[$n] eq '') {
            group(@group);
            @group = ();
            next;
        }

        my ($value, $array) = map { $line[$n] =~ $_ ? 1 : 0 } qr/ = /,
                                                              qr/\w\[/;

        last if $line[$n] =~ /^ *(?:return|goto|else|case|break|continue)\b/
                || $line[$n] !~ /^( +)($type)( +)(\**)(\w+)(?=[;,\[:]| =)/;

        push @group, { n => $n, indent => length $1, type => $2,
                       stars => length $4, name => $5, column => $+[4],
                       value => $value, array => $array,
                       static => scalar($2 =~ /^static /) };

        $n++ while $n < $#line && $line[$n] !~ /;/;
    }

    group(@group);
}


# names aligned, two blanks after the longest type, the shortest type first
# (arrays may stand last); those with values stand apart, tables are left alone

sub group {
    my @group = grep { !defined || !$_->{static} } @_;
    my @all = grep { defined } @group;
    my ($longest, $last, $stars, $later, $disorder) = (0) x 5;

    return if !@all;

    if (grep { $_->{value} } @all) {
        for (grep { !$_->{value} } @all) {
            on($_->{n}, 'value', "\"$_->{name}\" among those with values");
        }

        return;
    }

    for (@all) {
        $longest = max($longest, length $_->{type});
        $stars = max($stars, $_->{stars});
        $later = 1 if $line[$_->{n}] =~ /, \*/;
    }

    for (@group) {
        $last = 0 if !defined;
        next if !defined;
        on($_->{n}, 'align', "\"$_->{name}\" is not aligned")
            if $_->{column} != $all[0]{column};

        next if $_->{array};

        on($_->{n}, 'order', "\"$_->{type}\": the shortest type first")
            if length $_->{type} < $last && (!$nginx || $disorder++);

        $last = length $_->{type};
    }

    my $gap = $all[0]{column} - $all[0]{indent} - $longest;

    on($all[0]{n}, 'gap', 'two blanks between the longest type and the names')
        if ($nginx ? $gap < 2 : $gap != 2 + $stars)
           && ($stars < 2 || $gap != 1 + $stars)
           && ($stars || !$later || $gap != 3)
           && @group == @_;
}


# members of one run stand in one column; two blanks before a variable's name

sub structs {
    my ($inside, $column);

    for my $n (1 .. $#line) {
        if ($line[$n] =~ /^(?:typedef )?(?:struct|union)\b.*\{$/) {
            $inside = 1;
            $column = undef;

        } elsif ($line[$n] =~ /^\}/) {
            $inside = 0;

        } elsif ($inside && ($raw[$n] eq '' || $line[$n] =~ /[{}]/)) {
            $column = undef;

        } elsif ($inside && $line[$n] =~ /^ +$type( +)(\**)(\w+)[;:\[,]/) {
            $column //= $+[2];

            on($n, 'align', "\"$3\" is not aligned") if $+[2] != $column;
            on($n, 'gap', "one blank before \"$3\"") if "$1$2" eq ' ';
        }

        on($n, 'gap', "two blanks before \"$2\"")
            if $line[$n] =~ /^(?:typedef\ |extern\ )?$type(\ +)\**(\w+)
                             (?:\[.*\])?(?:\ =.*|;)$/x
               && length $1 < 2;
    }
}
