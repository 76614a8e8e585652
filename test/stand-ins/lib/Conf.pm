# sandstorm.conf, read by the server's own rules.
package Conf;
use strict;
use warnings;

my %NUMBERS = map { $_ => 1 } qw(HTTPS_PORT MONGO_PORT SMTP_LISTEN_PORT);

# Returns a hash of the settings; dies with the server's words on a line that it would die of.
sub load {
    my ($release) = @_;
    open(my $file, '<', '../sandstorm.conf') or die "open(../sandstorm.conf): $!\n";
    my $text = do { local $/; <$file> } // '';

    my %conf = (PORTS => [], MONGO_PORT => 3001, SMTP_LISTEN_PORT => 30025, BIND_IP => '127.0.0.1',
        BASE_URL => '', WILDCARD_HOST => '', UID => $>, GID => (split q{ }, $))[0]);
    # A '#' cuts a line anywhere, even inside a value.
    for my $line (map { trim(s/#.*//r) } split /\n/, $text) {
        next if $line eq '';
        my ($key, $value) = $line =~ /^([^=]*)=(.*)$/s ? (trim($1), trim($2)) : ();
        die "expected '=' in line: Invalid config line; line = $line\n" unless defined $key;
        if ($key eq 'SERVER_USER') { run_as(\%conf, $value, $release) }
        die "invalid config value $key; value = $value\n" if $NUMBERS{$key} && $value !~ /^\d+$/;
        $conf{$key} = $value;
    }
    $conf{BASE_URL} =~ s{/+$}{};
    $conf{UPDATE_CHANNEL} = undef if ($conf{UPDATE_CHANNEL} // 'none') eq 'none';
    $conf{PORTS} = ports(\%conf);
    die "config missing SERVER_USER; can't run as root\n" if $> == 0 && !$conf{SERVER_USER};
    return \%conf;
}

sub ports {
    my ($conf) = @_;
    my @ports = split /,/, $conf->{PORT} // '', -1;
    @ports = map { trim($_) } @ports;
    die "invalid config value PORT; portList = $conf->{PORT}\n" if grep { !/^\d+$/ } @ports;
    return [defined $conf->{HTTPS_PORT} ? $conf->{HTTPS_PORT} : (), @ports];
}

sub run_as {
    my ($conf, $name, $release) = @_;
    my (undef, undef, $uid, $gid) = getpwnam($name);
    my $rehearsal = $release->{machine_root} ne '';
    die "invalid config value SERVER_USER; value = $name\n" if !defined $uid && !$rehearsal;
    die "Sandstorm cannot run as root.\n" if defined $uid && $uid == 0;
    # A rehearsal makes no accounts and gives no files away: it runs as whoever plays it.
    return if $rehearsal;
    @$conf{qw(UID GID)} = ($uid, $gid);
    return;
}

sub trim {
    my ($text) = @_;
    return $text =~ s/^\s+|\s+$//gr;
}

1;
