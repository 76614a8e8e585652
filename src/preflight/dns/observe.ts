import { badValue } from '../../errors.js';
import type { Dns, DnsAnswer } from '../../system/host.js';
import { canonicalIp, parseIp } from '../../system/ip.js';
import { parseResolver } from '../../system/resolver-address.js';
import type { Subject } from '../check.js';

/** Who was asked: getaddrinfo with /etc/hosts in it, a server of resolv.conf, or one from --resolver. */
export type Origin = 'lookup' | 'system' | 'given';

export interface Source {
  readonly origin: Origin;
  /** "this machine", or the server's address. */
  readonly name: string;
}

/** Every answer of one source for one name. */
export interface Observation {
  readonly source: Source;
  readonly name: string;
  readonly ipv4: DnsAnswer;
  readonly ipv6: DnsAnswer;
}

/** Questions all leave at once, so a dead server costs its own wait only; many more would be a flood. */
const MOST_SERVERS = 16;

/**
 * The servers to ask: the given ones and resolv.conf's, each once.
 * @throws Refusal E_BAD_VALUE for a given one that is no address, or for too many of them.
 */
export function sourcesFor(dns: Dns, subject: Subject): readonly Source[] {
  const given = [...new Set(subject.resolvers.map((text) => parseResolver(text).text))];
  if (given.length > MOST_SERVERS) {
    throw badValue('--resolver', `${given.length} servers`, `at most ${MOST_SERVERS} servers`);
  }
  // glibc itself uses no more than the first three of resolv.conf.
  const system = [...new Set(dns.systemServers())].slice(0, MOST_SERVERS);
  return [
    ...given.map((name) => ({ origin: 'given' as const, name })),
    ...system.filter((name) => !given.includes(name)).map((name) => ({ origin: 'system' as const, name })),
  ];
}

/** Asks this machine and every server for every name, all at the same time. */
export async function observe(
  dns: Dns,
  sources: readonly Source[],
  names: readonly string[],
): Promise<readonly Observation[]> {
  return Promise.all(
    names.flatMap((name) => [lookedUp(dns, name), ...sources.map((source) => asked(dns, source, name))]),
  );
}

async function lookedUp(dns: Dns, name: string): Promise<Observation> {
  const addresses = (await dns.lookup(name)).map(canonicalIp);
  const family = (wanted: 4 | 6): DnsAnswer => {
    const found = addresses.filter((address) => parseIp(address)?.family === wanted);
    return found.length === 0 ? { kind: 'nodata' } : { kind: 'addresses', addresses: found };
  };
  const none: DnsAnswer = { kind: 'nxdomain' };
  return {
    source: { origin: 'lookup', name: 'this machine' },
    name,
    ipv4: addresses.length === 0 ? none : family(4),
    ipv6: addresses.length === 0 ? none : family(6),
  };
}

async function asked(dns: Dns, source: Source, name: string): Promise<Observation> {
  const ask = (type: 'A' | 'AAAA') =>
    // A server of resolv.conf may have a form that cannot be asked: that is a fact about it, no bug.
    dns.query(source.name, name, type).catch((error: unknown): DnsAnswer => ({
      kind: 'unreachable',
      reason: error instanceof Error ? error.message : String(error),
    }));
  const [ipv4, ipv6] = await Promise.all([ask('A'), ask('AAAA')]);
  return { source, name, ipv4, ipv6 };
}

/** What one source says about a name, both address families put together. */
export type Outcome =
  | {
      readonly kind: 'addresses';
      readonly addresses: readonly string[];
      /** How the question for the other family ended, where that was an error. */
      readonly otherFamily: DnsAnswer['kind'] | undefined;
    }
  | Exclude<DnsAnswer, { kind: 'addresses' }>;

export function outcomeOf({ ipv4, ipv6 }: Pick<Observation, 'ipv4' | 'ipv6'>): Outcome {
  const addresses = [ipv4, ipv6].flatMap((answer) => (answer.kind === 'addresses' ? answer.addresses : []));
  const rest = [ipv4, ipv6].filter((answer) => answer.kind !== 'addresses');
  if (addresses.length > 0) {
    const other = rest.find(({ kind }) => kind !== 'nodata')?.kind;
    return { kind: 'addresses', addresses: [...new Set(addresses)].sort(), otherFamily: other };
  }
  // No name is no name in both families; then the failure that says most, "no record" last.
  const order = ['nxdomain', 'refused', 'servfail', 'unreachable', 'timeout', 'nodata'];
  const [first] = rest.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return first ?? { kind: 'nodata' };
}
