import { basename, extname } from 'node:path';
import { IMAGE_ID, PACKAGE_ID } from '../layout.js';
import { SITE_HEADERS as MARKET_HEADERS } from '../market/headers.js';

/** What is served in a way of its own: by the first folder of the path, everything else as a page. */
export type SiteKind = 'packages' | 'images' | 'pages';

/** Named by their content, so whoever has one has it for good. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** Asked after each time, and mostly answered with 304. */
const ASK_AGAIN = 'no-cache';

/** `serve` and the configuration of every web server say these; the type comes beside. */
export const SITE_HEADERS: Readonly<Record<SiteKind, Readonly<Record<string, string>>>> = {
  packages: { 'Cache-Control': FOR_GOOD, ...safetyOf('packages/') },
  images: { 'Cache-Control': FOR_GOOD, ...safetyOf('images/') },
  pages: { 'Cache-Control': ASK_AGAIN, ...safetyOf('') },
};

function safetyOf(under: string): Readonly<Record<string, string>> {
  const headers = MARKET_HEADERS.find((rule) => rule.under === under)?.headers ?? {};
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'Content-Type'));
}

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
