#!/usr/bin/perl

# Copyright (C) ngx_apigw contributors

# Three floors, base/ core/ http/: arrows point down only, one file owns each
# library, features do not know each other.
#
#     floors.pl [--root DIR]

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use File::Basename;

use Lint;

# who may include which library: directory of its headers => files, any floor
# ("the one file that includes it", where the value is 1)

my %libraries = (
    openssl => { map { $_ => 1 } qw(
        ngx_apigw_digest.c ngx_apigw_crypto.c ngx_apigw_jwk_key.c
        ngx_apigw_jwk_pem.c ngx_apigw_jwk_verify.c ngx_apigw_sigv4.c
    ) },
    jansson => 1,
    hiredis => 1,
);

# libc, as far as base/ and core/ may need it

my %libc = map { $_ => 1 } qw(
    assert.h ctype.h errno.h fcntl.h float.h inttypes.h limits.h math.h
    stdarg.h stdatomic.h stddef.h stdint.h stdio.h stdlib.h string.h
    sys/types.h sys/file.h sys/mman.h sys/stat.h time.h unistd.h
);

# headers of http/ that all of http/ may include; any other, X.h, belongs to
# X.c and X_*.c, and to the files listed here

my %shared = map { $_ => 1 } qw(
    ngx_http_apigw.h ngx_http_apigw_compat.h ngx_http_apigw_template.h
    ngx_http_apigw_aws.h ngx_http_apigw_mask.h ngx_http_apigw_metrics.h
    ngx_http_apigw_trace.h
);

my %http_family = (
    'ngx_http_apigw_switch.c' => 'ngx_http_apigw_stage.h',
    'ngx_http_apigw_check.c' => 'ngx_http_apigw_stage.h',
    'ngx_http_apigw_flight.h' => 'ngx_http_apigw_authorizer.h',
    'ngx_http_apigw_introspection.h' => 'ngx_http_apigw_flight.h',
    'ngx_http_apigw_jwt.h' => 'ngx_http_apigw_authorizer.h',
    'ngx_http_apigw_lambda_authorizer.h' => 'ngx_http_apigw_flight.h',
    'ngx_http_apigw_exposition_module.c' => 'ngx_http_apigw_metrics_int.h',
    'ngx_http_apigw_metrics_families.c' => 'ngx_http_apigw_metrics_int.h',
    'ngx_http_apigw_metrics_json.c' => 'ngx_http_apigw_metrics_int.h',
    'ngx_http_apigw_metrics_series.c' => 'ngx_http_apigw_metrics_int.h',
    'ngx_http_apigw_metrics_state.c' => 'ngx_http_apigw_metrics_int.h',
    'ngx_http_apigw_metrics_text.c' => 'ngx_http_apigw_metrics_int.h',
    'ngx_http_apigw_metrics_top.c' => 'ngx_http_apigw_metrics_int.h',
);

# a .c of base/ or core/ without a header of its own is part of X.h when it is
# X_*.c or listed here; and headers that only the parts of one unit include

my %part = (
    'ngx_apigw_credentials.c' => 'ngx_apigw_sigv4.h',
    'ngx_apigw_header_rules.c' => 'ngx_apigw_event.h',
    'ngx_apigw_route_key.c' => 'ngx_apigw_router.h',
    'ngx_apigw_verdict.c' => 'ngx_apigw_policy.h',
);

