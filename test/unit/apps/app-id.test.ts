import { describe, expect, it } from 'vitest';
import { appIdOf, parseAppId } from '../../../src/apps/app-id.js';

const NOTES = '77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h';

describe('app ids', () => {
  it('are the bytes of a key, five bits a letter', () => {
    const key = parseAppId(NOTES);
    expect(key).toHaveLength(32);
    expect(appIdOf(key ?? new Uint8Array())).toBe(NOTES);
    expect(appIdOf(Buffer.alloc(32))).toBe('0'.repeat(52));
    expect(appIdOf(Buffer.alloc(32, 255))).toBe(`${'z'.repeat(51)}h`);
  });

  it('are the same both ways for every bit', () => {
    for (let bit = 0; bit < 256; bit += 1) {
      const key = Buffer.alloc(32);
      key[bit >> 3] = 0x80 >> (bit & 7);
      expect(parseAppId(appIdOf(key))).toEqual(key);
    }
  });

  it('are understood as people type them', () => {
    expect(parseAppId(NOTES.toUpperCase())).toEqual(parseAppId(NOTES));
    const ones = `1801${'0'.repeat(48)}`;
    for (const typed of ['i80l', 'LB0I', 'iboL', '1BO1']) {
      expect(parseAppId(`${typed}${'0'.repeat(48)}`)).toEqual(parseAppId(ones));
    }
  });

  it.each([
    ['too short', NOTES.slice(1)],
    ['too long', `${NOTES}0`],
    ['a letter that is none', NOTES.replace('7', '-')],
    ['bits behind the last byte', `${NOTES.slice(0, -1)}1`],
    ['nothing', ''],
  ])('are not %s', (_, text) => {
    expect(parseAppId(text)).toBeUndefined();
  });

  it('are made of 32 bytes only', () => {
    expect(() => appIdOf(Buffer.alloc(31))).toThrow(RangeError);
  });
});
