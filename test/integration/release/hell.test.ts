import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ERROR_CODES, Refusal } from '../../../src/errors.js';
import { stageRelease } from '../../../src/release/stage.js';
import {
  END_OF_TAR,
  filled,
  gzipOf,
  least,
  quietHost,
  rawHeader,
  seeded,
  tarOf,
  top,
  xzOf,
  type TestEntry,
} from '../../helpers/archives.js';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { runWithPeak } from '../../helpers/peak-memory.js';
import { requireReal } from '../../helpers/real-parts.js';

const host = quietHost();
const MEMORY_LIMIT = 400e6;

const inside = (name: string, rest: Partial<TestEntry> = {}): TestEntry => ({
  name: `sandstorm-308/${name}`,
  ...rest,
});
const link = (name: string, linkname: string) => inside(name, { type: 'symlink', linkname });
const hardLink = (name: string, linkname: string) => inside(name, { type: 'link', linkname });
const folder = (name: string) => inside(name, { type: 'directory' });
const data = (name: string) => inside(name, { data: 'evil' });

/** Each behind the least a release has. */
const ENTRIES: Record<string, TestEntry[]> = {
  'path traversal': [data('../../../outside/x')],
  'path traversal in the middle': [folder('a/'), data('a/../../../outside/x')],
  'path traversal at the end': [inside('..', { type: 'directory' })],
  'an absolute name': [{ name: '/tmp/sandstorm-airgap-hell', data: 'evil' }],
  'two tops': [top(309), { name: 'sandstorm-309/sandstorm', data: 'evil' }],
  'a second top of a longer name': [{ name: 'sandstorm-3080/x', data: 'evil' }],
  './ names': [{ name: './sandstorm-308/x', data: 'evil' }],
  'a link out': [link('l', '../outside/x')],
  'a link out through a folder inside': [folder('a/'), link('a/l', '../../outside')],
  'a link to nothing': [link('l', '')],
  'a file through a link to a folder outside': [link('l', '/tmp'), data('l/sandstorm-airgap-hell')],
  'a file through a link to a folder inside': [folder('a/'), link('l', 'a'), data('l/x')],
  'a file through a chain of links': [
    link('one', '/tmp'),
    link('two', 'one'),
    data('two/sandstorm-airgap-hell'),
  ],
  'a folder in the place of a link': [link('l', '/tmp'), folder('l/'), data('l/sandstorm-airgap-hell')],
  'a link in the place of a folder': [folder('d/'), link('d', '/tmp'), data('d/sandstorm-airgap-hell')],
  'a link in the place of an implied folder': [data('d/x'), link('d', '/tmp')],
  'a file in the place of a link': [link('l', '/tmp/sandstorm-airgap-hell'), data('l')],
  'a hard link out': [hardLink('l', '/etc/passwd')],
  'a hard link out by dots': [hardLink('l', 'sandstorm-308/../outside')],
  'a hard link to a link': [link('l', '/etc/passwd'), hardLink('h', 'sandstorm-308/l'), data('h')],
  'a hard link through a link': [link('l', '/etc'), hardLink('h', 'sandstorm-308/l/passwd')],
  'a hard link to a folder': [folder('d/'), hardLink('h', 'sandstorm-308/d')],
  'a hard link to what comes later': [hardLink('h', 'sandstorm-308/later'), data('later')],
  'a hard link to itself': [hardLink('h', 'sandstorm-308/h')],
  'a hard link that is written through': [data('a'), hardLink('h', 'sandstorm-308/a'), data('h')],
  'a character device': [inside('zero', { type: 'character-device', devmajor: 1, devminor: 5 })],
  'a block device': [inside('disk', { type: 'block-device', devmajor: 8, devminor: 0 })],
  'a named pipe': [inside('pipe', { type: 'fifo' })],
  duplicates: [data('a'), data('a')],
  'duplicates by a final slash': [data('a'), folder('a/')],
  'a second program': [inside('sandstorm', { data: 'evil', mode: 0o755 })],
  'a file below a file': [data('a'), data('a/b')],
  'an endless name': [data('n'.repeat(5000))],
  'a name of a thousand folders': [data('d/'.repeat(1000))],
  'a name that moves the cursor': [data('\u001b[2J')],
};

const pax = (text: string) => [rawHeader({ name: 'p', flag: 'x', size: text.length }), filled(text)];
const long = (flag: string, text: string) => [
  rawHeader({ name: '@', flag, size: text.length }),
  filled(text),
];
const plain = rawHeader({ name: 'sandstorm-308/x', flag: '0' });

