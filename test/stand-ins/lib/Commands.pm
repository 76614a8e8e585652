# The verbs of the `sandstorm` command. Each ends by leaving words and an exit code.
package Commands;
use strict;
use warnings;
use Conf ();
use Fcntl qw(O_WRONLY O_CREAT O_EXCL);
use Pidfile ();
use Release ();

# What only some verbs need is loaded by them: `status` is asked often.
my %VERBS = (
    start            => \&start,
    stop             => \&stop,
    status           => \&status,
    restart          => \&restart,
    update           => sub { require Update; return Update::run(@_) },
    'admin-token'    => \&admin_token,
    continue         => \&continue_running,
    uninstall        => sub { require Uninstall; return Uninstall::run(@_) },
    'migrate-mongo'  => sub { require Migration; return Migration::migrate(@_) },
    'rollback-mongo' => sub { require Migration; return Migration::rollback(@_) },
);

sub main {
    my ($folder, $called_as, $verb, @arguments) = @_;
    my $release = Release::load($folder);
    my $program = $called_as eq 'spk' ? 'spk' : $called_as;
    return fail("$program: this stand-in has no spk tool.") if $called_as eq 'spk';
    return version($release) if ($verb // '') eq '--version';
    return help() if ($verb // '') =~ /^(?:help|--help)$/;
    my $work = $VERBS{ $verb // '' };
    # Only releases that carry MongoDB 7 know these two.
    undef $work if ($verb // '') =~ /-mongo$/ && $release->{needs_mongo7} ne 'yes';
    return misuse($program, defined $verb ? "$verb: unknown command" : 'missing command') if !$work;

    my $code = eval { $work->($release, @arguments) };
    if (ref $@) { return misuse("$program $verb", ${$@}) }
    return fail("*** Uncaught exception ***\n$@" =~ s/\n\z//r) if $@;
    return $code;
}

# A refusal of the command line or of the moment, as opposed to a crash: `die Commands::refusal('...')`.
sub refusal {
    my ($text) = @_;
    return \$text;
}

sub done {
    print "@_\n";
    return 0;
}

sub fail {
    print STDERR "@_\n";
    return 1;
}

sub misuse {
    my ($command, $text) = @_;
    return fail("$command: $text\nTry '$command --help' for more information.");
}

sub version {
    my ($release) = @_;
    return done('Sandstorm version ' . ($release->{build} || '(unknown)'));
}

sub help {
    return done("Usage: sandstorm [<option>...] <command> [<arg>...]\n\nControls the Sandstorm server.\n\nCommands:\n  "
            . join "\n  ", sort grep { $_ ne 'continue' } keys %VERBS);
}

sub enter {
    my ($release) = @_;
    chdir $release->{folder} or die "chdir($release->{folder}): $!\n";
    return;
}

sub start {
    my ($release) = @_;
    require Server;
    enter($release);
    my $conf = Conf::load($release);
    my ($pidfile, $holder) = Pidfile::take();
    return done("Sandstorm is already running.  PID = $holder") if !$pidfile;

    my $pid = fork() // die "fork: $!\n";
    if ($pid) {
        syswrite($pidfile, "$pid\n");
        return done("Sandstorm started. PID = $pid");
    }
    # From here on nobody is told of a failure but the log: the parent has long said "started".
    POSIX::_exit(0) if !Pidfile::share($pidfile);
    to_log($conf);
    POSIX::setsid();
    print STDERR '** Starting Sandstorm at: ' . localtime() . "\n\n";
    serve($release, $conf, $pidfile, {});
    return 1;
}

# Internal: what a running server becomes on SIGHUP.
sub continue_running {
    my ($release, $pidfile_fd, @ports) = @_;
    require Server;
    enter($release);
    my ($conf, $pidfile, %inherited);
    my $ready = eval {
        open($pidfile, '+<&=', $pidfile_fd) or die "This command is for internal use only.\n";
        for my $mapping (@ports) {
            my ($fd, $port) = $mapping =~ /^(\d+):tcp:(\d+)$/ or die "invalid syntax for port mapping\n";
            open($inherited{$port}, '+<&=', $fd) or die "invalid fd\n";
        }
        $conf = Conf::load($release);
        1;
    };
    serve($release, $conf, $pidfile, \%inherited) if $ready;
    return fail("*** Uncaught exception ***\n$@");
}

sub serve {
    my ($release, $conf, $pidfile, $inherited) = @_;
    my $listeners = eval { Server::open_ports($conf, $inherited) };
    if (!$listeners) {
        print STDERR "*** Uncaught exception ***\n$@";
        POSIX::_exit(1);
    }
    Server::run($release, $conf, $pidfile, $listeners);
    return;
}

sub to_log {
    my ($conf) = @_;
    open(my $log, '>>', '../var/log/sandstorm.log') or POSIX::_exit(1);
    chown $conf->{UID}, $conf->{GID}, $log if $> == 0;
    open(STDOUT, '>&', $log);
    open(STDERR, '>&', $log);
    open(STDIN, '<', '/dev/null');
    STDERR->autoflush(1);
    return;
}

# Ends a running server; says whether there was one.
sub end_server {
    my $pidfile = Pidfile::existing() // return 0;
    my $pid = Pidfile::running($pidfile) // return 0;
    print STDERR "Waiting for PID $pid to terminate...\n";
    kill 'TERM', $pid;
    Pidfile::wait_until_free($pidfile, sub {
        print STDERR "Did not terminate after 10 seconds; killing...\n";
        kill 'KILL', $pid;
    });
    return 1;
}

sub stop {
    my ($release) = @_;
    enter($release);
    # When somebody stops and starts by hand, systemd sees its service end and runs this command too. The
    # genuine one is then late enough to meet the new server; one that is quicker would spare it by luck.
    my $ended = end_server() || do { Release::pause(300); end_server() };
    return done($ended ? 'Sandstorm server stopped.' : 'Sandstorm is not running.');
}

sub status {
    my ($release) = @_;
    enter($release);
    my $pid = Pidfile::running() // return fail('Sandstorm is not running.');
    return done("Sandstorm is running; PID = $pid");
}

# Does not read sandstorm.conf: the server does, a moment later, and dies of a bad line.
sub restart {
    my ($release) = @_;
    enter($release);
    my $pid = Pidfile::running() // return fail('Sandstorm is not running.');
    kill 'HUP', $pid;
    return done('Restart request sent.');
}

sub admin_token {
    my ($release, @options) = @_;
    enter($release);
    die "Sandstorm was not run with appropriate privileges; rerun as root or the user for which it was installed.\n"
        if !-w '../var/sandstorm';
    open(my $random, '<:raw', '/dev/urandom') or die "open(/dev/urandom): $!\n";
    read($random, my $bytes, 20);
    my $token = unpack 'H*', $bytes;
    my $conf = Conf::load($release);
    my $path = '../var/sandstorm/adminToken';
    unlink $path;
    sysopen(my $file, $path, O_WRONLY | O_CREAT | O_EXCL, 0640)
        or die "open($path): $!\n";
    chown -1, $conf->{GID}, $path;
    syswrite($file, $token);
    return done($token) if grep { /^(?:-q|--quiet)$/ } @options;
    return done("Generated new admin token. Please proceed to:\n\n$conf->{BASE_URL}/setup/token/$token\n\n"
            . 'Here you can access the admin settings page and configure your login system. You must visit the link '
            . 'within 15 minutes, after which you will have 24 hours to complete the setup process.  If you need '
            . 'more time, you can always generate a new token with `sandstorm admin-token`.');
}

1;
