import { existsSync, readdirSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listSnapshots } from '../../../src/operations/snapshots.js';
import { status } from '../../../src/operations/status.js';
import type { Host } from '../../../src/system/host.js';
import { isUp } from '../../helpers/reboot.js';
import { contentsOf, dataOf, expectBack, setConf, writeData } from '../../helpers/server-contents.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../../helpers/throw-away-server.js';

const ready = canHaveServers('updating in a throw-away world');

let one: ThrowAwayServer;
let home = '';

async function began(): Promise<void> {
  one = await throwAwayServer();
  home = one.world.home;
  await one.install(await one.world.makeRelease(308));
}

const linesOf = async (): Promise<string[]> => (await dataOf(home)).text.split('\n');
/** Nothing can be written in the place of another file any more, once the server is well. */
function withFullDiskAtTheEnd(): Host {
  let full = false;
  return {
    ...one.host,
    files: {
      ...one.host.files,
      async appendSynced(path, data, mode) {
        await one.host.files.appendSynced(path, data, mode);
        full = data.includes('"step-begins","step":"commit"');
      },
      async writeAtomic(path, data, mode) {
        if (full) throw new Error('ENOSPC: no space left on device');
        await one.host.files.writeAtomic(path, data, mode);
      },
    },
  };
}
const withCommands = (run: Host['commands']['run']): Host => ({
  ...one.host,
  commands: { ...one.host.commands, run },
});

