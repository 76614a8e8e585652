// What is in the tool that others have made: only that which the bundler has really taken.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LINE = '-'.repeat(78);

/**
 * @param inputs files of the bundle, relative to the repository
 * @returns name, version, licence (SPDX) and the texts of each package, by name
 */
export async function bundledPackages(inputs) {
  const folders = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []),
  );
  const packages = await Promise.all([...folders].sort().map(readPackage));
  return packages.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function readPackage(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${folder} names no licence`);
  const names = (await readdir(join(root, folder))).filter((file) =>
    /^(licen[cs]e|copying|notice)/i.test(file),
  );
  const texts = await Promise.all(names.sort().map((file) => readFile(join(root, folder, file), 'utf8')));
  return { name, version, license, texts };
}

/** One file for all of them, Node's own (with those of the libraries in it) at the end. */
export function licenceText(packages, { version, licence }) {
  const parts = packages.map(({ name, version, license, texts }) =>
    [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n'),
  );
  return (
    [...parts, `Node.js ${version} and what it contains\n\n${licence.trim()}`].join(`\n\n${LINE}\n\n`) + '\n'
  );
}
