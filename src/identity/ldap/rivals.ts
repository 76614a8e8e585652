import type { LdapEntry, LdapSession } from '../../system/ldap/types.js';
import { sandstormFilter } from './filter.js';
import { CODE, type Rivals } from './observation.js';
import type { RootDse } from './root-dse.js';
import type { LdapSettings } from './settings.js';
import { valuesOf } from './survey.js';

const MOST = 5;
/** Classes that tell a person from the rest, the most telling first. */
const PERSON_CLASSES = ['inetOrgPerson', 'organizationalPerson', 'person', 'user', 'posixAccount', 'account'];
const AD_PERSON = '(objectCategory=person)(objectClass=user)';
/** Disabled accounts have bit 2 in userAccountControl. */
const AD_ENABLED = '(!(userAccountControl:1.2.840.113556.1.4.803:=2))';

/**
 * Who else has that login name, and which filter or base DN would leave one of them. What is proposed was tried.
 */
export async function findRivals(
  session: LdapSession,
  settings: LdapSettings,
  login: string,
  dse: RootDse | undefined,
): Promise<Rivals> {
  const { ldapBase, ldapFilter, ldapSearchUsername } = settings;
  const search = { scope: 'sub', sizeLimit: MOST } as const;
  const filter = sandstormFilter(ldapFilter, ldapSearchUsername, login);
  const { entries } = await session.search({
    ...search,
    base: ldapBase,
    filter,
    attributes: ['objectClass'],
  });
  const dns = entries.map(({ dn }) => dn);

  const leavesOne = async (base: string, criteria: string): Promise<boolean> => {
    const tried = sandstormFilter(criteria, ldapSearchUsername, login);
    const found = await session.search({
      ...search,
      base,
      filter: tried,
      sizeLimit: 1,
      attributes: ['objectClass'],
    });
    return found.code === CODE.success && found.entries.length === 1;
  };
  for (const more of filtersFor(entries, dse)) {
    const criteria = `${ldapFilter}${more}`;
    if (await leavesOne(ldapBase, criteria)) return { dns, filter: criteria };
  }
  for (const base of basesFor(dns, ldapBase)) if (await leavesOne(base, ldapFilter)) return { dns, base };
  return { dns };
}

/** Pure: worth trying, in this order. */
export function filtersFor(entries: readonly LdapEntry[], dse: RootDse | undefined): string[] {
  const classes = entries.map((entry) => valuesOf(entry, 'objectClass').map((name) => name.toLowerCase()));
  const telling = PERSON_CLASSES.filter(
    (name) => classes.filter((one) => one.includes(name.toLowerCase())).length === 1,
  ).map((name) => `(objectClass=${name})`);
  const ad = dse?.product === 'active-directory' ? [AD_PERSON, `${AD_PERSON}${AD_ENABLED}`, AD_ENABLED] : [];
  return [...ad, ...telling];
}

/** Pure: the folders of the rivals, where people come before machines and services. */
export function basesFor(dns: readonly string[], base: string): string[] {
  const parents = [...new Set(dns.map((dn) => dn.replace(/^(?:\\.|[^,\\])*,/, '')))];
  const people = (dn: string): number =>
    /^(?:ou|cn)=(?:people|users|staff|persons|accounts)\b/i.test(dn) ? 0 : 1;
  return parents
    .filter((dn) => dn.toLowerCase() !== base.toLowerCase())
    .sort((a, b) => people(a) - people(b));
}
