export interface Ip {
  readonly family: 4 | 6;
  /** The one spelling: two texts for one address give the same. */
  readonly text: string;
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/**
 * An IPv4 address in four plain decimal numbers or an IPv6 address without brackets; undefined for
 * anything else. A zone (`%eth0`) is dropped: it names a way out of this machine, not another address.
 * `127.1`, `0x7f.1` and leading zeros are refused, because programs disagree on what they mean.
 */
export function parseIp(text: string): Ip | undefined {
  if (IPV4.test(text)) return { family: 4, text };
  const bare = text.replace(/%[\w.-]+$/, '');
  if (bare.length > 45 || !bare.includes(':') || !/^[0-9a-fA-F:.]+$/.test(bare)) return undefined;
  // URL spells an IPv6 address in the shortest form, which is what makes two spellings comparable.
  const url = `http://[${bare}]/`;
  if (!URL.canParse(url)) return undefined;
  return unmapped(new URL(url).hostname.slice(1, -1));
}

/** ::ffff:10.0.0.5 is 10.0.0.5 reached through an IPv6 socket. */
function unmapped(text: string): Ip {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
  if (mapped === null) return { family: 6, text };
  const [high, low] = [parseInt(mapped[1] ?? '', 16), parseInt(mapped[2] ?? '', 16)];
  return { family: 4, text: [high >> 8, high & 255, low >> 8, low & 255].join('.') };
}

/** The one spelling of an address, or the text itself when it is none. */
export function canonicalIp(text: string): string {
  return parseIp(text)?.text ?? text;
}

/** 127.0.0.0/8 and ::1. Debian writes 127.0.1.1 into /etc/hosts, which no interface carries. */
export function isLoopback(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && (ip.family === 4 ? ip.text.startsWith('127.') : ip.text === '::1');
}

/** Addresses only a neighbour on the same cable can use: no DNS record should hold one. */
export function isLinkLocal(text: string): boolean {
  const ip = parseIp(text);
  if (ip === undefined) return false;
  return ip.family === 4 ? ip.text.startsWith('169.254.') : /^fe[89ab]/.test(ip.text);
}

/** 0.0.0.0 and ::, "every address of this machine". */
export function isUnspecified(text: string): boolean {
  return ['0.0.0.0', '::'].includes(canonicalIp(text));
}
