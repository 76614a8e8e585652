import { join } from 'node:path';
import { withLockAt } from '../../journal/lock.js';
import { parseHold, type Hold } from '../../schedule/hold.js';
import { HOLD_IN_DROP, schedulePlaces } from '../../schedule/places.js';
import { LARGEST_RECORD, NOTHING_TRIED, parseRecord, type ScheduleRecord } from '../../schedule/record.js';
import type { Host } from '../../system/host.js';

/** @throws Refusal E_SCHEDULE_RECORD, E_IO */
export async function readRecord(home: string, host: Host): Promise<ScheduleRecord> {
  const { record } = schedulePlaces(home, host);
  const text = await host.files.readText(record, LARGEST_RECORD);
  return text === undefined ? NOTHING_TRIED : parseRecord(text, record);
}

/** On the disk when it resolves. Hold the lock. */
export async function writeRecord(record: ScheduleRecord, home: string, host: Host): Promise<void> {
  const { root, record: path } = schedulePlaces(home, host);
  await host.files.makeDir(root, 0o700);
  await host.files.writeAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
}

/** Who has stopped the schedule, by `schedule hold` or by a file in the drop folder. */
export async function holdOn(home: string, drop: string | undefined, host: Host): Promise<Hold | undefined> {
  const { hold } = schedulePlaces(home, host);
  if ((await host.files.lstat(hold)) !== undefined) {
    return parseHold((await host.files.readText(hold).catch(() => undefined)) ?? '');
  }
  if (drop === undefined) return undefined;
  const path = join(drop, HOLD_IN_DROP);
  const stat = await host.files.lstat(path);
  if (stat === undefined) return undefined;
  return {
    reason: `there is a file ${path}`,
    by: `uid ${String(stat.uid)}`,
    since: stat.mtime.toISOString(),
  };
}

/** One at a time looks into the drop folder, or changes what is remembered. @throws Refusal E_BUSY */
export async function withScheduleLock<T>(
  home: string,
  what: string,
  host: Host,
  work: () => Promise<T>,
): Promise<T> {
  const { locks } = schedulePlaces(home, host);
  const hint = 'wait for it to end; sandstorm-airgap schedule show tells how it went';
  return withLockAt({ locks, name: `the schedule of ${home}`, hint }, what, host, work);
}
