import { failed, passed, shown, type LdapFinding } from './finding.js';
import { filterProblem, isAttributeName } from './filter.js';
import type { LdapObservation } from './observation.js';
import { proposedBases } from './root-dse.js';
import { enteredFields, looksLikeDn } from './settings.js';

export const NOBODY = 'Nobody could log in.';

/** What kind of server it is, and what was proposed because of it. Pure. */
export function judgeProduct({ rootDse, settled: { settings, proposed } }: LdapObservation): LdapFinding[] {
  if (rootDse === undefined) return [];
  const name = { 'active-directory': 'Active Directory', openldap: 'OpenLDAP', other: 'an LDAP server' }[
    rootDse.product
  ];
  const labels = new Map(enteredFields(settings, false).map(({ setting, label }) => [setting, label]));
  const chosen = proposed.map((key) => `${labels.get(key) ?? key} ${settings[key]}`);
  return [
    passed('product', chosen.length === 0 ? name : `${name}; proposed: ${chosen.map(shown).join(', ')}`),
  ];
}

/** Form of what would be entered: Sandstorm's own client is stricter than the servers. Pure. */
export function judgeForms({ settled: { settings }, rootDse }: LdapObservation): LdapFinding[] {
  const { ldapSearchBindDn, ldapBase, ldapFilter } = settings;
  const wrongFilter = filterProblem(ldapFilter);
  const attributes = [settings.ldapSearchUsername, settings.ldapNameField, settings.ldapEmailField];
  return [
    ...(ldapSearchBindDn === '' || looksLikeDn(ldapSearchBindDn)
      ? []
      : [
          failed('bind-dn', `"${shown(ldapSearchBindDn)}" is no DN`, {
            why: `${NOBODY} Sandstorm's client takes only a DN there, also where Active Directory takes more.`,
            fix: [
              'Bind user DN: such as cn=sandstorm,ou=services,dc=corp,dc=lan',
              dnRecipe(ldapSearchBindDn),
            ],
          }),
        ]),
    ...(looksLikeDn(ldapBase) ? [] : [noBase(ldapBase, proposedBases(rootDse))]),
    ...(wrongFilter === undefined
      ? []
      : [
          failed('filter', `the filter "${shown(ldapFilter)}" cannot be used: ${wrongFilter}`, {
            why: `${NOBODY} Sandstorm puts it between an "&" and its own search, as it stands.`,
            fix: [
              'Additional LDAP filter criteria: such as (objectClass=person), parentheses included; or nothing',
            ],
          }),
        ]),
    ...attributes
      .filter((name) => !isAttributeName(name))
      .map((name) =>
        failed('attribute', `"${shown(name)}" is no attribute name`, {
          why: NOBODY,
          fix: ['one name, such as uid'],
        }),
      ),
  ];
}

function dnRecipe(account: string): string {
  const name = account.replace(/^.*\\/, '').replace(/@.*$/, '');
  return `on Windows:  Get-ADUser ${shown(name)} | Select DistinguishedName`;
}

export function noBase(base: string, proposals: readonly string[]): LdapFinding {
  const seen =
    base === '' ? 'no base DN was given, and the server proposes none' : `"${shown(base)}" is no DN`;
  return failed('base-form', seen, { why: NOBODY, fix: [baseFix(proposals)], ...baseProposal(proposals) });
}

export function baseProposal([value]: readonly string[]): Pick<LdapFinding, 'propose'> {
  return value === undefined ? {} : { propose: { setting: 'ldapBase', value } };
}

export function baseFix(proposals: readonly string[]): string {
  return proposals.length === 0
    ? 'Base DN: such as ou=people,dc=corp,dc=lan'
    : `Base DN: ${proposals.slice(0, 3).map(shown).join('   or   ')}`;
}
