import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Files } from './host.js';
import { ioRefusal, isCode } from './io-errors.js';
import { lookAtFiles } from './look-at-files.js';
import { randomHex } from './random.js';
import { syncDir } from './sync-dir.js';

export const writeFiles: Pick<
  Files,
  'writeAtomic' | 'appendSynced' | 'createExclusive' | 'replaceLink' | 'openWrite' | 'openAppend'
> = {
  async writeAtomic(path, data, mode = 0o644) {
    const old = await lookAtFiles.stat(path);
    // The link itself must survive when the file is one: replace what it points to.
    const target = (await lookAtFiles.realPath(path)) ?? path;
    const temporary = temporaryFor(target);
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
      const isNew = (await lookAtFiles.lstat(path)) === undefined;
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

  async replaceLink(path, target) {
    const temporary = temporaryFor(path);
    try {
      await fs.symlink(target, temporary);
      await fs.rename(temporary, path);
      await syncDir(dirname(path));
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw ioRefusal('link', path, error);
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

  async openAppend(path, length) {
    let handle: fs.FileHandle;
    try {
      handle = await fs.open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o644);
      await handle.truncate(length);
    } catch (error) {
      throw ioRefusal('open', path, error);
    }
    return {
      async write(chunks) {
        try {
          await writeAll(handle, chunks);
        } catch (error) {
          throw ioRefusal('write', path, error);
        }
      },
      close: () => handle.close(),
    };
  },
};

/** Without putting them together first; the system may take fewer at a time than it is given. */
async function writeAll(handle: fs.FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = [...chunks];
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left);
    left = left.flatMap((chunk) => {
      const skipped = Math.min(chunk.length, bytesWritten);
      bytesWritten -= skipped;
      return skipped === chunk.length ? [] : [chunk.subarray(skipped)];
    });
  }
}

function temporaryFor(path: string): string {
  return join(dirname(path), `.${String(process.pid)}.${randomHex(4)}.tmp`);
}
