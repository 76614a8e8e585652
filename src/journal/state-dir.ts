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
  const root = join(host.layout.stateDir, folderName(home));
  return {
    root,
    runs: join(root, 'runs'),
    staging: join(root, 'staging'),
    backups: join(root, 'backups'),
    locks: join(root, 'locks'),
  };
}

/** `opt-sandstorm` for /opt/sandstorm; `%2D` for a hyphen, and so on, so that no two paths have the same name. */
function folderName(home: string): string {
  const name = Buffer.from(home.replace(/^\//, ''))
    .toString('latin1')
    .replace(
      /[^A-Za-z0-9_./]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .replaceAll('/', '-');
  if (name.length <= LONGEST) return name === '' ? '-' : name;
  return `%${process.getBuiltinModule('node:crypto').createHash('sha256').update(home).digest('hex')}`;
}

/** A file name may have 255 bytes. */
const LONGEST = 200;
