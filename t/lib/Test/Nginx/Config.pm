package Test::Nginx::Config;

# The server root of a block and the files in it.

use strict;
use warnings;

use Exporter 'import';
use File::Basename 'dirname';
use File::Find 'find';
use File::Glob 'bsd_glob';
use File::Path qw(make_path remove_tree);

use Test::Nginx::Common;

our @EXPORT = qw(make_root renew_root remove_root write_file
    write_user_files nginx_conf);

# Names are what CPAN's runner expects too: it refuses to remove others.

my @DIRS = qw(conf html logs);

sub temp_dirs {
    return map { bsd_glob(path($_)) } qw(*_temp *_cache cache);
}

sub make_root {
    if (-d $Opt{servroot}) {
        remove_tree((map { path($_) } @DIRS), temp_dirs());
        rmdir $Opt{servroot} or fatal(
            "cannot remove $Opt{servroot}, which holds: "
            . join ' ', bsd_glob("$Opt{servroot}/*"));
    }

    make_path(map { path($_) } @DIRS);
    write_index();
}

# Before a reload: nginx runs, and keeps what it has open.

my $KEEP = qr/\bnginx\.pid|\bstderr\.log|\.sock|\.crt|\.key/;

sub renew_root {
    remove_tree(path('conf'), temp_dirs());
    find({
        no_chdir => 1,
        wanted   => sub {
            unlink $_ if -f $_ && !/(?:$KEEP)$/;
        },
    }, $Opt{servroot});

    make_path(map { path($_) } @DIRS);
    write_index();
}

sub remove_root {
    remove_tree($Opt{servroot}) if -d $Opt{servroot};
}

# What GET / answers; the very bytes are part of the test format.

sub write_index {
    my $text = 'It works!';
    write_file(path('html/index.html'),
        "<html><head><title>$text</title></head><body>$text</body></html>");
}

sub write_file {
    my ($file, $text) = @_;
    open my $out, '>:raw', $file or fatal("cannot write $file: $!");
    print {$out} $text;
    close $out or fatal("cannot write $file: $!");
}

sub write_user_files {
    my ($block, $ports) = @_;
    my $files = $block->user_files;
    return if !defined $files;

    $files = split_user_files($files) if !ref $files;
    fatal('user_files: neither text nor an array') if ref $files ne 'ARRAY';

    for my $file (@$files) {
        my ($name, $text, $date) = @$file;
        my $path = $name =~ m{^/} ? $name : path('html', $name);

        make_path(dirname($path));
        write_file($path, expand($text // '', $ports));
        next if !$date;

        local $ENV{TZ} = 'GMT';
        system('touch', '-t', $date, $path) == 0
            or fatal("user_files: bad date \"$date\" for $name");
    }
}

sub split_user_files {
    my ($text) = @_;
    my @files;

    for my $line (split /^/, $text) {
        if ($line =~ /^>>> (\S+)(?:\s+(.+))?/) {
            push @files, [$1, '', $2];

        } elsif ($line =~ />>> \S/) {
            fatal("user_files: \">>>\" within a line: $line");

        } elsif (@files) {
            $files[-1][1] .= $line;

        } else {
            fatal("user_files: text before the first \">>> name\": $line");
        }
    }

    return \@files;
}

# A bare port would be bound on all addresses.

sub bind_locally {
    my ($text) = @_;
    $text =~ s/(\blisten\s+)(\d+)(?=[\s;])/$1$Opt{addr}:$2/g;
    return $text;
}

sub section {
    my ($block, $name, $ports) = @_;
    return bind_locally(expand($block->$name // '', $ports));
}

sub quoted {
    my ($text) = @_;
    $text =~ s/([\\'])/\\$1/g;
    return "'$text'";
}

sub temp_paths {
    my ($http_config, $build) = @_;
    my @names = qw(client_body proxy fastcgi uwsgi scgi);
    return join "\n    ",
        map  { "${_}_temp_path " . path("${_}_temp") . ';' }
        grep { $http_config !~ /\b${_}_temp_path\b/ }
        grep { $build !~ /--without-http_${_}_module\b/ } @names;
}

sub main_lines {
    my @env = map { /\s/ ? "'$_'" : $_ } @{ $Opt{env} };
    my @lines = (
        (map { "env $_;" } qw(LD_PRELOAD LD_LIBRARY_PATH), @env,
            qw(ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS)),
        (map { "load_module $_;" } split ' ', $Opt{load_modules}),
    );
    push @lines, "user $Opt{user};" if defined $Opt{user};
    return join "\n", @lines;
}

# The answer to this tells which configuration a reloaded nginx runs.

sub version_server {
    my ($listen, $version) = @_;
    return '' if !$Opt{hup};
    return <<"END";
    server {
        listen       $listen;
        server_name  Test-Nginx;

        location = /ver {
            access_log off;
            return 200 '$version';
        }
    }
END
}

sub nginx_conf {
    my ($block, $ports, $build, $version) = @_;

    my %text = map { $_ => section($block, $_, $ports) }
        qw(config http_config main_config post_main_config);
    my $server_name = quoted($block->server_name // $Opt{server_name});
    my $log_level = $block->log_level || $Opt{log_level};
    my $error_log = path('logs/error.log');
    my $access_log = path('logs/access.log');
    my $pid = path('logs/nginx.pid');
    my $html = path('html');

    my $master = $Opt{hup} ? 'on' : $Opt{master};
    my $main = main_lines();
    my $temp_paths = temp_paths($text{http_config}, $build);
    my $listen = "$Opt{addr}:$Opt{port}";
    my $options = $Opt{reuse_port} ? ' reuseport' : '';
    my $events = $Opt{event_type} ? "    use $Opt{event_type};\n" : '';
    my $version_server = version_server($listen . $options, $version);

    my $postpone = '';
    if (defined $Opt{postpone_output}
        && $text{http_config} !~ /\bpostpone_output\b/)
    {
        $postpone = "    postpone_output $Opt{postpone_output};\n";
    }

    my $root_location = $Opt{root_location} ? <<"END" : '';
        location / {
            root   $html;
            index  index.html index.htm;
        }
END

    return <<"END";
daemon            off;
master_process    $master;
worker_processes  $Opt{workers};
error_log         $error_log $log_level;
pid               $pid;
$main

$text{main_config}

events {
    worker_connections  $Opt{worker_connections};
    accept_mutex        off;
$events}

http {
    access_log         $access_log;
    default_type       text/plain;
    keepalive_timeout  68000ms;
    $temp_paths
$postpone
$text{http_config}

    server {
        listen       $listen$options;
        server_name  $server_name;

        client_max_body_size  30M;

$Opt{preamble}
$text{config}

$root_location    }

$version_server}

$text{post_main_config}
END
}

1;
