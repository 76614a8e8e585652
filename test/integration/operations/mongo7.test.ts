import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { status } from '../../../src/operations/status.js';
import { contentsOf, dataOf, expectBack, writeData } from '../../helpers/server-contents.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../../helpers/throw-away-server.js';
import { untilItDies } from '../../helpers/cut-off.js';

const ready = canHaveServers('updating in a throw-away world');

let one: ThrowAwayServer;
let home = '';

const sandstorm = (build: number, ...args: string[]) =>
  one.host.commands.run(join(home, `sandstorm-${String(build)}/sandstorm`), args);
/** The stand-ins do not need the processor that MongoDB 7 does. */
const anyProcessor = { waive: ['cpu.avx'] };
const marker = (): Promise<string> => readFile(join(home, 'var/mongo/version'), 'utf8');
const linesOf = async (): Promise<string[]> => (await dataOf(home)).text.split('\n');

/** As `migrate-mongo` leaves it when the power goes between moving the old data away and its end. */
async function cutOffMigration(): Promise<void> {
  await rename(join(home, 'var/mongo'), join(home, 'var/mongo-2.6-backup'));
  await mkdir(join(home, 'var/mongo'));
  await cp(join(home, 'var/mongo-2.6-backup/passwd'), join(home, 'var/mongo/passwd'));
}

