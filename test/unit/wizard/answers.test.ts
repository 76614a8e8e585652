import { describe, expect, it } from 'vitest';
import { judgeBaseUrl } from '../../../src/wizard/ask-addresses.js';
import { absolute } from '../../../src/wizard/choose-tarball.js';

describe('an address that was typed', () => {
  it('is taken when it is one', () => {
    expect(() => judgeBaseUrl('http://sandstorm.corp.lan:6080')).not.toThrow();
    expect(() => judgeBaseUrl('https://sandstorm.corp.lan')).not.toThrow();
  });

  it('is sent back with what is missing', () => {
    expect(() => judgeBaseUrl('sandstorm.corp.lan')).toThrow(
      'begin with http:// or https://, for example http://sandstorm.corp.lan:6080',
    );
    expect(() => judgeBaseUrl('sandstorm.corp.lan:80')).toThrow(/example http:\/\/sandstorm\.corp\.lan:80$/);
    expect(() => judgeBaseUrl('http://10.0.0.5:6080')).toThrow(/a name is needed/);
    expect(() => judgeBaseUrl('http://[::1]')).toThrow(/a name is needed/);
    expect(() => judgeBaseUrl('')).toThrow(/the address: "" is not/);
  });
});

describe('a path that was typed', () => {
  const host = { cwd: '/work', user: { uid: 0, name: 'ada', home: '/home/ada' } };

  it('is understood as a shell would', () => {
    expect(absolute('~/x.tar.xz', host)).toBe('/home/ada/x.tar.xz');
    expect(absolute('~', host)).toBe('/home/ada');
    expect(absolute('sub/../x', host)).toBe('/work/x');
    expect(absolute('/media/usb', host)).toBe('/media/usb');
    expect(absolute('~other', host)).toBe('/work/~other');
  });
});
