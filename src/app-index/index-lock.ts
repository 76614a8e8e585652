import { join } from 'node:path';
import { withLockAt } from '../journal/lock.js';
import type { Host } from '../system/host.js';
import { indexLayout } from './layout.js';

/**
 * Runs `work` as the only writer of the index in `dir`. What an earlier one that died was making is removed first:
 * nobody else can be making anything now.
 * @param operation for people: "index build"
 * @throws Refusal E_BUSY
 */
export async function withIndexLock<T>(
  dir: string,
  operation: string,
  host: Host,
  work: () => Promise<T>,
): Promise<T> {
  const { locks, incoming } = indexLayout(dir);
  const hint = 'wait for it to end, then type the same command again';
  return withLockAt({ locks, name: dir, hint }, operation, host, async () => {
    for (const name of await host.files.list(incoming)) await host.files.remove(join(incoming, name));
    return work();
  });
}
