import { promises as fs } from 'node:fs';
import { join } from 'node:path';

/**
 * Bytes on the disk that removing `path` would set free: a file that has another name elsewhere (a hard link)
 * counts for nothing. Blocks that are shared by reflink cannot be told and count. Links are not followed.
 */
export async function freedBytes(path: string): Promise<number> {
  const names = new Map<string, { seen: number; nlink: number; bytes: number }>();
  let total = 0;
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const stat = await fs.lstat(at).catch(() => undefined);
    if (stat === undefined) continue;
    const bytes = stat.blocks * 512;
    if (stat.isDirectory()) {
      total += bytes;
      for (const name of await fs.readdir(at).catch(() => [])) waiting.push(join(at, name));
    } else if (stat.nlink === 1) total += bytes;
    else {
      const key = `${String(stat.dev)}:${String(stat.ino)}`;
      const seen = (names.get(key)?.seen ?? 0) + 1;
      names.set(key, { seen, nlink: stat.nlink, bytes });
    }
  }
  for (const { seen, nlink, bytes } of names.values()) if (seen === nlink) total += bytes;
  return total;
}
