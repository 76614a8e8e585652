import { appendFile, copyFile, mkdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../../src/journal/lock.js';
import { readRecord, withScheduleLock, writeRecord } from '../../../src/operations/schedule/remembered.js';
import { holdSchedule, releaseSchedule, retryTarballs } from '../../../src/operations/schedule/show.js';
import { tell } from '../../../src/operations/schedule/tell.js';
import { visit, type VisitRequest } from '../../../src/operations/schedule/visit.js';
import { UPDATE_AS_USUAL } from '../../../src/operations/update.js';
import { schedulePlaces } from '../../../src/schedule/places.js';
import { NOTHING_TRIED } from '../../../src/schedule/record.js';
import type { Visit } from '../../../src/schedule/visit.js';
import { parseWindow } from '../../../src/schedule/window.js';
import type { Host } from '../../../src/system/host.js';
import type { Ui } from '../../../src/ui.js';
import { canHaveServers, throwAwayServer, type ThrowAwayServer } from '../../helpers/throw-away-server.js';

const ready = canHaveServers('scheduled updates in a throw-away world');

let one: ThrowAwayServer;
let home = '';
let drop = '';
/** Builds 309 (good) and 310 (dies), with their signatures. */
let good = '';
let bad = '';

const ui: Ui = {
  say: () => undefined,
  saySecret: () => undefined,
  check: () => undefined,
  step: (_, work) => work({ detail: () => undefined, bytes: () => undefined }),
  confirm: () => Promise.reject(new Error('nobody is there to be asked')),
};

function look(more: Partial<VisitRequest> = {}, host: Host = one.host): Promise<Visit> {
  const request: VisitRequest = {
    home,
    drop,
    window: undefined,
    settleMs: 50,
    takesMs: undefined,
    dryRun: false,
    update: {
      ...UPDATE_AS_USUAL,
      proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined },
      resolvers: [],
      expectAddress: undefined,
      waive: [],
      stagingDir: undefined,
      patience: { startTimeoutMs: 4000, stableMs: 300, scriptTimeoutMs: 60_000 },
      keepTranscript: () => undefined,
    },
    ...more,
  };
  if (request.dryRun) return visit(request, host, ui);
  return withScheduleLock(home, 'schedule run', host, () => visit(request, host, ui));
}

async function lay(tarball: string, name: string): Promise<string> {
  const path = join(drop, name);
  await copyFile(tarball, path);
  await copyFile(`${tarball}.update-sig`, `${path}.update-sig`);
  return path;
}

/** At that moment of the wall, for windows. */
const at = (now: string): Host => ({ ...one.host, clock: { ...one.host.clock, now: () => new Date(now) } });

beforeAll(async () => {
  if (!ready) return;
  one = await throwAwayServer();
  ({ home } = one.world);
  drop = join(one.world.root, 'drop');
  await mkdir(drop);
  await one.install(await one.world.makeRelease(308));
  good = await one.world.makeRelease(309);
  bad = await one.world.makeRelease(310, 'dies=at-start\n');
});
afterAll(() => (ready ? one.end() : undefined));
beforeEach(async () => {
  if (!ready) return;
  await rm(drop, { recursive: true, force: true });
  await mkdir(drop);
});

