import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import type { Files } from './host.js';
import { ioRefusal, isCode } from './io-errors.js';
import { syncDir } from './sync-dir.js';

export const nameFiles: Pick<Files, 'hardLink'> = {
  async hardLink(from, to) {
    try {
      await fs.link(from, to);
      await syncDir(dirname(to));
      return true;
    } catch (error) {
      // FAT has no other names, some network filesystems forbid them, and ext4 has at most 65,000 of a file.
      if (isCode(error, 'EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS')) return false;
      throw ioRefusal('name', to, error);
    }
  },
};
