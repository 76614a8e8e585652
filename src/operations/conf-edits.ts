import type { ConfEdit, EditOptions } from '../config/conf-file.js';
import { stateDirs } from '../journal/state-dir.js';
import type { Host } from '../system/host.js';

export function settingsAsEdits(settings: Readonly<Record<string, string>>): ConfEdit[] {
  return Object.entries(settings).map(([key, value]) => ({ do: 'set', key, value }));
}

/** Backups lie with everything else that is remembered about this HOME. */
export function backupTo(home: string, host: Host): EditOptions {
  return { backupDir: stateDirs(home, host).backups };
}
