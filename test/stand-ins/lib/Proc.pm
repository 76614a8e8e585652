# Processes the way the real server keeps them: a child never outlives its parent.
package Proc;
use strict;
use warnings;
use POSIX ();

# Numbers of prctl(2) on x86-64; perl-base has no name for them.
use constant { PRCTL => 157, SET_PDEATHSIG => 1, SET_NAME => 15, KILL => 9 };

# Shown by `ps` and, shorter, in /proc/PID/comm.
sub name {
    my ($long, $short) = @_;
    $0 = "sandstorm ($long)";
    my $comm = "sandstorm/$short\0";
    syscall(PRCTL, SET_NAME, $comm);
    return;
}

# Forks; the child runs $work and exits with what it returns, 1 when it dies. Told to end before it has a handler of
# its own it ends: its parent's handler would take the signal, and nobody would know.
sub spawn {
    my ($work) = @_;
    my $before = POSIX::SigSet->new;
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(POSIX::SIGTERM(), POSIX::SIGINT(), POSIX::SIGHUP()), $before);
    my $pid = fork();
    if (defined $pid && !$pid) { $SIG{$_} = 'DEFAULT' for grep { ref $SIG{$_} } qw(TERM INT HUP) }
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), $before);
    die "fork: $!\n" if !defined $pid;
    return $pid if $pid;
    die_with_parent();
    my $code = eval { $work->() };
    print STDERR "*** Uncaught exception ***\n$@" if $@;
    POSIX::_exit($@ ? 1 : $code // 0);
}

# Killed hard, the real top-level process takes its whole pid namespace along.
sub die_with_parent {
    syscall(PRCTL, SET_PDEATHSIG, KILL);
    return;
}

sub drop_privileges {
    my ($conf) = @_;
    return if $> != 0 || $conf->{UID} == 0;
    $) = "$conf->{GID} $conf->{GID}";
    POSIX::setgid($conf->{GID});
    POSIX::setuid($conf->{UID});
    die "setuid: $!\n" if $> != $conf->{UID};
    # Changing identity clears it.
    die_with_parent();
    return;
}

# Ends a child, hard after five seconds.
sub end {
    my ($pid) = @_;
    return if !$pid;
    kill 'TERM', $pid;
    for my $poll (1 .. 250) {
        return if waitpid($pid, POSIX::WNOHANG()) != 0;
        select(undef, undef, undef, 0.02);
    }
    kill 'KILL', $pid;
    waitpid($pid, 0);
    return;
}

sub ended {
    my ($pid) = @_;
    return waitpid($pid, POSIX::WNOHANG()) != 0;
}

1;
