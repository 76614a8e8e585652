import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Message, type StructReader } from '../../../src/capnp/message.js';
import { spawned } from '../../helpers/archives.js';
import { requireReal } from '../../helpers/real-parts.js';

const SCHEMA = fileURLToPath(new URL('../../fixtures/capnp/things.capnp', import.meta.url));

/** A message as the genuine compiler writes it; segments of one word make every pointer a far one. */
function encoded(type: string, text: string, segmentWords?: number): Buffer {
  const size = segmentWords === undefined ? [] : [`--segment-size=${String(segmentWords)}`];
  return spawned('capnp', ['encode', ...size, SCHEMA, type], Buffer.from(text));
}

const TEXT = `(number = 65535, large = 18446744073709551615, flag = true, number32 = 4000000000,
  name = "Ünï, 日本", bytes = 0x"00 ff 80", inner = (name = "inner", inner = (name = "innermost", number = 3)),
  things = [(name = "a", number = 1), (), (name = "c", things = [(number = 9)])],
  small = [1, 255], middle = [1, 2, 3, 4, 65535], wide = [4294967295],
  flags = [true, false, true, true, false, false, false, false, true],
  words = ["one", "", "three"], table = [[1, 2], [], [3]], colours = [blue, red, green], voids = [void, void])`;

/** By the places that `capnp compile -ocapnp` gives them. */
function contents(thing: StructReader): unknown {
  const numbers = (pointer: number, bits: 8 | 16 | 32): number[] => [
    ...(thing.list(pointer)?.numbers(bits) ?? []),
  ];
  return {
    number: thing.uint16(0),
    large: thing.uint64(8),
    flag: thing.bool(16),
    number32: thing.uint32(4),
    name: thing.text(0),
    bytes: thing.bytes(1)?.toString('hex'),
    inner: [thing.struct(2).text(0), thing.struct(2).struct(2).text(0), thing.struct(2).struct(2).uint16(0)],
    things: [...(thing.list(3)?.structs() ?? [])].map((one) => [
      one.text(0),
      one.uint16(0),
      [...(one.list(3)?.structs() ?? [])].map((each) => each.uint16(0)),
    ]),
    small: numbers(4, 8),
    middle: numbers(5, 16),
    wide: numbers(6, 32),
    flags: [...(thing.list(7)?.bools() ?? [])].map(Number).join(''),
    words: [...(thing.list(8)?.texts() ?? [])],
    table: [...(thing.list(9)?.lists() ?? [])].map((list) => [...(list?.numbers(16) ?? [])]),
    colours: numbers(10, 16),
    voids: thing.list(11)?.count,
  };
}

describe.skipIf(!requireReal('messages of the genuine Cap’n Proto', ['capnp']))(
  'messages of the genuine compiler',
  () => {
    it.each([undefined, 1, 2, 3, 5, 8, 13, 64])('are read whole with segments of %s words', (words) => {
      const message = encoded('Thing', TEXT, words);
      if (words === 1) expect(message.readUInt32LE(0)).toBeGreaterThan(20);
      expect(contents(Message.read(message).root())).toEqual({
        number: 65_535,
        large: 18_446_744_073_709_551_615n,
        flag: true,
        number32: 4_000_000_000,
        name: 'Ünï, 日本',
        bytes: '00ff80',
        inner: ['inner', 'innermost', 3],
        things: [
          ['a', 1, []],
          [undefined, 0, []],
          ['c', 0, [9]],
        ],
        small: [1, 255],
        middle: [1, 2, 3, 4, 65_535],
        wide: [4_294_967_295],
        flags: '101100001',
        words: ['one', '', 'three'],
        table: [[1, 2], [], [3]],
        colours: [2, 0, 1],
        voids: 2,
      });
    });

    it('of an older schema have values where there are structs now, and the other way round', () => {
      const old = Message.read(encoded('OldList', '(values = [7, 8], names = ["x", "y"])')).root();
      expect([...(old.list(0)?.structs() ?? [])].map((pair) => [pair.uint16(0), pair.uint16(2)])).toEqual([
        [7, 0],
        [8, 0],
      ]);
      expect([...(old.list(1)?.structs() ?? [])].map((named) => [named.text(0), named.uint64(0)])).toEqual([
        ['x', 0n],
        ['y', 0n],
      ]);
      const grown = Message.read(
        encoded(
          'NewList',
          '(values = [(first = 7, second = 9), (first = 8)], names = [(name = "x", more = 5), ()])',
        ),
      ).root();
      expect([...(grown.list(0)?.numbers(16) ?? [])]).toEqual([7, 8]);
      expect([...(grown.list(1)?.texts() ?? [])]).toEqual(['x', '']);
    });
  },
);
