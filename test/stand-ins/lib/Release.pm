# What this release is and how it shall behave: a file `behaviour` in its folder, key=value lines.
package Release;
use strict;
use warnings;
use File::Basename ();
use Time::HiRes ();

my %USUAL = (
    start_delay_ms => 300,       # from the start of the database to the first answer
    dies => 'never',             # never | at-start | after-ready
    dies_after_ms => 500,        # with dies=after-ready
    never_answers => 'no',       # connections are taken and left alone
    wrong_selftest => 'no',      # the self-test says something else
    base_status => 200,          # what BASE_URL answers with
    mongo_fails => 'no',         # the database does not start
    needs_mongo7 => '',          # default: whether there is a bin/mongod7
    migrate_fails => 'no',       # migrate-mongo fails and puts the old data back
    migrate_pause_ms => 0,       # between moving the old data away and the marker
    slow_stop_ms => 0,           # how long the server takes to end
    unpack_pause_ms => 0,        # `update` waits that long with the unpacked folder not yet moved
);

sub load {
    my ($folder) = @_;
    my %release = (%USUAL, folder => $folder, home => File::Basename::dirname($folder));
    ($release{build}) = $folder =~ m{/sandstorm-(\d+)$};
    $release{build} //= 0;
    for my $line (split /\n/, slurp("$folder/behaviour") // '') {
        $release{$1} = $2 if $line =~ /^\s*([a-z0-9_]+)\s*=\s*(.*?)\s*$/;
    }
    for my $key (keys %USUAL) {
        my $given = $ENV{'STAND_IN_' . uc $key};
        $release{$key} = $given if defined $given;
    }
    $release{needs_mongo7} ||= -e "$folder/bin/mongod7" ? 'yes' : 'no';
    # Left by install.sh when it was told to keep off the machine.
    $release{machine_root} = slurp("$release{home}/var/.stand-in-machine-root") // '';
    return \%release;
}

sub slurp {
    my ($path) = @_;
    open(my $file, '<', $path) or return;
    local $/;
    return scalar <$file>;
}

sub pause {
    my ($ms) = @_;
    my $until = Time::HiRes::time() + $ms / 1000;
    # A signal cuts a sleep short.
    while ((my $left = $until - Time::HiRes::time()) > 0) { Time::HiRes::sleep($left) }
    return;
}

1;
