import type { AppPackage } from '../../apps/app-package.js';
import { Refusal } from '../../errors.js';
import type { Host } from '../../system/host.js';
import type { IndexEntry } from '../format.js';
import { imageIdOf } from '../image-id.js';
import { LARGEST } from '../mirror/place.js';
import { parseUpstreamDetails, parseUpstreamIndex } from '../mirror/upstream.js';
import { fault, type Finding } from './finding.js';
import type { SiteSource } from './site-source.js';

const LARGEST_INDEX = 128 * 1024 * 1024;

export interface SiteCheck {
  readonly apps: number;
  readonly packages: number;
  readonly images: number;
  readonly findings: readonly Finding[];
}

/** What decides over updates, of a package that was read to its end. */
export type Proven = Pick<AppPackage, 'packageId' | 'appId' | 'versionNumber'>;

export interface SiteOptions {
  read(file: string, host: Host): Promise<Proven>;
  onApp?(done: number, of: number): void;
}

/**
 * Looks at an index as Sandstorm and its market do, from apps/index.json on: everything that is referred to is there,
 * has the hash that is its name, and is what the index says of it. The index itself may be a stranger's.
 */
export async function checkSite(source: SiteSource, options: SiteOptions, host: Host): Promise<SiteCheck> {
  const text = await bytesOr(source, 'apps/index.json', LARGEST_INDEX);
  const index = Buffer.isBuffer(text) ? parseUpstreamIndex(text.toString('utf8')) : undefined;
  if (index === undefined) {
    const findings = Buffer.isBuffer(text) ? [fault('apps/index.json', 'it is not an app index')] : text;
    return { apps: 0, packages: 0, images: 0, findings };
  }
  const findings: Finding[] = index.refused.map(({ app, why }) => fault('apps/index.json', `${app}: ${why}`));
  const images = new Set<string>();
  for (const [done, entry] of index.entries.entries()) {
    if (host.interrupted.aborted) throw new Refusal('E_CANCELLED', 'Stopped. Nothing was changed.');
    options.onApp?.(done, index.entries.length);
    findings.push(...(await checkPackage(entry, source, options, host)));
    const details = await checkDetails(entry, source);
    findings.push(...details.findings);
    for (const id of [...(entry.imageId === undefined ? [] : [entry.imageId]), ...details.images]) {
      if (images.has(id)) continue;
      images.add(id);
      findings.push(...(await checkImage(id, source)));
    }
  }
  return { apps: index.entries.length, packages: index.entries.length, images: images.size, findings };
}

async function checkPackage(
  entry: IndexEntry,
  source: SiteSource,
  { read }: SiteOptions,
  host: Host,
): Promise<Finding[]> {
  const path = `packages/${entry.packageId}`;
  try {
    const found = await source.withFile(path, LARGEST.packages, async (file) =>
      compare(entry, await read(file, host)),
    );
    return found ?? [fault(path, `it is not there, and ${entry.name} refers to it`)];
  } catch (error) {
    if (error instanceof Refusal) return [fault(path, error.message)];
    throw error;
  }
}

/** What decides over updates must be true; names are the publisher's to choose. Pure. */
export function compare(entry: IndexEntry, app: Proven): Finding[] {
  const path = `packages/${entry.packageId}`;
  const wrong = (what: string, said: string | number, is: string | number): Finding[] =>
    said === is
      ? []
      : [fault(path, `the index says its ${what} is ${String(said)}, and it is ${String(is)}`)];
  return [
    ...wrong('hash', entry.packageId, app.packageId),
    ...wrong('app', entry.appId, app.appId),
    ...wrong('version number', entry.versionNumber, app.versionNumber),
  ];
}

async function checkDetails(
  { appId, name }: IndexEntry,
  source: SiteSource,
): Promise<{ readonly images: readonly string[]; readonly findings: readonly Finding[] }> {
  const path = `apps/${appId}.json`;
  const bytes = await bytesOr(source, path, LARGEST.details, name);
  if (!Buffer.isBuffer(bytes)) return { images: [], findings: bytes };
  const details = parseUpstreamDetails(bytes.toString('utf8'));
  if (details === undefined) return { images: [], findings: [fault(path, 'it is not what it should be')] };
  return { images: details.screenshots.map(({ imageId }) => imageId), findings: [] };
}

async function checkImage(id: string, source: SiteSource): Promise<readonly Finding[]> {
  const path = `images/${id}`;
  const bytes = await bytesOr(source, path, LARGEST.images);
  if (!Buffer.isBuffer(bytes)) return bytes;
  return imageIdOf(bytes, id) === id ? [] : [fault(path, 'it has other contents than its name says')];
}

async function bytesOr(
  source: SiteSource,
  path: string,
  most: number,
  refersToIt?: string,
): Promise<Buffer | readonly Finding[]> {
  try {
    const why = refersToIt === undefined ? '' : `, and ${refersToIt} refers to it`;
    return (await source.bytes(path, most)) ?? [fault(path, `it is not there${why}`)];
  } catch (error) {
    if (error instanceof Refusal) return [fault(path, error.message)];
    throw error;
  }
}
