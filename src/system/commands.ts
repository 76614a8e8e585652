import { constants, promises as fs } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { CommandResult, Commands, Filter, RunOptions } from './host.js';
import { openPty } from './pty.js';

const KEEP = 4 * 1024 * 1024;

/** @param log gets each command with its exit code; what it printed may hold secrets and is left out. */
export function systemCommands(
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void = () => undefined,
): Commands {
  return {
    run: async (file, args, options) => {
      const result = await run(file, args, options ?? {}, env);
      log(`ran ${[file, ...args].join(' ')}: ${result.signal ?? `exit ${String(result.exitCode)}`}`);
      return result;
    },
    which: (name) => which(name, env.PATH ?? ''),
    openPty,
    filter: (file, args) => filter(file, args, env),
  };
}

async function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CommandResult> {
  // execa costs more to load than `--version` may take in all.
  const { execa } = await import('execa');
  // util-linux, as `script` is; without it (never on Debian) the command runs untied.
  const leash = options.tied === true ? await which('setpriv', env.PATH ?? '') : undefined;
  const [program, words] =
    leash === undefined ? [file, args] : [leash, ['--pdeathsig', 'KILL', '--', file, ...args]];
  const child = execa(program, words, {
    // Messages are matched, so they must not be translated.
    env: { ...defined(env), LC_ALL: 'C', ...options.env },
    extendEnv: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    buffer: false,
    reject: false,
    // A group of its own: all of it can be ended, and Ctrl-C is meant for us: what we started must not die
    // under our hands.
    detached: true,
    cleanup: false,
  });
  const keep = options.maxBytes ?? KEEP;
  const stdout = gather(child.stdout, keep);
  const stderr = gather(child.stderr, keep);
  const end = (): void => killGroup(child.pid);
  const timer = setTimeout(end, options.timeoutMs ?? 60_000);
  options.signal?.addEventListener('abort', end, { once: true });
  if (options.signal?.aborted === true) end();
  if (child.pid !== undefined) groups.add(child.pid);
  // A daemon that took the pipes along would hold us until it ends.
  child.once('exit', () => {
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS).unref();
  });

  const result = await child;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', end);
  if (child.pid !== undefined) groups.delete(child.pid);
  const notEvenStarted = result.failed && result.exitCode === undefined;
  return {
    exitCode: result.exitCode ?? -1,
    signal: result.signal,
    stdout: stdout(),
    stderr: notEvenStarted ? [stderr(), result.shortMessage ?? ''].join('\n') : stderr(),
  };
}

/** The first `keep` bytes of what comes, without the last line's end; the rest is read and forgotten, so that nobody is held up. */
function gather(stream: NodeJS.ReadableStream, keep: number): () => string {
  const pieces: Buffer[] = [];
  let left = keep;
  stream.on('data', (piece: Buffer) => {
    if (left > 0) pieces.push(piece.subarray(0, left));
    left -= piece.length;
  });
  stream.on('error', () => undefined);
  return () =>
    Buffer.concat(pieces)
      .toString('utf8')
      .replace(/\r?\n$/, '');
}

const DRAIN_MS = 500;

/** Groups of commands that run now: when we have to go at once they go with us. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const pid of groups) killGroup(pid);
});

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

async function which(name: string, path: string): Promise<string | undefined> {
  // useradd lives in sbin, which a PATH handed on by sudo or cron may lack.
  for (const dir of [...path.split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin']) {
    if (dir === '') continue;
    const candidate = join(dir, name);
    const found = await fs.access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
}

function filter(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Filter {
  // Either could make xz skip its integrity checks (--ignore-check) or take memory without end.
  const tamed = { ...env, XZ_OPT: undefined, XZ_DEFAULTS: undefined, LC_ALL: 'C' };
  // Asked for here: `status` starts nothing, and node loads much for it.
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(file, args, {
    env: defined(tamed),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  const done = new Promise<{ exitCode: number; stderr: string }>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: -1, stderr: error.message }));
    child.once('close', (code) => resolve({ exitCode: code ?? -1, stderr }));
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    done,
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

export function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
