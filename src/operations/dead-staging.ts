import { join } from 'node:path';
import { withLock } from '../journal/lock.js';
import type { Host } from '../system/host.js';
import { logged } from './journal-trouble.js';

/**
 * Private copies of tarballs that killed runs have left. Hold the lock on HOME: no other run that has it owns one.
 * A run that is still being asked its question makes its copy before it takes the lock, and keeps the folder open
 * (see stageRelease).
 */
export async function removeDeadStaging(stagingDir: string, host: Host): Promise<void> {
  for (const path of await deadCopies(stagingDir, host)) await host.files.remove(path).catch(logged(host));
}

/** The same for who has nothing else to do; somebody else at work is none of its business. */
export async function sweepStaging(stagingDir: string, home: string, host: Host): Promise<void> {
  if ((await deadCopies(stagingDir, host)).length === 0) return;
  await withLock(home, 'update', host, () => removeDeadStaging(stagingDir, host)).catch(logged(host));
}

async function deadCopies(stagingDir: string, host: Host): Promise<string[]> {
  const copies = (await host.files.list(stagingDir)).filter((name) => /^release-[0-9a-f]{16}$/.test(name));
  if (copies.length === 0) return [];
  const real = (await host.files.realPath(stagingDir)) ?? stagingDir;
  const held = new Set(host.processes.all().flatMap((process) => process.held.map(({ path }) => path)));
  return copies.filter((name) => !held.has(join(real, name))).map((name) => join(stagingDir, name));
}
