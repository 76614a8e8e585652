import { chooseApps, type IndexedApp } from '../../app-index/choose.js';
import { readDocument } from '../../app-index/document.js';
import { listGenerations, numberInForce, type Generation } from '../../app-index/generations.js';
import { stampOf } from '../../app-index/stamp.js';
import { readStore } from '../../app-index/store.js';
import type { Host } from '../../system/host.js';

export interface IndexContents {
  readonly title: string;
  readonly apps: readonly IndexedApp[];
  readonly unreadable: readonly string[];
  readonly generations: readonly Generation[];
  readonly inForce: number | undefined;
  /** What is in force is what the next build would make. */
  readonly upToDate: boolean;
}

/** What is in the index. Changes nothing, and needs no lock. @throws Refusal E_INDEX_MISSING, E_INDEX_DOCUMENT, E_IO */
export async function listIndex(dir: string, host: Host): Promise<IndexContents> {
  const document = await readDocument(dir, host);
  const { records, unreadable } = await readStore(dir, host);
  const generations = await listGenerations(dir, host);
  const inForce = await numberInForce(dir, host);
  return {
    title: document.title,
    apps: chooseApps(
      records.map(({ record }) => record),
      document,
    ),
    unreadable,
    generations,
    inForce,
    upToDate: generations.some(
      ({ number, stamp }) => number === inForce && stamp === stampOf(document, records),
    ),
  };
}