/** The same, of blocks that no tar program writes. */
const BLOCKS: Record<string, Buffer[]> = {
  'path traversal in a pax header': [...pax('21 path=../outside/x\n'), plain],
  'path traversal in a long name': [...long('L', '../outside/x\0'), plain],
  'a link out in a long link': [
    ...long('K', '../outside/x\0'),
    rawHeader({ name: 'sandstorm-308/l', flag: '2' }),
  ],
  'a name of one kind behind that of another': [...long('L', '../x\0'), ...pax('12 path=abc\n'), plain],
  'a size in a pax header': [...pax('12 size=512\n'), plain, filled('evil')],
  'a folder with data that looks like an entry': [
    rawHeader({ name: 'sandstorm-308/d/', flag: '5', size: 512 }),
    rawHeader({ name: '../outside/x', flag: '0' }),
  ],
  'a file with holes': [rawHeader({ name: 'sandstorm-308/s', flag: 'S', size: 0 })],
  'a piece of another volume': [rawHeader({ name: 'sandstorm-308/m', flag: 'M', size: 0 })],
  'a name of nothing': [rawHeader({ name: '', flag: '0' })],
  'an entry behind the end': [END_OF_TAR, rawHeader({ name: '../outside/x', flag: '0' })],
};

describe.skipIf(!requireReal('tarballs from hell', ['xz', 'tar']))('tarballs from hell', () => {
  let root: string;
  /** The tarball, a staging place, and around them what must stay as it is. */
  let box: string;
  let count = 0;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'hell-'));
  });
  beforeEach(async () => {
    box = join(root, String((count += 1)));
    await mkdir(join(box, 'outside'), { recursive: true });
    await mkdir(join(box, 'staging'), { mode: 0o700 });
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** The code it is refused with. Anything else than a refusal of exit code 5 is an error of its own. */
  async function refused(bytes: Buffer): Promise<string> {
    const path = join(box, 'release.tar');
    await writeFile(path, bytes);
    const before = await readdir(box, { recursive: true });
    const error = await stageRelease(path, join(box, 'staging'), host, { withManifest: true }).then(
      () => new Error('was staged'),
      (thrown: unknown) => thrown,
    );
    expect(await readdir(box, { recursive: true })).toEqual(before);
    expect(await readdir('/tmp')).not.toContain('sandstorm-airgap-hell');
    if (!(error instanceof Refusal)) throw error;
    expect(ERROR_CODES[error.code].exit, `${error.code}: ${error.message}`).toBe(5);
    expect(error.hint).toBeTruthy();
    // eslint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\x00-\x1f\x7f]/);
    return error.code;
  }

  it('but a good one is staged, with nothing else changed', async () => {
    const path = join(box, 'release.tar');
    await writeFile(path, xzOf(await tarOf([...least(), data('a'), hardLink('h', 'sandstorm-308/a')])));
    const staged = await stageRelease(path, join(box, 'staging'), host, { withManifest: true });
    expect(staged.manifest?.size).toBe(3);
    expect(await readdir(join(box, 'staging'))).toHaveLength(1);
    await staged.discard();
    expect(await readdir(box, { recursive: true })).toEqual(['outside', 'release.tar', 'staging']);
  });

  describe.each([
    ['xz', (tar: Buffer) => xzOf(tar, '-0')],
    ['gzip', gzipOf],
    ['tar', (tar: Buffer) => tar],
  ])('packed as %s', (_, packed) => {
    it.each(Object.keys(ENTRIES))('%s', async (name) => {
      const tar = await tarOf([...least(), ...(ENTRIES[name] ?? []), data('rest')]);
      expect(await refused(packed(tar))).toBe('E_TARBALL_CONTENTS');
    });

    it.each(Object.keys(BLOCKS))('%s', async (name) => {
      const front = (await tarOf(least())).subarray(0, -1024);
      const tar = Buffer.concat([front, ...(BLOCKS[name] ?? []), END_OF_TAR]);
      expect(await refused(packed(tar))).toBe('E_TARBALL_CONTENTS');
    });

    it('empty ones', async () => {
      const codes = [];
      for (const tar of [Buffer.alloc(0), Buffer.alloc(512), END_OF_TAR, Buffer.alloc(10_240)]) {
        codes.push(await refused(packed(tar)));
      }
      expect(codes.every((code) => /^E_TARBALL_(FORMAT|CORRUPT|CONTENTS)$/.test(code))).toBe(true);
    });
  });

  describe('damaged', () => {
    let good: Buffer;
    beforeAll(async () => {
      const random = seeded(64);
      const noise = Buffer.from(Array.from({ length: 40_000 }, () => random() * 256));
      const text = Buffer.alloc(100_000, 'All work and no play makes Jack a dull boy. ');
      good = xzOf(
        await tarOf([...least(), inside('noise', { data: noise }), inside('text', { data: text })]),
      );
    });

    it('cut at every 64th', { timeout: 300_000 }, async () => {
      const codes: string[] = [];
      for (let part = 0; part < 64; part += 1) {
        codes.push(await refused(good.subarray(0, Math.floor((good.length * part) / 64))));
      }
      expect(codes[0]).toBe('E_TARBALL_FORMAT');
      expect(new Set(codes.slice(1))).toEqual(new Set(['E_TARBALL_CORRUPT']));
      console.log(`cut at every 64th: ${tally(codes)}`);
    });

    it('one flipped bit at 200 places', { timeout: 600_000 }, async () => {
      const random = seeded(200);
      const codes: string[] = [];
      for (let place = 0; place < 200; place += 1) {
        const bytes = Buffer.from(good);
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        codes.push(await refused(bytes));
      }
      expect(codes).toHaveLength(200);
      console.log(`one flipped bit: ${tally(codes)}`);
    });
  });

  describe('bombs, through the built command', () => {
    let command: BuiltCommand;
    beforeAll(async () => {
      command = await buildCommand();
    });
    afterAll(() => command.remove());

    /** 64 MiB of zeros as an xz stream of 10 KB: as many as wanted, one after the other, are one file to xz. */
    const BLOCK_OF_ZEROS = 64 * 1024 ** 2;
    let zeros: Buffer;
    beforeAll(() => {
      zeros = xzOf(Buffer.alloc(BLOCK_OF_ZEROS), '-1');
    });
    const many = (bytes: number) => Array<Buffer>(Math.ceil(bytes / BLOCK_OF_ZEROS)).fill(zeros);
    const front = async () => (await tarOf(least())).subarray(0, -1024);
    const file = (name: string, size: number | string) =>
      rawHeader({ name: `sandstorm-308/${name}`, flag: '0', size });
    const FOUR = 4 * 1024 ** 3;

    it.each<[string, () => Promise<Buffer[]>, string]>([
      [
        'one file of 10 GB of zeros',
        // Too much for octal digits: 80 marks base 256.
        async () => [
          xzOf(Buffer.concat([await front(), file('a', `\x80${'\0'.repeat(6)}\x02\x54\x0b\xe4\0`)])),
          ...many(1e10),
        ],
        'E_TARBALL_TOO_BIG',
      ],
      [
        'three files of 4 GiB of zeros',
        async () => {
          const one = (name: string) => [xzOf(file(name, FOUR)), ...many(FOUR)];
          return [xzOf(await front()), ...one('a'), ...one('b'), ...one('c'), xzOf(END_OF_TAR)];
        },
        'E_TARBALL_TOO_BIG',
      ],
      [
        '10 GB of zeros behind the end',
        async () => [xzOf(await front()), ...many(1e10)],
        'E_TARBALL_TOO_BIG',
      ],
      ['10 GB of zeros and nothing else', () => Promise.resolve(many(1e10)), 'E_TARBALL_TOO_BIG'],
      [
        'an xz that wants a gigabyte of memory',
        async () => [xzOf(await tarOf(least()), '--lzma2=preset=0,dict=1GiB')],
        'E_TARBALL_TOO_BIG',
      ],
      [
        'a second stream that wants it',
        async () => [xzOf(await front()), xzOf(END_OF_TAR, '--lzma2=preset=0,dict=1GiB')],
        'E_TARBALL_TOO_BIG',
      ],
      [
        'sixty thousand names of 900 bytes',
        async () => {
          const name = (at: number) => [
            ...long('L', `sandstorm-308/${String(at).padStart(900, 'n/')}\0`),
            plain,
          ];
          const blocks = Array.from({ length: 60_000 }, (_, at) => name(at)).flat();
          return [xzOf(Buffer.concat([await front(), ...blocks, END_OF_TAR]), '-0')];
        },
        'E_TARBALL_TOO_BIG',
      ],
    ])('%s', { timeout: 600_000 }, async (name, pieces, code) => {
      const path = join(box, 'release.tar.xz');
      await writeFile(path, Buffer.concat(await pieces()));
      const before = await readdir(box, { recursive: true });
      const env = { HOME: box, SANDSTORM_AIRGAP_STATE_DIR: join(box, 'staging', 'state') };
      const args = [command.file, 'release', 'verify', path, '--json'];
      const { exitCode, stdout, peakBytes } = await runWithPeak(process.execPath, args, env);
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, changed: false, error: { code } });
      expect(exitCode).toBe(5);
      expect(await readdir(box, { recursive: true })).toEqual(before);
      expect(peakBytes).toBeGreaterThan(30e6);
      expect(peakBytes).toBeLessThan(MEMORY_LIMIT);
      console.log(`${name}: ${code}, at most ${Math.ceil(peakBytes / 1e6)} MB`);
    });
  });
});

/** "63 E_TARBALL_CORRUPT, 1 E_TARBALL_FORMAT" */
function tally(codes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, times]) => `${times} ${code}`).join(', ');
}
