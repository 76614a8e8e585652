import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSTALL_MARKER, judgeHome, observeHome, type HomeFacts } from '../../../src/server/home-state.js';
import { fakeHost, serverTree, writeTree, type Entry } from '../../helpers/fake-host.js';

const nothing: HomeFacts = {
  home: '/opt/sandstorm',
  at: 'nothing',
  owner: undefined,
  uid: 0,
  readable: true,
  writable: true,
  nearest: '/opt',
  nearestIsFolder: true,
  names: [],
  marker: undefined,
  parts: { conf: false, var: false, latest: undefined, program: false, command: false },
};
const folder = (names: readonly string[], more: Partial<HomeFacts> = {}): HomeFacts => ({
  ...nothing,
  at: 'folder',
  owner: 0,
  nearest: '/opt/sandstorm',
  names,
  ...more,
});
const whole = (latest: string): HomeFacts =>
  folder(['latest', 'sandstorm', 'sandstorm-308', 'sandstorm.conf', 'var'], {
    parts: { conf: true, var: true, latest, program: true, command: true },
  });

describe('judgeHome', () => {
  it('tells nothing from an empty folder', () => {
    expect(judgeHome(nothing)).toEqual({ kind: 'absent', missingParents: [] });
    expect(judgeHome(folder([]))).toEqual({ kind: 'empty', others: [] });
    expect(judgeHome(folder(['lost+found']))).toEqual({ kind: 'empty', others: [] });
    expect(judgeHome(folder(['README', 'lost+found']))).toEqual({ kind: 'empty', others: ['README'] });
  });

  it('names the folders above that are missing', () => {
    const seen = { ...nothing, home: '/data/apps/sandstorm', nearest: '/' };
    expect(judgeHome(seen)).toEqual({ kind: 'absent', missingParents: ['/data', '/data/apps'] });
  });

  it.each([
    ['sandstorm-308', { build: 308, custom: false, folder: 'sandstorm-308' }],
    ['/opt/sandstorm/sandstorm-309/', { build: 309, custom: false, folder: 'sandstorm-309' }],
    [
      'sandstorm-custom.2026-01-02_03-04-05',
      { build: 0, custom: true, folder: 'sandstorm-custom.2026-01-02_03-04-05' },
    ],
    ['sandstorm-0', { build: 0, custom: true, folder: 'sandstorm-0' }],
  ])('sees a server whose latest is %s', (latest, server) => {
    expect(judgeHome(whole(latest))).toEqual({ kind: 'server', ...server });
  });

  it.each(['../elsewhere/sandstorm-308', 'sandstorm-x', '/etc', '', 'sandstorm-308/../..'])(
    'sees no server when latest is "%s"',
    (latest) => {
      expect(judgeHome(whole(latest))).toMatchObject({ kind: 'leftovers', missing: ['latest'] });
    },
  );

  it.each([
    [{ conf: false }, 'sandstorm.conf'],
    [{ var: false }, 'var'],
    [{ command: false }, 'sandstorm'],
    [{ program: false }, 'sandstorm-308/sandstorm'],
  ])('sees no whole server with %j', (part, missing) => {
    const server = whole('sandstorm-308');
    const seen = { ...server, parts: { ...server.parts, ...part } };
    expect(judgeHome(seen)).toEqual({ kind: 'leftovers', names: server.names, missing: [missing] });
  });

  it.each([
    'sandstorm.conf',
    'var',
    'sandstorm',
    'latest',
    'tmp',
    'sandstorm-308',
    'sandstorm-custom.x',
    'downloading.aB3xYz',
  ])("does not let install.sh run over somebody's %s", (name) => {
    expect(judgeHome(folder(['README', name]))).toMatchObject({ kind: 'leftovers', names: [name] });
  });

  it('knows its own interrupted installation, whole or not', () => {
    const half = folder([INSTALL_MARKER, 'sandstorm.conf', 'sandstorm-308'], { marker: 'run-1' });
    expect(judgeHome(half)).toEqual({ kind: 'interrupted', run: 'run-1', server: undefined });
    const { kind, ...server } = judgeHome(whole('sandstorm-308')) as { kind: string; build: number };
    expect(kind).toBe('server');
    expect(judgeHome({ ...whole('sandstorm-308'), marker: 'run-1' })).toEqual({
      kind: 'interrupted',
      run: 'run-1',
      server,
    });
  });

  it("takes no stranger's files for its own on the word of a marker that is not ours", () => {
    expect(judgeHome(folder([INSTALL_MARKER, 'var']))).toMatchObject({
      kind: 'leftovers',
      names: [INSTALL_MARKER, 'var'],
    });
  });

  it('takes an empty marker for an installation that had not begun', () => {
    expect(judgeHome(folder([INSTALL_MARKER], { marker: '' }))).toMatchObject({ kind: 'interrupted' });
    expect(judgeHome(folder([INSTALL_MARKER, 'var'], { marker: '' }))).toMatchObject({
      kind: 'leftovers',
      names: ['var'],
    });
  });

  it.each<[string, HomeFacts, RegExp]>([
    ['a file', { ...nothing, at: 'other' }, /not a folder/],
    ['a link to nowhere', { ...nothing, at: 'dangling' }, /leads nowhere/],
    ['a folder that may not be read', folder([], { readable: false }), /may not be looked into/],
    ['a relative path', { ...nothing, home: 'opt/sandstorm' }, /not an absolute path/],
    ['a space', { ...nothing, home: '/opt/sand storm' }, /cannot handle/],
    ['a shell character', { ...nothing, home: '/opt/$(reboot)' }, /cannot handle/],
    ['a percent sign', { ...nothing, home: '/opt/%h' }, /cannot handle/],
    ['a path that climbs', { ...nothing, home: '/opt/../etc' }, /cannot handle/],
    ['the root', { ...nothing, home: '/' }, /cannot handle/],
    ['a parent that is a file', { ...nothing, nearestIsFolder: false }, /not a folder/],
    ['a parent that cannot be written', { ...nothing, writable: false }, /cannot be written/],
    ["somebody else's folder", folder([], { owner: 1000 }), /does not belong to root/],
  ])('finds unfit: %s', (_, seen, reason) => {
    expect(judgeHome(seen)).toMatchObject({ kind: 'unfit', reason: expect.stringMatching(reason) as string });
  });

  it('lets a user without root have a folder of their own', () => {
    expect(judgeHome(folder([], { owner: 1000, uid: 1000 }))).toMatchObject({ kind: 'empty' });
  });
});

