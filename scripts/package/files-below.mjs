import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** All files below a folder, by name: relative path -> bytes, sorted. */
export async function readFilesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))])));
}
