#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# What the code offers is what the docs describe and the tests use, and vice
# versa: directives, their contexts, variables; links; the wording of CHANGES.
#
#     docs.pl [--root DIR]
#
# An entry of docs/directives.md has nginx.org's form (a block's own directives
# have "####" and "Context" names the block):
#
#     ### apigw_zone
#
#     **Syntax:** `apigw_zone size [file=path];`
#     **Default:** `apigw_zone 32m;`            (or a dash)
#     **Context:** `http`
#
#     Prose, then at least one ```nginx example.
#
# An entry of docs/variables.md begins with a heading or a list item that has
# `$apigw_name`; `$apigw_path_NAME` stands for the prefix variable apigw_path_.

use strict;
use warnings;
use utf8;

use FindBin;
use lib $FindBin::Bin;
use File::Basename;

use Lint;

args(@ARGV);

my %flags = (
    NGX_HTTP_MAIN_CONF => 'http',
    NGX_HTTP_SRV_CONF => 'server',
    NGX_HTTP_LOC_CONF => 'location',
    NGX_HTTP_APIGW_STAGE_CONF => 'stage',
    NGX_HTTP_APIGW_ROUTE_CONF => 'route',
);

my (%directive, %sub, %variable, %metric);

code($_) for tree(qr/\.[ch]$/, 'ngx_apigw_module');

my %doc = map { $_ => slurp($_) } (-f root() . '/README.md' ? 'README.md' : (),
                                   tree(qr/\.md$/, 'docs'));
my $tests = join '', map { slurp($_) }
                     grep { m{^t/[^/]+$} } tree(qr/\.t$/, 't');

$tests =~ s/^\s*#.*//gm;

directives('docs/directives.md');
variables('docs/variables.md');

for my $file (sort keys %doc) {
    names($file);
    links($file);
}

readme();
changes('CHANGES');

finish('docs', keys(%directive) . ' directives, ' . keys(%variable)
               . ' variables');


# the tables of a C file

