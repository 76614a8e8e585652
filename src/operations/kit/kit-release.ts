import { join } from 'node:path';
import { checkKit } from '../../kit/check-kit.js';
import type { FileKind, KitFile } from '../../kit/manifest.js';
import { kitKind } from '../../kit/read-kit.js';
import { kitDamaged, notInKit } from '../../kit/refusals.js';
import { houseWord, type HouseWord } from '../../kit/vouch.js';
import type { FileSink, Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { judgeHere, receiveKit } from './receive.js';

export interface KitReleaseWish {
  readonly path: string;
  readonly allowOlder: boolean;
  /** The release is copied out for as long as it is looked at, and nothing is taken in. */
  readonly dryRun: boolean;
}

/** Whether something else than a tarball or a folder of tarballs was given. */
export async function isKit(path: string, host: Host): Promise<boolean> {
  return (await kitKind(path, host)) !== undefined;
}

/**
 * Takes a kit in and works with the release tarball in it, which has its signatures and install.sh beside it. It stays
 * there, so that what is cut off can be gone on with when the stick is gone. Of a kit that is only looked at `work` is
 * told what its manifest vouches for; of one that is taken in the receipt says it.
 * @throws Refusal as receiveKit; E_KIT_CONTENTS when there is no release in it
 */
export async function withKitRelease<T>(
  wish: KitReleaseWish,
  host: Host,
  ui: Ui,
  work: (tarball: string, word?: HouseWord) => Promise<T>,
): Promise<T> {
  if (wish.dryRun) return withCopy(wish, host, ui, work);
  const { files } = await receiveKit({ ...wish, index: undefined }, host, ui);
  const release = releaseOf(files);
  if (release?.path == null) throw notInKit(wish.path, 'release');
  return work(release.path);
}

const WANTED: readonly FileKind[] = ['release', 'update-sig', 'sig', 'install-script'];

async function withCopy<T>(
  { path, allowOlder }: KitReleaseWish,
  host: Host,
  ui: Ui,
  work: (tarball: string, word: HouseWord) => Promise<T>,
): Promise<T> {
  const folder = await host.files.makeTempDir('sandstorm-airgap-kit-');
  try {
    const judge = await judgeHere(path, allowOlder, host);
    const keep = async ({ kind, name }: KitFile): Promise<FileSink | undefined> =>
      WANTED.includes(kind) ? host.files.openWrite(join(folder, name)) : undefined;
    const { manifest, findings } = await ui.step('Read', (progress) =>
      checkKit(path, { judge, keep, onProgress: (done, total) => progress.bytes(done, total) }, host),
    );
    if (findings.length > 0) throw kitDamaged(path, findings);
    const release = releaseOf(manifest.files);
    if (release === undefined) throw notInKit(path, 'release');
    const { id, key } = manifest;
    return await work(
      join(folder, release.name),
      houseWord({ kit: id, key }, release.sha256, manifest.files),
    );
  } finally {
    await host.files.remove(folder);
  }
}

/** The newest: names end in rising build numbers. */
function releaseOf<F extends { readonly name: string; readonly kind: FileKind }>(
  files: readonly F[],
): F | undefined {
  const build = ({ name }: F): number => Number(/\d+/.exec(name)?.[0] ?? 0);
  return files.filter(({ kind }) => kind === 'release').toSorted((a, b) => build(b) - build(a))[0];
}
