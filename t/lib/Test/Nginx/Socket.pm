package Test::Nginx::Socket;

# Our own runner for *.t files in the format of CPAN's Test::Nginx::Socket.
# See the end of this file.

use strict;
use warnings;

use Test::Base -base;       # with -Base it would rewrite this file

use List::Util qw(shuffle);
use POSIX ();
use Scalar::Util qw(looks_like_number);
use Time::HiRes qw(sleep);

use Test::Nginx::Check;
use Test::Nginx::Client;
use Test::Nginx::Common;
use Test::Nginx::Config;
use Test::Nginx::Process;
use Test::Nginx::Sections;
use Test::Nginx::TcpServer;

our @EXPORT = qw(
    add_block_preprocessor add_cleanup_handler add_response_body_check
    add_test_cleanup_handler bail_out check_accum_error_log config_preamble
    env_to_nginx html_dir is_str log_level master_off master_on
    master_process_enabled no_long_string no_nginx_manager no_root_location
    no_shuffle repeat_each run_tests server_addr server_name server_port
    server_port_for_client server_root timeout use_hup worker_connections
    workers
);

my $main_pid = $$;
my $nginx;              # the process
my $tcp_server;         # and the embedded server, of the block in hand
my $running;            # the configuration that nginx has
my %finish;             # the block to finish: block, tests before it
my $over = 0;

my (@preprocessors, @test_cleanups, @cleanups);

Test::Nginx::Common::init();

# Settings

sub accessor {
    my ($key) = @_;
    return sub (@) { $Opt{$key} = shift if @_; return $Opt{$key} };
}

BEGIN {
    no strict 'refs';
    my %key = (
        repeat_each            => 'repeat',
        server_addr            => 'addr',
        server_port_for_client => 'client_port',
        map { $_ => $_ } qw(log_level server_name timeout worker_connections
            workers),
    );
    *$_ = accessor($key{$_}) for keys %key;
}

sub server_port (@) {
    if (@_) {
        $Opt{port} = shift;
        $ENV{TEST_NGINX_SERVER_PORT} = $Opt{port};
    }
    return $Opt{port};
}

sub server_root () { return $Opt{servroot} }
sub html_dir () { return path('html') }

sub no_shuffle () { $Opt{shuffle} = 0 }
sub no_long_string () { $Test::Nginx::Check::NoLongString = 1 }
sub no_root_location () { $Opt{root_location} = 0 }
sub no_nginx_manager () { $Opt{manager} = 0 }
sub use_hup () { $Opt{hup} = 1 }
sub check_accum_error_log () { $Opt{accumulate} = 1 }
sub master_on () { $Opt{master} = 'on' }
sub master_off () { $Opt{master} = 'off' }
sub config_preamble ($) { $Opt{preamble} = shift }

sub master_process_enabled (@) {
    $Opt{master} = shift() ? 'on' : 'off' if @_;
    return $Opt{master};
}

sub env_to_nginx (@) {
    for my $variable (@_) {
        croak("env_to_nginx: bad value: $variable")
            if $variable !~ /^[A-Za-z_][^\n]*\z/;
        push @{ $Opt{env} }, $variable;
    }
}

sub add_block_preprocessor (&) { unshift @preprocessors, shift }
sub add_cleanup_handler ($) { unshift @cleanups, shift }
sub add_test_cleanup_handler ($) { unshift @test_cleanups, shift }

sub add_response_body_check ($) {
    push @Test::Nginx::Check::BodyChecks, shift;
}

sub bail_out (@) {
    cleanup();
    Test::More::BAIL_OUT(@_);
}

# Running

sub run_tests () {
    check_sections($_) for @{ default_object()->block_list };

    my @blocks = blocks();
    @blocks = shuffle @blocks if $Opt{shuffle};

    local $SIG{PIPE} = 'IGNORE';
    local $SIG{INT} = \&interrupted;
    local $SIG{TERM} = \&interrupted;
    local $SIG{HUP} = \&interrupted;

    $nginx = Test::Nginx::Process->new;
    Test::Nginx::Process::stop_stale() if $Opt{manager};

    for my $block (@blocks) {
        $_->($block) for @preprocessors;
        check_values($block);

        $block->set_value(name => "$0 " . $block->name);
        local $Test::Nginx::Common::Where = $block->name;
        run_block($block);
        $_->($block) for @test_cleanups;
    }

    finish_block(!$Opt{no_clean});
    cleanup();
}

sub interrupted {
    my ($signal) = @_;
    my %number = (HUP => 1, INT => 2, TERM => 15);
    exit 128 + $number{$signal};
}

sub cleanup {
    return if $over++;
    for my $handler (@cleanups) {
        eval { $handler->(); 1 } or warn $@;
    }
    undef $tcp_server;
    $nginx->stop if $nginx && !$Opt{no_clean};
    remove_root() if $Opt{randomize} && !$Opt{no_clean};
}

