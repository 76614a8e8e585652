/** What a page of the market may do: show its own style and pictures, run its one script. It loads nothing else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
];

/** For the page's own meta element, so that it holds behind any web server. */
export const META_POLICY = [
  ...PAGE_POLICY,
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export interface HeaderRule {
  /** Path below the site root for which it holds, "" for all. Of several the longest counts, alone. */
  readonly under: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What the web server is to send with the site; `frame-ancestors` and `sandbox` work in headers only. An SVG is a
 * document when somebody opens it by itself, with scripts from a stranger's package: it gets no origin and no script.
 */
export const SITE_HEADERS: readonly HeaderRule[] = [
  {
    under: '',
    headers: {
      'Content-Security-Policy': [...PAGE_POLICY, "frame-ancestors 'none'"].join('; '),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    },
  },
  {
    under: 'images/',
    headers: {
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
      'X-Content-Type-Options': 'nosniff',
    },
  },
  {
    under: 'packages/',
    headers: {
      'Content-Security-Policy': "default-src 'none'",
      'Content-Type': 'application/octet-stream',
      'X-Content-Type-Options': 'nosniff',
    },
  },
];
