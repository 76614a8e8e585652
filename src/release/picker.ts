import { join } from 'node:path';
import type { FileStat, Host } from '../system/host.js';
import { peekRelease, type Peek } from './peek.js';
import { noTarballFound } from './refusals.js';
import { signaturePaths } from './signature/watch.js';

/** A folder to look into. */
export interface Place {
  readonly path: string;
  /** How many folders deep: 0 is the folder alone. */
  readonly depth: number;
}

/** A file that looks like a release, with what its first bytes say. */
export interface FoundRelease extends Peek {
  /** The place it was found in. */
  readonly place: string;
  /** Index of that place: 0 is nearest. */
  readonly rank: number;
  /** A signature lies beside it; whether it is right nobody has looked. */
  readonly hasSignature: boolean;
}

/** A home may hold a backup of everything: the list must be there in a moment all the same. */
const MAX_FOLDERS = 2000;
const MAX_NAMES = 20_000;
const MAX_FILES = 100;
/** Each look at a file is a process. */
const AT_ONCE = 4;

/** sandstorm-308.tar.xz, my-Sandstorm.tgz; a signature beside it ends otherwise. */
const LOOKS_RIGHT = /sandstorm.*\.(?:tar\.xz|tar\.gz|tgz|txz|tar)$/i;

/** Where tarballs lie, nearest first: a folder that was named, here, home, then whatever is plugged in. */
export function defaultPlaces(host: Pick<Host, 'cwd' | 'user'>, extra: readonly string[] = []): Place[] {
  const places: Place[] = [
    ...extra.map((path) => ({ path, depth: 3 })),
    { path: host.cwd, depth: 1 },
    { path: host.user.home, depth: 2 },
    ...['/media', '/mnt', '/run/media'].map((path) => ({ path, depth: 3 })),
  ];
  const deepest = (path: string) =>
    // From the root one would look into everything, the devices and the server's own folder too.
    path === '/' ? 0 : Math.max(...places.filter((place) => place.path === path).map(({ depth }) => depth));
  return [...new Set(places.map(({ path }) => path))].map((path) => ({ path, depth: deepest(path) }));
}

/**
 * Everything in the places that is named like a release, the same file once; broken ones with their
 * reason. Folders that may not be read are passed over, links to folders are not followed (a place
 * itself may be one), and a search that is too large is cut short.
 */
export async function findTarballs(places: readonly Place[], host: Host): Promise<FoundRelease[]> {
  const search = new Search(host);
  for (const [rank, place] of places.entries()) await search.place(place, rank);
  return inOrder(await search.peeks());
}

/** Newest build first; of the same build the nearest; broken ones last. */
export function inOrder(found: readonly FoundRelease[]): FoundRelease[] {
  return found.toSorted(
    (a, b) => (b.build ?? -1) - (a.build ?? -1) || a.rank - b.rank || a.path.localeCompare(b.path, 'en'),
  );
}

/**
 * The one to take when nobody is there to choose.
 * @param searched for the message: where the list came from
 * @throws Refusal E_NO_TARBALL_FOUND
 */
export function pickNewest(found: readonly FoundRelease[], searched: readonly string[] = []): FoundRelease {
  const newest = inOrder(found)[0];
  if (newest?.build === undefined) throw noTarballFound(searched, found);
  return newest;
}

interface Candidate {
  readonly path: string;
  readonly place: string;
  readonly rank: number;
}

class Search {
  private readonly candidates: Candidate[] = [];
  private readonly files = new Set<string>();
  /** How deep each folder has been looked into already. */
  private readonly looked = new Map<string, number>();
  private folders = 0;
  private names = 0;

  constructor(private readonly host: Host) {}

  async place({ path, depth }: Place, rank: number): Promise<void> {
    // Breadth first: what lies on top of a stick is found before the limits bite.
    let level = [path];
    for (let left = depth; level.length > 0 && left >= 0; left -= 1) {
      const next: string[] = [];
      for (const folder of level) next.push(...(await this.folder(folder, left, { place: path, rank })));
      level = next;
    }
  }

  async peeks(): Promise<FoundRelease[]> {
    const found: FoundRelease[] = [];
    const queue = [...this.candidates];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { path, place, rank } = next;
        // Gone since it was listed: then it is not there to choose.
        const peek = await peekRelease(path, this.host).catch(() => undefined);
        if (peek === undefined) continue;
        found.push({ ...peek, place, rank, hasSignature: await this.hasSignature(path) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return found;
  }

  /** Notes the tarballs in a folder; the folders in it. */
  private async folder(folder: string, left: number, from: Omit<Candidate, 'path'>): Promise<string[]> {
    const { files } = this.host;
    const stat = await files.stat(folder).catch(() => undefined);
    if (stat?.kind !== 'directory' || (this.looked.get(identity(stat)) ?? -1) >= left) return [];
    this.looked.set(identity(stat), left);
    this.folders += 1;
    if (this.folders > MAX_FOLDERS) return [];

    const below: string[] = [];
    for (const name of await files.list(folder).catch(() => [])) {
      this.names += 1;
      if (this.names > MAX_NAMES || this.candidates.length >= MAX_FILES) break;
      const path = join(folder, name);
      if (LOOKS_RIGHT.test(name)) await this.file(path, from);
      // Hidden folders are caches and trash.
      else if (!name.startsWith('.') && (await this.isFolder(path))) below.push(path);
    }
    return below;
  }

  private async file(path: string, from: Omit<Candidate, 'path'>): Promise<void> {
    const stat = await this.host.files.stat(path).catch(() => undefined);
    if (stat?.kind !== 'file' || this.files.has(identity(stat))) return;
    this.files.add(identity(stat));
    this.candidates.push({ path, ...from });
  }

  private async hasSignature(tarball: string): Promise<boolean> {
    for (const path of signaturePaths(tarball)) {
      if ((await this.host.files.lstat(path).catch(() => undefined)) !== undefined) return true;
    }
    return false;
  }

  private async isFolder(path: string): Promise<boolean> {
    return (await this.host.files.lstat(path).catch(() => undefined))?.kind === 'directory';
  }
}

function identity({ dev, ino }: FileStat): string {
  return `${dev}:${ino}`;
}
