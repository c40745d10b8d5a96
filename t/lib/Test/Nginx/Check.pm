package Test::Nginx::Check;

# The subtests.  Their names and their number are those of the real
# Test::Nginx::Socket; what it lets pass without a word fails here, in a
# subtest that exists only then.

use strict;
use warnings;

use Digest::MD5 ();
use Digest::SHA ();
use Exporter 'import';
use Test::More import => [qw(diag fail is isnt like pass skip unlike)];
use Time::HiRes qw(sleep time);

use Test::Nginx::Client;
use Test::Nginx::Common;

our @EXPORT = qw(check_response check_logs check_shutdown_logs audit_log
    reset_logs is_str show_errors mark_log);

our @BodyChecks;
our $NoLongString = 0;

my $have_long_string = eval { require Test::LongString; 1 };

my $checked = 0;    # how far error.log was read, for the log checks
my $audited = 0;    # and for the audit

sub is_str {
    my ($got, $want, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return like($got, $want, $name) if ref $want eq 'Regexp';
    return Test::LongString::is_string($got, $want, $name)
        if $have_long_string && !$NoLongString;
    return Test::Base::is($got, $want, $name);
}

# One value per request, where there are several.

sub value_for {
    my ($block, $section, $ctx) = @_;
    my $value = $block->$section;
    my $count = $ctx->{count};

    if (ref $value ne 'ARRAY') {
        fatal("$section: $count responses need an array") if $count > 1;
        return $value;
    }

    fatal("$section: " . @$value . " values for $count responses")
        if @$value != $count;
    return $value->[$ctx->{index}];
}

# Of sections that exclude each other, the first that there is.

sub first_given {
    my ($block, @sections) = @_;
    my ($first) = grep { defined $block->$_ } @sections;
    return $first;
}

# Response.  $ctx: index and count of responses in the block, repeat.

sub check_response {
    my ($block, $res, $ctx) = @_;
    my $name = $block->name;

    fail("$name - $_") for @{ $res->{problems} };
    diag("$name - response body truncated: $res->{short}")
        if defined $res->{short};

    check_error_code($block, $res, $ctx);
    check_raw_headers($block, $res, $ctx);
    check_headers($block, $res, $ctx);
    filter_body($block, $res, $ctx);
    check_body($block, $res, $ctx);

    $_->($block, $res->{body}, $ctx->{index}, $ctx->{repeat}, 0)
        for @BodyChecks;
}

sub check_error_code {
    my ($block, $res, $ctx) = @_;
    my $name = $block->name . ' - status code ok';
    my $section = first_given($block, qw(error_code_like error_code));

    if (!defined $section) {
        is($res->{code}, 200, $name);

    } elsif ($section eq 'error_code') {
        is($res->{code}, value_for($block, $section, $ctx), $name);

    } else {
        my $pattern = value_for($block, $section, $ctx);
        like($res->{code}, qr/$pattern/sm, $name);
    }
}

sub check_raw_headers {
    my ($block, $res, $ctx) = @_;
    my $name = $block->name . ' - raw resp headers';

    for my $kind (qw(like unlike)) {
        my $section = "raw_response_headers_$kind";
        next if !defined $block->$section;

        my $pattern = value_for($block, $section, $ctx);
        fatal("$section: a newline at the end never matches, use the form "
            . '"--- name: value", or chomp') if $pattern =~ /(?<!\r)\n\z/;

        if ($kind eq 'like') {
            like($res->{raw_headers}, qr/$pattern/s, "$name like");
        } else {
            unlike($res->{raw_headers}, qr/$pattern/s, "$name unlike");
        }
    }
}

# "Name: value" or "! Name" => [name, value or undef]

sub header_lines {
    my ($section, $text) = @_;
    my (@lines, %seen);

    for my $line (split /\r?\n/, $text // '') {
        $line =~ s/^\s+|\s+$//g;
        my ($name, $value) = $line =~ /^!\s*([^\s:]+)$/ ? ($1, undef)
            : $line =~ /^([^\s:!]+)\s*:\s*(.*)$/ ? ($1, $2)
            : fatal("$section: neither \"Name: value\" nor \"! Name\": "
                . "\"$line\"");

        fatal("$section: $name twice; its values are joined with \", \"")
            if $seen{lc $name}++;
        push @lines, [$name, $value];
    }

    return @lines;
}

sub check_headers {
    my ($block, $res, $ctx) = @_;
    my $name = $block->name;
    my $section = first_given($block,
        qw(response_headers response_headers_like)) // return;

    for (header_lines($section, value_for($block, $section, $ctx))) {
        my ($header, $want) = @$_;
        my $got = Test::Nginx::Client::header_value($res, $header) // '';

        if ($section eq 'response_headers_like') {
            fatal("$section: \"! $header\" belongs to response_headers")
                if !defined $want;
            like($got, qr/^$want$/, "$name - header $header like ok");

        } elsif (defined $want) {
            is($got, server_ports($want), "$name - header $header ok");

        } else {
            unlike($res->{raw_headers}, qr/^\s*\Q$header\E\s*:/mi,
                "$name - header $header not present in the raw headers");
        }
    }
}

my %FILTER = (
    lc       => sub { lc $_[0] },
    lcfirst  => sub { lcfirst $_[0] },
    length   => sub { length $_[0] },
    md5_hex  => \&Digest::MD5::md5_hex,
    sha1_hex => \&Digest::SHA::sha1_hex,
    uc       => sub { uc $_[0] },
    ucfirst  => sub { ucfirst $_[0] },
);

sub filter_body {
    my ($block, $res, $ctx) = @_;
    my $filters = $block->response_body_filters;
    return if !defined $filters;

    $filters = [split ' ', $filters] if !ref $filters;
    $filters = [$filters] if ref $filters ne 'ARRAY';
    $filters = $filters->[$ctx->{index}] if ref $filters->[0] eq 'ARRAY';
    fatal("response_body_filters: nothing for response $ctx->{index}")
        if ref $filters ne 'ARRAY';

    for my $filter (@$filters) {
        my $code = ref $filter eq 'CODE' ? $filter : $FILTER{$filter}
            // fatal("response_body_filters: unknown filter \"$filter\"");
        $res->{body} = $code->($res->{body});
    }
}

sub sorted_json {
    my ($text) = @_;
    require JSON::PP;
    my $json = JSON::PP->new->canonical->loose;
    my $data = eval { local $SIG{__DIE__}; $json->decode($text) };
    return $@ ? $text : $json->encode($data) . "\n";
}

sub check_body {
    my ($block, $res, $ctx) = @_;
    my $name = $block->name;
    my $body = $res->{body};
    my $section = first_given($block,
        qw(response_body response_body_like response_body_unlike)) // return;
    my $want = value_for($block, $section, $ctx);

    if ($section eq 'response_body') {
        $body = sorted_json($body) if defined $block->response_body_json_sort;
        $want = expand(server_ports($want), $ctx->{ports});

        my $kind = ref $want ? 'like' : 'response is expected';
        is_str($body, $want, "$name - response_body - $kind"
            . " (repeated req $ctx->{repeat}, req $ctx->{index})");
        return;
    }

    fatal("$section: nothing for response $ctx->{index}") if !defined $want;

    (my $summary = $body) =~ s/\s+/ /g;
    $summary =~ s/^ | $//g;
    $name = "$name - $section - response is expected ($summary)";
    $want = server_ports($want);

    if ($section eq 'response_body_like') {
        like($body, qr/$want/s, $name);
    } else {
        unlike($body, qr/$want/s, $name);
    }
}

# Logs.  Patterns are text that a line contains, or qr// that it matches.

sub patterns {
    my ($value) = @_;
    return () if !defined $value;
    return @$value if ref $value eq 'ARRAY';
    return $value if ref $value;
    return split /\n+/, $value;
}

sub matches {
    my ($line, $pattern) = @_;
    return ref $pattern ? $line =~ $pattern : index($line, $pattern) >= 0;
}

sub quote {
    my ($text) = @_;
    chomp $text;
    $text =~ s/"/\\"/g;
    $text =~ s/\r/\\r/g;
    $text =~ s/\n/\\n/g;
    return $text;
}

sub lines_from {
    my ($file, $from) = @_;
    open my $in, '<:raw', $file or return;
    seek $in, $from, 0;
    return <$in>;
}

# The lines of a log once they are there: after the pause that the log phase
# may need, and up to some more while a wanted pattern is missing.

sub settled_lines {
    my ($get, $pause, @wanted) = @_;
    my $unit = $Opt{sleep} * slow_factor();
    my $until = time + 20 * $unit;

    sleep 3 * $unit if $pause;

    while (1) {
        my @lines = $get->();
        my @missing = grep {
            my $pattern = $_;
            !grep { matches($_, $pattern) } @lines;
        } @wanted;
        return @lines if !@missing || time > $until;
        sleep 0.005;
    }
}

sub check_patterns {
    my ($name, $log, $lines, $want, $deny, $suffix) = @_;

    for my $pattern (@$want) {
        if (grep { matches($_, $pattern) } @$lines) {
            pass("$name - pattern \"$pattern\" matches a line in $log"
                . $suffix);
        } else {
            fail("$name - pattern \"$pattern\" should match a line in $log"
                . $suffix);
        }
    }

    for my $pattern (@$deny) {
        my ($line) = grep { matches($_, $pattern) } @$lines;
        my $quoted = quote($pattern);

        if (defined $line) {
            fail("$name - pattern \"$quoted\" should not match any line in "
                . "$log but matches line \"" . quote($line) . "\"$suffix");
        } else {
            pass("$name - pattern \"$quoted\" does not match a line in "
                . $log . $suffix);
        }
    }
}

# After each response.  $ctx->{last}: nothing follows in this block.
# $ctx->{stderr}: more lines, of an nginx that had to die.

sub check_logs {
    my ($block, $ctx) = @_;
    check_error_log($block, $ctx);
    check_access_log($block, $ctx)
        if !defined $block->ignore_response && !defined $ctx->{stderr};
}

sub check_error_log {
    my ($block, $ctx) = @_;
    my @want = patterns($block->error_log);
    my @deny = patterns($block->no_error_log);
    my $grep = $block->grep_error_log;

    fatal('grep_error_log and grep_error_log_out need each other')
        if defined $grep != defined $block->grep_error_log_out;
    my $exit = defined $block->shutdown_error_log
        || defined $block->no_shutdown_error_log;
    return if !@want && !@deny && !defined $grep && !$exit;

    my $from = $Opt{accumulate} ? 0 : $checked;
    my $file = path('logs/error.log');
    my $pause = @deny || defined $grep || $exit || !$ctx->{last};
    my @more = split /^/, $ctx->{stderr} // '';

    my @lines = settled_lines(
        sub { (lines_from($file, $from), @more) }, $pause, @want);
    $checked = $from + length join '', @lines[0 .. $#lines - @more];

    my $suffix = " (req $ctx->{repeat})";
    check_grep($block, $ctx, @lines[0 .. $#lines - @more]) if defined $grep;
    check_patterns($block->name, 'error.log', \@lines, \@want, \@deny,
        $suffix);
}

sub check_grep {
    my ($block, $ctx, @lines) = @_;
    my ($pattern, $want) = map { ref eq 'ARRAY' ? $_->[$ctx->{repeat}] : $_ }
        $block->grep_error_log, $block->grep_error_log_out;

    fatal("grep_error_log: nothing for repetition $ctx->{repeat}")
        if !defined $pattern || !defined $want;
    fatal('grep_error_log: a newline never matches, use the form '
        . '"--- name: value", or chomp') if !ref $pattern && $pattern =~ /\n/;

    $pattern = qr/\Q$pattern\E/ if !ref $pattern;
    my $got = join '', map { "$_\n" }
        map { $_ =~ $pattern && $& !~ /\n/ ? $& : () } @lines;

    is_str($got, expand($want, $ctx->{ports}),
        $block->name . " - grep_error_log_out (req $ctx->{repeat})");
}

sub check_access_log {
    my ($block, $ctx) = @_;
    my @want = patterns($block->access_log);
    my @deny = patterns($block->no_access_log);
    return if !@want && !@deny;

    my $file = path('logs/access.log');
    my @lines = settled_lines(
        sub { lines_from($file, 0) }, scalar @deny, @want);

    check_patterns($block->name, 'access.log', \@lines, \@want, \@deny,
        " (req $ctx->{repeat})");
}

# After nginx has gone.

sub check_shutdown_logs {
    my ($block, $skip) = @_;
    my $name = $block->name;
    my @want = patterns($block->shutdown_error_log);
    my @deny = patterns($block->no_shutdown_error_log);
    return if !@want && !@deny;

    if ($skip) {
        SKIP: { skip("$name - nginx goes on", @want + @deny) }
        return;
    }

    my @lines = lines_from(path('logs/error.log'), $checked);
    check_patterns($name, 'error.log', \@lines, \@want, \@deny, '');
}

# The audit: lines that no healthy nginx writes.

my $STAMP = qr{\d{4}/\d\d/\d\d \d\d:\d\d:\d\d};

my @BAD = (
    qr/^(?:$STAMP|nginx:) \[(?:alert|emerg)\]/,
    qr/^$STAMP \[\w+\] \d+\#\d+: worker process \d+ exited with code [1-9]/,
    qr/^\S+: runtime error: /,
    qr/\bERROR: \w+Sanitizer\b/,
    qr/\bAssertion .*? failed\b/,
);

my @EXEMPTS = qw(error_log no_error_log grep_error_log shutdown_error_log
    no_shutdown_error_log);

sub audit_log {
    my ($block, $stderr) = @_;
    my $name = $block->name;
    my @lines = lines_from(path('logs/error.log'), $audited);
    $audited += length join '', @lines;

    my @known = map { patterns($block->$_) } @EXEMPTS;
    push @known, qr/\[emerg\]/
        if defined $block->must_die || defined $block->reload_fails;

    my %seen;
    my @bad = grep { !$seen{$_}++ } grep {
        my $line = $_;
        !grep { matches($line, $_) } @known;
    } grep {
        my $line = $_;
        grep { $line =~ $_ } @BAD;
    } @lines, split /^/, $stderr;

    fail("$name - unexpected line in error.log: " . quote($_))
        for @bad[0 .. ($#bad < 2 ? $#bad : 2)];
    diag("... and " . (@bad - 3) . ' more') if @bad > 3;

    copy_log($name, @lines) if defined $Opt{error_log_copy} && @lines;
}

sub copy_log {
    my ($name, @lines) = @_;
    open my $out, '>>:raw', $Opt{error_log_copy}
        or fatal("cannot write $Opt{error_log_copy}: $!");
    syswrite $out, join '', "\n=== $name\n", @lines;
    close $out;
}

# What may explain a failure.

sub show_errors {
    my @lines = grep { /^$STAMP \[(?:warn|error|crit|alert|emerg)\]/ }
        lines_from(path('logs/error.log'), 0);
    splice @lines, 0, -10;
    diag('error.log of this block:', map { "\n  $_" =~ s/\n\z//r } @lines)
        if @lines;
}

# The error log starts anew, or only a block does.

sub reset_logs {
    $checked = $audited = 0;
}

sub mark_log {
    $checked = $audited;
}

1;
