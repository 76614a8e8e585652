import { MalformedMessage } from '../capnp/malformed.js';
import type { Host } from '../system/host.js';
import { appIdOf } from './app-id.js';
import type { AppMetadata, AppPackage } from './app-package.js';
import type { Extent } from './archive.js';
import { readManifest, type Manifest } from './manifest.js';
import { spkContents, spkCorrupt, spkRevoked, spkSignature, spkTooBig } from './refusals.js';
import { appOfKey, isRevoked } from './replaced-keys.js';
import { ArchiveTooBig, SignedArchive, type SignatureParts } from './signed-archive.js';
import { unpackOnce, type OnProgress, type PackedFacts } from './unpack.js';

export interface PackageOptions {
  /** Packed bytes read so far, of how many. */
  readonly onProgress?: OnProgress;
}

/**
 * What a package says of itself. The file is read to its end for its SHA-256, but unpacked only as far as the
 * manifest, and its signature is not checked: `signedBy` is what the package claims. A file that is cut short
 * or has something behind its end is refused nevertheless, and so is a revoked one.
 * Memory does not grow with its size.
 * @throws Refusal E_SPK_MISSING, E_SPK_FORMAT, E_SPK_CORRUPT, E_SPK_CONTENTS, E_SPK_TOO_BIG, E_SPK_REVOKED, E_IO
 */
export async function readPackage(
  path: string,
  host: Host,
  options: PackageOptions = {},
): Promise<AppPackage> {
  const { archive, packed } = await lookInto(path, host, 'until the manifest', options);
  return describe(path, archive, packed);
}

/**
 * The same of a package that is proven: every byte of the archive is what the key has signed, the file is one
 * xz stream and ends with it, the archive ends with its message, and its top folder can be unpacked.
 * An author's OpenPGP signature that is there must be right, as upstream's `spk verify` has it.
 * @throws Refusal as readPackage, and E_SPK_SIGNATURE
 */
export async function verifyPackage(
  path: string,
  host: Host,
  options: PackageOptions = {},
): Promise<AppPackage> {
  const { archive, packed } = await lookInto(path, host, 'all', options);
  await requireSigned(path, archive.signature, archive.sha512());
  const described = await describe(path, archive, packed);
  const { pgpProblem } = described.metadata.author;
  if (pgpProblem !== undefined)
    throw spkSignature(path, `its author's OpenPGP signature is wrong: ${pgpProblem}`);
  return described;
}

/** A genuine package takes one reading; pointers that lead back take more. */
const MAX_ROUNDS = 4;

async function lookInto(
  path: string,
  host: Host,
  extent: Extent,
  { onProgress }: PackageOptions,
): Promise<{ readonly archive: SignedArchive; readonly packed: PackedFacts }> {
  const archive = new SignedArchive(extent);
  try {
    const packed = await unpackOnce(path, host, archive, onProgress);
    if (extent === 'all') archive.end();
    if (packed.streamBytes !== archive.streamBytes) {
      throw new MalformedMessage('what is packed in it is not as long as its archive');
    }
    for (let round = 2; !archive.isFound; round += 1) {
      if (round > MAX_ROUNDS) throw new MalformedMessage('its manifest is scattered all over it');
      archive.again();
      const { sha256 } = await unpackOnce(path, host, archive, onProgress);
      if (sha256 !== packed.sha256) throw spkCorrupt(path, 'it has changed while it was read');
    }
    return { archive, packed };
  } catch (error) {
    throw asRefusal(path, error);
  }
}

async function requireSigned(path: string, claimed: SignatureParts, sha512: Buffer): Promise<void> {
  // Curve arithmetic takes longer to load than all of `spk inspect`.
  const { Ed25519Verifier } = await import('../release/signature/ed25519.js');
  const verifier = new Ed25519Verifier(claimed.publicKey, claimed.signature);
  verifier.update(claimed.sha512);
  if (!verifier.verify()) throw spkSignature(path, 'it was not made by the key that it names');
  if (!sha512.equals(claimed.sha512))
    throw spkSignature(path, 'the archive in it is not the one that was signed');
}

async function describe(path: string, archive: SignedArchive, packed: PackedFacts): Promise<AppPackage> {
  const manifest = manifestIn(path, archive);
  const packageId = packed.sha256.slice(0, 32);
  const signedBy = appIdOf(archive.signature.publicKey);
  const appId = appOfKey(signedBy);
  if (isRevoked(signedBy, packageId)) throw spkRevoked(path, signedBy, packageId);
  const { title, marketingVersion, versionNumber } = manifest;
  return {
    packageId,
    appId,
    signedBy,
    title,
    marketingVersion,
    versionNumber,
    packedBytes: packed.packedBytes,
    unpackedBytes: archive.archiveBytes,
    metadata: await withAuthor(manifest, appId),
  };
}

function manifestIn(path: string, archive: SignedArchive): Manifest {
  try {
    return readManifest(archive.manifestBytes());
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw spkContents(path, `in its manifest, ${error.message}`, error);
  }
}

async function withAuthor(
  { metadata, pgpSignature, pgpKeyring }: Manifest,
  appId: string,
): Promise<AppMetadata> {
  if (pgpSignature === undefined || pgpSignature.length === 0) return metadata;
  const { checkAuthorSignature } = await import('./author-signature.js');
  const finding = await checkAuthorSignature(appId, pgpSignature, pgpKeyring);
  const said =
    finding.state === 'invalid'
      ? { pgpProblem: finding.why }
      : {
          pgpFingerprint: finding.fingerprint,
          ...(finding.name === undefined ? {} : { pgpName: finding.name }),
        };
  return { ...metadata, author: { ...metadata.author, ...said } };
}

function asRefusal(path: string, error: unknown): unknown {
  if (error instanceof MalformedMessage) return spkContents(path, error.message, error);
  if (error instanceof ArchiveTooBig) return spkTooBig(path, 'says it unpacks to more than 1 GiB');
  return error;
}
