import { BlockList, isIP } from 'node:net';

/**
 * Addresses that Sandstorm does not fetch from (`ssrfSafeLookup` there). The first are the setting `ipBlacklist` as it
 * is in a new server, which its administrator can change; the others are built in.
 */
export const BLACKLIST_AT_FIRST = [
  '10.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
] as const;

const NEVER = [
  ['0.0.0.0/8', '"this host"'],
  ['100.64.0.0/10', 'shared by customers of a provider'],
  ['192.0.0.0/24', 'for protocols'],
  ['192.0.2.0/24', 'for examples'],
  ['192.88.99.0/24', '6to4 relays'],
  ['198.18.0.0/15', 'for measurements'],
  ['198.51.100.0/24', 'for examples'],
  ['203.0.113.0/24', 'for examples'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', '"no address"'],
  ['64:ff9b::/96', 'IPv4 translated'],
  ['::ffff:0:0/96', 'IPv4 in IPv6'],
  ['100::/64', 'discarded'],
  ['2001::/23', 'for protocols'],
  ['2001:db8::/32', 'for examples'],
  ['2002::/16', '6to4'],
  ['ff00::/8', 'multicast'],
] as const;

export type AddressVerdict =
  | { readonly kind: 'fetched' }
  /** Only once this range is out of the setting; `blacklist` is what is then left of it. */
  | { readonly kind: 'blacklisted'; readonly range: string; readonly blacklist: readonly string[] }
  | { readonly kind: 'never'; readonly range: string; readonly what: string };

/** Pure. @param address IPv4 or IPv6, without brackets */
export function judgeAddress(address: string): AddressVerdict {
  const never = NEVER.find(([range]) => isIn(range, address));
  if (never !== undefined) return { kind: 'never', range: never[0], what: never[1] };
  const range = BLACKLIST_AT_FIRST.find((one) => isIn(one, address));
  if (range === undefined) return { kind: 'fetched' };
  return { kind: 'blacklisted', range, blacklist: BLACKLIST_AT_FIRST.filter((one) => one !== range) };
}

function isIn(range: string, address: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  // A list knows 10.0.0.1 and ::ffff:10.0.0.1 for one; Sandstorm has a rule for each.
  if (isIP(network) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), familyOf(network));
  return list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
