import { describe, expect, it } from 'vitest';
import { breaksFilter, filterProblem, sandstormFilter } from '../../../../src/identity/ldap/filter.js';
import { readRootDse, settle } from '../../../../src/identity/ldap/root-dse.js';
import {
  enteredFields,
  holdsPassword,
  ldapAddress,
  looksLikeDn,
} from '../../../../src/identity/ldap/settings.js';
import { basesFor, filtersFor } from '../../../../src/identity/ldap/rivals.js';

const entry = (dn: string, attributes: Record<string, string[]>) => ({
  dn,
  attributes: new Map(Object.entries(attributes)),
});

describe('ldapAddress', () => {
  it('is where Sandstorm connects to', () => {
    expect(ldapAddress('ldaps://ldap.corp.lan')).toEqual({ tls: true, host: 'ldap.corp.lan', port: 636 });
    expect(ldapAddress('ldap://10.0.0.9:3890/')).toEqual({ tls: false, host: '10.0.0.9', port: 3890 });
    expect(ldapAddress('ldaps://[fd00::9]:636')).toEqual({ tls: true, host: 'fd00::9', port: 636 });
  });

  it.each([
    'ldap.corp.lan',
    'https://ldap.corp.lan',
    'LDAPS://ldap.corp.lan',
    'ldaps://h/dc=x',
    'ldaps://h:0',
    'ldaps://h:70000',
    'ldaps://u@h',
    'ldaps://[1.2.3.4]',
  ])('is none for %s', (url) => expect(ldapAddress(url)).toEqual(expect.any(String)));

  it('knows a password when it sees one', () => {
    expect(holdsPassword('ldaps://svc:secret@ldap.corp.lan')).toBe(true);
    expect(holdsPassword('ldaps://ldap.corp.lan/uid=a@b')).toBe(false);
  });
});

it('knows a DN from what else Active Directory takes for a name', () => {
  expect(
    ['cn=a,dc=b', 'CN=Doe\\, Jane,OU=Staff,DC=corp', 'uid = x', '2.5.4.3=x'].map(looksLikeDn),
  ).not.toContain(false);
  expect(['', 'CORP\\svc', 'svc@corp.lan', 'corp.lan', 'cn=a,corp'].map(looksLikeDn)).not.toContain(true);
});

describe('the filter', () => {
  it('is put together as Sandstorm does, nothing escaped', () => {
    expect(sandstormFilter('', 'uid', 'ada')).toBe('&(objectclass=*)(uid=ada)');
    expect(sandstormFilter('(&(a=b))', 'uid', 'a*')).toBe('&(&(a=b))(uid=a*)');
  });

  it.each([
    '',
    '(objectClass=person)',
    '(a=b)(c=d)',
    '(&(objectClass=person)(|(a=1)(b>=2)))',
    '(!(userAccountControl:1.2.840.113556.1.4.803:=2))',
    '(memberOf=cn=sandstorm,ou=groups,dc=corp,dc=lan)',
    '(mail=*@corp.lan)',
  ])('may be %s', (filter) => expect(filterProblem(filter)).toBeUndefined());

  it.each([
    'objectClass=person',
    '(objectClass=person',
    '(objectClass=person))',
    '(a=b)c(d=e)',
    '(person)',
    '()',
    '(&)',
    '(&a=b)',
    '((a=b))',
    '(cn=a\\28b)',
    '(a=)',
  ])('may not be %s', (filter) => expect(filterProblem(filter)).toEqual(expect.any(String)));

  it('is broken by some login names', () => {
    expect(['ada', 'ada@corp.lan', 'jürgen', 'a-b.c_d'].map(breaksFilter)).not.toContain(true);
    expect(['*', 'a(b', 'a)b', 'CORP\\ada'].map(breaksFilter)).not.toContain(false);
  });
});

describe('what a server says of itself', () => {
  const ad = readRootDse(
    entry('', {
      namingContexts: [
        'DC=corp,DC=lan',
        'CN=Configuration,DC=corp,DC=lan',
        'DC=DomainDnsZones,DC=corp,DC=lan',
      ],
      DefaultNamingContext: ['DC=corp,DC=lan'],
      supportedCapabilities: ['1.2.840.113556.1.4.800'],
    }),
  );

  it('is followed where nobody said otherwise', () => {
    const { settings, proposed } = settle({ url: 'ldaps://dc1', usernameAttribute: 'userPrincipalName' }, ad);
    expect(settings).toMatchObject({
      ldapBase: 'DC=corp,DC=lan',
      ldapSearchUsername: 'userPrincipalName',
      ldapNameField: 'displayName',
    });
    expect(proposed).toEqual(['ldapBase', 'ldapNameField', 'ldapEmailField']);
  });

  it('leaves out where no people are', () => {
    const other = readRootDse(
      entry('', { namingContexts: ['cn=config', 'dc=corp'], objectClass: ['top', 'OpenLDAProotDSE'] }),
    );
    expect(other.product).toBe('openldap');
    expect(settle({ url: '' }, other).settings).toMatchObject({
      ldapBase: 'dc=corp',
      ldapSearchUsername: 'uid',
    });
  });

  it('proposes what tells rivals apart', () => {
    const pair = [
      entry('uid=a,ou=people,dc=c', { objectClass: ['top', 'inetOrgPerson'] }),
      entry('cn=a\\,b,ou=hosts,dc=c', { objectClass: ['top', 'device'] }),
    ];
    expect(filtersFor(pair, undefined)).toEqual(['(objectClass=inetOrgPerson)']);
    expect(filtersFor(pair, ad)[0]).toBe('(objectCategory=person)(objectClass=user)');
    expect(
      basesFor(
        pair.map(({ dn }) => dn),
        'dc=c',
      ),
    ).toEqual(['ou=people,dc=c', 'ou=hosts,dc=c']);
  });
});

it('never has the password among what is to be entered', () => {
  const { settings } = settle({ url: 'ldaps://h', bindDn: 'cn=s', bindPassword: 'quite secret' }, undefined);
  expect(JSON.stringify(enteredFields(settings, true))).not.toContain('secret');
  expect(enteredFields(settings, true).map(({ setting }) => setting)).toHaveLength(9);
});
