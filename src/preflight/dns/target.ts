import { parseBaseUrl, parseWildcardHost, type BaseUrl, type WildcardHost } from '../../server/addresses.js';
import { canonicalIp, isLinkLocal, isLoopback, isUnspecified, parseIp } from '../../system/ip.js';
import type { CheckContext, Subject } from '../check.js';
import type { Wanted } from './place.js';

/** What there is to look up, or why there is nothing. */
export type BaseTarget = { readonly base: BaseUrl } | { readonly unknown: string };

/** @throws Refusal E_BAD_VALUE when the subject's values have the wrong form. */
export function baseTarget({ baseUrl }: Subject): BaseTarget {
  if (baseUrl === undefined) return { unknown: 'BASE_URL is not known yet (--base-url)' };
  const base = parseBaseUrl(baseUrl);
  if (base.isAddress) return { unknown: `BASE_URL is the address ${base.host}: there is no name to look up` };
  return { base };
}

export type WildcardTarget = { readonly wildcard: WildcardHost } | { readonly unknown: string };

export function wildcardTarget({ wildcardHost }: Subject): WildcardTarget {
  if (wildcardHost === undefined) return { unknown: 'WILDCARD_HOST is not known yet (--wildcard-host)' };
  return { wildcard: parseWildcardHost(wildcardHost) };
}

export function wantedFor({ host, subject }: CheckContext): Wanted {
  return {
    own: host.dns.ownAddresses().map(canonicalIp),
    bindIp: subject.bindIp ?? '0.0.0.0',
    expectAddress: subject.expectAddress === undefined ? undefined : canonicalIp(subject.expectAddress),
  };
}

/** Names that getaddrinfo and browsers answer by themselves (RFC 6761), whatever DNS says. */
export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/**
 * The addresses to put into a record: what is right already, else what was said, else this machine's
 * first address that others can reach.
 */
export function publishable(right: readonly string[], wanted: Wanted): readonly string[] {
  if (wanted.expectAddress !== undefined) return [wanted.expectAddress];
  const reachable = right.filter((address) => !isLoopback(address));
  if (reachable.length > 0) return reachable;
  if (!isUnspecified(wanted.bindIp) && !isLoopback(wanted.bindIp)) return [canonicalIp(wanted.bindIp)];
  const outside = wanted.own.filter((address) => !isLoopback(address) && !isLinkLocal(address));
  const first = outside.find((address) => parseIp(address)?.family === 4) ?? outside[0];
  return [first ?? (isLoopback(wanted.bindIp) ? wanted.bindIp : 'ADDRESS-OF-THE-SERVER')];
}