END {
    if ($$ == $main_pid) {
        local ($?, $!, $@);
        local @SIG{qw(INT TERM HUP)} = ('IGNORE') x 3;
        cleanup();
    }
}

# One block

sub run_block {
    my ($block) = @_;

    my ($count, $reason)
        = skip_reason($block, $nginx->{version}, $nginx->{openssl});
    if (defined $count) {
        for (1 .. $Opt{repeat}) {
            SKIP: { skip($block->name . " - $reason", $count) }
        }
        return;
    }

    ($count, $reason) = todo_reason($block);
    if (defined $count) {
        for (1 .. $Opt{repeat}) {
            TODO: { todo_skip($block->name . " - $reason", $count) }
        }
        return;
    }

    my $ports = {};
    tag_reports($block);

    if (defined $block->must_die) {
        run_to_death($block, $ports);

    } elsif (bring_up($block, $ports)) {
        run_perl('init', $block->init);
        run_requests($block, $ports, $_) for 0 .. $Opt{repeat} - 1;
    }

    release_ports(values %$ports);
}

sub tag_reports {
    my ($block) = @_;
    my $number = $block->name =~ / TEST (\d+)/ ? $1 : $block->seq_num;
    my $file = $0 =~ s{^(?:.*/)?t/|\.t$}{}gr;
    Test::Nginx::Process::tag_reports(
        $file =~ s{[^-\w]+}{-}gr . "-t$number");
}

