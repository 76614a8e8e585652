import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { trust } from '../../../src/operations/trust.js';
import type { Finding } from '../../../src/release/signature/finding.js';
import { BUILT_IN_KEYS, parseKeyName, type TrustedKey } from '../../../src/release/signature/keys.js';
import { watchSignatures } from '../../../src/release/signature/watch.js';
import { stageRelease } from '../../../src/release/stage.js';
import { verifyRelease, whileWatching, type VerifyOptions } from '../../../src/release/verify.js';
import type { Host } from '../../../src/system/host.js';
import { gzipOf, quietHost, seeded, spawned, xzOf } from '../../helpers/archives.js';
import { requireReal } from '../../helpers/real-parts.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/release-signature/', import.meta.url));
const NAME = 'sandstorm-9.tar.xz';
const ED = parseKeyName(
  '0x20ab7a4553cb65c7, 0x1efa70c783075e0c, 0x8bbda4b8b88473cf, 0x948b4284d752b5b3',
  'KEY',
);
const PGP = parseKeyName('C191913FB4F72C71EA7E96486D7D1512FAB0E76E', 'KEY');
const added = (key: typeof ED): TrustedKey => ({ ...key, origin: 'store' });
const BOTH = [...BUILT_IN_KEYS, added(ED), added(PGP)];

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const host = quietHost();

