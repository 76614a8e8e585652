import { isIP } from 'node:net';

/**
 * What is entered at /admin/login for LDAP, by the names of Sandstorm's own settings
 * (shell/imports/server/accounts/ldap.js).
 */
export interface LdapSettings {
  /** As typed there: Sandstorm looks at its first characters. */
  readonly ldapUrl: string;
  /** Empty: it searches without logging in. */
  readonly ldapSearchBindDn: string;
  readonly ldapBase: string;
  readonly ldapSearchUsername: string;
  readonly ldapNameField: string;
  readonly ldapEmailField: string;
  /** Empty: (objectclass=*). */
  readonly ldapFilter: string;
  /** PEM; empty: the authorities built into Sandstorm's Node. */
  readonly ldapCaCert: string;
}

/** As far as somebody has said so; the rest is proposed. */
export interface LdapWish {
  readonly url: string;
  readonly bindDn?: string | undefined;
  /** A secret. */
  readonly bindPassword?: string | undefined;
  readonly base?: string | undefined;
  readonly usernameAttribute?: string | undefined;
  readonly nameAttribute?: string | undefined;
  readonly emailAttribute?: string | undefined;
  readonly filter?: string | undefined;
  readonly caCert?: string | undefined;
}

/** What Sandstorm's form has in it before anybody types. */
export const FORM_DEFAULTS = {
  usernameAttribute: 'uid',
  nameAttribute: 'cn',
  emailAttribute: 'mail',
} as const;

export interface LdapAddress {
  readonly tls: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Where Sandstorm would connect to. Pure.
 * @returns a sentence that says what is wrong, for what it would not take
 */
export function ldapAddress(url: string): LdapAddress | string {
  const parts = /^([a-z]+):\/\/(\[[0-9a-f:.]+\]|[^/:[\]?#@]+)(?::(\d+))?(\/.*)?$/i.exec(url);
  if (parts === null) return 'it is no URL such as ldaps://ldap.corp.lan:636';
  const [, scheme = '', written = '', port, path = ''] = parts;
  if (!['ldap', 'ldaps'].includes(scheme.toLowerCase())) return 'it must begin with ldaps:// or ldap://';
  // Sandstorm compares the first eight characters, to the letter.
  if (scheme !== scheme.toLowerCase()) return `write ${scheme.toLowerCase()}:// in small letters`;
  if (path !== '' && path !== '/') return 'nothing may follow the port: the base DN has a field of its own';
  const host = written.replace(/^\[|\]$/g, '');
  if (written.startsWith('[') !== (isIP(host) === 6)) return 'the host is neither a name nor an address';
  const number = port === undefined ? (scheme === 'ldaps' ? 636 : 389) : Number(port);
  if (number < 1 || number > 65_535) return 'the port must be from 1 to 65535';
  return { tls: scheme === 'ldaps', host, port: number };
}

/** Who writes a password into the URL would have it in every log. */
export function holdsPassword(url: string): boolean {
  return /^[a-z]+:\/\/[^/]*@/i.test(url);
}

/**
 * Whether Sandstorm's client takes it for a DN: each part must have a `=`. It refuses Active Directory's
 * other names for an account (CORP\svc, svc@corp.lan), which the server itself would take.
 */
export function looksLikeDn(text: string): boolean {
  return text
    .split(/(?<!\\),/)
    .every((part) => /^\s*[A-Za-z][\w.-]*\s*=/.test(part) || /^\s*\d[\d.]*\s*=/.test(part));
}

export interface EnteredField {
  readonly setting: keyof LdapSettings | 'ldapSearchBindPassword';
  /** As it stands beside the field. */
  readonly label: string;
  /** null for the password, which is shown nowhere. */
  readonly value: string | null;
  readonly note?: string;
}

/** The form at /admin/login, in its order. Pure. */
export function enteredFields(settings: LdapSettings, hasPassword: boolean): readonly EnteredField[] {
  const empty = { note: 'leave empty' };
  const row = (setting: keyof LdapSettings, label: string): EnteredField => ({
    setting,
    label,
    value: settings[setting],
    ...(settings[setting] === '' ? empty : {}),
  });
  return [
    row('ldapUrl', 'LDAP server URL'),
    row('ldapSearchBindDn', 'Bind user DN'),
    {
      setting: 'ldapSearchBindPassword',
      label: 'Bind user password',
      value: hasPassword ? null : '',
      note: hasPassword ? 'the password you gave' : 'leave empty',
    },
    row('ldapBase', 'Base DN'),
    row('ldapSearchUsername', 'LDAP username attribute'),
    row('ldapNameField', 'LDAP given name attribute'),
    row('ldapEmailField', 'LDAP email attribute'),
    row('ldapFilter', 'Additional LDAP filter criteria'),
    row('ldapCaCert', 'LDAP CA certificate'),
  ];
}
