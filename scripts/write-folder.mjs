import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compileAhead, loaderOf } from './compile-ahead.mjs';
import { buildFacts, sourceState } from './package/facts.mjs';
import { readFilesBelow } from './package/files-below.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const STATUS = 'status.js';

/**
 * Writes the bundle into a folder, to be run by whatever node there is.
 * @param node for which it is compiled ahead
 */
export async function writeFolder(dist, bundled, node = process.execPath) {
  const { version, start, status, statusModules, chunks } = bundled;
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await writeFile(`${dist}/${STATUS}`, status);
  await writeFile(`${dist}/package.json`, '{ "type": "commonjs" }\n');
  await cp(`${root}test/stand-ins`, `${dist}/stand-ins`, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  const asking = 'require = ((plainly) => (name) => ofStatus(name) ?? plainly(name))(require);\n';
  for (const [name, code] of chunks)
    await writeFile(`${dist}/${name}`, `const { ofStatus } = require('./bin.js');\n${asking}${code}`);
  const first = `${loaderOf(STATUS, statusModules)}${asking}${start}module.exports = { ofStatus };\n`;
  const parts = new Map([...(await readFilesBelow(dist)), ['bin.js', first]]);
  await writeFile(
    `${dist}/build.json`,
    `${JSON.stringify(buildFacts(version, await sourceState(), null, parts))}\n`,
  );
  // The start-up file last: a build that was cut off must not look like one.
  await writeFile(`${dist}/bin.js`, first);
  // Not one of the parts: without it, or with one of another node, everything is compiled as it is needed.
  await compileAhead({ node, start: `${dist}/bin.js`, cache: `${dist}/${STATUS}.cache` });
}
