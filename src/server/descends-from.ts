import type { Host } from '../system/host.js';

/** Whether a process is `top` or was started by it, directly or through others. */
export async function descendsFrom(pid: number, top: number, host: Host): Promise<boolean> {
  // Bounded: pids are reused while we climb, and a circle would hold us for ever.
  let current: number | undefined = pid;
  for (let steps = 0; current !== undefined && steps < 64; steps += 1) {
    if (current === top) return true;
    current = await host.processes.parent(current);
  }
  return false;
}
