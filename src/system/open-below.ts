import { close, constants, fstat, open, readlink } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isCode } from './io-errors.js';
import type { OpenedFile } from './web.js';

const fs = {
  close: promisify(close),
  fstat: promisify(fstat),
  open: promisify(open),
  readlink: promisify(readlink),
};

/** See Web.openBelow. Judged by what was opened, so nothing can be swapped in between. */
export async function openBelow(root: string, path: string): Promise<OpenedFile | undefined> {
  const wanted = join(root, path);
  let fd: number;
  try {
    fd = await fs.open(wanted, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
  const closeIt = (): Promise<void> => fs.close(fd);
  try {
    const [stat, really] = await Promise.all([fs.fstat(fd), fs.readlink(`/proc/self/fd/${String(fd)}`)]);
    if (stat.isFile() && really === wanted) {
      return { fd, size: stat.size, mtimeMs: stat.mtimeMs, close: closeIt };
    }
  } catch (error) {
    await closeIt();
    throw error;
  }
  await closeIt();
  return undefined;
}
