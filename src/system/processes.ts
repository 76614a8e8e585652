import { readFile, readlink } from 'node:fs/promises';
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
    cwd: (pid) => quietly(() => readlink(join(proc, String(pid), 'cwd'))),
    name: (pid) => quietly(async () => (await readFile(join(proc, String(pid), 'comm'), 'utf8')).trim()),
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
  const stat = await quietly(() => readFile(join(proc, String(pid), 'stat'), 'utf8'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

async function quietly<T>(look: () => Promise<T>): Promise<T | undefined> {
  return look().catch(() => undefined);
}
