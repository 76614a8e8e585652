import { join } from 'node:path';
import { parseManifest, type KitManifest } from '../kit/manifest.js';
import { peekKit } from '../kit/peek-kit.js';
import { kitKind } from '../kit/read-kit.js';
import type { Place } from '../release/picker.js';
import type { Host } from '../system/host.js';
import { moment } from '../words.js';
import { harmless, shortPath } from './tarball-lines.js';
import type { Choice } from './prompts.js';

export interface FoundKit {
  readonly path: string;
  /** As it says itself; nothing of it was proven. */
  readonly manifest: Pick<KitManifest, 'builds' | 'created'>;
}

/** In one place: it may hold anything, and the list must be there in a moment all the same. */
const MAX_LOOKED_AT = 500;

/**
 * Transfer kits with a release in the places, newest first: folders, and tars named so. Whose they are and whether they
 * are whole is found out when one is taken.
 */
export async function findKits(places: readonly Place[], host: Host): Promise<FoundKit[]> {
  const found = new Map<string, FoundKit>();
  let left = 0;
  const look = async (path: string, depth: number): Promise<void> => {
    if ((left -= 1) < 0) return;
    const manifest = await peeked(path, host);
    if (manifest !== undefined) {
      if (manifest.builds.length > 0) found.set(path, { path, manifest });
      return;
    }
    if (depth < 0) return;
    for (const name of await host.files.list(path).catch(() => [])) {
      const inside = join(path, name);
      const kind = (await host.files.lstat(inside).catch(() => undefined))?.kind;
      const isFolder = kind === 'directory' && !name.startsWith('.');
      if (isFolder || (kind === 'file' && name.endsWith('.tar'))) await look(inside, depth - 1);
    }
  };
  for (const { path, depth } of places) {
    left = MAX_LOOKED_AT;
    await look(path, Math.min(depth, 2));
  }
  return [...found.values()].toSorted((a, b) => (a.manifest.created < b.manifest.created ? 1 : -1));
}

/** Pure: one line each, to stand before the tarballs. */
export function kitChoices(found: readonly FoundKit[], columns: number): Choice<string>[] {
  return found.map(({ path, manifest: { builds, created } }) => {
    const start = `build ${builds.join(', ')}   transfer kit of ${moment(created).slice(0, 10)}   `;
    const shown = shortPath(harmless(path), Math.max(22, columns - 2 - start.length));
    return { name: start + shown, value: path, short: harmless(path) };
  });
}

async function peeked(path: string, host: Host): Promise<KitManifest | undefined> {
  try {
    if ((await kitKind(path, host)) === undefined) return undefined;
    return await peekKit(path, (bytes) => Promise.resolve(manifestIn(bytes)), host);
  } catch {
    // Of no use; when it is given by name the refusal says why.
    return undefined;
  }
}

function manifestIn(bytes: Buffer): KitManifest {
  const manifest = parseManifest(bytes);
  if (typeof manifest === 'string') throw new Error(manifest);
  return manifest;
}
