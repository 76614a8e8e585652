import { basename, extname } from 'node:path';
import { PACKAGE_ID, IMAGE_ID } from '../layout.js';

/** What is served in a way of its own: by the first folder of the path, everything else as a page. */
export type SiteKind = 'packages' | 'images' | 'pages';

/** Named by their content, so whoever has one has it for good. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** Asked after each time, and mostly answered with 304. */
const ASK_AGAIN = 'no-cache';

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** An SVG is a document when somebody opens it by itself, with a stranger's scripts: no origin, no script. */
const IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/** `serve` and the configuration of every web server say these; the type comes beside. */
export const SITE_HEADERS: Readonly<Record<SiteKind, Readonly<Record<string, string>>>> = {
  packages: {
    'Cache-Control': FOR_GOOD,
    'Content-Security-Policy': "default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
  },
  images: {
    'Cache-Control': FOR_GOOD,
    'Content-Security-Policy': IMAGE_POLICY,
    'X-Content-Type-Options': 'nosniff',
  },
  pages: {
    'Cache-Control': ASK_AGAIN,
    'Content-Security-Policy': PAGE_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  },
};

/** By ending; a package has none. */
export const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};
export const BYTES = 'application/octet-stream';

export function kindOf(path: string): SiteKind {
  if (path.startsWith('packages/')) return 'packages';
  return path.startsWith('images/') ? 'images' : 'pages';
}

export function headersOf(path: string): Readonly<Record<string, string>> {
  const kind = kindOf(path);
  const type = kind === 'packages' ? BYTES : (TYPES[extname(path).slice(1)] ?? BYTES);
  return { 'Content-Type': type, ...SITE_HEADERS[kind] };
}

/** The id that a path ends in, for what is named by its content. */
export function contentId(path: string): string | undefined {
  const id = basename(path);
  const form = { packages: PACKAGE_ID, images: IMAGE_ID, pages: undefined }[kindOf(path)];
  return form?.test(id) === true ? id : undefined;
}
