import { expect, it } from 'vitest';
import { parseBaseUrl, parseWildcardHost } from '../../../src/server/addresses.js';
import { sameSite, siteOf } from '../../../src/server/same-site.js';

const judge = (base: string, wildcard: string) => sameSite(parseBaseUrl(base), parseWildcardHost(wildcard));

it.each([
  ['http://sandstorm.corp.lan:6080', '*.sandstorm.corp.lan:6080'],
  ['http://sandstorm.corp.lan', 'ss-*.corp.lan'],
  ['https://sandstorm.example.com', '*.grains.example.com'],
  ['https://sandstorm.example.com:443', '*.example.com'],
  ['http://sandstorm.lan', '*.sandstorm.lan'],
  ['https://s.firm.co.uk', '*.firm.co.uk'],
])('%s and %s go together', (base, wildcard) => {
  expect(judge(base, wildcard)).toEqual([]);
});

it.each([
  ['http://sandstorm.lan', '*.lan.corp', 'domain', '*.sandstorm.lan'],
  // Sharing nothing but the last label is two sites.
  ['http://sandstorm.lan', 'ss-*.lan', 'domain', '*.sandstorm.lan'],
  ['https://one.co.uk', '*.two.co.uk', 'domain', '*.one.co.uk'],
  // A host without a dot has no site that a name under it could share.
  ['http://sandstorm:6080', '*.sandstorm.lan:6080', 'domain', undefined],
  ['http://10.0.0.5', '*.sandstorm.lan', 'address', undefined],
  ['http://s.corp.lan', '*.s.corp.lan:80', 'default-port', '*.s.corp.lan'],
  ['https://s.corp.lan', '*.s.corp.lan:443', 'default-port', '*.s.corp.lan'],
  ['http://s.corp.lan:6080', '*.s.corp.lan', 'port', '*.s.corp.lan:6080'],
  ['http://s.corp.lan', '*.s.corp.lan:6080', 'port', '*.s.corp.lan'],
])('%s and %s do not: %s', (base, wildcard, kind, suggestion) => {
  expect(judge(base, wildcard)).toMatchObject([{ kind, suggestion }]);
});

it('says both when both are wrong', () => {
  expect(judge('http://a.lan:6080', '*.b.lan').map(({ kind }) => kind)).toEqual(['domain', 'port']);
});

it('knows the site of a name', () => {
  expect(siteOf('a.b.corp.lan')).toBe('corp.lan');
  expect(siteOf('a.b.co.uk')).toBe('b.co.uk');
  expect(siteOf('co.uk')).toBeUndefined();
  expect(siteOf('lan')).toBeUndefined();
  expect(siteOf('10.0.0.5')).toBeUndefined();
});
