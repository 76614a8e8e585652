import { expect, it } from 'vitest';
import { nearest } from '../../src/nearest.js';

const KNOWN = ['E_BUSY', 'E_TARBALL_UNSIGNED', 'E_TARBALL_CORRUPT', 'dns.wildcard', 'config get'];

it.each([
  ['E_TARBAL_UNSIGNED', 'E_TARBALL_UNSIGNED'],
  ['tarball-corrupt', 'E_TARBALL_CORRUPT'],
  ['e_busy', 'E_BUSY'],
  ['wildcard', 'dns.wildcard'],
  ['config-get', 'config get'],
  ['something quite different', undefined],
  ['', undefined],
])('%s is %s', (typed, meant) => {
  expect(nearest(typed, KNOWN)).toBe(meant);
});
