import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { logged } from './journal-trouble.js';

/**
 * Private copies of tarballs that killed runs have left. Hold the lock on HOME: no other run that has it owns one.
 * A run that is still being asked its question makes its copy before it takes the lock, and keeps the folder open
 * (see stageRelease).
 */
export async function removeDeadStaging(stagingDir: string, host: Host): Promise<void> {
  const copies = (await host.files.list(stagingDir)).filter((name) => /^release-[0-9a-f]{16}$/.test(name));
  if (copies.length === 0) return;
  const real = (await host.files.realPath(stagingDir)) ?? stagingDir;
  const held = new Set(host.processes.all().flatMap((process) => process.held.map(({ path }) => path)));
  for (const name of copies) {
    if (!held.has(join(real, name))) await host.files.remove(join(stagingDir, name)).catch(logged(host));
  }
}
