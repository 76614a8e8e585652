import { describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../../src/capnp/malformed.js';
import { unpackMessage } from '../../../src/capnp/packed.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('packed words', () => {
  it.each([
    ['51 08 03 02 31 19 aa 01', '08 00 00 00 03 00 02 00 19 00 00 00 aa 01 00 00'],
    ['00 03', '00'.repeat(32)],
    [`ff ${'8a'.repeat(8)} 03 ${'8a'.repeat(24)}`, '8a'.repeat(32)],
    [`ff 01 02 03 04 05 06 07 08 00 01 09`, '01 02 03 04 05 06 07 08 09 00 00 00 00 00 00 00'],
    ['', ''],
  ])('%s', (packed, unpacked) => {
    expect(unpackMessage(bytes(packed), 64)).toEqual(bytes(unpacked));
  });

  it.each([
    ['a byte that does not come', '01'],
    ['a number of empty words that does not come', '00'],
    ['words that do not come', 'ff 01 02 03 04 05 06 07 08 01 09'],
    ['a word too many', '01 01'.repeat(9)],
    ['empty words too many', '00 08'],
    ['whole words too many', `ff ${'01'.repeat(8)} 08 ${'01'.repeat(64)}`],
  ])('refuses %s', (_, packed) => {
    expect(() => unpackMessage(bytes(packed), 64)).toThrow(MalformedMessage);
  });
});
