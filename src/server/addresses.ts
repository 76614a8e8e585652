import { badValue, Refusal } from '../errors.js';
import { parseIp } from '../system/ip.js';

/** Where people reach the server. Everything is in lower case. */
export interface BaseUrl {
  readonly scheme: 'http' | 'https';
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** An IP address can have no names under it, so no wildcard either. */
  readonly isAddress: boolean;
  /** The port a browser connects to, 80 or 443 when none is written. */
  readonly port: number;
  /** As sandstorm.conf should have it: no trailing slash, no default port. */
  readonly text: string;
}

/** WILDCARD_HOST: a host name with a star in it. Everything is in lower case. */
export interface WildcardHost {
  /** The part of the name before the star; may be empty. */
  readonly before: string;
  /** The part after it, up to the port. */
  readonly after: string;
  /** As written; undefined when there is none. */
  readonly port: number | undefined;
  readonly text: string;
}

/**
 * install.sh writes both values with an eval of an unquoted echo, so `$`, backquotes, quotes, blanks
 * and the like would be run or lost there; in sandstorm.conf a `#` would cut the value off.
 */
const SAFE = /^[A-Za-z0-9.:/*[\]-]*$/;

/** The longest host id the server makes up is `api-` and 32 hex digits; a label ends at 63. */
const LONGEST_ID = 36;
const LONGEST_NAME = 253;

const A_BASE_URL = 'an address such as http://sandstorm.corp.lan:6080, without path or user name';
const A_WILDCARD = 'a host name with exactly one star, such as *.sandstorm.corp.lan:6080';

/**
 * Reads a BASE_URL. Trailing slashes are dropped, as Sandstorm does. A default port is dropped too: the
 * gateway compares the whole Host header with BASE_URL's, and browsers never send :80 or :443.
 * @throws Refusal E_BAD_VALUE
 */
export function parseBaseUrl(text: string, what = 'BASE_URL'): BaseUrl {
  refuseStrangeCharacters(text, what, A_BASE_URL);
  const parts = /^(https?):\/\/(\[[^[\]]*\]|[^/:[\]*]+)(?::(\d+))?\/*$/i.exec(text);
  if (parts === null) throw badValue(what, text, A_BASE_URL);
  const scheme = parts[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const written = (parts[2] ?? '').toLowerCase();
  const ip = parseIp(written.startsWith('[') ? written.slice(1, -1) : written);
  const bracketsFit = written.startsWith('[') === (ip?.family === 6);
  if (!bracketsFit || (ip === undefined && !isHostName(written))) throw badValue(what, text, A_BASE_URL);
  const usual = scheme === 'https' ? 443 : 80;
  const port = parts[3] === undefined ? usual : portOf(parts[3]);
  if (port === undefined) throw badValue(what, text, A_BASE_URL);
  const host = ip?.family === 6 ? `[${ip.text}]` : (ip?.text ?? written);
  return {
    scheme,
    host: ip?.text ?? written,
    isAddress: ip !== undefined,
    port,
    text: `${scheme}://${host}${port === usual ? '' : `:${port}`}`,
  };
}

/**
 * Reads a WILDCARD_HOST: one star anywhere in the name but in its last part, valid labels around it,
 * room for the longest id in the star's place.
 * @throws Refusal E_BAD_VALUE
 */
export function parseWildcardHost(text: string, what = 'WILDCARD_HOST'): WildcardHost {
  refuseStrangeCharacters(text, what, A_WILDCARD);
  const parts = /^([^:*/[\]]*)\*([^:*/[\]]*)(?::(\d+))?$/.exec(text.toLowerCase());
  if (parts === null) throw badValue(what, text, A_WILDCARD);
  const [, before = '', after = '', portText] = parts;
  const port = portText === undefined ? undefined : portOf(portText);
  if (portText !== undefined && port === undefined) throw badValue(what, text, A_WILDCARD);
  // A star in the last part would be a claim on every top-level name; and an address has no names in it.
  if (!after.includes('.') || /^[\d.]*$/.test(before + after)) throw badValue(what, text, A_WILDCARD);
  if (!isHostName(`${before}x${after}`)) throw badValue(what, text, A_WILDCARD);
  if (!isHostName(`${before}${'x'.repeat(LONGEST_ID)}${after}`)) throw noRoom(text, what);
  return { before, after, port, text: `${before}*${after}${port === undefined ? '' : `:${port}`}` };
}

/** The host name with `label` in the star's place; no port. */
export function nameFor(pattern: WildcardHost, label: string): string {
  return `${pattern.before}${label}${pattern.after}`;
}

/** The name with its star, no port. */
export function starName(pattern: WildcardHost): string {
  return nameFor(pattern, '*');
}

/** What WILDCARD_HOST is when nobody says otherwise; undefined under an IP address, which has no names. */
export function defaultWildcardFor(base: BaseUrl): string | undefined {
  if (base.isAddress) return undefined;
  const port = /:(\d+)$/.exec(base.text)?.[1];
  return `*.${base.host}${port === undefined ? '' : `:${port}`}`;
}

/** A label nobody has made a record for: `bytes` (5 or more) from a random source, as hex digits. */
export function randomLabel(bytes: Uint8Array): string {
  return `x${hex(bytes)}`;
}

/**
 * The name whose `/` is answered with "Self-test OK." by the gateway itself. `bytes`: 10 random ones;
 * no port in the result.
 */
export function selfTestName(pattern: WildcardHost, bytes: Uint8Array): string {
  return nameFor(pattern, `selftest-${hex(bytes).slice(0, 20).padStart(20, '0')}`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function portOf(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

function isHostName(name: string): boolean {
  if (name.length > LONGEST_NAME) return false;
  const labels = name.split('.');
  // Browsers take a name that ends in a number for an IPv4 address.
  if (/^\d+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
}

function refuseStrangeCharacters(text: string, what: string, expected: string): void {
  if (/[^\0-\x7f]/.test(text)) throw notAscii(text, what);
  if (!SAFE.test(text)) throw badValue(what, text, `${expected}; only letters, digits, dots and hyphens`);
}

function notAscii(text: string, what: string): Refusal {
  const match = /^(https?:\/\/)?([^/:]+)(.*)$/i.exec(text);
  const puny = match?.[2] === undefined ? undefined : punycode(match[2].replace('*', 'star-goes-here'));
  const example =
    puny === undefined
      ? 'give the punycode form, which begins with xn--'
      : `give the punycode form: ${match?.[1] ?? ''}${puny.replace('star-goes-here', '*')}${match?.[3] ?? ''}`;
  return new Refusal('E_BAD_VALUE', `${what}: "${text}" has letters that DNS does not carry`, {
    hint: example,
  });
}

function punycode(name: string): string | undefined {
  const url = `http://${name}/`;
  const host = URL.canParse(url) ? new URL(url).hostname : undefined;
  // Letters beside the star would be mixed up with it.
  return host === undefined || /xn--[^.]*star-goes-here/.test(host) ? undefined : host;
}

function noRoom(text: string, what: string): Refusal {
  return new Refusal('E_BAD_VALUE', `${what}: "${text}" leaves no room for the names Sandstorm makes up`, {
    hint: `up to ${LONGEST_ID} characters take the star's place; a part of a name has at most 63, a name 253`,
  });
}
