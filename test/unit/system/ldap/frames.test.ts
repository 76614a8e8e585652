import { describe, expect, it } from 'vitest';
import { FrameGate, searchResultCode } from '../../../../src/system/ldap/frames.js';

/* Messages as a server sends them, and as one would that wants to do harm. */

const LIMITS = { messageBytes: 1000, totalBytes: 5000, messages: 20 };
const gate = (): FrameGate => new FrameGate(LIMITS);
/** searchResDone, messageId 2, sizeLimitExceeded. */
const DONE = Buffer.from('300c02010265070a010404000400', 'hex');

describe('FrameGate', () => {
  it('gives whole messages, however they were cut', () => {
    const stream = Buffer.concat([DONE, DONE, DONE]);
    for (let size = 1; size <= stream.length; size += 1) {
      const one = gate();
      const frames: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size)
        frames.push(...one.feed(stream.subarray(at, at + size)));
      expect(frames).toEqual([DONE, DONE, DONE]);
    }
  });

  it('keeps a message back until its last byte is there', () => {
    const one = gate();
    expect(one.feed(DONE.subarray(0, -1))).toEqual([]);
    expect(one.feed(DONE.subarray(-1))).toEqual([DONE]);
  });

  it.each([
    ['something else', '485454502f312e31', /no LDAP/],
    ['a length without an end', '30800201', /no LDAP/],
    ['a length of nine bytes', '3089010203040506070809', /no LDAP/],
    ['a length that a signed number would make negative', '3084fffffffa020102', /too long/],
    ['a message longer than allowed', '308203e9', /too long/],
    ['a part that is longer than the whole', '3005020202650a', /no LDAP/],
    ['a part of negative length', '30090201026584fffffffa', /no LDAP/],
    ['a tag of several bytes', '30033f0100', /no LDAP/],
  ])('refuses %s', (_, hex, why) => {
    expect(() => gate().feed(Buffer.from(hex, 'hex'))).toThrow(why);
  });

  it('refuses what is nested without end', () => {
    let inner = Buffer.from([0x30, 0]);
    while (inner.length < 100) inner = Buffer.concat([Buffer.from([0x30, inner.length]), inner]);
    expect(() => gate().feed(inner)).toThrow(/nested/);
  });

  it('refuses more messages, and more bytes, than there is need of', () => {
    expect(() => gate().feed(Buffer.concat(Array.from({ length: 21 }, () => DONE)))).toThrow(
      /more than anybody/,
    );
    const long = Buffer.concat([Buffer.from('308203e4048203e0', 'hex'), Buffer.alloc(992)]);
    const one = gate();
    for (let sent = 0; sent < 5; sent += 1) expect(one.feed(long)).toHaveLength(1);
    expect(() => one.feed(long)).toThrow(/more than anybody/);
  });
});

describe('searchResultCode', () => {
  it('is that of the message that ends a search, and of no other', () => {
    expect(searchResultCode(DONE)).toBe(4);
    const bind = Buffer.from(DONE);
    bind[5] = 0x61;
    expect(searchResultCode(bind)).toBeUndefined();
    expect(searchResultCode(Buffer.from('3000', 'hex'))).toBeUndefined();
  });
});
