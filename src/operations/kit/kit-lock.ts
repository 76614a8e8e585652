import { withLockAt } from '../../journal/lock.js';
import { kitPlaces } from '../../kit/places.js';
import type { Host } from '../../system/host.js';

/** Runs `work` as the only one that changes what this machine remembers of kits. @throws Refusal E_BUSY */
export function withKitLock<T>(operation: string, host: Host, work: () => Promise<T>): Promise<T> {
  const { locks, root } = kitPlaces(host);
  const hint = 'wait for it to end, then type the same command again';
  return withLockAt({ locks, name: root, hint }, operation, host, work);
}
