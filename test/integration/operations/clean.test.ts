import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, link, mkdir, open, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { beginRun } from '../../../src/journal/journal.js';
import { withLock } from '../../../src/journal/lock.js';
import { stateDirs } from '../../../src/journal/state-dir.js';
import { clean, type CleanResult } from '../../../src/operations/clean.js';
import { status } from '../../../src/operations/status.js';
import type { Host } from '../../../src/system/host.js';
import type { Ui } from '../../../src/ui.js';
import { serverTree, writeTree } from '../../helpers/fake-host.js';
import { privateMachine } from '../../helpers/machine-host.js';
import { refusalOf, treeOf } from '../../helpers/throw-away-server.js';
import { until } from '../../helpers/until.js';

const HOUR = 3_600_000;
const isRoot = process.getuid?.() === 0;

let root = '';
let home = '';
/** An hour later: what was made just now has been quiet for long. */
let host: Host;
let present: Host;
let asked: string[] = [];

function ui(answer: () => boolean | Promise<boolean> = () => true): Ui {
  return {
    say: () => undefined,
    saySecret: () => undefined,
    check: () => undefined,
    step: (_, work) => work({ detail: () => undefined, bytes: () => undefined }),
    confirm: async (question) => {
      asked.push(question);
      return answer();
    },
  };
}

const cleaned = (answer?: () => boolean | Promise<boolean>): Promise<CleanResult> =>
  clean(home, false, host, ui(answer));

/** Paths below the private machine's folder, by whether they are stale. */
async function found(on: Host = host): Promise<{ stale: string[]; left: Record<string, string> }> {
  const { leftovers } = await status(home, on);
  const name = (path: string): string => path.slice(root.length + 1);
  return {
    stale: leftovers.filter(({ stale }) => stale).map(({ path }) => name(path)),
    left: Object.fromEntries(
      leftovers.filter(({ stale }) => !stale).map(({ path, why }) => [name(path), why]),
    ),
  };
}

beforeEach(async () => {
  const machine = await privateMachine();
  root = machine.root;
  home = join(root, 'sandstorm');
  present = machine.host;
  const { clock } = present;
  host = { ...present, clock: { ...clock, now: () => new Date(clock.now().getTime() + HOUR) } };
  asked = [];
  await writeTree('', serverTree(home, 'sandstorm-308'));
  await mkdir(join(root, 'bin'));
});

async function downloading(name = 'downloading.AbCdEf'): Promise<string> {
  const path = join(home, name);
  await mkdir(join(path, 'sandstorm-309'), { recursive: true });
  await chmod(path, 0o700);
  await writeFile(join(path, 'sandstorm-309/sandstorm'), Buffer.alloc(100_000, 1));
  return path;
}