sub run_requests {
    my ($block, $ports, $repeat) = @_;
    write_user_files($block, $ports) if $repeat > 0;

    my @requests = block_requests($block, $ports);
    my @all = map { @{ $_->{methods} } } @requests;
    my %ctx = (index => 0, count => scalar @all, ports => $ports,
        repeat => $repeat, last => 0);

    $tcp_server = Test::Nginx::TcpServer->start($block, $ports);

    for my $request (@requests) {
        my $raw = send_request($block, $request);

        for my $method (@{ $request->{methods} }) {
            $raw = check_one($block, $raw, $method, \%ctx);
            $ctx{last} = $repeat == $Opt{repeat} - 1
                && $ctx{index} == $#all;

            sleep(seconds(scalar $block->wait) // 0);
            check_logs($block, \%ctx);
            $ctx{index}++;
        }

        diag($block->name, ' - unexpected extra bytes after the response: ',
            substr $raw, 0, 200) if length $raw;
    }

    check_tcp_server($block);
}

sub send_request {
    my ($block, $request) = @_;
    my $name = $block->name;

    my $how = $block->shutdown;
    $how = 1 if defined $how && $how !~ /\d/;

    say_verbose('request: ', map { $_->{value} } @{ $request->{packets} });
    my ($raw, $error) = exchange(
        $request->{packets},
        addr         => scalar $block->server_addr_for_client,
        middle_delay => scalar $block->raw_request_middle_delay,
        shutdown     => $how,
        timeout      => seconds(scalar $block->timeout) // $Opt{timeout},
    );
    say_verbose("response: $raw");

    if (!defined $error) {
        # all went well

    } elsif ($error eq 'timeout') {
        fail("ERROR: client socket timed out - $name")
            if !defined $block->abort;

    } elsif ($error =~ /^cannot connect/) {
        fail("$name - $error");

    } else {
        diag("$name - $error");
    }

    return $raw;
}

# Checks the first response in $raw and returns what follows it.

sub check_one {
    my ($block, $raw, $method, $ctx) = @_;
    return '' if defined $block->ignore_response;

    my $res = defined $block->http09
        ? { code => 200, raw_headers => '', header => [], body => $raw,
            left => '', problems => [] }
        : parse_response($raw, $method);

    check_response($block, $res, $ctx);
    return $res->{left};
}

sub check_tcp_server {
    my ($block) = @_;
    return if !$tcp_server;
    my $name = $block->name;

    if (defined $block->tcp_query || defined $block->tcp_query_len) {
        my $query = $tcp_server->query;
        is_str($query, $block->tcp_query, "$name - tcp_query ok")
            if defined $block->tcp_query;
        Test::More::is(length $query, $block->tcp_query_len,
            "$name - TCP query length ok") if defined $block->tcp_query_len;
    }

    undef $tcp_server;
}

# nginx for a block

sub lay_out {
    my ($block, $ports, $conf) = @_;
    run_perl('post_setup_server_root', $block->post_setup_server_root);
    write_user_files($block, $ports);
    write_file(path('conf/nginx.conf'), $conf);
    reset_logs();
    say_verbose($conf);
}

sub bring_up {
    my ($block, $ports) = @_;

    if (!$Opt{manager}) {
        diag('no_nginx_manager: config is ignored') if defined $block->config;
        return 1;
    }

    return keep_on($block) if !defined $block->config;

    my @args = ($block, $ports, $nginx->{build});
    my $version = join '', map { chr ord('a') + rand 26 } 1 .. 12;
    my $conf = nginx_conf(@args, $version);
    my $same = nginx_conf(@args, '');
    my $before = $running // '';
    $running = $same;

    if (!$Opt{force_restart} && $same eq $before && $nginx->running
        && !wants_exit($finish{block}))
    {
        finish_block(0);
        mark_log();
        write_user_files($block, $ports);

    } elsif ($Opt{hup} && $nginx->running) {
        finish_block(0);
        renew_root();
        lay_out($block, $ports, $conf);
        my $problem = $nginx->reload($version, defined $block->reload_fails);
        return not_up($block, $problem) if defined $problem;

    } else {
        fatal('reload_fails needs a block before it, and use_hup()')
            if defined $block->reload_fails;
        finish_block(1);
        make_root();
        lay_out($block, $ports, $conf);
        $nginx->start(valgrind => $Opt{valgrind})
            or return not_up($block, 'nginx did not start');
    }

    begin_block($block);
    return 1;
}

# No config: the nginx of the block before.

sub keep_on {
    my ($block) = @_;
    for my $section (@NEED_CONFIG) {
        fatal("$section without config would be ignored")
            if defined $block->$section;
    }
    fatal('no config, but the block before checks how nginx exits')
        if wants_exit($finish{block}) && !$Opt{hup};

    finish_block(0);
    fatal('no config, and no nginx is running') if !$nginx->running;
    mark_log();
    begin_block($block);
    return 1;
}

sub not_up {
    my ($block, $problem) = @_;
    my $name = $block->name;
    fail("$name - $problem");

    my @lines = grep { length } split /^/, $nginx->stderr;
    diag(@lines) if @lines;
    show_errors() if !@lines;

    $nginx->stop;
    undef $running;
    return 0;
}

sub wants_exit {
    my ($block) = @_;
    return $block && (defined $block->shutdown_error_log
        || defined $block->no_shutdown_error_log);
}

sub run_to_death {
    my ($block, $ports) = @_;
    my $name = $block->name;
    local $Opt{hup} = 0;
    local $ENV{ASAN_OPTIONS} = Test::Nginx::Process::no_leak_check();
    my $stderr = '';

    finish_block(1);
    undef $running;
    make_root();
    lay_out($block, $ports, nginx_conf($block, $ports, $nginx->{build}, ''));

    for my $repeat (0 .. $Opt{repeat} - 1) {
        my $alive = $nginx->start;
        my $status = $nginx->{status} // 0;
        $nginx->stop;

        if ($status & 127) {
            fail("$name - nginx core dumped (signal " . ($status & 127)
                . ')');

        } elsif (looks_like_number($block->must_die)) {
            Test::More::is($status >> 8, $block->must_die + 0,
                "$name - die with the expected exit code");

        } else {
            Test::More::isnt($status, 0, "$name - die as expected");
        }

        diag("$name - nginx must die, but it started") if $alive;

        my $text = $nginx->stderr;
        $stderr .= $text;
        check_logs($block, { repeat => $repeat, last => 1, ports => $ports,
            index => 0, count => 1, stderr => $text });
    }

    audit_log($block, $stderr);
    show_reports($name, '');
}

sub begin_block {
    my ($block) = @_;
    %finish = (block => $block,
        tests => Test::More->builder->current_test);
}

# What can be said about the last block when nginx has gone, or goes on with
# the next one.

sub finish_block {
    my ($stop) = @_;
    my %last = %finish;
    %finish = ();

    my $gone = $stop || !$nginx->running;
    my @complaints = $gone ? $nginx->stop : ();

    my $block = $last{block} or return;
    my $name = $block->name;
    local $Test::Nginx::Common::Where = $name;

    check_shutdown_logs($block, !$gone || $Opt{hup});
    fail("$name - $_") for @complaints;

    my $stderr = $Opt{manager} ? $nginx->stderr : '';
    audit_log($block, $stderr);
    show_reports($name, $stderr);

    my @ok = Test::More->builder->summary;
    show_errors() if grep { !$_ } @ok[$last{tests} .. $#ok];
}

sub show_reports {
    my ($name, $stderr) = @_;

    if ($Opt{valgrind} && $stderr =~ /^==\d+==/m) {
        fail("$name - Valgrind found errors");
        diag($stderr);
    }

    for my $report ($nginx->new_reports) {
        my ($file, $text) = @$report;
        fail("$name - there is a report: $file");
        diag(substr $text, 0, 4000);
    }
}

1;

__END__

=encoding utf-8

=head1 NAME

Test::Nginx::Socket - run test files in the format of Test::Nginx

=head1 SYNOPSIS

    use Test::Nginx::Socket 'no_plan';

    repeat_each(2);
    run_tests();

    __DATA__

    === TEST 1: a location that answers
    --- config
    location = /t { return 200 "hello\n"; }
    --- request
    GET /t
    --- response_body
    hello

    TEST_NGINX_RANDOMIZE=1 prove -j4 -It/lib t

=head1 DESCRIPTION

A small runner for those who have Debian's Test::Base but not CPAN's
Test::Nginx.  It reads the same files, and makes subtests of the same names
in the same number.

It is quick, as nginx is its own child: about a tenth of a second for a
block.  All is bound on 127.0.0.1, also what a block binds with a bare
C<listen PORT>.  nginx does not outlive the test, unless TEST_NGINX_NO_CLEAN
is set.

=head2 Functions

add_block_preprocessor, add_cleanup_handler, add_response_body_check,
add_test_cleanup_handler, bail_out, check_accum_error_log, config_preamble,
env_to_nginx, html_dir, is_str, log_level, master_off, master_on,
master_process_enabled, no_long_string, no_nginx_manager, no_root_location,
no_shuffle, repeat_each, run_tests, server_addr, server_name, server_port,
server_port_for_client, server_root, timeout, use_hup, worker_connections,
workers, and what Test::Base exports.

=head2 Sections

=over 4

=item nginx

config, http_config, main_config, post_main_config, server_name, log_level,
user_files, init, post_setup_server_root, must_die, reload_fails

=item request

request, more_headers, raw_request, raw_request_middle_delay,
pipelined_requests, timeout, abort, shutdown, wait, server_addr_for_client,
http09

=item response

error_code, error_code_like, response_headers, response_headers_like,
raw_response_headers_like, raw_response_headers_unlike, response_body,
response_body_like, response_body_unlike, response_body_filters,
response_body_json_sort, ignore_response

=item logs

error_log, no_error_log, access_log, no_access_log, grep_error_log,
grep_error_log_out, shutdown_error_log, no_shutdown_error_log

=item embedded server

tcp_listen, tcp_reply, tcp_reply_delay, tcp_query, tcp_query_len,
tcp_query_auto_timeout, tcp_shutdown, tcp_shutdown_delay, tcp_no_close

=item others

skip_nginx, skip_nginx2, skip_openssl, skip_eval, todo, ONLY, SKIP, LAST;
suppress_stderr, no_check_leak, no_http2 and no_http3 have no effect

=back

=head2 Environment

TEST_NGINX_BINARY, _CHECK_ACCUM_ERR_LOG, _CLIENT_PORT, _ERROR_LOG,
_EVENT_TYPE, _FAST_SHUTDOWN, _FORCE_RESTART_ON_TEST, _LD_PRELOAD,
_LOAD_MODULES, _LOG_LEVEL, _MASTER_PROCESS, _NO_CLEAN, _NO_NGINX_MANAGER,
_NO_SHUFFLE, _PORT, _POSTPONE_OUTPUT, _RANDOMIZE, _REUSE_PORT, _SERVER_PORT,
_SERVROOT, _SLEEP, _TIMEOUT, _USE_HUP, _USE_VALGRIND, _VERBOSE,
_WORKER_USER; and ASAN_OPTIONS, LSAN_OPTIONS, UBSAN_OPTIONS, whose log_path
gets the name of the test file and the number of the block.

=head1 DIFFERENCES

=head2 What fails here

An unknown section ends the file with a message.  A section of the test
file's own, for a preprocessor or a response body check, is called
C<x_something>.

So do: a section given twice, C<---name> without the space, Perl in an
C<eval> section that does not compile, arrays that are longer or shorter
than there are responses, a section that another one overrules
(C<response_body> and C<response_body_like>, and the like), header lines
without a colon or given twice, patterns that cannot match because of a
newline at their end, C<http_config> or C<user_files> without C<config>,
a bad C<skip_eval>.

A block fails, in a subtest that exists only then, for lines in error.log
that are C<[alert]> or C<[emerg]>, of a sanitizer, of a failed assertion or
of a worker that crashed, unless a pattern of its error_log,
grep_error_log or shutdown_error_log matches that line; for an nginx that
crashes, gives an exit code or does not stop; for what Valgrind and the
sanitizers write; for a malformed response.

=head2 What is otherwise different

An nginx that does not start fails its block at once.  must_die looks for
error_log patterns on nginx's stderr too.  After run_tests() nginx is gone.
Interim responses are skipped.  $TEST_NGINX_HTML_DIR has a value, and
variables are expanded in request, raw_request and more_headers.  Log
patterns may come up to 0.3 s late.

=cut
