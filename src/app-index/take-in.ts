import { join } from 'node:path';
import type { AppPackage } from '../apps/app-package.js';
import { printablePath, spkMissing } from '../apps/refusals.js';
import { Refusal } from '../errors.js';
import { syncFilesystem } from '../snapshot/copy.js';
import type { Host, Planted } from '../system/host.js';
import { randomHex } from '../system/random.js';
import type { IndexAuthor } from './format.js';
import { indexLayout, packagePlace } from './layout.js';
import { packageIdOf } from './package-hash.js';
import { imagesOf, recordOf, recordText, type PackageRecord } from './record.js';
import { storeFaults } from './store-faults.js';
import { readStoredRecord, storedPackage } from './store.js';

/** Reads a package whole and proves its signature. @throws Refusal when it is not genuine */
export type ReadPackage = (file: string, host: Host) => Promise<AppPackage>;

export interface Incoming {
  readonly file: string;
  /** When it was first to be had, where that is known; otherwise now. */
  readonly createdAt?: Date;
  /** What is known of its author from elsewhere. */
  readonly author?: IndexAuthor;
}

export type Taken =
  | { readonly file: string; readonly state: 'added' | 'already' | 'mended'; readonly record: PackageRecord }
  | { readonly file: string; readonly state: 'refused'; readonly refusal: Refusal };

export interface TakeInOptions {
  readonly read: ReadPackage;
  /** Says what would become of them, and changes nothing. */
  readonly dryRun?: boolean;
  /** Told of each file, once that is on the disk. */
  onTaken(taken: Taken): void;
}

/** After so many, or so many bytes, those prepared come into the store: one sync for all of them. */
const BATCH = { packages: 64, bytes: 512 * 1024 * 1024 };

/**
 * Takes packages into the store, each whole or not at all, whenever it is cut off. A bad one does not keep the
 * others out. Call it with the index's lock.
 * @throws Refusal E_IO when the store cannot be written; E_CANCELLED when told to stop. What was told is in.
 */
export async function takeIn(
  dir: string,
  files: readonly Incoming[],
  options: TakeInOptions,
  host: Host,
): Promise<void> {
  const batch = new Batch(dir, options, host);
  for (const incoming of files) {
    if (host.interrupted.aborted) break;
    await batch.add(await prepare(dir, incoming, batch, options, host));
  }
  await batch.store();
  if (host.interrupted.aborted) throw stopped();
}

/** A package that lies whole below `incoming`; without a folder in a dry run. */
interface Prepared {
  readonly file: string;
  readonly state: 'added' | 'mended';
  readonly record: PackageRecord;
  readonly folder: string | undefined;
}

class Batch {
  private waiting: (Prepared | Taken)[] = [];
  private bytes = 0;

  constructor(
    private readonly dir: string,
    private readonly options: TakeInOptions,
    private readonly host: Host,
  ) {}

  /** The same package may be given twice, under two names. */
  record(packageId: string): PackageRecord | undefined {
    const same = this.waiting.find((one) => 'record' in one && one.record.entry.packageId === packageId);
    return same !== undefined && 'record' in same ? same.record : undefined;
  }

  async add(one: Prepared | Taken): Promise<void> {
    this.waiting.push(one);
    if ('folder' in one) this.bytes += one.record.packedBytes;
    if (this.waiting.length >= BATCH.packages || this.bytes >= BATCH.bytes) await this.store();
  }

  async store(): Promise<void> {
    const made = this.waiting.filter(
      (one): one is Prepared & { folder: string } => 'folder' in one && one.folder !== undefined,
    );
    if (made.length > 0) await syncFilesystem(indexLayout(this.dir).incoming, this.host);
    for (const { record, folder, state } of made) {
      const { folder: place } = storedPackage(this.dir, record.entry.packageId);
      const damaged = state === 'mended' ? aside(this.dir) : undefined;
      if (damaged !== undefined) await this.host.files.rename(place, damaged);
      await this.host.files.rename(folder, place);
      if (damaged !== undefined) await this.host.files.remove(damaged);
    }
    const told = this.waiting;
    this.waiting = [];
    this.bytes = 0;
    for (const one of told) {
      this.options.onTaken('folder' in one ? { file: one.file, state: one.state, record: one.record } : one);
    }
  }
}

