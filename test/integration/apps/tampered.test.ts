import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPackage, verifyPackage } from '../../../src/apps/read-package.js';
import type { Refusal } from '../../../src/errors.js';
import { quietHost, spawned, xzOf } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';
import { storedXz } from '../../helpers/stored-xz.js';
import {
  archiveOf,
  archiveWith,
  makeSpk,
  manifestOf,
  signatureMessage,
  signatureOver,
  spkKey,
  spkOf,
} from '../../stand-ins/spk.js';

const GENUINE = await readFile(fileURLToPath(new URL('../../fixtures/spk/notes-v1.spk', import.meta.url)));
const host = quietHost();
const KEY = spkKey('ours');
const ARCHIVE = archiveOf({ key: KEY, fillerBytes: 400_000 });
const SIGNATURE = signatureOver(ARCHIVE, KEY);
const MAGIC = GENUINE.subarray(0, 8);

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

/** Code of the refusal, or 'ok'. */
async function outcome(read: typeof readPackage, file: Buffer): Promise<string> {
  const path = join(await tempDir(), 'some.spk');
  await writeFile(path, file);
  return read(path, host).then(
    () => 'ok',
    (error: unknown) => (error as Partial<Refusal>).code ?? String(error),
  );
}

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** S + L says the same to who does not look closely. */
function malleated(): Buffer {
  const attached = Buffer.from(SIGNATURE.subarray(-128));
  let s = BigInt(`0x${Buffer.from(attached.subarray(32, 64)).reverse().toString('hex')}`) + L;
  for (let at = 32; at < 64; at += 1, s >>= 8n) attached[at] = Number(s & 255n);
  return signatureMessage(KEY.publicKey, attached);
}

/** With a key of order 1 any signature of this form is right for everything, but for who refuses such keys. */
function ofSmallOrder(): Buffer {
  const identity = Buffer.alloc(32);
  identity[0] = 1;
  const hash = SIGNATURE.subarray(-64);
  return signatureMessage(identity, Buffer.concat([identity, Buffer.alloc(32), hash]));
}

