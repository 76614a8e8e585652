import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requireReal } from './real-parts.js';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(repository, '.cache/package/');

/** Making it takes a while the first time: give it to beforeAll. */
export const PACKAGE_TIMEOUT = 600_000;

export interface Packaged {
  /** What `npm run package` left. */
  readonly folder: string;
  /** The single file. */
  readonly program: string;
  /** The archive, unpacked: the launcher lies in it. */
  readonly unpacked: string;
  readonly archive: string;
  readonly deb: string;
  readonly rpm: string;
  /** What vouches for it: PEM. */
  readonly publicKey: string;
}

export function requirePackaging(what: string): boolean {
  return requireReal(what, ['strip', 'xz', 'tar', 'dpkg-deb', 'rpmbuild', 'openssl', 'flock']);
}

/** What is delivered, made of the sources as they are; once for all test files. */
export async function packaged(): Promise<Packaged> {
  const place = join(cache, await nameOfSources());
  const make = [
    'test -d "$1" || { rm -rf "$2"/*-made "$1.part"; mkdir -p "$1.part"',
    'openssl genpkey -algorithm ed25519 -out "$1.part/key.pem"',
    'openssl pkey -in "$1.part/key.pem" -pubout -out "$1.part/public.pem"',
    '"$3" scripts/package.mjs --out "$1.part/out" --key "$1.part/key.pem"',
    'tar -xJf "$1.part"/out/*.tar.xz -C "$1.part"',
    'mv "$1.part" "$1"; }',
  ].join(' && ');
  await mkdir(cache, { recursive: true });
  await run('flock', [join(cache, 'lock'), 'sh', '-c', make, 'sh', place, cache, process.execPath], {
    cwd: repository,
    timeout: PACKAGE_TIMEOUT,
    maxBuffer: 1 << 24,
  });
  const folder = join(place, 'out');
  const names = await readdir(folder);
  const find = (end: string): string => join(folder, names.find((name) => name.endsWith(end)) ?? `no ${end}`);
  const archive = find('.tar.xz');
  return {
    folder,
    archive,
    program: join(folder, 'sandstorm-airgap'),
    unpacked: join(place, archive.slice(folder.length, -'.tar.xz'.length)),
    deb: find('.deb'),
    rpm: find('.rpm'),
    publicKey: join(place, 'public.pem'),
  };
}

/** Changes when anything does that goes into a package: files, and the commit that it names. */
async function nameOfSources(): Promise<string> {
  const state = "import('./scripts/package/facts.mjs').then(async (m) => console.log(await m.sourceState()))";
  const { stdout } = await run(process.execPath, ['--eval', state], { cwd: repository });
  const hash = createHash('sha256').update(stdout);
  const files = ['package-lock.json', 'package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'];
  for (const folder of ['src', 'scripts', 'templates', 'test/stand-ins']) {
    const entries = await readdir(join(repository, folder), { recursive: true, withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    files.push(...names.map((name) => name.slice(repository.length)).sort());
  }
  for (const file of files) hash.update(file).update(await readFile(join(repository, file)));
  return `${hash.digest('hex').slice(0, 16)}-made`;
}
