import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROUNDS = 50;
const PAUSE_MS = 40;

/**
 * Ends (SIGKILL) every process that works in `folder` or below it, until none is left. Only daemons: whoever
 * sits at a terminal in there is a person having a look, and never ours. Other people's processes are out of
 * reach for an ordinary user; for root the folder must be one that only we put servers into.
 * @returns how many there were.
 */
export async function endProcessesBelow(folder: string, proc = '/proc'): Promise<number> {
  const ended = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await daemonsBelow(folder, proc);
    for (const pid of found) {
      if (kill(pid)) ended.add(pid);
    }
    if (found.length === 0) break;
    await sleep(PAUSE_MS);
  }
  return ended.size;
}

async function daemonsBelow(folder: string, proc: string): Promise<number[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const ours = await Promise.all(pids.map((pid) => isDaemonBelow(pid, folder, proc)));
  return pids.filter((pid, index) => ours[index] === true && pid !== process.pid);
}

async function isDaemonBelow(pid: number, folder: string, proc: string): Promise<boolean> {
  const cwd = await readlink(join(proc, String(pid), 'cwd')).catch(() => '');
  if (cwd !== folder && !cwd.startsWith(`${folder}/`)) return false;
  const stat = await readFile(join(proc, String(pid), 'stat'), 'utf8').catch(() => '');
  // Fields 3 and 7 of proc(5): state and controlling terminal. A zombie is gone already.
  const [state, , , , terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state !== undefined && !'ZX'.includes(state) && terminal === '0';
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
