import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemCommands } from '../../../src/system/commands.js';
import { tempDir } from '../../helpers/fake-host.js';
import { until } from '../../helpers/until.js';

const commands = systemCommands({ PATH: process.env.PATH, LANG: 'de_DE.UTF-8', SECRET: undefined });
const bash = (script: string, options = {}): ReturnType<typeof commands.run> =>
  commands.run('bash', ['-c', script], options);

function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${String(pid)}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

describe('a command', () => {
  it('gives its exit code and words as data', async () => {
    expect(await bash('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: undefined,
      stdout: 'out',
      stderr: 'err',
    });
  });

  it('gets its arguments as they are, and input, folder and environment as asked', async () => {
    const dir = await tempDir();
    const ran = await commands.run(
      'bash',
      ['-c', 'printf "%s|" "$@"; cat; pwd; echo "$LC_ALL $X ${SECRET-unset}"', '_', "a b'$(id)", ''],
      {
        input: 'in',
        cwd: dir,
        env: { X: 'y' },
      },
    );
    expect(ran.stdout).toBe(`a b'$(id)||in${dir}\nC y unset`);
  });

  it('that is not there is a failure, not an exception', async () => {
    const ran = await commands.run('/nowhere/program', []);
    expect(ran.exitCode).toBe(-1);
    expect(ran.stderr).toContain('ENOENT');
  });

  it('that was killed says by what', async () => {
    expect(await bash('kill -TERM $$')).toMatchObject({ exitCode: -1, signal: 'SIGTERM' });
  });

  it('is ended with all it started when its time is up', async () => {
    const dir = await tempDir();
    const began = performance.now();
    const ran = await bash(`trap '' TERM; sleep 77 & echo $! > ${dir}/child; sleep 77; sleep 77`, {
      timeoutMs: 400,
    });
    expect(ran).toMatchObject({ exitCode: -1, signal: 'SIGKILL' });
    expect(performance.now() - began).toBeLessThan(4000);
    const child = Number(readFileSync(join(dir, 'child'), 'utf8'));
    await until('the child is gone too', () => !runs(child));
  });

  it('is ended by a signal of ours, also one that has been given already', async () => {
    const controller = new AbortController();
    const running = bash('sleep 77', { signal: controller.signal });
    controller.abort();
    expect(await running).toMatchObject({ signal: 'SIGKILL' });
    expect(await bash('sleep 77', { signal: controller.signal })).toMatchObject({ signal: 'SIGKILL' });
  });

  it('does not hold us by a daemon that took its pipes along', async () => {
    const began = performance.now();
    const ran = await bash('echo started; sleep 9 & echo $! >&2; exit 5');
    expect(ran).toMatchObject({ exitCode: 5, stdout: 'started' });
    expect(performance.now() - began).toBeLessThan(4000);
    const pid = Number(ran.stderr);
    expect(runs(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it('may say more than is kept', async () => {
    const ran = await bash('seq 1 200000; echo last >&2; exit 7', { maxBytes: 1000 });
    expect(ran.exitCode).toBe(7);
    expect(ran.stdout.length).toBeGreaterThan(990);
    expect(ran.stdout.length).toBeLessThanOrEqual(1000);
    expect(ran.stdout.startsWith('1\n2\n3\n')).toBe(true);
    expect(ran.stderr).toBe('last');
  });

  it('is out of reach of a Ctrl-C at our terminal', async () => {
    const ran = await bash('echo $$ $(ps -o pgid= -o sid= -p $$)');
    const [pid, group, session] = ran.stdout.split(/\s+/);
    expect([group, session]).toEqual([pid, pid]);
  });

  it('is told to the log, without what it said', async () => {
    const lines: string[] = [];
    await systemCommands(process.env, (line) => lines.push(line)).run('sh', ['-c', 'echo secret; exit 2']);
    expect(lines).toEqual(['ran sh -c echo secret; exit 2: exit 2']);
  });
});

describe('which', () => {
  it('finds programs in sbin, which PATH may lack, and takes nothing that cannot be run', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, 'notrun'), '');
    await writeFile(join(dir, 'own'), '', { mode: 0o755 });
    const { which } = systemCommands({ PATH: `:${dir}` });
    expect(await which('own')).toBe(join(dir, 'own'));
    expect(await which('sh')).toMatch(/\/sh$/);
    expect(await which('notrun')).toBeUndefined();
    expect(await which('no-such-program-anywhere')).toBeUndefined();
  });
});

describe('a filter', () => {
  it('passes bytes through, and tells how it ended', async () => {
    const filter = commands.filter('sh', ['-c', 'cat; echo bad >&2; exit 4']);
    let text = '';
    filter.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
    filter.stdin.end('through');
    expect(await filter.done).toEqual({ exitCode: 4, stderr: 'bad\n' });
    expect(text).toBe('through');
  });

  it('cannot be weakened through the environment', async () => {
    const { filter } = systemCommands({
      PATH: process.env.PATH,
      XZ_OPT: '--ignore-check',
      XZ_DEFAULTS: '-9',
    });
    const made = filter('sh', ['-c', 'echo "${XZ_OPT-unset} ${XZ_DEFAULTS-unset}" >&2']);
    made.stdout.resume();
    made.stdin.end();
    expect((await made.done).stderr).toBe('unset unset\n');
  });

  it('that is not there ends with -1, and one that is killed too', async () => {
    const missing = commands.filter('/nowhere/program', []);
    missing.stdin.on('error', () => undefined);
    expect((await missing.done).exitCode).toBe(-1);
    const sleeper = commands.filter('sleep', ['77']);
    sleeper.stdout.resume();
    sleeper.kill();
    expect((await sleeper.done).exitCode).toBe(-1);
  });
});
