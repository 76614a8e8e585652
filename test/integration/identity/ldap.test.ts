import { createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LdapFinding } from '../../../src/identity/ldap/finding.js';
import { judgeLdap } from '../../../src/identity/ldap/judge.js';
import { observeLdap, type LdapQuestion } from '../../../src/identity/ldap/observe.js';
import type { LdapWish } from '../../../src/identity/ldap/settings.js';
import { systemDns } from '../../../src/system/dns.js';
import { systemLdap } from '../../../src/system/ldap.js';
import { makeCa, makeIntermediate, makeSelfSigned } from '../../helpers/private-ca.js';
import {
  AD_SCHEMA,
  adPerson,
  adRootDse,
  corporation,
  entry,
  folders,
  PASSWORD,
  PEOPLE,
  person,
  searcher,
  SEARCHER,
  SUFFIX,
} from '../../helpers/directory.js';
import { fakeHost } from '../../helpers/fake-host.js';
import { freePort } from '../../helpers/free-port.js';
import { requireReal } from '../../helpers/real-parts.js';
import { startSlapd, type RunningSlapd, type SlapdWish } from '../../helpers/slapd.js';

/* Real directories (OpenLDAP), each wrong in a way of its own, and what is said of them. */

const ready = requireReal('the LDAP check against OpenLDAP', ['slapd', 'slapadd', 'openssl']);
const HOST = 'ldap.corp.test';
const AD = 'dc=ad,dc=test';

const names = {
  ...systemDns,
  lookup: (name: string) => Promise.resolve(name.endsWith('.nowhere') ? [] : ['127.0.0.1']),
};
const servers: RunningSlapd[] = [];
const silent: Server[] = [];
let dir = '';
let ca = '';
let otherCa = '';
let officeCa = '';
/** Ports by what is there. */
const at: Record<string, number> = {};

async function slapd(wish: SlapdWish): Promise<RunningSlapd> {
  const server = await startSlapd(wish);
  servers.push(server);
  return server;
}

async function stranger(name: string, talk: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  silent.push(server);
  const address = server.address();
  at[name] = typeof address === 'object' && address !== null ? address.port : 0;
}

const SMALL = { [SUFFIX]: [folders(), searcher(), person('ada')].join('') };

