import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/errors.js';
import { NotTar, TarLayout } from '../../../src/release/tar-layout.js';
import { END_OF_TAR, filled, least, rawHeader, tarOf } from '../../helpers/archives.js';

const FILE = rawHeader({ name: 'sandstorm-308/x', flag: '0', size: 0 });
const pax = (text: string) => [rawHeader({ name: 'pax', flag: 'x', size: text.length }), filled(text)];
const long = (flag: string, text: string) => [
  rawHeader({ name: '@', flag, size: text.length }),
  filled(text),
];

function read(blocks: readonly Buffer[], pieceLength = 1e9): number[] {
  const layout = new TarLayout();
  const offsets: number[] = [];
  const bytes = Buffer.concat(blocks);
  for (let at = 0; at < bytes.length; at += pieceLength) {
    layout.push(bytes.subarray(at, at + pieceLength));
    for (let next = layout.nextDataOffset(); next !== undefined; next = layout.nextDataOffset()) {
      offsets.push(next);
    }
  }
  layout.end();
  return offsets;
}

function thrown(blocks: readonly Buffer[]): unknown {
  try {
    read(blocks);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('what both readers read alike', () => {
  it.each([1, 7, 511, 512, 513, 4096, 1e9])('in pieces of %d bytes', async (pieceLength) => {
    const tar = await tarOf([
      ...least(),
      { name: `sandstorm-308/${'ü'.repeat(120)}`, data: Buffer.alloc(700, 'x') },
      { name: 'sandstorm-308/last', data: 'y' },
    ]);
    expect(read([tar], pieceLength)).toEqual([512, 1024, 3072, 4608]);
  });

  it.each<[string, Buffer[]]>([
    ['long name and long link of one entry', [...long('K', 'target\0'), ...long('L', 'name\0'), FILE]],
    ['a pax record with a line break in its value', [...pax('15 comment=a\nb\n'), FILE]],
    ['owners and times', [...pax('13 uid=12345\n'), FILE]],
    ['much padding at the end', [FILE, Buffer.alloc(512 * 1024)]],
  ])('%s', (_, blocks) => {
    expect(read([...blocks, END_OF_TAR])).toHaveLength(1);
  });
});

describe('what could be read in two ways', () => {
  it.each<[string, Buffer[], RegExp]>([
    ['an entry behind the end', [FILE, END_OF_TAR, FILE, END_OF_TAR], /behind its end/],
    ['an entry behind one zero block', [FILE, Buffer.alloc(512), FILE, END_OF_TAR], /behind its end/],
    ['text behind the end', [FILE, END_OF_TAR, filled('hello')], /behind its end/],
    ['a header for all entries', [rawHeader({ name: 'g', flag: 'g', size: 8 })], /header for all entries/],
    ['holes', [rawHeader({ name: 'h', flag: 'S', size: 8 })], /holes/],
    ['a volume label', [rawHeader({ name: 'v', flag: 'V' })], /volume label/],
    ['an unknown kind', [rawHeader({ name: 'v', flag: 'Z' })], /unknown kind/],
    ['a device', [rawHeader({ name: 'dev/sda', flag: '4' })], /block device/],
    ['a folder with data', [rawHeader({ name: 'd/', flag: '5', size: 512 })], /has data/],
    ['a symbolic link with data', [rawHeader({ name: 'l', flag: '2', size: 512 })], /has data/],
    ['a hard link with data', [rawHeader({ name: 'l', flag: '1', size: 512 })], /has data/],
    ['a size in letters', [rawHeader({ name: 'f', flag: '0', size: '0000000z' })], /no number/],
    ['two numbers as size', [rawHeader({ name: 'f', flag: '0', size: '0001 0002' })], /no number/],
    ['a size left out', [rawHeader({ name: 'f', flag: '0', size: '' })], /no number/],
    ['two pax headers', [...pax('12 path=abc\n'), ...pax('12 path=def\n')], /contradict/],
    ['pax and a long name', [...pax('12 path=abc\n'), ...long('L', 'def\0')], /contradict/],
    ['two long names', [...long('L', 'abc\0'), ...long('L', 'def\0')], /contradict/],
    ['an empty long name', long('L', ''), /impossible length/],
    ['an endless pax header', [rawHeader({ name: 'x', flag: 'x', size: 1e6 })], /impossible length/],
    ['a pax size', pax('12 size=999\n'), /extended header "size"/],
    ['a pax name for sparse files', pax('22 GNU.sparse.name=ab\n'), /extended header "GNU.sparse.name"/],
    ['a pax record cut short', pax('99 path=abc\n'), /broken/],
    ['a pax record with a wrong length', pax('11 path=abc\n'), /broken/],
    ['a pax record without a value', pax('8 path=\n'), /broken/],
    ['pax text without records', pax('hello'), /broken/],
  ])('%s', (_, blocks, why) => {
    const refused = thrown([...blocks, END_OF_TAR]);
    expect(refused).toBeInstanceOf(Refusal);
    expect((refused as Refusal).message).toMatch(why);
    expect((refused as Refusal).code).toBe('E_TARBALL_CONTENTS');
  });

  it.each<[string, Buffer[]]>([
    ['8 GiB in one file', [rawHeader({ name: 'f', flag: '0', size: '\x80\0\0\0\0\0\0\x02\0\0\0\0' })]],
    ['zeros without end', [FILE, Buffer.alloc(1024 * 1024 + 512)]],
  ])('%s', (_, blocks) => {
    expect(thrown(blocks)).toMatchObject({ code: 'E_TARBALL_TOO_BIG' });
  });
});

describe('what is damaged', () => {
  const damaged = Buffer.from(FILE);
  damaged[3] = (damaged[3] ?? 0) ^ 1;
  it.each<[string, Buffer[]]>([
    ['nothing', []],
    ['no end', [FILE]],
    ['half an end', [FILE, Buffer.alloc(512)]],
    ['an end that is cut', [FILE, Buffer.alloc(1023)]],
    ['a file that is cut', [rawHeader({ name: 'f', flag: '0', size: 2000 }), END_OF_TAR]],
    ['a long name without its entry', [...long('L', 'abc\0'), END_OF_TAR]],
    ['a flipped bit in a header', [damaged, END_OF_TAR]],
  ])('%s', (_, blocks) => {
    expect(thrown(blocks)).toBeInstanceOf(NotTar);
  });
});