describe('what killed runs leave', () => {
  it('is nothing in a tidy HOME, and looking leaves no trace', async () => {
    const before = await treeOf(root);
    expect((await status(home, host)).leftovers).toEqual([]);
    expect(await cleaned()).toEqual({ home, leftovers: [], removed: [], freedBytes: 0 });
    expect(asked).toEqual([]);
    expect(await treeOf(root)).toBe(before);
  });

  it('is found, measured, shown in a dry run, and removed after one question', async () => {
    const path = await downloading();
    await symlink('sandstorm-309', join(home, 'latest.309'));
    await mkdir(join(home, 'sandstorm-installer.AbCdEfGhI0'), 0o700);
    await writeFile(join(home, '.4194304.0011aabb.tmp'), 'PORT=60');
    const names = [
      'sandstorm/.4194304.0011aabb.tmp',
      'sandstorm/downloading.AbCdEf',
      'sandstorm/latest.309',
      'sandstorm/sandstorm-installer.AbCdEfGhI0',
    ];
    expect(await found()).toEqual({ stale: names, left: {} });
    expect((await status(home, host)).leftovers.map(({ bytes }) => bytes)).toEqual([7, null, 13, null]);

    const before = await treeOf(root);
    const planned = await clean(home, true, host, ui());
    expect(planned).toMatchObject({ removed: [], freedBytes: 0 });
    expect(planned.leftovers.find((one) => one.path === path)?.bytes).toBeGreaterThanOrEqual(100_000);
    expect(await treeOf(root)).toBe(before);
    expect(asked).toEqual([]);

    const done = await cleaned();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^Remove 4 leftovers \(\d+ kB\)\?$/);
    expect(done.removed).toEqual(names.map((name) => join(root, name)));
    expect(done.freedBytes).toBe(planned.leftovers.reduce((sum, { bytes }) => sum + bytes, 0));
    expect((await readdir(home)).sort()).toEqual([
      'latest',
      'sandstorm',
      'sandstorm-308',
      'sandstorm.conf',
      'var',
    ]);
    expect(await cleaned()).toMatchObject({ leftovers: [], removed: [] });
    expect(asked).toHaveLength(1);
  });

  it('counts for nothing what has another name elsewhere', async () => {
    const path = await downloading();
    const before = await host.files.freedBytes(path);
    await link(join(path, 'sandstorm-309/sandstorm'), join(home, 'sandstorm-308/kept'));
    expect(before - (await host.files.freedBytes(path))).toBeGreaterThanOrEqual(100_000);
    await link(join(path, 'sandstorm-309/sandstorm'), join(path, 'twice'));
    expect(await host.files.freedBytes(home)).toBeGreaterThanOrEqual(100_000);
  });

  it('is not touched when the answer is no', async () => {
    const path = await downloading();
    expect(
      (
        await refusalOf(
          cleaned(() => false),
          'E_CANCELLED',
        )
      ).changed,
    ).toBe(false);
    expect(existsSync(path)).toBe(true);
  });

  it('is left alone while it is young', async () => {
    const path = await downloading();
    expect((await found(present)).left).toMatchObject({
      'sandstorm/downloading.AbCdEf': expect.stringContaining('0 min ago') as string,
    });
    expect(await clean(home, false, present, ui())).toMatchObject({ removed: [] });
    expect(existsSync(path)).toBe(true);
  });
});

