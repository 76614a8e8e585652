import { basename, dirname, join } from 'node:path';
import { ROOM, type RoomWish } from '../rehearsal/room-plan.js';
import { signaturePaths } from '../release/signature/watch.js';
import type { Host } from '../system/host.js';
import type { ProofWish } from './authenticity.js';
import { findInstallScript } from './pick.js';

interface GivenFiles {
  readonly installScript: string;
  readonly tarball: string;
  readonly newerTarball: string | undefined;
  readonly proof: Pick<ProofWish, 'keyFile'>;
}

interface BroughtFiles {
  readonly files: RoomWish['files'];
  /** What a file that was given is called inside. */
  inside(path: string): string;
}

/**
 * The files that were given, and what the tool looks for beside them: signatures, and install.sh with the
 * release key. In the view nothing else of the machine's sticks need be there.
 */
export async function filesToBring(
  { installScript, tarball, newerTarball, proof }: GivenFiles,
  host: Host,
): Promise<BroughtFiles> {
  const tarballs = [tarball, ...(newerTarball === undefined ? [] : [newerTarball])];
  const given = [installScript, ...tarballs, ...(proof.keyFile === undefined ? [] : [proof.keyFile])];
  const scripts = await Promise.all(tarballs.map((path) => findInstallScript(path, host)));
  const signatures = tarballs.flatMap(signaturePaths);

  const paths = new Set([...given, ...scripts.filter((path) => path !== undefined)]);
  for (const path of signatures) if ((await host.files.stat(path))?.kind === 'file') paths.add(path);

  // Two folders may hold files of one name, and what lies side by side must do so inside.
  const folders = [...new Set([...paths].map((path) => dirname(path)))];
  const nameInside = (path: string): string => `${String(folders.indexOf(dirname(path)))}/${basename(path)}`;
  return {
    files: await Promise.all(
      [...paths].map(async (path) => ({
        from: (await host.files.realPath(path)) ?? path,
        as: nameInside(path),
      })),
    ),
    inside: (path) => join(ROOM.files, nameInside(path)),
  };
}
