package Real;

# Runs the node scripts of this directory.

use strict;
use warnings;

use Exporter 'import';
use Fcntl qw(LOCK_EX);
use FindBin;
use Test::More;

our @EXPORT = qw(node);

my $dir = $FindBin::Bin;
my $pid;

END {
    kill TERM => $pid if $pid;
}

for my $tool (qw(node npm)) {
    plan(skip_all => "no $tool") if system "command -v $tool >/dev/null";
}

install();

# The file in node_modules is what npm writes last.

sub install {
    my $wanted = "$dir/package-lock.json";
    my $installed = "$dir/node_modules/.package-lock.json";

    open my $lock, '<', $wanted or die "$wanted: $!\n";
    flock $lock, LOCK_EX or die "$wanted: $!\n";

    return if -e $installed && -M $installed <= -M $wanted;

    my $text = `timeout -k 5 300 npm ci --prefix '$dir' --omit=optional 2>&1`;
    die "npm ci:\n$text" if $?;

    utime undef, undef, $installed;
}

# Each line of TAP of the script becomes a test.  A hash in front may say how
# many seconds it may take.

sub node {
    my $seconds = ref $_[0] ? shift->{seconds} : 20;
    my ($script, @arguments) = @_;
    my $plan;
    my $count = 0;

    $pid = open my $out, '-|', qw(timeout -k 2), $seconds, 'node',
        "$dir/$script", @arguments or die "node: $!\n";

    while (my $line = <$out>) {
        chomp $line;

        if ($line =~ /^(not )?ok - (.*)/) {
            $count++;
            ok(!$1, $2);

        } elsif ($line =~ /^1\.\.(\d+)$/) {
            $plan = $1;

        } else {
            diag($line);
        }
    }

    close $out;
    undef $pid;

    is($?, 0, "$script: exit status");
    is($plan, $count, "$script: all tests ran");
}

1;
