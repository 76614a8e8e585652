import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/errors.js';
import { canonicalIp, isLinkLocal, isLoopback, isUnspecified, parseIp } from '../../../src/system/ip.js';
import { parseResolver } from '../../../src/system/resolver-address.js';

describe('parseResolver', () => {
  it.each([
    ['10.0.0.2', '10.0.0.2', 53, '10.0.0.2'],
    ['10.0.0.2:53', '10.0.0.2', 53, '10.0.0.2'],
    ['10.0.0.2:5353', '10.0.0.2', 5353, '10.0.0.2:5353'],
    ['[fe80::1]:53', 'fe80::1', 53, 'fe80::1'],
    ['::1', '::1', 53, '::1'],
    ['[::1]', '::1', 53, '::1'],
    ['[0:0::1]:5353', '::1', 5353, '[::1]:5353'],
  ])('reads %s', (given, address, port, text) => {
    expect(parseResolver(given)).toEqual({ address, port, text });
    expect(parseResolver(text)).toEqual({ address, port, text });
  });

  it.each([
    '',
    'dns.corp.lan',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.2:',
    '10.0.0.2:0',
    '10.0.0.2:65536',
    '10.0.0.2:53:53',
    '[10.0.0.2]:53',
    '[::1',
    '[::1]x',
    '[::1]:',
    '::1]:53',
    'fe80::1%eth0',
    ' 10.0.0.2',
    '10.0.0.2\n',
    '[]:53',
  ])('refuses %j', (text) => {
    expect(() => parseResolver(text)).toThrow(Refusal);
  });
});

describe('IP addresses', () => {
  it('have one spelling', () => {
    expect(canonicalIp('FE80:0:0::0001')).toBe('fe80::1');
    expect(canonicalIp('fe80::1%eth0')).toBe('fe80::1');
    expect(canonicalIp('::ffff:10.0.0.5')).toBe('10.0.0.5');
    expect(canonicalIp('name')).toBe('name');
  });

  it.each([
    '127.1',
    '0x7f.0.0.1',
    '010.0.0.1',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    'g::1',
    '::1/64',
    '[::1]',
  ])('%s is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('are sorted by what they reach', () => {
    expect(['127.0.1.1', '::1', '10.0.0.1', '128.0.0.1'].map(isLoopback)).toEqual([true, true, false, false]);
    expect(['169.254.1.1', 'fe80::1', 'fd00::1'].map(isLinkLocal)).toEqual([true, true, false]);
    expect(['0.0.0.0', '::', '0::0', '10.0.0.0'].map(isUnspecified)).toEqual([true, true, true, false]);
  });
});
