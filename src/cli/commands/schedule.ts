import { badValue } from '../../errors.js';
import { parseWindow } from '../../schedule/window.js';
import { defineCommand } from '../command.js';
import { choice, formed, on, path, positional, seconds, several, text } from '../option.js';
import {
  DNS_OPTIONS,
  PATIENCE_OPTIONS,
  PROOF_OPTIONS,
  WAIVE_OPTIONS,
  WAY_BACK_OPTIONS,
} from '../option-sets.js';

/** What `schedule run` is told, and `schedule install` hands on to it. */
export const LOOK_OPTIONS = {
  drop: path('--drop <dir>', 'drop folder: where new release tarballs are laid, with their signatures'),
  window: formed(
    '--window <hours>',
    'when the server may be updated, in local time: "Sat 02:00-04:00", "Mon..Fri 22:00-04:00", "01:00-05:00"',
    parseWindow,
  ),
  takes: formed(
    '--takes <minutes>',
    'what an update takes at most: it is not begun later than that before the window closes (default: as the last ones)',
    parseMinutes,
  ),
  settle: seconds('--settle <seconds>', 'how long a tarball must have stayed as it is (default 30)'),
  mail: {
    ...several(
      '--mail <address>',
      'tell them what was done, or could not be, through sendmail; may be repeated',
    ),
    parse: (value: string, what: string) => value.split(',').map((one) => parseAddress(one.trim(), what)),
  },
  metrics: formed(
    '--metrics <file.prom>',
    "write the outcome there for Prometheus: a file for the node exporter's textfile collector",
    parseMetrics,
  ),
  keyFile: PROOF_OPTIONS.keyFile,
  ...WAY_BACK_OPTIONS,
  ...DNS_OPTIONS,
  ...WAIVE_OPTIONS,
  ...PATIENCE_OPTIONS,
};

export const RUN_OPTIONS = {
  ...LOOK_OPTIONS,
  log: choice('--log <where>', 'say the outcome in one line with its priority: journal or syslog', [
    'journal',
    'syslog',
  ]),
};

export const scheduleRunCommand = defineCommand({
  name: 'schedule run',
  summary: 'look into the drop folder once, and update if there is a newer build and all is well',
  description:
    'What the timer runs. It takes the newest build that is signed, whole and not tried before, proves it, runs all\n' +
    'checks and updates; or does nothing and says why. A tarball that failed is not tried again before somebody says\n' +
    'so (schedule retry). Exit code 0 also when it is not the hour, held, busy, or nothing is new; else as of update.',
  examples: [
    'sandstorm-airgap schedule run --drop /srv/sandstorm-drop --dry-run',
    "sandstorm-airgap schedule run --drop /srv/sandstorm-drop --window 'Sat 02:00-04:00' --mail it@corp.lan",
  ],
  options: RUN_OPTIONS,
  load: async () => (await import('./schedule.run.js')).run,
});

export const INSTALL_OPTIONS = {
  ...LOOK_OPTIONS,
  by: choice('--by <what>', 'systemd (default where it looks after the server) or cron', ['systemd', 'cron']),
  print: on('--print', 'print the units, or the crontab, and change nothing'),
};

export const scheduleInstallCommand = defineCommand({
  name: 'schedule install',
  summary: 'make this machine look into a drop folder by itself, in a maintenance window',
  description:
    'Writes a timer and a hardened service for systemd, or a file for cron, and puts it into force. Every 15 minutes\n' +
    'of the window it runs schedule run. A look that was missed is not made up for.',
  examples: [
    "sandstorm-airgap schedule install --drop /srv/sandstorm-drop --window 'Sat 02:00-04:00' --mail it@corp.lan",
    "sandstorm-airgap schedule install --drop /srv/sandstorm-drop --window 'Sat 02:00-04:00' --print",
    'sandstorm-airgap schedule install --drop /mnt/drop --window "22:00-04:00" --by cron \\',
    '    --metrics /var/lib/prometheus/node-exporter/sandstorm.prom',
  ],
  options: INSTALL_OPTIONS,
  load: async () => (await import('./schedule.run.js')).install,
});

export const scheduleShowCommand = defineCommand({
  name: 'schedule show',
  summary: 'show what is scheduled, whether somebody has stopped it, and which tarballs were tried',
  examples: ['sandstorm-airgap schedule show', 'sandstorm-airgap schedule show --json'],
  options: {},
  load: async () => (await import('./schedule.run.js')).show,
});

export const HOLD_OPTIONS = {
  reason: text('--reason <text>', 'why, for whoever reads schedule show', {
    question: 'Why is nothing to be updated?',
  }),
  off: on('--off', 'let it go again'),
};

export const scheduleHoldCommand = defineCommand({
  name: 'schedule hold',
  summary: 'stop scheduled updates until they are let go again',
  description:
    'An update that is going on comes to its end. A file called HOLD in the drop folder does the same, for people who\n' +
    'are not root.',
  examples: [
    "sandstorm-airgap schedule hold --reason 'the auditors are here until Friday'",
    'sandstorm-airgap schedule hold --off',
  ],
  options: HOLD_OPTIONS,
  load: async () => (await import('./schedule.run.js')).hold,
});

export const RETRY_OPTIONS = {
  sha256: positional('sha256', 'the beginning of its SHA-256 (default: all that failed)'),
};

export const scheduleRetryCommand = defineCommand({
  name: 'schedule retry',
  summary: 'let a tarball that failed be tried once more in the next window',
  examples: ['sandstorm-airgap schedule retry', 'sandstorm-airgap schedule retry 3f9a01'],
  options: RETRY_OPTIONS,
  load: async () => (await import('./schedule.run.js')).retry,
});

export const scheduleRemoveCommand = defineCommand({
  name: 'schedule remove',
  summary: 'take the timer, or the crontab, away; what was tried stays on record',
  examples: ['sandstorm-airgap schedule remove'],
  options: {},
  load: async () => (await import('./schedule.run.js')).remove,
});

function parseMinutes(value: string, what: string): number {
  if (!/^\d{1,4}$/.test(value) || Number(value) === 0) throw badValue(what, value, 'a number of minutes');
  return Number(value);
}

/** It goes into a header: nothing in it may end one, and sendmail must not take it for an option. */
function parseAddress(value: string, what: string): string {
  if (/^[A-Za-z0-9_][\w.+-]*(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)?$/.test(value)) return value;
  throw badValue(what, value, 'a mail address such as it@corp.lan');
}

function parseMetrics(value: string, what: string): string {
  if (value.startsWith('/') && value.endsWith('.prom') && !value.includes('\0')) return value;
  throw badValue(what, value, 'the full path of a file that ends in .prom');
}
