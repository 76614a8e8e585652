import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readDocument } from '../../app-index/document.js';
import { readStoredRecord } from '../../app-index/store.js';
import { verifyPackage } from '../../apps/read-package.js';
import { Refusal } from '../../errors.js';
import { fileHash } from '../../file-hash.js';
import { checkKit } from '../../kit/check-kit.js';
import { requireTrusted, signedManifest } from '../../kit/judge.js';
import { readKeys } from '../../kit/key-store.js';
import { kitBytes, type KitFile, type KitManifest } from '../../kit/manifest.js';
import { peekKit } from '../../kit/peek-kit.js';
import { kitPlaces } from '../../kit/places.js';
import {
  readReceipts,
  refuseOlder,
  requireBase,
  writeReceipt,
  type Receipt,
  type ReceivedFile,
} from '../../kit/receipts.js';
import { kitDamaged, kitSpace } from '../../kit/refusals.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { bytes, count } from '../../words.js';
import { addPackages, isChanged } from '../app-index/add.js';
import { withKitLock } from './kit-lock.js';
import { takeMarketOver } from './market.js';

export interface ReceiveWish {
  readonly path: string;
  /** Folder of an app index that packages go to. */
  readonly index: string | undefined;
  readonly allowOlder: boolean;
  readonly dryRun: boolean;
}

export interface ReceivedKit {
  readonly manifest: KitManifest;
  readonly changed: boolean;
  /** Where its files lie, or would lie. */
  readonly folder: string;
  readonly files: readonly ReceivedFile[];
  readonly index: string | null;
  /** Packages that stay in the kit, as no index was named. */
  readonly leftOut: number;
}

/**
 * Takes a kit in: its files to a folder of their own, packages to an app index, and a receipt. What is checked is what
 * is kept: each file is hashed while it is copied, and has no name that counts before all of them were right. Cut off
 * at any moment, the same command brings it to its end; a second run changes nothing.
 * @throws Refusal E_KIT_*, E_KEY_REVOKED, E_TRUST_STORE, E_INDEX_*, E_SPK_*, E_BUSY, E_CANCELLED, E_IO
 */
export async function receiveKit(wish: ReceiveWish, host: Host, ui: Ui): Promise<ReceivedKit> {
  if (wish.index !== undefined) await readDocument(wish.index, host);
  if (wish.dryRun) return look(wish, host, ui);
  return withKitLock('kit receive', host, () => receive(wish, host, ui));
}

/** Judges the manifest of a kit for this machine. @throws Refusal E_KIT_*, E_KEY_REVOKED, E_TRUST_STORE */
export async function judgeHere(
  path: string,
  allowOlder: boolean,
  host: Host,
): Promise<(manifest: Buffer, signature: Buffer) => Promise<KitManifest>> {
  const keys = await readKeys(host);
  const receipts = await readReceipts(host);
  return async (bytes, signature) => {
    const manifest = signedManifest(path, bytes, signature);
    requireTrusted(path, manifest, keys, host.clock.now());
    if (!allowOlder) refuseOlder(path, manifest, receipts);
    await requireBase(path, manifest, receipts, host);
    return manifest;
  };
}

async function look(wish: ReceiveWish, host: Host, ui: Ui): Promise<ReceivedKit> {
  const judge = await judgeHere(wish.path, wish.allowOlder, host);
  const peeked = await peekKit(wish.path, judge, host);
  const there = await takenIn(peeked, wish.index, host);
  if (there !== undefined) return outcome(peeked, there, false, host);
  const { manifest, findings } = await ui.step('Read', (progress) =>
    checkKit(wish.path, { judge, onProgress: (done, total) => progress.bytes(done, total) }, host),
  );
  if (findings.length > 0) throw kitDamaged(wish.path, findings);
  return outcome(manifest, receiptOf(manifest, '', wish, undefined, host), true, host);
}

async function receive(wish: ReceiveWish, host: Host, ui: Ui): Promise<ReceivedKit> {
  const { path, index, allowOlder } = wish;
  const judge = await judgeHere(path, allowOlder, host);
  const peeked = await peekKit(path, judge, host);
  const there = await takenIn(peeked, index, host);
  if (there !== undefined) return outcome(peeked, there, false, host);

  const before = (await readReceipts(host)).find(({ kit }) => kit === peeked.id);
  const incoming = await freshIncoming(peeked, host);
  try {
    let manifestSha256 = '';
    const manifest = await copyIn(path, incoming, index !== undefined, host, ui, async (bytes, signature) => {
      const judged = await judge(bytes, signature);
      // Between two readings somebody may have put another kit in its place.
      if (judged.id !== peeked.id) throw changedMeanwhile(path);
      manifestSha256 = createHash('sha256').update(bytes).digest('hex');
      return judged;
    });
    if (index !== undefined) {
      await packagesIn(incoming, manifest, index, host, ui);
      await takeMarketOver(path, incoming, manifest, index, host);
    }
    const receipt = receiptOf(manifest, manifestSha256, wish, before, host);
    await settle(incoming, receipt, host);
    return outcome(manifest, receipt, true, host);
  } catch (error) {
    await host.files.remove(incoming).catch(() => undefined);
    throw error;
  }
}

