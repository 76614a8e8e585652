import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes SHA256SUMS of those files in the folder, as sha256sum reads it. */
export async function writeSums(folder, names) {
  const lines = await Promise.all(
    [...names].sort().map(async (name) => {
      const hash = createHash('sha256').update(await readFile(join(folder, name)));
      return `${hash.digest('hex')}  ${name}\n`;
    }),
  );
  await writeFile(join(folder, 'SHA256SUMS'), lines.join(''));
}

/**
 * Writes SHA256SUMS.sig: 64 bytes, ed25519.
 * @param keyFile PEM, as `openssl genpkey -algorithm ed25519` makes it
 */
export async function signSums(folder, keyFile) {
  const key = createPrivateKey(await readFile(keyFile));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${keyFile} is no ed25519 key`);
  const sums = await readFile(join(folder, 'SHA256SUMS'));
  await writeFile(join(folder, 'SHA256SUMS.sig'), sign(null, sums, key));
}