describe('observeHome', () => {
  async function stateOf(entries: Readonly<Record<string, Entry>>, home = 'home'): Promise<unknown> {
    const host = await fakeHost({ user: { uid: process.getuid?.() ?? 0 } });
    await writeTree(host.root, entries);
    return judgeHome(await observeHome(join(host.root, home), host));
  }

  it('sees a whole server', async () => {
    expect(await stateOf(serverTree('home', 'sandstorm-308'))).toMatchObject({ kind: 'server', build: 308 });
    expect(await stateOf(serverTree('home', 'sandstorm-308'), 'home//')).toMatchObject({ kind: 'server' });
  });

  it('sees a server behind a linked HOME', async () => {
    const entries = { ...serverTree('disk2', 'sandstorm-308'), home: { link: 'disk2' } };
    expect(await stateOf(entries)).toMatchObject({ kind: 'server', build: 308 });
  });

  it('sees what an interrupted unpacking leaves', async () => {
    const entries = { 'home/sandstorm.conf': 'x', 'home/sandstorm-308/bin/x': '' };
    expect(await stateOf(entries)).toMatchObject({
      kind: 'leftovers',
      names: ['sandstorm-308', 'sandstorm.conf'],
    });
    expect(await stateOf({ ...entries, [`home/${INSTALL_MARKER}`]: 'run-7\n' })).toMatchObject({
      kind: 'interrupted',
      run: 'run-7',
    });
  });

  it.each<[string, Entry]>([
    ['a link', { link: '/etc/hostname' }],
    ['a folder', null],
    ['larger than a marker is', 'a'.repeat(5000)],
    ['of several words', 'two words'],
    ['binary', 'run\u0000\u0007'],
  ])('does not trust a marker that is %s', async (_, marker) => {
    const entries = { 'home/var/mongo': null, [`home/${INSTALL_MARKER}`]: marker };
    expect(await stateOf(entries)).toMatchObject({ kind: 'leftovers' });
  });

  it.runIf(process.getuid?.() === 0)("does not trust a stranger's marker", async () => {
    const host = await fakeHost();
    const home = join(host.root, 'home');
    await writeTree(host.root, { [`home/${INSTALL_MARKER}`]: 'run-1', 'home/var/mongo': null });
    await chown(join(home, INSTALL_MARKER), 1234, 1234);
    expect(judgeHome(await observeHome(home, host))).toMatchObject({ kind: 'leftovers' });
  });

  it('does not follow a device, and tells a link to nowhere', async () => {
    expect(await stateOf({ home: { link: '/dev/zero' } })).toMatchObject({ kind: 'unfit' });
    expect(await stateOf({ home: { link: 'nowhere' } })).toMatchObject({ kind: 'unfit' });
    expect(await stateOf({ home: 'text' })).toMatchObject({ kind: 'unfit' });
    expect(await stateOf({ parent: 'text' }, 'parent/home')).toMatchObject({ kind: 'unfit' });
  });

  it('sees nothing where nothing is, and changes nothing', async () => {
    const host = await fakeHost({ user: { uid: process.getuid?.() ?? 0 } });
    expect(judgeHome(await observeHome(join(host.root, 'a/b/home'), host))).toMatchObject({
      kind: 'absent',
      missingParents: [join(host.root, 'a'), join(host.root, 'a/b')],
    });
    expect(await host.files.list(host.root)).toEqual([]);
    await mkdir(join(host.root, 'home'));
    expect(judgeHome(await observeHome(join(host.root, 'home'), host))).toEqual({
      kind: 'empty',
      others: [],
    });
  });

  it('does not take a locked folder for an empty one', async () => {
    const host = await fakeHost({
      files: { readable: () => Promise.resolve(false), list: () => Promise.resolve([]) },
    });
    await mkdir(join(host.root, 'home'));
    expect(judgeHome(await observeHome(join(host.root, 'home'), host))).toMatchObject({ kind: 'unfit' });
  });
});
