import { spawn, spawnSync } from 'node:child_process';
import { constants, closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/cli/events.js';
import { openEventSink } from '../../src/system/event-sink.js';
import { requireDocument } from '../helpers/answers.js';
import { buildCommand, type BuiltCommand } from '../helpers/built-command.js';

let command: BuiltCommand;
let dir = '';
beforeAll(async () => {
  command = await buildCommand();
  dir = await mkdtemp(join(tmpdir(), 'events-'));
});
afterAll(async () => {
  await command.remove();
  await rm(dir, { recursive: true });
});

function eventsIn(text: string): ProgressEvent[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const event = JSON.parse(line) as ProgressEvent;
      requireDocument('file event', event);
      return event;
    });
}

const kinds = (events: readonly ProgressEvent[]): string[] => [...new Set(events.map(({ kind }) => kind))];

describe('--events', () => {
  it('tells of every check and of the end in a file, and --json stays one object', async () => {
    const file = join(dir, 'events.ndjson');
    const { exitCode, stdout } = await command.run(['preflight', '--json', '--events', file]);
    const events = eventsIn(await readFile(file, 'utf8'));
    const answer = JSON.parse(stdout) as { ok: boolean; result: { checks: { id: string }[] } };
    expect(kinds(events)).toEqual(['started', 'check', 'finished']);
    expect(events[0]).toMatchObject({ v: 1, command: 'preflight', home: '/opt/sandstorm', dryRun: false });
    const told = events.flatMap((event) => (event.kind === 'check' ? [event.check.id] : []));
    expect(told).toEqual(answer.result.checks.map(({ id }) => id));
    expect(events.at(-1)).toMatchObject({ kind: 'finished', exitCode, ok: answer.ok });
  });

  it('tells a descriptor of steps, bytes and the refusal, and people see what they see without', async () => {
    const tarball = join(dir, 'sandstorm-9.tar.xz');
    const fixture = new URL('../fixtures/release/sandstorm-9.tar.xz', import.meta.url).pathname;
    spawnSync('cp', [fixture, tarball]);
    const plain = await command.run(['release', 'verify', tarball]);
    const child = spawn(process.execPath, [command.file, 'release', 'verify', tarball, '--events', '3'], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, SANDSTORM_AIRGAP_STATE_DIR: join(dir, 'state') },
    });
    const said = ['', '', '', ''];
    for (const at of [1, 2, 3])
      child.stdio[at]?.on('data', (piece: Buffer) => (said[at] = `${said[at] ?? ''}${piece.toString()}`));
    const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const events = eventsIn(said[3] ?? '');
    expect({ exitCode, stderr: said[2] }).toEqual({ exitCode: plain.exitCode, stderr: plain.stderr });
    expect(kinds(events)).toEqual(['started', 'step-started', 'progress', 'step-done', 'finished']);
    expect(events.find(({ kind }) => kind === 'progress')).toMatchObject({
      totalBytes: expect.any(Number) as number,
    });
    expect(events.at(-1)).toMatchObject({ ok: false, error: { code: 'E_TARBALL_UNSIGNED' } });
  });

  it.each([
    [['--events', '-', '--home'], 'E_USAGE'],
    [['--events', '-', '--answers', '/nowhere/answers'], 'E_ANSWERS_FILE'],
    [['--json', '--events', '77'], 'E_IO'],
    [['--json', '--events', '/nowhere/events'], 'E_IO'],
    [['--json', '--events', '0'], 'E_BAD_VALUE'],
  ])('%j is %s', async (flags, code) => {
    const { stdout } = await command.run(['status', ...flags]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('--events -', () => {
  const inShell = (script: string): string =>
    spawnSync('sh', ['-c', script, process.execPath, command.file], { encoding: 'utf8' }).stdout;

  /** The events, and what stands in the last line. */
  function eventsAndAnswer(stdout: string): { events: ProgressEvent[]; answer: unknown } {
    const lines = stdout.trimEnd().split('\n');
    return { answer: JSON.parse(lines.pop() ?? ''), events: eventsIn(lines.join('\n')) };
  }

  it('is JSON on stdout alone: the events, and the answer in the last line', async () => {
    const { exitCode, stdout } = await command.run(['preflight', '--events', '-']);
    const { events, answer } = eventsAndAnswer(stdout);
    requireDocument('preflight', answer);
    expect(kinds(events)).toEqual(['started', 'check', 'finished']);
    expect(events.at(-1)).toMatchObject({ kind: 'finished', exitCode });
    const checks = events.flatMap((event) => (event.kind === 'check' ? [event.check] : []));
    expect(answer).toMatchObject({ ok: exitCode === 0, result: { checks } });
  });

  it.each(['"$0" "$1" status --json --events 1', 'SANDSTORM_AIRGAP_EVENTS=- "$0" "$1" status'])(
    'is meant by %s, too',
    (typed) => {
      const { events, answer } = eventsAndAnswer(inShell(`${typed} | cat`));
      expect(kinds(events)).toEqual(['started', 'finished']);
      requireDocument('status', answer);
    },
  );

  it.each([['--events', '-'], ['--events=-']])(
    'is JSON for a wrong command line, too: %s %s',
    async (...typed) => {
      const { exitCode, stdout } = await command.run(['status', '--nonsense', ...typed]);
      expect(exitCode).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'E_USAGE' } });
    },
  );

  it('leaves what others write into the same file', () => {
    const file = join(dir, 'shared.ndjson');
    inShell(`{ echo before; "$0" "$1" explain E_NEVER --events -; echo after; } > '${file}'`);
    const said = spawnSync('cat', [file], { encoding: 'utf8' }).stdout.split('\n');
    expect([said[0], said.at(-2)]).toEqual(['before', 'after']);
    const { events, answer } = eventsAndAnswer(said.slice(1, -2).join('\n'));
    const error = { code: 'E_BAD_VALUE' };
    expect(events.at(-1)).toMatchObject({ kind: 'finished', ok: false, error });
    expect(answer).toMatchObject({ ok: false, error });
  });

  it('loses whole lines to a slow reader, never a half, and never the answer', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { openOutputSink } from './src/system/event-sink.ts';
          const sink = openOutputSink();
          for (let line = 0; line < 80; line++) sink.write(JSON.stringify({ line, text: 'x'.repeat(100_000) }));
          process.stderr.write('told');
          await sink.settled();
          sink.write(JSON.stringify({ answer: 'y'.repeat(5_000_000) }));
          await sink.close();
          process.exit(0);`,
        resolveDir: new URL('../..', import.meta.url).pathname,
      },
      ...{ bundle: true, format: 'esm', platform: 'node', write: false },
    });
    const script = join(dir, 'slow.mjs');
    await writeFile(script, outputFiles[0]?.contents ?? '');
    const told = join(dir, 'told');
    const whole = `"$0" ${script} 2>${told} | (until [ -s ${told} ]; do sleep 0.05; done; cat)`;
    const sh = ['-c', whole, process.execPath];
    const piped = spawnSync('sh', sh, { encoding: 'utf8', maxBuffer: 2 ** 25 }).stdout;
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let socketed = '';
    child.stderr.once('data', () =>
      child.stdout.on('data', (piece: Buffer) => (socketed += piece.toString())),
    );
    await new Promise((resolve) => child.once('close', resolve));
    for (const said of [piped, socketed]) {
      const lines = said
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { line?: number; answer?: string });
      expect(lines.length).toBeGreaterThan(30);
      expect(lines.length).toBeLessThan(80);
      expect(lines.at(-1)?.answer).toHaveLength(5_000_000);
    }
  });
});

describe('a reader of events', () => {
  it('may be a pipe of a shell', () => {
    const script = `"$0" "$1" status --json --events 3 3>&1 >/dev/null | cat`;
    const { stdout } = spawnSync('sh', ['-c', script, process.execPath, command.file], { encoding: 'utf8' });
    expect(kinds(eventsIn(stdout))).toEqual(['started', 'finished']);
  });

  it('that reads nothing holds nobody up, and one that goes away breaks nothing', async () => {
    const fifo = join(dir, 'fifo');
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    const stalled = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const sink = openEventSink(String(stalled));
    const began = performance.now();
    for (let line = 0; line < 100; line++) sink.write('x'.repeat(10_000));
    expect(performance.now() - began).toBeLessThan(5000);
    closeSync(stalled);
    sink.write('the reader has gone');
    await sink.close();
  });
});