describe.skipIf(!requireReal('verifying release tarballs', ['xz']))('verifyRelease', () => {
  let root: string;
  let dir: string;
  let count = 0;
  const keyFile = join(FIXTURES, 'release-key.asc');

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'verify-release-'));
  });
  beforeEach(async () => {
    dir = join(root, String((count += 1)));
    await mkdir(dir);
    for (const end of ['', '.sig', '.update-sig'])
      await copyFile(join(FIXTURES, NAME + end), join(dir, NAME + end));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const file = (end: '' | '.sig' | '.update-sig') => join(dir, NAME + end);
  const without = (end: '.sig' | '.update-sig') => rm(file(end));
  async function change(end: '' | '.sig' | '.update-sig', how: (bytes: Buffer) => Uint8Array): Promise<void> {
    await writeFile(file(end), how(await readFile(file(end))));
  }

  /** "valid, absent: ok", "wrong, valid: E_SIGNATURE_WRONG", or the code of a refusal. */
  async function outcome(options: VerifyOptions = {}, on: Host = host): Promise<string> {
    try {
      const { signatures, verdict } = await verifyRelease(file(''), on, { trust: BOTH, keyFile, ...options });
      const states = signatures.map(({ state }: Finding) => state).join(', ');
      return `${states}: ${verdict.authentic ? 'ok' : verdict.code}`;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  it('proves a genuine little release with both signatures in one reading', async () => {
    let opened = 0;
    const files = { ...host.files };
    files.openRead = (path) => {
      opened += 1;
      return host.files.openRead(path);
    };
    const { facts, signatures, verdict } = await verifyRelease(
      file(''),
      { ...host, files },
      { trust: BOTH, keyFile },
    );
    expect(opened).toBe(1);
    expect(facts).toMatchObject({ build: 9, entries: 3 });
    expect(signatures).toEqual([
      { kind: 'ed25519', file: file('.update-sig'), state: 'valid', key: added(ED) },
      {
        kind: 'openpgp',
        file: file('.sig'),
        state: 'valid',
        key: added(PGP),
        madeAt: '2026-11-22T05:12:07.000Z',
      },
    ]);
    expect(verdict).toEqual({ authentic: true, by: signatures });
  });

  it('takes its keys from the trust store', async () => {
    const stateDir = join(dir, 'state');
    const mine = { ...host, layout: { ...host.layout, stateDir } };
    const fromStore = async () => {
      const { signatures } = await verifyRelease(file(''), mine, { keyFile });
      return signatures.map(({ state }) => state);
    };
    expect(await fromStore()).toEqual(['wrong', 'unknown-key']);
    await trust(ED, 'test', false, mine);
    expect(await fromStore()).toEqual(['valid', 'unknown-key']);
    await trust(PGP, 'test', false, mine);
    expect(await fromStore()).toEqual(['valid', 'valid']);
  });

  it('is content with either', async () => {
    await without('.sig');
    expect(await outcome()).toBe('valid, absent: ok');
    await copyFile(join(FIXTURES, `${NAME}.sig`), file('.sig'));
    await without('.update-sig');
    expect(await outcome()).toBe('absent, valid: ok');
  });

  it('is not content with neither', async () => {
    await without('.sig');
    await without('.update-sig');
    expect(await outcome()).toBe('absent, absent: E_TARBALL_UNSIGNED');
  });

  it('takes the OpenPGP key from an install script', async () => {
    await without('.update-sig');
    const installScript = join(dir, 'install.sh');
    await writeFile(
      installScript,
      `#!/bin/bash\ncat << __EOF__\n${await readFile(keyFile, 'utf8')}__EOF__\n`,
    );
    expect(await outcome({ keyFile: undefined, installScript })).toBe('absent, valid: ok');
    expect(await outcome({ installScript })).toBe('absent, valid: ok');
    await writeFile(installScript, '#!/bin/bash\n');
    expect(await outcome({ keyFile: undefined, installScript })).toBe(
      'absent, unknown-key: E_SIGNATURE_UNTRUSTED_KEY',
    );
    expect(await outcome({ installScript: join(dir, 'nope') })).toBe('E_INSTALL_SCRIPT');
    expect(await outcome({ keyFile: join(dir, 'nope') })).toBe('E_SIGNATURE_FORMAT');
    expect(await outcome({ keyFile: file('') })).toBe('E_SIGNATURE_FORMAT');
    expect(await outcome({ keyFile: '/dev/zero' })).toBe('E_IO');
  });

  it('gives nothing for keys that nobody trusts', async () => {
    expect(await outcome({ trust: BUILT_IN_KEYS })).toBe('wrong, unknown-key: E_SIGNATURE_WRONG');
    await without('.update-sig');
    expect(await outcome({ trust: BUILT_IN_KEYS })).toBe('absent, unknown-key: E_SIGNATURE_UNTRUSTED_KEY');
    expect(await outcome({ keyFile: undefined })).toBe('absent, unknown-key: E_SIGNATURE_UNTRUSTED_KEY');
  });

  describe('a tarball that was tampered with', () => {
    it('whole and well-formed, but another one', async () => {
      // The same release, packed again: not one entry differs.
      await change('', (bytes) => xzOf(spawned('xz', ['-dc'], bytes), '-0'));
      expect(await outcome()).toBe('wrong, wrong: E_SIGNATURE_WRONG');
      await without('.sig');
      expect(await outcome()).toBe('wrong, absent: E_SIGNATURE_WRONG');
    });

    it('with zeros behind its end, which xz takes for padding', async () => {
      await change('', (bytes) => Buffer.concat([bytes, Buffer.alloc(4)]));
      expect(await outcome()).toBe('wrong, wrong: E_SIGNATURE_WRONG');
    });

    it('packed as gzip', async () => {
      await change('', (bytes) => gzipOf(spawned('xz', ['-dc'], bytes)));
      expect(await outcome()).toBe('wrong, wrong: E_SIGNATURE_WRONG');
    });

    it('in any byte, or cut anywhere: never authentic', { timeout: 120_000 }, async () => {
      const good = await readFile(file(''));
      const random = seeded(5);
      const outcomes = new Set<string>();
      for (let round = 0; round < 60; round += 1) {
        const bytes = Buffer.from(good);
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        await writeFile(file(''), round % 3 === 0 ? good.subarray(0, at) : bytes);
        outcomes.add(await outcome());
      }
      expect([...outcomes].filter((one) => one.endsWith('ok'))).toEqual([]);
      expect([...outcomes]).toContain('E_TARBALL_CORRUPT');
    });
  });

  describe('a signature that was tampered with', () => {
    const flip = (at: number) => (bytes: Buffer) => {
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    /** Replaces the half of the ed25519 signature that is a number. */
    const scalar = (how: (s: bigint) => bigint) => (bytes: Buffer) => {
      const s = BigInt(`0x${Buffer.from(bytes.subarray(64, 96)).reverse().toString('hex')}`);
      Buffer.from(how(s).toString(16).padStart(64, '0'), 'hex').reverse().copy(bytes, 64);
      return bytes;
    };
    const put = (hex: string, at: number) => (bytes: Buffer) => {
      Buffer.from(hex, 'hex').copy(bytes, at);
      return bytes;
    };

    it.each<[string, (bytes: Buffer) => Uint8Array, string]>([
      ['one bit of R', flip(32), 'wrong'],
      ['one bit of S', flip(64), 'wrong'],
      ['S + L', scalar((s) => s + L), 'wrong'],
      ['S of zero', scalar(() => 0n), 'wrong'],
      ['R of small order', put(`01${'00'.repeat(31)}`, 32), 'wrong'],
      ['R that is not canonical', put(`ee${'ff'.repeat(30)}7f`, 32), 'wrong'],
      ['all zeros', (bytes) => bytes.fill(0, 32), 'wrong'],
      ['a count of two', flip(24 + 3), 'malformed'],
      ['cut in the middle', (bytes) => bytes.subarray(0, 60), 'malformed'],
      ['one byte short', (bytes) => bytes.subarray(0, -1), 'malformed'],
      ['one byte more', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]), 'malformed'],
      ['the bare 64 bytes', (bytes) => bytes.subarray(32), 'malformed'],
      ['empty', () => Buffer.alloc(0), 'malformed'],
      ['8 bytes of ff', () => Buffer.alloc(8, 0xff), 'malformed'],
      ['a megabyte', () => Buffer.alloc(1024 ** 2), 'malformed'],
      ['a page that says not found', () => Buffer.from('<html>404 Not Found</html>'), 'malformed'],
    ])('.update-sig: %s', async (_, how, state) => {
      await change('.update-sig', how);
      const code = state === 'wrong' ? 'E_SIGNATURE_WRONG' : 'E_SIGNATURE_FORMAT';
      // The other one is right, and does not make up for it.
      expect(await outcome()).toBe(`${state}, valid: ${code}`);
    });

    it.each<[string, (bytes: Buffer) => Uint8Array, string]>([
      ['its last bit', (bytes) => flip(bytes.length - 1)(bytes), 'wrong'],
      ['its date', (bytes) => flip(bytes.indexOf(Buffer.from('05026b', 'hex')) + 5)(bytes), 'wrong'],
      ['cut in the middle', (bytes) => bytes.subarray(0, 150), 'malformed'],
      ['one byte short', (bytes) => bytes.subarray(0, -1), 'malformed'],
      ['empty', () => Buffer.alloc(0), 'malformed'],
      ['a key instead', () => Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----\n'), 'malformed'],
      ['a megabyte', () => Buffer.alloc(1024 ** 2), 'malformed'],
      ['a page that says not found', () => Buffer.from('<html>404 Not Found</html>'), 'malformed'],
    ])('.sig: %s', async (_, how, state) => {
      await change('.sig', how);
      const code = state === 'wrong' ? 'E_SIGNATURE_WRONG' : 'E_SIGNATURE_FORMAT';
      expect(await outcome()).toBe(`valid, ${state}: ${code}`);
    });

    it.each(['.sig', '.update-sig'] as const)(
      '%s that is a folder, a device, a link to nowhere',
      async (end) => {
        const expected = end === '.sig' ? /^valid, malformed/ : /^malformed, valid/;
        await rm(file(end));
        await mkdir(file(end));
        expect(await outcome()).toMatch(expected);
        for (const target of ['/dev/zero', '/nowhere']) {
          await rm(file(end), { recursive: true });
          await symlink(target, file(end));
          expect(await outcome()).toMatch(expected);
        }
      },
    );

    it('exchanged with one another', async () => {
      const [sig, updateSig] = [await readFile(file('.sig')), await readFile(file('.update-sig'))];
      await writeFile(file('.sig'), updateSig);
      await writeFile(file('.update-sig'), sig);
      expect(await outcome()).toBe('malformed, malformed: E_SIGNATURE_FORMAT');
    });

    it('.update-sig of several keys: the last one is the added key, the first the built-in', async () => {
      // Two elements: the fixture's signature, and one of zeros.
      const two = (order: (genuine: Buffer) => Buffer[]) => (bytes: Buffer) => {
        const head = Buffer.from(bytes.subarray(0, 32));
        head.writeUInt32LE(19, 4);
        head.writeUInt32LE((16 << 3) | 7, 20);
        head.writeUInt32LE(2 << 2, 24);
        return Buffer.concat([head, ...order(bytes.subarray(32, 96))]);
      };
      await without('.sig');
      const genuine = await readFile(file('.update-sig'));
      await writeFile(file('.update-sig'), two((one) => [Buffer.alloc(64), one])(genuine));
      expect(await outcome()).toBe('valid, absent: ok');
      await writeFile(file('.update-sig'), two((one) => [one, Buffer.alloc(64)])(genuine));
      expect(await outcome()).toBe('wrong, absent: E_SIGNATURE_WRONG');
      expect(await outcome({ trust: [{ ...ED, origin: 'built-in' }] })).toBe('valid, absent: ok');
    });
  });

  describe('a key that was tampered with', () => {
    it('of the .sig, in any byte of it or cut: vouches for nothing', { timeout: 120_000 }, async () => {
      await without('.update-sig');
      const armored = await readFile(keyFile, 'utf8');
      const key = Buffer.from(/\n\n([^]+?)\n=/.exec(armored)?.[1] ?? '', 'base64');
      const other = join(dir, 'other.key');
      await writeFile(other, key);
      expect(await outcome({ keyFile: other })).toBe('absent, valid: ok');
      // Its first packet is the key itself; what follows are names and what the key says of itself.
      const length = 3 + key.readUInt16BE(1);
      const random = seeded(17);
      for (let round = 0; round < 40; round += 1) {
        const at = Math.floor(random() * length);
        const bytes = Buffer.from(key);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        await writeFile(other, round % 4 === 0 ? key.subarray(0, at) : bytes);
        expect(await outcome({ keyFile: other }), `byte ${at}`).toMatch(
          /^absent, unknown-key: |^E_SIGNATURE_FORMAT$/,
        );
      }
    });

    it('of the .update-sig, in any bit: vouches for nothing', { timeout: 120_000 }, async () => {
      await without('.sig');
      const random = seeded(18);
      for (let round = 0; round < 40; round += 1) {
        const bytes = Buffer.from(ED.fingerprint, 'hex');
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        const key = added({ ...ED, fingerprint: bytes.toString('hex').toUpperCase() });
        expect(await outcome({ trust: [key] }), `byte ${at}`).toBe('wrong, absent: E_SIGNATURE_WRONG');
      }
    });

    it('of small order, by which one signature would be right for every tarball', async () => {
      await without('.sig');
      // R is S times the base point, here the point itself: right for a key that adds nothing, whatever is signed.
      const base = `58${'66'.repeat(31)}`;
      await change('.update-sig', (bytes) =>
        Buffer.concat([bytes.subarray(0, 32), Buffer.from(`${base}01${'00'.repeat(31)}`, 'hex')]),
      );
      for (const fingerprint of [
        `01${'00'.repeat(31)}`,
        `01${'00'.repeat(30)}80`,
        `EE${'FF'.repeat(30)}7F`,
      ]) {
        const key = added({ ...ED, fingerprint });
        expect(await outcome({ trust: [key] })).toBe('wrong, absent: E_SIGNATURE_WRONG');
      }
    });
  });

  it("works on a staged copy, about the original's bytes", async () => {
    const watching = async () => {
      const watch = await watchSignatures(file(''), BOTH, host, { keyFile });
      const staging = join(dir, 'staging');
      const { value, verdict } = await whileWatching(watch, (tap) =>
        stageRelease(file(''), staging, host, { tap }),
      );
      const same = (await readFile(value.path)).equals(await readFile(file('')));
      await value.discard();
      return { authentic: verdict.authentic, same };
    };
    expect(await watching()).toEqual({ authentic: true, same: true });
    await change('', (bytes) => gzipOf(spawned('xz', ['-dc'], bytes)));
    expect(await watching()).toEqual({ authentic: false, same: false });
  });
});
