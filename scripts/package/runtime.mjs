// Node itself, as npm carries it. No devDependency: its `node` would be the first on the PATH of every npm script.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const cache = fileURLToPath(new URL('../../.cache/runtime/', import.meta.url));

/** What is pinned in runtime.json. */
export async function pinnedRuntime() {
  return JSON.parse(await readFile(new URL('runtime.json', import.meta.url), 'utf8'));
}

/**
 * Fetched once, then taken from the cache.
 * @returns `node`: the program as it came; `licence`: the file of its and its libraries' licences
 */
export async function obtainRuntime() {
  const { package: name, version, integrity } = await pinnedRuntime();
  const place = join(cache, `${name}-${version}`);
  if (!existsSync(place)) {
    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, 'part-'));
    try {
      await run('npm', [
        'pack',
        '--silent',
        '--ignore-scripts',
        '--pack-destination',
        work,
        `${name}@${version}`,
      ]);
      const tarball = join(work, `${name}-${version}.tgz`);
      const found = `sha512-${createHash('sha512')
        .update(await readFile(tarball))
        .digest('base64')}`;
      if (found !== integrity) throw new Error(`${name}@${version} is not what is pinned: ${found}`);
      await run('tar', ['-xzf', tarball, '-C', work, 'package/bin/node', 'package/LICENSE']);
      const release = await run(join(work, 'package/bin/node'), ['-p', 'process.release.lts']);
      if (release === 'undefined\n') throw new Error(`${name}@${version} is no long-term release`);
      await rename(join(work, 'package'), place);
    } catch (error) {
      // Somebody else may have been quicker; theirs was checked alike.
      if (!existsSync(place)) throw error;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { version, node: join(place, 'bin/node'), licence: join(place, 'LICENSE') };
}
