import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { indexLayout, PACKAGE_ID, packagePlace, type PackagePlace } from './layout.js';
import { parseRecord, type PackageRecord } from './record.js';

/** A manifest has at most 8 MiB, and JSON may take six bytes for one. */
const LONGEST_RECORD = 64 * 1024 * 1024;
/** As many at once as keep node's four threads for files busy. */
const AT_ONCE = 16;

export interface StoredRecord {
  readonly record: PackageRecord;
  /** As it is in the file: two are the same only if these are. */
  readonly text: string;
}

export interface StoreContents {
  /** By package id, rising. */
  readonly records: readonly StoredRecord[];
  /** Folders whose record cannot be read: not taken in by us, or damaged. */
  readonly unreadable: readonly string[];
}

export function storedPackage(dir: string, packageId: string): PackagePlace {
  return packagePlace(join(indexLayout(dir).store, packageId));
}

/** @throws Refusal E_IO */
export async function readStore(dir: string, host: Host): Promise<StoreContents> {
  const ids = await storedIds(dir, host);
  const found = new Map<string, StoredRecord | undefined>();
  const waiting = ids.values();
  const worker = async (): Promise<void> => {
    for (const id of waiting) found.set(id, await readStoredRecord(dir, id, host));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const all = ids.map((id) => ({ id, stored: found.get(id) }));
  return {
    records: all.flatMap(({ stored }) => (stored === undefined ? [] : [stored])),
    unreadable: all.filter(({ stored }) => stored === undefined).map(({ id }) => id),
  };
}

export async function storedIds(dir: string, host: Host): Promise<string[]> {
  return (await host.files.list(indexLayout(dir).store)).filter((name) => PACKAGE_ID.test(name));
}

/** undefined when the package is not in the store, or its record is damaged. */
export async function readStoredRecord(
  dir: string,
  packageId: string,
  host: Host,
): Promise<StoredRecord | undefined> {
  const text = await host.files.readText(storedPackage(dir, packageId).record, LONGEST_RECORD);
  const record = text === undefined ? undefined : parseRecord(text);
  // A folder moved to another name would publish a package under an id that its bytes do not have.
  return text === undefined || record?.entry.packageId !== packageId ? undefined : { record, text };
}
