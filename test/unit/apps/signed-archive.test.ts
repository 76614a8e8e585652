import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ArchiveTooBig, SignedArchive } from '../../../src/apps/signed-archive.js';
import { CapnpWriter } from '../../helpers/capnp-writer.js';
import {
  archiveOf,
  archiveWith,
  manifestOf,
  signatureMessage,
  signatureOver,
  spkKey,
  type SpkFile,
} from '../../stand-ins/spk.js';

const KEY = spkKey('any');
const MANIFEST = manifestOf({ title: 'One' });
const named = (name: string, content: SpkFile['content'] = Buffer.from('x')): SpkFile => ({ name, content });
const manifest = named('sandstorm-manifest', MANIFEST);

function streamOf(archive: Buffer): Buffer {
  return Buffer.concat([signatureOver(archive, KEY), archive]);
}

/** In pieces of that size; how many rounds it took. */
function read(stream: Buffer, pieceBytes: number, extent: 'all' | 'until the manifest', rounds = 4) {
  const archive = new SignedArchive(extent);
  for (let round = 1; round <= rounds; round += 1) {
    for (let at = 0; at < stream.length && archive.wantsIn(at, Infinity); at += pieceBytes) {
      archive.push(stream.subarray(at, at + pieceBytes), at);
    }
    if (extent === 'all' && round === 1) archive.end();
    if (archive.isFound) return { archive, round };
    archive.again();
  }
  throw new Error('not found');
}

/** The name, or the manifest itself, stands a long way before what leads to it. */
function backwards(what: 'manifest' | 'names'): Buffer {
  const writer = new CapnpWriter();
  const top = writer.struct(0, 0, 1);
  const gap = Buffer.alloc(1_500_000);
  // Two words nobody points to, where a pointer can be parked until it is known what leads there.
  const parked = writer.struct(top, 0, 3);
  if (what === 'manifest') writer.bytes(parked, MANIFEST);
  else writer.text(parked, 'sandstorm-manifest');
  writer.bytes(parked + 1, gap);
  const first = writer.structs(top, 1, 2, 2);
  if (what === 'manifest') {
    writer.text(first + 2, 'sandstorm-manifest');
    writer.sameAs(first + 3, parked);
  } else {
    writer.sameAs(first + 2, parked);
    writer.bytes(first + 3, MANIFEST);
  }
  return writer.message();
}

describe('SignedArchive', () => {
  const archive = archiveOf({ fillerBytes: 200_000 });

  it.each([1, 7, 4096, 1_000_000])('is the same in pieces of %s bytes', (pieceBytes) => {
    const archive = archiveOf({ fillerBytes: pieceBytes < 64 ? 100 : 200_000 });
    const { archive: seen, round } = read(streamOf(archive), pieceBytes, 'all');
    expect(round).toBe(1);
    expect(seen.archiveBytes).toBe(archive.length);
    expect(seen.sha512()).toEqual(createHash('sha512').update(archive).digest());
    expect(seen.signature.sha512).toEqual(createHash('sha512').update(archive).digest());
    expect(seen.manifestBytes()).toEqual(manifestOf({}));
  });

  it('wants no more once it has the manifest, if that is all', () => {
    const long = archiveWith([manifest, named('z', Buffer.alloc(3_000_000))]);
    const seen = new SignedArchive('until the manifest');
    const stream = streamOf(long);
    seen.push(stream.subarray(0, 4096), 0);
    expect(seen.isFound).toBe(true);
    expect(seen.wantsIn(4096, Infinity)).toBe(false);
  });

  it('leaves out what is between, when that is not shown to it', () => {
    const stream = streamOf(archiveWith([named('a', Buffer.alloc(3_000_000)), manifest]));
    const seen = new SignedArchive('until the manifest');
    seen.push(stream.subarray(0, 65_536), 0);
    expect(seen.wantsIn(65_536, 2_000_000)).toBe(false);
    expect(seen.wantsIn(2_000_000, stream.length)).toBe(true);
    seen.push(stream.subarray(2_000_000), 2_000_000);
    expect(seen.manifestBytes()).toEqual(MANIFEST);
  });

  it.each(['manifest', 'names'] as const)(
    'finds %s that stand before what leads there in a second round',
    (what) => {
      for (const extent of ['all', 'until the manifest'] as const) {
        const { archive: seen, round } = read(streamOf(backwards(what)), 65_536, extent);
        expect(round).toBe(2);
        expect(seen.manifestBytes()).toEqual(MANIFEST);
      }
    },
  );

  const refused: readonly (readonly [what: string, archive: Buffer, why: string])[] = [
    ['no manifest', archiveWith([named('README')]), 'it has no manifest'],
    ['two files of one name', archiveWith([manifest, named('a'), named('a')]), 'two files of one name'],
    ['a second manifest', archiveWith([manifest, manifest]), 'two files of one name'],
    ['a name with a slash', archiveWith([manifest, named('../etc/passwd')]), 'a name that is none'],
    ['a name that is the folder above', archiveWith([manifest, named('..')]), 'a name that is none'],
    ['a name with a zero', archiveWith([manifest, named('a\0b')]), 'a name that is none'],
    ['an empty name', archiveWith([manifest, named('')]), 'a name that is none'],
    ['a name of 256 letters', archiveWith([manifest, named('x'.repeat(256))]), 'too long'],
    ['a manifest that is a folder', archiveWith([named('sandstorm-manifest', 'folder')]), 'no regular file'],
    ['an empty manifest', archiveWith([named('sandstorm-manifest', Buffer.alloc(0))]), 'no regular file'],
    [
      'a manifest of 9 MiB',
      archiveWith([named('sandstorm-manifest', Buffer.alloc(9 << 20))]),
      'larger than 8 MiB',
    ],
    ['nothing', new CapnpWriter().message(), 'is empty'],
  ];
  it.each(refused)('refuses an archive with %s', (_, bad, why) => {
    expect(() => read(streamOf(bad), 65_536, 'all')).toThrow(why);
  });

  it('refuses what is cut short, or goes on behind its end', () => {
    const stream = streamOf(archive);
    expect(() => read(stream.subarray(0, -1), 4096, 'all')).toThrow('cut short');
    expect(() => read(stream.subarray(0, 100), 4096, 'all')).toThrow('cut short');
    expect(() => read(Buffer.concat([stream, Buffer.alloc(8)]), 4096, 'all')).toThrow(
      'something stands behind',
    );
  });

  it('refuses an archive that says it has more than 1 GiB, before it reads on', () => {
    const table = Buffer.alloc(16);
    table.writeUInt32LE(2 ** 27, 4);
    const stream = Buffer.concat([signatureOver(archive, KEY), table]);
    expect(() => new SignedArchive('all').push(stream, 0)).toThrow(ArchiveTooBig);
  });

  it('refuses a signature of another length, and one that goes on and on', () => {
    expect(() => new SignedArchive('all').push(Buffer.concat([archive, archive]), 0)).toThrow(
      'too large to be one',
    );
    const short = signatureMessage(KEY.publicKey.subarray(1), Buffer.alloc(128));
    expect(() => new SignedArchive('all').push(Buffer.concat([short, archive]), 0)).toThrow(
      'not the length of one',
    );
  });
});