describe.skipIf(!ready)('a rollback', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await began();
    await refusalOf(one.rollback(), 'E_NO_SNAPSHOT');
    await writeData(home, 'on 308');
    await one.update(await one.world.makeRelease(309));
    await writeData(home, 'on 309');
  });
  afterAll(() => one.end());

  it('says in a dry run what is lost and changes nothing', async () => {
    const before = await contentsOf(one);
    const pid = await one.pid();
    one.said.length = 0;
    const planned = await one.rollback({ dryRun: true });
    expect(planned).toMatchObject({ changed: false, run: null, from: 'sandstorm-309', to: 'sandstorm-308' });
    expect(planned.plan.steps.map((step) => step.do)).toEqual([
      'bring-build',
      'keep',
      'stop',
      'place',
      'bring-data',
      'relink',
      'start',
      'prove-healthy',
      'commit',
    ]);
    expect(one.said.join('\n')).toMatch(/LOST for people: everything they have done since \d{4}-/);
    expect(await one.pid()).toBe(pid);
    expect(await contentsOf(one)).toEqual(before);
  });

  it('is not made when the person says no', async () => {
    const pid = await one.pid();
    await refusalOf(
      one.rollback({}, one.host, () => Promise.resolve(false)),
      'E_CANCELLED',
    );
    expect(await one.pid()).toBe(pid);
  });

  it('brings the old build and its data, and a second one brings the new ones back', async () => {
    await setConf(home, (text) => `${text}# ours\n`);
    const conf = await readFile(join(home, 'sandstorm.conf'), 'utf8');
    const back = await one.rollback();
    expect(back).toMatchObject({ changed: true, healthy: true, to: 'sandstorm-308' });
    expect(back.pauseMs).toBeGreaterThan(0);
    expect(await linesOf()).toContain('on 308');
    expect(await linesOf()).not.toContain('on 309');
    expect(await status(home, one.host)).toMatchObject({
      build: 308,
      healthy: true,
      pending: null,
      problems: [],
      leftovers: [],
      wayBack: { release: 'sandstorm-309' },
    });

    await writeData(home, 'on 308 again');
    const forth = await one.rollback();
    expect(forth).toMatchObject({ to: 'sandstorm-309', healthy: true });
    expect(await linesOf()).toContain('on 309');
    expect(await linesOf()).not.toContain('on 308 again');
    expect(await status(home, one.host)).toMatchObject({ build: 309, healthy: true, leftovers: [] });

    // What was replaced each time is still there: three to go back to.
    expect((await listSnapshots(home, one.host)).map(({ release }) => release)).toEqual([
      'sandstorm-308',
      'sandstorm-309',
      'sandstorm-308',
    ]);
    const [newest] = await listSnapshots(home, one.host);
    expect(await one.rollback()).toMatchObject({ plan: { snapshot: newest?.id } });
    expect(await linesOf()).toContain('on 308 again');
    expect(await readFile(join(home, 'sandstorm.conf'), 'utf8')).toBe(conf);
    await one.rollback();
  });

  it('goes to the build, or the very snapshot, that is named', async () => {
    const all = await listSnapshots(home, one.host);
    expect((await refusalOf(one.rollback({ to: { build: 307 } }), 'E_NO_SNAPSHOT')).hint).toContain(
      'sandstorm-308',
    );
    const oldest = all.at(-1)?.id ?? '';
    await one.rollback({ to: { snapshot: oldest } });
    expect(await linesOf()).not.toContain('on 308 again');
    await one.rollback({ to: { build: 309 } });
    expect((await status(home, one.host)).build).toBe(309);
    await refusalOf(one.rollback({ to: { snapshot: '../../..' } }), 'E_NO_SNAPSHOT');
  });

  it.each(['place', 'bring-data', 'relink', 'start', 'prove-healthy'])(
    'that is told to stop at %s is undone, and the present data stay',
    async (step) => {
      await writeData(home, `before ${step}`);
      const before = await contentsOf(one);
      const told = new AbortController();
      const host: Host = {
        ...one.host,
        interrupted: told.signal,
        files: {
          ...one.host.files,
          async appendSynced(path, data, mode) {
            await one.host.files.appendSynced(path, data, mode);
            if (data.includes(`"step-begins","step":"${step}"`)) told.abort();
          },
        },
      };
      const refusal = await refusalOf(one.rollback({}, host), 'E_ROLLBACK_UNDONE');
      expect(refusal).toMatchObject({ exitCode: 6, changed: false });
      await expectBack(one, before);
      expect(await linesOf()).toContain(`before ${step}`);
    },
  );

  it('to a snapshot whose build is broken is undone', async () => {
    const [newest] = (await listSnapshots(home, one.host)).filter(
      ({ release }) => release === 'sandstorm-308',
    );
    const behaviour = join(newest?.path ?? '', 'build/behaviour');
    const whole = await readFile(behaviour, 'utf8');
    // A file of its own: the others share theirs.
    await rm(behaviour);
    await writeFile(behaviour, 'dies=at-start\n');
    const before = await contentsOf(one);
    await refusalOf(one.rollback(), 'E_ROLLBACK_UNDONE');
    await expectBack(one, before);
    await writeFile(behaviour, whole);
  });

  it('is refused with a snapshot that is not whole', async () => {
    const before = await contentsOf(one);
    const [newest] = await listSnapshots(home, one.host);
    const data = join(home, 'var/.sandstorm-airgap', newest?.id ?? '', 'mongo');
    await rename(data, `${data}.gone`);
    const refusal = await refusalOf(one.rollback(), 'E_NO_SNAPSHOT');
    expect(refusal.message).toContain(`${data} is gone`);
    await rename(`${data}.gone`, data);
    expect(await contentsOf(one)).toEqual(before);
  });

  it('does not see a snapshot whose record is torn or another’s', async () => {
    const all = await listSnapshots(home, one.host);
    const record = join(all[0]?.path ?? '', 'snapshot.json');
    const text = await readFile(record, 'utf8');
    for (const hostile of ['', text.slice(0, 40), text.replace(/"id":"[^"]*"/, '"id":"../../../etc"')]) {
      await writeFile(record, hostile);
      expect((await listSnapshots(home, one.host)).map(({ id }) => id)).toEqual(
        all.slice(1).map(({ id }) => id),
      );
    }
    await writeFile(record, text);
  });

  it('is refused where the present data could not be put back by renaming', async () => {
    await one.host.commands.run(join(home, 'sandstorm'), ['stop']);
    const elsewhere = join(one.world.root, 'elsewhere');
    await rename(join(home, 'var/mongo'), elsewhere);
    await one.host.files.replaceLink(join(home, 'var/mongo'), elsewhere);
    expect(await refusalOf(one.rollback(), 'E_SNAPSHOT_PLACE')).toMatchObject({ exitCode: 3 });
    expect(await refusalOf(one.snapshot(), 'E_SNAPSHOT_PLACE')).toMatchObject({ exitCode: 3 });
    await rm(join(home, 'var/mongo'));
    await rename(elsewhere, join(home, 'var/mongo'));
    await one.host.commands.run(join(home, 'sandstorm'), ['start']);
    await isUp(one);
  });
});

