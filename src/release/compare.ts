import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { FileStat, Host } from '../system/host.js';
import type { ManifestEntry, ReleaseManifest } from './manifest.js';
import { printable } from './refusals.js';

export type Comparison =
  | { readonly matches: true }
  /** Each a sentence that begins with the path. */
  | { readonly matches: false; readonly differences: readonly string[]; readonly count: number };

const SHOWN = 10;
/** Up to here a file is read in one go; larger ones go by in pieces. */
const SMALL = 64 * 1024;
/** Files looked at side by side: most are small, and wait for the disk rather than for us. */
const AT_ONCE = 8;

/**
 * Holds an unpacked release against the manifest of its tarball: every entry there, of its kind, size,
 * executability, hash and target, and nothing there besides. Links are looked at and never followed.
 * Nobody else may be able to change the folder meanwhile.
 * @param onProgress bytes of files compared so far, of how many
 * @throws Refusal E_IO when something cannot be read, which says nothing about the release
 */
export async function compareWithManifest(
  folder: string,
  manifest: ReleaseManifest,
  host: Host,
  onProgress?: (bytes: number, total: number) => void,
): Promise<Comparison> {
  const seen = new Set<string>();
  const found = new Differences();
  const total = totalBytes(manifest);
  let done = 0;

  const look = async (path: string): Promise<string | undefined> => {
    const expected = manifest.get(path);
    if (expected === undefined) return 'is not in the release';
    seen.add(path);
    const problem = await problemOf(join(folder, path), expected, host);
    if (expected.kind === 'file') onProgress?.((done += expected.size), total);
    return problem;
  };

  if ((await host.files.lstat(folder))?.kind !== 'directory') found.add('the release', 'is no folder');
  for (const pending = found.count === 0 ? [''] : []; pending.length > 0;) {
    const parent = pending.pop() ?? '';
    const paths = (await host.files.list(join(folder, parent))).map((name) => join(parent, name));
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const some = paths.slice(at, at + AT_ONCE);
      const problems = await Promise.all(some.map(look));
      some.forEach((path, index) => {
        const problem = problems[index];
        if (problem !== undefined) found.add(printable(path), problem);
        else if (manifest.get(path)?.kind === 'directory') pending.push(path);
      });
    }
  }
  for (const path of manifest.keys()) if (!seen.has(path)) found.add(printable(path), 'is missing');
  return found.comparison();
}

class Differences {
  count = 0;
  private readonly first: string[] = [];

  add(path: string, problem: string): void {
    this.count += 1;
    if (this.first.length < SHOWN) this.first.push(`${path} ${problem}`);
  }

  comparison(): Comparison {
    const { count, first } = this;
    return count === 0 ? { matches: true } : { matches: false, differences: first, count };
  }
}

function totalBytes(manifest: ReleaseManifest): number {
  let total = 0;
  for (const entry of manifest.values()) if (entry.kind === 'file') total += entry.size;
  return total;
}

async function problemOf(path: string, expected: ManifestEntry, host: Host): Promise<string | undefined> {
  const stat = await host.files.lstat(path);
  if (stat === undefined) return 'is gone';
  if (stat.kind !== expected.kind) return `is ${KINDS[stat.kind]} and should be ${KINDS[expected.kind]}`;
  switch (expected.kind) {
    case 'directory':
      return undefined;
    case 'symlink':
      return (await host.files.readLink(path)) === expected.target ? undefined : 'leads elsewhere';
    case 'file':
      return fileProblem(path, stat, expected, host);
  }
}

const KINDS = { file: 'a file', directory: 'a folder', symlink: 'a link', other: 'a device or a pipe' };

async function fileProblem(
  path: string,
  { size, mode }: FileStat,
  expected: ManifestEntry & { kind: 'file' },
  host: Host,
): Promise<string | undefined> {
  if (size !== expected.size) return `has ${String(size)} bytes and should have ${String(expected.size)}`;
  if (((mode & 0o100) !== 0) !== expected.executable)
    return expected.executable ? 'is not executable' : 'is executable and should not be';
  return (await sha256(path, size, host)) === expected.sha256 ? undefined : 'has other contents';
}

async function sha256(path: string, size: number, host: Host): Promise<string> {
  const hash = createHash('sha256');
  if (size <= SMALL) return hash.update(await host.files.readStart(path, size)).digest('hex');
  const stream = (await host.files.openRead(path)) as AsyncIterable<Buffer>;
  try {
    for await (const piece of stream) hash.update(piece);
  } catch (error) {
    throw new Refusal(
      'E_IO',
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'the disk may be failing: see dmesg',
        cause: error,
      },
    );
  }
  return hash.digest('hex');
}
