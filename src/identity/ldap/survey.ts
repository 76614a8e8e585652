import type { LdapAnswer, LdapEntry, LdapSession } from '../../system/ldap/types.js';
import { everybodyFilter } from './filter.js';
import { CODE, type Survey } from './observation.js';
import type { LdapSettings } from './settings.js';

/** So many are looked at; what holds for them holds for the rest. */
const MOST_ENTRIES = 20_000;
const PAGE = 500;
const MOST_NAMED = 5;
const USUAL = ['sAMAccountName', 'uid', 'userPrincipalName', 'cn', 'mail'] as const;

export interface Everybody {
  readonly survey: Survey;
  /** Some login names, to be tried like those of people who log in. */
  readonly samples: readonly string[];
}

/** Reads the names of all who could log in, and counts those who could not. */
export async function surveyEverybody(session: LdapSession, settings: LdapSettings): Promise<Everybody> {
  const { ldapBase, ldapFilter, ldapSearchUsername, ldapNameField, ldapEmailField } = settings;
  const found = await session.search({
    base: ldapBase,
    scope: 'sub',
    filter: everybodyFilter(ldapFilter, ldapSearchUsername),
    attributes: [...new Set([ldapSearchUsername, ldapNameField, ldapEmailField])],
    sizeLimit: MOST_ENTRIES,
    pageSize: PAGE,
    most: MOST_ENTRIES,
  });
  const instead =
    found.entries.length === 0 && found.code === CODE.success ? await others(session, ldapBase) : [];
  return { survey: { ...count(found, settings), instead }, samples: samplesOf(found.entries, settings) };
}

/** Pure. */
export function count(found: LdapAnswer, settings: LdapSettings): Omit<Survey, 'instead'> {
  const { entries } = found;
  const byLogin = new Map<string, string[]>();
  for (const entry of entries) {
    // Directories compare login names without regard to case.
    for (const login of valuesOf(entry, settings.ldapSearchUsername)) {
      const key = login.toLowerCase();
      byLogin.set(key, [...(byLogin.get(key) ?? []), entry.dn]);
    }
  }
  const mailless = entries.filter((entry) => valuesOf(entry, settings.ldapEmailField).length === 0);
  return {
    code: found.code,
    message: found.message,
    entries: entries.length,
    partial: found.code !== CODE.success || entries.length >= MOST_ENTRIES,
    repeated: [...byLogin].flatMap(([login, dns]) =>
      dns.length > 1 ? [{ login, dns: dns.slice(0, MOST_NAMED) }] : [],
    ),
    withoutMail: mailless.length,
    withoutName: entries.filter((entry) => valuesOf(entry, settings.ldapNameField).length === 0).length,
    lacking: mailless
      .slice(0, MOST_NAMED)
      .flatMap((entry) => valuesOf(entry, settings.ldapSearchUsername).slice(0, 1)),
    referrals: [...new Set(found.references)].slice(0, MOST_NAMED),
  };
}

/** Values of an attribute, whatever its spelling. */
export function valuesOf(entry: LdapEntry, attribute: string): readonly string[] {
  return [...entry.attributes].find(([name]) => name.toLowerCase() === attribute.toLowerCase())?.[1] ?? [];
}

/** First, middle and last: people of one department stand together. */
function samplesOf(entries: readonly LdapEntry[], { ldapSearchUsername }: LdapSettings): string[] {
  const places = [0, Math.floor(entries.length / 2), entries.length - 1];
  const names = places.flatMap((place) => {
    const entry = entries[place];
    return entry === undefined ? [] : valuesOf(entry, ldapSearchUsername).slice(0, 1);
  });
  return [...new Set(names)];
}

/** Which of the usual attributes people have there. */
async function others(session: LdapSession, base: string): Promise<string[]> {
  const { entries } = await session.search({
    base,
    scope: 'sub',
    filter: '(objectClass=person)',
    attributes: USUAL,
    sizeLimit: 20,
  });
  return USUAL.filter((name) => entries.some((entry) => valuesOf(entry, name).length > 0));
}
