import { readFileSync } from 'node:fs';

const POLL_MS = 1;
/** A command that has not started by then never will. */
const PATIENCE_MS = 5000;

/** Kills the next child that this process starts, so long after it was first seen. */
export function watchForChild(afterMs: number, onKilled: () => void): void {
  const before = new Set(children());
  const until = performance.now() + PATIENCE_MS;
  const poll = setInterval(() => {
    const child = children().find((pid) => !before.has(pid));
    if (child === undefined && performance.now() < until) return;
    clearInterval(poll);
    if (child === undefined) return;
    setTimeout(() => {
      // Ended by itself, and its number perhaps somebody else's by now.
      if (!children().includes(child)) return;
      onKilled();
      process.kill(child, 'SIGKILL');
    }, afterMs);
  }, POLL_MS);
}

function children(): number[] {
  const self = String(process.pid);
  const text = readFileSync(`/proc/${self}/task/${self}/children`, 'utf8').trim();
  return text === ''
    ? []
    : text
        .split(' ')
        .map(Number)
        .filter((pid) => !hasEnded(pid));
}

function hasEnded(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'));
  } catch {
    return true;
  }
}
