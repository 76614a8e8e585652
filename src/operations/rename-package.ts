import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { AppPackage } from '../apps/app-package.js';
import { spkFileName } from '../apps/file-name.js';
import { readPackage, type PackageOptions } from '../apps/read-package.js';
import { spkCorrupt } from '../apps/refusals.js';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

export interface RenameWish {
  readonly file: string;
  /** Folder for the new name; default: where it is. Made when it is not there. */
  readonly to: string | undefined;
  /** 'link': one more name, a copy where the filesystem has none to give. */
  readonly how: 'move' | 'copy' | 'link';
  readonly dryRun: boolean;
}

export interface Renamed {
  readonly package: AppPackage;
  /** Its path under the right name. */
  readonly path: string;
  readonly did: 'moved' | 'copied' | 'linked' | 'nothing' | 'removed the other copy';
}

/**
 * Gives an app package its proper name. A second time there is nothing to do; a file of that name with other
 * bytes is left alone.
 * @throws Refusal as readPackage, E_SPK_NAME_TAKEN, E_IO
 */
export async function renamePackage(
  wish: RenameWish,
  host: Host,
  options: PackageOptions = {},
): Promise<Renamed> {
  const { file, to, how, dryRun } = wish;
  const seen = await readPackage(file, host, options);
  const path = join(to ?? dirname(file), spkFileName(seen));
  const renamed = (did: Renamed['did']): Renamed => ({ package: seen, path, did });
  const there = await whatIsThere(path, file, seen, host);
  if (there === 'itself' || (there === 'a copy' && how !== 'move')) return renamed('nothing');
  if (there === 'a copy') {
    if (!dryRun) await host.files.remove(file);
    return renamed('removed the other copy');
  }
  if (dryRun) return renamed(({ move: 'moved', copy: 'copied', link: 'linked' } as const)[how]);

  if (to !== undefined) await host.files.makeDir(to, 0o755);
  if (how === 'move' && (await canBeRenamed(file, path, host))) {
    await host.files.rename(file, path);
    return renamed('moved');
  }
  if (how === 'link' && (await host.files.hardLink((await host.files.realPath(file)) ?? file, path)))
    return renamed('linked');
  await copy(file, path, seen, host);
  if (how !== 'move') return renamed('copied');
  await host.files.remove(file);
  return renamed('moved');
}

/** @throws Refusal E_SPK_NAME_TAKEN */
async function whatIsThere(
  path: string,
  file: string,
  seen: AppPackage,
  host: Host,
): Promise<'nothing' | 'itself' | 'a copy'> {
  const there = await host.files.lstat(path);
  if (there === undefined) return 'nothing';
  const here = await host.files.stat(file);
  // The name it should have, be it by another path, or one more name of the same file.
  if (there.dev === here?.dev && there.ino === here.ino) {
    return (await host.files.realPath(path)) === (await host.files.realPath(file)) ? 'itself' : 'a copy';
  }
  if (there.kind !== 'file' || (await packageIdOf(path, host)) !== seen.packageId) throw nameTaken(path);
  return 'a copy';
}

async function packageIdOf(path: string, host: Host): Promise<string | undefined> {
  try {
    return (await readPackage(path, host)).packageId;
  } catch (error) {
    if (error instanceof Refusal && error.code !== 'E_IO') return undefined;
    throw error;
  }
}

/** A link would lead elsewhere from another folder: its file is copied instead. */
async function canBeRenamed(file: string, path: string, host: Host): Promise<boolean> {
  const [here, there] = await Promise.all([host.files.lstat(file), host.files.stat(dirname(path))]);
  return here?.kind === 'file' && here.dev === there?.dev;
}

/** Under a name for the time being, so that a half of it never has the right one. */
async function copy(file: string, path: string, { packageId }: AppPackage, host: Host): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.part`);
  await host.files.remove(draft);
  const sink = await host.files.openWrite(draft, 0o644);
  const hash = createHash('sha256');
  try {
    for await (const chunk of (await host.files.openRead(file)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await sink.write(chunk);
    }
    if (!hash.digest('hex').startsWith(packageId)) throw spkCorrupt(file, 'it has changed while it was read');
  } catch (error) {
    await sink.abandon();
    throw error;
  }
  await sink.finish();
  await host.files.rename(draft, path);
}

function nameTaken(path: string): Refusal {
  return new Refusal('E_SPK_NAME_TAKEN', `${path} is there already and is another file`, {
    hint: `look at it, and move it away: sandstorm-airgap spk inspect ${path}`,
  });
}
