import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/errors.js';
import {
  defaultWildcardFor,
  nameFor,
  parseBaseUrl,
  parseWildcardHost,
  randomLabel,
  selfTestName,
} from '../../../src/server/addresses.js';

function refusal(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('parseBaseUrl', () => {
  it.each([
    ['http://sandstorm.corp.lan:6080', 'http', 'sandstorm.corp.lan', 6080, 'http://sandstorm.corp.lan:6080'],
    ['http://Sandstorm.Corp.LAN//', 'http', 'sandstorm.corp.lan', 80, 'http://sandstorm.corp.lan'],
    ['HTTPS://a.b', 'https', 'a.b', 443, 'https://a.b'],
    ['https://a.b:443/', 'https', 'a.b', 443, 'https://a.b'],
    ['http://a.b:80', 'http', 'a.b', 80, 'http://a.b'],
    ['http://a.b:443', 'http', 'a.b', 443, 'http://a.b:443'],
    ['http://sandstorm', 'http', 'sandstorm', 80, 'http://sandstorm'],
    ['http://10.0.0.5:6080', 'http', '10.0.0.5', 6080, 'http://10.0.0.5:6080'],
    ['http://[FD00:0::5]:6080', 'http', 'fd00::5', 6080, 'http://[fd00::5]:6080'],
    ['http://xn--mller-kva.lan', 'http', 'xn--mller-kva.lan', 80, 'http://xn--mller-kva.lan'],
  ])('reads %s', (text, scheme, host, port, normal) => {
    expect(parseBaseUrl(text)).toMatchObject({ scheme, host, port, text: normal });
    expect(parseBaseUrl(normal)).toEqual(parseBaseUrl(text));
  });

  it.each([
    '',
    'sandstorm.corp.lan',
    'ftp://a.b',
    'http://',
    'http://a.b/path',
    'http://a.b?x',
    'http://a.b#x',
    'http://u:p@a.b',
    'http://a.b:0',
    'http://a.b:65536',
    'http://a.b:',
    'http://a.b:6080:1',
    'http://*.a.b',
    'http://a..b',
    'http://-a.b',
    'http://a_b.c',
    'http://a.b.',
    'http://1.2.3',
    'http://1.2.3.256',
    'http://01.2.3.4',
    'http://fd00::5',
    'http://[10.0.0.5]',
    'http://[fd00::5',
    'http://a.b\n',
    ' http://a.b',
    'http://$(reboot).lan',
    'http://`id`.lan',
    "http://a'b",
    'http://a;b',
    'http://a.b\\',
    `http://${'a'.repeat(64)}.b`,
    `http://${'abcdefgh.'.repeat(40)}b`,
  ])('refuses %j', (text) => {
    expect(refusal(() => parseBaseUrl(text)).code).toBe('E_BAD_VALUE');
  });

  it('gives the punycode form for other letters', () => {
    expect(refusal(() => parseBaseUrl('http://müller.lan:6080')).hint).toBe(
      'give the punycode form: http://xn--mller-kva.lan:6080',
    );
    expect(refusal(() => parseWildcardHost('*.müller.lan:6080')).hint).toBe(
      'give the punycode form: *.xn--mller-kva.lan:6080',
    );
    expect(refusal(() => parseWildcardHost('mü-*.lan.x')).hint).toBe(
      'give the punycode form, which begins with xn--',
    );
  });
});

describe('parseWildcardHost', () => {
  it.each([
    ['*.Sandstorm.corp.lan:6080', '*.sandstorm.corp.lan:6080', 6080, 'id.sandstorm.corp.lan'],
    ['ss-*.example.com', 'ss-*.example.com', undefined, 'ss-id.example.com'],
    ['*-ss.example.com', '*-ss.example.com', undefined, 'id-ss.example.com'],
    ['grain.*.example.com', 'grain.*.example.com', undefined, 'grain.id.example.com'],
  ])('reads %s', (text, normal, port, name) => {
    const pattern = parseWildcardHost(text);
    expect(pattern).toMatchObject({ text: normal, port });
    expect(nameFor(pattern, 'id')).toBe(name);
  });

  it.each([
    '',
    '*',
    'a.b',
    '**.a.b',
    '*.*.a.b',
    'a.*',
    'a*',
    '*.a.b/',
    'http://*.a.b',
    '*.a.b:0',
    '*.a.b:x',
    '*..a.b',
    '*.10.0.0.5',
    '*.a_b.c',
    '*.a.b.',
    '.*.a.b',
    '*.a b',
    '*.a.b#',
    '*.$HOME',
  ])('refuses %j', (text) => {
    expect(refusal(() => parseWildcardHost(text)).code).toBe('E_BAD_VALUE');
  });

  it('keeps room for the longest id', () => {
    expect(parseWildcardHost(`${'a'.repeat(27)}*.b.c`).before).toHaveLength(27);
    expect(refusal(() => parseWildcardHost(`${'a'.repeat(28)}*.b.c`)).message).toContain('leaves no room');
    const long = `${'abcdefg.'.repeat(27)}c`;
    expect(refusal(() => parseWildcardHost(`*.${long}`)).message).toContain('leaves no room');
  });
});

it('proposes a wildcard under the name, with its port, and none under an address', () => {
  const proposed = (text: string) => defaultWildcardFor(parseBaseUrl(text));
  expect(proposed('http://a.b:6080/')).toBe('*.a.b:6080');
  expect(proposed('https://a.b:443')).toBe('*.a.b');
  expect(proposed('http://10.0.0.5:6080')).toBeUndefined();
  expect(proposed('http://[fd00::5]')).toBeUndefined();
});

it('makes up names', () => {
  const pattern = parseWildcardHost('ss-*.a.b:6080');
  const bytes = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
  expect(selfTestName(pattern, bytes)).toBe('ss-selftest-000102030405060708ff.a.b');
  expect(randomLabel(bytes.slice(0, 3))).toBe('x000102');
});