my %private = (
    'ngx_apigw_router_tree.h' => 'ngx_apigw_router.h',
    'ngx_apigw_jwk_int.h' => 'ngx_apigw_jwk.h',
    'ngx_apigw_event_int.h' => 'ngx_apigw_event.h',
    'ngx_apigw_fetch_int.h' => 'ngx_apigw_fetch.h',
    'ngx_apigw_keys_int.h' => 'ngx_apigw_keys.h',
    'ngx_apigw_issuer_int.h' => 'ngx_apigw_issuer.h',
    'ngx_apigw_lease_int.h' => 'ngx_apigw_lease.h',
    'ngx_apigw_meters_int.h' => 'ngx_apigw_meters.h',
    'ngx_apigw_redis_int.h' => 'ngx_apigw_redis.h',
    'ngx_apigw_answer_int.h' => 'ngx_apigw_answer.h',
    'ngx_apigw_policy_int.h' => 'ngx_apigw_policy.h',
    'ngx_apigw_response_int.h' => 'ngx_apigw_response.h',
    'ngx_apigw_json_scan_int.h' => 'ngx_apigw_json_scan.h',
    'ngx_apigw_metrics_int.h' => 'ngx_apigw_metrics.h',
    'ngx_apigw_sigv4_int.h' => 'ngx_apigw_sigv4.h',
    'ngx_apigw_zone_file_int.h' => 'ngx_apigw_zone_file.h',
);

# what base/ takes as arguments instead

