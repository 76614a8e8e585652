import { closeSync, constants, openSync, promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyFiles } from './copy-files.js';
import type { Files } from './host.js';
import { ioRefusal, isCode } from './io-errors.js';
import { lookAtFiles } from './look-at-files.js';
import { nameFiles } from './name-files.js';
import { freedBytes } from './measure.js';
import { plant, writeUnsynced } from './plant-files.js';
import { readFiles } from './read-files.js';
import { syncDir } from './sync-dir.js';
import { writeFiles } from './write-files.js';

export const systemFiles: Files = {
  ...lookAtFiles,
  ...nameFiles,
  ...readFiles,
  ...writeFiles,
  ...copyFiles,

  async makeDir(path, mode = 0o755) {
    try {
      const first = await fs.mkdir(path, { recursive: true, mode });
      if (first === undefined) return;
      // Each of them is a name in the one above it.
      for (let made = path; made.length >= first.length; made = dirname(made)) await syncDir(dirname(made));
    } catch (error) {
      throw ioRefusal('make the folder', path, error);
    }
  },

  async rename(from, to, { synced = true } = {}) {
    try {
      await fs.rename(from, to);
      if (!synced) return;
      await syncDir(dirname(to));
      if (dirname(from) !== dirname(to)) await syncDir(dirname(from));
    } catch (error) {
      throw ioRefusal(`move ${from} to`, to, error);
    }
  },

  async syncTree(path) {
    try {
      for (const entry of await fs.readdir(path, { withFileTypes: true })) {
        const inside = join(path, entry.name);
        if (entry.isDirectory()) await systemFiles.syncTree(inside);
        else if (entry.isFile()) await syncDir(inside);
      }
      await syncDir(path);
    } catch (error) {
      throw ioRefusal('bring to the disk', path, error);
    }
  },

  async syncDir(path) {
    await syncDir(path).catch((error: unknown) => {
      throw ioRefusal('bring to the disk', path, error);
    });
  },

  async remove(path) {
    try {
      const there = (await systemFiles.lstat(path)) !== undefined;
      await fs.rm(path, { recursive: true, force: true });
      // A marker that comes back after a power cut would tell of what has long been finished.
      if (there) await syncDir(dirname(path));
    } catch (error) {
      throw ioRefusal('remove', path, error);
    }
  },

  async removeUnsynced(path) {
    await fs.rm(path, { force: true }).catch((error: unknown) => {
      throw ioRefusal('remove', path, error);
    });
  },

  async removeEmptyDir(path) {
    try {
      await fs.rmdir(path);
      return true;
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY')) return false;
      throw ioRefusal('remove the folder', path, error);
    }
  },

  hold(path) {
    try {
      // A plain number: a FileHandle would be closed once nobody refers to it.
      const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
      return Promise.resolve(() => closeSync(fd));
    } catch (error) {
      return Promise.reject(ioRefusal('open', path, error));
    }
  },

  async freeSpace(path) {
    let existing = path;
    while ((await systemFiles.stat(existing)) === undefined) existing = dirname(existing);
    const [space, stat] = await Promise.all([fs.statfs(existing), fs.stat(existing)]);
    return { mount: await mountPoint(existing, stat.dev), free: space.bavail * space.bsize, dev: stat.dev };
  },

  freedBytes,
  plant,
  writeUnsynced,
  makeTempDir: (prefix) => fs.mkdtemp(join(tmpdir(), prefix)),
};

async function mountPoint(path: string, dev: number): Promise<string> {
  let mount = await fs.realpath(path);
  for (;;) {
    const parent = dirname(mount);
    if (parent === mount || (await fs.stat(parent)).dev !== dev) return mount;
    mount = parent;
  }
}
