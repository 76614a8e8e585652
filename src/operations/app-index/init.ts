import { basename } from 'node:path';
import {
  DEFAULT_TITLE,
  documentText,
  findDocument,
  writeDocument,
  type IndexDocument,
} from '../../app-index/document.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { indexLayout } from '../../app-index/layout.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';

export interface InitWish {
  readonly dir: string;
  /** undefined: as it is, or the usual one. */
  readonly title: string | undefined;
  /** Base URLs; undefined: as they are, or none. */
  readonly servers: readonly string[] | undefined;
  readonly dryRun: boolean;
}

export interface Initialised {
  readonly title: string;
  readonly servers: readonly string[];
  /** Anything changed, or would. */
  readonly changed: boolean;
}

/**
 * Makes an empty index, or gives the one that is there another title or other servers.
 * @throws Refusal E_INDEX_PLACE, E_INDEX_DOCUMENT, E_BUSY, E_IO
 */
export async function initIndex(wish: InitWish, host: Host): Promise<Initialised> {
  const { dir, dryRun } = wish;
  await refuseOthers(dir, host);
  if (dryRun) return init(wish, host);
  // Only a folder of our own is given the mode that a web server needs.
  if ((await host.files.stat(dir)) === undefined) await host.files.plant(dir, []);
  return withIndexLock(dir, 'index init', host, () => init(wish, host));
}

async function init({ dir, dryRun, ...wish }: InitWish, host: Host): Promise<Initialised> {
  const there = await findDocument(dir, host);
  const title = wish.title ?? there?.title ?? DEFAULT_TITLE;
  const servers = wish.servers ?? there?.servers ?? [];
  const document: IndexDocument = { version: 1, apps: {}, ...there, title, servers };
  const changed = there === undefined || documentText(there) !== documentText(document);
  if (changed && !dryRun) {
    const { store, incoming, generations } = indexLayout(dir);
    for (const folder of [store, incoming, generations]) await host.files.plant(folder, []);
    // Last: it makes the folder an index.
    await writeDocument(dir, document, host);
  }
  return { title, servers, changed };
}

/** Somebody's folder: our own files would be lost among theirs, and later taken for theirs. */
async function refuseOthers(dir: string, host: Host): Promise<void> {
  const stat = await host.files.stat(dir);
  if (stat === undefined) return;
  const { document, ...ours } = indexLayout(dir);
  const names = new Set(Object.values(ours).map((path: string) => basename(path)));
  const there = stat.kind === 'directory' ? await host.files.list(dir) : [basename(dir)];
  if (there.includes(basename(document))) return;
  // Cut off, it leaves its own folders, and perhaps a temporary file.
  const strange = there.find((name) => !names.has(name) && !/^\..*\.tmp$/.test(name));
  if (strange === undefined) return;
  throw new Refusal('E_INDEX_PLACE', `${dir} is no empty folder: ${strange} is there`, {
    hint: 'give a folder that is empty or not there yet',
  });
}
