/**
 * The link as it may stand in a page; undefined for anything but http, https and mail. A link with a user name in it
 * is none either: `http://sandstorm.corp.lan@evil.example` is made to be misread.
 */
export function safeLink(link: string | undefined): string | undefined {
  if (link === undefined || link.length > LONGEST || !URL.canParse(link)) return undefined;
  const { protocol, username, password, href } = new URL(link);
  if (!['http:', 'https:', 'mailto:'].includes(protocol)) return undefined;
  return username === '' && password === '' ? href : undefined;
}

const LONGEST = 2_000;

/** What a link is called: "git.example.org/notes". */
export function nameOfLink(link: string): string {
  const { protocol, host, pathname } = new URL(link);
  if (protocol === 'mailto:') return pathname;
  return host + (pathname === '/' ? '' : pathname.replace(/\/$/, ''));
}
