# var/pid/sandstorm.pid: its fcntl lock, not its text, says who runs.
package Pidfile;
use strict;
use warnings;
use Fcntl qw(F_GETLK F_SETLK F_SETLKW F_RDLCK F_WRLCK F_UNLCK O_RDWR O_CREAT SEEK_SET);
use Errno qw(EACCES EAGAIN EINTR);

use constant PATH => '../var/pid/sandstorm.pid';
use constant WHOLE_FILE => 's s x4 q q l x4';    # struct flock on x86-64 Linux

sub take {
    sysopen(my $file, PATH, O_RDWR | O_CREAT, 0660) or die "open(@{[PATH]}): $!\n";
    my $lock = pack(WHOLE_FILE, F_WRLCK, SEEK_SET, 0, 0, 0);
    return (undef, text($file)) if !fcntl($file, F_SETLK, $lock) && ($! == EACCES || $! == EAGAIN);
    truncate($file, 0);
    return ($file, '');
}

# The child's half of `start`: waits until the parent let go, then says whether the file is still its own.
sub share {
    my ($file) = @_;
    my $lock = pack(WHOLE_FILE, F_RDLCK, SEEK_SET, 0, 0, 0);
    1 until fcntl($file, F_SETLKW, $lock) || $! != EINTR;
    return text($file) eq "$$\n";
}

sub existing {
    die "\$SANDSTORM_HOME/var/pid doesn't exist?\n" unless -e '../var/pid';
    die 'You do not have permission to read the pidfile directory. Perhaps your user account is not a member '
        . "of the server's group?\n" unless -r '../var/pid';
    return unless -e PATH;
    sysopen(my $file, PATH, O_RDWR) or die "open(@{[PATH]}): $!\n";
    return $file;
}

# The pid of the running server, or undef.
sub running {
    my $file = shift // existing() // return;
    my $lock = pack(WHOLE_FILE, F_WRLCK, SEEK_SET, 0, 0, 0);
    fcntl($file, F_GETLK, $lock) or die "fcntl: $!\n";
    my ($type, undef, undef, undef, $pid) = unpack(WHOLE_FILE, $lock);
    return if $type == F_UNLCK;
    # Locked by one and naming another: caught in the middle of a start.
    return text($file) eq "$pid\n" ? $pid : undef;
}

# Returns once the holder has gone; `$impatient` is called after ten seconds of waiting.
sub wait_until_free {
    my ($file, $impatient) = @_;
    my $lock = pack(WHOLE_FILE, F_WRLCK, SEEK_SET, 0, 0, 0);
    local $SIG{ALRM} = $impatient;
    alarm 10;
    1 until fcntl($file, F_SETLKW, $lock) || $! != EINTR;
    alarm 0;
    return;
}

sub text {
    my ($file) = @_;
    sysseek($file, 0, SEEK_SET);
    sysread($file, my $text, 64);
    return $text // '';
}

1;
