import { constants, promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import type { Files } from './host.js';
import { ioRefusal, isCode } from './io-errors.js';
import { closeFile, openRegular } from './read-files.js';
import { syncDir } from './sync-dir.js';

export const copyFiles: Pick<Files, 'copy' | 'reflink'> = {
  async copy(from, to, onBytes, { mode = 0o600, synced = true } = {}) {
    try {
      const reflinked = await fs.copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
        () => true,
        () => false,
      );
      if (reflinked) onBytes?.((await fs.stat(to)).size);
      else await copyBytes(from, to, onBytes);
      await fs.chmod(to, mode);
      if (!synced) return;
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
      await closeFile(source);
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
};

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
