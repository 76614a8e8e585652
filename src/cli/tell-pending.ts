import { pendingRun, whatHappened, whatToType } from '../operations/pending.js';
import type { Host } from '../system/host.js';

/**
 * After a crash the next command of any kind says what happened and what to type. Two lines for stderr; none when
 * nothing waits, or this user may not see it.
 */
export async function pendingLines(home: string, command: string, host: Host): Promise<readonly string[]> {
  if (SPEAKS_OF_IT.has(command)) return [];
  const record = await pendingRun(home, host).catch(() => undefined);
  // The same command again is a way to go on with an installation.
  if (record === undefined || record.operation === command) return [];
  return [whatHappened(record), `Next:  ${whatToType(record)}`];
}

/** Shows it, goes on with it, or refuses because of it. */
const SPEAKS_OF_IT: ReadonlySet<string> = new Set([
  'status',
  'resume',
  'abort',
  'update',
  'rollback',
  'clean',
  'snapshot create',
  'snapshot restore',
  'snapshot prune',
  'kit prune',
]);