describe.skipIf(!ready)('a look into the drop folder', { timeout: 120_000 }, () => {
  it('finds nothing, not even a folder', async () => {
    expect(await look()).toMatchObject({ outcome: 'nothing-new', build: 308, code: null });
    await lay(await one.world.makeRelease(308), 'sandstorm-308.tar.xz');
    expect(await look()).toMatchObject({ outcome: 'nothing-new' });
    await rm(drop, { recursive: true });
    expect(await look()).toMatchObject({ outcome: 'not-ready', code: 'E_SCHEDULE_PLACE' });
  });

  it('keeps out when it is not the hour, when held, and when somebody works on the server', async () => {
    await lay(good, 'sandstorm-309.tar.xz');
    const window = parseWindow('02:00-04:00', '--window');
    const noon = new Date(2026, 10, 22, 12).toISOString();
    expect(await look({ window }, at(noon))).toMatchObject({ outcome: 'outside-window' });

    await holdSchedule(home, { reason: 'auditors', by: 'ann' }, false, one.host);
    const held = await look();
    expect(held).toMatchObject({ outcome: 'held', code: null });
    expect(held.message).toMatch(/^ann has stopped it .*: auditors$/);
    await writeFile(schedulePlaces(home, one.host).hold, 'torn');
    expect(await look()).toMatchObject({ outcome: 'held' });
    await releaseSchedule(home, false, one.host);
    await writeFile(join(drop, 'HOLD'), '');
    expect(await look()).toMatchObject({ outcome: 'held' });
    await rm(join(drop, 'HOLD'));

    const seen = await withLock(home, 'config', one.host, () => look());
    expect(seen).toMatchObject({ outcome: 'busy', code: null });
    expect(seen.message).toContain('is running config');
    // Of two at once one stays out.
    const second = withScheduleLock(home, 'other', one.host, () => look());
    await expect(second).rejects.toMatchObject({ code: 'E_BUSY' });
    expect((await readRecord(home, one.host)).attempts).toEqual([]);
  });

  it('does not begin what cannot end before the window closes', async () => {
    await lay(good, 'sandstorm-309.tar.xz');
    const window = parseWindow('02:00-04:00', '--window');
    const late = at(new Date(2026, 10, 22, 3, 50).toISOString());
    const seen = await look({ window, takesMs: 11 * 60_000 }, late);
    expect(seen).toMatchObject({ outcome: 'too-late', tarball: { build: 309 } });
    expect(seen.message).toBe('an update takes 11 min, and the window closes in 10 min');
    expect((await readRecord(home, one.host)).attempts).toEqual([]);
  });

  it('leaves a tarball alone that is still being copied, or has no signature yet', async () => {
    const path = join(drop, 'sandstorm-309.tar.xz');
    const whole = await readFile(good);
    await writeFile(path, whole.subarray(0, 6_000));
    // The signature comes last; and is told of when it does not come at all.
    expect(await look()).toMatchObject({ outcome: 'waiting', code: null });
    const old = new Date(Date.now() - 2 * 3_600_000);
    await utimes(path, old, old);
    expect(await look()).toMatchObject({ outcome: 'not-ready', code: 'E_TARBALL_UNSIGNED' });

    await copyFile(`${good}.update-sig`, `${path}.update-sig`);
    const growing: Host = {
      ...one.host,
      clock: {
        ...one.host.clock,
        sleep: async (ms) => {
          await appendFile(path, whole.subarray(6_000, 7_000));
          // As rsync and cp -p do: its time is that of the original.
          await utimes(path, old, old);
          await one.host.clock.sleep(ms);
        },
      },
    };
    expect(await look({}, growing)).toMatchObject({ outcome: 'waiting', tarball: { sha256: null } });
    expect((await readRecord(home, one.host)).attempts).toEqual([]);
  });

  it('plans without doing or remembering anything in a dry run', async () => {
    await lay(good, 'sandstorm-309.tar.xz');
    const before = await one.tree();
    expect(await look({ dryRun: true })).toMatchObject({ outcome: 'would-update', build: 308 });
    expect(await one.tree()).toBe(before);
  });

  it('tries a damaged tarball once, and the good one that takes its place', async () => {
    const path = await lay(good, 'sandstorm-309.tar.xz');
    await truncate(path, 6_000);
    expect(await look()).toMatchObject({ outcome: 'failed', build: 308, tarball: { build: 309 } });
    const again = await look();
    expect(again).toMatchObject({ outcome: 'tried-before', code: null });
    expect(again.message).toContain('schedule retry');
    // Under another name it is the same.
    await copyFile(path, join(drop, 'my-sandstorm.tar.xz'));
    await rm(path);
    await copyFile(`${good}.update-sig`, join(drop, 'my-sandstorm.tar.xz.update-sig'));
    expect(await look()).toMatchObject({ outcome: 'tried-before' });
    await rm(join(drop, 'my-sandstorm.tar.xz'));
    await lay(good, 'sandstorm-309.tar.xz');
    expect(await look({ dryRun: true })).toMatchObject({ outcome: 'would-update' });
  });

  it('tries again by itself what was not the fault of the tarball', async () => {
    await lay(good, 'sandstorm-309.tar.xz');
    const full: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        freeSpace: async (path) => ({ ...(await one.host.files.freeSpace(path)), free: 1000 }),
      },
    };
    const seen = await look({}, full);
    expect(seen).toMatchObject({ outcome: 'not-ready', code: 'E_PREFLIGHT_FAILED', build: 308 });
    expect(seen.remarks.join()).toContain('disk.space: fail');
    expect(await look({ dryRun: true })).toMatchObject({ outcome: 'would-update' });
  });

  it('does not go on by itself with what a power cut has broken off', async () => {
    const path = await lay(good, 'sandstorm-309.tar.xz');
    const died = new Error('the power went');
    const dying: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        writeAtomic: async (file, ...rest) => {
          await one.host.files.writeAtomic(file, ...rest);
          if (file.endsWith('tried.json') && String(rest[0]).includes('"begun"')) throw died;
        },
      },
    };
    await expect(look({}, dying)).rejects.toBe(died);
    const seen = await look();
    expect(seen).toMatchObject({ outcome: 'tried-before', tarball: { path } });
    expect(seen.message).toContain('was begun and never ended');
    expect(await retryTarballs(home, undefined, false, one.host)).not.toEqual([]);
  });

  it('refuses rather than trying twice when its record is damaged', async () => {
    await lay(good, 'sandstorm-309.tar.xz');
    const { record } = schedulePlaces(home, one.host);
    const before = await readFile(record);
    await writeFile(record, before.subarray(0, before.length - 10));
    expect(await look()).toMatchObject({ outcome: 'not-ready', code: 'E_SCHEDULE_RECORD', build: 308 });
    await writeFile(record, before);
  });

  it('takes no older build in place of a newest one that failed, and goes back by itself', async () => {
    await writeRecord(NOTHING_TRIED, home, one.host);
    await lay(good, 'sandstorm-309.tar.xz');
    await lay(bad, 'sandstorm-310.tar.xz');
    expect(await look()).toMatchObject({ outcome: 'failed', code: 'E_UPDATE_UNDONE', build: 308 });
    expect(await look()).toMatchObject({ outcome: 'tried-before', build: 308, tarball: { build: 310 } });
    await rm(join(drop, 'sandstorm-310.tar.xz'));
    expect(await look()).toMatchObject({ outcome: 'updated', from: 308, build: 309, code: null });
    expect(await look()).toMatchObject({ outcome: 'nothing-new', build: 309 });
    expect((await readRecord(home, one.host)).attempts.map(({ build, ended }) => [build, ended])).toEqual([
      [310, 'failed'],
      [309, 'updated'],
    ]);
  });

  it('tells each piece of news once a night, and an update stays one when nobody can be told', async () => {
    const seen: Visit = { ...(await look()), outcome: 'failed', code: 'E_UPDATE_UNDONE' };
    const letters: string[] = [];
    const host: Host = {
      ...one.host,
      commands: {
        ...one.host.commands,
        which: (name) => Promise.resolve(name === 'sendmail' ? '/usr/sbin/sendmail' : undefined),
        run: (_, __, options) => {
          letters.push(options?.input ?? '');
          return Promise.resolve({ exitCode: 0, signal: undefined, stdout: '', stderr: '' });
        },
      },
    };
    const report = { mail: ['root'], metrics: undefined, syslog: false, drop, window: undefined };
    expect(await tell(seen, report, host)).toEqual([]);
    expect(await tell(seen, report, host)).toEqual([]);
    expect(letters).toHaveLength(1);
    await tell({ ...seen, code: 'E_UPDATE_FAILED' }, report, host);
    expect(letters).toHaveLength(2);

    const deaf: Host = { ...host, commands: { ...host.commands, which: () => Promise.resolve(undefined) } };
    const metrics = '/nowhere/sandstorm.prom';
    const troubles = await tell({ ...seen, code: 'E_IO' }, { ...report, metrics }, deaf);
    expect(troubles.join('\n')).toMatch(/there is no sendmail on this machine\n.*\/nowhere\/sandstorm\.prom/);
  });
});
