import { describe, expect, it } from 'vitest';
import { failed, passed, warned } from '../../../src/identity/ldap/finding.js';
import { directoryMends, proposalIn } from '../../../src/wizard/directory-offers.js';

const values = (...findings: Parameters<typeof directoryMends>[0]): string[] =>
  directoryMends(findings).map(({ value }) => value);

describe('ways to go on with a directory', () => {
  it('are those that help against what failed', () => {
    expect(values(failed('tls-chain', ''))).toEqual(['ca', 'again', 'quit']);
    expect(values(failed('connect', ''))).toEqual(['url', 'again', 'quit']);
    expect(values(failed('bind', ''))).toEqual(['bind', 'again', 'quit']);
    expect(values(failed('base', ''))).toEqual(['bind', 'base', 'again', 'quit']);
    expect(values(failed('empty-password', ''))).toEqual(['again', 'quit']);
    expect(values(warned('plain', ''), passed('bind', ''), failed('mail', ''))).toEqual(['again', 'quit']);
  });

  it('begin with the value that was found', () => {
    const propose = { setting: 'ldapFilter', value: '(objectClass=person)' } as const;
    const found = [
      warned('name', '', { propose: { setting: 'ldapNameField', value: 'cn' } }),
      failed('many', '', { propose }),
    ];
    expect(proposalIn(found)).toBe(propose);
    expect(directoryMends(found)[0]).toEqual({ name: 'Take (objectClass=person)', value: 'propose' });
  });
});
