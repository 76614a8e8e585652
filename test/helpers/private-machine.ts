import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { checkAnswer } from './answers.js';
import { requireReal } from './real-parts.js';

const SCRIPT = fileURLToPath(new URL('private-machine.sh', import.meta.url));

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Namespaces in which this machine's folders can be written to without being changed; see private-machine.sh. */
export interface PrivateMachine {
  /** A process in it, as this machine sees it. */
  readonly pid: number;
  /** A shell command as root, in a folder of its own choice. */
  sh(command: string, wish: ShellWish): Promise<Ran>;
  stop(): Promise<void>;
}

interface ShellWish {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default 120 s; it is killed then. */
  readonly timeoutMs?: number;
}

/** Whether one can be made here; a skip is reported, and is an error where real parts are required. */
export function requirePrivateMachine(what: string): boolean {
  if (process.getuid?.() === 0)
    return requireReal(what, ['unshare', 'nsenter', 'setpriv', 'ip', 'dnsmasq', 'perl']);
  if (process.env.SANDSTORM_AIRGAP_REQUIRE_REAL === '1') throw new Error(`${what} needs root`);
  console.warn(`real part missing: root, skipped: ${what}`);
  return false;
}

/** @param usb folder that is /media/usb there */
export async function startPrivateMachine(usb: string): Promise<PrivateMachine> {
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child=KILL'];
  const inside = ['bash', SCRIPT, usb, 'bash', '-c', 'echo ready; exec sleep infinity'];
  // A test that dies must not leave a machine behind.
  const outer = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...inside], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => outer.once('exit', () => resolve()));
  await untilReady(outer, ended);
  const first = await childOf(outer.pid ?? 0);
  return {
    pid: first,
    sh: async (command, wish) => {
      const ran = await enter(first, command, wish);
      checkAnswer(command.split(/\s+/), ran.stdout);
      return ran;
    },
    stop: async () => {
      // The first process of a pid namespace takes all others along.
      process.kill(first, 'SIGKILL');
      await ended;
    },
  };
}

async function untilReady(outer: ChildProcess, ended: Promise<void>): Promise<void> {
  let complaints = '';
  outer.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  if (outer.stdout === null) throw new Error('no pipe');
  const lines = createInterface({ input: outer.stdout });
  await Promise.race([
    new Promise<void>((resolve) => lines.once('line', () => resolve())),
    ended.then(() => {
      throw new Error(`the private machine did not come up: ${complaints}`);
    }),
  ]);
}

async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

function enter(pid: number, command: string, { cwd, env, timeoutMs = 120_000 }: ShellWish): Promise<Ran> {
  const all = {
    PATH: `/usr/local/sbin:/usr/local/bin:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: '/root',
    LANG: 'C.UTF-8',
    ...env,
  };
  const settings = Object.entries(all).map(([key, value]) => `${key}=${value}`);
  const args = [
    '-t',
    String(pid),
    '-m',
    '-n',
    '-p',
    'env',
    '-i',
    '-C',
    cwd,
    ...settings,
    'bash',
    '-c',
    command,
  ];
  return new Promise((resolve) => {
    const child = execFile(
      'nsenter',
      args,
      { timeout: timeoutMs, maxBuffer: 1 << 26, killSignal: 'SIGKILL' },
      (_, stdout, stderr) => {
        resolve({ exitCode: child.exitCode ?? -1, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}
