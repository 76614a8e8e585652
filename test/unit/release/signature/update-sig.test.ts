import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  NotAnUpdateSig,
  readUpdateSig,
  writeUpdateSig,
} from '../../../../src/release/signature/update-sig.js';
import { seeded } from '../../../helpers/archives.js';

const GENUINE = readFileSync(
  fileURLToPath(
    new URL('../../../fixtures/release-signature/sandstorm-9.tar.xz.update-sig', import.meta.url),
  ),
);

/** A pointer's two halves; offsets and sizes in words. */
const struct = (offset: number, data: number, pointers: number) => [
  (offset << 2) >>> 0,
  data | (pointers << 16),
];
const list = (offset: number, words: number, code = 7) => [
  ((offset << 2) | 1) >>> 0,
  ((words << 3) | code) >>> 0,
];
const signature = (fill: number) => Array<number>(16).fill(fill * 0x01010101);

function message(words: readonly number[], head = [0, words.length / 2]): Buffer {
  const bytes = Buffer.alloc((head.length + words.length) * 4);
  [...head, ...words].forEach((word, index) => bytes.writeUInt32LE(word >>> 0, index * 4));
  return bytes;
}

/** As the genuine tool writes them. */
function genuineLike(count: number): Buffer {
  const all = Array.from({ length: count }, (_, index) => signature(index + 1)).flat();
  return message([...struct(0, 0, 1), ...list(0, count * 8), count << 2, 8, ...all]);
}

describe('writeUpdateSig', () => {
  it('writes, byte for byte, what the genuine tool did', () => {
    expect(writeUpdateSig(readUpdateSig(GENUINE))).toEqual(GENUINE);
    expect(writeUpdateSig(readUpdateSig(genuineLike(3)))).toEqual(genuineLike(3));
  });
});