my $banned = qr/\b(?:ngx_(?:http|event|cycle|log|conf|time|pid|random
                            |current_msec|cached_)\w*
                    |NGX_LOG_\w+|(?:time|gettimeofday|clock_gettime|random
                                    |rand|getenv)(?=\s*\())/x;

args(@ARGV);

my %height = (base => 0, core => 1, http => 2);
my $top = 'ngx_apigw_module';

my @files = tree(qr/\.[ch]$/, map { "$top/$_" } keys %height);
my (%floor, %path, %code, %includes, %owner);

die "no C files under " . root() . "/$top\n" unless @files;

for my $file (@files) {
    my $name = basename($file);
    my $floor = basename(dirname($file));

    complain($file, 1, 'unique', "also $path{$name}: objects would collide")
        if exists $path{$name};
    complain($file, 1, 'name', "files of $floor/ begin with their prefix")
        if $name !~ ($floor eq 'http' ? qr/^ngx_http_apigw[._]/
                                      : qr/^ngx_apigw_/);

    ($path{$name}, $floor{$name}) = ($file, $floor);
}

my %door = map { $_ => 1 } door();

for my $file (@files) {
    my $raw = slurp($file);

    ($code{$file}) = blank($raw);

    while ($raw =~ /^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/gm) {
        include($file, line_of($raw, $-[0]), $1, $2);
    }

    names($file);
}

headers();
cycles();
modules();

finish('floors', @files . ' files');


# the names of nginx that base/ may use, from the comment of its door header

sub door {
    my $path = $path{'ngx_apigw_base.h'} or return;
    my ($comment) = slurp($path) =~ m{(/\*(?:(?!\*/).)*The door.*?\*/)}s;

    return ($comment // '') =~ /\b((?:ngx|NGX)_\w+)/g;
}


sub include {
    my ($file, $line, $kind, $name) = @_;

    my $self = basename($file);
    my $floor = $floor{$self};
    my $bad = sub { complain($file, $line, 'include', "\"$name\" $_[0]") };

    return library(@_) if $kind eq '<';

    return if $name eq 'ngx_stub.h' && $self eq 'ngx_apigw_base.h';

    return $bad->('is no header of ours') if !exists $floor{$name};

    push @{ $includes{$self} }, [$name, $line];

    return $bad->("of $floor{$name}/ included from $floor/")
        if $height{$floor{$name}} > $height{$floor};

    my $unit = $private{$name};

    return $bad->("is private to $unit")
        if defined $unit
           && $unit ne part($self);

    return if $floor{$name} ne 'http' || $shared{$name};

    $bad->('belongs to another feature')
        if $self !~ ($name =~ s/\.h$//r . '[._]')
           && ($http_family{$self} // '') ne $name;
}


# the public header of the unit that a file of base/ or core/ belongs to

sub part {
    my $name = shift;

    return $part{$name} if $part{$name};

    my $stem = $name =~ s/\.c$//r;

    for (my $x = $stem; $x =~ /^ngx_apigw_./; $x =~ s/_[^_]*$//) {
        return "$x.h" if exists $path{"$x.h"} && !$private{"$x.h"};
    }

    return "$stem.h";
}


sub library {
    my ($file, $line, undef, $name) = @_;

    my $self = basename($file);
    my $floor = $floor{$self};
    my $bad = sub { complain($file, $line, 'include', "<$name> $_[0]") };

    if ($name =~ /^ngx_/) {
        $bad->('included from base/')
            if $floor eq 'base' && $self ne 'ngx_apigw_base.h';
        $bad->('included from core/')
            if $floor eq 'core' && $name =~ /^ngx_http/;
        $bad->('has no place here') if $name =~ /^ngx_(?:stream|mail)/;
        return;
    }

    my ($library) = $name =~ m{^(\w+)(?:/|\.h$)};
    my $users = $libraries{$library // ''};

    if (!$users) {
        $bad->('is neither libc nor a known library') if !$libc{$name};
        return;
    }

    return $bad->('in a header') if $self =~ /\.h$/;

    if (ref $users) {
        $bad->("is for crypto files of base/") if !$users->{$self};
        return;
    }

    $owner{$library} //= $self;

    $bad->("is already included by $owner{$library}")
        if $owner{$library} ne $self;
}


# what a floor must not even mention

sub names {
    my $file = shift;

    my $self = basename($file);
    my $code = $code{$file};
    my $see = sub { complain($file, line_of($code, shift), 'name', shift) };

    return if $floor{$self} eq 'http' || $self eq 'ngx_apigw_base.h';

    while ($code =~ /\b(ngx_http_\w+|NGX_HTTP_\w+)/g) {
        $see->($-[0], "$1 in $floor{$self}/");
    }

    return if $floor{$self} ne 'base';

    while ($code =~ /($banned)/g) {
        $see->($-[0], "$1 in base/");
    }

    while (%door && $code =~ /\b((?:ngx|NGX)_(?!apigw_|APIGW_)\w+)/g) {
        my ($name, $at) = ($1, $-[0]);

        next if $door{$name} || $name =~ $banned || $name =~ /^ngx_http_/i;

        $see->($at, "$name is not listed in ngx_apigw_base.h");
    }
}


# one public header for each .c of base/ and core/, with the same stem

sub headers {
    for my $name (sort keys %path) {
        my $stem = $name =~ s/\.[ch]$//r;

        next if $floor{$name} eq 'http' || $name eq 'ngx_apigw_base.h';

        if ($name =~ /\.c$/) {
            my $header = part($name);

            complain($path{$name}, 1, 'header', "there is no $header")
                if !exists $path{$header};

        } elsif (!$private{$name} && !exists $path{"$stem.c"}
                 && !grep { $_ eq $name } values %part)
        {
            complain($path{$name}, 1, 'header', "there is no $stem.c");
        }
    }
}


sub cycles {
    my (%state, $walk);

    $walk = sub {
        my ($name, @from) = @_;

        $state{$name} = 1;

        for (@{ $includes{$name} // [] }) {
            my ($next, $line) = @$_;

            complain($path{$name}, $line, 'cycle',
                     join(' -> ', @from, $name, $next))
                if ($state{$next} // 0) == 1;

            $walk->($next, @from, $name) if !$state{$next};
        }

        $state{$name} = 2;
    };

    $walk->($_) for grep { !$state{$_} } sort keys %path;
}


# a module that "config" does not name would silently not exist

sub modules {
    return if !-f root() . '/config';

    my $config = slurp('config');

    for my $file (@files) {
        while ($code{$file} =~ /^ngx_module_t +(\w+) = \{/gm) {
            complain($file, line_of($code{$file}, $-[0]), 'module',
                     "$1 is not named in \"config\"")
                if $config !~ /\b$1\b/;
        }
    }
}
