import { join } from 'node:path';
import { kitPlaces } from '../../kit/places.js';
import { readReceipts } from '../../kit/receipts.js';
import { sizeOf } from '../../snapshot/size.js';
import type { Host } from '../../system/host.js';
import { pending, pendingRun } from '../pending.js';
import { withKitLock } from './kit-lock.js';

export interface PruneWish {
  /** An operation on this server that was cut off may go on with a release that came in a kit. */
  readonly home: string;
  /** How many stay, counted from the newest. */
  readonly keep: number;
  readonly dryRun: boolean;
}

export interface PrunedKit {
  readonly kit: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * Removes the files of kits that were taken in, but for the newest; receipts stay, and with them what is known of older
 * kits and for whom a house vouches. What lies there without a receipt was left by a run that was cut off.
 * @throws Refusal E_PENDING, E_KIT_RECEIPT, E_BUSY, E_IO
 */
export async function pruneKits(wish: PruneWish, host: Host): Promise<readonly PrunedKit[]> {
  return wish.dryRun ? prune(wish, host) : withKitLock('kit prune', host, () => prune(wish, host));
}

async function prune({ home, keep, dryRun }: PruneWish, host: Host): Promise<readonly PrunedKit[]> {
  const open = await pendingRun(home, host);
  if (open !== undefined) throw pending(open);
  const { received } = kitPlaces(host);
  const there = new Set(await host.files.list(received));
  const known = (await readReceipts(host)).map(({ kit }) => kit).filter((kit) => there.has(kit));
  const stay = new Set(known.slice(Math.max(0, known.length - keep)));
  const removed: PrunedKit[] = [];
  for (const kit of [...there].filter((name) => !stay.has(name)).sort()) {
    const path = join(received, kit);
    removed.push({ kit, path, bytes: await sizeOf(path, host) });
    if (!dryRun) await host.files.remove(path);
  }
  return removed;
}
