import { basename } from 'node:path';
import { DEFAULT_TITLE, findDocument, writeDocument } from '../../app-index/document.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { indexLayout } from '../../app-index/layout.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';

export interface InitWish {
  readonly dir: string;
  /** undefined: as it is, or the usual one. */
  readonly title: string | undefined;
  readonly dryRun: boolean;
}

/**
 * Makes an empty index, or gives the one that is there another title.
 * @returns the title, and whether anything changed or would
 * @throws Refusal E_INDEX_PLACE, E_INDEX_DOCUMENT, E_BUSY, E_IO
 */
export async function initIndex(
  wish: InitWish,
  host: Host,
): Promise<{ readonly title: string; readonly changed: boolean }> {
  const { dir, dryRun } = wish;
  await refuseOthers(dir, host);
  if (dryRun) return init(wish, host);
  // Only a folder of our own is given the mode that a web server needs.
  if ((await host.files.stat(dir)) === undefined) await host.files.plant(dir, []);
  return withIndexLock(dir, 'index init', host, () => init(wish, host));
}

async function init(
  { dir, title: wanted, dryRun }: InitWish,
  host: Host,
): Promise<{ readonly title: string; readonly changed: boolean }> {
  const there = await findDocument(dir, host);
  const title = wanted ?? there?.title ?? DEFAULT_TITLE;
  const changed = title !== there?.title;
  if (changed && !dryRun) {
    const { store, incoming, generations } = indexLayout(dir);
    for (const folder of [store, incoming, generations]) await host.files.plant(folder, []);
    // Last: it makes the folder an index.
    await writeDocument(dir, { version: 1, apps: {}, ...there, title }, host);
  }
  return { title, changed };
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
