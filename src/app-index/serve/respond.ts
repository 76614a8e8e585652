import { basename, dirname } from 'node:path';
import type { Host } from '../../system/host.js';
import type { Answered, Asked, OpenedFile } from '../../system/web.js';
import { indexLayout } from '../layout.js';
import { wantedRange } from './range.js';
import { contentId, headersOf } from './site-headers.js';
import { sitePath } from './target.js';

const PLAIN = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'no-cache',
  'X-Content-Type-Options': 'nosniff',
};
const NOT_FOUND: Answered = { status: 404, headers: PLAIN, body: 'Not found.\n' };
const NOT_ALLOWED: Answered = {
  status: 405,
  headers: { ...PLAIN, Allow: 'GET, HEAD' },
  body: 'Only GET and HEAD.\n',
};

/** Between two looks at the link the generation may have been pruned; hardly twice in a row. */
const LOOKS = 3;

/** Answers requests with what is published in `dir`: each looks once which generation is in force. */
export function siteAnswerer(dir: string, host: Host): (asked: Asked) => Promise<Answered> {
  const { public: link } = indexLayout(dir);
  return async (asked) => {
    if (asked.method !== 'GET' && asked.method !== 'HEAD') return NOT_ALLOWED;
    const path = sitePath(asked.target);
    if (path === undefined) return NOT_FOUND;
    for (let look = 0; look < LOOKS; look += 1) {
      const root = await host.files.realPath(link);
      if (root === undefined) return NOT_FOUND;
      const file = await host.web.openBelow(root, path);
      if (file !== undefined) return withFile(asked, path, generationOf(root), file);
      if ((await host.files.realPath(link)) === root) return NOT_FOUND;
    }
    return NOT_FOUND;
  };
}

/** "12" of DIR/generations/12/site. */
function generationOf(root: string): string {
  return basename(dirname(root));
}

async function withFile(
  { headers: asked }: Asked,
  path: string,
  generation: string,
  file: OpenedFile,
): Promise<Answered> {
  const { size, mtimeMs } = file;
  // Within a generation nothing changes, and a number that comes again after a rollback comes later.
  const tag = contentId(path) ?? `${generation}-${Math.floor(mtimeMs).toString(36)}-${size.toString(36)}`;
  const validators = { ETag: `"${tag}"`, 'Last-Modified': new Date(mtimeMs).toUTCString() };
  const { 'Content-Type': type = '', ...rest } = headersOf(path);
  const headers = { ...rest, ...validators, 'Accept-Ranges': 'bytes' };

  if (isFresh(asked, validators)) {
    await file.close();
    return { status: 304, headers };
  }
  const wanted = mayHaveRange(asked['if-range'], validators) ? wantedRange(text(asked.range), size) : 'whole';
  if (wanted === 'none') {
    await file.close();
    return { status: 416, headers: { ...PLAIN, 'Content-Range': `bytes */${String(size)}` }, body: '' };
  }
  if (wanted === 'whole') {
    return {
      status: 200,
      headers: { 'Content-Type': type, ...headers },
      body: { file, from: 0, to: size - 1 },
    };
  }
  const range = `bytes ${String(wanted.from)}-${String(wanted.to)}/${String(size)}`;
  return {
    status: 206,
    headers: { 'Content-Type': type, ...headers, 'Content-Range': range },
    body: { file, ...wanted },
  };
}

interface Validators {
  readonly ETag: string;
  readonly 'Last-Modified': string;
}

/** RFC 9110, 13.2.2: a tag is asked before a date, and weakly compared. */
function isFresh(asked: Asked['headers'], { ETag: tag, 'Last-Modified': modified }: Validators): boolean {
  const tags = text(asked['if-none-match']);
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
  }
  const since = Date.parse(text(asked['if-modified-since']) ?? '');
  return Date.parse(modified) <= since;
}

/** A range is of use only for the very file that its beginning came from. */
function mayHaveRange(
  ifRange: string | string[] | undefined,
  { ETag: tag, 'Last-Modified': modified }: Validators,
): boolean {
  const wanted = text(ifRange);
  return wanted === undefined || wanted === tag || wanted === modified;
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
