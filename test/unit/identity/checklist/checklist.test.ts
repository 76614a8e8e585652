import { describe, expect, it } from 'vitest';
import { buildChecklist, progress } from '../../../../src/identity/checklist/checklist.js';
import type { ChecklistFacts } from '../../../../src/identity/checklist/facts.js';
import { checklistHtml } from '../../../../src/identity/checklist/html.js';
import type { ChecklistItem, FieldValue } from '../../../../src/identity/checklist/item.js';
import { checklistMarkdown } from '../../../../src/identity/checklist/markdown.js';
import { rangesFor } from '../../../../src/identity/checklist/network-ranges.js';
import { BLACKLIST_AT_FIRST } from '../../../../src/server/fetch-rules.js';
import { settle } from '../../../../src/identity/ldap/root-dse.js';
import { enteredFields } from '../../../../src/identity/ldap/settings.js';

const ldap = settle(
  {
    url: 'ldaps://ldap.corp.lan',
    base: 'ou=people,dc=corp',
    bindDn: 'cn=s,dc=corp',
    bindPassword: 'quite-secret',
  },
  undefined,
);
const facts: ChecklistFacts = {
  baseUrl: 'http://sandstorm.corp.lan:6080',
  wildcardHost: '*.sandstorm.corp.lan:6080',
  home: '/opt/sandstorm',
  build: 308,
  providers: ['ldap'],
  ldapFields: enteredFields(ldap.settings, true),
  ldapCaFile: undefined,
  samlEntryPoint: undefined,
  samlForm: undefined,
  guests: 'refused',
  contacts: 'shared',
  indexUrl: undefined,
  marketUrl: undefined,
  indexAddresses: [],
  mail: undefined,
  mailFrom: undefined,
  title: undefined,
  termsUrl: undefined,
  privacyUrl: undefined,
  ownHttps: false,
  updateChannel: 'none',
  unsafe: [],
};
const HEAD = { baseUrl: facts.baseUrl, build: 308, day: '2026-11-22', verified: false };

function itemOf(id: string, more: Partial<ChecklistFacts> = {}): ChecklistItem {
  const item = buildChecklist({ ...facts, ...more }).find((one) => one.id === id);
  if (item === undefined) throw new Error(`no item ${id}`);
  return item;
}
const valueOf = (item: ChecklistItem, label: string): FieldValue | undefined =>
  item.fields.find((field) => field.label === label)?.value;

