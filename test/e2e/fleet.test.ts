import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSigningKey } from '../../src/rehearsal/signing-key.js';
import { CONTAINER_TIMEOUT, requireContainers } from '../helpers/container.js';
import { FLEET_PROGRAMS, startFleet, type Fleet } from '../helpers/fleet.js';
import { status, trust } from '../helpers/journey.js';
import { playbook, stats, type Played } from '../helpers/playbook.js';
import { requireReal } from '../helpers/real-parts.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';

/*
 * The collection as ansible-galaxy installs it, played by the real ansible-playbook over real SSH on servers with
 * systemd. In order: each test takes the servers as the one before has left them.
 */

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const WHAT = 'a fleet of servers under Ansible';
const ready = requireContainers(WHAT) && requireReal(WHAT, FLEET_PROGRAMS);

const ADDRESSES = {
  sandstorm_base_url: 'http://sandstorm.test:6080',
  sandstorm_wildcard_host: '*.sandstorm.test:6080',
  sandstorm_stable_for: 1,
};
const ALL = ['rig-1', 'rig-2', 'rig-3'];

let fleet: Fleet;
let drop = '';
/** One whose new build dies as soon as it is started. */
let bad = '';

beforeAll(async () => {
  if (!ready) return;
  fleet = await startFleet(ALL.length);
  drop = join(fleet.dir, 'drop');
  bad = join(fleet.dir, 'bad');
  const sign = makeSigningKey();
  for (const dir of [drop, bad]) {
    await mkdir(dir);
    await cp(standInInstaller, join(dir, 'install.sh'));
  }
  for (const build of [308, 309]) await makeRelease({ build, dir: drop, sign });
  await makeRelease({ build: 309, dir: bad, sign, behaviour: { dies: 'at-start' } });
  for (const { box } of fleet.servers) await trust(box, sign);

  const tarball = join(fleet.dir, 'sandstorm-airgap.tar.gz');
  await run(process.execPath, [
    join(repository, 'bin/sandstorm-airgap.js'),
    'ansible',
    'export',
    '--tarball',
    tarball,
  ]);
  const installed = await fleet.sh(`ansible-galaxy collection install --offline -p collections ${tarball}`);
  expect(installed.exitCode, installed.stderr).toBe(0);
}, CONTAINER_TIMEOUT);
afterAll(() => (ready ? fleet.stop() : undefined));

const wanting = (build: number, each: Parameters<Fleet['inventory']>[1] = {}): Promise<void> =>
  fleet.inventory({ ...ADDRESSES, sandstorm_tarball: join(drop, `sandstorm-${String(build)}.tar.xz`) }, each);

const oneIsBad = { 'rig-2': { sandstorm_tarball: '' } };
const builds = async (): Promise<unknown[]> =>
  Promise.all(
    fleet.servers.map(async ({ box }) => {
      const { build, healthy } = await status(box);
      return healthy === true ? build : `${String(build)}, not well`;
    }),
  );

/** Every file that a change would change, with its time. */
const trees = (): Promise<string[]> =>
  Promise.all(
    fleet.servers.map(({ box }) =>
      box.sh(
        "find /opt /var/lib /etc /usr/local /srv /root -xdev \\( -path '*/var/log' -o -path '*/var/mongo' -o -path '*/.ansible*' -o -path /var/lib/systemd \\) -prune -o -printf '%p %y %m %T@ %s\\n' | sort",
      ),
    ),
  );

const failureOf = (played: Played, host: string): unknown =>
  played.tasks.flatMap(({ hosts }) => hosts[host] ?? []).find(({ failed }) => failed === true);

describe.skipIf(!ready)('a fleet', { timeout: 240_000 }, () => {
  it('is not installed by a check, which says that it would be', async () => {
    await wanting(308);
    const before = await trees();
    const played = await playbook(fleet, 'sandstorm.airgap.install --check --diff');
    expect(played.exitCode, played.said).toBe(0);
    for (const host of ALL) expect(stats(played, host)).toMatchObject({ failures: 0, unreachable: 0 });
    for (const host of ALL) expect(stats(played, host).changed).toBeGreaterThan(0);
    expect(await trees()).toEqual(before);
  });

  it('is installed, all servers at a time', async () => {
    const played = await playbook(fleet, 'sandstorm.airgap.install');
    expect(played.exitCode, played.said).toBe(0);
    expect(await builds()).toEqual([308, 308, 308]);
    expect(played.said).not.toContain('/setup/token/');
  });

  it('is as it must be the second time, by one question a server', async () => {
    const before = await trees();
    const played = await playbook(fleet, 'sandstorm.airgap.install');
    expect(played.exitCode, played.said).toBe(0);
    for (const host of ALL) expect(stats(played, host)).toMatchObject({ ok: 1, changed: 0, failures: 0 });
    expect(await trees()).toEqual(before);
  });

  it('is not changed by a check of an update, which shows what would be', async () => {
    await wanting(309);
    const before = await trees();
    const settings = `-e '{"sandstorm_settings": {"HIDE_TROUBLESHOOTING": "true"}}'`;
    const played = await playbook(fleet, `sandstorm.airgap.update --check --diff ${settings}`);
    expect(played.exitCode, played.said).toBe(0);
    for (const host of ALL) expect(stats(played, host).changed).toBeGreaterThan(0);
    expect(played.said).toContain('+HIDE_TROUBLESHOOTING=true');
    expect(await trees()).toEqual(before);
  });

  it('stops at the first server that fails, which is back at its old build', async () => {
    await wanting(309, { ...oneIsBad, 'rig-2': { sandstorm_tarball: join(bad, 'sandstorm-309.tar.xz') } });
    const played = await playbook(fleet, 'sandstorm.airgap.update');
    expect(played.exitCode, played.said).toBe(2);
    expect(failureOf(played, 'rig-2')).toMatchObject({
      code: 'E_UPDATE_UNDONE',
      rc: 6,
      restored: true,
      hint: expect.any(String) as string,
      msg: expect.stringContaining('E_UPDATE_UNDONE') as string,
    });
    expect(await builds()).toEqual([309, 308, 308]);
    // It was not even asked.
    expect(played.stats['rig-3']).toBeUndefined();
  });

  it('goes on with the others when told to, and fails in the end all the same', async () => {
    const played = await playbook(fleet, 'sandstorm.airgap.update -e sandstorm_on_failure=go_on');
    expect(played.exitCode, played.said).toBe(2);
    expect(await builds()).toEqual([309, 308, 309]);
    expect(ALL.map((host) => stats(played, host).failures)).toEqual([0, 1, 0]);
    expect(failureOf(played, 'rig-2')).toMatchObject({
      msg: expect.stringContaining('E_UPDATE_UNDONE') as string,
    });
  });

  it('is brought to the end with a good release', async () => {
    await wanting(309);
    const played = await playbook(fleet, 'sandstorm.airgap.update');
    expect(played.exitCode, played.said).toBe(0);
    expect(await builds()).toEqual([309, 309, 309]);
    expect(ALL.map((host) => stats(played, host).changed > 0)).toEqual([false, true, false]);
  });
});
