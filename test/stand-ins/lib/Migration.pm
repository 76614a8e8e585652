# MongoDB 2.6 to 7 and back, as releases with bin/mongod7 do it.
package Migration;
use strict;
use warnings;
use Commands ();
use File::Path ();
use Database ();
use Release ();

my $NEW = '../var/mongo';
my $OLD = '../var/mongo-2.6-backup';
my $DUMP = '../var/mongo-backup';

sub version {
    return (Release::slurp("$NEW/version") // '2.6') =~ s/\s+//gr;
}

sub prepare {
    my ($release) = @_;
    Commands::enter($release);
    my $conf = Conf::load($release);
    die Commands::refusal("Sandstorm is still running. Please run 'sandstorm stop' first.") if Pidfile::running();
    return $conf;
}

sub migrate {
    my ($release) = @_;
    my $conf = prepare($release);
    my $version = version();
    die Commands::refusal('MongoDB is already at version 7. No migration needed.') if $version eq '7';
    return Commands::fail("Unsupported MongoDB version: $version. This migration only supports 2.6 -> 7.")
        if $version ne '2.6';
    my %programs = (mongod7 => 'MongoDB 7', mongodump => 'mongodump', mongorestore7 => 'mongorestore7');
    for my $program (sort keys %programs) {
        die Commands::refusal("$programs{$program} binary not found. Please update Sandstorm first.")
            if !-e "bin/$program";
    }
    die Commands::refusal('No MongoDB data directory found at var/mongo/.') if !-e $NEW;
    die Commands::refusal('No MongoDB password file found. The database may not have been initialized yet. '
            . 'Please start Sandstorm at least once before migrating.') if !-e "$NEW/passwd";

    my $say = sub { print STDERR "** @_\n" };
    $say->('Starting MongoDB migration from 2.6 to 7.0...');
    $say->('Starting old MongoDB (2.6) for export...');
    $say->('Exporting data with mongodump...');
    File::Path::remove_tree($DUMP);
    copy_data($NEW, $DUMP, $conf);
    $say->('Stopping old MongoDB...');
    $say->('Backing up old data directory...');
    rename $NEW, $OLD or die "rename(/var/mongo, /var/mongo-2.6-backup): $!\n";
    make_folder($NEW, $conf);
    copy_file('passwd', $OLD, $NEW, $conf);
    # Power lost from here to the marker leaves what neither command accepts.
    Release::pause($release->{migrate_pause_ms});
    $say->('Starting MongoDB 7.0...');
    if ($release->{migrate_fails} eq 'yes') {
        $say->('Migration failed! Rolling back...');
        $say->('Check <sandstorm-install>/var/log/mongo-migration.log for details.');
        File::Path::remove_tree($NEW);
        rename $OLD, $NEW;
        $say->('Rollback complete. Original data restored.');
        die "mongod7 died\n";
    }
    $say->('Importing data with mongorestore...');
    copy_data($DUMP, $NEW, $conf);
    $say->('Stopping MongoDB 7.0...');
    Database::write_file("$NEW/version", '7');
    return Commands::done("Migration complete!\nOld data backed up to: var/mongo-2.6-backup/\n"
            . "Dump files stored in: var/mongo-backup/\nYou can now run 'sandstorm start' to use MongoDB 7.0.\n"
            . "Run 'sandstorm rollback-mongo' if you need to revert.");
}

sub rollback {
    my ($release) = @_;
    prepare($release);
    my $version = version();
    die Commands::refusal('No version file found. MongoDB appears to be at version 2.6 already.')
        if $version eq '2.6';
    return Commands::fail("Unsupported MongoDB version: $version. This rollback only supports MongoDB 7.")
        if $version ne '7';
    die Commands::refusal('No backup found at var/mongo-2.6-backup/. Cannot rollback.') if !-e $OLD;
    print STDERR "** Rolling back to MongoDB 2.6...\n";
    my $aside = 'var/mongo-7-failed-' . time;
    rename $NEW, "../$aside" or die "rename: $!\n";
    rename $OLD, $NEW or die "rename: $!\n";
    return Commands::done("Rollback complete!\nMongoDB 7 data saved to: $aside\n"
            . 'To run MongoDB 2.6, you must install an older version of Sandstorm.');
}

sub make_folder {
    my ($folder, $conf) = @_;
    mkdir $folder, 0700 or $!{EEXIST} or die "mkdir($folder): $!\n";
    chown $conf->{UID}, $conf->{GID}, $folder if $> == 0;
    return;
}

sub copy_data {
    my ($from, $to, $conf) = @_;
    make_folder($to, $conf);
    copy_file($_, $from, $to, $conf) for map { m{/(data\.\d+)$} } glob "$from/data.*";
    return;
}

sub copy_file {
    my ($name, $from, $to, $conf) = @_;
    Database::write_file("$to/$name", Release::slurp("$from/$name") // die "$from/$name: $!\n");
    chown $conf->{UID}, $conf->{GID}, "$to/$name" if $> == 0;
    return;
}

1;
