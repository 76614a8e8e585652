import { parseResolver } from '../system/resolver-address.js';
import { parseKeyName } from '../release/signature/keys.js';
import { parseBaseUrl, parseWildcardHost } from '../server/addresses.js';
import { choice, fileOrStdin, formed, on, parsePort, path, port, seconds, several, text } from './option.js';
import { badValue, Refusal } from '../errors.js';
import { holdsPassword } from '../identity/ldap/settings.js';

/** Under which names people reach the server. */
export const ADDRESS_OPTIONS = {
  baseUrl: formed(
    '--base-url <url>',
    'the address people type, with its port: http://sandstorm.corp.lan:6080',
    (value, what) => parseBaseUrl(value, what).text,
    { question: 'Under which address will people reach it?' },
  ),
  wildcardHost: formed(
    '--wildcard-host <pattern>',
    'host name with one star, every name of which leads here: *.sandstorm.corp.lan:6080',
    (value, what) => parseWildcardHost(value, what).text,
    { question: 'Which wildcard names lead here?' },
  ),
};

/** Whom to ask about names. */
export const DNS_OPTIONS = {
  resolver: {
    ...several('--resolver <ip[:port]>', 'ask this DNS server too, as clients do; may be repeated'),
    parse: (value: string, what: string) =>
      value.split(',').map((one) => parseResolver(one.trim(), what).text),
  },
  expectAddress: text(
    '--expect-address <ip>',
    'the address that names must have, when it is not one of this machine (a proxy)',
  ),
};

export const PORT_OPTIONS = {
  port: formed(
    '--port <port[,port]>',
    "HTTP port(s) (default: BASE_URL's, or 6080 behind https)",
    parsePorts,
  ),
  httpsPort: port(
    '--https-port <port>',
    'HTTPS port of the server itself; its certificate is set in its admin pages',
  ),
  mongoPort: port('--mongo-port <port>', 'database port, on loopback (default 6081)'),
  smtpPort: port('--smtp-port <port>', 'port for mail to grains (default 25; 30025 without root)'),
  bindIp: text('--bind-ip <ip>', 'address to listen on (default 0.0.0.0)'),
};

export const WAIVE_OPTIONS = {
  waive: several('--waive <check>', 'go on although this check fails; recorded; may be repeated'),
};

/** What is to show that a tarball is genuine. */
export const PROOF_OPTIONS = {
  allowUnsigned: on(
    '--allow-unsigned',
    'go on when no signature lies beside the tarball; never with one that is wrong or cannot be checked',
  ),
  keyFile: path('--key <file>', 'take the OpenPGP release key from this file (install.sh carries it too)'),
  trustKey: formed(
    '--trust-key <key>',
    'trust this key too, and remember it with date and reason once the plan is agreed to',
    parseKeyName,
  ),
  trustReason: text('--trust-reason <text>', 'why that key is trusted, for whoever reads trust list later', {
    question: 'Why is this key trusted?',
  }),
};

/** For operations that change the server and then watch it. */
export const PATIENCE_OPTIONS = {
  stableFor: seconds(
    '--stable-for <seconds>',
    'how long the server must stay well to be called well (default 30)',
  ),
  startTimeout: seconds('--start-timeout <seconds>', 'how long the server may take to answer (default 120)'),
  staging: path(
    '--staging <dir>',
    'folder for the private copy of the tarball (default: in the state directory)',
  ),
};

/** What an update keeps so that it can be undone. */
export const SCOPE_OPTION = choice(
  '--snapshot <what>',
  'data copied so that they can come back: none, database (default) or full (grains and apps too)',
  ['none', 'database', 'full'],
);

export const WAY_BACK_OPTIONS = {
  snapshot: SCOPE_OPTION,
  strategy: choice(
    '--strategy <how>',
    'safe (default): stop, snapshot, start; live: the shortest pause, without a way back for the data',
    ['safe', 'live'],
  ),
  keep: formed('--keep <n>', 'how many snapshots stay after it, its own among them (default 1)', parseKeep),
};

export const FORCE_OPTIONS = {
  allowDowngrade: on('--allow-downgrade', 'accept an older build than the one installed'),
  reinstall: on('--reinstall', 'put the installed build in place once more'),
};

/** A directory that people log in with, as it is entered at /admin/login. */
export const LDAP_OPTIONS = {
  ldapUrl: formed('--ldap-url <url>', 'the LDAP server: ldaps://ldap.corp.lan', parseLdapUrl, {
    question: 'Where is the LDAP server?',
  }),
  ldapCa: path('--ldap-ca <file>', 'PEM certificate of the CA that signed its certificate'),
  ldapBindDn: text('--ldap-bind-dn <dn>', 'log in with this DN before searching (default: search without)'),
  ldapBindPasswordFile: fileOrStdin(
    '--ldap-bind-password-file <file>',
    'file with its password, or - for standard input; asked for at a terminal',
  ),
  ldapBase: text('--ldap-base <dn>', 'where people are (default: what the server proposes)'),
  ldapUsernameAttribute: text(
    '--ldap-username-attribute <name>',
    'what people type to log in (default uid; sAMAccountName for Active Directory)',
  ),
  ldapNameAttribute: text(
    '--ldap-name-attribute <name>',
    'their name (default cn; displayName for Active Directory)',
  ),
  ldapEmailAttribute: text('--ldap-email-attribute <name>', 'their mail address (default mail)'),
  ldapFilter: text('--ldap-filter <filter>', 'only those: (objectClass=person)'),
  ldapUser: several('--ldap-user <login>', 'look for this login name as Sandstorm does; may be repeated'),
  ldapTimeout: seconds(
    '--ldap-timeout <seconds>',
    'how long the LDAP server may take to answer (default 10)',
  ),
};

/** @throws Refusal E_SECRET_ON_COMMAND_LINE for ldaps://NAME:PASSWORD@HOST */
function parseLdapUrl(value: string, what: string): string {
  if (!holdsPassword(value)) return value;
  throw new Refusal(
    'E_SECRET_ON_COMMAND_LINE',
    `${what}: a URL is no place for a password, others can read it`,
    {
      hint: 'give --ldap-bind-dn DN and --ldap-bind-password-file FILE',
    },
  );
}

/** At least one: the way back from what was just done. */
export function parseKeep(value: string, what: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw badValue(what, value, 'a number from 1 on');
  return Number(value);
}

function parsePorts(value: string, what: string): readonly number[] {
  const ports = value.split(',').map((one) => parsePort(one.trim(), what));
  if (new Set(ports).size !== ports.length) throw badValue(what, value, 'a list of different ports');
  return ports;
}
