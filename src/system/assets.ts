import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Files that come with the tool: beside the bundle, or in the source tree when it runs from there. */
export function assetPath(name: 'stand-ins'): string {
  const places = [new URL(`./${name}/`, import.meta.url), new URL(`../../test/${name}/`, import.meta.url)];
  const found = places.map((url) => fileURLToPath(url)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`the tool's own ${name} are missing: it is not whole`);
  return found;
}
