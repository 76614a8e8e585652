// A folder as it goes into an archive: the same bytes wherever and whenever it is made.
import { chmod, copyFile, lutimes, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from './run.mjs';

/**
 * @param files path -> { text } or { from }, that being a file to take; `mode` is 0644 when left out. What has a name
 * in .gz is packed on the way.
 * @param epoch seconds: the time that all of them get
 */
export async function writeTree(folder, files, epoch) {
  for (const [path, { text, from, mode = 0o644 }] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    if (text === undefined) await copyFile(from, target);
    else await writeFile(target, path.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
    await chmod(target, mode);
  }
  await settle(folder, epoch);
}

/** Packs it as FILE.tar.xz, all of it below one folder named `top`. */
export async function packTree(folder, top, file, epoch) {
  // Blocks of one size: else the bytes would depend on the number of processors. Machine code packs better as such.
  const xz = 'xz --threads=2 --block-size=64MiB --x86 --lzma2=preset=6';
  const tar = [
    ...['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'],
    ...[
      '--transform',
      `flags=r;s,^\\.,${top},`,
      '--use-compress-program',
      xz,
      '-C',
      folder,
      '-cf',
      file,
      '.',
    ],
  ];
  await run('tar', tar);
}

async function settle(folder, epoch) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await settle(path, epoch);
    else await lutimes(path, epoch, epoch);
  }
  await chmod(folder, 0o755);
  await lutimes(folder, epoch, epoch);
}
