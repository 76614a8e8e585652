import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { revokeKey } from '../../../src/kit/key-store.js';
import { receiptPath } from '../../../src/kit/receipts.js';
import { withKitRelease } from '../../../src/operations/kit/kit-release.js';
import { withRelease } from '../../../src/operations/obtain-release.js';
import { verifyTarball } from '../../../src/operations/verify-tarball.js';
import { proofWords, type Proof } from '../../../src/release/proof.js';
import { makeSigningKey } from '../../../src/rehearsal/signing-key.js';
import type { Host } from '../../../src/system/host.js';
import { connectedSide, offlineSide } from '../../helpers/kit-sides.js';
import { quietUi } from '../../helpers/mirroring.js';
import { publicFiles } from '../../helpers/public-hosts.js';
import type { UpstreamFiles } from '../../helpers/upstream-index.js';

/* A release that nobody on the offline side can judge by its own signatures: the kit that it came in vouches for it. */

const signing = makeSigningKey();
const NO_KEYS = { installScript: undefined, keyFile: undefined };
let published: UpstreamFiles;

beforeAll(async () => {
  published = await publicFiles([309], [], signing);
});

/** Both sides, and a kit; `unsigned` leaves the release without any signature. */
async function carried({ unsigned = false } = {}) {
  const connected = await connectedSide(published, signing);
  if (unsigned) connected.upstream.files.delete('dl/sandstorm-309.tar.xz.update-sig');
  const kit = await connected.create({ allowUnsigned: unsigned });
  const offline = await offlineSide(connected.key);
  return { ...connected, kit, offline };
}

async function verdictOf(tarball: string, host: Host): Promise<string> {
  const { verdict } = await verifyTarball(tarball, NO_KEYS, host, quietUi);
  return verdict.authentic ? verdict.by.map(({ key }) => key.origin).join() : verdict.code;
}

/** As `update` obtains it. */
function proofOf(
  path: string,
  dryRun: boolean,
  { host, root }: { host: Host; root: string },
): Promise<Proof> {
  return withKitRelease({ path, allowOlder: false, dryRun }, host, quietUi, (tarball, houseWord) =>
    withRelease(
      {
        tarball,
        stagingDir: join(root, 'staging'),
        dryRun,
        proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined, houseWord },
        installScript: undefined,
      },
      host,
      quietUi,
      ({ proof }) => Promise.resolve(proof),
    ),
  );
}

describe('a release in a kit of the house', () => {
  it('counts where its own key is not known, in a dry run and when it is taken in', async () => {
    const { kit, key, offline } = await carried();
    for (const dryRun of [true, false]) {
      const proof = await proofOf(kit.path, dryRun, offline);
      expect(proof.signedBy).toEqual([
        { kind: 'ed25519', fingerprint: key.key.toUpperCase(), origin: 'house' },
      ]);
      expect(proofWords(proof)).toBe('signed by your own house, in its transfer kit (ed25519)');
    }
  });

  it('is not asked again when an operation is gone on with', async () => {
    const { kit, key, offline } = await carried();
    const { host, root } = offline;
    const knownProof = await proofOf(kit.path, true, offline);
    const { manifest } = await offline.receive(kit.path);
    await revokeKey(key, 'stolen', host);
    await writeFile(receiptPath(manifest.id, host), 'torn');
    const again = await withRelease(
      {
        tarball: join(kit.path, 'files/sandstorm-309.tar.xz'),
        stagingDir: join(root, 'staging'),
        dryRun: true,
        proof: { allowUnsigned: false, keyFile: undefined, trustKey: undefined },
        knownProof,
        installScript: undefined,
      },
      host,
      quietUi,
      ({ proof }) => Promise.resolve(proof),
    );
    expect(again).toEqual(knownProof);
  });

  it('counts without any signature, if whoever made the kit said so', async () => {
    const { kit, offline } = await carried({ unsigned: true });
    const page = await readFile(join(kit.path, 'files/RUNBOOK.md'), 'utf8');
    expect(page).toMatch(/\| Holds +\| build 309, not signed, as allowed +\|/);
    const { folder } = await offline.receive(kit.path);
    expect(await verdictOf(join(folder, 'sandstorm-309.tar.xz'), offline.host)).toBe('house');
  });

  it('counts no longer when the key is revoked', async () => {
    const { kit, key, offline } = await carried({ unsigned: true });
    const { folder } = await offline.receive(kit.path);
    await revokeKey(key, 'stolen', offline.host);
    expect(await verdictOf(join(folder, 'sandstorm-309.tar.xz'), offline.host)).toBe('E_TARBALL_UNSIGNED');
  });

  it('is not believed where others may write to it', async () => {
    const { kit, offline } = await carried({ unsigned: true });
    const { folder, manifest } = await offline.receive(kit.path);
    await chmod(receiptPath(manifest.id, offline.host), 0o666);
    await expect(verdictOf(join(folder, 'sandstorm-309.tar.xz'), offline.host)).rejects.toMatchObject({
      code: 'E_TRUST_STORE',
    });
  });

  it('does not count for other bytes', async () => {
    const { kit, offline } = await carried({ unsigned: true });
    const { folder } = await offline.receive(kit.path);
    const other = await publicFiles([310], [], signing);
    const tarball = join(folder, 'sandstorm-310.tar.xz');
    await writeFile(tarball, other.get('dl/sandstorm-310.tar.xz') ?? '');
    expect(await verdictOf(tarball, offline.host)).toBe('E_TARBALL_UNSIGNED');
  });

  it('does not outweigh a signature that is wrong', async () => {
    const { kit, offline } = await carried();
    const { folder } = await offline.receive(kit.path);
    const signature = join(folder, 'sandstorm-309.tar.xz.update-sig');
    await writeFile(signature, (await readFile(signature)).subarray(0, 20));
    expect(await verdictOf(join(folder, 'sandstorm-309.tar.xz'), offline.host)).toBe('E_SIGNATURE_FORMAT');
  });
});
