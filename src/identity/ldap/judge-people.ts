import { failed, passed, shown, warned, type LdapFinding } from './finding.js';
import { breaksFilter } from './filter.js';
import { bindWords, broken } from './judge-search.js';
import { CODE, type LdapObservation, type Rivals, type SeenLogin } from './observation.js';
import type { LdapSettings } from './settings.js';
import { valuesOf } from './survey.js';

/** What would happen to each of those who log in. Pure. */
export function judgePeople({ people, settled: { settings } }: LdapObservation): LdapFinding[] {
  return people.flatMap((person) => judgePerson(person, settings));
}

function judgePerson(person: SeenLogin, settings: LdapSettings): LdapFinding[] {
  const name = shown(person.login);
  if (breaksFilter(person.login)) {
    return [
      failed('login-name', `"${name}" has a character that means something in a search`, {
        why: 'Sandstorm puts the login name into its search as it was typed: they cannot log in.',
        fix: ['a login name without ( ) * \\; Active Directory: the name alone, without CORP\\'],
      }),
    ];
  }
  const { search, entry, rivals, asked } = person;
  if (search.code === CODE.sizeLimitExceeded) return [tooMany(name, rivals)];
  if (typeof search.code === 'string') return [broken(search)];
  if (entry === undefined) {
    // One of those found a moment ago may be gone; what was asked for by name must be there.
    if (!asked) return [];
    return [
      failed('no-match', `nobody has ${settings.ldapSearchUsername}=${name}`, {
        why: 'Sandstorm says: User not found in LDAP.',
        fix: [
          `look at the spelling, the base DN ${shown(settings.ldapBase)} and the filter`,
          'LDAP username attribute: what people type must stand in it, all of it (an @ with what follows, too)',
        ],
      }),
    ];
  }
  const about = [...named(person, settings), ...mailed(person, settings), ...passwords(person)];
  return about.some(({ status }) => status !== 'pass')
    ? about
    : [
        ...about,
        passed(
          'user',
          `${name} is found: ${shown(valueFor(person, settings.ldapNameField) ?? '')} <${shown(valueFor(person, settings.ldapEmailField) ?? '')}>`,
        ),
      ];
}

function tooMany(name: string, rivals: Rivals | undefined): LdapFinding {
  const dns = rivals?.dns ?? [];
  const which = dns.length > 1 ? `: ${dns.slice(0, 3).map(shown).join('   ')}` : '';
  const { filter, base } = rivals ?? {};
  return failed('many', `more than one entry is ${name}${which}`, {
    why: 'They cannot log in. Sandstorm says SizeLimitExceededError: it asks for one entry, and there are more.',
    fix: [
      ...(filter === undefined ? [] : [`Additional LDAP filter criteria: ${shown(filter)}`]),
      ...(base === undefined ? [] : [`Base DN: ${shown(base)}`]),
      ...(filter === undefined && base === undefined
        ? ['a filter or a base DN that leaves one of them']
        : []),
    ],
    ...(filter !== undefined
      ? { propose: { setting: 'ldapFilter', value: filter } }
      : base !== undefined
        ? { propose: { setting: 'ldapBase', value: base } }
        : {}),
  });
}

/** By exactly that spelling: Sandstorm looks the name up among those the server sent. */
function valueFor({ entry }: SeenLogin, attribute: string): string | undefined {
  return entry?.attributes.get(attribute)?.[0];
}

function misspelt({ entry }: SeenLogin, attribute: string): string | undefined {
  if (entry === undefined || entry.attributes.has(attribute)) return undefined;
  return [...entry.attributes.keys()].find((name) => name.toLowerCase() === attribute.toLowerCase());
}

function otherCase(
  field: string,
  label: string,
  right: string,
  setting: 'ldapNameField' | 'ldapEmailField',
): LdapFinding {
  return failed('attribute-case', `the server writes ${shown(right)}, not ${field}`, {
    why: 'Sandstorm compares them letter by letter, and finds nothing.',
    fix: [`${label}: ${shown(right)}`],
    propose: { setting, value: right },
  });
}

function named(person: SeenLogin, { ldapNameField }: LdapSettings): LdapFinding[] {
  const right = misspelt(person, ldapNameField);
  if (right !== undefined)
    return [otherCase(ldapNameField, 'LDAP given name attribute', right, 'ldapNameField')];
  if (valueFor(person, ldapNameField) !== undefined) return [];
  return [
    warned('name', `${shown(person.login)} has no ${ldapNameField}`, {
      why: 'Others see them under their login name.',
      fix: [`LDAP given name attribute: ${instead(person, ['cn', 'displayName', 'givenName'])}`],
    }),
  ];
}

function mailed(person: SeenLogin, { ldapEmailField }: LdapSettings): LdapFinding[] {
  const right = misspelt(person, ldapEmailField);
  if (right !== undefined)
    return [otherCase(ldapEmailField, 'LDAP email attribute', right, 'ldapEmailField')];
  const values = person.entry?.attributes.get(ldapEmailField) ?? [];
  if (values.length > 1) {
    return [
      warned(
        'mail-list',
        `${shown(person.login)} has ${values.length} values of ${ldapEmailField}: ${values.slice(0, 3).map(shown).join(', ')}`,
        {
          why: 'Sandstorm takes the list for an address, which is none.',
          fix: ['LDAP email attribute: one that everybody has once; or one value in the directory'],
        },
      ),
    ];
  }
  if (values.length === 1) return [];
  return [
    failed('mail', `${shown(person.login)} has no ${ldapEmailField}`, {
      why: 'The account gets no address: it can neither be invited nor share, nor be found by others.',
      fix: [
        `LDAP email attribute: ${instead(person, ['mail', 'userPrincipalName', 'mailPrimaryAddress', 'email'])}`,
      ],
    }),
  ];
}

/** An attribute of theirs that looks like it. */
function instead({ entry }: SeenLogin, usual: readonly string[]): string {
  const found = usual.flatMap((name) => {
    if (entry === undefined || valuesOf(entry, name).length === 0) return [];
    return [...entry.attributes.keys()].filter((key) => key.toLowerCase() === name.toLowerCase());
  });
  return found[0] === undefined
    ? 'one that they have; or fill it in in the directory'
    : `${shown(found[0])}, which they have`;
}

function passwords({ login, emptyPassword, password }: SeenLogin): LdapFinding[] {
  return [
    ...(password === undefined
      ? []
      : password.code === CODE.success
        ? [passed('password', `${shown(login)} may log in`)]
        : [
            failed('password', `${shown(login)} is found and may not log in: ${bindWords(password)}`, {
              why: 'Sandstorm logs in to the directory as the person, with the password they typed.',
              fix: ['try that password elsewhere; look at the account in the directory'],
            }),
          ]),
    ...(emptyPassword?.code !== CODE.success
      ? []
      : [
          failed('empty-password', `the server says yes to ${shown(login)} without a password`, {
            why: 'ANYBODY could log in as anybody: Sandstorm passes an empty password on, and takes the yes for a proof.',
            fix: [
              'OpenLDAP: take "allow bind_anon_dn" out of its configuration (olcAllows)',
              'Active Directory: set fDenyUnauthenticatedBind=1 in msDS-Other-Settings (Windows Server 2019 and later)',
              'where neither is possible: SAML instead of LDAP',
            ],
          }),
        ]),
  ];
}