describe.skipIf(!requireReal('tampered app packages', ['xz']))('a package that is', () => {
  const packed = (signature: Uint8Array, archive: Uint8Array): Buffer => spkOf(signature, archive);
  const stream = Buffer.concat([SIGNATURE, ARCHIVE]);

  it.each<[what: string, file: Buffer, read: string, verify: string]>([
    ['as it should be', packed(SIGNATURE, ARCHIVE), 'ok', 'ok'],
    ['empty', Buffer.alloc(0), 'E_SPK_FORMAT', 'E_SPK_FORMAT'],
    ['seven bytes', GENUINE.subarray(0, 7), 'E_SPK_FORMAT', 'E_SPK_FORMAT'],
    ['a text', Buffer.from('hello, world, I am a text\n'), 'E_SPK_FORMAT', 'E_SPK_FORMAT'],
    ['xz without the magic number', GENUINE.subarray(8), 'E_SPK_FORMAT', 'E_SPK_FORMAT'],
    ['the magic number alone', Buffer.from(MAGIC), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    ['not xz behind it', Buffer.concat([MAGIC, stream]), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    ['short of one byte', GENUINE.subarray(0, -1), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    ['half of it', GENUINE.subarray(0, 130_000), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    ['followed by a byte', Buffer.concat([GENUINE, Buffer.from('x')]), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    ['followed by zeros', Buffer.concat([GENUINE, Buffer.alloc(8)]), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    [
      'followed by a second xz stream',
      Buffer.concat([GENUINE, storedXz(Buffer.from('more'))]),
      'E_SPK_CORRUPT',
      'E_SPK_CORRUPT',
    ],
    [
      'two xz streams',
      Buffer.concat([MAGIC, xzOf(SIGNATURE), xzOf(ARCHIVE)]),
      'E_SPK_CORRUPT',
      'E_SPK_CORRUPT',
    ],
    ['packed by one thread', Buffer.concat([MAGIC, xzOf(stream, '-T1')]), 'ok', 'ok'],
    ['packed in many blocks', Buffer.concat([MAGIC, xzOf(stream, '-T2', '--block-size=4096')]), 'ok', 'ok'],
    ['packed with SHA-256 as check', Buffer.concat([MAGIC, xzOf(stream, '-T2', '-C', 'sha256')]), 'ok', 'ok'],
    ['packed with -8', Buffer.concat([MAGIC, xzOf(stream, '-8')]), 'ok', 'ok'],
    [
      'packed for who has much memory',
      Buffer.concat([MAGIC, xzOf(stream, '--lzma2=dict=256MiB')]),
      'E_SPK_TOO_BIG',
      'E_SPK_TOO_BIG',
    ],
    ['changed in its packed middle', flipped(GENUINE, 200_000), 'any', 'E_SPK_CORRUPT'],
    ['changed in its index', flipped(GENUINE, GENUINE.length - 18), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    ['changed in its footer', flipped(GENUINE, GENUINE.length - 5), 'E_SPK_CORRUPT', 'E_SPK_CORRUPT'],
    [
      'changed in a file, and packed again',
      packed(SIGNATURE, flipped(ARCHIVE, 200_000)),
      'ok',
      'E_SPK_SIGNATURE',
    ],
    ['signed for another archive', packed(signatureOver(GENUINE, KEY), ARCHIVE), 'ok', 'E_SPK_SIGNATURE'],
    [
      'signed by another key than it names',
      packed(signatureMessage(spkKey('theirs').publicKey, SIGNATURE.subarray(-128)), ARCHIVE),
      'ok',
      'E_SPK_SIGNATURE',
    ],
    ['signed with S + L', packed(malleated(), ARCHIVE), 'ok', 'E_SPK_SIGNATURE'],
    ['signed by a key of small order', packed(ofSmallOrder(), ARCHIVE), 'ok', 'E_SPK_SIGNATURE'],
    [
      'followed by more in the same stream',
      packed(SIGNATURE, Buffer.concat([ARCHIVE, Buffer.alloc(8)])),
      'E_SPK_CONTENTS',
      'E_SPK_CONTENTS',
    ],
    ['cut inside the stream', packed(SIGNATURE, ARCHIVE.subarray(0, -8)), 'E_SPK_CONTENTS', 'E_SPK_CONTENTS'],
    ['without an archive', packed(SIGNATURE, Buffer.alloc(0)), 'E_SPK_CONTENTS', 'E_SPK_CONTENTS'],
  ])('%s', async (_, file, read, verify) => {
    if (read !== 'any') expect(await outcome(readPackage, file)).toBe(read);
    expect(await outcome(verifyPackage, file)).toBe(verify);
  });

  it('signed, but with a web address that runs a program, is refused', async () => {
    for (const described of [{ website: 'javascript:alert(1)' }, { codeUrl: 'file:///etc/passwd' }]) {
      expect(await outcome(readPackage, makeSpk(described))).toBe('E_SPK_CONTENTS');
    }
  });

  it('signed, but with a manifest that is none, is refused', async () => {
    const signed = (manifest: Buffer): Buffer => {
      const archive = archiveWith([{ name: 'sandstorm-manifest', content: manifest }]);
      return spkOf(signatureOver(archive, KEY), archive);
    };
    expect(await outcome(verifyPackage, signed(manifestOf({})))).toBe('ok');
    expect(await outcome(verifyPackage, signed(Buffer.from('manifest')))).toBe('E_SPK_CONTENTS');
    expect(await outcome(verifyPackage, signed(manifestOf({}).subarray(0, -16)))).toBe('E_SPK_CONTENTS');
    expect(await outcome(verifyPackage, signed(Buffer.alloc(64, 0xff)))).toBe('E_SPK_CONTENTS');
  });

  it('a folder, a pipe, or not there', async () => {
    const dir = await tempDir();
    const pipe = join(dir, 'pipe');
    spawned('mkfifo', [pipe]);
    for (const [path, code] of [
      [dir, 'E_SPK_FORMAT'],
      [pipe, 'E_SPK_FORMAT'],
      [join(dir, 'none'), 'E_SPK_MISSING'],
    ] as const) {
      await expect(readPackage(path, host)).rejects.toMatchObject({ code });
    }
  });

  it('unpacked where there is no xz is no fault of the package', async () => {
    const path = join(await tempDir(), 'some.spk');
    await writeFile(path, GENUINE);
    const without = {
      ...host,
      commands: {
        ...host.commands,
        filter: (_: string, args: readonly string[]) => host.commands.filter('/nonexistent/xz', args),
      },
    };
    for (const read of [readPackage, verifyPackage]) {
      await expect(read(path, without)).rejects.toMatchObject({ code: 'E_IO', hint: 'apt install xz-utils' });
    }
  });
});
