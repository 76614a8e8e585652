import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pty, PtyOptions } from './host.js';
import { endSessionsOf } from './sessions.js';

const DRAIN_MS = 1000;

/**
 * `bash <args>` in a pseudo-terminal made by util-linux `script`: install.sh insists on one, and native
 * pty modules do not fit in a single file. `script` takes a shell command only, so the command is a
 * constant and the real arguments travel in the environment.
 */
export function openPty(bashArgs: readonly string[], options: PtyOptions): Pty {
  const names = bashArgs.map((_, index) => `SANDSTORM_AIRGAP_PTY_ARG${String(index)}`);
  const handed = Object.fromEntries(bashArgs.map((arg, index) => [names[index] ?? '', arg]));
  // 200 columns: install.sh folds its errors at the terminal's width, we want whole lines.
  const command = `stty cols 200 rows 50; exec bash ${names.map((name) => `"$${name}"`).join(' ')}`;

  const script = ['script', '-q', '-e', '-f', '-c', command, '/dev/null'];
  const [program = '', ...args] = [...dyingWithUs(), ...script];
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(program, args, {
    cwd: options.cwd,
    // A group of its own: `script` ignores that its child should die with it.
    detached: true,
    env: { ...options.env, ...handed, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const decoder = new StringDecoder('utf8');
  child.stdout.on('data', (bytes: Buffer) => options.onData(decoder.write(bytes)));
  child.stdin.on('error', () => undefined);

  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let ending: Promise<void> | undefined;
  const done = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => {
      void (async () => {
        // Its last words may still be on their way; a pipe that somebody took along would never close.
        await Promise.race([closed, sleep(DRAIN_MS)]);
        await ending;
        // `script` exits 0 after SIGTERM; what was killed has not succeeded.
        resolve(ending === undefined ? (code ?? -1) : -1);
      })();
    });
  });

  return {
    write: (text) => child.stdin.write(text),
    done,
    async kill() {
      const { pid } = child;
      if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      // What still runs would go on writing to what the caller cleans up: wait until nobody is left.
      ending ??= endSessionsOf(pid).finally(() => child.kill('SIGKILL'));
      await done;
    },
  };
}

/**
 * If we are killed outright, install.sh must not go on alone: the next run would clean up under its feet.
 * With `script` dead its terminal is gone, and everything in it is hung up. util-linux before 2.33 cannot.
 */
function dyingWithUs(): string[] {
  const dying = ['setpriv', '--pdeathsig', 'KILL'];
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  return spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? dying : [];
}