describe('readUpdateSig', () => {
  it('reads what the genuine tool wrote', () => {
    expect(readUpdateSig(GENUINE).map((one) => Buffer.from(one).toString('hex'))).toEqual([
      GENUINE.subarray(32).toString('hex'),
    ]);
  });

  it('reads several, in order', () => {
    const read = readUpdateSig(genuineLike(3));
    expect(read.map((one) => [one.length, one[0], one[63]])).toEqual([
      [64, 1, 1],
      [64, 2, 2],
      [64, 3, 3],
    ]);
  });

  it('reads those of a later schema: more fields, gaps before the list', () => {
    const element = [...signature(5), 9, 9, 9, 9];
    const words = [...struct(0, 1, 2), 7, 7, ...list(2, 10), 0, 0, 8, 8, 1 << 2, 9 | (1 << 16), ...element];
    expect(readUpdateSig(message(words))[0]?.[0]).toBe(5);
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'cut short'],
    ['one byte', Buffer.alloc(1), 'cut short'],
    ['a header alone', message([]), 'cut short'],
    ['a header with two thousand million segments', message([], [0x7fffffff, 1]), 'cut short'],
    ['the same with something behind it', message([1, 2], [0x7fffffff, 1]), 'several segments'],
    ['as many segments as 32 bits can say', message([1, 2], [0xffffffff, 1]), 'several segments'],
    ['two segments', message([...struct(0, 0, 1), 0, 0], [1, 1, 1, 0]), 'several segments'],
    ['a segment larger than the file', message([0, 0], [0, 0xffffffff]), 'cut short'],
    ['a segment of no words', message([0, 0], [0, 0]), 'behind its end'],
    ['something behind the message', Buffer.concat([GENUINE, Buffer.alloc(8)]), 'behind its end'],
    ['one byte behind the message', Buffer.concat([GENUINE, Buffer.alloc(1)]), 'behind its end'],
    ['the message twice', Buffer.concat([GENUINE, GENUINE]), 'behind its end'],
    ['one byte less', GENUINE.subarray(0, -1), 'cut short'],
    ['64 KiB and more', Buffer.alloc(64 * 1024 + 8), 'too large'],
    ['a null root', message([0, 0]), 'no signature'],
    ['a root without pointers', message(struct(0, 0, 0)), 'no signature'],
    ['a null list', message([...struct(0, 0, 1), 0, 0]), 'no signature'],
    ['an empty list', message([...struct(0, 0, 1), ...list(0, 0), 0, 8]), 'no signature'],
    ['a list as root', message([...list(0, 0), 0, 8]), 'root is no struct'],
    ['a far pointer as root', message([2, 0, 0, 0]), 'root is no struct'],
    ['a capability as root', message([3, 0]), 'root is no struct'],
    ['a root behind the end', message(struct(1, 0, 1)), 'leads outside'],
    ['a root far behind the end', message(struct(0x1fffffff, 0xffff, 0xffff)), 'leads outside'],
    ['a root that is its own pointer', message(struct(-1, 0, 1)), 'leads outside'],
    ['a root with more than is there', message(struct(0, 0xffff, 0xffff)), 'leads outside'],
    ['a far pointer as list', message([...struct(0, 0, 1), 2, 0]), 'no list of signatures'],
    ['a struct as list', message([...struct(0, 0, 1), ...struct(0, 1, 0), 0, 0]), 'no list'],
    ['a list of 8-byte values', message([...struct(0, 0, 1), ...list(0, 8, 5), ...signature(1)]), 'no list'],
    ['a list that points at itself', message([...struct(0, 0, 1), ...list(-1, 0)]), 'leads outside'],
    [
      'a list of half a thousand million words',
      message([...struct(0, 0, 1), ...list(0, 0x1fffffff), 4, 8]),
      'leads outside',
    ],
    [
      'a tag that is no struct',
      message([...struct(0, 0, 1), ...list(0, 8), 4 | 1, 8, ...signature(1)]),
      'no list',
    ],
    [
      'a thousand million elements of no size',
      message([...struct(0, 0, 1), ...list(0, 0), 0xfffffffc, 0]),
      'more signatures',
    ],
    ['17 signatures', genuineLike(17), 'more signatures'],
    [
      'signatures of 56 bytes',
      message([...struct(0, 0, 1), ...list(0, 7), 4, 7, ...signature(1).slice(2)]),
      'length of one',
    ],
    [
      'more elements than words',
      message([...struct(0, 0, 1), ...list(0, 8), 8, 8, ...signature(1)]),
      'length it says',
    ],
    [
      'fewer elements than words',
      message([...struct(0, 0, 1), ...list(0, 16), 4, 8, ...signature(1), ...signature(2)]),
      'length it says',
    ],
  ])('refuses %s', (_, file, why) => {
    const reading = () => readUpdateSig(file);
    expect(reading).toThrow(NotAnUpdateSig);
    expect(reading).toThrow(new RegExp(why));
  });

  it('answers every mutation with signatures or a refusal, at once and without memory', () => {
    const random = seeded(3);
    const below = (limit: number) => Math.floor(random() * limit);
    const HOSTILE = [0, 1, 2, 3, 0x7f, 0x80, 0xff];
    const bases = [GENUINE, genuineLike(1), genuineLike(3), genuineLike(16)];
    const counts = { read: 0, refused: 0 };
    const before = process.memoryUsage();
    for (let round = 0; round < 50_000; round += 1) {
      const file = Buffer.from(bases[below(bases.length)] ?? GENUINE);
      // Mostly where the structure is.
      for (let flips = 1 + below(4); flips > 0; flips -= 1) {
        const at = random() < 0.8 ? below(32) : below(file.length);
        file[at] = random() < 0.5 ? (HOSTILE[below(HOSTILE.length)] ?? 0) : below(256);
      }
      const cut = random() < 0.2 ? file.subarray(0, below(file.length + 1)) : file;
      try {
        const read = readUpdateSig(cut);
        expect(read.length).toBeLessThanOrEqual(16);
        expect(read.every((one) => one.length === 64 && one.buffer === cut.buffer)).toBe(true);
        counts.read += 1;
      } catch (error) {
        if (!(error instanceof NotAnUpdateSig)) throw error;
        counts.refused += 1;
      }
    }
    // Both ways must have been gone, or the mutations are no test.
    expect(counts.read).toBeGreaterThan(1000);
    expect(counts.refused).toBeGreaterThan(10_000);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 1024 ** 2);
  });
});
