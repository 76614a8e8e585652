import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { readOwned } from '../release/signature/owned-file.js';
import type { Host } from '../system/host.js';
import {
  isMoment,
  KIT_ID,
  matches,
  SHA256,
  isCount,
  type FileKind,
  type KitBase,
  type KitManifest,
} from './manifest.js';
import { isObject } from '../json.js';
import { kitPlaces } from './places.js';
import { kitOlder, wrongBase } from './refusals.js';

/** What became of a kit: written last, so a kit without one was not taken in. For the auditor, and against old kits. */
export interface Receipt {
  readonly version: 1;
  readonly kit: string;
  readonly key: string;
  readonly serial: number;
  readonly created: string;
  readonly purpose: string;
  readonly base: KitBase | null;
  /** ISO 8601, UTC; of the first time. */
  readonly receivedAt: string;
  /** Login name; behind sudo that of the person. */
  readonly by: string;
  readonly from: string;
  /** Of the manifest that was signed. */
  readonly manifestSha256: string;
  readonly files: readonly ReceivedFile[];
  /** Folder of the app index that packages went to; null when none was named. */
  readonly index: string | null;
}

export interface ReceivedFile {
  readonly name: string;
  readonly kind: FileKind;
  readonly size: number;
  readonly sha256: string;
  /** Where it lies now; null for packages. */
  readonly path: string | null;
}

const LARGEST = 16 * 1024 * 1024;

/** All of them, oldest serial first. @throws Refusal E_KIT_RECEIPT, E_TRUST_STORE, E_IO */
export async function readReceipts(host: Host): Promise<readonly Receipt[]> {
  const { receipts } = kitPlaces(host);
  const found: Receipt[] = [];
  for (const name of await host.files.list(receipts)) {
    if (/^[0-9a-f]{32}\.json$/.test(name)) found.push(await readReceipt(join(receipts, name), host));
  }
  return found.toSorted((a, b) => a.serial - b.serial);
}

export async function writeReceipt(receipt: Receipt, host: Host): Promise<void> {
  const { receipts } = kitPlaces(host);
  await host.files.makeDir(receipts, 0o755);
  await host.files.writeAtomic(receiptPath(receipt.kit, host), `${JSON.stringify(receipt, undefined, 1)}\n`);
}

export function receiptPath(kit: string, host: Host): string {
  return join(kitPlaces(host).receipts, `${kit}.json`);
}

/**
 * An old kit is as genuine as it ever was: who brings it back brings back its faults. Pure.
 * @throws Refusal E_KIT_OLDER
 */
export function refuseOlder(path: string, manifest: KitManifest, receipts: readonly Receipt[]): void {
  const newest = newestOf(manifest.key, receipts);
  if (newest !== undefined && newest.serial > manifest.serial) throw kitOlder(path, manifest, newest);
}

/** The newest kit of that key that was taken in. Pure. */
export function newestOf(key: string, receipts: readonly Receipt[]): Receipt | undefined {
  return receipts.filter((one) => one.key === key).toSorted((a, b) => b.serial - a.serial)[0];
}

/** @throws Refusal E_KIT_BASE unless what it is a difference to is there */
export async function requireBase(
  path: string,
  { base }: KitManifest,
  receipts: readonly Receipt[],
  host: Host,
): Promise<void> {
  if (base === null) return;
  const isKnown =
    base.kind === 'kit'
      ? receipts.some(({ kit }) => kit === base.id)
      : (await host.files.lstat(join(kitPlaces(host).requests, `${base.id}.json`))) !== undefined;
  if (!isKnown) throw wrongBase(path, base);
}

async function readReceipt(path: string, host: Host): Promise<Receipt> {
  let said: unknown;
  try {
    // It says which releases the house vouches for: whoever could write to it could let anything in.
    said = JSON.parse((await readOwned(path, LARGEST, host)) ?? '');
  } catch (error) {
    if (error instanceof Refusal) throw error;
  }
  if (!isReceipt(said)) {
    // Passed over it would let an older kit in.
    throw new Refusal('E_KIT_RECEIPT', `the receipt ${path} is damaged`, {
      hint: `put back a copy of it; or, knowing that no older kit is about: rm ${path}`,
    });
  }
  return said;
}

function isReceipt(said: unknown): said is Receipt {
  if (!isObject(said) || said.version !== 1) return false;
  const { kit, key, serial, created, receivedAt, files, index } = said;
  return (
    matches(kit, KIT_ID) &&
    matches(key, SHA256) &&
    isCount(serial) &&
    isMoment(created) &&
    isMoment(receivedAt) &&
    (index === null || typeof index === 'string') &&
    Array.isArray(files) &&
    files.every(
      (file) =>
        isObject(file) &&
        typeof file.name === 'string' &&
        typeof file.kind === 'string' &&
        matches(file.sha256, SHA256),
    )
  );
}