beforeAll(async () => {
  if (!ready) return;
  dir = await mkdtemp(join(tmpdir(), 'ldap-certificates-'));
  const root = makeCa(dir, 'house-ca');
  const between = makeIntermediate(dir, root, 'office-ca');
  const other = makeCa(dir, 'other-ca');
  ca = root.pem;
  otherCa = other.pem;
  officeCa = between.pem;
  const own = makeSelfSigned(dir, HOST);

  const far = 'dc=far,dc=test';
  const elsewhere = entry(`ou=elsewhere,${far}`, {
    objectClass: ['referral', 'extensibleObject'],
    ou: 'elsewhere',
    ref: 'ldap://other.corp.test/ou=elsewhere,dc=far,dc=test',
  });
  const started = await Promise.all([
    slapd({
      data: {
        [SUFFIX]: corporation(3000),
        [far]: [folders(far), person('faraway', {}, `ou=people,${far}`), elsewhere].join(''),
      },
      perDatabase: ['sizelimit unlimited'],
      certificate: root.issue({ name: HOST }),
    }),
    slapd({ data: SMALL, global: ['allow bind_anon_dn'], certificate: root.issue({ name: HOST, days: -1 }) }),
    slapd({
      data: SMALL,
      global: ['disallow bind_anon', 'require authc'],
      certificate: root.issue({ name: 'dc1.corp.test' }),
    }),
    slapd({
      data: { [SUFFIX]: corporation(700) },
      perDatabase: ['sizelimit 100'],
      certificate: root.issue({ name: HOST, days: 10 }),
    }),
    slapd({ data: SMALL, global: ['security simple_bind=128'], certificate: own }),
    slapd({ data: SMALL, certificate: between.issue({ name: HOST, days: 300 }) }),
    slapd({
      global: AD_SCHEMA,
      rootDse: adRootDse(AD),
      data: {
        'cn=configuration,dc=ad,dc=test': entry('cn=configuration,dc=ad,dc=test', {
          objectClass: 'applicationProcess',
          cn: 'configuration',
        }),
        [AD]: [
          folders(AD),
          adPerson('ada', AD),
          adPerson('leaver', AD),
          adPerson('leaver', AD, { userAccountControl: '514' }, `ou=alumni,${AD}`),
          adPerson('svc', AD),
        ].join(''),
      },
    }),
  ]);
  const [main, empty, closed, limited, guarded, chained, ad] = started;
  Object.assign(at, {
    main: main.port,
    'main-tls': main.tlsPort,
    empty: empty.port,
    expired: empty.tlsPort,
    closed: closed.port,
    'other-name': closed.tlsPort,
    limited: limited.port,
    'soon-tls': limited.tlsPort,
    guarded: guarded.port,
    'self-tls': guarded.tlsPort,
    'chain-tls': chained.tlsPort,
    ad: ad.port,
    nobody: await freePort(),
  });
  await stranger('silent', () => undefined);
  await stranger('web', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  // A message whose length is negative to who reads it as a signed number; then more and more of one.
  await stranger('negative', (socket) => socket.write(Buffer.from('3084fffffffa020102', 'hex')));
  await stranger('endless', (socket) => {
    const flood = Buffer.concat(
      Array.from({ length: 4000 }, () => Buffer.from('3009020102640404003000', 'hex')),
    );
    const more = (): void => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.once('data', more).on('drain', more);
  });
});

afterAll(async () => {
  for (const server of silent) server.close();
  await Promise.all(servers.map((server) => server.stop()));
  if (dir !== '') await rm(dir, { recursive: true, force: true });
});

const url = (place: string, host = HOST): string =>
  `${place.endsWith('-tls') || ['expired', 'other-name'].includes(place) ? 'ldaps' : 'ldap'}://${host}:${String(at[place] ?? 0)}`;
const bound = { bindDn: SEARCHER.dn, bindPassword: SEARCHER.password };

async function check(wish: LdapWish, more: Partial<LdapQuestion> = {}): Promise<readonly LdapFinding[]> {
  const host = await fakeHost({ ldap: systemLdap(names), clock: { now: () => new Date() } });
  return judgeLdap(await observeLdap({ wish, logins: [], timeoutMs: 4000, ...more }, host));
}

interface Row {
  readonly what: string;
  readonly wish: () => LdapWish;
  readonly more?: Partial<LdapQuestion>;
  /** The only finding that is not a pass: its id and status, and words of what was seen and of the fix. */
  readonly id: string;
  readonly warn?: true;
  readonly seen: RegExp;
  readonly fix: RegExp;
  /** Others that come with it, by id. */
  readonly also?: readonly string[];
}

const main = (more: Partial<LdapWish> = {}): LdapWish => ({
  url: url('main-tls'),
  base: PEOPLE,
  caCert: ca,
  ...more,
});
/** The corporation has a few who lack something; these are mentioned whenever all are looked at. */
const KNOWN = ['ldap.without-mail'];

const WRONG: readonly Row[] = [
  {
    what: 'a URL in capitals',
    wish: () => ({ url: 'LDAPS://ldap.corp.test' }),
    id: 'ldap.url',
    seen: /small letters/,
    fix: /ldaps:\/\/HOST:636/,
  },
  {
    what: 'a URL with a path',
    wish: () => ({ url: 'ldaps://ldap.corp.test/dc=corp' }),
    id: 'ldap.url',
    seen: /nothing may follow/,
    fix: /port/,
  },
  {
    what: 'a name that does not resolve',
    wish: () => ({ url: 'ldaps://ldap.nowhere' }),
    id: 'ldap.host',
    seen: /no address/,
    fix: /DNS record for ldap.nowhere/,
  },
  {
    what: 'a port where nobody listens',
    wish: () => ({ url: url('nobody') }),
    id: 'ldap.connect',
    seen: /nothing listens on 127.0.0.1/,
    fix: /nc -vz/,
  },
  {
    what: 'ldaps:// on the port without TLS',
    wish: () => ({ url: `ldaps://${HOST}:${String(at.main ?? 0)}` }),
    id: 'ldap.tls',
    seen: /no TLS on port/,
    fix: /ldaps:\/\/ldap.corp.test:636/,
  },
  {
    what: 'ldap:// on the port for TLS',
    wish: () => ({ url: `ldap://${HOST}:${String(at['main-tls'] ?? 0)}`, base: PEOPLE }),
    id: 'ldap.answer',
    seen: /no LDAP|hung up/,
    fix: /ldaps:/,
    also: ['ldap.plain'],
  },
  {
    what: 'ldap:// at all',
    wish: () => ({ url: url('main'), base: PEOPLE }),
    more: { logins: ['ada'] },
    id: 'ldap.plain',
    warn: true,
    seen: /without TLS/,
    fix: /ldaps:\/\/ldap.corp.test:636/,
    also: KNOWN,
  },
  {
    what: 'a server that never answers',
    wish: () => ({ url: url('silent'), base: PEOPLE }),
    more: { timeoutMs: 300 },
    id: 'ldap.answer',
    seen: /in time/,
    fix: /an LDAP server/,
    also: ['ldap.plain'],
  },
  {
    what: 'a web server',
    wish: () => ({ url: url('web'), base: PEOPLE }),
    id: 'ldap.answer',
    seen: /no LDAP/,
    fix: /an LDAP server/,
    also: ['ldap.plain'],
  },
  {
    what: 'a message of negative length',
    wish: () => ({ url: url('negative'), base: PEOPLE }),
    id: 'ldap.answer',
    seen: /too long/,
    fix: /an LDAP server/,
    also: ['ldap.plain'],
  },
  {
    what: 'messages without end',
    wish: () => ({ url: url('endless'), base: PEOPLE }),
    id: 'ldap.answer',
    seen: /more than anybody would need/,
    fix: /an LDAP server/,
    also: ['ldap.plain'],
  },
  {
    what: 'a private CA that was not given',
    wish: () => main({ caCert: undefined }),
    id: 'ldap.tls-chain',
    seen: /cn=house-ca/,
    fix: /LDAP CA certificate: the PEM file of/,
  },
  {
    what: 'a CA file that is none',
    wish: () => main({ caCert: 'MIIBxTCCAWu=' }),
    id: 'ldap.ca',
    seen: /no certificate in what was given/,
    fix: /-----BEGIN CERTIFICATE-----/,
  },
  {
    what: 'another CA',
    wish: () => main({ caCert: otherCa }),
    id: 'ldap.tls-chain',
    seen: /cn=house-ca/,
    fix: /LDAP CA certificate/,
  },
  {
    what: 'a certificate signed by itself, given as CA',
    wish: () => main({ url: url('self-tls'), caCert: undefined }),
    id: 'ldap.tls-chain',
    seen: /signed by itself/,
    fix: /a server's own does not do/,
  },
  {
    what: 'a chain with a gap',
    wish: () => main({ url: url('chain-tls') }),
    id: 'ldap.tls-chain',
    seen: /office-ca/,
    fix: /certificates between/,
  },
  {
    what: 'an expired certificate',
    wish: () => main({ url: url('expired') }),
    id: 'ldap.tls-expired',
    seen: /expired on \d{4}-/,
    fix: /renew it/,
  },
  {
    what: 'a certificate that expires soon',
    wish: () => main({ url: url('soon-tls') }),
    more: { logins: ['ada'] },
    id: 'ldap.tls-expires',
    warn: true,
    seen: /in 9 days/,
    fix: /renew it before/,
  },
  {
    what: 'a certificate for another name',
    wish: () => main({ url: url('other-name') }),
    id: 'ldap.tls-name',
    seen: /not for ldap.corp.test; its names: dc1.corp.test/,
    fix: /the name in the certificate, dc1.corp.test/,
  },
  {
    what: 'a wrong password for the search',
    wish: () => main({ ...bound, bindPassword: 'wrong-guess' }),
    id: 'ldap.bind',
    seen: /cn=sandstorm,.* may not log in: DN or password is wrong/,
    fix: /compare both/,
  },
  {
    what: 'a DN without a password',
    wish: () => main({ bindDn: SEARCHER.dn }),
    more: { logins: ['ada'] },
    id: 'ldap.bind-password',
    seen: /no password for cn=sandstorm/,
    fix: /--ldap-bind-password-file/,
    also: KNOWN,
  },
  {
    what: 'an account name that is no DN',
    wish: () => main({ ...bound, bindDn: 'CORP\\svc' }),
    id: 'ldap.bind-dn',
    seen: /no DN/,
    fix: /Get-ADUser svc/,
  },
  {
    what: 'a server that wants a login',
    wish: () => ({ url: url('closed'), base: PEOPLE }),
    id: 'ldap.anonymous',
    seen: /search is refused/,
    fix: /--ldap-bind-dn/,
    also: ['ldap.plain'],
  },
  {
    what: 'a server that wants TLS for passwords',
    wish: () => ({ url: url('guarded'), base: PEOPLE, ...bound }),
    id: 'ldap.needs-tls',
    seen: /confidentiality/i,
    fix: /ldaps:\/\//,
    also: ['ldap.plain'],
  },
  {
    what: 'a wrong base DN',
    wish: () => main({ ...bound, base: 'ou=staff,dc=corp,dc=lan' }),
    id: 'ldap.base',
    seen: /there is no ou=staff/,
    fix: /Base DN: dc=corp,dc=test {3}or {3}dc=far,dc=test/,
  },
  {
    what: 'a base that is no DN',
    wish: () => main({ base: 'corp.test' }),
    id: 'ldap.base-form',
    seen: /"corp.test" is no DN/,
    fix: /Base DN: dc=corp,dc=test/,
  },
  {
    what: 'a filter without parentheses',
    wish: () => main({ filter: 'objectClass=person' }),
    id: 'ldap.filter',
    seen: /parenthesis/,
    fix: /\(objectClass=person\)/,
  },
  {
    what: 'a filter that lets nobody through',
    wish: () => main({ filter: '(objectClass=device)' }),
    id: 'ldap.nobody',
    seen: /fits \(objectClass=device\)/,
    fix: /leave it empty/,
  },
  {
    what: 'an attribute nobody has',
    wish: () => main({ usernameAttribute: 'employeeNumber' }),
    id: 'ldap.nobody',
    seen: /has employeeNumber/,
    fix: /LDAP username attribute: uid/,
  },
  {
    what: 'a folder without people',
    wish: () => main({ base: `ou=empty,${SUFFIX}` }),
    id: 'ldap.nobody',
    seen: /nobody below ou=empty/,
    fix: /Base DN: dc=corp,dc=test/,
  },
  {
    what: 'nobody of that name',
    wish: () => main(),
    more: { logins: ['grace'] },
    id: 'ldap.no-match',
    seen: /nobody has uid=grace/,
    fix: /spelling/,
    also: KNOWN,
  },
  {
    what: 'two of that name, told apart by their class',
    wish: () => main({ base: SUFFIX }),
    more: { logins: ['doppel'] },
    id: 'ldap.many',
    seen: /more than one entry is doppel: uid=doppel,.*uid=doppel,/,
    fix: /criteria: \(objectClass=inetOrgPerson\)/,
    also: ['ldap.duplicates', ...KNOWN],
  },
  {
    what: 'two of that name, told apart by their folder',
    wish: () => main({ base: SUFFIX }),
    more: { logins: ['twin'] },
    id: 'ldap.many',
    seen: /is twin/,
    fix: /Base DN: ou=people,dc=corp,dc=test/,
    also: ['ldap.duplicates', ...KNOWN],
  },
  {
    what: 'a login name that is a filter',
    wish: () => main(),
    more: { logins: ['*'] },
    id: 'ldap.login-name',
    seen: /means something in a search/,
    fix: /without/,
    also: KNOWN,
  },
  {
    what: 'somebody without mail',
    wish: () => main(),
    more: { logins: ['nomail'] },
    id: 'ldap.mail',
    seen: /nomail has no mail/,
    fix: /LDAP email attribute/,
    also: KNOWN,
  },
  {
    what: 'two mail addresses',
    wish: () => main(),
    more: { logins: ['twomails'] },
    id: 'ldap.mail-list',
    warn: true,
    seen: /2 values of mail: one@corp.test, two@corp.test/,
    fix: /everybody has once/,
    also: KNOWN,
  },
  {
    what: 'somebody without that name',
    wish: () => main({ nameAttribute: 'displayName' }),
    more: { logins: ['twin'] },
    id: 'ldap.name',
    warn: true,
    seen: /twin has no displayName/,
    fix: /cn, which they have/,
    also: KNOWN,
  },
  {
    what: 'another spelling of the attribute',
    wish: () => main({ emailAttribute: 'Mail' }),
    more: { logins: ['ada'] },
    id: 'ldap.attribute-case',
    seen: /writes mail, not Mail/,
    fix: /LDAP email attribute: mail/,
    also: KNOWN,
  },
  {
    what: 'an empty password that is let in',
    wish: () => ({ url: url('empty'), base: PEOPLE }),
    more: { logins: ['ada'] },
    id: 'ldap.empty-password',
    seen: /yes to ada without a password/,
    fix: /bind_anon_dn/,
    also: ['ldap.plain'],
  },
  {
    what: 'a wrong password of a person',
    wish: () => main(),
    more: { logins: ['ada'], password: 'wrong-guess' },
    id: 'ldap.password',
    seen: /ada is found and may not log in/,
    fix: /try that password/,
    also: KNOWN,
  },
  {
    what: 'a base DN on another server',
    wish: () => main({ base: 'ou=elsewhere,dc=far,dc=test' }),
    id: 'ldap.referral',
    seen: /sends one on to another/,
    fix: /Base DN/,
  },
  {
    what: 'a part on another server',
    wish: () => main({ base: 'dc=far,dc=test' }),
    id: 'ldap.references',
    warn: true,
    seen: /ldap:\/\/other.corp.test/,
    fix: /global catalogue/,
  },
  {
    what: 'uid in Active Directory',
    wish: () => ({ url: url('ad'), usernameAttribute: 'uid' }),
    id: 'ldap.nobody',
    seen: /nobody below dc=ad,dc=test has uid/,
    fix: /LDAP username attribute: sAMAccountName/,
    also: ['ldap.plain'],
  },
  {
    what: 'a disabled double in Active Directory',
    wish: () => ({ url: url('ad') }),
    more: { logins: ['leaver'] },
    id: 'ldap.many',
    seen: /is leaver/,
    fix: /userAccountControl:1\.2\.840\.113556\.1\.4\.803:=2/,
    also: ['ldap.plain', 'ldap.duplicates'],
  },
];

describe.skipIf(!ready)('each wrong configuration is named, with what helps', () => {
  it.each(WRONG)('$what', async ({ wish, more, id, warn, seen, fix, also = [] }) => {
    const findings = await check(wish(), more);
    const odd = findings.filter(({ status }) => status !== 'pass');
    expect(odd.map((one) => one.id).sort()).toEqual([id, ...also].sort());
    const found = odd.find((one) => one.id === id);
    expect(found?.status).toBe(warn === true ? 'warn' : 'fail');
    expect(found?.seen).toMatch(seen);
    expect(found?.fix?.join('\n')).toMatch(fix);
    expect(found?.why ?? '').not.toBe('');
  });
});

interface Right {
  readonly what: string;
  readonly wish: () => LdapWish;
  readonly more?: Partial<LdapQuestion>;
  readonly passes: readonly string[];
  /** Warnings that are right there. */
  readonly warns?: readonly string[];
}

const RIGHT: readonly Right[] = [
  {
    what: 'ldaps, a private CA, a login for the search',
    wish: () => main(bound),
    more: { logins: ['ada'], password: PASSWORD },
    passes: ['ldap.connect', 'ldap.product', 'ldap.bind', 'ldap.search', 'ldap.password', 'ldap.user'],
    warns: KNOWN,
  },
  {
    what: 'the same for some people found there',
    wish: () => main({ filter: '(mail=*)' }),
    passes: ['ldap.user', 'ldap.user'],
  },
  {
    what: 'the double, with the filter that was proposed',
    wish: () => main({ base: SUFFIX, filter: '(objectClass=inetOrgPerson)' }),
    more: { logins: ['doppel'] },
    passes: ['ldap.user'],
    warns: ['ldap.duplicates', ...KNOWN],
  },
  {
    what: 'a CA and the one between, in one file',
    wish: () => main({ url: url('chain-tls'), caCert: `${ca}\n${officeCa}` }),
    passes: ['ldap.user'],
  },
  {
    what: 'a server that shows a hundred at a time',
    wish: () => ({ url: url('limited'), base: PEOPLE, filter: '(mail=*)' }),
    more: { logins: ['ada'] },
    passes: ['ldap.user'],
    warns: ['ldap.plain'],
  },
  {
    what: 'Active Directory, with nothing but its address',
    wish: () => ({ url: url('ad') }),
    more: { logins: ['ada'], password: PASSWORD },
    passes: ['ldap.product', 'ldap.password', 'ldap.user'],
    warns: ['ldap.duplicates', 'ldap.plain'],
  },
];

describe.skipIf(!ready)('each right one passes', () => {
  it.each(RIGHT)('$what', async ({ wish, more, passes, warns = [] }) => {
    const findings = await check(wish(), more);
    expect(
      findings
        .filter(({ status }) => status !== 'pass')
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...warns].sort());
    expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining([...passes]));
  });
});

it.skipIf(!ready)('a server that is not trusted gets no password', async () => {
  const session = await systemLdap(names).open({
    host: HOST,
    port: at['other-name'] ?? 0,
    tls: true,
    ca,
    timeoutMs: 4000,
  });
  expect(session.tls?.nameProblem).toContain('dc1.corp.test');
  await expect(session.bind(SEARCHER.dn, SEARCHER.password)).rejects.toThrow('nothing is sent');
});

it.skipIf(!ready)("knows all of thousands, and finds Active Directory's names by itself", async () => {
  const host = await fakeHost({ ldap: systemLdap(names), clock: { now: () => new Date() } });
  const seen = await observeLdap({ wish: main(), logins: ['ada'] }, host);
  expect(seen.everybody).toMatchObject({
    entries: 3006,
    partial: false,
    withoutMail: 1,
    lacking: ['nomail'],
  });
  const { settled } = await observeLdap({ wish: { url: url('ad') }, logins: ['ada'] }, host);
  expect(settled.settings).toMatchObject({
    ldapBase: AD,
    ldapSearchUsername: 'sAMAccountName',
    ldapNameField: 'displayName',
  });
});
