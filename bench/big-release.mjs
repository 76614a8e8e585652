// A tarball as large as a real release: 190 MB packed in one xz block, 720 MB unpacked, 40,000 entries. What is
// in it is made up, the same each time, and packs like program text.
import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from 'tar-stream';

const BUILD = 310;
const SMALL_FILES = 36_000;
const FOLDERS = 4_000;
/** Programs and archives: a few files hold half of a release. In megabytes. */
const LARGE_FILES = { 'bin/node': 80, 'bin/mongod': 60, 'bin/mongod7': 150, 'programs/server/app.js': 30 };
/** Unpacking needs as much memory and reaches as far back as with `xz -9`, packing takes a tenth of the time. */
const XZ = ['--stdout', '--threads=1', '--lzma2=preset=0,dict=64MiB'];

/** Its path. Made once, which takes a minute or two, and signed by a key of our own. */
export async function bigRelease(folder) {
  const path = join(folder, `sandstorm-${BUILD}.tar.xz`);
  if (existsSync(`${path}.update-sig`)) return path;
  mkdirSync(folder, { recursive: true });
  await packRelease(path, BUILD);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile(path), publicKey.export({ format: 'der', type: 'spki' }));
  writeFileSync(`${path}.update-sig`, updateSig(sign(null, readFileSync(path), privateKey)));
  return path;
}

/** One as large that runs: the stand-in's program in it, and no MongoDB 7. Not signed. */
export async function bigStandIn(folder, build) {
  const path = join(folder, `stand-in/sandstorm-${build}.tar.xz`);
  if (existsSync(path)) return path;
  mkdirSync(join(folder, 'stand-in'), { recursive: true });
  await packRelease(path, build, standInProgram());
  return path;
}

/** Name in the release -> bytes. */
function standInProgram() {
  const from = fileURLToPath(new URL('../test/stand-ins', import.meta.url));
  const modules = readdirSync(join(from, 'lib')).map((name) => `lib/${name}`);
  return new Map(['sandstorm', ...modules].map((name) => [name, readFileSync(join(from, name))]));
}

/** What `trust add` takes. */
export function trustOf(path) {
  return readFileSync(keyFile(path)).subarray(-32).toString('hex');
}

const keyFile = (path) => `${path}.key`;

/** A Cap'n Proto message: framing, root with one pointer, list of one struct of eight words. */
function updateSig(signature) {
  const head = Buffer.alloc(32);
  [0, 11, 0, 1 << 16, 1, (8 << 3) | 7, 1 << 2, 8].forEach((word, at) => head.writeUInt32LE(word, at * 4));
  return Buffer.concat([head, signature]);
}

async function packRelease(path, build, program) {
  const draft = `${path}.part`;
  const xz = spawn('sh', ['-c', `exec xz ${XZ.join(' ')} > "$0"`, draft], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const archive = pack();
  archive.pipe(xz.stdin);
  await fill(archive, `sandstorm-${build}`, program);
  const [code] = await once(xz, 'close');
  if (code !== 0) throw new Error(`xz ended with ${code}`);
  renameSync(draft, path);
}

async function fill(archive, top, program) {
  const random = seeded(20261125);
  const below = (limit) => Math.floor(random() * limit);
  const text = programText(below);
  const add = (name, bytes, mode = 0o644) =>
    new Promise((resolve, reject) => {
      const size = bytes.length;
      archive.entry({ name: `${top}/${name}`, mode, size, mtime: new Date(0) }, bytes, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const folder = (name) =>
    archive.entry({ name: `${top}/${name}`, type: 'directory', mode: 0o755, mtime: new Date(0) });

  folder('');
  if (program === undefined) await add('sandstorm', text(4_000_000), 0o755);
  else {
    folder('lib/');
    for (const [name, bytes] of program) await add(name, bytes, 0o755);
  }
  await add('buildstamp', Buffer.from('bench\n'));
  folder('bin/');
  folder('programs/');
  folder('programs/server/');
  for (const [name, megabytes] of Object.entries(LARGE_FILES)) {
    const unlike7 = program === undefined ? name : name.replace('mongod7', 'mongod-more');
    await add(unlike7, text(megabytes * 1_000_000), 0o755);
  }
  folder('node_modules/');
  for (let at = 0; at < FOLDERS; at += 1) {
    const name = `node_modules/package-${at % 400}${'/lib'.repeat(Math.floor(at / 400))}`;
    folder(`${name}/`);
    for (let file = 0; file < SMALL_FILES / FOLDERS; file += 1) {
      // Many of a few hundred bytes, some of a few hundred thousand.
      await add(`${name}/file-${file}.js`, text(Math.floor(250 * Math.exp(6.2 * random() ** 2))));
    }
  }
  archive.finalize();
}

/** Words that come again in phrases that come again, as names and idioms do in a program. */
export function programText(below) {
  const letters = 'etaonrishdlfcmugypwbvkxjqz';
  const skewed = (length) => Math.floor(length * (below(1e6) / 1e6) ** 4);
  const word = () => Array.from({ length: 2 + below(9) }, () => letters[skewed(26)]).join('');
  const joints = ['(', ')', '.', ',', ';\n', '=', '{', '}', ' ', ':', '[0]', '==', '=>', '"'];
  const words = Array.from({ length: 8_000 }, word);
  const phrase = () =>
    Array.from({ length: 1 + below(16) }, () => words[skewed(words.length)] + joints[below(joints.length)]);
  const phrases = Array.from({ length: 40_000 }, () => Buffer.from(phrase().join(''), 'latin1'));
  return (length) => {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length;) at += phrases[skewed(phrases.length)].copy(bytes, at);
    return bytes;
  };
}

/** Repeatable numbers from 0 to 1 (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
