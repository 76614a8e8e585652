import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { ownNamespace } from '../system/namespaces.js';
import { endProcessesBelow } from '../system/processes-below.js';

export const FOLDER_PREFIX = 'sandstorm-rehearsal-';
const OWNER_FILE = 'owner.json';
const HALF_MADE_MS = 3_600_000;

/** Which process a rehearsal's folder belongs to. A pid alone says little after a reboot or in a container. */
interface Owner {
  readonly pid: number;
  readonly startTime: string | undefined;
  readonly boot: string | undefined;
  readonly pidNamespace: string | undefined;
}

/** Writes into a rehearsal's folder whose it is. */
export async function claim(folder: string, host: Host): Promise<void> {
  await host.files.writeAtomic(join(folder, OWNER_FILE), JSON.stringify(await ownerNow(host)));
}

/**
 * Ends and removes what rehearsals left in `parent` that were killed before they could clean up: folders of
 * this user, of our name, whose process is gone. Anybody may make a folder of that name in /tmp, so the
 * owner counts, and links are not followed.
 */
export async function removeForsaken(parent: string, host: Host): Promise<void> {
  for (const name of await host.files.list(parent)) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const folder = join(parent, name);
    const stat = await host.files.lstat(folder);
    if (stat?.kind !== 'directory' || stat.uid !== host.user.uid) continue;
    const owner = await readOwner(folder, host);
    const forsaken =
      owner === undefined
        ? host.clock.now().getTime() - stat.mtime.getTime() > HALF_MADE_MS
        : await isGone(owner, host);
    if (!forsaken) continue;
    await endProcessesBelow(folder, host.layout.proc);
    await host.files.remove(folder).catch(() => undefined);
  }
}

async function isGone(owner: Owner, host: Host): Promise<boolean> {
  const now = await ownerNow(host);
  if (owner.boot !== now.boot) return true;
  // Another container shares the folder: its processes cannot be seen from here.
  if (owner.pidNamespace !== now.pidNamespace) return false;
  return (await host.processes.startTime(owner.pid)) !== owner.startTime;
}

async function ownerNow(host: Host): Promise<Owner> {
  const pid = host.processes.self;
  const bootId = join(host.layout.proc, 'sys/kernel/random/boot_id');
  return {
    pid,
    startTime: await host.processes.startTime(pid),
    boot: (await host.files.readStart(bootId, 64).catch(() => undefined))?.toString('latin1').trim(),
    pidNamespace: await ownNamespace('pid'),
  };
}

async function readOwner(folder: string, host: Host): Promise<Owner | undefined> {
  try {
    const text = await host.files.readText(join(folder, OWNER_FILE), 4096);
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number'
      ? (value as Owner)
      : undefined;
  } catch {
    return undefined;
  }
}
