import { join } from 'node:path';
import type { IndexEntry } from '../format.js';
import { indexLayout } from '../layout.js';

/**
 * What a mirror keeps in its folder beside what every app index has (layout.ts):
 *
 *     DIR/mirror/memory.json                      what was seen of the index elsewhere (memory.ts)
 *     DIR/mirror/unsettled                        there while files come in that a power cut could still empty
 *     DIR/mirror/packages/<packageId>             checked against its id
 *     DIR/mirror/images/<imageId>                 checked against its id
 *     DIR/mirror/details/<appId>.<packageId>.json apps/<appId>.json as it was for that package
 *     DIR/mirror/partial/<packageId>              the beginning of one, and .tag: which file it is the beginning of
 */
export interface MirrorPlace {
  readonly folder: string;
  readonly memory: string;
  readonly unsettled: string;
  readonly partial: string;
}

export function mirrorPlace(dir: string): MirrorPlace {
  const folder = join(indexLayout(dir).dir, 'mirror');
  return {
    folder,
    memory: join(folder, 'memory.json'),
    unsettled: join(folder, 'unsettled'),
    partial: join(folder, 'partial'),
  };
}

/** A file of the index elsewhere; ids have their exact form, so they are safe in paths. */
export interface Wanted {
  readonly kind: 'packages' | 'images' | 'details';
  /** Name within mirror/<kind>/. */
  readonly name: string;
  /** Below the base URL. */
  readonly path: string;
}

export const POOLS = ['packages', 'images', 'details'] as const satisfies readonly Wanted['kind'][];

/** Larger ones are refused: no app, no picture and no description is that large. */
export const LARGEST: Readonly<Record<Wanted['kind'], number>> = {
  packages: 4 * 1024 ** 3,
  images: 32 * 1024 ** 2,
  details: 8 * 1024 ** 2,
};

export function packageOf({ packageId }: Pick<IndexEntry, 'packageId'>): Wanted {
  return { kind: 'packages', name: packageId, path: `packages/${packageId}` };
}

export function imageOf(imageId: string): Wanted {
  return { kind: 'images', name: imageId, path: `images/${imageId}` };
}

/** Made from the package, so they are asked for once for each. */
export function detailsOf({ appId, packageId }: Pick<IndexEntry, 'appId' | 'packageId'>): Wanted {
  return { kind: 'details', name: `${appId}.${packageId}.json`, path: `apps/${appId}.json` };
}

export function pooled({ folder }: MirrorPlace, { kind, name }: Pick<Wanted, 'kind' | 'name'>): string {
  return join(folder, kind, name);
}
