import { describe, expect, it } from 'vitest';
import { redirectTarget } from '../../../../src/app-index/mirror/redirects.js';

const allow = (...allowedHosts: string[]): { allowedHosts: string[] } => ({ allowedHosts });

describe('a redirect', () => {
  it.each([
    ['http://a.test/x', '/y', 'http://a.test/y'],
    ['http://a.test/x', 'https://a.test/y', 'https://a.test/y'],
    ['https://a.test:8443/x', 'https://a.test:8443/y', 'https://a.test:8443/y'],
  ])('from %s to %s is followed', (from, to, target) => {
    expect(redirectTarget(new URL(from), to, allow())).toEqual(new URL(target));
  });

  it.each([
    ['http://a.test/', 'http://b.test/', /b\.test .*--allow-redirect-host b\.test/],
    ['http://a.test/', 'http://a.test:81/', /a\.test:81/],
    ['http://a.test/', 'https://a.test:8443/', /a\.test:8443/],
    ['https://a.test/', 'http://a.test/', /from https to http/],
    ['http://a.test/', 'http://me:secret@a.test/', /password/],
    ['http://a.test/', 'gopher://a.test/', /gopher/],
    ['http://a.test/', 'http://', /nowhere/],
    ['http://a.test/', undefined, /nowhere/],
  ])('from %s to %s is not', (from, to, why) => {
    expect(redirectTarget(new URL(from), to, allow())).toMatch(why);
  });

  it('is followed to a host that was allowed, by its name and its port, never down to http', () => {
    const from = new URL('https://a.test/');
    expect(redirectTarget(from, 'https://b.test:99/', allow('b.test:99'))).toBeInstanceOf(URL);
    expect(redirectTarget(from, 'https://b.test/', allow('b.test:99'))).toMatch(/b\.test/);
    expect(redirectTarget(from, 'http://b.test/', allow('b.test'))).toMatch(/from https/);
  });
});
