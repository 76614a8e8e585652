import { shown } from '../ldap/finding.js';
import type { EnteredField } from '../ldap/settings.js';
import type { ChecklistFacts } from './facts.js';
import { blank, note, text, textOr, ticked, type ChecklistField, type ChecklistItem } from './item.js';

const OPEN = { kind: 'open' } as const;

/** Who gets in, and as what. Pure. */
export function peopleItems(facts: ChecklistFacts): ChecklistItem[] {
  return [
    ...(facts.providers.includes('ldap') ? [ldap(facts)] : []),
    ...(facts.providers.includes('saml') ? [saml(facts)] : []),
    otherLogins(),
    membership(facts),
    guests(facts),
    contacts(facts),
  ];
}

function ldap({ ldapFields, ldapCaFile }: ChecklistFacts): ChecklistItem {
  return {
    id: 'login.ldap',
    section: 'Logins',
    title: 'Let people log in with LDAP',
    page: '/admin/login',
    fields: (ldapFields ?? NOTHING_KNOWN).map((field) => entered(field, ldapCaFile)),
    why: 'Row LDAP, "Configure", then "Enable". Log in once as somebody else before you log out.',
    notes: ['Checked beforehand by: sandstorm-airgap identity ldap --ldap-url URL --ldap-user LOGIN'],
    state: OPEN,
  };
}

const NOTHING_KNOWN: readonly EnteredField[] = [
  { setting: 'ldapUrl', label: 'LDAP server URL', value: null, note: 'ldaps://HOST:636' },
  { setting: 'ldapSearchBindDn', label: 'Bind user DN', value: null, note: 'who searches' },
  { setting: 'ldapSearchBindPassword', label: 'Bind user password', value: null },
  { setting: 'ldapBase', label: 'Base DN', value: null, note: 'where people are' },
  {
    setting: 'ldapSearchUsername',
    label: 'LDAP username attribute',
    value: null,
    note: 'uid; in Active Directory sAMAccountName',
  },
  { setting: 'ldapNameField', label: 'LDAP given name attribute', value: 'cn' },
  { setting: 'ldapEmailField', label: 'LDAP email attribute', value: 'mail' },
  { setting: 'ldapFilter', label: 'Additional LDAP filter criteria', value: '' },
  { setting: 'ldapCaCert', label: 'LDAP CA certificate', value: null, note: 'PEM of the house CA' },
];

function entered(
  { setting, label, value, note: said }: EnteredField,
  caFile: string | undefined,
): ChecklistField {
  if (setting === 'ldapSearchBindPassword') {
    return { label, value: value === '' ? note('leave empty') : blank('never on paper') };
  }
  if (value === null) return { label, value: blank(said ?? '') };
  if (value === '') return { label, value: note('leave empty') };
  if (setting === 'ldapCaCert')
    return { label, value: note(`all of ${caFile ?? 'the PEM file of the house CA'}`) };
  return { label, value: text(shown(value)) };
}

function saml({ baseUrl, samlEntryPoint, samlForm }: ChecklistFacts): ChecklistItem {
  return {
    id: 'login.saml',
    section: 'Logins',
    title: 'Let people log in with SAML',
    page: '/admin/login',
    fields: [
      { label: 'SAML provider entry point URL', value: textOr(samlEntryPoint, 'from the identity provider') },
      { label: 'SAML provider logout URL', value: logoutUrl(samlForm) },
      {
        label: 'SAML cert for above provider',
        value: textOr(samlForm?.certificate ?? undefined, 'its signing certificate, base64'),
      },
      { label: 'Entity ID', value: text(samlForm?.entityId ?? new URL(baseUrl).hostname) },
    ],
    why: 'Row SAML, "Configure", then "Enable". Log in once as somebody else before you log out.',
    notes: [
      `To the identity provider: metadata ${baseUrl}/_saml/config/default, service URL ${baseUrl}/_saml/validate/default`,
      'It must send a persistent name id, and, unless it is Active Directory, the attributes email and displayName.',
    ],
    state: OPEN,
  };
}

function logoutUrl(form: ChecklistFacts['samlForm']): ChecklistField['value'] {
  if (form === undefined) return blank('optional');
  return form.logoutUrl === null ? note('leave empty') : text(form.logoutUrl);
}

function otherLogins(): ChecklistItem {
  return {
    id: 'login.others',
    section: 'Logins',
    title: 'Leave the other ways to log in switched off',
    page: '/admin/login',
    fields: [
      { label: 'Google, GitHub', value: note('not configured: both need the internet') },
      { label: 'E-mail', value: note('only with a mail server of the house, see below') },
    ],
    why: 'A way to log in that cannot work is a button that ends in an error.',
    state: OPEN,
  };
}

function membership({ providers }: ChecklistFacts): ChecklistItem {
  return {
    id: 'organization.membership',
    section: 'Organisation',
    title: 'Say who belongs to the organisation',
    page: '/admin/organization',
    fields: [
      { label: 'Users authenticated via LDAP', value: ticked(providers.includes('ldap')) },
      { label: 'Users authenticated via SAML', value: ticked(providers.includes('saml')) },
      { label: 'Users authenticated via OpenID Connect', value: ticked(false) },
      { label: 'Users authenticated via email address', value: ticked(false) },
      { label: 'Users authenticated via Google Workspace', value: ticked(false) },
    ],
    why: 'Members may install apps and create grains at once. Everybody else who logs in is a visitor, and can only open what is shared with them until an administrator invites them.',
    notes: ['A box can be ticked once that way to log in is configured.'],
    state: OPEN,
  };
}

function guests({ guests: choice }: ChecklistFacts): ChecklistItem {
  const refused = choice === 'refused';
  return {
    id: 'organization.guests',
    section: 'Organisation',
    title: refused ? 'Keep guests out' : 'Let guests in',
    page: '/admin/organization',
    fields: [{ label: 'Disallow collaboration with users outside the organization', value: ticked(refused) }],
    why: refused
      ? 'Whoever follows a sharing link must log in as a member first; without it a link alone is enough.'
      : 'Whoever has a sharing link can follow it, without logging in.',
    state: OPEN,
  };
}

function contacts({ contacts: choice }: ChecklistFacts): ChecklistItem {
  const shared = choice === 'shared';
  return {
    id: 'organization.contacts',
    section: 'Organisation',
    title: shared ? 'Let members find each other' : 'Hide members from each other',
    page: '/admin/organization',
    fields: [{ label: 'Make all organization users visible to each other', value: ticked(shared) }],
    why: shared
      ? "Members stand in each other's list of contacts, and can be chosen by name when something is shared."
      : 'Members share by link, or with those they have met.',
    state: OPEN,
  };
}