async function freshIncoming(manifest: KitManifest, host: Host): Promise<string> {
  const { incoming } = kitPlaces(host);
  // Whatever lies there a run has left that did not come to its end: nobody else is at work.
  await host.files.remove(incoming);
  const folder = join(incoming, manifest.id);
  await host.files.makeDir(join(folder, PACKAGES), 0o755);
  const needed = kitBytes(manifest);
  const { free } = await host.files.freeSpace(folder);
  if (free < needed) throw kitSpace(incoming, bytes(needed), bytes(free));
  return folder;
}

const PACKAGES = 'packages';

async function copyIn(
  path: string,
  folder: string,
  withPackages: boolean,
  host: Host,
  ui: Ui,
  judge: (manifest: Buffer, signature: Buffer) => Promise<KitManifest>,
): Promise<KitManifest> {
  return ui.step('Copy', async (progress) => {
    const { manifest, findings } = await checkKit(
      path,
      {
        judge,
        keep: async (file) => {
          if (file.kind !== 'package') return host.files.openWrite(join(folder, file.name), modeOf(file));
          return withPackages ? host.files.openWrite(join(folder, PACKAGES, file.name), 0o644) : undefined;
        },
        onProgress: (done, total) => progress.bytes(done, total),
      },
      host,
    );
    if (findings.length > 0) throw kitDamaged(path, findings);
    progress.detail(`${count(manifest.files.length, 'file')}, ${bytes(kitBytes(manifest))}`);
    return manifest;
  });
}

function modeOf({ kind }: KitFile): number {
  return kind === 'tool' ? 0o755 : 0o644;
}

async function packagesIn(
  folder: string,
  { files }: KitManifest,
  index: string,
  host: Host,
  ui: Ui,
): Promise<void> {
  const packages = files.filter(({ kind }) => kind === 'package');
  if (packages.length === 0) return;
  await ui.step('Packages', async (progress) => {
    const given = packages.map(({ name }) => join(folder, PACKAGES, name));
    let done = 0;
    const onTaken = (): void => progress.detail(count((done += 1), 'package'));
    const { taken } = await addPackages(
      { dir: index, files: given, dryRun: false },
      verifyPackage,
      onTaken,
      host,
    );
    const refused = taken.find((one) => one.state === 'refused');
    if (refused !== undefined) throw isChanged(taken) ? refused.refusal.afterChanges() : refused.refusal;
  });
}

/** From here on the kit is taken in: the receipt says so, and comes last. */
async function settle(incoming: string, receipt: Receipt, host: Host): Promise<void> {
  const { received } = kitPlaces(host);
  const folder = receivedFolder(receipt.kit, host);
  await host.files.remove(join(incoming, PACKAGES));
  await host.files.makeDir(received, 0o755);
  await host.files.remove(folder);
  await host.files.rename(incoming, folder);
  await writeReceipt(receipt, host);
}

export function receivedFolder(kit: string, host: Host): string {
  return join(kitPlaces(host).received, kit);
}

/** The receipt of a kit that is in already, whole, as far as is wished now. */
async function takenIn(
  manifest: KitManifest,
  index: string | undefined,
  host: Host,
): Promise<Receipt | undefined> {
  const receipt = (await readReceipts(host)).find(({ kit }) => kit === manifest.id);
  if (receipt === undefined) return undefined;
  for (const { path, sha256 } of receipt.files) {
    if (path !== null && (await sha256Of(path, host)) !== sha256) return undefined;
  }
  const packages = manifest.files.filter(({ kind }) => kind === 'package');
  if (index === undefined || packages.length === 0) return receipt;
  if (receipt.index !== index) return undefined;
  for (const { sha256 } of packages) {
    if ((await readStoredRecord(index, sha256.slice(0, 32), host)) === undefined) return undefined;
  }
  return receipt;
}

async function sha256Of(path: string, host: Host): Promise<string | undefined> {
  return (await host.files.lstat(path))?.kind === 'file' ? fileHash(path, host) : undefined;
}

function receiptOf(
  manifest: KitManifest,
  manifestSha256: string,
  { path, index }: ReceiveWish,
  before: Receipt | undefined,
  host: Host,
): Receipt {
  const { id, key, serial, created, purpose, base, files } = manifest;
  const folder = receivedFolder(id, host);
  return {
    version: 1,
    kit: id,
    key,
    serial,
    created,
    purpose,
    base,
    receivedAt: before?.receivedAt ?? host.clock.now().toISOString(),
    by: host.env.SUDO_USER ?? host.user.name,
    from: path,
    manifestSha256,
    files: files.map(({ name, kind, size, sha256 }) => ({
      name,
      kind,
      size,
      sha256,
      path: kind === 'package' ? null : join(folder, name),
    })),
    index: index ?? before?.index ?? null,
  };
}

function outcome(manifest: KitManifest, receipt: Receipt, changed: boolean, host: Host): ReceivedKit {
  const packages = manifest.files.filter(({ kind }) => kind === 'package').length;
  return {
    manifest,
    changed,
    folder: receivedFolder(manifest.id, host),
    files: receipt.files,
    index: receipt.index,
    leftOut: receipt.index === null ? packages : 0,
  };
}

function changedMeanwhile(path: string): Refusal {
  return new Refusal('E_KIT_FORMAT', `${path} has become another kit while it was read`, {
    hint: 'type the same command again when nobody writes there',
  });
}
