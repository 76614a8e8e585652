import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { status } from '../../../src/operations/status.js';
import { untilItDies, type Moment } from '../../helpers/cut-off.js';
import { reboot } from '../../helpers/reboot.js';
import { contentsOf, expectBack, next, writeData } from '../../helpers/server-contents.js';
import { canHaveServers, throwAwayServer, type ThrowAwayServer } from '../../helpers/throw-away-server.js';

const ready = canHaveServers('updating in a throw-away world');

let one: ThrowAwayServer;
let home = '';

async function began(): Promise<void> {
  one = await throwAwayServer();
  home = one.world.home;
  await one.install(await one.world.makeRelease(308));
}

const BACK: readonly Moment[] = [
  { way: 'back', step: 'stop', at: 'done' },
  { way: 'back', step: 'restore-data', at: 1 },
  { way: 'back', step: 'restore-data', at: 'done' },
  { way: 'back', step: 'relink-old', at: 1 },
  { way: 'back', step: 'relink-old', at: 2 },
  { way: 'back', step: 'relink-old', at: 'done' },
  { way: 'back', step: 'remove-placed', at: 2 },
  { way: 'back', step: 'remove-placed', at: 'done' },
  { way: 'back', step: 'start', at: 'done' },
  { way: 'back', step: 'prove-old', at: 'done' },
  { way: 'back', step: 'remove-unpacked', at: 'done' },
  { way: 'back', step: 'drop-snapshot', at: 1 },
  { way: 'back', step: 'drop-snapshot', at: 'done' },
];

describe.skipIf(!ready)('a way back that was cut off', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it.each(BACK.map((moment) => [`${moment.step} ${String(moment.at)}`, moment] as const))(
    'at %s, with a reboot then, is gone to its end',
    async (name, moment) => {
      const { from, to, tarball } = await next(one, 'base_status=500\n');
      const theirs = join(home, `sandstorm-${String(to)}`);
      await one.host.files.makeDir(theirs);
      await writeFile(join(theirs, 'theirs'), '');
      await writeData(home, `before ${name}`);
      const before = await contentsOf(one);
      const patience = { startTimeoutMs: 4000, stableMs: 300, scriptTimeoutMs: 60_000 };
      await untilItDies(one, moment, (host) => one.update(tarball, { patience }, host));
      // Whatever `latest` names is started by the machine; where it names nothing that is there, nothing is.
      await reboot(one);
      expect((await status(home, one.host)).pending?.next).toContain('sandstorm-airgap abort');
      // Both lead back: it never goes ahead again.
      const taken = moment.at === 'done' ? one.resume() : one.abort();
      expect(await taken).toMatchObject({ outcome: 'undone', release: `sandstorm-${String(from)}` });
      await expectBack(one, before);
      await rm(theirs, { recursive: true });
    },
  );

  it('of a build put in place once more keeps the only build there is', async () => {
    const { from } = await next(one);
    const same = await one.world.makeRelease(from, 'base_status=500\n');
    const before = await contentsOf(one);
    for (const moment of BACK.filter(({ step }) => step === 'relink-old' || step === 'start')) {
      await untilItDies(one, moment, (host) => one.update(same, { reinstall: true }, host));
      await reboot(one);
      await one.abort();
      await expectBack(one, before);
    }
  });

  it('of a server that was not running comes to its end as well', async () => {
    const { from, tarball } = await next(one);
    await one.host.commands.run(join(home, 'sandstorm'), ['stop']);
    const bad = await next(one, 'base_status=500\n');
    for (const moment of BACK.filter(({ step }) => step === 'restore-data' || step === 'drop-snapshot')) {
      await untilItDies(one, moment, (host) => one.update(bad.tarball, {}, host));
      expect(await one.abort()).toMatchObject({ outcome: 'undone' });
      expect(await one.pid()).toBeUndefined();
      expect(await status(home, one.host)).toMatchObject({ build: from, pending: null, leftovers: [] });
    }
    await one.world.makeRelease(from + 1);
    expect(await one.update(tarball)).toMatchObject({ healthy: true });
  });
});
