import { chmod, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../src/journal/lock.js';
import { distrust, listTrust, trust } from '../../../src/operations/trust.js';
import { BUILT_IN_KEYS, parseKeyName, type KeyName } from '../../../src/release/signature/keys.js';
import { trustedKeys, trustStorePath } from '../../../src/release/signature/trust.js';
import { systemFiles } from '../../../src/system/files.js';
import type { FileStat } from '../../../src/system/host.js';
import { fakeHost, type FakeHost } from '../../helpers/fake-host.js';

const PGP: KeyName = { kind: 'openpgp', fingerprint: 'C191913FB4F72C71EA7E96486D7D1512FAB0E76E' };
const ED: KeyName = parseKeyName(
  '0x20ab7a4553cb65c7, 0x1efa70c783075e0c, 0x8bbda4b8b88473cf, 0x948b4284d752b5b3',
  'KEY',
);
const UID = process.getuid?.() ?? 0;

const machine = (more: Parameters<typeof fakeHost>[0] = {}) => fakeHost({ user: { uid: UID }, ...more });
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fine',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

/** A host with both test keys in its store. */
async function trusting(): Promise<FakeHost> {
  const host = await machine();
  await trust(ED, 'test', false, host);
  await trust(PGP, 'test', false, host);
  return host;
}

describe('the trust store', () => {
  it('begins with the built-in keys, and no file', async () => {
    const host = await machine();
    expect(await trustedKeys(host)).toEqual(BUILT_IN_KEYS);
    expect((await listTrust(host)).added).toEqual([]);
    expect(await systemFiles.lstat(trustStorePath(host))).toBeUndefined();
  });

  it('remembers who, when and why, readable to all and writable to one', async () => {
    const host = await machine({ env: { SUDO_USER: 'ann' }, now: '2026-11-22T03:00:00Z' });
    expect(await trust(PGP, 'announced in issue 3779', false, host)).toBe(true);
    expect((await listTrust(host)).added).toEqual([
      { ...PGP, addedAt: '2026-11-22T03:00:00.000Z', by: 'ann', reason: 'announced in issue 3779' },
    ]);
    expect(await trustedKeys(host)).toEqual([...BUILT_IN_KEYS, { ...PGP, origin: 'store' }]);
    expect((await stat(trustStorePath(host))).mode & 0o777).toBe(0o644);
  });

  it('changes nothing the second time, in a dry run, and for built-in keys', async () => {
    const host = await trusting();
    const before = await readFile(trustStorePath(host), 'utf8');
    expect(await trust(PGP, 'another reason', false, host)).toBe(false);
    expect(await distrust(PGP, true, host)).toBe(true);
    expect(await trust({ ...PGP, fingerprint: 'A'.repeat(40) }, 'why', true, host)).toBe(true);
    for (const key of BUILT_IN_KEYS) {
      expect(await trust(key, 'why', false, host)).toBe(false);
      expect(await code(distrust(key, false, host))).toBe('E_BAD_VALUE');
    }
    expect(await readFile(trustStorePath(host), 'utf8')).toBe(before);
  });

  it('forgets', async () => {
    const host = await trusting();
    expect(await distrust(ED, false, host)).toBe(true);
    expect(await distrust(ED, false, host)).toBe(false);
    expect((await trustedKeys(host)).filter(({ origin }) => origin === 'store')).toEqual([
      { ...PGP, origin: 'store' },
    ]);
  });

  it('loses none of two keys that are added at once', async () => {
    const host = await machine({ running: { [process.pid]: {} } });
    const results = await Promise.all([
      code(trust(ED, 'one', false, host)),
      code(trust(PGP, 'two', false, host)),
    ]);
    // The second one waits a moment for the first: whether that is long enough is the machine's affair.
    const fine = results.filter((result) => result === 'fine').length;
    expect(results.filter((result) => result !== 'fine' && result !== 'E_BUSY')).toEqual([]);
    expect(fine).toBeGreaterThan(0);
    expect((await listTrust(host)).added.length).toBe(fine);
  });

  it('is closed to others while one is at work on it', async () => {
    const host = await machine({ running: { [process.pid]: {} } });
    const meanwhile = await withLock(host.layout.stateDir, 'trust', host, () =>
      code(trust(ED, 'one', false, host)),
    );
    expect(meanwhile).toBe('E_BUSY');
    expect(await code(trust(ED, 'one', false, host))).toBe('fine');
  });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['two lines', 'a\nb'],
    ['a change of direction', 'a\u202eb'],
    ['an essay', 'a'.repeat(501)],
  ])('takes no reason of %s', async (_, reason) => {
    expect(await code(trust(PGP, reason, false, await machine()))).toBe('E_BAD_VALUE');
  });

  it.each([
    ['the point that makes everything right', `01${'00'.repeat(31)}`],
    ['zeros', '00'.repeat(32)],
    ['one that is not canonical', `EE${'FF'.repeat(30)}7F`],
    ['one on no curve', `02${'00'.repeat(31)}`],
  ])('takes no ed25519 key that is %s', async (_, digits) => {
    const host = await machine();
    expect(await code(trust({ kind: 'ed25519', fingerprint: digits }, 'why', false, host))).toBe(
      'E_BAD_VALUE',
    );
  });

  it('has an end', async () => {
    const host = await machine();
    for (let index = 0; index < 16; index += 1) {
      await trust({ ...PGP, fingerprint: String(index).padStart(40, '0') }, 'why', false, host);
    }
    expect(await code(trust(PGP, 'why', false, host))).toBe('E_BAD_VALUE');
  });
});