async function prepare(
  dir: string,
  incoming: Incoming,
  batch: Batch,
  options: TakeInOptions,
  host: Host,
): Promise<Prepared | Taken> {
  const { file } = incoming;
  const id = await refusedOr(file, () => givenPackageId(file, host));
  if (typeof id !== 'string') return id;

  const waiting = batch.record(id);
  if (waiting !== undefined) return { file, state: 'already', record: waiting };
  const known = (await readStoredRecord(dir, id, host))?.record;
  if (known !== undefined && (await storeFaults(dir, known, host)).length === 0) {
    return { file, state: 'already', record: known };
  }

  const { dryRun = false, read } = options;
  const folder = dryRun ? undefined : aside(dir);
  const bytes = folder === undefined ? file : await copyInto(folder, file, host);
  // Of our own copy: nobody else can change it between this look and the web server's.
  const app = await refusedOr(file, () => read(bytes, host), 'E_IO');
  if ('refusal' in app) {
    if (folder !== undefined) await host.files.remove(folder);
    return { ...app, refusal: ofSource(app.refusal, bytes, file) };
  }
  const isThere = (await host.files.lstat(storedPackage(dir, app.packageId).folder)) !== undefined;
  const record = {
    ...recordFor(app, incoming, known, host),
    ...(isThere ? { mendedAt: nowText(host) } : {}),
  };
  if (folder !== undefined) await host.files.plant(folder, besides(app, record));
  return { file, state: isThere ? 'mended' : 'added', record, folder };
}

function recordFor(
  app: AppPackage,
  { createdAt, author }: Incoming,
  known: PackageRecord | undefined,
  host: Host,
): PackageRecord {
  // A day of birth that has been published stays.
  const takenAt = known === undefined ? (createdAt ?? host.clock.now()) : new Date(known.entry.createdAt);
  return recordOf(app, takenAt, author);
}

async function givenPackageId(file: string, host: Host): Promise<string> {
  if ((await host.files.stat(file)) === undefined) throw spkMissing(file);
  return packageIdOf(file, host);
}

async function copyInto(folder: string, file: string, host: Host): Promise<string> {
  await host.files.plant(folder, []);
  const place = packagePlace(folder);
  await host.files.copy(file, place.file, undefined, { mode: 0o644, synced: false });
  return place.file;
}

function* besides(app: AppPackage, record: PackageRecord): Iterable<Planted> {
  for (const [id, data] of imagesOf(app)) yield { path: join('images', id), data };
  yield { path: 'record.json', data: recordText(record) };
}

/** A fault of the file is told and the next one is looked at; one of our own disk would meet that one too. */
async function refusedOr<T>(
  file: string,
  work: () => Promise<T>,
  ours?: 'E_IO',
): Promise<T | Extract<Taken, { state: 'refused' }>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && error.code !== ours) return { file, state: 'refused', refusal: error };
    throw error;
  }
}

/** The copy that was looked at is gone; what a person has is the file that was given. */
function ofSource(refusal: Refusal, copy: string, file: string): Refusal {
  return refusal.but({ message: refusal.message.replaceAll(printablePath(copy), printablePath(file)) });
}

function aside(dir: string): string {
  return join(indexLayout(dir).incoming, randomHex(8));
}

function nowText(host: Host): string {
  return host.clock.now().toISOString();
}

function stopped(): Refusal {
  return new Refusal('E_CANCELLED', 'Stopped. What was told of is in, nothing else.', {
    hint: 'type the same command again: what is in already is not taken in twice',
  });
}
