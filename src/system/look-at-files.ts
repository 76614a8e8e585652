import { access, constants, lstat, readdir, readlink, realpath, stat } from 'node:fs';
import { promisify } from 'node:util';
import type { Files, FileStat } from './host.js';
import { ioRefusal, isCode, whenThere } from './io-errors.js';

// Not node:fs/promises, here and in read-files.ts: loading it takes longer than all that `status` looks at.
const fs = {
  access: promisify(access),
  lstat: promisify(lstat),
  readdir: promisify(readdir),
  readlink: promisify(readlink),
  realpath: promisify(realpath.native),
  stat: promisify(stat),
};

export const lookAtFiles: Pick<
  Files,
  'lstat' | 'stat' | 'readLink' | 'realPath' | 'list' | 'readable' | 'writable'
> = {
  lstat: (path) => whenThere(async () => describe(await fs.lstat(path))),
  stat: (path) => whenThere(async () => describe(await fs.stat(path))),
  readLink: (path) => whenThere(() => fs.readlink(path)),
  realPath: (path) => whenThere(() => fs.realpath(path)),

  async list(path) {
    try {
      return (await fs.readdir(path)).sort();
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return [];
      throw ioRefusal('read the folder', path, error);
    }
  },
  readable: (path) => allowed(path, constants.R_OK),
  writable: (path) => allowed(path, constants.W_OK),
};

function describe(stat: Awaited<ReturnType<typeof fs.lstat>>): FileStat {
  const { size, mode, uid, gid, dev, ino, mtime, ctime } = stat as typeof stat & { size: number };
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : 'other';
  return {
    kind,
    size,
    mode: Number(mode),
    uid: Number(uid),
    gid: Number(gid),
    dev: Number(dev),
    ino: Number(ino),
    mtime,
    ctime,
  };
}

async function allowed(path: string, mode: number): Promise<boolean> {
  return fs.access(path, mode).then(
    () => true,
    () => false,
  );
}
