import { join } from 'node:path';
import type { Host } from '../system/host.js';

/**
 * What this machine remembers of kits, below the state directory:
 *
 *     kits/keys.json            whose kits are taken in, and whose not any more (key-store.ts)
 *     kits/house-key.json       with which kits are signed here; connected side, 0600
 *     kits/made.json            serial of the last kit made with each key
 *     kits/downloads/           what was fetched for kits; may be removed at any time
 *     kits/requests/<id>.json   requests made here (request.ts)
 *     kits/incoming/<id>/       a kit that is being taken in
 *     kits/received/<id>/       one that was: its files but for packages, as they lay in files/
 *     kits/receipts/<id>.json   what became of it, written last (receipts.ts)
 *     kits/locks/               who is at work
 */
export interface KitPlaces {
  readonly root: string;
  readonly keys: string;
  readonly houseKey: string;
  readonly made: string;
  readonly downloads: string;
  readonly requests: string;
  readonly incoming: string;
  readonly received: string;
  readonly receipts: string;
  readonly locks: string;
}

export function kitPlaces(host: Pick<Host, 'layout'>): KitPlaces {
  const root = join(host.layout.stateDir, 'kits');
  const at = (name: string): string => join(root, name);
  return {
    root,
    keys: at('keys.json'),
    houseKey: at('house-key.json'),
    made: at('made.json'),
    downloads: at('downloads'),
    requests: at('requests'),
    incoming: at('incoming'),
    received: at('received'),
    receipts: at('receipts'),
    locks: at('locks'),
  };
}
