import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { stateDirs } from '../journal/state-dir.js';
import type { Host } from '../system/host.js';

/** What a schedule remembers of one HOME, and what starts it. */
export interface SchedulePlaces {
  readonly root: string;
  /** Which tarballs were tried. */
  readonly record: string;
  /** Somebody has stopped it. */
  readonly hold: string;
  /** Of those who look into the drop folder. */
  readonly locks: string;
  readonly service: string;
  readonly timer: string;
  readonly cron: string;
}

/** A file of this name in the drop folder stops the schedule too: whoever lays tarballs there need not be root. */
export const HOLD_IN_DROP = 'HOLD';
const USUAL_HOME = '/opt/sandstorm';

export function schedulePlaces(home: string, host: Pick<Host, 'layout'>): SchedulePlaces {
  const root = join(stateDirs(home, host as Host).root, 'schedule');
  const name = unitName(home);
  const units = host.layout.systemdUnitDirs[0] ?? '/etc/systemd/system';
  return {
    root,
    record: join(root, 'tried.json'),
    hold: join(root, 'hold.json'),
    locks: join(root, 'locks'),
    service: join(units, `${name}.service`),
    timer: join(units, `${name}.timer`),
    cron: join(host.layout.etc, 'cron.d', name),
  };
}

/**
 * Two servers on one machine have a timer each. Letters, digits, hyphens only: cron passes over files with a dot in
 * their name, and systemd takes other signs for something else.
 */
export function unitName(home: string): string {
  if (home === USUAL_HOME) return 'sandstorm-airgap-update';
  const plain = home
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-40);
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 8);
  return `sandstorm-airgap-update-${plain === '' ? 'x' : plain}-${hash}`;
}
