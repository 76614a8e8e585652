// An app package as large as Wekan's: 85 MB packed, 525 MB unpacked, laid out and packed in blocks as `spk pack`
// does it. What is in it is made up, the same each time, and packs like program text.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { programText, seeded } from './big-release.mjs';

const UNPACKED = 525_000_000;
/** Pictures and the like, which do not pack. */
const NOISE = 14_000_000;
/** `spk pack` leaves it to xz with threads, which makes blocks of 24 MiB; packing with -1 takes less time. */
const XZ = ['--stdout', '--threads=2', '--lzma2=preset=1,dict=8MiB', '--block-size=25165824'];

/** Its path. Made once, which takes a minute. `spk` is test/stand-ins/spk.ts. */
export async function bigPackage(folder, spk) {
  const path = join(folder, 'big.spk');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const key = spk.spkKey('bench');
  const archive = spk.archivePieces(files(spk.manifestOf({ title: 'Big', key })));
  const hash = createHash('sha512');
  for (const piece of archive) hash.update(piece);
  const digest = hash.digest();
  const signature = spk.signatureMessage(key.publicKey, Buffer.concat([key.sign(digest), digest]));

  const draft = `${path}.part`;
  const script = `printf '\\217\\306\\315\\357\\105\\032\\352\\226' > "$0"; exec xz ${XZ.join(' ')} >> "$0"`;
  const xz = spawn('sh', ['-c', script, draft], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (const piece of [signature, ...archive]) if (!xz.stdin.write(piece)) await once(xz.stdin, 'drain');
  xz.stdin.end();
  const [code] = await once(xz, 'close');
  if (code !== 0) throw new Error(`xz ended with ${code}`);
  renameSync(draft, path);
  return path;
}

/** In the order of their names, as `spk pack` has them. */
function files(manifest) {
  const random = seeded(20261126);
  const text = programText((limit) => Math.floor(random() * limit))(60_000_000);
  const noise = Buffer.alloc(NOISE);
  for (let at = 0; at < NOISE; at += 4) noise.writeUInt32LE(Math.floor(2 ** 32 * random()), at);
  const found = [{ name: 'pictures', content: noise }];
  for (let at = NOISE, number = 0; at < UNPACKED; number += 1) {
    const size = Math.floor(2_000_000 + 10_000_000 * random());
    const start = Math.floor(random() * (text.length - size));
    found.push({
      name: `program-${String(number).padStart(4, '0')}`,
      content: text.subarray(start, start + size),
    });
    at += size;
  }
  return [...found, { name: 'sandstorm-manifest', content: manifest }, { name: 'var', content: 'folder' }];
}
