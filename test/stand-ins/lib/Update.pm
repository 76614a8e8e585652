# `sandstorm update [FILE | channel]`, with every gap the real one leaves: nothing is synced, nothing is
# verified, an existing folder wins over the tarball, and success is claimed before the server is back.
package Update;
use strict;
use warnings;
use Commands ();
use Cwd ();
use File::Path ();
use File::Temp ();
use POSIX ();
use Release ();

my $AUTO = 'You currently have auto-updates enabled. Please disable it before updating manually, otherwise '
    . "you'll just be switched back at the next update. Set UPDATE_CHANNEL to \"none\" to disable. Or, if you want "
    . 'to manually apply the latest update from the configured channel, run `sandstorm update` with no argument.';

sub run {
    my ($release, $wanted) = @_;
    # All lower-case letters: a channel. Anything else: a file.
    my $is_file = defined $wanted && $wanted =~ /[^a-z]/;
    if ($is_file) {
        die Commands::refusal("$wanted: file not found") if !-e $wanted;
        $wanted = Cwd::realpath($wanted);
    }
    Commands::enter($release);
    my $conf = Conf::load($release);
    if (!defined $wanted) {
        $wanted = $conf->{UPDATE_CHANNEL} // die Commands::refusal('You must specify a channel.');
    }
    elsif (defined $conf->{UPDATE_CHANNEL}) {
        die Commands::refusal($AUTO);
    }
    if (!$is_file) {
        print STDERR "Checking for updates on channel $wanted...\n";
        die "curl failed; url = https://install.sandstorm.io/$wanted\n";
    }
    unpack_release($release, $wanted);

    my $pid = Pidfile::running() // return Commands::done('Update complete.');
    kill 'HUP', $pid;
    return Commands::done('Update complete; restarting Sandstorm.');
}

sub unpack_release {
    my ($release, $file) = @_;
    my $folder = File::Temp::mkdtemp('../downloading.XXXXXX');
    my $failed = do { local $@; eval { place($release, $file, $folder) } ? undef : $@ };
    File::Path::remove_tree($folder);
    die $failed if defined $failed;
    return;
}

sub place {
    my ($release, $file, $folder) = @_;
    my $tar = fork() // die "fork: $!\n";
    if (!$tar) {
        open(STDIN, '<', $file) && chdir $folder or POSIX::_exit(1);
        { no warnings 'exec'; exec 'tar', 'Jxo'; }
        POSIX::_exit(127);
    }
    waitpid($tar, 0);
    die "tar failed\n" if $? != 0;
    Release::pause($release->{unpack_pause_ms});

    opendir(my $dir, $folder) or die "opendir: $!\n";
    my @found = grep { !/^\.\.?$/ } readdir $dir;
    die "Expected tar file to contain only one item.\n" if @found != 1;
    my ($number) = $found[0] =~ /^sandstorm-(.*)$/s
        or die "Expected tar file to contain sandstorm-\$BUILD.\n";
    die "expected a number after sandstorm-\n" if $number !~ /^\d+$/;

    my $name = $number == 0 ? POSIX::strftime('sandstorm-custom.%Y-%m-%d_%H-%M-%S', localtime) : $found[0];
    # What is there stays, even half a folder left by an earlier, interrupted update.
    if (!-e "../$name") { rename "$folder/$found[0]", "../$name" or die "rename: $!\n" }
    my $link = "../latest.$number";
    unlink $link;
    symlink $name, $link or die "symlink: $!\n";
    rename $link, '../latest' or die "rename: $!\n";
    return 1;
}

1;
