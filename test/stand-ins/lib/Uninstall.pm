# `sandstorm uninstall`: var and sandstorm.conf stay unless told otherwise, so install.sh refuses afterwards.
package Uninstall;
use strict;
use warnings;
use Commands ();
use File::Path ();
use Release ();

sub run {
    my ($release, @options) = @_;
    my $delete_data = grep { $_ eq '--delete-user-data' } @options;
    my ($home, $root) = @$release{qw(home machine_root)};
    Commands::enter($release);
    warning(Commands::end_server() ? 'Sandstorm stopped.' : 'Sandstorm is not running.');
    chdir $home or die "chdir: $!\n";
    die "uninstaller is confused; bailing out to avoid doing any damage; sandstormHome = $home\n"
        if $home =~ m{^(?:/|/usr)$} || grep { !-e } qw(sandstorm sandstorm.conf latest);

    warning('Deleting installed Sandstorm bundles...');
    File::Path::remove_tree(grep { /^sandstorm-(?:\d+$|custom\.)/ } glob 'sandstorm-*');
    unlink 'sandstorm', 'latest';
    File::Path::remove_tree('tmp');
    if ($delete_data) {
        warning('Deleting user data (per your request)...');
        File::Path::remove_tree('var');
        unlink 'sandstorm.conf';
    }
    else {
        warning("NOT deleting user data. Left at: $home/var");
    }
    remove_from_machine($home, $root) if $> == 0 || $root ne '';
    chdir '/';
    rmdir $home;
    return Commands::done('Sandstorm has been uninstalled.');
}

sub remove_from_machine {
    my ($home, $root) = @_;
    for my $name (qw(sandstorm spk)) {
        my $link = "$root/usr/local/bin/$name";
        next if index(readlink($link) // '', "$home/") != 0;
        warning("Removing $name command...");
        unlink $link;
    }
    my $script = "$root/etc/init.d/sandstorm";
    if ((Release::slurp($script) // '') =~ m{^DAEMON=\Q$home\E/sandstorm$}m) {
        warning('Removing SysV initscript...');
        unlink $script;
        system 'update-rc.d sandstorm remove' if $root eq '';
    }
    my $unit = "$root/etc/systemd/system/sandstorm.service";
    if ((Release::slurp($unit) // '') =~ m{^ExecStart=\Q$home\E/sandstorm start$}m) {
        warning('Removing systemd service...');
        system 'systemctl disable sandstorm.service' if $root eq '';
        unlink $unit;
        system 'systemctl daemon-reload' if $root eq '';
    }
    return;
}

sub warning {
    print STDERR "@_\n";
    return;
}

1;