describe.skipIf(!ready)('an update to a build with MongoDB 7', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    one = await throwAwayServer();
    home = one.world.home;
    await one.install(await one.world.makeRelease(308));
    await writeData(home, 'on 308');
  });
  afterEach(() => one.end());

  it('migrates the data in the pause, and a rollback brings the old ones back', async () => {
    const done = await one.update(await one.world.makeRelease(309, '', true), anyProcessor);
    expect(done.plan?.steps.map((step) => step.do)).toEqual([
      'unpack',
      'keep',
      'stop',
      'place',
      'snapshot',
      'sandstorm-update',
      'migrate-mongo',
      'start',
      'prove-healthy',
      'commit',
    ]);
    expect(done.healthy).toBe(true);
    expect(await marker()).toBe('7');
    expect(await linesOf()).toContain('on 308');
    await writeData(home, 'on 309');

    expect(await one.rollback()).toMatchObject({ healthy: true, to: 'sandstorm-308' });
    expect(await linesOf()).not.toContain('on 309');
    // What the migration had put away belongs to the data that were replaced: here it would look cut off.
    expect(await status(home, one.host)).toMatchObject({ build: 308, healthy: true, problems: [] });
    await writeData(home, 'on 308 again');
    expect(await one.update(await one.world.makeRelease(309, '', true), anyProcessor)).toMatchObject({
      healthy: true,
    });
    expect(await linesOf()).toContain('on 308 again');
  });

  it('that is rolled back and forth has each time the data of its build', async () => {
    await one.update(await one.world.makeRelease(309, '', true), anyProcessor);
    await writeData(home, 'on 309');
    await one.rollback();
    await one.rollback();
    expect(await marker()).toBe('7');
    expect(await linesOf()).toContain('on 309');
    expect(await status(home, one.host)).toMatchObject({ build: 309, healthy: true, problems: [] });
  });

  it.each([
    ['whose migration fails', 'migrate_fails=yes\n'],
    ['that dies after the migration', 'dies=at-start\n'],
  ])('%s is undone, with the old data', async (_, behaviour) => {
    const before = await contentsOf(one);
    const tarball = await one.world.makeRelease(309, behaviour, true);
    await refusalOf(one.update(tarball, anyProcessor), 'E_UPDATE_UNDONE');
    await expectBack(one, before);
    expect((await readdir(join(home, 'var'))).filter((name) => name.startsWith('mongo-'))).toEqual([]);
  });

  it('without a snapshot is undone with the copy that the migration has made', async () => {
    const before = await contentsOf(one);
    const tarball = await one.world.makeRelease(309, 'dies=at-start\n', true);
    const refusal = await refusalOf(
      one.update(tarball, { ...anyProcessor, scope: 'none' }),
      'E_UPDATE_UNDONE',
    );
    expect(refusal.message).toContain('sandstorm-308 runs again');
    const now = await contentsOf(one);
    expect(now.data.schema).toBe(before.data.schema);
    expect(now.data.text.startsWith(before.data.text)).toBe(true);
    expect(await status(home, one.host)).toMatchObject({ healthy: true, pending: null, problems: [] });
    expect(now.paths).toEqual(before.paths);
    expect((await readdir(join(home, 'var'))).filter((name) => name.startsWith('mongo-'))).toEqual([]);
  });

  it.each([1, 2, 3, 'done'] as const)(
    'without a snapshot, whose way back is cut off after %s effects, has the old data in the end',
    async (at) => {
      const tarball = await one.world.makeRelease(309, 'dies=at-start\n', true);
      const moment = { way: 'back', step: 'restore-data', at } as const;
      await untilItDies(one, moment, (host) => one.update(tarball, { ...anyProcessor, scope: 'none' }, host));
      await one.abort();
      expect(await linesOf()).toContain('on 308');
      expect(await status(home, one.host)).toMatchObject({ build: 308, healthy: true, problems: [] });
    },
  );

  it('that was made by hand without the migration only wants that', async () => {
    const tarball = await one.world.makeRelease(309, '', true);
    await sandstorm(308, 'stop');
    await sandstorm(308, 'update', tarball);
    await sandstorm(309, 'start');
    const done = await one.update(tarball, anyProcessor);
    expect(done.plan?.steps.map((step) => step.do)).toEqual([
      'keep',
      'snapshot',
      'migrate-mongo',
      'start',
      'prove-healthy',
      'commit',
    ]);
    expect(done.healthy).toBe(true);
    expect(await linesOf()).toContain('on 308');
  });

  it('repairs a migration that was cut off, which status tells of', async () => {
    await sandstorm(308, 'stop');
    await cutOffMigration();
    expect((await status(home, one.host)).problems.join('\n')).toContain(
      'migration of the database was cut off',
    );
    const done = await one.update(await one.world.makeRelease(309, '', true), anyProcessor);
    expect(done.plan?.steps.map((step) => step.do)).toContain('repair-mongo');
    expect(await linesOf()).toContain('on 308');
    expect(await marker()).toBe('7');
    expect(await status(home, one.host)).toMatchObject({ build: 309, healthy: true, problems: [] });
  });

  it('does not take old data that somebody has put back, and worked on, for a cut off migration', async () => {
    await sandstorm(308, 'stop');
    await cp(join(home, 'var/mongo'), join(home, 'var/mongo-2.6-backup'), {
      recursive: true,
      preserveTimestamps: true,
    });
    await sandstorm(308, 'start');
    await writeData(home, 'weeks of work');
    expect(await status(home, one.host)).toMatchObject({ problems: [] });
    const done = await one.update(await one.world.makeRelease(309), {});
    expect(done.plan?.steps.map((step) => step.do)).not.toContain('repair-mongo');
    expect(await linesOf()).toContain('weeks of work');
  });

  it('that dies between moving the old data away and the marker goes on, or back', async () => {
    const tarball = await one.world.makeRelease(309, '', true);
    const before = await contentsOf(one);
    for (const [way, expected] of [
      ['abort', 308],
      ['resume', 309],
    ] as const) {
      await untilItDies(one, { step: 'migrate-mongo', at: 'begun' }, (host) =>
        one.update(tarball, anyProcessor, host),
      );
      await cutOffMigration();
      expect((await status(home, one.host)).problems.join('\n')).toContain('was cut off');
      expect(await one[way]()).toMatchObject({ changed: true, release: `sandstorm-${String(expected)}` });
      if (way === 'abort') await expectBack(one, before);
    }
    expect(await linesOf()).toContain('on 308');
    expect(await marker()).toBe('7');
    expect(await status(home, one.host)).toMatchObject({ build: 309, healthy: true, problems: [] });
    expect(existsSync(join(home, '.sandstorm-airgap/incoming'))).toBe(false);
  });

  it('that was made by hand and dies in the migration keeps the copy of before it', async () => {
    const tarball = await one.world.makeRelease(309, 'dies=at-start\n', true);
    await sandstorm(308, 'stop');
    await sandstorm(308, 'update', tarball);
    await untilItDies(one, { step: 'migrate-mongo', at: 'done' }, (host) =>
      one.update(tarball, anyProcessor, host),
    );
    expect(await marker()).toBe('7');
    // It goes on, the build turns out to be broken, and the data of before the migration come back.
    await refusalOf(one.resume(), 'E_UPDATE_UNDONE');
    expect(existsSync(join(home, 'var/mongo/version'))).toBe(false);
    expect(await linesOf()).toContain('on 308');
  });
});
