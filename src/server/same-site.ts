import { parseIp } from '../system/ip.js';
import { defaultWildcardFor, nameFor, type BaseUrl, type WildcardHost } from './addresses.js';

/** What does not fit between BASE_URL and WILDCARD_HOST, and what would. */
export interface Misfit {
  readonly kind: 'address' | 'domain' | 'default-port' | 'port';
  readonly sentence: string;
  /** A WILDCARD_HOST that would fit; undefined where only another BASE_URL helps. */
  readonly suggestion: string | undefined;
}

/**
 * Whether browsers let the two work together; an empty list is a yes. Two things must hold:
 *
 * One site. A grain is a frame on a `ui-…` name inside BASE_URL's page, and is let in by a cookie which
 * the gateway sets there without a SameSite attribute (src/sandstorm/gateway.c++, "_sandstorm-init").
 * Browsers keep such a cookie from a frame of another site, and the grain answers "Unauthorized due to
 * missing cookie"; docs/administering/wildcard.md asks for "the same domain name". A site is the public
 * suffix and one label more, so sharing only the last label (`lan`), or `co.uk`, is not enough.
 *
 * One port. The gateway compares the whole Host header with what is configured (WildcardMatcher), and
 * pages make a grain's address from BASE_URL's scheme and WILDCARD_HOST as it is written. So the port
 * must be written in both or in neither, and never when it is the scheme's own: browsers leave that out.
 */
export function sameSite(base: BaseUrl, wildcard: WildcardHost): readonly Misfit[] {
  if (base.isAddress) {
    return [
      {
        kind: 'address',
        sentence: `BASE_URL is the address ${base.host}: it shares no domain with ${wildcard.text}, and browsers would keep grains from their cookies`,
        suggestion: undefined,
      },
    ];
  }
  return [domainMisfit(base, wildcard), portMisfit(base, wildcard)].filter((found) => found !== undefined);
}

function domainMisfit(base: BaseUrl, wildcard: WildcardHost): Misfit | undefined {
  if (sharedSite(base.host, nameFor(wildcard, 'x')) !== undefined) return undefined;
  const oneLabel = !base.host.includes('.');
  const why = oneLabel
    ? `to a browser every name under "${base.host}" is a site of its own`
    : `to a browser they are two sites, and it would keep grains from their cookies`;
  return {
    kind: 'domain',
    sentence: `${base.host} and ${nameFor(wildcard, '*')} do not share a domain: ${why}`,
    suggestion: oneLabel || siteOf(base.host) === undefined ? undefined : defaultWildcardFor(base),
  };
}

function portMisfit(base: BaseUrl, wildcard: WildcardHost): Misfit | undefined {
  const usual = base.scheme === 'https' ? 443 : 80;
  const wanted = base.port === usual ? undefined : base.port;
  if (wildcard.port === wanted) return undefined;
  const suggestion = `${nameFor(wildcard, '*')}${wanted === undefined ? '' : `:${wanted}`}`;
  if (wildcard.port === usual && wanted === undefined) {
    return {
      kind: 'default-port',
      sentence: `WILDCARD_HOST ends in :${usual}, which browsers leave out: Sandstorm would not know its own names`,
      suggestion,
    };
  }
  const has = wildcard.port === undefined ? `no port, which means ${usual}` : `port ${wildcard.port}`;
  return { kind: 'port', sentence: `BASE_URL has port ${base.port}, WILDCARD_HOST has ${has}`, suggestion };
}

/** The site two host names have in common; undefined when a browser takes them for two. */
export function sharedSite(one: string, other: string): string | undefined {
  const site = siteOf(one);
  return site !== undefined && site === siteOf(other) ? site : undefined;
}

/**
 * The registrable domain of a name: `corp.lan` of `sandstorm.corp.lan`. The public suffix list is not
 * carried along: for internal names its rule is "the last label", and for the world's `co.uk` and
 * `com.au` a pattern comes close enough for a warning about a value somebody typed.
 */
export function siteOf(name: string): string | undefined {
  if (parseIp(name) !== undefined) return undefined;
  const labels = name.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  const twoPartSuffix = top.length === 2 && /^(?:ac|co|com|edu|gov|gob|mil|ne|net|nom|or|org)$/.test(second);
  const needed = twoPartSuffix ? 3 : 2;
  return labels.length < needed ? undefined : labels.slice(-needed).join('.');
}
