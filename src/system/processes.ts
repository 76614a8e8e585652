import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Processes } from './host.js';
import { holdersOf } from './ports.js';
import { processTable } from './process-table.js';

export function systemProcesses(proc: string): Processes {
  return {
    self: process.pid,
    alive(pid) {
      try {
        process.kill(pid, 0);
        return true;
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'EPERM';
      }
    },
    cwd: (pid) => quietly(() => readlinkSync(join(proc, String(pid), 'cwd'))),
    name: (pid) => quietly(() => readFileSync(join(proc, String(pid), 'comm'), 'utf8').trim()),
    // Fields 4 and 22 of proc(5).
    parent: async (pid) => {
      const parent = Number((await statFields(proc, pid))?.[1]);
      return parent > 0 ? parent : undefined;
    },
    startTime: async (pid) => (await statFields(proc, pid))?.[19],
    listening: (port) => holdersOf(port, proc),
    all: () => processTable(proc),
  };
}

/** /proc/PID/stat from its third field on: the second is a name that may itself hold spaces and parentheses. */
async function statFields(proc: string, pid: number): Promise<string[] | undefined> {
  const stat = await quietly(() => readFileSync(join(proc, String(pid), 'stat'), 'utf8'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** What lies in /proc comes from the kernel's memory: nothing is waited for. */
function quietly<T>(look: () => T): Promise<T | undefined> {
  try {
    return Promise.resolve(look());
  } catch {
    return Promise.resolve(undefined);
  }
}
