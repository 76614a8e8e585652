import { basename } from 'node:path';
import type { FileStat, ProcessGlance } from '../../system/host.js';
import type { LeftoverKind } from './kinds.js';

/** A living process that may be making what looks like a leftover, without having it open at this moment. */
export interface Worker {
  readonly pid: number;
  readonly what: string;
  readonly makes: ReadonlySet<LeftoverKind>;
}

const UPSTREAM: ReadonlySet<LeftoverKind> = new Set<LeftoverKind>([
  'unpacking',
  'new-link',
  'install-download',
  'broken-link',
]);
/**
 * Pure. `home` as the kernel names it. Runs of this tool need no such guess: what they make they hold open, or
 * hold the lock and keep a journal meanwhile, or put their number into its name. We ourselves are none of them, and neither is who started us: `sudo`,
 * or the shell of somebody who stands in HOME.
 */
export function workersOn(home: string, processes: readonly ProcessGlance[], self: number): Worker[] {
  const ours = withAncestors(self, processes);
  return processes
    .filter(({ pid }) => !ours.has(pid))
    .flatMap((process): Worker[] => {
      const what = upstreamWork(process, home);
      return what === undefined ? [] : [{ pid: process.pid, what, makes: UPSTREAM }];
    });
}

function upstreamWork({ name, command, held }: ProcessGlance, home: string): string | undefined {
  const inHome = held.some(({ by, path }) => by !== 'fd' && path.startsWith(`${home}/`));
  // As setProcessName in run-bundle.c++ calls it, cut off by the kernel after 15 characters.
  if (inHome && name === 'sandstorm/updat') return "Sandstorm's own updater";
  if (inHome && command.slice(1).includes('update')) return 'sandstorm update';
  const worksThere = held.some(({ by, path }) => by === 'cwd' && path === home);
  const isScript = command.some((word) => /^install[^/]*\.sh$/.test(basename(word)));
  // `curl ... | bash` has no name of its own. Nor has a shell, which is let be just the same.
  const isNameless = ['bash', 'sh'].includes(name) && command.length === 1 && !command[0]?.startsWith('-');
  return worksThere && (isScript || isNameless) ? 'install.sh, or a shell,' : undefined;
}

function withAncestors(self: number, processes: readonly ProcessGlance[]): ReadonlySet<number> {
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const found = new Set<number>();
  for (let pid: number | undefined = self; pid !== undefined && !found.has(pid); pid = parents.get(pid))
    found.add(pid);
  return found;
}

/**
 * What unpacks, downloads, copies or removes in Sandstorm's name or ours. Some processes of one's own may never
 * be looked into (sshd, ssh-agent, a container's first one): they do none of that, and one could never clean.
 */
const MAKERS = /^(?:sandstorm.*|tar|xz|gzip|curl|gpg|bash|sh|perl|node|MainThread|cp|mv|rm)$/;

/** Who has something open, or might: one sentence; undefined when nobody has. */
export function whoHolds(
  path: string,
  { dev, ino, uid }: Pick<FileStat, 'dev' | 'ino' | 'uid'>,
  processes: readonly ProcessGlance[],
): string | undefined {
  for (const process of processes) {
    const how = holding(path, `${String(dev)}:${String(ino)}`, process);
    if (how !== undefined) return `${process.name} (pid ${String(process.pid)}) ${how}`;
    // Those of other users cannot get in.
    if (process.hidden && process.uid === uid && MAKERS.test(process.name))
      return `${process.name} (pid ${String(process.pid)}) cannot be looked into, and may be using it`;
  }
  return undefined;
}

function holding(path: string, identity: string, process: ProcessGlance): string | undefined {
  const held = process.held.find(({ path: at }) => at === path || at.startsWith(`${path}/`));
  if (held !== undefined) return HOW[held.by];
  if (process.identities.includes(identity)) return HOW.cwd;
  return process.command.some((word) => mentions(word, path)) ? 'names it in its command line' : undefined;
}

const HOW = {
  cwd: 'works in it',
  root: 'has it as its root folder',
  exe: 'runs from it',
  fd: 'has it open',
} as const;

/** Also `--file=PATH`, and `/usr/local/bin/sandstorm` but not `/usr/local/bin/sandstorm-airgap`. */
function mentions(word: string, path: string): boolean {
  for (let at = word.indexOf(path); at >= 0; at = word.indexOf(path, at + 1)) {
    if (!/^[A-Za-z0-9._-]/.test(word.slice(at + path.length))) return true;
  }
  return false;
}
