import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { beginRun, lastRun, readRun } from '../../../src/journal/journal.js';
import { stateDirs } from '../../../src/journal/state-dir.js';
import { systemFiles } from '../../../src/system/files.js';
import { fakeHost, type FakeHost } from '../../helpers/fake-host.js';

const HOME = '/opt/sandstorm';

const at = (iso: string): { readonly clock: { now: () => Date } } => ({
  clock: { now: () => new Date(iso) },
});

describe('the journal of a run', () => {
  it('has each step on the disk before it is made', async () => {
    const seen: string[] = [];
    const host = await fakeHost({
      files: {
        appendSynced: async (path, data, mode) => {
          await systemFiles.appendSynced(path, data, mode);
          seen.push((JSON.parse(data) as { event: string; step?: string }).event);
        },
      },
    });
    const run = await beginRun('install', HOME, { version: 1 }, host);
    expect(seen).toEqual(['begin']);
    const begins = run.stepBegins('one');
    expect(seen).toEqual(['begin']);
    await begins;
    expect(seen).toEqual(['begin', 'step-begins']);
    await run.stepEnds('one', { bytes: 3 });
    await run.end('done');
    const text = await readFile(join(run.dir, 'journal.ndjson'), 'utf8');
    expect(
      text.split('\n').map((line) => (line === '' ? '' : (JSON.parse(line) as { event: string }).event)),
    ).toEqual(['begin', 'step-begins', 'step-ends', 'end', '']);
    expect(await lastRun(HOME, host)).toMatchObject({ id: run.id, outcome: 'done', stepsDone: ['one'] });
  });

  it('is nobody else’s to read', async () => {
    const host = await fakeHost();
    const run = await beginRun('install', HOME, {}, host);
    expect((await stat(run.dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(run.dir, 'journal.ndjson'))).mode & 0o777).toBe(0o600);
  });

  it('is another for each run, also for two in the same moment', async () => {
    const host = await fakeHost();
    const first = await beginRun('update', HOME, { to: 1 }, host);
    await first.end('failed', 'first');
    // Sorts before "update" by its name alone.
    const second = await beginRun('install', HOME, { to: 2 }, host);
    expect(second.dir).not.toBe(first.dir);
    expect(await lastRun(HOME, host)).toMatchObject({ id: second.id, outcome: undefined, plan: { to: 2 } });
    expect(await readRun(first.id, HOME, host)).toMatchObject({ outcome: 'failed', message: 'first' });
  });

  it('is the newest although the clock was set back', async () => {
    const host = await fakeHost();
    const before = { ...host, ...clockOf(host, '2026-11-22T02:13:00Z') };
    const after = { ...host, ...clockOf(host, '1970-01-01T00:00:07Z') };
    const first = await beginRun('update', HOME, {}, before);
    const second = await beginRun('update', HOME, {}, after);
    expect(await lastRun(HOME, host)).toMatchObject({ id: second.id, startedAt: '1970-01-01T00:00:07.000Z' });
    expect(first.id < second.id).toBe(true);
  });

  it('is read on behind a line that a full disk has torn', async () => {
    const host = await fakeHost();
    let room = Infinity;
    const full: FakeHost = {
      ...host,
      files: {
        ...host.files,
        async appendSynced(path, data, mode) {
          await host.files.appendSynced(path, data.slice(0, room), mode);
          if (data.length > room) throw new Error('ENOSPC: no space left on device');
        },
      },
    };
    const run = await beginRun('update', HOME, {}, full);
    await run.stepBegins('stop');
    room = 30;
    await expect(run.stepEnds('stop')).rejects.toThrow('ENOSPC');
    room = Infinity;
    await run.turnsBack(['start'], 'the disk is full');
    await run.end('undone');
    const record = await lastRun(HOME, host);
    expect(record).toMatchObject({
      stepsBegun: ['stop'],
      stepsDone: [],
      turnedBack: true,
      outcome: 'undone',
    });
  });

  it('passes over what cannot be read', async () => {
    const host = await fakeHost();
    const whole = await beginRun('update', HOME, {}, host);
    const { runs } = stateDirs(HOME, host);
    const put = async (id: string, text: string): Promise<void> => {
      await mkdir(join(runs, id), { recursive: true });
      await writeFile(join(runs, id, 'journal.ndjson'), text);
    };
    await put('2099-01-01T000000000Z-empty', '');
    await put('2099-01-02T000000000Z-garbage', 'garbage');
    await put('2099-01-03T000000000Z-huge', '');
    await truncate(join(runs, '2099-01-03T000000000Z-huge/journal.ndjson'), 17 * 1024 * 1024);
    await mkdir(join(runs, '2099-01-04T000000000Z-folder/journal.ndjson'), { recursive: true });
    await writeFile(join(runs, '2099-01-05T000000000Z-file'), 'x');
    expect((await lastRun(HOME, host))?.id).toBe(whole.id);
  });

  it('is no other server’s', async () => {
    const host = await fakeHost();
    await beginRun('update', '/srv/a-b', {}, host);
    expect(await lastRun('/srv/a/b', host)).toBeUndefined();
    expect(stateDirs('/srv/a-b', host).root).not.toBe(stateDirs('/srv/a/b', host).root);
  });

  it.each([
    ['/opt/sandstorm', /^opt-sandstorm$/],
    ['/srv/a-b', /^srv-a%2Db$/],
    ['/', /^-$/],
    ['/ä %2D\n', /^%C3%A4%20%252D%0A$/],
    [`/${'x'.repeat(300)}`, /^%[0-9a-f]{64}$/],
  ])('keeps what it remembers of %j in a folder of its own', async (home, name) => {
    const host = await fakeHost();
    expect(basename(stateDirs(home, host).root)).toMatch(name);
    expect(dirname(stateDirs(home, host).root)).toBe(host.layout.stateDir);
  });
});

function clockOf(host: FakeHost, iso: string): { readonly clock: FakeHost['clock'] } {
  return { clock: { ...host.clock, ...at(iso).clock } };
}
