package Test::Nginx::Sections;

# The sections of a block: which there are, which would test nothing, and
# those that say not to run the block.

use strict;
use warnings;

use Exporter 'import';

use Test::Nginx::Common;

our @EXPORT = qw(check_sections check_values skip_reason todo_reason
    @NEED_CONFIG);

my %KNOWN = map { $_ => 1 } qw(
    abort access_log config error_code error_code_like error_log
    grep_error_log grep_error_log_out http09 http_config ignore_response init
    log_level main_config more_headers must_die no_access_log no_check_leak
    no_error_log no_http2 no_http3 no_shutdown_error_log pipelined_requests
    post_main_config post_setup_server_root raw_request
    raw_request_middle_delay raw_response_headers_like
    raw_response_headers_unlike reload_fails request response_body
    response_body_filters response_body_json_sort response_body_like
    response_body_unlike response_headers response_headers_like
    server_addr_for_client server_name shutdown shutdown_error_log skip_eval
    skip_nginx skip_nginx2 skip_openssl suppress_stderr tcp_listen
    tcp_no_close tcp_query tcp_query_auto_timeout tcp_query_len tcp_reply
    tcp_reply_delay tcp_shutdown tcp_shutdown_delay timeout todo user_files
    wait
    ONLY SKIP LAST
);

# What CPAN's has and this one has not.

my %FOREIGN = map { $_ => 1 } qw(
    charset curl curl_error curl_options curl_protocol error_log_file http2
    http3 no_mockeagain quic_max_idle_timeout request_eval
    response_body_eval skip_slave stap stap_out stap_out_like
    stap_out_unlike todo_nginx udp_listen udp_query udp_reply
    udp_reply_delay write_resp_body_file
);

# Of these only the first that a block has counts.

my @RIVALS = (
    [qw(raw_request pipelined_requests request)],
    [qw(raw_request more_headers)],
    [qw(error_code_like error_code)],
    [qw(response_headers response_headers_like)],
    [qw(response_body response_body_like response_body_unlike)],
);

# Without a config section nginx goes on as it is: these would do nothing.

our @NEED_CONFIG = qw(http_config log_level main_config must_die
    post_main_config post_setup_server_root server_name user_files);

my %INTERNAL = map { $_ => 1 } qw(name description seq_num is_filtered
    blocks_object original_values);

# As written, before the filters.

sub check_sections {
    my ($block) = @_;
    my %seen;
    local $Test::Nginx::Common::Where = "$0: " . $block->name;

    for my $section (@{ $block->_section_order }) {
        check_name($section);
        fatal("section \"$section\" is given twice") if $seen{$section}++;

        my ($text) = $block->$section;
        while ($text =~ /^[ \t]*---[ \t]*(\w+)/mg) {
            fatal("\"$1\" within \"$section\": sections start with \"--- \"")
                if $KNOWN{$1};
        }
    }

    for my $rivals (@RIVALS) {
        my ($first, $second) = grep { $seen{$_} } @$rivals;
        fatal("$second would be ignored beside $first") if defined $second;
    }
}

sub check_name {
    my ($section) = @_;
    return if $KNOWN{$section} || $section =~ /^x_/;
    fatal("section \"$section\" is not supported by this runner")
        if $FOREIGN{$section};
    fatal("unknown section \"$section\"");
}

# After filters and preprocessors.  Test::Base takes the message for the
# value when the Perl of a section has an error.

sub check_values {
    my ($block) = @_;
    local $Test::Nginx::Common::Where = "$0: " . $block->name;

    for my $section (grep { !$INTERNAL{$_} && !/^_/ } keys %$block) {
        check_name($section);

        my $value = $block->$section;
        my $filters = $block->_section_map->{$section}{filters} // '';
        fatal("section \"$section\": $value")
            if defined $value && !ref $value && $filters =~ /\beval\b/
                && $value =~ / at \(eval \d+\) line \d+/;
    }
}

sub split_count {
    my ($block, $section) = @_;
    my ($count, $rest) = $block->$section =~ /^\s*(\d+)\s*:\s*(.*?)\s*\z/s
        or fatal("$section: not \"COUNT: ...\": " . $block->$section);
    return ($count, $rest);
}

# The number of subtests that are to do, and why; nothing if none is.

sub todo_reason {
    my ($block) = @_;
    return defined $block->todo ? split_count($block, 'todo') : ();
}

# The same of those to skip.

sub skip_reason {
    my ($block, $nginx, $openssl) = @_;

    if (defined $block->skip_eval) {
        my ($count, $code) = split_count($block, 'skip_eval');
        return ($count, 'skip_eval') if run_perl('skip_eval', $code);
    }

    my %have = (skip_nginx => $nginx, skip_nginx2 => $nginx,
        skip_openssl => $openssl // '0.0.0');

    for my $section (sort keys %have) {
        next if !defined $block->$section;
        my ($count, $test) = split_count($block, $section);
        my ($true, $reason) = version_test($section, $have{$section}, $test);
        return ($count, $reason) if $true;
    }

    return;
}

# "< 1.2.3", or "< 1.2.3 and >= 1.0.0", perhaps with ": reason"

my $COMPARISON = qr/([<>]=?)\s*([\d.]+[a-z]?)/;

sub version_test {
    my ($section, $have, $test) = @_;

    my ($op1, $want1, $and_or, $op2, $want2, $reason) = $test =~ /^
        $COMPARISON (?: \s* (and|or) \s* $COMPARISON )?
        \s* (?: : \s* (.*) )? $/x or fatal("$section: bad test: $test");
    fatal("$section: one comparison or two?")
        if defined $and_or != ($section eq 'skip_nginx2');

    my $true = version_is($have, $op1, $want1);
    if (defined $and_or) {
        my $second = version_is($have, $op2, $want2);
        $true = $and_or eq 'and' ? $true && $second : $true || $second;
    }

    my $what = $section eq 'skip_openssl' ? 'OpenSSL' : 'nginx';
    return ($true, $reason // "$what version $test");
}

sub version_is {
    my ($have, $op, $want) = @_;
    my ($left, $right) = map {
        join '', map { sprintf '%05d%s', /^(\d+)(\D?)/ } split /\./
    } $have, $want;

    my $order = $left cmp $right;
    return $op eq '<' ? $order < 0
        : $op eq '<=' ? $order <= 0
        : $op eq '>' ? $order > 0
        : $order >= 0;
}

1;
