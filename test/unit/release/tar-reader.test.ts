import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/errors.js';
import type { EntryHeader } from '../../../src/release/contents.js';
import { NotTar } from '../../../src/release/tar-header.js';
import { TarReader } from '../../../src/release/tar-reader.js';
import { END_OF_TAR, filled, least, rawHeader, spawned, tarOf } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';

const FILE = rawHeader({ name: 'sandstorm-308/x', flag: '0', size: 0 });
const pax = (text: string) => [rawHeader({ name: 'pax', flag: 'x', size: text.length }), filled(text)];
const long = (flag: string, text: string) => [
  rawHeader({ name: '@', flag, size: text.length }),
  filled(text),
];

/** With its checksum made right again. */
function checksummed(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

/** Each entry with its data. */
function read(blocks: readonly Buffer[], pieceLength = 1e9): (EntryHeader & { data: string })[] {
  const entries: (EntryHeader & { data: string })[] = [];
  const reader = new TarReader({
    entry(header) {
      entries.push({ ...header, data: '' });
      return 'data';
    },
    data(piece) {
      const last = entries.at(-1);
      if (last !== undefined) last.data += piece.toString('latin1');
    },
  });
  const bytes = Buffer.concat(blocks);
  for (let at = 0; at < bytes.length; at += pieceLength) reader.push(bytes.subarray(at, at + pieceLength));
  reader.end();
  return entries;
}

/** As another reader sees it, which does not look closely but knows the format. */
async function readByLibrary(tar: Buffer): Promise<(EntryHeader & { data: string })[]> {
  const entries: (EntryHeader & { data: string })[] = [];
  const library = extract();
  library.end(tar);
  for await (const entry of library) {
    const { name, type, size, mode, linkname } = entry.header as EntryHeader;
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    const data = Buffer.concat(pieces).toString('latin1');
    entries.push({ name, type, size, mode, linkname: linkname ?? '', data });
  }
  return entries;
}

function thrown(blocks: readonly Buffer[]): unknown {
  try {
    read(blocks);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('what can be read in one way', () => {
  const mixed = () =>
    tarOf([
      ...least(),
      { name: `sandstorm-308/${'ü'.repeat(120)}`, data: Buffer.alloc(700, 'x') },
      { name: `sandstorm-308/${'a'.repeat(90)}/${'b'.repeat(90)}`, data: Buffer.alloc(512, 'z') },
      { name: 'sandstorm-308/empty', mode: 0o4755 },
      { name: 'sandstorm-308/l', type: 'symlink', linkname: 'é'.repeat(80) },
      { name: 'sandstorm-308/h', type: 'link', linkname: 'sandstorm-308/empty' },
      { name: 'sandstorm-308/last', data: 'y' },
    ]);

  it.each([1, 7, 511, 512, 513, 4096, 1e9])('in pieces of %d bytes', async (pieceLength) => {
    const tar = await mixed();
    const expected = await readByLibrary(tar);
    expect(expected).toHaveLength(8);
    expect(read([tar], pieceLength)).toEqual(expected);
  });

  it.each(['gnu', 'pax', 'oldgnu'])('as GNU tar writes it: %s', async (format) => {
    const dir = await tempDir();
    const deep = join(dir, 'sandstorm-308', 'd'.repeat(60), 'e'.repeat(60));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'ü.js'), 'x'.repeat(600));
    await writeFile(join(deep, 'run'), '', { mode: 0o755 });
    await link(join(deep, 'run'), join(deep, 'run2'));
    await symlink('../../..'.repeat(10), join(deep, 'link'));
    const tar = spawned('tar', ['c', '--sort=name', `--format=${format}`, '-C', dir, 'sandstorm-308']);
    const entries = read([tar]);
    expect(entries).toEqual(await readByLibrary(tar));
    expect(entries.map(({ name }) => name)).toEqual(
      spawned('tar', ['t', '--quoting-style=literal'], tar).toString().trimEnd().split('\n'),
    );
    expect(entries).toHaveLength(7);
  });

  it('takes the name from the prefix, from a long name, or from a pax header', () => {
    const prefixed = Buffer.from(FILE);
    prefixed.write('over/there', 345);
    const named = (blocks: Buffer[]) => read([...blocks, END_OF_TAR]).map(({ name }) => name);
    expect(named([checksummed(prefixed)])).toEqual(['over/there/sandstorm-308/x']);
    expect(named([...long('L', 'long\0er'), FILE, FILE])).toEqual(['long', 'sandstorm-308/x']);
    expect(named([...pax('12 path=abc\n12 path=def\n'), FILE])).toEqual(['def']);
    expect(named([...pax('20 path=eins=zwei=3\n'), FILE])).toEqual(['eins=zwei=3']);
    // In GNU's format there are times at the prefix's place.
    prefixed.write('ustar  \0', 257, 'latin1');
    expect(named([checksummed(prefixed)])).toEqual(['sandstorm-308/x']);
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
    ['a mode in letters', [rawHeader({ name: 'f', flag: '0', mode: NaN })], /mode that is no number/],
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
    ['a format older than ustar', [checksummed(Buffer.from(FILE).fill(0, 257, 265)), END_OF_TAR]],
  ])('%s', (_, blocks) => {
    expect(thrown(blocks)).toBeInstanceOf(NotTar);
  });
});
