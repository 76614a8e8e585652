# In the place of MongoDB: var/mongo/data.N, where N is the highest build that ever started on it.
# A newer build migrates it, an older one cannot read it: what a restored snapshot must bring back.
package Database;
use strict;
use warnings;
use IO::Handle ();
use Socket;
use Release ();

use constant DIR => '../var/mongo';

# The mongod process. Tells $ready (a pipe) the schema it serves, then stays until it is ended.
sub run {
    my ($release, $conf, $ready) = @_;
    Proc::name('mongod', 'mongo');
    Proc::drop_privileges($conf);
    my $running = 1;
    local $SIG{TERM} = sub { $running = 0 };
    die "mongod: exception in initAndListen\n" if $release->{mongo_fails} eq 'yes';

    my $socket = listen_on($conf->{MONGO_PORT});
    write_file(DIR . '/mongod.lock', "$$\n");
    write_file(DIR . '/passwd', sprintf('%08x', int rand 2**32)) unless -e DIR . '/passwd';
    my $schema = migrate($release->{build});
    syswrite($ready, "$schema\n");
    close $ready;

    select(undef, undef, undef, 0.1) while $running;
    close $socket;
    # A clean end empties the lock; a copy taken earlier has the pid in it, like a real one.
    write_file(DIR . '/mongod.lock', '');
    return 0;
}

# The schema of the data, 0 when there is none yet.
sub schema {
    my ($dir) = @_;
    my ($highest) = sort { $b <=> $a } map { /data\.(\d+)$/ ? $1 : () } glob "$dir/data.*";
    return $highest // 0;
}

# Whole before or whole after, whenever the power goes: as a database keeps its data.
sub migrate {
    my ($build) = @_;
    my $was = schema(DIR);
    return $was if $was > $build;
    my $text = $was ? Release::slurp(DIR . "/data.$was") // die "cannot read data.$was: $!\n" : '';
    write_file(DIR . '/next', $text . "started build $build\n");
    rename DIR . '/next', DIR . "/data.$build" or die "rename: $!\n";
    unlink grep { $_ ne DIR . "/data.$build" } glob DIR . '/data.*';
    return $build;
}

sub write_file {
    my ($path, $text) = @_;
    open(my $file, '>', $path) or die "open($path): $!\n";
    print {$file} $text;
    $file->flush;
    $file->sync;
    close $file or die "close($path): $!\n";
    return;
}

sub listen_on {
    my ($port) = @_;
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, pack('l', 1));
    bind($socket, pack_sockaddr_in($port, inet_aton('127.0.0.1'))) or die "mongod: bind($port): $!\n";
    listen($socket, 16) or die "listen: $!\n";
    return $socket;
}

1;
