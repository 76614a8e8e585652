import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Tree } from './facts.js';

const run = promisify(execFile);

/** What a release folder must hold, from its tarball, by tar, find and sha256sum. */
export async function contentsOf(tarball: string): Promise<Tree> {
  const dir = await mkdtemp(join(tmpdir(), 'contents-'));
  try {
    await run('tar', ['-xJpf', tarball, '--strip-components=1', '-C', dir]);
    const listed = await run('find', ['.', '-mindepth', '1', '-printf', '%P\\t%y\\t%m\\t%l\\n'], {
      cwd: dir,
    });
    const hashed = await run('sh', ['-c', 'find . -type f -exec sha256sum {} +'], { cwd: dir });
    const hashes = new Map(
      hashed.stdout
        .trim()
        .split('\n')
        .map((line) => [line.slice(68), line.slice(0, 64)] as const),
    );
    return Object.fromEntries(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => {
          const [path = '', kind, mode = '', target = ''] = line.split('\t');
          if (kind === 'l') return [path, `link ${target}`];
          if (kind === 'd') return [path, `dir ${mode} root:root`];
          return [path, `file ${mode} root:root ${hashes.get(path) ?? ''}`];
        }),
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
