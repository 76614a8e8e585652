import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import type { FileStat, Host } from '../system/host.js';
import type { EntryHeader } from './contents.js';

/** What an entry must be once it is unpacked. */
export type ManifestEntry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'symlink'; readonly target: string }
  | {
      readonly kind: 'file';
      readonly size: number;
      readonly executable: boolean;
      /** SHA-256 of the data, 32 bytes as latin1: half of what digits would take in memory. */
      readonly sha256: string;
    };

/** Every entry of a release by its path inside the top folder; folders without an entry of their own included. */
export type ReleaseManifest = ReadonlyMap<string, ManifestEntry>;

/** Gathers a manifest while a tar goes by. Entries must have been judged before. */
export class ManifestMaker {
  private readonly entries = new Map<string, ManifestEntry>();

  /** @returns who wants the entry's data, and is told of their end; undefined for entries without data */
  entry(header: EntryHeader): { data(piece: Buffer): void; end(): void } | undefined {
    const path = insidePath(header.name);
    this.addParents(path);
    switch (header.type) {
      case 'directory':
        if (path !== '') this.entries.set(path, { kind: 'directory' });
        return undefined;
      case 'symlink':
        this.entries.set(path, { kind: 'symlink', target: header.linkname ?? '' });
        return undefined;
      case 'link': {
        const target = this.entries.get(insidePath(header.linkname ?? ''));
        if (target !== undefined) this.entries.set(path, target);
        return undefined;
      }
      default:
        return this.file(path, header);
    }
  }

  manifest(): ReleaseManifest {
    return this.entries;
  }

  private file(
    path: string,
    { size = 0, mode = 0 }: EntryHeader,
  ): { data(piece: Buffer): void; end(): void } {
    const hash: Hash = createHash('sha256');
    return {
      data: (piece) => void hash.update(piece),
      end: () => {
        const sha256 = hash.digest('binary');
        this.entries.set(path, { kind: 'file', size, executable: (mode & 0o100) !== 0, sha256 });
      },
    };
  }

  private addParents(path: string): void {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (this.entries.has(parent)) return;
      this.entries.set(parent, { kind: 'directory' });
    }
  }
}

export type Comparison =
  | { readonly matches: true }
  | {
      readonly matches: false;
      /** The first ten. */
      readonly differences: readonly string[];
      readonly count: number;
    };

const SHOWN = 10;

/**
 * Holds a folder against a manifest: every entry with kind, size, executable bit, data and target, and nothing
 * besides. Links are not followed; files are read piece by piece.
 * @param onProgress bytes of file data read so far, of how many
 */
export async function compareWithManifest(
  folder: string,
  manifest: ReleaseManifest,
  host: Host,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Comparison> {
  const differences: string[] = [];
  let count = 0;
  const differs = (path: string, how: string): void => {
    count += 1;
    if (differences.length < SHOWN) differences.push(`${path}: ${how}`);
  };
  let total = 0;
  for (const entry of manifest.values()) total += entry.kind === 'file' ? entry.size : 0;

  if ((await host.files.lstat(folder))?.kind !== 'directory') differs(folder, 'is no folder');
  else await findStrangers(folder, '', manifest, differs, host);
  let done = 0;
  for (const [path, wanted] of manifest) {
    const how = await differenceOf(join(folder, path), wanted, host);
    if (how !== undefined) differs(path, how);
    done += wanted.kind === 'file' ? wanted.size : 0;
    onProgress(done, total);
  }
  return count === 0 ? { matches: true } : { matches: false, differences, count };
}

async function findStrangers(
  folder: string,
  below: string,
  manifest: ReleaseManifest,
  differs: (path: string, how: string) => void,
  host: Host,
): Promise<void> {
  for (const name of await host.files.list(join(folder, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    const known = manifest.get(path);
    if (known === undefined) differs(path, 'is not in the tarball');
    else if (
      known.kind === 'directory' &&
      (await host.files.lstat(join(folder, path)))?.kind === 'directory'
    ) {
      await findStrangers(folder, path, manifest, differs, host);
    }
  }
}

async function differenceOf(path: string, wanted: ManifestEntry, host: Host): Promise<string | undefined> {
  const found = await host.files.lstat(path).catch(() => undefined);
  if (found === undefined) return 'is missing';
  if (found.kind !== wanted.kind) return `is a ${found.kind}, not a ${wanted.kind}`;
  switch (wanted.kind) {
    case 'directory':
      return undefined;
    case 'symlink':
      return (await host.files.readLink(path)) === wanted.target ? undefined : 'leads elsewhere';
    case 'file':
      return differenceOfFile(path, found, wanted, host);
  }
}

async function differenceOfFile(
  path: string,
  found: FileStat,
  wanted: ManifestEntry & { kind: 'file' },
  host: Host,
): Promise<string | undefined> {
  if (found.size !== wanted.size) return `has ${found.size} bytes, not ${wanted.size}`;
  if (((found.mode & 0o100) !== 0) !== wanted.executable)
    return 'may be executed, or not, unlike in the tarball';
  const hash = createHash('sha256');
  try {
    for await (const piece of (await host.files.openRead(path)) as AsyncIterable<Buffer>) hash.update(piece);
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return hash.digest('binary') === wanted.sha256 ? undefined : 'has other data';
}

/** "bin/node" of "sandstorm-308/bin/node", "" of the top folder itself. */
function insidePath(name: string): string {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  const slash = path.indexOf('/');
  return slash === -1 ? '' : path.slice(slash + 1);
}
