import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { pointsAtHome } from './points-at-home.js';
import { execStarts } from './unit-file.js';

const LARGEST_UNIT = 64 * 1024;
/** What install.sh calls it. */
export const INSTALLERS_NAME = 'sandstorm.service';

/**
 * The unit that starts the server of this HOME: install.sh's name first, then any other, since
 * administrators rename units and machines with two servers must. Templates (name@.service) are not
 * looked into: what they start depends on the instance.
 */
export async function findUnit(home: string, host: Host): Promise<string | undefined> {
  if (await unitStarts(INSTALLERS_NAME, home, host)) return INSTALLERS_NAME;
  const names = new Set<string>();
  for (const dir of host.layout.systemdUnitDirs) {
    for (const entry of await host.files.list(dir)) {
      if (/^[^@]+\.service(\.d)?$/.test(entry)) names.add(entry.replace(/\.d$/, ''));
    }
  }
  names.delete(INSTALLERS_NAME);
  const found = await Promise.all(
    [...names].sort().map(async (name) => ((await unitStarts(name, home, host)) ? name : undefined)),
  );
  return found.find((name) => name !== undefined);
}

async function unitStarts(name: string, home: string, host: Host): Promise<boolean> {
  const unit = await unitText(name, host);
  if (unit === undefined) return false;
  for (const command of execStarts([unit, ...(await dropIns(name, host))])) {
    if (await startsHome(command, home, host)) return true;
  }
  return false;
}

/**
 * `HOME/sandstorm start`, also behind `env` or inside `sh -c "..."`. Other uses of the command (a timer
 * that calls `sandstorm admin-token`) do not make a unit the server's.
 */
async function startsHome(command: readonly string[], home: string, host: Host): Promise<boolean> {
  const words = command.flatMap((word) => word.split(/\s+/));
  for (const [index, word] of words.entries()) {
    if (words[index + 1]?.replace(/;$/, '') === 'start' && (await pointsAtHome(word, home, host)))
      return true;
  }
  return false;
}

/** The file in the strongest folder that has one hides all others; a masked unit is a link to /dev/null. */
async function unitText(name: string, host: Host): Promise<string | undefined> {
  for (const dir of host.layout.systemdUnitDirs) {
    const path = join(dir, name);
    if ((await host.files.lstat(path)) !== undefined) return read(path, host);
  }
  return undefined;
}

/** By file name over all folders; of one name, the strongest folder's counts. */
async function dropIns(name: string, host: Host): Promise<string[]> {
  const paths = new Map<string, string>();
  for (const dir of host.layout.systemdUnitDirs) {
    const folder = join(dir, `${name}.d`);
    for (const entry of await host.files.list(folder)) {
      if (entry.endsWith('.conf') && !paths.has(entry)) paths.set(entry, join(folder, entry));
    }
  }
  const inOrder = [...paths].sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = await Promise.all(inOrder.map(([, path]) => read(path, host)));
  return texts.filter((text) => text !== undefined);
}

/** A device, a huge file or one we may not read is nobody's unit. */
async function read(path: string, host: Host): Promise<string | undefined> {
  return host.files.readText(path, LARGEST_UNIT).catch(() => undefined);
}
