import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../../src/preflight/check.js';
import { homeState } from '../../../../src/preflight/checks/home-state.js';
import { INSTALL_MARKER } from '../../../../src/server/home-state.js';
import { fakeHost, serverTree, writeTree, type Entry } from '../../../helpers/fake-host.js';
import { runCheck, shown } from '../../../helpers/subject.js';

const release = { build: 308, packedBytes: 1, unpackedBytes: 1 };
const server = serverTree('home', 'sandstorm-308');
const custom = serverTree('home', 'sandstorm-custom.2026-01-02');
const uid = process.getuid?.() ?? 0;

async function see(entries: Record<string, Entry>, about: Partial<Subject> = {}): Promise<string[]> {
  const host = await fakeHost({ user: { uid } });
  await writeTree(host.root, entries);
  const result = await runCheck(homeState, host, { home: join(host.root, 'home'), ...about });
  return shown(result).map((line) => line.replaceAll(host.root, ''));
}

describe('home.state before an installation', () => {
  it('passes where nothing is', async () => {
    expect(await see({})).toEqual(['pass: /home does not exist yet']);
    expect(await see({ home: null })).toEqual(['pass: /home is empty']);
  });

  it('passes when this very build is there', async () => {
    expect(await see(server, { release })).toEqual(['pass: build 308 is already installed']);
  });

  it('points to update when another build is there', async () => {
    expect(await see(server, { release: { ...release, build: 309 } })).toEqual([
      'fail: /home has a server of build 308',
      'fix: sandstorm-airgap update TARBALL',
      'fix: or another folder with --home',
    ]);
    expect((await see(server))[0]).toMatch(/^fail/);
    expect((await see(custom, { release: { ...release, build: 0 } }))[0]).toMatch(/^fail: .* custom build/);
  });

  it('offers to repeat what was interrupted', async () => {
    expect(await see({ 'home/sandstorm.conf': '', [`home/${INSTALL_MARKER}`]: 'run-1\n' })).toEqual([
      'warn: /home has an installation of ours that was interrupted (run-1)',
      'fix: nothing: it will be cleaned up and repeated',
    ]);
    expect((await see({ ...server, [`home/${INSTALL_MARKER}`]: 'run-1\n' }))[1]).toMatch(
      /only the last proof/,
    );
  });

  it('names what an uninstalled server left', async () => {
    expect(await see({ 'home/sandstorm.conf': '', 'home/var/mongo': null, 'home/note': '' })).toEqual([
      'fail: /home has sandstorm.conf, var, which is no whole server (no sandstorm, no latest) and not ours; var may hold accounts and grains of an earlier server',
      'fix: keep it and make room:  mv /home /home.old',
      'fix: or install into another folder with --home',
    ]);
  });

  it('shows strange and many names harmlessly', async () => {
    const names = Array.from({ length: 12 }, (_, index) => [`home/f${String(index).padStart(2, '0')}`, '']);
    const [line] = await see({
      ...(Object.fromEntries(names) as Record<string, Entry>),
      'home/\u001b[2J': '',
    });
    expect(line).toBe(
      'warn: /home is not empty ("\\u001b[2J", f00, f01, f02, f03, f04, f05, f06 and 5 more); what lies there stays',
    );
  });
});

describe('home.state before an update', () => {
  const update = { phase: 'update' } as const;

  it('passes with a server only', async () => {
    expect(await see(server, update)).toEqual(['pass: /home has a server of build 308']);
    expect((await see(custom, update))[0]).toMatch(
      /^warn: \/home has a custom build \(sandstorm-custom\.2026-01-02\)/,
    );
    expect((await see({}, update))[0]).toBe('fail: /home has no Sandstorm server');
    expect((await see({ home: null }, update))[0]).toBe('fail: /home has no Sandstorm server');
    expect((await see({ ...server, [`home/${INSTALL_MARKER}`]: 'r' }, update))[0]).toMatch(
      /^fail: .* interrupted/,
    );
    expect((await see({ home: '' }, update))[0]).toBe('fail: /home is not a folder');
  });

  it('says which part is missing', async () => {
    const broken = { ...server, 'home/latest': { link: 'sandstorm-309' } };
    expect((await see(broken, update))[0]).toBe(
      'fail: /home has no whole server: sandstorm, sandstorm-309/sandstorm missing',
    );
  });
});
