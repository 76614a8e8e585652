import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

/** A database of a terabyte on a slow disk takes that long. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * A copy of a folder with owners, modes, times and links, by reflink where the filesystem can; `to` must not be
 * there. Not on the disk before it is synced.
 * @throws Refusal E_IO
 */
export async function copyFolder(from: string, to: string, host: Host): Promise<void> {
  await cp(['--archive', '--reflink=auto', '--no-target-directory', '--', from, to], host);
}

/**
 * The same folder once more, of hard links: it costs nothing, and keeps what is deleted under the other name.
 * @throws Refusal E_IO
 */
export async function linkFolder(from: string, to: string, host: Host): Promise<void> {
  await cp(['--archive', '--link', '--no-target-directory', '--', from, to], host);
}

/** Everything written so far on the filesystem of `path` is on the disk: one call where there are many files. */
export async function syncFilesystem(path: string, host: Host): Promise<void> {
  const ran = await host.commands.run('sync', ['--file-system', path], { timeoutMs: LONGEST_MS, tied: true });
  if (ran.exitCode !== 0) throw ioFailure(`cannot bring ${path} to the disk: ${ran.stderr.trim()}`);
}

async function cp(args: readonly string[], host: Host): Promise<void> {
  const ran = await host.commands.run('cp', args, {
    timeoutMs: LONGEST_MS,
    tied: true,
    signal: host.interrupted,
  });
  if (ran.exitCode === 0) return;
  const said = ran.stderr.trim().split('\n')[0] ?? '';
  throw ioFailure(said === '' ? `cp was ended (${ran.signal ?? String(ran.exitCode)})` : said);
}

function ioFailure(message: string): Refusal {
  const full = message.includes('No space left');
  return new Refusal('E_IO', message, full ? { hint: 'free space on that filesystem' } : {});
}
