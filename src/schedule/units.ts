import { cronTimes, onCalendar, spread } from './ticks.js';
import { windowWords, type Window } from './window.js';

/** All that a timer, or cron, is to do for one server. */
export interface Job {
  readonly home: string;
  readonly window: Window;
  /** The command with its first words, each absolute: node and the tool, or the tool alone. */
  readonly program: readonly string[];
  /** What `schedule run` is told besides, without `--log`. */
  readonly flags: readonly string[];
  /** Folders it writes to besides HOME. */
  readonly writes: readonly string[];
  /** A mail program has a spool and a log of its own. */
  readonly mails: boolean;
  /** Unit of the server itself. */
  readonly serverUnit: string | undefined;
}

const TOP = '# Made by sandstorm-airgap schedule install; sandstorm-airgap schedule remove takes it away.';

/** systemd.timer(5). Pure. */
export function timerUnit({ home, window }: Job): string {
  return lines(
    TOP,
    '[Unit]',
    `Description=Look for a new Sandstorm release for ${unitText(home)} ${windowWords(window)}`,
    '',
    '[Timer]',
    ...onCalendar(window).map((when) => `OnCalendar=${when}`),
    '# Many machines of one house do not all read from the same place at once.',
    `RandomizedDelaySec=${String(spread(window))}min`,
    '# A look that was missed while the machine was off is not made up for: the window is over by then.',
    'Persistent=false',
    '',
    '[Install]',
    'WantedBy=timers.target',
  );
}

/**
 * systemd.service(5), with as little leave as an update can do with. The server itself is stopped and started by
 * systemd, so nothing here binds it. Pure.
 */
export function serviceUnit(job: Job): string {
  const { home, serverUnit, writes, mails } = job;
  return lines(
    TOP,
    '[Unit]',
    `Description=Update Sandstorm in ${unitText(home)} from the drop folder`,
    `After=network.target time-set.target${serverUnit === undefined ? '' : ` ${serverUnit}`}`,
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${command(job, 'journal').map(quoted).join(' ')}`,
    '# Never cut off by a clock. Told to stop, it goes all the way back first, so the machine waits for it.',
    'TimeoutStartSec=infinity',
    'TimeoutStopSec=30min',
    'KillMode=mixed',
    'UMask=0022',
    'Nice=5',
    '',
    '# Files: HOME and what is remembered of it; everything else can only be read.',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    `ReadWritePaths=${[home, ...writes].map(pathQuoted).join(' ')}`,
    ...(mails ? ['ReadWritePaths=-/var/spool -/var/log -/var/mail'] : []),
    '',
    '# The machine.',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'LockPersonality=yes',
    'RestrictRealtime=yes',
    'KeyringMode=private',
    '',
    '# Rights. Those of SYS_ADMIN, SYS_CHROOT and two kinds of namespaces are for sandstorm migrate-mongo, which runs',
    '# both databases in a chroot of its own making; PTRACE is to see which process is the server; the others keep',
    '# owners and modes of what is copied. RestrictSUIDSGID= is not set: grains may hold such files.',
    'NoNewPrivileges=yes',
    `CapabilityBoundingSet=${CAPABILITIES.map((one) => `CAP_${one}`).join(' ')}`,
    'AmbientCapabilities=',
    'RestrictNamespaces=mnt pid',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service @mount',
    'SystemCallErrorNumber=EPERM',
  );
}

const CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_ADMIN',
  'SYS_CHROOT',
  'SYS_PTRACE',
];

/** A file for /etc/cron.d, where no systemd runs the machine, or none looks after the server. Pure. */
export function cronFile(job: Job): string {
  const words = command(job, 'syslog').map(shellQuoted).join(' ');
  return lines(
    TOP,
    '# What it has to tell it mails itself.',
    'MAILTO=""',
    'SHELL=/bin/sh',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    // cron takes a % for the end of the line.
    ...cronTimes(job.window).map((when) => `${when} root ${words.replaceAll('%', '\\%')} > /dev/null 2>&1`),
  );
}

function command({ program, home, window, flags }: Job, log: 'journal' | 'syslog'): string[] {
  const to = ['--home', home, '--window', window.text, ...flags, '--log', log, '--no-input'];
  return [...program, 'schedule', 'run', ...to];
}

/** systemd.service(5), "Command lines": quotes, and what would be taken for a specifier or a variable. */
function quoted(word: string): string {
  const tame = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[\w@%+=:,./-]+$/.test(tame)) return tame;
  return `"${tame.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A path in a list of paths: no command, so a $ is nothing special there. */
function pathQuoted(path: string): string {
  return quoted(path).replaceAll('$$', '$');
}

function shellQuoted(word: string): string {
  return /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** In the text of a description a % begins a specifier. */
const unitText = (text: string): string => text.replaceAll('%', '%%');

const lines = (...all: string[]): string => `${all.join('\n')}\n`;
