import { Refusal } from '../../errors.js';
import type { Catalogue } from '../../kit/catalogue.js';
import { publicLine, type HouseKey } from '../../kit/house-key.js';
import { signedManifest } from '../../kit/judge.js';
import {
  FORMAT,
  isCount,
  kitBytes,
  manifestText,
  type KitBase,
  type KitFile,
  type KitManifest,
} from '../../kit/manifest.js';
import { isObject } from '../../json.js';
import { peekKit } from '../../kit/peek-kit.js';
import { kitPlaces } from '../../kit/places.js';
import { kitPlace } from '../../kit/refusals.js';
import { EXAMPLE_FACTS, KIT_LIST_NAMES, kitPageView } from '../../kit/runbook.js';
import { signManifest } from '../../kit/signature.js';
import { measure, type MeasuredSource } from '../../kit/sources.js';
import { render } from '../../runbook/render.js';
import { ownVersion } from '../../own-version.js';
import { writeKit } from '../../kit/write-kit.js';
import type { Host } from '../../system/host.js';
import { randomHex } from '../../system/random.js';
import type { Ui } from '../../ui.js';
import { bytes, count } from '../../words.js';
import { runbookTemplate } from '../runbook-template.js';
import type { CreateWish } from './create-wish.js';

/** What goes into a kit, but for the page about it. */
export interface Contents {
  readonly files: readonly MeasuredSource[];
  readonly builds: readonly number[];
  readonly catalogue: Catalogue | undefined;
  readonly base: KitBase | null;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Signs and writes a kit. One that is there already with the same contents stays as it is.
 * @throws Refusal E_KIT_PLACE, E_IO, E_CANCELLED
 */
export async function sealKit(
  contents: Contents,
  key: HouseKey,
  wish: CreateWish,
  host: Host,
  ui: Ui,
): Promise<Pick<KitManifest, 'id' | 'files'> & { readonly changed: boolean }> {
  const { path } = wish;
  const there = await sameKit(path, contents, key, wish, host);
  if (there !== undefined) return { id: there.id, files: there.files, changed: false };

  const serial = await nextSerial(key.key, host);
  const head = headOf(contents, serial, key, wish, host);
  const form = isTar(path) ? 'tar' : 'folder';
  const view = kitPageView({ ...head, key: publicLine(key), catalogue: contents.catalogue, form });
  const page = render(await runbookTemplate('kit', wish.templates, host), view, KIT_LIST_NAMES);
  const runbook = await measure(
    { name: 'RUNBOOK.md', kind: 'runbook', from: { text: page } },
    undefined,
    host,
  );
  const files = [...contents.files, runbook];
  const manifest: KitManifest = { ...head, key: key.key, files: files.map(({ file }) => file) };
  const text = manifestText(manifest);
  const signature = signManifest(Buffer.from(text), key);
  await ui.step('Write', async (progress) => {
    const total = kitBytes(manifest);
    let done = 0;
    await writeKit(path, form, { manifest: text, signature, files }, host, (piece) => {
      done += piece;
      progress.bytes(done, total);
    });
    progress.detail(`${count(files.length, 'file')}, ${bytes(total)}`);
  });
  return { id: manifest.id, files: manifest.files, changed: true };
}

/** A house's own is tried before anything is fetched. @throws Refusal E_RUNBOOK_TEMPLATE */
export async function requireTemplate(
  { templates }: Pick<CreateWish, 'templates'>,
  host: Host,
): Promise<void> {
  render(await runbookTemplate('kit', templates, host), kitPageView(EXAMPLE_FACTS), KIT_LIST_NAMES);
}

function isTar(path: string): boolean {
  return path.toLowerCase().endsWith('.tar');
}

/** Before anything is fetched. @throws Refusal E_USAGE */
export function requireForm({ path, split }: Pick<CreateWish, 'path' | 'split'>): void {
  if (!isTar(path) || split === undefined) return;
  throw new Refusal('E_USAGE', 'a kit in one tar has no parts', {
    hint: 'leave out --split, or give a folder: kit create DIR --split 2G',
  });
}

function headOf(
  { files, builds, base }: Contents,
  serial: number,
  key: HouseKey,
  { purpose, expiresDays }: CreateWish,
  host: Host,
): KitManifest {
  const now = host.clock.now();
  return {
    format: FORMAT,
    id: randomHex(16),
    serial,
    created: now.toISOString(),
    expires: expiresDays === undefined ? null : new Date(now.getTime() + expiresDays * DAY_MS).toISOString(),
    purpose,
    madeWith: ownVersion(),
    key: key.key,
    base,
    builds,
    files: files.map(({ file }) => file),
  };
}

/** Higher than any before, also when the clock goes back. It is kept before it is used: none is used twice. */
async function nextSerial(key: string, host: Host): Promise<number> {
  const { made } = kitPlaces(host);
  const text = (await host.files.readText(made)) ?? '{}';
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    said = {};
  }
  const known = isObject(said) ? said : {};
  const last = known[key];
  const serial = Math.max(host.clock.now().getTime(), isCount(last) ? last + 1 : 1);
  await host.files.writeAtomic(made, `${JSON.stringify({ ...known, [key]: serial })}\n`);
  return serial;
}

/** @throws Refusal E_KIT_PLACE when something else is there */
async function sameKit(
  path: string,
  contents: Contents,
  key: HouseKey,
  { purpose, expiresDays }: CreateWish,
  host: Host,
): Promise<KitManifest | undefined> {
  if ((await host.files.lstat(path)) === undefined) return undefined;
  const there = await peekKit(
    path,
    (bytes, signature) => Promise.resolve(signedManifest(path, bytes, signature)),
    host,
  ).catch(() => undefined);
  if (there === undefined) throw kitPlace(path, 'something else is there');
  const wanted = listOf(contents.files.map(({ file }) => file));
  const has = listOf(there.files.filter(({ kind }) => kind !== 'runbook'));
  const isSame =
    there.key === key.key &&
    there.purpose === purpose &&
    (there.expires === null) === (expiresDays === undefined) &&
    there.base?.id === contents.base?.id &&
    wanted === has;
  if (!isSame) throw kitPlace(path, 'there is another kit');
  return there;
}

function listOf(files: readonly KitFile[]): string {
  return files.map(({ name, sha256, parts }) => `${name} ${sha256} ${String(parts?.length ?? 1)}`).join('\n');
}
