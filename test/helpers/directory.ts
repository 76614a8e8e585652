/** People of a house, as LDIF. */

export const SUFFIX = 'dc=corp,dc=test';
export const PEOPLE = `ou=people,${SUFFIX}`;
export const SEARCHER = { dn: `cn=sandstorm,ou=services,${SUFFIX}`, password: 'searches-quietly' } as const;
/** Everybody's password. */
export const PASSWORD = 'correct-horse';

type Attributes = Readonly<Record<string, string | readonly string[]>>;

export function entry(dn: string, attributes: Attributes): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return [`dn: ${dn}`, ...lines, '', ''].join('\n');
}

export function person(uid: string, more: Attributes = {}, parent = PEOPLE): string {
  return entry(`uid=${uid},${parent}`, {
    objectClass: 'inetOrgPerson',
    uid,
    cn: `Person ${uid}`,
    sn: uid,
    mail: `${uid}@corp.test`,
    userPassword: PASSWORD,
    ...more,
  });
}

export function folders(suffix = SUFFIX): string {
  const ou = (name: string): string =>
    entry(`ou=${name},${suffix}`, { objectClass: 'organizationalUnit', ou: name });
  return [
    entry(suffix, {
      objectClass: ['dcObject', 'organization'],
      dc: /^dc=([^,]*)/.exec(suffix)?.[1] ?? '',
      o: 'Corp',
    }),
    ...['people', 'services', 'alumni', 'empty'].map(ou),
  ].join('');
}

export function searcher(): string {
  return entry(SEARCHER.dn, {
    objectClass: ['applicationProcess', 'simpleSecurityObject'],
    cn: 'sandstorm',
    userPassword: SEARCHER.password,
  });
}

/** Thousands, and some of each kind that makes trouble. */
export function corporation(count: number): string {
  const many = Array.from({ length: count }, (_, n) => person(`user${String(n).padStart(4, '0')}`));
  return [
    folders(),
    searcher(),
    ...many,
    person('ada', { cn: 'Ada Lovelace', displayName: 'Ada' }),
    // The same name for a machine's account: the class tells them apart.
    person('doppel'),
    entry(`uid=doppel,ou=services,${SUFFIX}`, { objectClass: 'account', uid: 'doppel' }),
    // Twice the same kind: only the folder tells them apart.
    person('twin'),
    person('twin', {}, `ou=alumni,${SUFFIX}`),
    entry(`uid=nomail,${PEOPLE}`, {
      objectClass: 'inetOrgPerson',
      uid: 'nomail',
      cn: 'No Mail',
      sn: 'Mail',
      userPassword: PASSWORD,
    }),
    person('twomails', { mail: ['one@corp.test', 'two@corp.test'] }),
    person('zoe'),
  ].join('');
}

/** What Active Directory has that slapd does not: names of attributes, and what it says of itself. */
export const AD_SCHEMA = [
  "attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
  "attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
  "attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )",
  "attributetype ( 1.1.2.1 NAME 'supportedCapabilities' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
  "attributetype ( 1.1.2.2 NAME 'defaultNamingContext' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 SINGLE-VALUE )",
  "objectclass ( 1.2.840.113556.1.5.9 NAME 'user' AUXILIARY MAY ( sAMAccountName $ userPrincipalName $ userAccountControl ) )",
] as const;

export function adRootDse(domain: string): string {
  return [
    'dn:',
    'supportedCapabilities: 1.2.840.113556.1.4.800',
    'supportedCapabilities: 1.2.840.113556.1.4.1670',
    `defaultNamingContext: ${domain}`,
    '',
  ].join('\n');
}

export function adPerson(
  name: string,
  domain: string,
  more: Attributes = {},
  parent = `ou=people,${domain}`,
): string {
  return entry(`cn=${name},${parent}`, {
    objectClass: ['inetOrgPerson', 'user'],
    cn: name,
    sn: name,
    displayName: `Doctor ${name}`,
    sAMAccountName: name,
    userPrincipalName: `${name}@corp.test`,
    userAccountControl: '512',
    mail: `${name}@corp.test`,
    userPassword: PASSWORD,
    ...more,
  });
}
