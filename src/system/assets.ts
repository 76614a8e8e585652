import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { getAsset, getRawAsset, isSea } from 'node:sea';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = 'stand-ins';

/**
 * A folder with the stand-ins for Sandstorm that come with the tool: beside the bundle, or in the source tree when it
 * runs from there. The single file has them inside, and puts them into `spare`.
 */
export async function standIns(spare: string): Promise<string> {
  if (isSea()) return unpackInto(join(spare, NAME));
  const places = [new URL(`./${NAME}/`, import.meta.url), new URL(`../../test/${NAME}/`, import.meta.url)];
  const found = places.map((url) => fileURLToPath(url)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`the tool's own ${NAME} are missing: it is not whole`);
  return found;
}

async function unpackInto(folder: string): Promise<string> {
  const { files } = JSON.parse(getAsset('build.json', 'utf8')) as { files: Record<string, string> };
  for (const name of Object.keys(files).filter((one) => one.startsWith(`${NAME}/`))) {
    const path = join(folder, name.slice(NAME.length));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(getRawAsset(name) as ArrayBuffer));
    await chmod(path, 0o755);
  }
  return folder;
}
