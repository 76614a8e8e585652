import { BlockList, isIP } from 'node:net';

/** What ipBlacklist has in it on a new server (shell/imports/constants.js, PRIVATE_*). */
export const USUAL_RANGES = [
  '10.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
] as const;

/** Refused whatever the list says (SPECIAL_*); an index there can never be reached. */
const NEVER = [
  '0.0.0.0/8',
  '100.64.0.0/10',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '64:ff9b::/96',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'ff00::/8',
] as const;

export interface RangeAdvice {
  /** To be taken out of the list. */
  readonly out: readonly string[];
  /** What the list then is. */
  readonly left: readonly string[];
  /** Addresses no setting can allow. */
  readonly impossible: readonly string[];
}

/** What must leave the list so that the server may connect to all of these. Pure. */
export function rangesFor(addresses: readonly string[]): RangeAdvice {
  const out = USUAL_RANGES.filter((range) => addresses.some((address) => isWithin(address, range)));
  return {
    out,
    left: USUAL_RANGES.filter((range) => !out.includes(range)),
    impossible: addresses.filter((address) => NEVER.some((range) => isWithin(address, range))),
  };
}

function isWithin(address: string, range: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const [network = '', bits = ''] = range.split('/');
  if ((network.includes(':') ? 'ipv6' : 'ipv4') !== family || isIP(address) === 0) return false;
  const block = new BlockList();
  block.addSubnet(network, Number(bits), family);
  return block.check(address, family);
}
