import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPackage, verifyPackage } from '../../../src/apps/read-package.js';
import { MalformedMessage } from '../../../src/capnp/malformed.js';
import { Message, type ListReader, type StructReader } from '../../../src/capnp/message.js';
import { readManifest } from '../../../src/apps/manifest.js';
import { SignedArchive } from '../../../src/apps/signed-archive.js';
import { Refusal } from '../../../src/errors.js';
import { quietHost, seeded } from '../../helpers/archives.js';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { runWithPeak } from '../../helpers/peak-memory.js';
import { requireReal } from '../../helpers/real-parts.js';
import {
  archiveOf,
  archivePieces,
  manifestOf,
  signatureMessage,
  signatureOver,
  spkKey,
  spkOf,
} from '../../stand-ins/spk.js';

/*
 * Large packages, bombs, and whatever chance makes of good ones. SANDSTORM_AIRGAP_FUZZ_SEED repeats a run,
 * SANDSTORM_AIRGAP_FUZZ_ROUNDS makes it longer.
 */

const host = quietHost();
const KEY = spkKey('large');
const MEGABYTE = 1024 * 1024;
const MOST = 150 * MEGABYTE;
const seed = Number(process.env.SANDSTORM_AIRGAP_FUZZ_SEED ?? 1);
const rounds = Number(process.env.SANDSTORM_AIRGAP_FUZZ_ROUNDS ?? 2000);

describe.skipIf(!requireReal('large app packages', ['xz']))(
  'a package of 500 MB',
  { timeout: 120_000 },
  () => {
    let dir: string;
    let command: BuiltCommand;

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'large-spk-'));
      command = await buildCommand();
    });
    afterAll(async () => {
      await command.remove();
      await rm(dir, { recursive: true, force: true });
    });

    /** Signed, packed by xz with these options, and never in memory: the same zeros come again and again. */
    async function large(name: string, megabytes: number, manifestFirst: boolean, ...xzOptions: string[]) {
      const files = Array.from({ length: megabytes / 50 }, (_, index) => ({
        name: `file-${String(index)}`,
        content: filler,
      }));
      const manifest = { name: 'sandstorm-manifest', content: manifestOf({ title: 'Large' }) };
      const pieces = archivePieces(manifestFirst ? [manifest, ...files] : [...files, manifest]);
      const hash = createHash('sha512');
      for (const piece of pieces) hash.update(piece);
      const digest = hash.digest();
      const signature = signatureMessage(KEY.publicKey, Buffer.concat([KEY.sign(digest), digest]));
      const path = join(dir, name);
      await packInto(path, [signature, ...pieces], xzOptions);
      return path;
    }
    const filler = Buffer.alloc(50 * MEGABYTE);

    async function packInto(
      path: string,
      pieces: Iterable<Uint8Array>,
      xzOptions: readonly string[],
    ): Promise<void> {
      const xz = spawn('xz', ['-c', '-0', ...xzOptions], { stdio: ['pipe', 'pipe', 'inherit'] });
      const file = createWriteStream(path);
      file.write(Buffer.from('8fc6cdef451aea96', 'hex'));
      xz.stdout.pipe(file);
      for (const piece of pieces) if (!xz.stdin.write(piece)) await once(xz.stdin, 'drain');
      xz.stdin.end();
      await once(file, 'close');
    }

    it('takes at most 150 MB of memory, wherever the manifest is and however it is packed', async () => {
      // As much memory to unpack as the tool allows: `xz -8`.
      const path = await large('late.spk', 500, false, '-T1', '--lzma2=preset=0,dict=32MiB');
      for (const doing of ['inspect', 'verify']) {
        const ran = await runWithPeak(process.execPath, [command.file, 'spk', doing, path, '--json']);
        expect({ doing, exit: ran.exitCode, said: ran.stderr }).toEqual({ doing, exit: 0, said: '' });
        expect(ran.stdout).toContain('"title":"Large"');
        console.info(`spk ${doing} of 500 MB: at most ${String(Math.round(ran.peakBytes / 1e6))} MB`);
        expect(ran.peakBytes, doing).toBeLessThan(MOST);
      }
      const early = await large('early.spk', 100, true, '-T2', `--block-size=${String(24 * MEGABYTE)}`);
      const ran = await runWithPeak(process.execPath, [command.file, 'spk', 'verify', early, '--json']);
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(ran.peakBytes).toBeLessThan(MOST);
    });

    it('that is a bomb is refused soon, in little memory', async () => {
      const path = join(dir, 'bomb.spk');
      const archive = archiveOf({});
      const zeros = Array.from({ length: 4 }, () => filler);
      // The same small package with 200 MB of zeros behind it, and one that says it has 2 GB.
      const claim = Buffer.alloc(8);
      claim.writeUInt32LE(2 ** 28, 4);
      for (const [start, code] of [
        [archive, 'E_SPK_CONTENTS'],
        [claim, 'E_SPK_TOO_BIG'],
      ] as const) {
        await packInto(path, [signatureOver(archive, KEY), start, ...zeros], ['-T1']);
        for (const doing of ['inspect', 'verify']) {
          const ran = await runWithPeak(process.execPath, [command.file, 'spk', doing, path, '--json']);
          expect(ran.exitCode).toBe(5);
          expect(ran.stdout).toContain(`"code":"${code}"`);
          expect(ran.peakBytes).toBeLessThan(MOST);
        }
      }
    });
  },
);

