import { promises as fs } from 'node:fs';

/** Without this a rename may be undone by a power cut: the folder is a file of its own. */
export async function syncDir(path: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
