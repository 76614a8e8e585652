import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Host } from '../system/host.js';

/** Folders that hold what this tool must remember about one HOME. */
export interface StateDirs {
  readonly root: string;
  readonly runs: string;
  readonly staging: string;
  readonly backups: string;
  /** One file for each that holds, or wants, the lock. */
  readonly locks: string;
}

/** Two servers on one machine must not share a journal: the folder's name is made from HOME's whole path. */
export function stateDirs(home: string, host: Host): StateDirs {
  const readable = home.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const exact = createHash('sha256').update(home).digest('hex').slice(0, 8);
  const root = join(host.layout.stateDir, `${readable.slice(-40)}-${exact}`);
  return {
    root,
    runs: join(root, 'runs'),
    staging: join(root, 'staging'),
    backups: join(root, 'backups'),
    locks: join(root, 'locks'),
  };
}
