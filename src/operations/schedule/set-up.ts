import { dirname } from 'node:path';
import { Refusal } from '../../errors.js';
import { stateDirs } from '../../journal/state-dir.js';
import { schedulePlaces, unitName } from '../../schedule/places.js';
import { cronFile, serviceUnit, timerUnit, type Job } from '../../schedule/units.js';
import type { Window } from '../../schedule/window.js';
import { findServiceManager } from '../../service/find-service-manager.js';
import type { CommandResult, Host } from '../../system/host.js';
import { requireServer } from '../server-facts.js';
import { noDropFolder } from './visit.js';

export type Starter = 'systemd' | 'cron';

export interface SetUpRequest {
  readonly home: string;
  readonly drop: string;
  readonly window: Window;
  /** undefined: systemd where it looks after the server, else cron. */
  readonly starter: Starter | undefined;
  readonly program: readonly string[];
  /** For `schedule run`, besides HOME and window. */
  readonly flags: readonly string[];
  readonly metrics: string | undefined;
  readonly staging: string | undefined;
  readonly mails: boolean;
  readonly dryRun: boolean;
}

export interface SetUp {
  readonly starter: Starter;
  readonly changed: boolean;
  /** Path and text of what is, or would be, written. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Makes the machine look into the drop folder by itself: a timer of systemd, or a file for cron. Nothing is left when
 * systemd does not take it.
 * @throws Refusal E_NEEDS_ROOT, E_NO_SERVER, E_SCHEDULE_PLACE, E_SCHEDULE_UNITS, E_IO
 */
export async function setUpSchedule(request: SetUpRequest, host: Host): Promise<SetUp> {
  const { home, dryRun } = request;
  await requireServer(home, host);
  const { starter, job } = await jobOf(request, host);
  const places = schedulePlaces(home, host);
  const files: Record<string, string> =
    starter === 'systemd'
      ? { [places.service]: serviceUnit(job), [places.timer]: timerUnit(job) }
      : { [places.cron]: cronFile(job) };
  if (dryRun) return { starter, files, changed: !(await isSetUp(files, starter, home, host)) };
  requireRoot('install', host);
  if (await isSetUp(files, starter, home, host)) return { starter, files, changed: false };

  const other = starter === 'systemd' ? [places.cron] : [places.timer, places.service];
  for (const path of other) {
    if ((await host.files.lstat(path)) !== undefined) await takeDown(home, host);
  }
  await host.files.makeDir(stateDirs(home, host).root, 0o700);
  // The unit may write there, and systemd does not start one whose folders are missing.
  for (const folder of job.writes) await host.files.makeDir(folder);
  for (const [path, text] of Object.entries(files)) await host.files.writeAtomic(path, text, 0o644);
  if (starter === 'systemd') await enable(home, host);
  return { starter, files, changed: true };
}

async function jobOf(request: SetUpRequest, host: Host): Promise<{ starter: Starter; job: Job }> {
  const { home, drop, window, program, flags, metrics, staging, mails } = request;
  if ((await host.files.stat(drop))?.kind !== 'directory') throw noDropFolder(drop);
  for (const path of [home, drop, ...program, ...flags]) requireOneLine(path);
  const manager = await findServiceManager(home, host);
  const starter = request.starter ?? (manager.kind === 'systemd' ? 'systemd' : 'cron');
  if (starter === 'systemd') {
    if (manager.kind !== 'systemd') throw outsideSystemd(manager.describe());
    for (const path of [drop, ...program, ...(metrics === undefined ? [] : [metrics])]) requireSeen(path);
  } else if ((await host.files.stat(dirname(schedulePlaces(home, host).cron)))?.kind !== 'directory') {
    throw noCron(dirname(schedulePlaces(home, host).cron));
  }
  const { root } = stateDirs(home, host);
  const writes = [
    root,
    ...(staging === undefined ? [] : [staging]),
    ...(metrics === undefined ? [] : [dirname(metrics)]),
  ];
  const serverUnit = manager.kind === 'systemd' ? (await manager.status()).unit?.name : undefined;
  return { starter, job: { home, window, program, flags, writes, mails, serverUnit } };
}

/** Takes timer, units and cron file away. @returns whether there was anything */
export async function takeDownSchedule(
  home: string,
  dryRun: boolean,
  host: Host,
): Promise<readonly string[]> {
  const { timer, service, cron } = schedulePlaces(home, host);
  const there: string[] = [];
  for (const path of [timer, service, cron]) {
    if ((await host.files.lstat(path)) !== undefined) there.push(path);
  }
  if (dryRun || there.length === 0) return there;
  requireRoot('remove', host);
  await takeDown(home, host);
  return there;
}

async function takeDown(home: string, host: Host): Promise<void> {
  const { timer, service, cron } = schedulePlaces(home, host);
  const units =
    (await host.files.lstat(timer)) !== undefined || (await host.files.lstat(service)) !== undefined;
  // The service is left alone: an update that is going on comes to its end.
  if (units) await systemctl(host, 'disable', '--now', `${unitName(home)}.timer`);
  for (const path of [timer, service, cron]) await host.files.remove(path);
  if (units) await systemctl(host, 'daemon-reload');
}

async function enable(home: string, host: Host): Promise<void> {
  const timer = `${unitName(home)}.timer`;
  for (const words of [['daemon-reload'], ['enable', timer], ['restart', timer]]) {
    const ran = await systemctl(host, ...words);
    if (ran.exitCode === 0) continue;
    await takeDown(home, host);
    const command = ['systemctl', ...words].join(' ');
    throw new Refusal('E_SCHEDULE_UNITS', `${command} failed: ${ran.stderr.trim()}`, {
      hint: 'what was written is taken away again; sandstorm-airgap schedule install --print shows it',
    });
  }
}

async function isSetUp(
  files: Readonly<Record<string, string>>,
  starter: Starter,
  home: string,
  host: Host,
): Promise<boolean> {
  for (const [path, text] of Object.entries(files)) {
    if ((await host.files.readText(path).catch(() => undefined)) !== text) return false;
  }
  if (starter === 'cron') return true;
  const timer = `${unitName(home)}.timer`;
  for (const verb of ['is-enabled', 'is-active']) {
    if ((await systemctl(host, verb, timer)).exitCode !== 0) return false;
  }
  return true;
}

export async function systemctl(host: Host, ...words: string[]): Promise<CommandResult> {
  return host.commands.run('systemctl', ['--no-ask-password', ...words]);
}

function requireRoot(verb: string, host: Host): void {
  if (host.user.uid === 0) return;
  throw new Refusal('E_NEEDS_ROOT', 'only root can make the machine do something by itself', {
    hint: `sudo sandstorm-airgap schedule ${verb} ...`,
  });
}

function requireOneLine(text: string): void {
  if (!/\p{Cc}/u.test(text)) return;
  throw new Refusal('E_SCHEDULE_PLACE', `${JSON.stringify(text)} cannot stand in a unit or a crontab`, {
    hint: 'use a path without control characters',
  });
}

/** The unit has a /tmp of its own; and what anybody can put there root should not run or read at night. */
function requireSeen(path: string): void {
  if (!/^\/(?:var\/)?tmp(?:\/|$)/.test(path)) return;
  throw new Refusal(
    'E_SCHEDULE_PLACE',
    `${path} lies in a temporary folder, which the timer's service does not see`,
    {
      hint: 'use another folder, such as /srv/sandstorm-drop',
    },
  );
}

function outsideSystemd(manager: string): Refusal {
  return new Refusal(
    'E_SCHEDULE_PLACE',
    `the server is managed by ${manager}, and what a systemd service starts dies with that service`,
    { hint: 'sandstorm-airgap schedule install --by cron ...' },
  );
}

function noCron(folder: string): Refusal {
  return new Refusal('E_SCHEDULE_PLACE', `there is no ${folder}: cron is not installed`, {
    hint: 'apt-get install cron; or run the line of schedule install --print by other means',
  });
}