describe('what chance makes of messages', () => {
  const good = [manifestOf({ title: 'T', categories: ['office'], icons: { appGrid: { svg: '<svg/>' } } })];
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);

  /** Some bytes, words or the length are changed; pointers are made of pointers. */
  function mutated(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    for (let times = 1 + below(4); times > 0; times -= 1) {
      const at = 8 * below(copy.length / 8);
      const from = 8 * below(copy.length / 8);
      const how = below(5);
      if (how === 0) copy[at + below(8)] = below(256);
      else if (how === 1) copy.copy(copy, at, from, from + 8);
      else if (how === 2) copy.writeUInt32LE(below(2 ** 32), at + 4 * below(2));
      else if (how === 3)
        copy.writeUInt32LE([0, 0xffff_ffff, 0x7fff_ffff, 2, 6][below(5)] ?? 0, at + 4 * below(2));
      else copy.writeInt32LE(((below(40) - 20) << 2) | below(4), at);
    }
    return below(10) === 0 ? copy.subarray(0, below(copy.length)) : copy;
  }

  function walk(struct: StructReader, depth = 0): number {
    let seen = struct.uint16(0) + Number(struct.bool(1));
    for (let pointer = 0; pointer < 6 && depth < 4; pointer += 1) {
      seen += tried(() => struct.text(pointer)?.length ?? 0);
      seen += tried(() => walk(struct.struct(pointer), depth + 1));
      seen += tried(() => through(struct.list(pointer), depth));
    }
    return seen;
  }
  function through(list: ListReader | undefined, depth: number): number {
    let seen = 0;
    for (const one of list?.structs() ?? []) if ((seen += walk(one, depth + 2)) > 1e6) break;
    return seen;
  }
  function tried(work: () => number): number {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      return 0;
    }
  }

  it(
    `is refused or read, and nothing else (seed ${String(seed)}, ${String(rounds)} rounds)`,
    { timeout: 600_000 },
    () => {
      const counts = { read: 0, refused: 0 };
      const archive = archiveOf({ fillerBytes: 3000 });
      const stream = Buffer.concat([signatureOver(archive, KEY), archive]);
      const judge = (work: () => void): void => {
        try {
          work();
          counts.read += 1;
        } catch (error) {
          if (
            !(error instanceof MalformedMessage) &&
            !(error instanceof Error && error.constructor.name === 'ArchiveTooBig')
          )
            throw error;
          counts.refused += 1;
        }
      };
      for (let round = 0; round < rounds; round += 1) {
        const message = mutated(good[round % good.length] ?? Buffer.alloc(0));
        judge(() => void readManifest(message));
        judge(() => void walk(Message.read(message, { traversalWords: 2000, trailing: 'ignore' }).root()));
        judge(() => {
          const seen = new SignedArchive('all');
          const hostile = Buffer.concat([stream.subarray(0, 192), mutated(stream.subarray(192))]);
          seen.push(hostile, 0);
          seen.end();
          readManifest(seen.manifestBytes());
        });
      }
      console.log(`fuzz: seed ${String(seed)}, ${String(rounds)} rounds: ${JSON.stringify(counts)}`);
      expect(counts.read).toBeGreaterThan(0);
      expect(counts.refused).toBeGreaterThan(rounds / 2);
    },
  );
});

describe.skipIf(!requireReal('broken app packages', ['xz']))('what chance makes of files', () => {
  it('is never taken for proven, and refused in words', { timeout: 600_000 }, async () => {
    const random = seeded(seed + 1);
    const genuine = await readFile(
      fileURLToPath(new URL('../../fixtures/spk/notes-v1.spk', import.meta.url)),
    );
    const archive = archiveOf({ fillerBytes: 500 });
    const small = spkOf(signatureOver(archive, KEY), archive);
    const dir = await mkdtemp(join(tmpdir(), 'fuzz-spk-'));
    const path = join(dir, 'one.spk');
    const codes: Record<string, number> = {};
    try {
      for (let round = 0; round < rounds / 50; round += 1) {
        const file = Buffer.from(round % 4 === 0 ? genuine : small);
        const at = Math.floor(random() * file.length);
        file[at] = (file[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        await writeFile(path, file);
        for (const read of [readPackage, verifyPackage]) {
          const code = await read(path, host).then(
            () => 'ok',
            (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
          );
          codes[`${read.name} ${code}`] = (codes[`${read.name} ${code}`] ?? 0) + 1;
        }
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
    console.log(`fuzz: seed ${String(seed + 1)}, files: ${JSON.stringify(codes)}`);
    expect(codes['verifyPackage ok']).toBeUndefined();
    for (const code of Object.keys(codes)) expect(code).toMatch(/^(readPackage ok|\w+ E_SPK_[A-Z]+)$/);
  });
});
