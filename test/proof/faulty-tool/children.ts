import { readFileSync } from 'node:fs';

const POLL_MS = 1;
/** A command that has not started by then never will. */
const PATIENCE_MS = 5000;

/**
 * In front of a command and its arguments: it stands still before it starts and again when it has ended, so that
 * a kill comes in time however quick the command is.
 */
export const HELD = ['sh', '-c', 'kill -STOP $$; "$@"; end=$?; kill -STOP $$; exit $end', 'sh'] as const;

/** Kills the next command that this process starts HELD, so long after it was let go. */
export function killHeld(afterMs: number, onKilled: () => void): void {
  whenThere(isHeld, (held) => {
    process.kill(held, 'SIGCONT');
    setTimeout(() => {
      onKilled();
      // Not what it has started in turn: that goes on alone, as it would.
      for (const pid of [...childrenOf(held), held]) kill(pid);
    }, afterMs);
  });
}

/** Kills the next child that this process starts, so long after it was first seen. */
export function killNext(afterMs: number, onKilled: () => void): void {
  const before = new Set(children());
  whenThere(
    (pid) => !before.has(pid),
    (child) => {
      setTimeout(() => {
        // Ended by itself, and its number perhaps somebody else's by now.
        if (!children().includes(child)) return;
        onKilled();
        kill(child);
      }, afterMs);
    },
  );
}

function whenThere(isIt: (pid: number) => boolean, then: (pid: number) => void): void {
  const until = performance.now() + PATIENCE_MS;
  const poll = setInterval(() => {
    const child = children().find(isIt);
    if (child === undefined && performance.now() < until) return;
    clearInterval(poll);
    if (child !== undefined) then(child);
  }, POLL_MS);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended a moment ago.
  }
}

function children(): number[] {
  return childrenOf(process.pid).filter((pid) => !['Z', 'X', undefined].includes(stateOf(pid)));
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

const isHeld = (pid: number): boolean => stateOf(pid) === 'T';

/** One letter, as in proc(5); undefined when it is gone. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
