import { badValue, Refusal } from '../errors.js';
import { parseIp } from './ip.js';

export interface ResolverAddress {
  /** IPv4 or IPv6, no brackets. */
  readonly address: string;
  readonly port: number;
  /** The one spelling: "10.0.0.2", "10.0.0.2:5353", "::1", "[::1]:5353". Port 53 is left out. */
  readonly text: string;
}

const EXPECTED = 'the IP address of a DNS server, such as 10.0.0.2, 10.0.0.2:5353, ::1 or [::1]:5353';

/**
 * Where a DNS server is asked. `what` names the flag the text came from.
 * @throws Refusal E_BAD_VALUE for a name, a bad address or a bad port.
 */
export function parseResolver(text: string, what = '--resolver'): ResolverAddress {
  if (text.includes('%')) throw zoneRefused(text, what);
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  const plain = /^([^:[\]]*)(?::([^:]*))?$/.exec(text);
  const [, host = text, portText] = bracketed ?? plain ?? [];
  const ip = parseIp(host);
  const port = portText === undefined ? 53 : /^[1-9]\d{0,4}$/.test(portText) ? Number(portText) : 0;
  if (ip === undefined || port < 1 || port > 65535 || (bracketed !== null && ip.family === 4)) {
    throw badValue(what, text, EXPECTED);
  }
  return { address: ip.text, port, text: spelled(ip.family, ip.text, port) };
}

function spelled(family: 4 | 6, address: string, port: number): string {
  if (port === 53) return address;
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Node drops the zone when it hands the address to its resolver, and then asks nobody. */
function zoneRefused(text: string, what: string): Refusal {
  return new Refusal('E_BAD_VALUE', `${what}: "${text}" has a zone (%), which cannot be used here`, {
    hint: 'give an address of that DNS server which is valid on the whole network',
  });
}
