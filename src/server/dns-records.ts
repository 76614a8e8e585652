import { parseIp } from '../system/ip.js';
import { nameFor, type WildcardHost } from './addresses.js';

/** What to write into one kind of DNS server. */
export interface DnsRecipe {
  readonly server: 'BIND' | 'dnsmasq' | 'unbound' | 'Windows DNS';
  /** Lines to paste as they are. */
  readonly lines: readonly string[];
}

/**
 * The DNS wildcard that covers a pattern. In DNS a star is a whole label and the first one (RFC 4592),
 * so `ss-*.example.com` needs `*.example.com`, which catches every other unused name there as well.
 */
export interface DnsWildcard {
  /** The domain under the star, without final dot. */
  readonly domain: string;
  /** The pattern claims only some of the names that the record will catch. */
  readonly widerThanPattern: boolean;
}

export function dnsWildcardFor(pattern: WildcardHost): DnsWildcard {
  const domain = pattern.after.slice(pattern.after.indexOf('.') + 1);
  return { domain, widerThanPattern: nameFor(pattern, '*') !== `*.${domain}` };
}

/** Records that send every name of a pattern to `addresses` (IPv4 or IPv6, at least one). */
export function wildcardRecipes(pattern: WildcardHost, addresses: readonly string[]): readonly DnsRecipe[] {
  const { domain } = dnsWildcardFor(pattern);
  return [
    // With its final dot the name is right in whichever zone holds it.
    { server: 'BIND', lines: addresses.map((ip) => `*.${domain}. IN ${typeOf(ip)} ${ip}`) },
    {
      server: 'dnsmasq',
      // Without local= dnsmasq (2.86 and later) sends the question for the other address family upstream,
      // and REFUSED comes back where there is no upstream server, as on a network without internet.
      lines: [...addresses.map((ip) => `address=/${domain}/${ip}`), `local=/${domain}/`],
    },
    {
      server: 'unbound',
      lines: [
        'server:',
        `  local-zone: "${domain}." redirect`,
        ...addresses.map((ip) => `  local-data: "${domain}. IN ${typeOf(ip)} ${ip}"`),
      ],
    },
    { server: 'Windows DNS', lines: addresses.map((ip) => powershell(`*.${domain}`, ip)) },
  ];
}

/** Records that give one name its addresses. */
export function hostRecipes(host: string, addresses: readonly string[]): readonly DnsRecipe[] {
  return [
    { server: 'BIND', lines: addresses.map((ip) => `${host}. IN ${typeOf(ip)} ${ip}`) },
    { server: 'dnsmasq', lines: [`host-record=${[host, ...addresses].join(',')}`, `local=/${host}/`] },
    {
      server: 'unbound',
      lines: ['server:', ...addresses.map((ip) => `  local-data: "${host}. IN ${typeOf(ip)} ${ip}"`)],
    },
    { server: 'Windows DNS', lines: addresses.map((ip) => powershell(host, ip)) },
  ];
}

/**
 * For forwarders that protect from DNS rebinding (dnsmasq's stop-dns-rebind, unbound's private-address):
 * they hand on names with private addresses as names without any, unless the domain is excepted.
 */
export function passThroughRecipes(domain: string): readonly DnsRecipe[] {
  return [
    { server: 'dnsmasq', lines: [`rebind-domain-ok=/${domain}/`] },
    { server: 'unbound', lines: ['server:', `  private-domain: "${domain}"`] },
  ];
}

/** One line to type on a client's machine. `nslookup` is on Windows, macOS and most Linux desktops. */
export function clientTest(name: string): string {
  return `nslookup ${name}`;
}

/** Recipes as aligned lines for a fix. */
export function describeRecipes(recipes: readonly DnsRecipe[]): readonly string[] {
  const width = Math.max(...recipes.map(({ server }) => server.length)) + 3;
  return recipes.flatMap(({ server, lines }) =>
    lines.map((line, index) => `${(index === 0 ? server : '').padEnd(width)}${line}`),
  );
}

function typeOf(ip: string): 'A' | 'AAAA' {
  return parseIp(ip)?.family === 6 ? 'AAAA' : 'A';
}

/**
 * Windows wants the zone and the name in it apart, and only the administrator knows where the zone
 * begins: the last two labels are the usual case.
 */
function powershell(name: string, ip: string): string {
  const labels = name.split('.');
  const zone = labels.slice(-2).join('.');
  const inZone = labels.length > 2 ? labels.slice(0, -2).join('.') : '@';
  const type = typeOf(ip);
  const parameter = type === 'A' ? 'IPv4Address' : 'IPv6Address';
  return `Add-DnsServerResourceRecord${type} -ZoneName "${zone}" -Name "${inZone}" -${parameter} "${ip}"`;
}
