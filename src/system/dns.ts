import type { LookupAddress } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import type { Dns, DnsAnswer } from './host.js';
import { canonicalIp } from './ip.js';
import { parseResolver } from './resolver-address.js';

/** The first try; c-ares doubles it for the second. Together they stay below `QUERY_LIMIT_MS`. */
const FIRST_TRY_MS = 1700;
const QUERY_LIMIT_MS = 5500;
/** getaddrinfo waits 5 s, twice, for each dead server of resolv.conf and cannot be called off. */
const LOOKUP_LIMIT_MS = 6000;

/** The machine's own view of DNS. */
export const systemDns: Dns = {
  query: askServer,
  lookup: lookUp,
  systemServers,
  ownAddresses,
};

/**
 * One question to one server, past /etc/hosts and search domains: `resolve4` and `resolve6` are c-ares'
 * plain queries, which read neither. A resolver object for each question keeps c-ares' own cache (one
 * per object) from answering in the server's place.
 * @throws Refusal E_BAD_VALUE when `server` is not an address.
 */
async function askServer(server: string, name: string, type: 'A' | 'AAAA'): Promise<DnsAnswer> {
  const where = parseResolver(server, 'DNS server').text;
  const { Resolver } = await import('node:dns/promises');
  const resolver = new Resolver({ timeout: FIRST_TRY_MS, tries: 2 });
  resolver.setServers([where]);
  const tooLong = setTimeout(() => {
    resolver.cancel();
  }, QUERY_LIMIT_MS);
  try {
    const found = await (type === 'A' ? resolver.resolve4(name) : resolver.resolve6(name));
    return { kind: 'addresses', addresses: [...new Set(found.map(canonicalIp))] };
  } catch (error) {
    return answerFor(error);
  } finally {
    clearTimeout(tooLong);
  }
}

/** What c-ares' words mean. Not a DNS error at all: thrown on, it is a bug. */
function answerFor(error: unknown): DnsAnswer {
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException;
  if (!syscall.startsWith('query')) throw error;
  switch (code) {
    // EBADNAME: it cannot be sent at all (an empty label, one of 64 letters), so it cannot exist either.
    case 'EBADNAME':
    case 'ENOTFOUND':
      return { kind: 'nxdomain' };
    case 'ENODATA':
      return { kind: 'nodata' };
    case 'ETIMEOUT':
    case 'ECANCELLED':
      return { kind: 'timeout' };
    case 'EREFUSED':
      return { kind: 'refused' };
    case 'ESERVFAIL':
      return { kind: 'servfail' };
    // c-ares says so for every failed connect or send, "no route" included.
    case 'ECONNREFUSED':
      return { kind: 'unreachable', reason: 'nothing listens there, or there is no route to it' };
    case 'EBADRESP':
    case 'EFORMERR':
    case 'ENOTIMP':
    case 'EBADSTR':
      return { kind: 'unreachable', reason: `what answers there is no working DNS server (${code})` };
    default:
      return { kind: 'unreachable', reason: code };
  }
}

async function lookUp(name: string): Promise<readonly string[]> {
  // dns/promises would be loaded besides.
  const lookup = promisify(process.getBuiltinModule('node:dns').lookup);
  const found = lookup(name, { all: true, verbatim: true }).catch(noneFor);
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<LookupAddress[]>((resolve) => {
    timer = setTimeout(() => {
      resolve([]);
    }, LOOKUP_LIMIT_MS);
  });
  const addresses = await Promise.race([found, tooLong]).finally(() => {
    clearTimeout(timer);
  });
  return [...new Set(addresses.map(({ address }) => address))];
}

/** "No such name", "no answer just now" and "not a name" are all an empty list here. */
function noneFor(error: unknown): LookupAddress[] {
  if ((error as NodeJS.ErrnoException).syscall === 'getaddrinfo') return [];
  throw error;
}

/** From resolv.conf, as c-ares reads it; 127.0.0.1 when it names none, which is also glibc's rule. */
function systemServers(): readonly string[] {
  return process.getBuiltinModule('node:dns').getServers();
}

function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...new Set(all.map(({ address }) => canonicalIp(address)))];
}
