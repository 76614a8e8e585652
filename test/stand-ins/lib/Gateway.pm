# Answers HTTP as Sandstorm's gateway does, as far as health can be seen from outside.
package Gateway;
use strict;
use warnings;
use IO::Select ();
use Socket;

sub run {
    my ($release, $conf, $listeners, $schema) = @_;
    Proc::name('gateway', 'gtway');
    Proc::drop_privileges($conf);
    die "WILDCARD_HOST must contain an astrisk\n" if index($conf->{WILDCARD_HOST}, '*') < 0;

    local $SIG{TERM} = 'DEFAULT';
    local $SIG{PIPE} = 'IGNORE';
    my ($main) = @{ $conf->{PORTS} };
    my %port_of = map { fileno($listeners->{$_}) => $_ } @{ $conf->{PORTS} };
    my $waiting = IO::Select->new(map { $listeners->{$_} } @{ $conf->{PORTS} });
    my (%heard, @ignored);
    while (1) {
        for my $socket ($waiting->can_read(1)) {
            my $number = fileno $socket;
            if (my $port = $port_of{$number}) {
                accept(my $client, $socket) or next;
                if ($release->{never_answers} eq 'yes') { push @ignored, $client; next }
                $heard{ fileno $client } = { client => $client, head => '', port => $port, until => time + 10 };
                $waiting->add($client);
                next;
            }
            my $one = $heard{$number};
            my $open = sysread $socket, $one->{head}, 4096, length $one->{head};
            my $whole = $one->{head} =~ /\r?\n\r?\n/;
            next if $open && !$whole && length $one->{head} <= 16_384;
            serve($socket, $one->{head}, $release, $conf, $schema, $one->{port} != $main) if $whole;
            $waiting->remove($socket);
            delete $heard{$number};
        }
        for my $one (grep { $_->{until} < time } values %heard) {
            $waiting->remove($one->{client});
            delete $heard{ fileno $one->{client} };
        }
    }
    return 0;
}

sub serve {
    my ($client, $head, $release, $conf, $schema, $is_other_port) = @_;
    my ($method, $path) = $head =~ m{^([A-Z]+) (\S+) HTTP/1};
    my ($host) = $head =~ /^host:[ \t]*(\S+)/im;
    my ($status, $type, $body, @headers) = defined $method && defined $host
        ? answer($method, $path, lc $host, $release, $conf, $schema, $is_other_port)
        : ('400 Bad Request', 'text/plain', 'missing Host header');
    my $text = join "\r\n", "HTTP/1.1 $status", "Content-Type: $type", 'Content-Length: ' . length $body,
        'Connection: close', @headers, '', $body;
    syswrite($client, $text);
    shutdown($client, 1);
    return;
}

sub answer {
    my ($method, $path, $host, $release, $conf, $schema, $is_other_port) = @_;
    my ($scheme, $base) = $conf->{BASE_URL} =~ m{^(https?)://([^/]+)} ? ($1, lc $2) : ('http', '');

    # Only the first port serves; the others send everybody to the right address.
    if ($is_other_port) {
        my $bare = $host =~ s/:\d+$//r;
        my $id = matched($conf->{WILDCARD_HOST} =~ s/:\d+$//r, $bare);
        my $to = $bare eq $base =~ s/:\d+$//r ? $base
            : defined $id ? $conf->{WILDCARD_HOST} =~ s/\*/$id/r
            :               undef;
        return ('301 Moved Permanently', 'text/plain', '', "Location: $scheme://$to$path") if defined $to;
    }
    return shell($release, $schema) if $host eq $base;

    my $id = matched($conf->{WILDCARD_HOST}, $host);
    return ('404 Not Found', 'text/html', '<p>Sandstorm does not know this host.</p>') if !defined $id;
    if ($id =~ /^selftest-/) {
        return ('400 Bad Request', 'text/plain', 'Bad Request') if $method ne 'GET' || $path ne '/';
        my $says = $release->{wrong_selftest} eq 'yes' ? 'It works!' : 'Self-test OK.';
        return ('200 OK', 'text/plain', $says, 'Access-Control-Allow-Origin: *');
    }
    return shell($release, $schema) if $id =~ /^(?:ddp|static|payments)$/;
    return ('404 Not Found', 'text/html', '<p>no such grain</p>');
}

# The front end: it needs the database, the self-test does not.
sub shell {
    my ($release, $schema) = @_;
    return ('500 Internal Server Error', 'text/plain', 'database is from a newer version')
        if $schema > $release->{build};
    return ("$release->{base_status} As Told", 'text/html; charset=utf-8',
        "<!DOCTYPE html><title>Sandstorm</title><p>build $release->{build}</p>");
}

# What stands in the star's place, or undef.
sub matched {
    my ($wildcard, $host) = @_;
    my ($before, $after) = map { quotemeta lc } split /\*/, $wildcard, 2;
    return $host =~ /^$before(.+)$after$/ ? $1 : undef;
}

1;