describe.skipIf(!ready)('a snapshot by hand', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('is planned in a dry run, and nothing is changed', async () => {
    const before = await contentsOf(one);
    const { plan } = await one.snapshot({ dryRun: true });
    expect(plan.steps.map((step) => step.do)).toEqual([
      'keep',
      'stop',
      'snapshot',
      'start',
      'prove-healthy',
      'commit',
    ]);
    expect(await contentsOf(one)).toEqual(before);
  });

  it('brings the data back as they were, and keeps those it replaces', async () => {
    await writeData(home, 'kept');
    const { id } = await one.snapshot();
    expect(await listSnapshots(home, one.host)).toMatchObject([
      { id, release: 'sandstorm-308', scope: 'database', reason: 'made by hand' },
    ]);
    await writeData(home, 'daring');
    expect(await one.rollback({ to: { snapshot: id ?? '' } })).toMatchObject({ healthy: true });
    expect(await linesOf()).toContain('kept');
    expect(await linesOf()).not.toContain('daring');
    const [newest] = await listSnapshots(home, one.host);
    await one.rollback({ to: { snapshot: newest?.id ?? '' } });
    expect(await linesOf()).toContain('daring');
    // All are of the build that runs: there is no other to go back to by itself.
    await refusalOf(one.rollback(), 'E_NO_SNAPSHOT');
  });

  it('of everything holds the grains as well', async () => {
    const grain = join(home, 'var/sandstorm/grains/grain1');
    await writeFile(grain, 'before');
    const { id } = await one.snapshot({ scope: 'full' });
    await writeFile(grain, 'after');
    await one.rollback({ to: { snapshot: id ?? '' } });
    expect(await readFile(grain, 'utf8')).toBe('before');
  });

  it('was taken with the database at rest', async () => {
    for (const { id } of await listSnapshots(home, one.host)) {
      const lock = join(home, 'var/.sandstorm-airgap', id, 'mongo/mongod.lock');
      expect(await readFile(lock, 'utf8')).toBe('');
    }
  });

  it('of a server that does not run starts nothing', async () => {
    await one.host.commands.run(join(home, 'sandstorm'), ['stop']);
    expect(await one.snapshot()).toMatchObject({ changed: true, pauseMs: null });
    expect(await one.pid()).toBeUndefined();
    await one.host.commands.run(join(home, 'sandstorm'), ['start']);
    await isUp(one);
  });

  it('that fails is undone, and the server runs', async () => {
    const before = await contentsOf(one);
    const host = withCommands(async (file, args, options) => {
      if (file === 'cp' && args.includes('--reflink=auto'))
        return {
          exitCode: 1,
          signal: undefined,
          stdout: '',
          stderr: 'cp: error writing: No space left on device',
        };
      return one.host.commands.run(file, args, options);
    });
    const refusal = await refusalOf(one.snapshot({}, host), 'E_SNAPSHOT_UNDONE');
    expect(refusal).toMatchObject({ exitCode: 6, changed: false });
    expect(refusal.hint).toContain('free space');
    await expectBack(one, before);
  });

  it('that cannot be told whole in the end is none: it is undone, not called done', async () => {
    const before = await contentsOf(one);
    const refusal = await refusalOf(one.snapshot({}, withFullDiskAtTheEnd()), 'E_SNAPSHOT_UNDONE');
    expect(refusal.message).toContain('ENOSPC');
    await expectBack(one, before);
  });

  it('is removed when there are newer ones, and prune is told how many stay', async () => {
    const all = await listSnapshots(home, one.host);
    expect(all.length).toBeGreaterThan(3);
    expect(await one.prune(2, true)).toHaveLength(all.length - 2);
    expect(await listSnapshots(home, one.host)).toEqual(all);
    await one.prune(2);
    expect(await listSnapshots(home, one.host)).toEqual(all.slice(0, 2));
    expect(readdirSync(join(home, 'var/.sandstorm-airgap')).sort()).toEqual(
      all
        .slice(0, 2)
        .map(({ id }) => id)
        .sort(),
    );
    expect(await one.prune(2)).toEqual([]);
    await one.prune(0);
    expect(existsSync(join(home, '.sandstorm-airgap'))).toBe(false);
    expect(existsSync(join(home, 'var/.sandstorm-airgap'))).toBe(false);
  });
});

describe.skipIf(!ready)('after an update', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('with --snapshot full the grains come back as well', async () => {
    const grain = join(home, 'var/sandstorm/grains/grain1');
    await writeFile(grain, 'before');
    await one.update(await one.world.makeRelease(309), { scope: 'full' });
    await writeFile(grain, 'after');
    expect(await one.rollback()).toMatchObject({ healthy: true });
    expect(await readFile(grain, 'utf8')).toBe('before');
    // Its own grains: the other way leads back to them.
    await one.rollback();
    expect(await readFile(grain, 'utf8')).toBe('after');
  });

  it('that is well, but whose way back cannot be kept, that is said', async () => {
    one.said.length = 0;
    const done = await one.update(await one.world.makeRelease(310), {}, withFullDiskAtTheEnd());
    expect(done).toMatchObject({ healthy: true, to: 310 });
    expect(one.said.join('\n')).toMatch(/There is no way back to sandstorm-30\d: ENOSPC/);
    expect(one.said.join('\n')).not.toContain('sandstorm-airgap rollback');
  });

  it('with --snapshot none the data stay, and a build that cannot read them is undone', async () => {
    one.said.length = 0;
    const { plan } = await one.update(await one.world.makeRelease(311), { scope: 'none' });
    expect(plan?.steps.map((step) => step.do)).not.toContain('snapshot');
    expect(one.said.join('\n')).toContain('but NOT its data');
    await writeData(home, 'on 311');
    const before = await contentsOf(one);
    await refusalOf(one.rollback({ to: { build: 310 } }), 'E_ROLLBACK_UNDONE');
    await expectBack(one, before);
  });
});
