package Lint;

# Copyright (C) ngx_apigw contributors

# What the checkers of this directory share: the files of the tree, C sources
# without comments and strings, and the way complaints are reported.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use File::Find;
use File::Spec;

our @EXPORT = qw(root tree sources slurp blank line_of args complain finish);

our $parens = qr/(?<parens>\((?:[^()]++|(?&parens))*+\))/;

# a type as it stands in a declaration, without stars

our $type = qr/(?:(?:static|const|volatile|unsigned|signed|struct|union|enum
                  |register|long|short)\ )*\w+(?:\ (?:int|char|long|const))*/x;

my ($root, @complaints, %seen);


# the top of the tree: --root DIR, or two levels above this file

sub root {
    my $given = shift;

    $root = $given if defined $given;
    $root //= dirname(File::Spec->rel2abs(__FILE__)) . '/../..';

    return $root;
}


# files under the given directories of the tree whose names match, sorted

sub tree {
    my ($match, @dirs) = @_;

    my @found;

    my $skip = qr/^(?:\.git|build|node_modules|servroot.*)$/;

    find({ no_chdir => 1,
           preprocess => sub { grep { $_ !~ $skip } @_ },
           wanted => sub {
               push @found, substr($_, length(root()) + 1)
                   if $_ =~ $match && -f;
           } }, $_)
        for grep { -d } map { root() . "/$_" } @dirs;

    return sort @found;
}


sub slurp {
    my $path = shift;

    $path = root() . "/$path" unless File::Spec->file_name_is_absolute($path);

    open my $fh, '<:raw', $path or die "$path: $!\n";
    local $/;
    my $text = <$fh>;

    utf8::decode($text);

    return $text // '';
}


# the C files given as arguments, or all of the tree

sub sources {
    my @files = args(@_);

    @files = tree(qr/\.[ch]$/, 'ngx_apigw_module', 't') unless @files;

    die "no C files under " . root() . "\n" unless @files;

    return @files;
}


# C text with everything that is not code replaced, so that offsets and lines
# stay: comments and preprocessor lines by blanks, the insides of strings by
# "_".  Gives the code and the offsets of "//" comments.

sub blank {
    my $text = shift;

    my @slashes;

    my $void = sub { (my $s = shift) =~ s/[^\n]/ /g; $s };

    $text =~ s{ (?<star> /\*.*?\*/ ) | (?<slash> //[^\n]* )
              | (?<quote> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' ) }
              { push @slashes, $-[0] if defined $+{slash};
                my $s = $&;
                defined $+{quote}
                    ? substr($s, 0, 1) . '_' x (length($s) - 2)
                      . substr($s, -1)
                    : $void->($s) }gsex;

    my $code = $text;

    $code =~ s/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/$void->($&)/gme;

    return ($code, @slashes);
}


sub line_of {
    my ($text, $offset) = @_;

    return 1 + (substr($text, 0, $offset) =~ tr/\n//);
}


# options common to all: --root DIR; returns the rest of the arguments

sub args {
    my @rest;

    while (@_) {
        my $arg = shift;

        if ($arg eq '--root') {
            root(shift);

        } else {
            push @rest, $arg;
        }
    }

    return @rest;
}


sub complain {
    my ($file, $line, $rule, $message) = @_;

    push @complaints, [$file, $line, $rule, $message]
        unless $seen{"$file:$line:$rule:$message"}++;
}


# prints the complaints and the last line, "name: ok, ...", and exits

sub finish {
    my ($name, $what) = @_;

    binmode STDOUT, ':utf8';

    for (sort { $a->[0] cmp $b->[0] || $a->[1] <=> $b->[1] } @complaints) {
        print "$_->[0]:$_->[1]: $_->[2]: $_->[3]\n";
    }

    print "$name: ", @complaints ? @complaints . " complaints" : "ok",
          ", $what\n";

    exit(@complaints ? 1 : 0);
}


1;
