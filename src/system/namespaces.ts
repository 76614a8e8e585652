import { spawn } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** Kinds of Linux namespaces, as /proc/PID/ns names them. */
export type NamespaceKind = 'mnt' | 'pid' | 'net';

/** What tells this process's namespace of a kind from any other: "pid:[4026531836]". */
export async function ownNamespace(kind: NamespaceKind): Promise<string | undefined> {
  return readlink(`/proc/self/ns/${kind}`).catch(() => undefined);
}

/** The command line that starts this very tool once more: node and script, or the single file. */
export function ownCommand(): readonly string[] {
  const script = process.argv[1];
  return isSea() || script === undefined ? [process.execPath] : [process.execPath, script];
}

export interface PrivateRun {
  readonly done: Promise<{ readonly exitCode: number; readonly stderr: string }>;
  /** Ends everything inside and resolves when nothing of it is left. */
  kill(): Promise<void>;
}

export interface PrivateRunOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Nothing on the screen; stderr is kept. */
  readonly quiet: boolean;
  /** Path of `setpriv`, where there is one: it makes all of it die with us however we die. */
  readonly setpriv: string | undefined;
}

/** Everything one needs to know of a machine is private: mounts, processes, network, names, shared memory. */
export const PRIVATE = ['--mount', '--pid', '--net', '--ipc', '--uts', '--propagation', 'private'] as const;

/** As pid 1 of its own namespace a program inherits orphans, which node would leave as zombies: a shell reaps. */
const FIRST_PROCESS = ['sh', '-c', '"$@" & wait $!', 'sh'] as const;

/** Starts a command in namespaces of its own, as their second process. Needs CAP_SYS_ADMIN. */
export function runPrivately(command: readonly string[], options: PrivateRunOptions): PrivateRun {
  const unshare = ['unshare', ...PRIVATE, '--fork', '--kill-child=KILL', '--', ...FIRST_PROCESS, ...command];
  const [file = 'unshare', ...args] =
    options.setpriv === undefined ? unshare : [options.setpriv, '--pdeathsig', 'KILL', ...unshare];
  const child = spawn(file, args, {
    cwd: '/',
    env: options.env,
    // Ctrl-C is ours to handle: the terminal must not send it inside as well.
    detached: true,
    stdio: ['ignore', options.quiet ? 'ignore' : 'inherit', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!options.quiet) process.stderr.write(text);
    stderr = (stderr + text).slice(-4096);
  });
  const done = new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: -1, stderr: error.message }));
    child.once('exit', (code) => setImmediate(() => resolve({ exitCode: code ?? -1, stderr })));
  });

  return {
    done,
    async kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      // unshare waits for its child, and the kernel lets that end only when all others in there have ended.
      const inside = await childrenOf(child.pid);
      for (const pid of inside.length > 0 ? inside : [child.pid]) signal(pid);
      await done;
    },
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

/** The folder of the code that runs, which has to be there to load the rest of it. */
export function ownFolder(): string {
  return fileURLToPath(new URL('.', import.meta.url));
}