describe('the checklist', () => {
  it('has every page of the admin panel that matters offline, each item once', () => {
    const items = buildChecklist(facts);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    const pages = new Set(items.flatMap(({ page }) => page ?? []));
    expect([...pages].sort()).toEqual([
      '/admin/app-sources',
      '/admin/certificates',
      '/admin/email',
      '/admin/login',
      '/admin/networking',
      '/admin/organization',
      '/admin/personalization',
      '/admin/preinstalled-apps',
      '/admin/stats',
      '/setup/token/…',
    ]);
  });

  it('has the values of this directory, the password being none of them', () => {
    const item = itemOf('login.ldap');
    expect(valueOf(item, 'LDAP server URL')).toEqual({ kind: 'text', text: 'ldaps://ldap.corp.lan' });
    expect(valueOf(item, 'Bind user password')).toEqual({ kind: 'blank', what: 'never on paper' });
    expect(JSON.stringify(buildChecklist(facts))).not.toContain('quite-secret');
  });

  it('follows what people log in with', () => {
    expect(valueOf(itemOf('organization.membership'), 'Users authenticated via LDAP')).toEqual({
      kind: 'ticked',
      on: true,
    });
    const both = itemOf('organization.membership', { providers: ['saml'] });
    expect(both.fields.map(({ value }) => value.kind === 'ticked' && value.on)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(itemOf('login.saml', { providers: ['saml'] }).notes?.[0]).toContain(
      'http://sandstorm.corp.lan:6080/_saml/config/default',
    );
    expect(buildChecklist({ ...facts, providers: ['saml'] }).map(({ id }) => id)).not.toContain('login.ldap');
  });

  it('opens the network of the index, and no other', () => {
    const item = itemOf('apps.network', {
      indexUrl: 'http://apps.corp.lan',
      indexAddresses: ['10.20.0.7', 'fd00::7'],
    });
    expect(valueOf(item, 'Take out')).toEqual({ kind: 'lines', lines: ['10.0.0.0/8', 'fc00::/7'] });
    expect(itemOf('apps.network').title).toBe('Leave the blocked networks as they are');
    expect(itemOf('apps.network', { indexUrl: 'http://x', indexAddresses: ['203.0.113.7'] }).state.kind).toBe(
      'failed',
    );
    const unresolved = itemOf('apps.network', { indexUrl: 'http://apps.corp.lan' });
    expect(valueOf(unresolved, 'Take out')?.kind).toBe('blank');
  });

  it('knows what sandstorm.conf has already settled', () => {
    expect(itemOf('server.conf').state.kind).toBe('done');
    expect(itemOf('server.conf', { updateChannel: 'dev' }).state).toMatchObject({
      kind: 'failed',
      fix: 'sandstorm-airgap config set UPDATE_CHANNEL none',
    });
    expect(itemOf('server.conf', { unsafe: ['ALLOW_DEV_ACCOUNTS'] }).state).toMatchObject({
      kind: 'failed',
      seen: expect.stringContaining('any visitor') as string,
    });
    expect(progress(buildChecklist(facts))).toBe('1 of 16 seen done');
  });

  it('asks for a certificate only where the server holds one itself', () => {
    expect(itemOf('certificates').title).toBe('No certificate');
    expect(itemOf('certificates', { baseUrl: 'https://s.corp.lan' }).title).toBe(
      'The certificate is in the proxy',
    );
    expect(itemOf('certificates', { baseUrl: 'https://s.corp.lan', ownHttps: true }).fields[0]?.label).toBe(
      'Private key PEM',
    );
  });

  it('says how monthly active users are counted, and where', () => {
    expect(itemOf('after.statistics')).toMatchObject({
      page: '/admin/stats',
      why: expect.stringMatching(/opened a grain in the last 30 days/) as string,
    });
  });
});

describe('rangesFor', () => {
  it.each([
    ['10.1.2.3', ['10.0.0.0/8']],
    ['172.31.255.255', ['172.16.0.0/12']],
    ['172.32.0.1', []],
    ['192.168.1.1', ['192.168.0.0/16']],
    ['127.0.0.1', ['127.0.0.0/8']],
    ['fe80::1', ['fe80::/10']],
    ['8.8.8.8', []],
    ['not an address', []],
  ])('of %s are %j', (address, out) => {
    const advice = rangesFor([address]);
    expect(advice.out).toEqual(out);
    expect([...advice.out, ...advice.left].sort()).toEqual([...BLACKLIST_AT_FIRST].sort());
  });

  it.each(['100.64.0.1', '198.18.0.1', '192.0.2.1', '224.0.0.1', '2001:db8::1'])(
    'are of no use for %s',
    (address) => expect(rangesFor([address]).impossible).toEqual([address]),
  );
});

describe('as a page', () => {
  const hostile = buildChecklist({
    ...facts,
    title: '</style><script>alert(1)</script> `x` *y* "&',
    wildcardHost: "*.a'b",
  });

  it('loads and runs nothing, whatever the values are', () => {
    const page = checklistHtml(hostile, HEAD);
    expect(page).not.toMatch(/<script|src=|@import|url\(/i);
    expect(page).toContain('&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain("default-src 'none'");
    expect(page.match(/<article /g)).toHaveLength(hostile.length);
    expect(page).toContain('href="http://sandstorm.corp.lan:6080/admin/stats"');
  });

  it('ticks what is done, and says what is to be mended', () => {
    const [first, ...rest] = buildChecklist(facts);
    if (first === undefined) throw new Error('an empty list');
    const failed = { ...first, state: { kind: 'failed', seen: 'it is down', fix: 'start it' } } as const;
    const page = checklistHtml([failed, ...rest], { ...HEAD, verified: true });
    expect(page.match(/ checked>/g)).toHaveLength(1);
    expect(page).toContain('✗ it is down — start it');
    expect(page).toContain('1 of 16 seen done, 1 to mend');
  });

  it('is a list to tick in Markdown, and values stay values', () => {
    const text = checklistMarkdown(hostile, HEAD);
    expect(text.match(/^- \[[ x]\] \*\*/gm)).toHaveLength(hostile.length);
    expect(text).toContain('``</style><script>alert(1)</script> `x` *y* "&``');
    expect(text).toContain('([/admin/stats](http://sandstorm.corp.lan:6080/admin/stats))');
  });
});
