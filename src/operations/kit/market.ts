import { join } from 'node:path';
import { adopted } from '../../app-index/adopt.js';
import {
  DEFAULT_TITLE,
  documentText,
  findDocument,
  parseDocument,
  readDocument,
  writeDocument,
} from '../../app-index/document.js';
import { withIndexLock } from '../../app-index/index-lock.js';
import { storedIds } from '../../app-index/store.js';
import { Refusal } from '../../errors.js';
import type { KitManifest } from '../../kit/manifest.js';
import { notAKit } from '../../kit/refusals.js';
import type { KitSource } from '../../kit/sources.js';
import type { Host } from '../../system/host.js';

const LARGEST = 16 * 1024 * 1024;
const UNDECIDED = documentText({ version: 1, title: DEFAULT_TITLE, servers: [], apps: {} });

/**
 * What the market of an index shows: its name, which versions are pinned, which apps hidden, and how they are described.
 * The pages themselves are made on the other side, of the packages that are there.
 * @throws Refusal E_INDEX_DOCUMENT, E_IO
 */
export async function marketSource(index: string, host: Host): Promise<readonly KitSource[]> {
  const document = await findDocument(index, host);
  const text = document === undefined ? UNDECIDED : documentText(document);
  return text === UNDECIDED ? [] : [{ name: 'market.json', kind: 'market', from: { text } }];
}

/**
 * Takes over what the kit says of the market, where this index has decided nothing itself.
 * @param folder where the kit's files lie
 * @throws Refusal E_KIT_FORMAT, E_INDEX_DOCUMENT, E_BUSY, E_IO
 */
export async function takeMarketOver(
  path: string,
  folder: string,
  { files }: KitManifest,
  index: string,
  host: Host,
): Promise<void> {
  const market = files.find(({ kind }) => kind === 'market');
  if (market === undefined) return;
  const file = join(folder, market.name);
  const text = (await host.files.readText(file, LARGEST)) ?? '';
  const theirs = readable(path, () => parseDocument(text, market.name));
  await withIndexLock(index, 'kit receive', host, async () => {
    const own = await readDocument(index, host);
    const after = adopted(own, theirs, new Set(await storedIds(index, host)));
    if (documentText(after) !== documentText(own)) await writeDocument(index, after, host);
  });
}

function readable<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // It is signed, so somebody's tool wrote it: it is no document of this house's index that is to be mended.
    throw notAKit(path, error.message, error);
  }
}
