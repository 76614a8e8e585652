import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSigningKey, type SigningKey } from '../../src/rehearsal/signing-key.js';
import { requireContainers } from '../helpers/container.js';
import { FLEET_PROGRAMS, startFleet, type Fleet } from '../helpers/fleet.js';
import { status, trust } from '../helpers/journey.js';
import { packaged, PACKAGE_TIMEOUT, requirePackaging } from '../helpers/packaged.js';
import { playbook, stats, type Played, type TaskOnHost } from '../helpers/playbook.js';
import { requireReal } from '../helpers/real-parts.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';

/*
 * The collection as ansible-galaxy installs it, played by the real ansible-playbook over real SSH on servers with
 * systemd. In order: each test takes the servers as the one before has left them.
 */

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const WHAT = 'a fleet of servers under Ansible';
const ready = requireContainers(WHAT) && requireReal(WHAT, FLEET_PROGRAMS) && requirePackaging(WHAT);

const ADDRESSES = {
  sandstorm_base_url: 'http://sandstorm.test:6080',
  sandstorm_wildcard_host: '*.sandstorm.test:6080',
  sandstorm_stable_for: 1,
};
const PUBLISH = 'sandstorm.airgap.publish_index -e sandstorm_index_hosts=rig-1';
/** Where it is not about the order. */
const AT_A_TIME = '-e sandstorm_serial=3';
const ALL = ['rig-1', 'rig-2', 'rig-3'];
/** Has Python, and nothing of ours before it is brought: no node either, to the end. */
const BARE = 'rig-3';
const BROUGHT = '/opt/sandstorm-airgap/sandstorm-airgap';

let fleet: Fleet;
/** The single file. */
let program = '';
let signer: SigningKey;

beforeAll(async () => {
  if (!ready) return;
  const making = packaged();
  fleet = await startFleet(ALL.length, 1);
  const bad = join(fleet.share, 'bad');
  const sign = makeSigningKey();
  await mkdir(bad);
  for (const dir of [fleet.share, bad]) await cp(standInInstaller, join(dir, 'install.sh'));
  for (const build of [308, 309]) await makeRelease({ build, dir: fleet.share, sign });
  await makeRelease({ build: 309, dir: bad, sign, behaviour: { dies: 'at-start' } });
  await fleet.servers[2]?.box.sh(`ln -s ${BROUGHT} /usr/local/bin/sandstorm-airgap`);
  signer = sign;

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
  ({ program } = await making);
}, PACKAGE_TIMEOUT);
afterAll(() => (ready ? fleet.stop() : undefined));

type Wish = Parameters<Fleet['inventory']>[0];

/** With a release that is copied from the controller, or lies on the servers. */
const wanting = (release: Wish, second: Wish = {}): Promise<void> =>
  fleet.inventory(
    { ...ADDRESSES, ...release },
    { 'rig-2': second, [BARE]: { sandstorm_executable: BROUGHT, sandstorm_binary: program } },
  );
const copied = (build: number): Wish => ({
  sandstorm_tarball: join(fleet.share, `sandstorm-${String(build)}.tar.xz`),
});
const THERE = { sandstorm_tarball: '/srv/share/sandstorm-309.tar.xz', sandstorm_tarball_on_server: true };
/** Its new build dies as soon as it is started. */
const BAD = { sandstorm_tarball: '/srv/share/bad/sandstorm-309.tar.xz' };

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
        "find /opt /var/lib /etc /usr/local /srv -xdev \\( -path /srv/share -o -path '*/var/log' -o -path '*/var/mongo' -o -path /var/lib/systemd \\) -prune -o -printf '%p %y %m %T@ %s\\n' | sort",
      ),
    ),
  );

const failureOf = (played: Played, host: string): TaskOnHost | undefined =>
  resultsOf(played, host).find((one) => one.failed === true);
const resultsOf = ({ tasks }: Played, host: string): TaskOnHost[] =>
  tasks.map(({ hosts }) => hosts[host]).filter((one) => one !== undefined);
