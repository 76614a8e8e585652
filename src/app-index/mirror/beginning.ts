import { join } from 'node:path';
import type { Host } from '../../system/host.js';
import type { WebHead } from '../../system/web.js';
import { Unfit } from './source.js';

/** What an earlier try has left of a package; `length` is 0 when it has left nothing. */
export interface Beginning {
  readonly file: string;
  readonly length: number;
  /** To ask for the rest of the very same file. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where that answer goes on; undefined when there is nothing in it to take in. @throws Unfit */
  goesOnAt(answer: WebHead): number | undefined;
  /** Notes which file it is the beginning of. */
  remember(answer: WebHead): Promise<void>;
  forget(): Promise<void>;
}

/** Where beginnings lie, and the names of those that are there. */
export interface Beginnings {
  readonly place: { readonly partial: string };
  readonly host: Host;
  readonly beginnings: Set<string>;
}

export async function findBeginning(
  { name }: { readonly name: string },
  { place: { partial }, host: { files }, beginnings }: Beginnings,
): Promise<Beginning> {
  const file = join(partial, name);
  const tagFile = `${file}.tag`;
  const length = beginnings.has(name) ? ((await files.lstat(file))?.size ?? 0) : 0;
  const tag = length === 0 ? undefined : await files.readText(tagFile);
  return {
    file,
    length,
    // Without a tag too: whatever is put together, its hash decides.
    headers: length === 0 ? {} : { range: `bytes=${String(length)}-`, ...(tag ? { 'if-range': tag } : {}) },
    goesOnAt: ({ status, headers }) => {
      if (status === 200) return 0;
      if (status !== 206) return undefined;
      const from = /^bytes (\d{1,15})-/.exec(headers['content-range'] ?? '')?.[1];
      if (length === 0 || Number(from) !== length)
        throw new Unfit('it sends another part than was asked for', true, true);
      return length;
    },
    remember: ({ headers }) => {
      beginnings.add(name);
      return files.writeUnsynced(tagFile, tagOf(headers));
    },
    forget: async () => {
      if (!beginnings.delete(name)) return;
      await files.removeUnsynced(file);
      await files.removeUnsynced(tagFile);
    },
  };
}

/** A weak tag does not stand for the same bytes, and is not allowed in If-Range. */
function tagOf({ etag = '', 'last-modified': modified = '' }: WebHead['headers']): string {
  return etag === '' || etag.startsWith('W/') ? modified : etag;
}
