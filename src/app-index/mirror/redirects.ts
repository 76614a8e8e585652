/** Which other addresses an answer may send us to. */
export interface RedirectRule {
  /** "files.example.org" or "files.example.org:8443", as given by who runs the mirror. */
  readonly allowedHosts: readonly string[];
}

export const MOST_REDIRECTS = 5;

/**
 * Where a redirect leads, or why it is not followed: to the same origin, to https of the same host, or to a host that
 * was allowed by name; never from https to http. Anything else could make us fetch from inside the house's network.
 */
export function redirectTarget(from: URL, location: string | undefined, rule: RedirectRule): URL | string {
  if (location === undefined || !URL.canParse(location, from.href)) return 'a redirect to nowhere';
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) return `a redirect to ${to.protocol}`;
  if (to.username !== '' || to.password !== '') return 'a redirect with a password in it';
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'a redirect from https to http';
  const upgrade =
    from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname && to.port === '';
  const allowed = rule.allowedHosts.some((one) => one === to.host || one === to.hostname);
  if (to.origin === from.origin || upgrade || allowed) return to;
  return `a redirect to ${to.host} (--allow-redirect-host ${to.host} permits it)`;
}
