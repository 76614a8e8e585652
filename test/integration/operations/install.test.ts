import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { beginRun, lastRun, readRun } from '../../../src/journal/journal.js';
import { withLock } from '../../../src/journal/lock.js';
import { stateDirs } from '../../../src/journal/state-dir.js';
import { INSTALL_MARKER } from '../../../src/server/home-state.js';
import { status } from '../../../src/operations/status.js';
import { serveHttp } from '../../helpers/http-server.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../../helpers/throw-away-server.js';
import { makeRelease } from '../../stand-ins/release.js';

const ready = canHaveServers('installing in a throw-away world');

const conf = (home: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(join(home, 'sandstorm.conf'), 'utf8')
      .trim()
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe.skipIf(!ready)('an installed server', { timeout: 60_000 }, () => {
  let one: ThrowAwayServer;
  let tarball = '';
  let installed: Awaited<ReturnType<ThrowAwayServer['install']>>;

  beforeAll(async () => {
    one = await throwAwayServer();
    tarball = await one.world.makeRelease(308);
    installed = await one.install(tarball, {
      installScript: await one.scriptThat('touch "$STAND_IN_MACHINE_ROOT/started"', 'umask 0022'),
    });
  });
  afterAll(() => one.end());

  it('is as wished, well, and off the update channel', async () => {
    const { world, host } = one;
    expect(installed).toMatchObject({ changed: true, healthy: true, build: 308, serviceManager: 'command' });
    expect(conf(world.home)).toMatchObject({
      UPDATE_CHANNEL: 'none',
      BASE_URL: world.baseUrl,
      WILDCARD_HOST: world.wildcardHost,
      PORT: String(world.ports.http),
      MONGO_PORT: String(world.ports.mongo),
      SMTP_LISTEN_PORT: String(world.ports.smtp),
      BIND_IP: '127.0.0.1',
      ALLOW_DEV_ACCOUNTS: 'false',
    });
    expect(await status(world.home, host)).toMatchObject({
      installed: true,
      healthy: true,
      pending: null,
      lastOperation: { operation: 'install', outcome: 'done' },
    });
    expect(existsSync(join(world.root, 'machine/started'))).toBe(true);
    expect(existsSync(join(world.home, INSTALL_MARKER))).toBe(false);
  });

  it('has a setup link that stands in nothing that was kept', async () => {
    const link = installed.setupLink ?? '';
    expect(link).toMatch(new RegExp(`^${one.world.baseUrl}/setup/token/[0-9a-f]{40}$`));
    const token = link.slice(link.lastIndexOf('/') + 1);
    expect(await readFile(join(one.world.home, 'var/sandstorm/adminToken'), 'utf8')).toBe(token);
    const { root } = stateDirs(one.world.home, one.host);
    const kept = filesBelow(root);
    expect(kept.map((path) => path.replace(/^.*\//, ''))).toEqual(
      expect.arrayContaining(['journal.ndjson', 'transcript.log', 'install.sh']) as string[],
    );
    for (const path of kept) {
      expect((await stat(path)).mode & 0o077).toBe(0);
      expect(readFileSync(path, 'latin1')).not.toContain(token);
    }
    expect(readFileSync(join(installed.run ?? '', 'transcript.log'), 'utf8')).toContain('/setup/token/…');
    expect(one.said.join('\n')).not.toContain(token);
  });

  it('has a journal of every step, and a plan that says only what was wished', async () => {
    const record = await lastRun(one.world.home, one.host);
    expect(record).toMatchObject({ outcome: 'done', stepOpen: undefined, plan: installed.plan });
    expect(record?.stepsDone).toEqual(installed.plan?.steps.map((step) => step.do));
    expect(Object.keys(installed.plan?.wish ?? {}).sort()).toEqual([
      'baseUrl',
      'bindIp',
      'home',
      'ports',
      'serverUser',
      'unprivileged',
      'wildcardHost',
    ]);
  });

  it('keeps no copy of the tarball', () => {
    const { staging } = stateDirs(one.world.home, one.host);
    expect(existsSync(staging) ? readdirSync(staging) : []).toEqual([]);
  });

  it.each([
    ['installed once more', {}],
    ['installed once more in a dry run', { dryRun: true }],
  ])('is left alone, to the last file, when it is %s', async (_, more) => {
    const before = await one.tree();
    const again = await one.install(tarball, more);
    expect(again).toMatchObject({ changed: false, healthy: true, run: null, plan: null, setupLink: null });
    expect(await one.tree()).toBe(before);
  });

  it('is left alone when another one is wanted in its place', async () => {
    const newer = await one.world.makeRelease(309);
    const before = await one.tree();
    const otherUrl = one.world.baseUrl.replace('sandstorm.rehearsal', 'other.sandstorm.rehearsal');
    const refusal = await refusalOf(one.install(tarball, { baseUrl: otherUrl }), 'E_INSTALLED_DIFFERENTLY');
    expect(refusal.result).toEqual({
      differences: [{ key: 'BASE_URL', is: one.world.baseUrl, wanted: otherUrl }],
    });
    expect(refusal.hint).toContain(`config set BASE_URL '${otherUrl}'`);
    expect((await refusalOf(one.install(newer), 'E_ALREADY_INSTALLED')).exitCode).toBe(3);
    expect(await one.tree()).toBe(before);
  });

  it('is found well through its address when DNS is waived', async () => {
    const lost = { ...one.host, http: lostWithoutAddress(one.host.http) };
    await refusalOf(one.install(tarball, {}, lost), 'E_SERVER_UNHEALTHY');
    expect(await one.install(tarball, { waive: ['dns.base'] }, lost)).toMatchObject({ changed: false });
  });
});

describe.skipIf(!ready)('an installation', { timeout: 60_000 }, () => {
  let one: ThrowAwayServer;
  let home = '';
  beforeEach(async () => {
    one = await throwAwayServer();
    home = one.world.home;
  });
  afterEach(() => one.end());

  const usb = (): string => join(one.world.root, 'usb-stick');

  it('shows its plan in a dry run and changes nothing at all', async () => {
    const tarball = await one.world.makeRelease(308);
    const before = await one.tree();
    const planned = await one.install(tarball, { dryRun: true });
    expect(planned).toMatchObject({ changed: false, run: null });
    expect(planned.plan?.steps.map((step) => step.do)).toEqual([
      'run-install-script',
      'write-conf',
      'restart',
      'prove-healthy',
    ]);
    expect(await one.tree()).toBe(before);
  });

  it('takes a gzip tarball', async () => {
    const tarball = await makeRelease({
      build: 308,
      dir: usb(),
      compression: 'gzip',
      sign: one.world.signingKey,
      behaviour: { start_delay_ms: 50 },
    });
    expect(await one.install(tarball)).toMatchObject({ healthy: true, build: 308 });
  });

  it.each(['truncated', 'bit-flipped', 'garbage', 'two-tops', 'no-binary'] as const)(
    'refuses a tarball that is %s before install.sh is started',
    async (fault) => {
      const tarball = await makeRelease({
        build: 308,
        dir: usb(),
        fault,
        fillerBytes: 100_000,
        sign: one.world.signingKey,
      });
      const installScript = await one.scriptThat('touch "$STAND_IN_MACHINE_ROOT/started"', 'umask 0022');
      const before = await one.tree();
      const refusal = await one.install(tarball, { installScript }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refusal).toMatchObject({ exitCode: 5, changed: false });
      expect(existsSync(join(one.world.root, 'machine/started'))).toBe(false);
      // What it made to copy the tarball to is gone as well.
      expect(pathsOf(await one.tree())).toEqual(pathsOf(before));
    },
  );

  it('refuses a custom build before install.sh is started', async () => {
    const tarball = await makeRelease({ build: 0, dir: usb() });
    const installScript = await one.scriptThat('touch "$STAND_IN_MACHINE_ROOT/started"', 'umask 0022');
    const before = await one.tree();
    for (const dryRun of [true, false]) {
      const refusal = await refusalOf(one.install(tarball, { installScript, dryRun }), 'E_TARBALL_CONTENTS');
      expect(refusal).toMatchObject({ exitCode: 5, changed: false });
      expect(refusal.message).toContain('custom build');
    }
    expect(existsSync(join(one.world.root, 'machine/started'))).toBe(false);
    expect(pathsOf(await one.tree())).toEqual(pathsOf(before));
  });

  it.each([
    ['before anything is unpacked', 'unpack'],
    ['when all is unpacked', 'make_token'],
    ['when the server runs', 'finish'],
  ])('that fails %s takes back all it made, and nothing else', async (_, at) => {
    const tarball = await one.world.makeRelease(308);
    await mkdir(home);
    await writeFile(join(home, 'notes.txt'), 'not ours');
    await mkdir(join(one.world.root, 'machine/usr/local/bin'), { recursive: true });
    const before = pathsOf(await one.tree());
    const installScript = await one.scriptThat('red "The disk is on fire."; exit 4', at);
    const refusal = await refusalOf(one.install(tarball, { installScript }), 'E_INSTALL_UNDONE');
    expect(refusal).toMatchObject({ exitCode: 6, changed: false });
    expect(refusal.message).toContain('The disk is on fire.');
    const after = pathsOf(await one.tree()).filter(
      (path) => !path.startsWith('state') && !path.includes('install-'),
    );
    expect(after).toEqual(before.filter((path) => !path.startsWith('state')));
    expect(await readFile(join(home, 'notes.txt'), 'utf8')).toBe('not ours');
    expect(await one.pid()).toBeUndefined();
    expect(await status(home, one.host)).toMatchObject({
      installed: false,
      pending: null,
      lastOperation: { outcome: 'undone' },
    });
    // And can be done once more.
    expect(await one.install(tarball)).toMatchObject({ changed: true, healthy: true });
    expect(await readFile(join(home, 'notes.txt'), 'utf8')).toBe('not ours');
  });

  it('that fails takes the folder away when it made it', async () => {
    const tarball = await one.world.makeRelease(308);
    const installScript = await one.scriptThat('exit 4', 'set_owners');
    await refusalOf(one.install(tarball, { installScript }), 'E_INSTALL_UNDONE');
    expect(existsSync(home)).toBe(false);
  });

  it('goes back also when the journal cannot be written any more', async () => {
    const tarball = await one.world.makeRelease(308);
    const installScript = await one.scriptThat('exit 4', 'set_owners');
    let full = false;
    const host = {
      ...one.host,
      files: {
        ...one.host.files,
        appendSynced: async (path: string, data: string) => {
          if (full) throw new Error('ENOSPC: no space left on device');
          await one.host.files.appendSynced(path, data);
          full = data.includes('step-begins');
        },
      },
    };
    const refusal = await refusalOf(one.install(tarball, { installScript }, host), 'E_INSTALL_UNDONE');
    expect(refusal.message).not.toContain('ENOSPC');
    expect(existsSync(home)).toBe(false);
  });

  it('that cannot be taken back says so, and what it left', async () => {
    const tarball = await one.world.makeRelease(308);
    const grain = 'mkdir -p var/sandstorm/grains/abc; exit 4';
    const refusal = await refusalOf(
      one.install(tarball, { installScript: await one.scriptThat(grain, 'set_owners') }),
      'E_INSTALL_FAILED',
    );
    expect(refusal).toMatchObject({ exitCode: 7, changed: true });
    expect(existsSync(join(home, 'var/sandstorm/grains/abc'))).toBe(true);
    expect(existsSync(join(home, INSTALL_MARKER))).toBe(true);
    expect((await status(home, one.host)).pending).toMatchObject({ operation: 'install' });
    // Nor does a second try dare to.
    await refusalOf(one.install(tarball), 'E_INSTALL_FAILED');
    expect(existsSync(join(home, 'var/sandstorm/grains/abc'))).toBe(true);
  });

  it('never touches what is not its own: leftovers of somebody else, a HOME of the same name', async () => {
    const tarball = await one.world.makeRelease(308);
    await mkdir(join(home, 'var/mongo'), { recursive: true });
    await writeFile(join(home, 'sandstorm.conf'), 'PORT=1\n');
    const before = await one.tree();
    const refusal = await refusalOf(one.install(tarball), 'E_PREFLIGHT_FAILED');
    expect(refusal.message).toContain('home.state');
    expect(pathsOf(await one.tree())).toEqual(pathsOf(before));
    // Waiving the check does not make them ours.
    await refusalOf(one.install(tarball, { waive: ['home.state'] }), 'E_PREFLIGHT_FAILED');
    expect(await readFile(join(home, 'sandstorm.conf'), 'utf8')).toBe('PORT=1\n');
    expect(existsSync(join(home, 'var/mongo'))).toBe(true);
  });

  /** What a run leaves that is killed while install.sh is at work. */
  async function killedRun(release: string, files: readonly string[]): Promise<string> {
    const planned = await one.install(await one.world.makeRelease(308), { dryRun: true });
    const run = await beginRun('install', home, { ...planned.plan, release }, one.host);
    await run.stepBegins('run-install-script');
    await mkdir(join(home, release), { recursive: true });
    await writeFile(join(home, INSTALL_MARKER), `${run.id}\n`, { mode: 0o600 });
    for (const file of files) {
      await mkdir(join(home, file, '..'), { recursive: true });
      await writeFile(join(home, file), 'half');
    }
    return run.id;
  }

  it('cleans up after one that was killed, and then succeeds', async () => {
    await killedRun('sandstorm-308', [
      'sandstorm.conf',
      'var/pid/sandstorm.pid',
      'sandstorm-308/half',
      'mine.txt',
    ]);
    expect(await status(home, one.host)).toMatchObject({
      installed: false,
      state: 'interrupted',
      pending: { operation: 'install', step: 'run-install-script', owner: null },
    });
    const result = await one.install(join(usb(), 'sandstorm-308.tar.xz'));
    expect(result.plan?.steps[0]).toMatchObject({ do: 'clean-up-interrupted' });
    expect(result).toMatchObject({ changed: true, healthy: true });
    expect(existsSync(join(home, 'sandstorm-308/half'))).toBe(false);
    expect(await readFile(join(home, 'mine.txt'), 'utf8')).toBe('half');
    expect((await status(home, one.host)).pending).toBeNull();
  });

  it('cleans up what a killed one had unpacked of another build', async () => {
    await killedRun('sandstorm-310', ['sandstorm.conf', 'sandstorm-310/half']);
    expect(await one.install(join(usb(), 'sandstorm-308.tar.xz'))).toMatchObject({ healthy: true });
    expect(existsSync(join(home, 'sandstorm-310'))).toBe(false);
  });

  it('cleans up by the run that the marker names, whatever ran last', async () => {
    const killed = await killedRun('sandstorm-308', ['sandstorm.conf']);
    // Says that its script was done: not the one of which this mess is.
    const other = await beginRun('install', home, { operation: 'install', steps: [] }, one.host);
    await other.stepBegins('run-install-script');
    await other.stepEnds('run-install-script');
    const result = await one.install(join(usb(), 'sandstorm-308.tar.xz'));
    expect(result.plan?.steps[0]).toMatchObject({ do: 'clean-up-interrupted', run: killed });
    expect(result.healthy).toBe(true);
  });

  it('goes on with one that was cut off after install.sh had finished', async () => {
    const tarball = await one.world.makeRelease(308);
    const newer = await one.world.makeRelease(309);
    const done = await one.install(tarball);
    // As if the power had gone right after the script.
    const run = await beginRun('install', home, done.plan, one.host);
    await run.stepBegins('run-install-script');
    await run.stepEnds('run-install-script');
    await writeFile(join(home, INSTALL_MARKER), `${run.id}\n`, { mode: 0o600 });
    await one.host.commands.run(join(home, 'sandstorm'), ['stop']);
    const inode = (await stat(join(home, 'sandstorm-308/sandstorm'))).ino;

    await refusalOf(one.update(newer), 'E_PENDING');
    await refusalOf(one.install(newer), 'E_PENDING');
    const again = await one.install(tarball);
    expect(again.plan?.steps.map((step) => step.do)).toEqual(['write-conf', 'restart', 'prove-healthy']);
    expect(again).toMatchObject({ changed: true, healthy: true });
    expect((await stat(join(home, 'sandstorm-308/sandstorm'))).ino).toBe(inode);
    expect(existsSync(join(home, INSTALL_MARKER))).toBe(false);
  });

  it('goes on where it stopped when it had not come up: another program held the port', async () => {
    const tarball = await one.world.makeRelease(308);
    const port = await serveHttp((_, answer) => answer.end('It works!'));
    const baseUrl = one.world.baseUrl.replace(/\d+$/, String(port));
    const wish = {
      baseUrl,
      wildcardHost: one.world.wildcardHost.replace(/\d+$/, String(port)),
      ports: { http: [port], mongo: one.world.ports.mongo, smtp: one.world.ports.smtp },
      waive: ['port.http'],
    };
    const refusal = await refusalOf(one.install(tarball, wish), 'E_INSTALL_UNHEALTHY');
    expect(refusal).toMatchObject({ exitCode: 7, changed: true });
    expect(refusal.message).toContain(`port ${String(port)} is held by`);
    const run = await lastRun(home, one.host);
    expect(readFileSync(join(run?.dir ?? '', 'transcript.log'), 'utf8')).toContain(
      'Your server is now online!',
    );
    expect(await status(home, one.host)).toMatchObject({ healthy: false, pending: { operation: 'install' } });

    const again = await one.install(tarball, {
      ...wish,
      ports: { ...wish.ports, http: [one.world.ports.http] },
      baseUrl: one.world.baseUrl,
      wildcardHost: one.world.wildcardHost,
    });
    expect(again).toMatchObject({ changed: true, healthy: true });
    expect(again.plan?.steps[0]?.do).toBe('write-conf');
  });

  it('refuses to start beside another run, and changes nothing', async () => {
    const tarball = await one.world.makeRelease(308);
    await withLock(home, 'update', one.host, async () => {
      const refusal = await refusalOf(one.install(tarball), 'E_BUSY');
      expect(refusal).toMatchObject({ exitCode: 8, changed: false });
    });
    expect(existsSync(home)).toBe(false);
  });

  it('of two that agreed at the same time, leaves the first one’s server alone', async () => {
    const tarball = await one.world.makeRelease(308);
    let first: Promise<unknown> | undefined;
    const late = {
      ...one.host,
      // Between its look at HOME and its lock the other one comes and goes.
      files: {
        ...one.host.files,
        makeDir: async (path: string, mode?: number) => {
          if (path.endsWith('/locks')) await (first ??= one.install(tarball));
          await one.host.files.makeDir(path, mode);
        },
      },
    };
    const refusal = await refusalOf(one.install(tarball, {}, late), 'E_BUSY');
    expect(refusal.message).toContain('was changed by somebody else meanwhile');
    await expect(first).resolves.toMatchObject({ healthy: true });
    expect(await status(home, one.host)).toMatchObject({ healthy: true, pending: null });
  });

  it('without the journal of the run it finds, still cleans up only what bears its mark', async () => {
    const killed = await killedRun('sandstorm-308', ['sandstorm.conf', 'sandstorm-308/half', 'mine.txt']);
    await rm(join(stateDirs(home, one.host).runs, killed), { recursive: true });
    expect(await readRun(killed, home, one.host)).toBeUndefined();
    expect(await one.install(join(usb(), 'sandstorm-308.tar.xz'))).toMatchObject({ healthy: true });
    expect(existsSync(join(home, 'mine.txt'))).toBe(true);
  });
});

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(dir, entry.name)) : [join(dir, entry.name)],
  );
}

function pathsOf(tree: string): string[] {
  return tree.split('\n').map((line) => line.slice(0, line.indexOf(' ')));
}

/** No name resolves; only who says where to connect gets through. */
function lostWithoutAddress(http: ThrowAwayServer['host']['http']): ThrowAwayServer['host']['http'] {
  return {
    get: (url, options) =>
      options?.connectTo === undefined
        ? Promise.reject(new Error('the name does not resolve'))
        : http.get(url, options),
  };
}
