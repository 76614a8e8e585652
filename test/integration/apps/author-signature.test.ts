import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAuthorSignature } from '../../../src/apps/author-signature.js';
import { readPackage, verifyPackage } from '../../../src/apps/read-package.js';
import { quietHost, spawned } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';
import { makeSpk, spkKey } from '../../stand-ins/spk.js';

const host = quietHost();
const KEY = spkKey('with an author');
const sentence = (appId: string): Buffer =>
  Buffer.from(`I am the author of the Sandstorm.io app with the following ID: ${appId}`);

/** Signatures and a keyring as the manual of Sandstorm tells app authors to make them. */
async function gpgHome() {
  const dir = await tempDir();
  const gpg = (args: readonly string[], input?: Buffer): Buffer =>
    spawned(
      'gpg',
      ['--homedir', dir, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
      input,
    );
  gpg(['--quick-generate-key', 'Ann Author <ann@example.com>', 'rsa2048', 'sign', 'never']);
  const listed = gpg(['--with-colons', '--list-keys']).toString();
  return {
    keyring: gpg(['--export']),
    fingerprint: /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '',
    sign: (text: Buffer, ...how: string[]): Buffer => gpg([...how, '--sign'], text),
    detach: (text: Buffer): Buffer => gpg(['--detach-sign'], text),
    end: (): void => void spawned('gpgconf', ['--homedir', dir, '--kill', 'all']),
  };
}

describe.skipIf(!requireReal('signatures of app authors', ['gpg', 'gpgconf', 'xz']))(
  "an author's signature",
  () => {
    it('is told from others, in a package and by itself', async () => {
      const ann = await gpgHome();
      const right = ann.sign(sentence(KEY.appId));
      const wrongOnes: Record<string, Buffer> = {
        'over another app': ann.sign(sentence(spkKey('another').appId)),
        'over nothing': ann.sign(Buffer.alloc(0)),
        detached: ann.detach(sentence(KEY.appId)),
        broken: Buffer.from(right).fill(0, right.length - 20),
        'no message': Buffer.from('hello'),
        'a bomb': ann.sign(Buffer.alloc(8_000_000), '--compress-level', '9'),
      };
      const old = ann.sign(sentence(KEY.appId), '--digest-algo', 'SHA1');
      ann.end();

      const valid = { state: 'valid', fingerprint: ann.fingerprint, name: 'Ann Author' };
      expect(await checkAuthorSignature(KEY.appId, right, ann.keyring)).toEqual(valid);
      expect(await checkAuthorSignature(KEY.appId, old, ann.keyring)).toEqual(valid);
      for (const [what, signature] of Object.entries(wrongOnes)) {
        const finding = await checkAuthorSignature(KEY.appId, signature, ann.keyring);
        expect({ what, ...finding }).toMatchObject({ what, state: 'invalid' });
      }
      expect(await checkAuthorSignature(KEY.appId, right, undefined)).toMatchObject({ state: 'invalid' });
      expect(await checkAuthorSignature(KEY.appId, right, Buffer.alloc(0))).toMatchObject({
        state: 'invalid',
      });
      expect(await checkAuthorSignature(KEY.appId, right, Buffer.from('keys'))).toMatchObject({
        state: 'invalid',
      });

      const path = join(await tempDir(), 'a.spk');
      await writeFile(path, makeSpk({ key: KEY, pgpSignature: right, pgpKeyring: ann.keyring }));
      for (const read of [readPackage, verifyPackage]) {
        expect((await read(path, host)).metadata.author).toEqual({
          pgpFingerprint: ann.fingerprint,
          pgpName: 'Ann Author',
        });
      }

      const wrong = wrongOnes['over another app'] ?? Buffer.alloc(0);
      await writeFile(path, makeSpk({ key: KEY, pgpSignature: wrong, pgpKeyring: ann.keyring }));
      expect((await readPackage(path, host)).metadata.author).toEqual({
        pgpProblem: 'it is over another text',
      });
      await expect(verifyPackage(path, host)).rejects.toMatchObject({ code: 'E_SPK_SIGNATURE' });
    });
  },
);
