#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# embed.pl DIR: writes the C file of the dashboard, DIR/dashboard.html with its
# style and script, and the policy that allows just these, by their hashes.
# Perl, as build-essential has it with all that is used here; sh would need
# tools for hashes and base64 that differ between systems.

use strict;
use warnings;

use Digest::SHA qw(sha256_base64);

die "usage: embed.pl DIR\n" if @ARGV != 1;

my $dir = $ARGV[0];
my $page = slurp('dashboard.html');
my $style = slurp('dashboard.css');
my $script = slurp('dashboard.js');

die "dashboard.css: \"</\" would end it\n" if $style =~ m{</}i;
die "dashboard.js: \"</\" or \"<!--\" would end it\n"
    if $script =~ m{</script|<!--}i;

inline(qr{<link rel="stylesheet" href="dashboard\.css">}, 'style', $style);
inline(qr{<script src="dashboard\.js"></script>}, 'script', $script);

my $policy = join '; ', "default-src 'none'", "script-src " . hash($script),
    "style-src " . hash($style), "connect-src 'self'", 'img-src data:',
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    "require-trusted-types-for 'script'", "trusted-types 'none'";

print <<"END";

/*
 * Made by embed.pl
 */


#include "ngx_http_apigw_dashboard.h"


ngx_str_t  ngx_http_apigw_dashboard_policy = ngx_string(
@{[ literal($policy) ]});


ngx_str_t  ngx_http_apigw_dashboard_page = ngx_string(
@{[ join "\n", map { literal($_) } $page =~ /^.*\n/mg ]});
END


sub slurp {
    my ($name) = @_;

    open my $file, '<:raw', "$dir/$name" or die "$dir/$name: $!\n";
    local $/;
    return "\n" . <$file> =~ s/\r//gr if $name !~ /html$/;
    return scalar <$file>;
}


sub inline {
    my ($place, $tag, $text) = @_;

    $page =~ s{$place}{<$tag>$text</$tag>}
        or die "dashboard.html: no place for the $tag\n";
}


# base64 of 32 bytes has one "=", which Digest::SHA leaves out

sub hash {
    return "'sha256-" . sha256_base64($_[0]) . "='";
}


# bytes as a string of C; there are trigraphs

sub literal {
    my ($text) = @_;

    $text =~ s/(["\\])/\\$1/g;
    $text =~ s/\?(?=\?)/\\?/g;
    $text =~ s/\n/\\n/g;
    $text =~ s/([^ -~])/sprintf '\\%03o', ord $1/ge;

    return "    \"$text\"";
}
