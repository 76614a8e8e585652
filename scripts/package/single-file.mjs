// The tool and Node in one program: Node's single executable application.
import { inject } from 'postject';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFunction } from '../bundle.mjs';
import { writeFolder } from '../write-folder.mjs';
import { compileRepeatably } from './code-cache.mjs';
import { buildFacts } from './facts.mjs';
import { readFilesBelow } from './files-below.mjs';
import { run } from './run.mjs';
import { trimIcu } from './trim-icu.mjs';

/** Where Node looks for what is to be run: its name, and the mark that tells that there is something. */
const BLOB = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * @param work a folder for what is in between
 * @returns what the build knows about itself
 */
export async function makeSingleFile(file, { bundled, state, runtime, work }) {
  const folder = join(work, 'bundle');
  const parts = join(work, 'parts');
  await writeFolder(folder, bundled);
  await compileRepeatably(runtime.node, folder);
  await rm(parts, { recursive: true, force: true });
  await mkdir(parts, { recursive: true });
  for (const [name, code] of bundled.chunks) await writeFile(join(parts, name), asFunction(code));
  for (const name of ['status.js', 'status.js.cache', 'stand-ins'])
    await cp(join(folder, name), join(parts, name), { recursive: true });

  const inside = await readFilesBelow(parts);
  const facts = buildFacts(bundled.version, state, runtime.version, inside);
  await writeFile(join(parts, 'build.json'), JSON.stringify(facts));

  const start = await readFile(new URL('start.cjs', import.meta.url), 'utf8');
  const modules = `const STATUS_MODULES = new Set(${JSON.stringify(bundled.statusModules)});\n`;
  await writeFile(join(work, 'main.js'), `${modules}${start}${bundled.start}`);
  await writeFile(join(work, 'sea.json'), JSON.stringify(seaConfig([...inside.keys(), 'build.json'])));
  // Names as they are written there are kept: those of this folder alone.
  await run(runtime.node, ['--experimental-sea-config', 'sea.json'], { cwd: work });
  const node = await readFile(runtime.node);
  trimIcu(node);
  await writeFile(file, node);
  // Before anything is put into it: strip knows nothing of that.
  await run('strip', [file]);
  await inject(file, BLOB, await readFile(join(work, 'blob')), { sentinelFuse: FUSE });
  await chmod(file, 0o755);
  return facts;
}

function seaConfig(names) {
  return {
    main: 'main.js',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    // Of the main script, which is small. That of the rest is kept beside it, and has what a `status` runs as well.
    useCodeCache: false,
    // NODE_OPTIONS and --node-options are not Node's to read.
    execArgvExtension: 'none',
    // It would let whoever may send a signal look into the process.
    execArgv: ['--disable-sigusr1'],
    assets: Object.fromEntries(names.map((name) => [name, `parts/${name}`])),
  };
}
