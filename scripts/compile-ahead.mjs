// Keeps what V8 makes of the functions that a `status` runs through, so that they need not be compiled each time.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Defines `ofStatus(name)` for the start-up file: one of those modules, all in `file` (a script of one function), or undefined.
 * The script comes with what V8 made of it beside it. Another node than the one that made that passes it over.
 */
export function loaderOf(file, modules) {
  return `const ofStatus = ((names) => {
  let found;
  const load = () => {
    const { readFileSync } = require('node:fs');
    const { Script } = require('node:vm');
    const filename = __dirname + '/${file}';
    let cachedData;
    try {
      cachedData = readFileSync(filename + '.cache');
    } catch {}
    module.script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
    const made = { exports: {} };
    module.script.runInThisContext()(made, made.exports, require, filename);
    return made.exports;
  };
  return (name) => (names.has(name) ? (found ??= load())[name] : undefined);
})(new Set(${JSON.stringify(modules)}));
`;
}

const RUN_AND_KEEP = `const [node, start, cache, ...args] = process.argv;
process.on('exit', () => require('node:fs').writeFileSync(cache, require.cache[start].script.createCachedData()));
process.argv = [node, '', ...args];
require(start);`;

/**
 * Runs `status` once, of a server that is made up for it: there is nothing but an answer at its address.
 * @param node the one to compile for
 * @param start the start-up file; loading it runs the tool
 */
export async function compileAhead({ node, flags = [], start, cache }) {
  const work = await mkdtemp(join(tmpdir(), 'sandstorm-airgap-build-'));
  const server = createServer((_, answer) => answer.end('Self-test OK.')).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address();
    const home = join(work, 'home');
    await mkdir(join(home, 'sandstorm-1'), { recursive: true });
    await mkdir(join(home, 'var'));
    await writeFile(
      join(home, 'sandstorm.conf'),
      `PORT=${port}\nBASE_URL=http://127.0.0.1:${port}\nWILDCARD_HOST=*.sandstorm.localhost:${port}\nUPDATE_CHANNEL=none\n`,
    );
    await writeFile(join(home, 'sandstorm-1/sandstorm'), '#!/bin/sh\n');
    await chmod(join(home, 'sandstorm-1/sandstorm'), 0o755);
    await symlink('sandstorm-1', join(home, 'latest'));
    await symlink('latest/sandstorm', join(home, 'sandstorm'));
    const args = [...flags, '--eval', RUN_AND_KEEP, start, cache, 'status', '--home', home];
    const env = { PATH: process.env.PATH, SANDSTORM_AIRGAP_STATE_DIR: join(work, 'state') };
    const { stdout } = await promisify(execFile)(node, args, { env });
    if (!stdout.startsWith('Sandstorm   build 1')) throw new Error(`status went another way: ${stdout}`);
  } finally {
    server.close();
    server.closeAllConnections();
    await rm(work, { recursive: true });
  }
}
