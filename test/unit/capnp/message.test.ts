import { describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../../src/capnp/malformed.js';
import { Message, type MessageLimits } from '../../../src/capnp/message.js';

/** One word from its two halves. */
type Word = readonly [low: number, high: number];

const NULL: Word = [0, 0];
const struct = (offset: number, data: number, pointers: number): Word => [
  offset << 2,
  (pointers << 16) | data,
];
const list = (offset: number, code: number, size: number): Word => [(offset << 2) | 1, (size << 3) | code];
const far = (segment: number, at: number): Word => [(at << 3) | 2, segment];
const doubleFar = (segment: number, at: number): Word => [(at << 3) | 6, segment];

function messageOf(...segments: readonly (readonly Word[])[]): Buffer {
  const table = [segments.length - 1, ...segments.map(({ length }) => length)];
  if (table.length % 2 === 1) table.push(0);
  const numbers = [...table, ...segments.flat(2)];
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => bytes.writeUInt32LE(number >>> 0, index * 4));
  return bytes;
}

const root = (message: Buffer, limits?: Partial<MessageLimits>) => Message.read(message, limits).root();

describe('Message', () => {
  it('of nothing has defaults only', () => {
    for (const message of [messageOf([]), messageOf([NULL])]) {
      const empty = root(message);
      expect([empty.uint16(0), empty.uint32(4), empty.uint64(0), empty.bool(3)]).toEqual([0, 0, 0n, false]);
      expect([empty.text(0), empty.bytes(1), empty.list(2), empty.struct(3).text(0)]).toEqual(
        Array(4).fill(undefined),
      );
    }
  });

  it('leads over a far pointer and a double one to the same text', () => {
    const text: Word = [0x0063_6261, 0];
    const near = messageOf([struct(0, 0, 1), list(0, 2, 4), text]);
    const once = messageOf([struct(0, 0, 1), far(1, 0)], [list(0, 2, 4), text]);
    const twice = messageOf([struct(0, 0, 1), doubleFar(1, 0)], [far(2, 0), list(0, 2, 4)], [text]);
    for (const message of [near, once, twice]) expect(root(message).text(0)).toBe('abc');
  });

  it('may have something behind its end only where that is known to happen', () => {
    const long = Buffer.concat([messageOf([NULL]), Buffer.alloc(8)]);
    expect(() => root(long)).toThrow('something stands behind its end');
    expect(root(long, { trailing: 'ignore' }).uint16(0)).toBe(0);
  });
});

describe('a hostile message', () => {
  const refused: readonly (readonly [what: string, message: Buffer, why: string])[] = [
    ['nothing at all', Buffer.alloc(0), 'cut short'],
    ['a table that is cut', Buffer.from([1, 0, 0, 0, 1]), 'cut short'],
    ['four billion segments', Buffer.from('fffffffe00000000', 'hex'), 'more segments than it could need'],
    [
      'as many as there are numbers',
      Buffer.from('ffffffff00000000', 'hex'),
      'more segments than it could need',
    ],
    ['a segment of 32 GiB', Buffer.from('00000000ffffffff', 'hex'), 'cut short'],
    ['a root that is a list', messageOf([list(0, 2, 0)]), 'a list stands where a struct should'],
    ['a root that leads outside', messageOf([struct(5, 1, 1)]), 'leads outside'],
    ['a root before its segment', messageOf([struct(-2, 1, 0)]), 'leads outside'],
    ['a capability', messageOf([[3, 0]]), 'a capability'],
    ['a far pointer to no segment', messageOf([far(7, 0)]), 'leads outside'],
    ['a far pointer outside', messageOf([far(0, 0x1fff_ffff)]), 'leads outside'],
    ['a far pointer to itself', messageOf([far(0, 0)]), 'leads to another one'],
    [
      'a double far pointer to itself',
      messageOf([doubleFar(0, 0), NULL]),
      'a double far pointer in it leads to none',
    ],
    [
      'a double far pointer in circles',
      messageOf([doubleFar(0, 1), far(0, 0), far(0, 0)]),
      'leads in circles',
    ],
    ['half a landing pad', messageOf([doubleFar(0, 1), far(0, 0)]), 'leads outside'],
  ];
  it.each(refused)('with %s is refused', (_, message, why) => {
    expect(() => root(message)).toThrow(MalformedMessage);
    expect(() => root(message)).toThrow(why);
  });

  const inRoot = (...words: Word[]): Buffer => messageOf([struct(0, 0, 1), ...words]);

  it.each<[string, Buffer, string]>([
    ['without a zero', inRoot(list(0, 2, 3), [0x0163_6261, 1]), 'does not end'],
    ['of no length', inRoot(list(0, 2, 0)), 'does not end'],
    ['of half a billion letters', inRoot(list(0, 2, 0x1fff_ffff)), 'leads outside'],
    ['of 16-bit letters', inRoot(list(0, 3, 1), NULL), 'something else stands where bytes should'],
    ['that is a struct', inRoot(struct(-1, 0, 0)), 'something else stands where bytes should'],
  ])('with a text %s is refused', (_, message, why) => {
    expect(() => root(message).text(0)).toThrow(MalformedMessage);
    expect(() => root(message).text(0)).toThrow(why);
  });

  it.each<[string, Buffer, string]>([
    ['longer than it says', inRoot(list(0, 7, 1), struct(2, 1, 0), NULL), 'longer than it says'],
    ['of lists', inRoot(list(0, 7, 0), list(0, 2, 0)), 'neither structs nor values'],
    ['whose tag lies outside', inRoot(list(0, 7, 0)), 'leads outside'],
    ['of a billion structs', inRoot(list(0, 7, 0), struct(0x0fff_ffff, 0, 0)), 'larger to read'],
    ['of half a billion voids', inRoot(list(0, 0, 0x1fff_ffff)), 'larger to read'],
  ])('with a list %s is refused at once', (_, message, why) => {
    expect(() => root(message).list(0)?.count).toThrow(MalformedMessage);
    expect(() => root(message).list(0)?.count).toThrow(why);
  });

  it('that is a circle ends at a depth', () => {
    // A struct whose only pointer leads to itself.
    const circle = messageOf([struct(0, 0, 1), struct(-1, 0, 1)]);
    let deep = root(circle);
    expect(() => {
      for (;;) deep = deep.struct(0);
    }).toThrow('nested deeper');
  });

  it('whose every pointer leads to one large thing ends by what was read', () => {
    const words = 1000;
    const large = Array.from({ length: words }, (): Word => [0x0101_0101, 0x0101_0101]);
    const message = messageOf([struct(0, 0, 1), list(0, 2, words * 8), ...large]);
    const once = root(message, { traversalWords: 100 * words });
    let times = 0;
    expect(() => {
      for (;;) times += once.bytes(0) === undefined ? 0 : 1;
    }).toThrow('larger to read');
    expect(times).toBeGreaterThan(95);
    expect(times).toBeLessThan(101);
  });

  it('with bits where structs should be, or the other way round, is refused', () => {
    const bits = root(inRoot(list(0, 1, 3), [7, 0])).list(0);
    expect(() => [...(bits?.structs() ?? [])]).toThrow(MalformedMessage);
    const bytes = root(inRoot(list(0, 2, 3), [7, 0])).list(0);
    expect(() => [...(bytes?.bools() ?? [])]).toThrow(MalformedMessage);
  });
});
