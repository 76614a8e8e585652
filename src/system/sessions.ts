import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const GENTLE_MS = 1500;
const HARD_MS = 5000;

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
}

/**
 * Ends every process in the terminal sessions that children of `parent` lead, and waits until they are
 * gone: SIGTERM first, SIGKILL for what ignores it. A daemon that made a session of its own is no longer
 * part of it and lives on.
 */
export async function endSessionsOf(parent: number): Promise<void> {
  // A session keeps its number while anybody is in it, so it cannot be taken for a later one.
  const leaders = new Set(
    everybody()
      .filter((one) => one.parent === parent)
      .map(({ pid }) => pid),
  );
  const members = (): number[] =>
    everybody()
      .filter(({ session }) => leaders.has(session))
      .map(({ pid }) => pid);

  for (const pid of members()) send(pid, 'SIGTERM');
  if (await isEmpty(members, GENTLE_MS)) return;
  await isEmpty(() => {
    // Again and again: what is being ended may be starting others.
    const left = members();
    for (const pid of left) send(pid, 'SIGKILL');
    return left;
  }, HARD_MS);
}

async function isEmpty(members: () => readonly number[], withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (members().length > 0) {
    if (performance.now() >= until) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** Zombies left out: they have ended. */
function everybody(): Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^[1-9]\d*$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        // After the name, which may itself hold anything: state, parent, process group, session.
        const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        return [{ pid: Number(name), parent: Number(parent), session: Number(session) }];
      } catch {
        return [];
      }
    });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone meanwhile
  }
}
