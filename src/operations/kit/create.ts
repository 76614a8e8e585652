import { dirname, join } from 'node:path';
import { Refusal } from '../../errors.js';
import { catalogueText } from '../../kit/catalogue.js';
import type { Cache } from '../../kit/download.js';
import { publicLine, readHouseKey, type HouseKey } from '../../kit/house-key.js';
import type { KitFile } from '../../kit/manifest.js';
import { kitPlaces } from '../../kit/places.js';
import { kitSpace } from '../../kit/refusals.js';
import { measure, type KitSource, type MeasuredSource } from '../../kit/sources.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { bytes, count } from '../../words.js';
import type { ContentsWish, CreateWish, Has } from './create-wish.js';
import {
  appsElsewhere,
  appsToFetch,
  fetchApps,
  packagesHere,
  provenPackages,
  type AppsElsewhere,
} from './gather-apps.js';
import {
  gatherRelease,
  locateRelease,
  releaseToFetch,
  type GatheredRelease,
  type LocatedRelease,
  type ToFetch,
} from './gather-release.js';
import { whatTheyHave } from './has.js';
import { withKitLock } from './kit-lock.js';
import { marketSource } from './market.js';
import { requireForm, requireTemplate, sealKit, type Contents } from './seal.js';

export interface CreatedKit {
  readonly path: string;
  /** undefined when none was made: the other side has all of it. */
  readonly id: string | undefined;
  readonly changed: boolean;
  readonly builds: readonly number[];
  readonly files: readonly KitFile[];
  /** In the order in which they were found: what is left out, as the other side has it. */
  readonly leftOut: readonly string[];
  /** Entries of the index that cannot be used. */
  readonly refused: AppsElsewhere['refused'];
}

/** What a kit would be made of. */
export interface KitPreview {
  readonly path: string;
  readonly here: readonly { readonly name: string; readonly path: string; readonly size: number }[];
  readonly toFetch: readonly ToFetch[];
  readonly refused: AppsElsewhere['refused'];
}

/** Everything that is to come, before any of it is fetched. */
interface Located {
  readonly key: HouseKey;
  readonly has: Has;
  readonly release: LocatedRelease | undefined;
  readonly packages: ReadonlyMap<string, string>;
  readonly apps: AppsElsewhere;
}

/**
 * The list of what would be packed, with sizes; servers are asked, and nothing is fetched.
 * @throws Refusal as createKit
 */
export async function previewKit(wish: CreateWish, host: Host): Promise<KitPreview> {
  requireForm(wish);
  await requireTemplate(wish, host);
  const { has, release, packages, apps } = await locate(wish, host);
  const cache = cacheAt(host);
  const given: (readonly [string, string])[] = [
    ...(release?.at === 'here' ? [['release', release.tarball] as const] : []),
    ...(wish.installScript === undefined ? [] : [['install.sh', wish.installScript] as const]),
    ...(wish.tool === undefined ? [] : [['tool', wish.tool] as const]),
    ...[...packages]
      .filter(([id]) => !has.packageIds.has(id))
      .map(([id, path]) => [`${id}.spk`, path] as const),
  ];
  const here = [];
  for (const [name, path] of given) {
    const stat = await host.files.stat(path);
    if (stat === undefined) throw notThere(path);
    here.push({ name, path, size: stat.size });
  }
  const toFetch = [
    ...(release === undefined ? [] : await releaseToFetch(release, wish, host)),
    ...(await appsToFetch(apps.wanted, wish, cache, host)),
  ];
  return { path: wish.path, here, toFetch, refused: apps.refused };
}

/**
 * Gathers what one crossing needs, proves it, and makes a signed kit of it. Nothing has the kit's name before it is
 * whole; what was fetched stays for the next time.
 * @throws Refusal E_KEY_MISSING, E_KEY_FILE, E_RUNBOOK_TEMPLATE, E_KIT_*, E_TARBALL_*, E_SIGNATURE_*, E_SPK_*,
 *   E_MIRROR_*, E_INPUT_NEEDED, E_BUSY, E_CANCELLED, E_IO
 */
