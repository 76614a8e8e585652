import { describe, expect, it } from 'vitest';
import { shown } from '../../../../src/identity/ldap/finding.js';
import { judgeLdap } from '../../../../src/identity/ldap/judge.js';
import type { LdapObservation } from '../../../../src/identity/ldap/observation.js';
import { settle } from '../../../../src/identity/ldap/root-dse.js';

/* What no OpenLDAP says: Active Directory's words, clocks that are wrong, and a server that wants to be seen. */

const certificate = {
  subject: 'cn=dc1.corp.lan',
  issuer: 'cn=house-ca',
  names: 'DNS:dc1.corp.lan',
  validFrom: new Date('2026-01-01'),
  validTo: new Date('2027-01-01'),
  fingerprint: '',
};
const tls = { protocol: 'TLSv1.3', chainProblem: undefined, nameProblem: undefined, chain: [certificate] };
const seen: LdapObservation = {
  at: new Date('2026-11-22'),
  settled: settle({ url: 'ldaps://dc1.corp.lan', bindDn: 'cn=svc,dc=corp', base: 'dc=corp' }, undefined),
  hasBindPassword: true,
  address: { tls: true, host: 'dc1.corp.lan', port: 636 },
  connection: { kind: 'open', tls },
  people: [],
};
const failures = (more: Partial<LdapObservation>): string[] =>
  judgeLdap({ ...seen, ...more })
    .filter(({ status }) => status !== 'pass')
    .map(({ id, seen: said }) => `${id}: ${said}`);

describe('judgeLdap', () => {
  it.each([
    ['52e', 'the password is wrong'],
    ['533', 'the account is disabled'],
    ['775', 'the account is locked'],
    ['773', 'the password must be changed first'],
  ])("reads Active Directory's data %s", (data, words) => {
    const message = `80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data ${data}, v3839\0`;
    expect(failures({ bind: { code: 49, message } })).toEqual([
      `ldap.bind: cn=svc,dc=corp may not log in: ${words}`,
    ]);
  });

  it('tells a search that wants a login from a connection that wants TLS', () => {
    const everybody = {
      entries: 0,
      partial: true,
      repeated: [],
      withoutMail: 0,
      withoutName: 0,
      lacking: [],
      referrals: [],
      instead: [],
    };
    const message =
      '000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v3839';
    const ids = (outcome: { code: number; message: string }): string[] =>
      failures({ everybody: { ...everybody, ...outcome } }).map((line) => line.split(':')[0] ?? '');
    expect(ids({ code: 1, message })).toEqual(['ldap.anonymous']);
    expect(ids({ code: 8, message: 'The server requires binds to turn on integrity checking' })).toEqual([
      'ldap.needs-tls',
    ]);
  });

  it('says which certificate of the chain is out of date, and that a clock may be wrong', () => {
    const old = { ...certificate, subject: 'cn=house-ca', validTo: new Date('2026-11-21') };
    const chained = { ...tls, chain: [certificate, old], chainProblem: 'CERT_HAS_EXPIRED' };
    expect(failures({ connection: { kind: 'open', tls: chained } })).toEqual([
      'ldap.tls-expired: the CA certificate cn=house-ca expired on 2026-11-21',
    ]);
    const young = {
      ...tls,
      chain: [{ ...certificate, validFrom: new Date('2026-12-01') }],
      chainProblem: 'CERT_NOT_YET_VALID',
    };
    expect(failures({ connection: { kind: 'open', tls: young } })).toEqual([
      'ldap.tls-not-yet: the certificate of the server is good from 2026-12-01 on; here it is 2026-11-22',
    ]);
  });

  it('warns a month before', () => {
    const expires = (at: string): string[] => failures({ at: new Date(at), bind: { code: 0, message: '' } });
    expect(expires('2026-12-01')).toEqual([]);
    expect(expires('2026-12-03')).toEqual([
      'ldap.tls-expires: the certificate of cn=dc1.corp.lan expires on 2027-01-01, in 29 days',
    ]);
  });
});

it('shows what a server wrote without what a terminal would obey', () => {
  expect(shown('a\u001b[2Jb\u0000\r\nc\u202ed')).toBe('a [2Jb c d');
  expect(shown('x'.repeat(10_000)).length).toBeLessThan(300);
});
