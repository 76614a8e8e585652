import { dirname } from 'node:path';
import type { FileStat, Host } from '../../system/host.js';
import { trustStoreRefused } from './refusals.js';

/**
 * The text of a file that says whom to believe; undefined when there is none. One that others may write to, or that
 * lies in a folder where others could put another in its place, is refused, not used.
 * @throws Refusal E_TRUST_STORE, E_IO
 */
export async function readOwned(path: string, limit: number, host: Host): Promise<string | undefined> {
  if ((await host.files.lstat(path)) === undefined) return undefined;
  // The folders first: in a safe folder nobody changes what is looked at next.
  await requireSafeFolders(path, host);
  const stat = await host.files.lstat(path);
  if (stat === undefined) return undefined;
  if (stat.kind !== 'file')
    throw trustStoreRefused(path, 'it is no regular file', `look at it: ls -l ${path}`);
  requireOurs(path, path, stat, host);
  if (stat.size > limit) throw trustStoreRefused(path, 'it is far too large', `look at it: less ${path}`);
  return (await host.files.readText(path, limit)) ?? '';
}

/** Replaces it whole; its folder is made if it is missing. @throws Refusal E_TRUST_STORE, E_IO */
export async function writeOwned(path: string, text: string, host: Host): Promise<void> {
  await host.files.makeDir(dirname(path), 0o755);
  await requireSafeFolders(path, host);
  await host.files.writeAtomic(path, text, 0o644);
}

/** Up to the root: whoever may rename a folder on the way may put another in its place. */
async function requireSafeFolders(file: string, host: Host): Promise<void> {
  const real = (await host.files.realPath(dirname(file))) ?? dirname(file);
  for (let path = real; ; path = dirname(path)) {
    const stat = await host.files.lstat(path);
    // In a sticky folder like /tmp others cannot rename what is ours.
    const sticky = path !== real && ((stat?.mode ?? 0) & 0o1000) !== 0;
    if (stat !== undefined) requireOurs(file, path, sticky ? { ...stat, mode: 0 } : stat, host);
    if (path === dirname(path)) return;
  }
}

function requireOurs(file: string, path: string, { uid, mode }: FileStat, host: Host): void {
  const name = path === file ? 'it' : path;
  if (uid !== 0 && uid !== host.user.uid) {
    throw trustStoreRefused(
      file,
      `${name} belongs to user ${String(uid)}`,
      `look at what it holds, then: chown root ${path}`,
    );
  }
  if ((mode & 0o022) !== 0) {
    throw trustStoreRefused(
      file,
      `others may write to ${name}`,
      `look at what it holds, then: chmod go-w ${path}`,
    );
  }
}