sub code {
    my $file = shift;

    my $raw = slurp($file);
    my ($text) = blank($raw);

    # comments away, strings kept
    my $c = join '', map {
        my $char = substr($text, $_, 1);
        $char eq '_' ? substr($raw, $_, 1) : $char
    } 0 .. length($raw) - 1;

    my $tables = qr/(ngx_command_t|ngx_http_variable_t) +\w+\[\] = \{/;

    while ($c =~ /^(?:static )?$tables(.*?)^\};/gms) {
        my ($type, $table, $start) = ($1, $2, $-[2]);

        while ($table =~ /\{ ngx_string\("(\w+)"\),\s*([^{}]*)/g) {
            my $name = $1;
            my $entry = { file => $file, rest => $2,
                          line => line_of($c, $start + $-[0]) };

            if ($type eq 'ngx_http_variable_t') {
                $variable{$name} = $entry if $name =~ /^apigw_/;

            } else {
                ($name =~ /^apigw_/ ? \%directive : \%sub)->{$name} = $entry;
            }
        }
    }

    # of a block whose lines have a table of ours

    while ($c =~ /^static \w+_line_t\s+\w+_lines\[\] = \{(.*?)^\};/gms) {
        my ($table, $start) = ($1, $-[1]);

        while ($table =~ /\{ ngx_string\("(\w+)"\)/g) {
            $sub{$1} = { file => $file, line => line_of($c, $start + $-[0]) };
        }
    }

    while ($c =~ /strcmp\(value\[0\]\.data, "(\w+)"\) == 0/g) {
        my ($name, $at) = ($1, $-[0]);

        next if substr($c, $at)
                =~ /\A[^;]*\{\s*ngx_conf_log_error\([^;]*is not supported/;

        $sub{$name} = { file => $file, line => line_of($c, $at) };
    }

    if (basename($file) =~ /metrics|prom/) {
        $metric{$1} = 1 while $c =~ /\b(apigw_\w+)/g;
    }
}


# sections of a file: name, level, line, text

sub entries {
    my ($file, $heading) = @_;

    my (@entries, $fence, $n);

    for (split /\n/, $doc{$file} // '') {
        $n++;
        $fence = !$fence if /^ *```/;

        if (!$fence && /^#/) {
            push @entries, { level => /^(#+)/ && length $1, line => $n,
                             name => /$heading/ ? $1 : '', text => '' };

        } elsif (@entries) {
            $entries[-1]{text} .= "$_\n";
        }
    }

    return grep { $_->{name} ne '' } @entries;
}


sub directives {
    my $file = shift;

    my (%entry, %below, $parent);

    for (entries($file, qr/^####? +`?([a-z][a-z0-9_]*)`?\s*$/)) {
        my $known = $_->{level} == 3 ? $directive{$_->{name}}
                                     : $sub{$_->{name}};

        $parent = $_ if $_->{level} == 3;

        next if $_->{level} == 4 && !$known && $_->{text} !~ /\*\*Syntax:/;

        complain($file, $_->{line}, 'unknown', "no directive \"$_->{name}\"")
            if !$known;

        if ($_->{level} == 3) {
            complain($file, $_->{line}, 'twice', $_->{name})
                if $entry{$_->{name}};
            $entry{$_->{name}} = $_;

        } else {
            $below{$_->{name}} = 1;
            $parent->{text} .= $_->{text} if $parent;
        }

        form($file, $_, $known) if $known;
    }

    for (sort keys %directive) {
        missing($directive{$_}, "\"$_\" has no entry in $file") if !$entry{$_};
        missing($directive{$_}, "\"$_\" is used in no t/*.t")
            if $tests !~ /(?:^|[\s{;"'])$_\s/m;
        complain($file, $entry{$_}{line}, 'form', "\"$_\" has no example")
            if $entry{$_} && $entry{$_}{text} !~ /^ *```nginx$/m;
    }

    for (sort keys %sub) {
        missing($sub{$_}, "\"$_\" has no \"#### $_\" in $file") if !$below{$_};
        missing($sub{$_}, "\"$_\" is used in no t/*.t")
            if $tests !~ /(?:^|[\s{;"'])$_\s/m;
    }
}


sub missing {
    my ($entry, $message) = @_;

    complain($entry->{file}, $entry->{line}, 'missing', $message);
}


# the three lines of an entry

sub form {
    my ($file, $entry, $known) = @_;

    my ($name, $text) = @$entry{qw(name text)};
    my $bad = sub {
        complain($file, $entry->{line}, 'form', "\"$name\": $_[0]");
    };

    my ($syntax) = $text =~ /^\*\*Syntax:\*\* *(.*?)(?=^\*\*|^\n)/ms;
    my ($default) = $text =~ /^\*\*Default:\*\* *(.*)/m;
    my ($context) = $text =~ /^\*\*Context:\*\* *(.*)/m;

    return $bad->('Syntax, Default, Context lines are wanted')
        if grep { !defined } $syntax, $default, $context;

    my @forms = $syntax =~ /`([^`]+)`/g;

    $bad->('Syntax has no `form`') if !@forms;

    for (@forms) {
        $bad->("Syntax `$_` is not \"$name ...;\" or \"$name ... { ... }\"")
            if !/^\Q$name\E\b.*(?:;|\})$/s;
    }

    $bad->("Default is neither a dash nor `$name ...;`")
        if $default !~ /^(?:—|-|–)\\?\s*$|^`\Q$name\E\b.*;`/;

    return if !defined $known->{rest};

    my $want = join ' ', sort map { $flags{$_} // () }
                         $known->{rest} =~ /\b(NGX_HTTP_\w+_CONF)\b/g;
    my $contexts = join '|', values %flags;
    my %have = map { $_ => 1 } $context =~ /\b(?:apigw_)?($contexts)\b/g;

    $bad->("Context is \"$context\", the code says \"$want\"")
        if $want ne '' && $want ne join ' ', sort keys %have;
}


sub variables {
    my $file = shift;

    my (%documented, $n);

    for (split /\n/, $doc{$file} // '') {
        $n++;

        next if !/^(?:#+|[*-]|\|) *`?\$(apigw_[a-z_]+?)(?:(?<=_)[A-Z]+)?`?\b/;

        my $name = $1;

        complain($file, $n, 'unknown', "no variable \"\$$name\"")
            if !$variable{$name};
        $documented{$name} = 1;
    }

    for (sort keys %variable) {
        missing($variable{$_}, "\"\$$_\" has no entry in $file")
            if !$documented{$_};
        missing($variable{$_}, "\"\$$_\" is used in no t/*.t")
            if $tests !~ (/_$/ ? qr/\$\{?$_\w/ : qr/\$\{?$_\b/);
    }
}


# every apigw_ name in code is known

sub names {
    my $file = shift;

    my ($fence, $n) = ('', 0);

    for (split /\n/, $doc{$file}) {
        $n++;

        if (/^ *```(\w*)/) {
            $fence = $fence eq '' ? $1 || 'plain' : '';
            next;
        }

        my $code = $fence ne '' ? $_ : join ' ', /`([^`]+)`/g;

        while ($code =~ /(?<![\w.\/-])(\$?)\{?(apigw_\w+)(?![\w.\/-]*\()/g) {
            my ($dollar, $name) = ($1, $2);

            next if $dollar ? known_variable($name)
                            : $directive{$name} || $metric{$name}
                              || known_variable($name);

            complain($file, $n, 'unknown', "\"$dollar$name\"");
        }
    }
}


sub known_variable {
    my $name = shift;

    return $variable{$name}
           || grep { /_$/ && $name =~ /^\Q$_\E\w/ } keys %variable;
}


# links to files of the tree and to their headings

sub links {
    my $file = shift;

    my $n = 0;

    for (split /\n/, $doc{$file}) {
        $n++;

        while (/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)/g) {
            my ($path, $anchor) = ($1, $2);
            my $target = $path eq '' ? $file : dirname($file) . "/$path";

            1 while $target =~ s{(?:^|(?<=/))(?:\./|(?!\.\.)[^/]+/\.\./)}{};

            if (!-e root() . "/$target") {
                complain($file, $n, 'link', "there is no $target");

            } elsif (defined $anchor && defined $doc{$target}
                     && !grep { $_ eq $anchor } anchors($target))
            {
                complain($file, $n, 'link', "$target has no \"#$anchor\"");
            }
        }
    }
}


sub anchors {
    my %seen;

    return map {
        my $slug = lc($_) =~ s/[^\w\- ]//gr =~ s/ /-/gr;
        $seen{$slug}++ ? "$slug-" . ($seen{$slug} - 1) : $slug
    } $doc{$_[0]} =~ /^#+ +(.*?)\s*$/gm;
}


sub readme {
    return complain('README.md', 1, 'missing', 'there is no README.md')
        if !defined $doc{'README.md'};

    my $lines = ($doc{'README.md'} =~ tr/\n//);

    complain('README.md', $lines, 'length', "$lines lines, 200 at most")
        if $lines > 200;
}


# nginx's wording: "    *) Feature: what a user sees, in one sentence."

sub changes {
    my $file = shift;

    return complain($file, 1, 'missing', "there is no $file")
        if !-f root() . "/$file";

    my ($n, $entry, $at, $heads) = (0, '', 0, 0);
    my $kinds = 'Feature|Change|Bugfix|Security|Workaround';
    my $head = qr/Changes with ngx_apigw \d+(?:\.\d+){2} +\d\d [A-Z]\w+ \d{4}/;

    my $end = sub {
        complain($file, $at, 'changes', 'an entry ends with a period')
            if $entry ne '' && $entry !~ /\.$/;
        $entry = '';
    };

    for (split /\n/, slurp($file)) {
        $n++;

        complain($file, $n, 'changes', 'over 79 columns') if length > 79;

        if (/^$head$/) {
            $heads++;

        } elsif (/^    \*\) (.*)/) {
            $end->();
            ($entry, $at) = ($1, $n);

            complain($file, $n, 'changes', "one of $kinds")
                if !/\) (?:$kinds): [\w"]/;

        } elsif (/^       \S/ && $entry ne '') {
            $entry .= " $_";

        } elsif (/^$/) {
            $end->();

        } else {
            complain($file, $n, 'changes', 'neither head, entry nor text');
        }
    }

    $end->();

    complain($file, 1, 'changes', 'no "Changes with ngx_apigw"') if !$heads;
}
