import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Refusal } from '../errors.js';
import type { Files, FileStat } from './host.js';
import { freedBytes } from './measure.js';

const DEFAULT_LIMIT = 1024 * 1024;

export const systemFiles: Files = {
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

  readText: async (path, maxBytes) => (await readWhole(path, maxBytes))?.toString('utf8'),
  readBytes: readWhole,

  readStart: (path, length) => readRange(path, length, () => 0),
  readTail: async (path, length) => {
    if ((await systemFiles.stat(path)) === undefined) return '';
    return (await readRange(path, length, (size) => Math.max(0, size - length))).toString('utf8');
  },

  async writeAtomic(path, data, mode = 0o644) {
    const old = await systemFiles.stat(path);
    // The link itself must survive when the file is one: replace what it points to.
    const target = (await systemFiles.realPath(path)) ?? path;
    const temporary = join(dirname(target), `.${String(process.pid)}.${randomUUID().slice(0, 8)}.tmp`);
    try {
      const handle = await fs.open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(data);
        await handle.chmod(old === undefined ? mode : old.mode & 0o7777);
        if (old !== undefined && process.getuid?.() === 0) await handle.chown(old.uid, old.gid);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.rename(temporary, target);
      await syncDir(dirname(target));
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw ioRefusal('write', path, error);
    }
  },

  async appendSynced(path, data, mode = 0o600) {
    try {
      const isNew = (await systemFiles.lstat(path)) === undefined;
      const handle = await fs.open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, mode);
      try {
        await handle.writeFile(data);
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (isNew) await syncDir(dirname(path));
    } catch (error) {
      throw ioRefusal('append to', path, error);
    }
  },

  async createExclusive(path, data, mode = 0o600) {
    let handle;
    try {
      handle = await fs.open(path, 'wx', mode);
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      throw ioRefusal('create', path, error);
    }
    try {
      await handle.writeFile(data);
      await handle.sync();
    } catch (error) {
      await fs.rm(path, { force: true });
      throw ioRefusal('write', path, error);
    } finally {
      await handle.close();
    }
    await syncDir(dirname(path));
    return true;
  },

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

  async rename(from, to) {
    try {
      await fs.rename(from, to);
      await syncDir(dirname(to));
      if (dirname(from) !== dirname(to)) await syncDir(dirname(from));
    } catch (error) {
      throw ioRefusal(`move ${from} to`, to, error);
    }
  },

  async replaceLink(path, target) {
    const temporary = join(dirname(path), `.${String(process.pid)}.${randomUUID().slice(0, 8)}.tmp`);
    try {
      await fs.symlink(target, temporary);
      await fs.rename(temporary, path);
      await syncDir(dirname(path));
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw ioRefusal('link', path, error);
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

  async removeEmptyDir(path) {
    try {
      await fs.rmdir(path);
      return true;
    } catch (error) {
      if (isCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY')) return false;
      throw ioRefusal('remove the folder', path, error);
    }
  },

  async copy(from, to, onBytes) {
    try {
      const reflinked = await fs.copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
        () => true,
        () => false,
      );
      if (reflinked) onBytes?.((await fs.stat(to)).size);
      else await copyBytes(from, to, onBytes);
      await fs.chmod(to, 0o600);
      const handle = await fs.open(to, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncDir(dirname(to));
    } catch (error) {
      await fs.rm(to, { force: true });
      throw ioRefusal(`copy ${from} to`, to, error);
    }
  },

  async reflink(from, to) {
    const source = await openRegular(from);
    try {
      // By descriptor: what was looked at is what is copied, whatever the path has become since.
      await fs.copyFile(
        `/proc/self/fd/${String(source.fd)}`,
        to,
        constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL,
      );
    } catch (error) {
      if (isCode(error, 'EEXIST')) throw ioRefusal('write', to, error);
      await fs.rm(to, { force: true });
      return false;
    } finally {
      await source.close();
    }
    try {
      await fs.chmod(to, 0o600);
      const handle = await fs.open(to, 'r');
      await handle.sync().finally(() => handle.close());
      await syncDir(dirname(to));
    } catch (error) {
      await fs.rm(to, { force: true });
      throw ioRefusal('write', to, error);
    }
    return true;
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

  async openWrite(path, mode = 0o600) {
    let handle: fs.FileHandle;
    try {
      handle = await fs.open(path, 'wx', mode);
    } catch (error) {
      throw ioRefusal('create', path, error);
    }
    return {
      async write(chunk) {
        try {
          await handle.writeFile(chunk);
        } catch (error) {
          throw ioRefusal('write', path, error);
        }
      },
      async finish() {
        try {
          await handle.sync().finally(() => handle.close());
          await syncDir(dirname(path));
        } catch (error) {
          throw ioRefusal('write', path, error);
        }
      },
      async abandon() {
        await handle.close().catch(() => undefined);
        await fs.rm(path, { force: true });
      },
    };
  },

  async freeSpace(path) {
    let existing = path;
    while ((await systemFiles.stat(existing)) === undefined) existing = dirname(existing);
    const [space, stat] = await Promise.all([fs.statfs(existing), fs.stat(existing)]);
    return { mount: await mountPoint(existing, stat.dev), free: space.bavail * space.bsize, dev: stat.dev };
  },

  freedBytes,
  makeTempDir: (prefix) => fs.mkdtemp(join(tmpdir(), prefix)),
  readable: (path) => allowed(path, constants.R_OK),
  writable: (path) => allowed(path, constants.W_OK),

  async openRead(path) {
    const handle = await openRegular(path);
    return handle.createReadStream({ highWaterMark: 1024 * 1024 });
  },
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

/** Opening a pipe nobody writes to blocks for ever without O_NONBLOCK, so the kind is judged afterwards. */
async function openRegular(path: string): Promise<fs.FileHandle> {
  try {
    const handle = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    throw ioRefusal('open', path, error);
  }
  throw new Refusal('E_IO', `${path} is not a regular file`);
}

async function readWhole(path: string, maxBytes = DEFAULT_LIMIT): Promise<Buffer | undefined> {
  const stat = await systemFiles.stat(path);
  if (stat === undefined) return undefined;
  // A device or pipe named like one of our files would block or never end.
  if (stat.kind !== 'file') throw new Refusal('E_IO', `${path} is not a regular file`);
  const bytes = await readRange(path, maxBytes + 1, () => 0);
  if (bytes.length > maxBytes) throw new Refusal('E_IO', `${path} is larger than ${String(maxBytes)} bytes`);
  return bytes;
}

async function readRange(path: string, length: number, from: (size: number) => number): Promise<Buffer> {
  try {
    const handle = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = await handle.stat();
      // Files in /proc say 0 and have text all the same.
      const buffer = Buffer.alloc(size === 0 ? Math.min(length, 65536) : Math.min(length, size));
      let filled = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, from(size) + filled);
        filled += bytesRead;
        if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ioRefusal('read', path, error);
  }
}

async function copyBytes(from: string, to: string, onBytes?: (total: number) => void): Promise<void> {
  const source = await fs.open(from, 'r');
  try {
    const target = await fs.open(to, 'wx', 0o600);
    try {
      const buffer = Buffer.allocUnsafe(1024 * 1024);
      for (let total = 0; ;) {
        const { bytesRead } = await source.read(buffer, 0, buffer.length);
        if (bytesRead === 0) return;
        await target.writeFile(buffer.subarray(0, bytesRead));
        total += bytesRead;
        onBytes?.(total);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Without this a rename may be undone by a power cut: the folder is a file of its own. */
async function syncDir(path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function mountPoint(path: string, dev: number): Promise<string> {
  let mount = await fs.realpath(path);
  for (;;) {
    const parent = dirname(mount);
    if (parent === mount || (await fs.stat(parent)).dev !== dev) return mount;
    mount = parent;
  }
}

async function allowed(path: string, mode: number): Promise<boolean> {
  return fs.access(path, mode).then(
    () => true,
    () => false,
  );
}

async function whenThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw new Refusal('E_IO', sentence(error), { cause: error });
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function ioRefusal(doing: string, path: string, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const hints: Record<string, string> = {
    ENOSPC: 'free space on that filesystem',
    EACCES: 'run it as root',
    EPERM: 'run it as root',
    EROFS: 'the filesystem is mounted read-only: see dmesg',
  };
  const hint = error instanceof Error && 'code' in error ? hints[String(error.code)] : undefined;
  return new Refusal('E_IO', `cannot ${doing} ${path}: ${sentence(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
