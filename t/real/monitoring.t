use strict;
use warnings;

# What docs/monitoring offers: promtool is content with the rules, each alert
# fires when it should and not when it should not, and the dashboard is one.

use FindBin;
use lib "$FindBin::Bin/../lib";
use Apigw::Prometheus;
use JSON::PP;
use Test::More;

my $dir = "$FindBin::Bin/../../docs/monitoring";

Apigw::Prometheus->new or plan skip_all => 'no prometheus';

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

sub content {
    my ($name, @command) = @_;
    my ($fine, $said) = Apigw::Prometheus::promtool('', @command);
    ok($fine, $name) or diag($said);
    unlike($said, qr/lint|warn/i, "$name: without a remark") or diag($said);
}

content('check rules', 'check', 'rules', "$dir/alerts.yml");
content('check config', 'check', 'config', "$dir/prometheus.yml");
content('test rules', 'test', 'rules', "$FindBin::Bin/alerts.yml");

my $rules = slurp("$dir/alerts.yml");
my $tests = slurp("$FindBin::Bin/alerts.yml");
my @alerts = $rules =~ /^ +- alert: (\w+)$/mg;

cmp_ok(scalar(@alerts), '>', 10, 'there are alerts');

for my $alert ($rules =~ /^( +- alert: .*?)(?=^ +- |^  - |\z)/msg) {
    my ($name) = $alert =~ /alert: (\w+)/;
    my @missing = grep { $alert !~ /^ +$_:/m }
        qw(severity summary description runbook);
    is("@missing", '', "$name: says what it has to");
    like($tests, qr/alertname="$name"/, "$name: is tested");
}

# The dashboard

my $dashboard = JSON::PP->new->decode(slurp("$dir/grafana.json"));
my %variable = map { $_->{name} => $_ } @{ $dashboard->{templating}{list} };
my (%id, @bad, %place);

is($dashboard->{id}, undef, 'a dashboard to be imported has no id');
cmp_ok($dashboard->{schemaVersion}, '>=', 36, 'of Grafana 9 or later');
is($variable{datasource}{type}, 'datasource', 'its data source is a choice');

for my $panel (@{ $dashboard->{panels} }) {
    my ($title, $at) = @$panel{qw(title gridPos)};

    push @bad, "$title: id" if $id{ $panel->{id} }++;
    push @bad, "$title: too wide" if $at->{x} + $at->{w} > 24;

    for my $y ($at->{y} .. $at->{y} + $at->{h} - 1) {
        push @bad, "$title: over another one"
            if grep { $place{"$_ $y"}++ } $at->{x} .. $at->{x} + $at->{w} - 1;
    }

    next if $panel->{type} eq 'row';
    push @bad, "$title: asks for nothing" if !@{ $panel->{targets} };

    for my $source ($panel, @{ $panel->{targets} }) {
        push @bad, "$title: its data source"
            if $source->{datasource}{uid} ne '${datasource}';
    }

    for my $expr (map { $_->{expr} } @{ $panel->{targets} }) {
        push @bad, map { "$title: \$$_" }
            grep { !/^__/ && !$variable{$_} } $expr =~ /\$\{?(\w+)/g;
    }
}

is_deeply(\@bad, [], 'its panels are in order');

done_testing();
