// What the program is delivered in. Given the same parts each of them makes the same bytes, whatever the machine.
import { join } from 'node:path';
import { archiveFiles } from './contents.mjs';
import { makeDeb } from './deb.mjs';
import { makeRpm } from './rpm.mjs';
import { packTree, writeTree } from './tree.mjs';

const NAME = 'sandstorm-airgap';
const MAKERS = { archive: makeArchive, deb: makeDeb, rpm: makeRpm };

/**
 * @param parts `program`: its file; `version`; `epoch`: seconds, the date of everything; `manual`, `bash`, `zsh`, `fish`,
 * `licences`, `bom`: texts
 * @param wanted "archive", "deb", "rpm"
 * @returns the names of the files made in `out`
 */
export async function makePackages(parts, wanted, out, work) {
  const made = [];
  // One after the other: each of them keeps all processors busy.
  for (const [kind, make] of Object.entries(MAKERS))
    if (wanted.has(kind)) made.push(await make(parts, out, work));
  return made;
}

async function makeArchive(parts, out, work) {
  const top = `${NAME}-${parts.version}-linux-x64`;
  const folder = join(work, 'archive');
  await writeTree(folder, await archiveFiles(parts), parts.epoch);
  await packTree(folder, top, join(out, `${top}.tar.xz`), parts.epoch);
  return `${top}.tar.xz`;
}