describe('a living process', () => {
  async function left(): Promise<string> {
    return (await found()).left['sandstorm/downloading.AbCdEf'] ?? '';
  }

  function running(child: ChildProcess): void {
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(child.pid).toBeDefined();
  }

  async function ended(child: ChildProcess): Promise<void> {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  it.each<[string, string, (path: string) => Promise<ChildProcess>]>([
    [
      'works in it',
      'works in it',
      (path) => Promise.resolve(spawn('sleep', ['60'], { cwd: join(path, 'sandstorm-309') })),
    ],
    [
      'has a file of it open',
      'has it open',
      async (path) => {
        const handle = await open(join(path, 'sandstorm-309/sandstorm'));
        const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', handle.fd] });
        await handle.close();
        return child;
      },
    ],
    [
      'runs from it',
      'runs from it',
      async (path) => {
        await copyFile('/bin/sleep', join(path, 'nap'));
        return spawn(join(path, 'nap'), ['60'], { argv0: 'nap' });
      },
    ],
    [
      'names it in its command line',
      'names it in its command line',
      (path) => Promise.resolve(spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)', path])),
    ],
  ])('keeps what it %s', async (_, why, start) => {
    const path = await downloading();
    const child = await start(path);
    running(child);
    await until('it is seen', async () => (await left()).includes(why));
    expect(await left()).toContain(`(pid ${String(child.pid)})`);
    expect(await cleaned()).toMatchObject({ removed: [] });
    expect(existsSync(path)).toBe(true);

    await ended(child);
    expect((await cleaned()).removed).toEqual([path]);
  });

  it('that comes after the answer keeps it too, and nothing else goes', async () => {
    const path = await downloading();
    await symlink('sandstorm-309', join(home, 'latest.309'));
    const refusal = await refusalOf(
      cleaned(async () => {
        running(spawn('sleep', ['60'], { cwd: path }));
        await until('it is seen', async () => (await left()).includes('works in it'));
        return true;
      }),
      'E_BUSY',
    );
    expect(refusal.changed).toBe(false);
    expect(existsSync(join(path, 'sandstorm-309/sandstorm'))).toBe(true);
    expect(await host.files.readLink(join(home, 'latest.309'))).toBe('sandstorm-309');
  });
});

describe('what is not what it seems', () => {
  it('is no link that leads elsewhere', async () => {
    const precious = join(root, 'precious');
    await mkdir(precious);
    await symlink(precious, join(home, 'downloading.AbCdEf'));
    await mkdir(join(home, '.sandstorm-airgap'));
    await symlink(precious, join(home, '.sandstorm-airgap/incoming'));
    await mkdir(join(precious, 'data'));
    expect(await found()).toMatchObject({
      stale: [],
      left: { 'sandstorm/downloading.AbCdEf': expect.stringContaining('symlink') as string },
    });
    expect(await cleaned()).toMatchObject({ removed: [] });
    expect(existsSync(join(precious, 'data'))).toBe(true);
  });

  it('is nothing that others can reach', async () => {
    const path = await downloading();
    await chmod(path, 0o755);
    expect((await found()).stale).toEqual([]);
    await chmod(path, 0o700);
    await chmod(home, 0o777);
    expect((await found()).left['sandstorm/downloading.AbCdEf']).toContain('others can change');
    await chmod(home, 0o755);
    expect((await found()).stale).toHaveLength(1);
  });

  it.skipIf(!isRoot)("is nothing of the server's account", async () => {
    const path = await downloading();
    await chown(path, 65534, 65534);
    expect((await found()).left['sandstorm/downloading.AbCdEf']).toContain('belongs to user 65534');
  });
});

describe('another operation', () => {
  it('that is going on comes first', async () => {
    const path = await downloading();
    await withLock(home, 'update', host, async () => {
      expect((await found()).left['sandstorm/downloading.AbCdEf']).toContain('is running update');
      expect(await clean(home, true, host, ui())).toMatchObject({ removed: [] });
      await refusalOf(cleaned(), 'E_BUSY');
    });
    expect(existsSync(path)).toBe(true);
    expect((await cleaned()).removed).toEqual([path]);
  });

  it('that was cut off comes first', async () => {
    const path = await downloading();
    const run = await beginRun('update', home, { to: 'sandstorm-309' }, host);
    await run.stepBegins('stop');
    const refusal = await refusalOf(cleaned(), 'E_PENDING');
    expect(refusal).toMatchObject({ exitCode: 8, changed: false });
    expect(refusal.hint).toContain('sandstorm-airgap resume');
    expect(existsSync(path)).toBe(true);
    await run.end('undone');
    expect((await cleaned()).removed).toEqual([path]);
  });
});

describe('what this tool leaves', () => {
  const below = (name: string): string => join(home, '.sandstorm-airgap', name);

  it('is kept while a snapshot or an unfinished run owns it', async () => {
    const over = await beginRun('update', home, {}, host);
    await over.end('done');
    const failed = await beginRun('update', home, {}, host);
    await failed.end('failed');
    for (const { id } of [over, failed]) {
      await mkdir(below(`incoming/${id}`), { recursive: true });
      await mkdir(below(`aside/${id}`), { recursive: true });
    }
    await mkdir(below('aside/2020-01-01T000000000Z-update'));
    await mkdir(join(home, `replaced-sandstorm-309.${over.id}`));
    for (const id of ['whole', 'half', 'gone'])
      await mkdir(join(home, 'var/.sandstorm-airgap', id), { recursive: true });
    await mkdir(below('snapshots/half'), { recursive: true });
    await mkdir(below('snapshots/whole'));
    await writeFile(below('snapshots/whole/snapshot.json'), '{');

    const name = 'sandstorm/.sandstorm-airgap';
    const { stale, left } = await found();
    expect(stale).toEqual([
      `${name}/aside/${over.id}`,
      `${name}/incoming/${over.id}`,
      `${name}/snapshots/half`,
      `sandstorm/replaced-sandstorm-309.${over.id}`,
      'sandstorm/var/.sandstorm-airgap/gone',
      'sandstorm/var/.sandstorm-airgap/half',
    ]);
    expect(Object.keys(left)).toEqual([
      `${name}/aside/2020-01-01T000000000Z-update`,
      `${name}/aside/${failed.id}`,
      `${name}/incoming/${failed.id}`,
    ]);

    const later = await beginRun('update', home, {}, host);
    // Going on, or cut off: what is its own is no leftover, the rest waits.
    await mkdir(below(`incoming/${later.id}`));
    expect((await found()).stale).toEqual([]);
    expect(JSON.stringify(await found())).not.toContain(`incoming/${later.id}`);
    await later.end('done');
    expect((await found()).stale).toContain(`${name}/aside/${failed.id}`);
  });

  it('is the only copy perhaps where the server is broken', async () => {
    const run = await beginRun('update', home, {}, host);
    await run.end('undone');
    await mkdir(below(`aside/${run.id}`), { recursive: true });
    await host.files.remove(join(home, 'latest'));
    expect((await found()).left[`sandstorm/.sandstorm-airgap/aside/${run.id}`]).toContain('only copy');
  });

  it('is a staged copy once nobody holds it', async () => {
    const staged = join(stateDirs(home, host).staging, 'release-0123456789abcdef');
    await mkdir(staged, { recursive: true, mode: 0o700 });
    const letGo = await host.files.hold(staged);
    expect((await status(home, host)).leftovers).toMatchObject([
      { path: staged, stale: false, why: expect.stringMatching(/\(pid \d+\) has it open$/) as string },
    ]);
    letGo();
    expect((await cleaned()).removed).toEqual([staged]);
  });

  it('are staged copies and dead locks', async () => {
    const { staging, locks } = stateDirs(home, host);
    await mkdir(join(staging, 'release-0123456789abcdef'), { recursive: true, mode: 0o700 });
    await mkdir(locks, { recursive: true });
    const dead = join(locks, '4194304.1.00000000-0000-0000-0000-000000000000.0011aabbccdd');
    await writeFile(dead, '{}');
    expect((await found()).stale).toHaveLength(2);
    expect((await cleaned()).removed).toEqual([dead, join(staging, 'release-0123456789abcdef')]);
    expect(await readdir(locks)).toEqual([]);
    expect(await readdir(staging)).toEqual([]);
  });
});

describe('a link that leads nowhere', () => {
  async function breakLinks(): Promise<void> {
    await symlink(join(home, 'sandstorm'), join(root, 'bin/sandstorm'));
    await symlink(join(root, 'other/sandstorm'), join(root, 'bin/spk'));
    await host.files.remove(join(home, 'latest'));
    await symlink('sandstorm-309', join(home, 'latest'));
  }

  it('is told with what to type, and stays for the repair', async () => {
    await breakLinks();
    const { stale, left } = await found();
    expect(stale).toEqual([]);
    expect(Object.keys(left)).toEqual(['bin/sandstorm', 'sandstorm/latest', 'sandstorm/sandstorm']);
    for (const why of Object.values(left))
      expect(why).toContain(`ln -sfn sandstorm-308 ${join(home, 'latest')}`);
    expect(await cleaned()).toMatchObject({ removed: [] });

    await host.files.remove(join(home, 'latest'));
    await symlink('sandstorm-308', join(home, 'latest'));
    expect((await status(home, host)).leftovers).toEqual([]);
  });

  it('goes when the server is gone, and only those into this HOME', async () => {
    await breakLinks();
    await host.files.remove(home);
    expect((await cleaned()).removed).toEqual([join(root, 'bin/sandstorm')]);
    expect(await host.files.readLink(join(root, 'bin/spk'))).toBe(join(root, 'other/sandstorm'));
  });
});
