import type { LdapEntry } from '../../system/ldap/types.js';
import { FORM_DEFAULTS, type LdapSettings, type LdapWish } from './settings.js';

/** What a server says of itself (RFC 4512, 5.1), as far as it helps here. */
export interface RootDse {
  readonly product: 'active-directory' | 'openldap' | 'other';
  readonly namingContexts: readonly string[];
  /** Active Directory's own domain, among several contexts. */
  readonly defaultNamingContext: string | undefined;
}

export const ROOT_DSE_ATTRIBUTES = [
  'namingContexts',
  'defaultNamingContext',
  'supportedCapabilities',
  'objectClass',
  'structuralObjectClass',
] as const;

/** LDAP_CAP_ACTIVE_DIRECTORY_OID, and that of the lightweight edition. */
const ACTIVE_DIRECTORY = new Set(['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1851']);
const MOST_CONTEXTS = 20;

export function readRootDse(entry: LdapEntry): RootDse {
  const values = (name: string): readonly string[] =>
    [...entry.attributes].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? [];
  const isAd = values('supportedCapabilities').some((oid) => ACTIVE_DIRECTORY.has(oid));
  const isOpenLdap = [...values('objectClass'), ...values('structuralObjectClass')].includes(
    'OpenLDAProotDSE',
  );
  return {
    product: isAd ? 'active-directory' : isOpenLdap ? 'openldap' : 'other',
    namingContexts: values('namingContexts')
      .filter((dn) => dn !== '')
      .slice(0, MOST_CONTEXTS),
    defaultNamingContext: values('defaultNamingContext')[0],
  };
}

/** Where people may be: the domain itself, never Active Directory's schema and configuration. Pure. */
export function proposedBases(dse: RootDse | undefined): readonly string[] {
  if (dse === undefined) return [];
  const { defaultNamingContext, namingContexts } = dse;
  if (defaultNamingContext !== undefined) return [defaultNamingContext];
  const people = namingContexts.filter(
    (dn) =>
      !/^(?:cn=(?:config|schema|configuration|monitor|changelog)|dc=(?:domain|forest)dnszones|o=netscaperoot)\b/i.test(
        dn,
      ),
  );
  return people.length === 0 ? namingContexts : people;
}

export interface Settled {
  readonly settings: LdapSettings;
  /** Which of them nobody gave. */
  readonly proposed: readonly (keyof LdapSettings)[];
}

/** What was given, and for the rest what fits this server. Pure. */
export function settle(wish: LdapWish, dse: RootDse | undefined): Settled {
  const isAd = dse?.product === 'active-directory';
  const guesses = {
    ldapBase: proposedBases(dse)[0] ?? '',
    ldapSearchUsername: isAd ? 'sAMAccountName' : FORM_DEFAULTS.usernameAttribute,
    ldapNameField: isAd ? 'displayName' : FORM_DEFAULTS.nameAttribute,
    ldapEmailField: FORM_DEFAULTS.emailAttribute,
  };
  const given: Partial<Record<keyof LdapSettings, string | undefined>> = {
    ldapBase: wish.base,
    ldapSearchUsername: wish.usernameAttribute,
    ldapNameField: wish.nameAttribute,
    ldapEmailField: wish.emailAttribute,
  };
  const keys = Object.keys(guesses) as (keyof typeof guesses)[];
  const chosen = Object.fromEntries(keys.map((key) => [key, given[key] ?? guesses[key]])) as typeof guesses;
  return {
    settings: {
      ldapUrl: wish.url,
      ldapSearchBindDn: wish.bindDn ?? '',
      ldapFilter: wish.filter ?? '',
      ldapCaCert: (wish.caCert ?? '').trim(),
      ...chosen,
    },
    proposed: keys.filter((key) => given[key] === undefined && guesses[key] !== ''),
  };
}
