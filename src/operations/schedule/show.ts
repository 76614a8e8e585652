import type { Hold } from '../../schedule/hold.js';
import { schedulePlaces, unitName } from '../../schedule/places.js';
import { allowAgain, type Attempt } from '../../schedule/record.js';
import { execStarts, parseShow } from '../../service/unit-file.js';
import type { Host } from '../../system/host.js';
import { holdOn, readRecord, withScheduleLock, writeRecord } from './remembered.js';
import { systemctl } from './set-up.js';

export interface ScheduleState {
  readonly home: string;
  /** What starts it; null when nothing does. */
  readonly starter: 'systemd' | 'cron' | null;
  readonly drop: string | null;
  readonly window: string | null;
  /** As systemd writes it; null where it does not say. */
  readonly next: string | null;
  readonly hold: Hold | null;
  /** Newest first. */
  readonly attempts: readonly Attempt[];
}

/** Changes nothing. @throws Refusal E_SCHEDULE_RECORD */
export async function showSchedule(home: string, host: Host): Promise<ScheduleState> {
  const { service, cron } = schedulePlaces(home, host);
  const unit = await host.files.readText(service).catch(() => undefined);
  const crontab = unit === undefined ? await host.files.readText(cron).catch(() => undefined) : undefined;
  const words = unit === undefined ? cronWords(crontab ?? '') : (execStarts([unit])[0] ?? []);
  const after = (flag: string): string | null => words[words.indexOf(flag) + 1] ?? null;
  const named = words.includes('--window');
  const drop = named ? after('--drop') : null;
  return {
    home,
    starter: unit !== undefined ? 'systemd' : crontab !== undefined ? 'cron' : null,
    drop,
    window: named ? after('--window') : null,
    next: unit === undefined ? null : await nextLook(home, host),
    hold: (await holdOn(home, drop ?? undefined, host)) ?? null,
    attempts: (await readRecord(home, host)).attempts.toReversed(),
  };
}

/** The words of the command, as /bin/sh would see them, in as far as we write them. */
function cronWords(text: string): string[] {
  const line = text.split('\n').find((one) => one.includes(' schedule run ')) ?? '';
  const words = line.replaceAll('\\%', '%').match(/(?:[^\s']|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replaceAll("'\\''", '\u0000').replaceAll("'", '').replaceAll('\u0000', "'"),
  );
}

async function nextLook(home: string, host: Host): Promise<string | null> {
  const shown = await systemctl(host, 'show', `${unitName(home)}.timer`, '--property=NextElapseUSecRealtime');
  const next = parseShow(shown.stdout).get('NextElapseUSecRealtime') ?? '';
  return next === '' || next === 'n/a' ? null : next;
}

/** Nothing is updated by itself until it is let go. @returns whether that changes anything */
export async function holdSchedule(
  home: string,
  hold: Omit<Hold, 'since'>,
  dryRun: boolean,
  host: Host,
): Promise<boolean> {
  const { root, hold: path } = schedulePlaces(home, host);
  const now = await holdOn(home, undefined, host);
  if (now?.reason === hold.reason) return false;
  if (dryRun) return true;
  await host.files.makeDir(root, 0o700);
  const since = host.clock.now().toISOString();
  await host.files.writeAtomic(path, `${JSON.stringify({ ...hold, since })}\n`, 0o600);
  return true;
}

/** @returns what was let go */
export async function releaseSchedule(home: string, dryRun: boolean, host: Host): Promise<Hold | undefined> {
  const { hold: path } = schedulePlaces(home, host);
  const now = await holdOn(home, undefined, host);
  if (now !== undefined && !dryRun) await host.files.remove(path);
  return now;
}

/** Lets tarballs that failed be tried once more. @throws Refusal E_SCHEDULE_RECORD, E_BUSY */
export async function retryTarballs(
  home: string,
  sha256: string | undefined,
  dryRun: boolean,
  host: Host,
): Promise<readonly Attempt[]> {
  if (dryRun) return allowAgain(await readRecord(home, host), sha256).allowed;
  return withScheduleLock(home, 'schedule retry', host, async () => {
    const { record, allowed } = allowAgain(await readRecord(home, host), sha256);
    if (allowed.length > 0) await writeRecord(record, home, host);
    return allowed;
  });
}
