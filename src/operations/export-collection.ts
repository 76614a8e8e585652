import { join } from 'node:path';
import { collectionFiles, FILES, INFO, listedChecksums, MANIFEST, sha256 } from '../ansible/collection.js';
import { reproducibleTarGz } from '../ansible/tarball.js';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { count } from '../words.js';

export interface ExportWish {
  /** A folder as ANSIBLE_COLLECTIONS_PATH has it; the collection goes into `ansible_collections` below. */
  readonly dir: string | undefined;
  /** A file, or a folder in which it gets its usual name. */
  readonly tarball: string | undefined;
  /** What somebody has changed is moved aside instead of refused. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface Exported {
  readonly collection: string;
  readonly version: string;
  /** Folder of the collection. */
  readonly dir: string | null;
  readonly tarball: string | null;
  /** Anything changed, or would. */
  readonly changed: boolean;
  /** Where the former folder and tarball were moved, because somebody had changed them. */
  readonly kept: readonly string[];
}

/**
 * Writes the Ansible collection out: whole or not at all, and nothing when it is there already.
 * @throws Refusal E_ANSIBLE_CHANGED, E_IO
 */
export async function exportCollection(wish: ExportWish, host: Host): Promise<Exported> {
  const files = collectionFiles();
  const folder = wish.dir === undefined ? null : await exportFolder(wish.dir, files, wish, host);
  const tarball = wish.tarball === undefined ? null : await exportTarball(wish.tarball, files, wish, host);
  const done = [folder, tarball].filter((one) => one !== null);
  return {
    collection: `${INFO.namespace}.${INFO.name}`,
    version: INFO.version,
    dir: folder?.path ?? null,
    tarball: tarball?.path ?? null,
    changed: done.some(({ changed }) => changed),
    kept: done.flatMap(({ kept }) => (kept === null ? [] : [kept])),
  };
}

interface Written {
  readonly path: string;
  readonly changed: boolean;
  readonly kept: string | null;
}

type Manner = Pick<ExportWish, 'force' | 'dryRun'>;

async function exportFolder(
  dir: string,
  files: ReadonlyMap<string, string>,
  { force, dryRun }: Manner,
  host: Host,
): Promise<Written> {
  const space = join(dir, 'ansible_collections', INFO.namespace);
  const path = join(space, INFO.name);
  const former = join(space, `.${INFO.name}.former`);
  // Cut off between the two renames, it is still the one.
  const cutOff =
    (await host.files.lstat(path)) === undefined && (await host.files.lstat(former)) !== undefined;
  if (cutOff && !dryRun) await host.files.rename(former, path);
  const there = await look(cutOff && dryRun ? former : path, files, host);
  if (there.same) return { path, changed: cutOff, kept: null };
  if (there.strange.length > 0 && !force) throw changedBySomebody(path, there.strange);

  const kept = there.strange.length === 0 ? null : aside(join(dir, `${INFO.namespace}.${INFO.name}`), host);
  if (!dryRun) {
    const fresh = join(space, `.${INFO.name}.new`);
    await host.files.remove(fresh);
    await host.files.plant(
      fresh,
      [...files].map(([name, data]) => ({ path: name, data })),
    );
    await host.files.syncTree(fresh);
    await host.files.remove(former);
    if (there.exists) await host.files.rename(path, kept ?? former);
    await host.files.rename(fresh, path);
    await host.files.remove(former);
  }
  return { path, changed: true, kept };
}

interface Look {
  readonly exists: boolean;
  /** All files are as they are to be, and there are no others. */
  readonly same: boolean;
  /** Paths of what no version of this tool has written. */
  readonly strange: readonly string[];
}

async function look(path: string, files: ReadonlyMap<string, string>, host: Host): Promise<Look> {
  const stat = await host.files.lstat(path);
  if (stat === undefined) return { exists: false, same: false, strange: [] };
  if (stat.kind !== 'directory') return { exists: true, same: false, strange: ['.'] };
  const [manifest, list] = [MANIFEST, FILES].map((name) => host.files.readText(join(path, name)));
  const listed = listedChecksums(await manifest, await list);
  const sums = await checksumsBelow(path, '', host);
  const same =
    sums.size === files.size && [...files].every(([name, text]) => sums.get(name) === sha256(text));
  const strange = [...sums].filter(([name, sum]) => {
    const wanted = files.get(name);
    return (
      sum === undefined || (sum !== listed.get(name) && (wanted === undefined || sum !== sha256(wanted)))
    );
  });
  return { exists: true, same, strange: strange.map(([name]) => name) };
}

/** By path; undefined for what is no file. What Python leaves beside its sources is nobody's work. */
async function checksumsBelow(
  root: string,
  below: string,
  host: Host,
): Promise<Map<string, string | undefined>> {
  const sums = new Map<string, string | undefined>();
  for (const name of await host.files.list(join(root, below))) {
    if (name === '__pycache__') continue;
    const path = join(below, name);
    const stat = await host.files.lstat(join(root, path));
    if (stat?.kind === 'directory') {
      for (const [inside, sum] of await checksumsBelow(root, path, host)) sums.set(inside, sum);
    } else {
      const bytes = stat?.kind === 'file' ? await host.files.readBytes(join(root, path)) : undefined;
      sums.set(path, bytes === undefined ? undefined : sha256(bytes));
    }
  }
  return sums;
}

async function exportTarball(
  wanted: string,
  files: ReadonlyMap<string, string>,
  { force, dryRun }: Manner,
  host: Host,
): Promise<Written> {
  const intoFolder = (await host.files.stat(wanted))?.kind === 'directory';
  const path = intoFolder ? join(wanted, `${INFO.namespace}-${INFO.name}-${INFO.version}.tar.gz`) : wanted;
  const bytes = reproducibleTarGz(files);
  const there = (await host.files.lstat(path)) === undefined ? undefined : await host.files.readBytes(path);
  if (there?.equals(bytes) === true) return { path, changed: false, kept: null };
  if (there !== undefined && !force) throw changedBySomebody(path, ['.']);
  const kept = there === undefined ? null : aside(path, host);
  if (!dryRun) {
    if (kept !== null) await host.files.rename(path, kept);
    await host.files.writeAtomic(path, bytes);
  }
  return { path, changed: true, kept };
}

function aside(path: string, host: Host): string {
  return `${path}.before-${host.clock.now().toISOString().replaceAll(':', '.')}`;
}

function changedBySomebody(path: string, strange: readonly string[]): Refusal {
  const what =
    strange[0] === '.'
      ? `${path} is there and is something else`
      : `${path} has ${count(strange.length, 'file')} that somebody has changed or added: ${strange.slice(0, 8).join(', ')}`;
  return new Refusal('E_ANSIBLE_CHANGED', `${what}. Nothing was written`, {
    hint: 'keep your own roles and modules elsewhere; --force moves what is there aside and writes it anew',
    result: { path, changed: strange },
  });
}