describe('a trust store that was tampered with', () => {
  /** Reading and changing it must both refuse. */
  async function refusals(host: FakeHost): Promise<string[]> {
    const works = [
      trustedKeys(host),
      listTrust(host),
      trust(PGP, 'x', true, host),
      distrust(PGP, true, host),
    ];
    return [...new Set(await Promise.all(works.map(code)))];
  }

  it.each([
    ['group', 0o664],
    ['others', 0o646],
  ])('is refused when the %s may write to it', async (_, mode) => {
    const host = await trusting();
    await chmod(trustStorePath(host), mode);
    expect(await refusals(host)).toEqual(['E_TRUST_STORE']);
  });

  it.each([
    ['group', 0o770],
    ['others', 0o757],
    ['others, sticky', 0o1777],
  ])('is refused when the %s may write to its folder', async (_, mode) => {
    const host = await trusting();
    await chmod(host.layout.stateDir, mode);
    expect(await refusals(host)).toEqual(['E_TRUST_STORE']);
  });

  it('is refused when others may rename its folder', async () => {
    const host = await trusting();
    await chmod(host.root, 0o777);
    expect(await refusals(host)).toEqual(['E_TRUST_STORE']);
    await chmod(host.root, 0o700);
    expect(await refusals(host)).toEqual(['fine']);
  });

  it.each(['the file', 'its folder'])("is refused when %s is somebody else's", async (what) => {
    const host = await trusting();
    const path = what === 'the file' ? trustStorePath(host) : host.layout.stateDir;
    const theirs = (found: string, real: FileStat | undefined) =>
      real === undefined || found !== path ? real : { ...real, uid: 4242 };
    const files = {
      ...host.files,
      lstat: async (found: string) => theirs(found, await systemFiles.lstat(found)),
    };
    expect(await refusals({ ...host, files })).toEqual(['E_TRUST_STORE']);
    expect(await refusals(host)).toEqual(['fine']);
  });

  it('is refused when it is a link, though the target is fine', async () => {
    const host = await trusting();
    const path = trustStorePath(host);
    await rename(path, `${path}.real`);
    await symlink(`${path}.real`, path);
    expect(await refusals(host)).toEqual(['E_TRUST_STORE']);
  });

  it('is refused when it is a folder', async () => {
    const host = await machine();
    await mkdir(trustStorePath(host), { recursive: true });
    expect(await refusals(host)).toEqual(['E_TRUST_STORE']);
  });

  const ENTRY = { ...PGP, addedAt: '2026-11-22T03:00:00.000Z', by: 'root', reason: 'test' };
  const store = (...keys: unknown[]) => JSON.stringify({ version: 1, keys });
  it.each<[string, string]>([
    ['nothing', ''],
    ['half of it', store(ENTRY).slice(0, 50)],
    ['null', 'null'],
    ['a list', '[]'],
    ['no version', JSON.stringify({ keys: [ENTRY] })],
    ['a later version', JSON.stringify({ version: 2, keys: [ENTRY] })],
    ['no list', JSON.stringify({ version: 1, keys: { 0: ENTRY } })],
    ['a null entry', store(null)],
    ['an entry without a reason', store({ ...ENTRY, reason: undefined })],
    ['another kind', store({ ...ENTRY, kind: 'rsa' })],
    ['a short fingerprint', store({ ...ENTRY, fingerprint: '6D7D1512FAB0E76E' })],
    ['lower case', store({ ...ENTRY, fingerprint: ENTRY.fingerprint.toLowerCase() })],
    ['a fingerprint that is no text', store({ ...ENTRY, fingerprint: [ENTRY.fingerprint] })],
    ['an ed25519 key of 40 digits', store({ ...ENTRY, kind: 'ed25519' })],
    ['no date', store({ ...ENTRY, addedAt: 'yesterday' })],
    ['a terminal sequence', store({ ...ENTRY, by: '\u001b[2Jroot' })],
    ['17 entries', store(...Array.from({ length: 17 }, () => ENTRY))],
    ['a megabyte', `${store(ENTRY)}${' '.repeat(1024 ** 2)}`],
  ])('is refused when it holds %s', async (_, text) => {
    const host = await machine();
    await mkdir(host.layout.stateDir);
    await writeFile(trustStorePath(host), text);
    expect(await refusals(host)).toEqual(['E_TRUST_STORE']);
    // And nobody's keys are thrown away for it.
    expect(await readFile(join(host.layout.stateDir, 'trust.json'), 'utf8')).toBe(text);
  });

  it('cannot bring in a built-in key under another name', async () => {
    const host = await machine();
    await mkdir(host.layout.stateDir);
    const [first] = BUILT_IN_KEYS;
    await writeFile(trustStorePath(host), store({ ...ENTRY, ...first, origin: 'built-in' }));
    expect(await trustedKeys(host)).toEqual(BUILT_IN_KEYS);
  });
});