/** What --diff shows of builds. */
const diffsOf = (played: Played, host: string): unknown[] =>
  resultsOf(played, host)
    .map(({ diff }) => diff as { before?: unknown; after?: unknown } | undefined)
    .filter((diff) => String(diff?.after).startsWith('build '))
    .map((diff) => ({ before: diff?.before, after: diff?.after }));

describe.skipIf(!ready)('a fleet', { timeout: 400_000 }, () => {
  it('has the single file brought to a server that has Python, and neither the tool nor node', async () => {
    await wanting(copied(308));
    const brought = await playbook(fleet, `sandstorm.airgap.bring_tool -e sandstorm_hosts=${BARE}`);
    expect(brought.exitCode, brought.said).toBe(0);
    expect(stats(brought, BARE).changed).toBeGreaterThan(0);
    expect(await fleet.servers[2]?.box.sh('! command -v node; sandstorm-airgap --version')).toMatch(/^\d/);
    for (const { box } of fleet.servers) await trust(box, signer);
  });

  it('is not installed by a check, which says that it would be', async () => {
    const before = await trees();
    const played = await playbook(fleet, 'sandstorm.airgap.install --check --diff');
    expect(played.exitCode, played.said).toBe(0);
    for (const host of ALL) expect(stats(played, host)).toMatchObject({ failures: 0, unreachable: 0 });
    for (const host of ALL) expect(stats(played, host).changed).toBeGreaterThan(0);
    expect(await trees()).toEqual(before);
  });

  it('is installed, all servers at a time', async () => {
    const played = await playbook(fleet, 'sandstorm.airgap.install --diff');
    expect(played.exitCode, played.said).toBe(0);
    expect(await builds()).toEqual([308, 308, 308]);
    const after = `build 308\n${ADDRESSES.sandstorm_base_url}\n`;
    for (const host of ALL) expect(diffsOf(played, host)).toContainEqual({ before: '', after });
    expect(played.said).not.toContain('/setup/token/');
  });

  it('is as it must be the second time, by one question a server', async () => {
    const before = await trees();
    const played = await playbook(fleet, 'sandstorm.airgap.install');
    expect(played.exitCode, played.said).toBe(0);
    for (const host of ALL) expect(stats(played, host)).toMatchObject({ changed: 0, failures: 0 });
    expect(played.tasks.filter(({ hosts }) => 'ansible_facts' in (hosts['rig-1'] ?? {}))).toHaveLength(1);
    expect(await trees()).toEqual(before);
  });

  it('is not changed by a check of an update, which shows what would be', async () => {
    await wanting(copied(309));
    const before = await trees();
    const settings = `-e '{"sandstorm_settings": {"HIDE_TROUBLESHOOTING": "true"}}'`;
    const played = await playbook(fleet, `sandstorm.airgap.update --check --diff ${AT_A_TIME} ${settings}`);
    expect(played.exitCode, played.said).toBe(0);
    for (const host of ALL) expect(stats(played, host).changed).toBeGreaterThan(0);
    expect(played.said).toContain('+HIDE_TROUBLESHOOTING=true');
    expect(await trees()).toEqual(before);
  });

  it('stops at the first server that fails, which is back at its old build', async () => {
    await wanting(THERE, BAD);
    const played = await playbook(fleet, 'sandstorm.airgap.update --diff');
    expect(played.exitCode, played.said).toBe(2);
    expect(diffsOf(played, 'rig-1')).toEqual([{ before: 'build 308\n', after: 'build 309\n' }]);
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
    await wanting(THERE);
    const played = await playbook(fleet, `sandstorm.airgap.update ${AT_A_TIME}`);
    expect(played.exitCode, played.said).toBe(0);
    expect(await builds()).toEqual([309, 309, 309]);
    expect(ALL.map((host) => stats(played, host).changed > 0)).toEqual([false, true, false]);
  });

  it('has settings changed, with a diff, and secrets that nobody sees', async () => {
    const secret = 'smtp://rig:correct-horse@mail.test';
    const config = {
      settings: { HIDE_TROUBLESHOOTING: true, SANDCATS_BASE_DOMAIN: null },
      secrets: { MAIL_URL: secret },
      restart: true,
    };
    const conf = '/opt/sandstorm/sandstorm.conf';
    const played = await play(
      { 'sandstorm.airgap.airgap_config': config, check_mode: true },
      { 'ansible.builtin.command': `grep -c MAIL_URL ${conf}`, failed_when: false },
      { 'sandstorm.airgap.airgap_config': config },
      { 'sandstorm.airgap.airgap_facts': { gather: ['settings', 'snapshots'] } },
      { 'sandstorm.airgap.airgap_config': config },
    );
    const [checked, found, changed, facts, again] = resultsOf(played, 'rig-1');
    const diff = { prepared: expect.stringContaining('+HIDE_TROUBLESHOOTING=true') as string };
    expect(checked).toMatchObject({ changed: true, restarted: false, diff });
    expect(found).toMatchObject({ stdout: '0' });
    expect(changed).toMatchObject({
      changed: true,
      changed_settings: ['HIDE_TROUBLESHOOTING', 'MAIL_URL'],
      restarted: true,
      diff,
    });
    expect(facts).toMatchObject({
      ansible_facts: {
        sandstorm_airgap: {
          build: 309,
          healthy: true,
          settings: { HIDE_TROUBLESHOOTING: 'true' },
          snapshots: [{ release: 'sandstorm-308' }],
        },
      },
    });
    expect(again).toMatchObject({ changed: false, restarted: false });
    expect(played.said).toContain('MAIL_URL');
    expect(played.said).not.toContain('correct-horse');
    expect(await fleet.servers[0]?.box.sh(`grep MAIL_URL ${conf}`)).toBe(`MAIL_URL=${secret}`);
  });

  it('says what is missing where the tool is not there', async () => {
    const executable = '/opt/nowhere/sandstorm-airgap';
    const played = await play({ 'sandstorm.airgap.airgap_facts': { executable }, ignore_errors: true });
    expect(failureOf(played, 'rig-1')).toMatchObject({
      code: 'E_TOOL_MISSING',
      hint: expect.stringContaining('executable') as string,
    });
  });

  it('publishes an app index, and says in one word what is wrong with a package', async () => {
    const [first] = fleet.servers;
    const app = '77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h';
    const packages = join(repository, 'test/fixtures/spk');
    const vars = {
      ...ADDRESSES,
      sandstorm_index_packages: join(fleet.dir, 'apps'),
      sandstorm_index_title: 'Apps of the rig',
      sandstorm_index_apps: [{ id: app, pin: 'e4a720632c8f9a76b6c1344ee2d7667a' }],
    };
    await cp(join(packages, 'notes-v1.spk'), join(fleet.dir, 'apps/notes-v1.spk'));
    await fleet.inventory(vars);
    const published = await playbook(fleet, PUBLISH);
    expect(published.exitCode, published.said).toBe(0);
    expect(resultsOf(published, 'rig-1').at(-1)).toMatchObject({
      changed: true,
      published: 1,
      taken_in: ['e4a720632c8f9a76b6c1344ee2d7667a'],
    });
    expect(await first?.box.sh('ls /srv/app-index/public/packages')).toBe('e4a720632c8f9a76b6c1344ee2d7667a');
    expect(stats(await playbook(fleet, PUBLISH), 'rig-1').changed).toBe(0);

    await writeFile(join(fleet.dir, 'apps/other.spk'), 'no package');
    const refused = await playbook(fleet, PUBLISH);
    expect(refused.exitCode).toBe(2);
    expect(failureOf(refused, 'rig-1')).toMatchObject({
      code: 'E_SPK_FORMAT',
      rc: 5,
      changed: false,
      restored: false,
    });
  });
});

/** Tasks on the first server; whatever Ansible can tell is told. */
async function play(...tasks: readonly Readonly<Record<string, unknown>>[]): Promise<Played> {
  await writeFile(
    join(fleet.dir, 'tasks.yml'),
    JSON.stringify([{ hosts: 'rig-1', gather_facts: false, tasks }]),
  );
  const played = await playbook(fleet, 'tasks.yml --diff -vvv');
  expect(played.exitCode, played.said).toBe(0);
  return played;
}
