import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What `make` resolves to, made by whichever test file comes first and read by the others, which wait for it.
 * It must be plain data: it travels as JSON.
 */
export async function once<T>(dir: string, name: string, make: () => Promise<T>): Promise<T> {
  const result = join(dir, `${name}.json`);
  const lock = join(dir, `${name}.lock`);
  for (;;) {
    if (existsSync(result)) return JSON.parse(await readFile(result, 'utf8')) as T;
    const isOurs = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (isOurs && !existsSync(result)) break;
    if (isOurs) await rmdir(lock);
    else await sleep(50);
  }
  try {
    const made = await make();
    await writeFile(`${result}.part`, JSON.stringify(made));
    await rename(`${result}.part`, result);
    return JSON.parse(await readFile(result, 'utf8')) as T;
  } finally {
    // Where it failed the next one tries, and fails with a reason of its own.
    await rmdir(lock);
  }
}
