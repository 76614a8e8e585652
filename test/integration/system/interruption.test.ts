import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../helpers/fake-host.js';
import { until } from '../../helpers/until.js';

const SOURCE = new URL('../../../src/system/', import.meta.url).pathname;

/** A process with this body, which has `unbroken`, `signal` and `say`. */
async function started(body: string): Promise<{ child: ChildProcess; said: () => string }> {
  const dir = await tempDir();
  const program = join(dir, 'program.mjs');
  await build({
    stdin: {
      contents: `
        import { watchSignals } from '${SOURCE}interruption.ts';
        import { realTerminal } from '${SOURCE}terminal.ts';
        import { systemCommands } from '${SOURCE}commands.ts';
        import { setTimeout as sleep } from 'node:timers/promises';
        const { signal, unbroken } = watchSignals();
        const { out: say } = realTerminal({});
        const commands = systemCommands(process.env);
        setInterval(() => undefined, 1000);
        ${body}
      `,
      resolveDir: new URL('.', import.meta.url).pathname,
      loader: 'ts',
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  return { child, said: () => text };
}

const ended = (child: ChildProcess): Promise<void> =>
  until('the process has ended', () => child.exitCode !== null || child.signalCode !== null);

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends it at once where nothing must be finished', async (signal, exitCode) => {
    const { child, said } = await started(`say('ready');`);
    await until('it runs', () => said().includes('ready'));
    child.kill(signal);
    await ended(child);
    expect(child.exitCode).toBe(exitCode);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s only asks while something must be finished',
    async (signal) => {
      const { child, said } = await started(`
      await unbroken(() => unbroken(async () => {
        say('ready');
        while (!signal.aborted) await sleep(10);
        await sleep(100);
        say('safe');
      }));
      process.exit(7);
    `);
      await until('it runs', () => said().includes('ready'));
      child.kill(signal);
      await ended(child);
      expect(said()).toBe('ready\nsafe\n');
      expect(child.exitCode).toBe(7);
    },
  );

  it('given once more after a while ends it, and the command it was waiting for', async () => {
    const { child, said } = await started(`
      await unbroken(async () => {
        const ran = commands.run('sh', ['-c', 'echo $$ > /dev/stderr; exec sleep 88']);
        say('ready');
        await ran;
      });
    `);
    await until('it runs', () => said().includes('ready'));
    const sleeper = await childOf(child.pid ?? 0);
    child.kill('SIGINT');
    await sleep(700);
    expect(await stateOf(sleeper)).toBeDefined();
    child.kill('SIGINT');
    await ended(child);
    expect(child.exitCode).toBe(130);
    await until('the command is gone', async () => (await stateOf(sleeper)) === undefined);
  });

  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGHUP', 'SIGHUP'],
    ['SIGHUP', 'SIGTERM'],
  ] as const)('%s with %s as its echo is one signal', async (first, echo) => {
    const { child, said } = await started(`
      await unbroken(async () => {
        say('ready');
        while (!signal.aborted) await sleep(10);
        say('told');
        await sleep(300);
        say('safe');
      });
      process.exit(7);
    `);
    await until('it runs', () => said().includes('ready'));
    child.kill(first);
    await until('the first is taken in', () => said().includes('told'));
    child.kill(echo);
    await ended(child);
    expect(said()).toBe('ready\ntold\nsafe\n');
    expect(child.exitCode).toBe(7);
  });

  it('ends it at once again after the work is done', async () => {
    const { child, said } = await started(`await unbroken(async () => undefined); say('ready');`);
    await until('it runs', () => said().includes('ready'));
    child.kill('SIGTERM');
    await ended(child);
    expect(child.exitCode).toBe(143);
  });
});

it('goes on when nobody reads its output any more', async () => {
  const { child, said } = await started(`
    say('ready');
    for (let line = 0; line < 50; line += 1) { say('x'.repeat(5000)); await sleep(5); }
    process.exit(9);
  `);
  await until('it runs', () => said().includes('ready'));
  child.stdout?.destroy();
  await ended(child);
  expect(child.exitCode).toBe(9);
});

async function childOf(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  let found = 0;
  await until('it has started a command', async () => {
    const text = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8').catch(() => '');
    found = Number(text.trim().split(' ')[0]);
    return found > 0;
  });
  return found;
}

async function stateOf(pid: number): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'latin1').catch(() => '');
  const state = /\) ([A-Z]) /.exec(stat)?.[1];
  return state === 'Z' || state === 'X' ? undefined : state;
}
