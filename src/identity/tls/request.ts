import { Refusal } from '../../errors.js';
import { starName, type WildcardHost } from '../../server/addresses.js';
import type { NeededNames } from './names.js';

/**
 * openssl's configuration for a request with the names that the server needs. Values come from names that have been
 * judged (letters, digits, dots, hyphens), and from `organization`, which is escaped.
 */
export function requestConfig(
  { base, isAddress, wildcard }: NeededNames,
  organization: string | undefined,
): string {
  const names = [
    `${isAddress ? 'IP' : 'DNS'}:${base}`,
    ...(wildcard === undefined ? [] : [`DNS:${wildcard}`]),
  ];
  // A common name has at most 64 characters (X.520); browsers do not look at it.
  const common = base.length <= 64 ? base : 'Sandstorm';
  return [
    '[req]',
    'prompt = no',
    'utf8 = yes',
    'string_mask = utf8only',
    'distinguished_name = name',
    'req_extensions = extensions',
    '[name]',
    ...(organization === undefined ? [] : [`O = ${escaped(organization)}`]),
    `CN = ${common}`,
    '[extensions]',
    `subjectAltName = ${names.join(',')}`,
    'keyUsage = digitalSignature,keyEncipherment',
    'extendedKeyUsage = serverAuth',
    '',
  ].join('\n');
}

/** No certificate can be had for such a pattern, so no request is worth anything. */
export function refuseUncoverable(pattern: WildcardHost | undefined, { wildcard }: NeededNames): void {
  if (pattern === undefined || wildcard !== undefined) return;
  throw new Refusal('E_TLS_NOT_READY', `no certificate can cover ${starName(pattern)}`, {
    hint: 'choose a WILDCARD_HOST with the star in front, such as *.sandstorm.corp.lan',
  });
}

/** openssl reads $ as a variable, # as a comment, and a backslash as an escape. */
function escaped(text: string): string {
  return text.replace(/[\\$#"']/g, (sign) => `\\${sign}`);
}
