# The running server: a top-level process that lives through updates, a monitor below it that keeps
# database and gateway up.
package Server;
use strict;
use warnings;
use Fcntl qw(F_SETFD);
use File::Path ();
use POSIX ();
use Socket qw(:all);
use Time::HiRes ();
use Database ();
use Gateway ();
use Pidfile ();
use Proc ();
use Release ();

sub note {
    print STDERR "@_\n";
    return;
}

# Opened before anything else and handed on through a restart: a client waits then, it is not refused.
# So an open port says nothing about health.
sub open_ports {
    my ($conf, $inherited) = @_;
    my %listeners;
    for my $port ($conf->{SMTP_LISTEN_PORT}, @{ $conf->{PORTS} }) {
        $listeners{$port} //= delete $inherited->{$port} // listen_on($conf->{BIND_IP}, $port);
    }
    return \%listeners;
}

sub listen_on {
    my ($ip, $port) = @_;
    my ($family, $address) = (AF_INET, inet_pton(AF_INET, $ip));
    ($family, $address) = (AF_INET6, inet_pton(AF_INET6, $ip)) if !defined $address;
    die "Bind IP is an invalid IP address:; config.bindIp = $ip\n" if !defined $address;
    socket(my $socket, $family, SOCK_STREAM, 0) or die "socket: $!\n";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, pack('l', 1));
    my $where = $family == AF_INET ? pack_sockaddr_in($port, $address) : pack_sockaddr_in6($port, $address);
    bind($socket, $where) or die "bind(sockFd): $!; port = $port\n";
    listen($socket, SOMAXCONN) or die "listen: $!\n";
    return $socket;
}

# Never returns. `$pidfile` is locked by this process.
sub run {
    my ($release, $conf, $pidfile, $listeners) = @_;
    Proc::name('top-level', 'top');
    tend_folders($conf);
    delete_lower_builds($release);

    my $signal = '';
    $SIG{TERM} = sub { $signal ||= 'TERM' };
    $SIG{INT} = $SIG{TERM};
    $SIG{HUP} = sub { $signal ||= 'HUP' };

    my $monitor = Proc::spawn(sub { monitor($release, $conf, $listeners) });
    while (!$signal) {
        if (Proc::ended($monitor)) {
            note('** Server monitor died. Aborting.');
            POSIX::_exit(1);
        }
        select(undef, undef, undef, 0.05);
    }
    kill 'TERM', $monitor;
    1 while waitpid($monitor, 0) == -1 && $!{EINTR};
    if ($signal ne 'HUP') {
        note('** Exiting');
        POSIX::_exit(0);
    }
    note('** Restarting');
    continue_as_latest($pidfile, $listeners);
    return;
}

# The same pid, lock and open ports, whatever program `latest` now is; without one this is the end.
sub continue_as_latest {
    my ($pidfile, $listeners) = @_;
    fcntl($_, F_SETFD, 0) for $pidfile, values %$listeners;
    my @ports = map { fileno($listeners->{$_}) . ":tcp:$_" } sort keys %$listeners;
    delete @ENV{ grep { /^STAND_IN_/ } keys %ENV };
    { no warnings 'exec'; exec '../latest/sandstorm', 'continue', fileno($pidfile), @ports; }
    note("*** Uncaught exception ***\nexecv(../latest/sandstorm): $!");
    POSIX::_exit(1);
}

sub tend_folders {
    my ($conf) = @_;
    for my $tmp ('../tmp', '../var/sandstorm/tmp') {
        File::Path::remove_tree($tmp);
        mkdir $tmp, 0770;
        chown 0, $conf->{GID}, $tmp if $> == 0;
    }
    return if $> != 0;
    chown 0, $conf->{GID}, Pidfile::PATH, '../var/sandstorm';
    chmod 0660, Pidfile::PATH;
    chmod 0770, '../var/sandstorm', '../var/sandstorm/grains';
    return;
}

# Before the database is up: if this build turns out to be broken, the one before it is already gone.
sub delete_lower_builds {
    my ($release) = @_;
    for my $path (glob '../sandstorm-*') {
        my ($number) = $path =~ /sandstorm-(\d+)$/;
        my $lower = defined $number && $number < $release->{build};
        my $custom = $path =~ /sandstorm-custom\./ && $release->{build} != 0;
        File::Path::remove_tree($path) if $lower || $custom;
    }
    return;
}

sub monitor {
    my ($release, $conf, $listeners) = @_;
    my $ending = 0;
    $SIG{HUP} = 'IGNORE';
    $SIG{TERM} = $SIG{INT} = sub { $ending = 1 };
    Proc::name('server monitor', 'montr');
    note('** Starting back-end...');
    note('** Starting MongoDB...');
    my ($database, $schema) = start_database($release, $conf);
    my $ready_at = Time::HiRes::time() + $release->{start_delay_ms} / 1000;
    select(undef, undef, undef, 0.02) while !$ending && Time::HiRes::time() < $ready_at;
    note('** Back-end and Mongo started; now starting front-end...');
    die "front-end crashed, as this release is told to\n" if $release->{dies} eq 'at-start';

    my ($gateway, $started) = (undef, 0);
    while (!$ending) {
        if (!$gateway) {
            note('** Starting Gateway...');
            $gateway = Proc::spawn(sub { Gateway::run($release, $conf, $listeners, $schema) });
            $started = Time::HiRes::time();
        }
        if (Proc::ended($gateway)) {
            note("** Gateway died immediately after starting.\n** Sleeping for a bit before trying again...");
            $gateway = undef;
            select(undef, undef, undef, 0.05) while !$ending && Time::HiRes::time() < $started + 10;
        }
        die "database died\n" if Proc::ended($database);
        die "crashed, as this release is told to\n"
            if $release->{dies} eq 'after-ready'
            && Time::HiRes::time() > $ready_at + $release->{dies_after_ms} / 1000;
        select(undef, undef, undef, 0.05);
    }
    note('** Shutting down due to signal');
    Proc::end($gateway);
    Proc::end($database);
    Release::pause($release->{slow_stop_ms});
    return 0;
}

sub start_database {
    my ($release, $conf) = @_;
    if ($release->{needs_mongo7} eq 'yes') {
        my $version = (Release::slurp('../var/mongo/version') // '2.6') =~ s/\s+//gr;
        die "MongoDB 7 is required. Please run 'sudo sandstorm migrate-mongo' first.\n" if $version eq '2.6';
        die "Unsupported MongoDB version. This version of Sandstorm requires MongoDB 7.\n" if $version ne '7';
    }
    pipe(my $reader, my $writer) or die "pipe: $!\n";
    my $pid = Proc::spawn(sub { close $reader; Database::run($release, $conf, $writer) });
    close $writer;
    my $schema;
    1 until defined($schema = <$reader>) || !$!{EINTR};
    return ($pid, $schema + 0) if defined $schema;
    die '**mongod failed to start. Initial exit code: ; bailing out now. For troubleshooting, read '
        . "/opt/sandstorm/var/log/mongo.log\n";
}

1;