export async function createKit(wish: CreateWish, host: Host, ui: Ui): Promise<CreatedKit> {
  requireForm(wish);
  await requireTemplate(wish, host);
  return withKitLock('kit create', host, async () => {
    const located = await locate(wish, host);
    const { key, has } = located;
    const { refused } = located.apps;
    const cache = cacheAt(host);
    await host.files.makeDir(cache.partial, 0o755);
    const { release, sources, leftOut: known } = await gather(located, wish, cache, host, ui);
    const { packed, leftOut: unchanged } = await without(has, sources, wish.split, host, ui);
    const leftOut = [...known, ...unchanged];
    if (packed.length === 0 && leftOut.length > 0) {
      return { path: wish.path, id: undefined, changed: false, builds: [], files: [], leftOut, refused };
    }
    if (packed.length === 0) throw nothingNamed(wish);
    await requireSpace(wish.path, packed, host);
    const contents: Contents = {
      files: packed,
      builds:
        packed.some(({ file }) => file.kind === 'release') && release !== undefined ? [release.build] : [],
      catalogue: release?.catalogue,
      base: has.base,
    };
    const { id, files, changed } = await sealKit(contents, key, wish, host, ui);
    return { path: wish.path, id, changed, builds: contents.builds, files, leftOut, refused };
  });
}

async function locate(wish: CreateWish, host: Host): Promise<Located> {
  const key = await readHouseKey(wish.signKey ?? kitPlaces(host).houseKey, host);
  const has = await whatTheyHave(wish, { key: key.key, line: publicLine(key) }, host);
  return {
    key,
    has,
    release: await locateRelease(wish, has, host),
    packages: await packagesHere(wish, host),
    apps: await appsElsewhere(wish, has, cacheAt(host), host),
  };
}

async function gather(
  { has, release: located, packages: here, apps }: Located,
  wish: ContentsWish,
  cache: Cache,
  host: Host,
  ui: Ui,
): Promise<{
  release: GatheredRelease | undefined;
  sources: readonly KitSource[];
  leftOut: readonly string[];
}> {
  const found = located === undefined ? undefined : await gatherRelease(located, wish, cache, host, ui);
  // What runs there is not carried there, whatever file it was installed from.
  const isKnown = found !== undefined && has.builds.has(found.build);
  const release = isKnown ? undefined : found;
  const fetched =
    apps.wanted.length === 0
      ? new Map<string, string>()
      : await fetchApps(apps.wanted, wish, cache, host, ui);
  const sources: KitSource[] = [
    ...(release?.sources ?? []),
    ...(wish.tool === undefined
      ? []
      : [{ name: 'sandstorm-airgap', kind: 'tool', from: { path: wish.tool } } as const]),
    ...(await provenPackages(new Map([...here, ...fetched]), has, host, ui)),
    ...(wish.index === undefined ? [] : await marketSource(wish.index, host)),
    ...(release === undefined
      ? []
      : [
          {
            name: 'catalogue.json',
            kind: 'catalogue',
            from: { text: catalogueText(release.catalogue) },
          } as const,
        ]),
  ];
  return { release, sources, leftOut: isKnown ? found.sources.map(({ name }) => name) : [] };
}

/** Of what was found, that which the other side does not have. */
async function without(
  has: Has,
  sources: readonly KitSource[],
  partSize: number | undefined,
  host: Host,
  ui: Ui,
): Promise<{ packed: readonly MeasuredSource[]; leftOut: readonly string[] }> {
  return ui.step('Measure', async (progress) => {
    const packed: MeasuredSource[] = [];
    const leftOut: string[] = [];
    for (const source of sources) {
      if ('path' in source.from && (await host.files.stat(source.from.path)) === undefined)
        throw notThere(source.from.path);
      const measured = await measure(source, partSize, host);
      if (has.sha256.has(measured.file.sha256)) leftOut.push(source.name);
      else packed.push(measured);
    }
    const sizes = packed.reduce((sum, { file }) => sum + file.size, 0);
    progress.detail(`${count(packed.length, 'file')}, ${bytes(sizes)}`);
    return { packed, leftOut };
  });
}

async function requireSpace(path: string, packed: readonly MeasuredSource[], host: Host): Promise<void> {
  const needed = packed.reduce((sum, { file }) => sum + file.size, 0);
  const { mount, free } = await host.files.freeSpace(dirname(path));
  if (free < needed) throw kitSpace(mount, bytes(needed), bytes(free));
}

function cacheAt(host: Host): Cache {
  const dir = kitPlaces(host).downloads;
  return { dir, partial: join(dir, 'partial') };
}

function notThere(path: string): Refusal {
  return new Refusal('E_IO', `cannot read ${path}: there is no such file`, {
    hint: 'give the path of a file',
  });
}

function nothingNamed({ offline }: CreateWish): Refusal {
  return new Refusal('E_INPUT_NEEDED', 'there is nothing to pack', {
    hint: offline
      ? 'offline all of it is given: --release FILE, --packages PATH, --index DIR, --tool FILE'
      : 'give --release, --app, --category, --packages, --index or --tool',
  });
}
