import { dirname } from 'node:path';
import { Refusal } from '../errors.js';
import type { PlannedRelease } from '../preflight/check.js';
import type { ReleaseManifest } from '../release/manifest.js';
import { proofWords, requireProof, type Proof } from '../release/proof.js';
import { readRelease, type ReleaseFacts } from '../release/read.js';
import { customBuild } from '../release/refusals.js';
import type { SignatureWatch } from '../release/signature/watch.js';
import { stageRelease } from '../release/stage.js';
import { whileWatching } from '../release/verify.js';
import type { Host } from '../system/host.js';
import type { StepProgress, Ui } from '../ui.js';
import { bytes } from '../words.js';
import { watchForProof, type ProofWish } from './authenticity.js';
import { orByHouse } from './house-proof.js';
import { logged } from './journal-trouble.js';
import { cancelled } from './until-agreed.js';

/** A release that was read to its last byte, and is genuine as far as was asked for. */
export interface ObtainedRelease {
  /** As given. */
  readonly original: string;
  /** The private copy to hand over; the original itself in a dry run. */
  readonly path: string;
  readonly facts: ReleaseFacts;
  readonly proof: Proof;
  /** What every entry must be once it is unpacked. */
  readonly manifest: ReleaseManifest;
  /** Folder name it will have in HOME. */
  readonly folder: string;
}

export interface ReleaseWish {
  readonly tarball: string;
  readonly stagingDir: string;
  /** Reads it where it lies: nothing is copied. */
  readonly dryRun: boolean;
  readonly proof: ProofWish;
  /** Seen when the plan was made that is now gone on with: only that it is the same file has to be seen again. */
  readonly knownProof?: Proof | undefined;
  /** Where the OpenPGP release key may be found. */
  readonly installScript: string | undefined;
}

/**
 * Reads a tarball whole, compares it with its signatures and, unless nothing is to be changed, keeps a private copy of the very bytes that
 * were read and signed: what lies on the stick may be swapped before install.sh opens it. The copy is there for
 * `work` and gone afterwards, however that ends; a signal does not cut `work` off, it must watch
 * `host.interrupted`.
 * @throws Refusal E_TARBALL_*, E_SIGNATURE_*, E_TRUST_STORE, E_BAD_VALUE, E_CANCELLED
 */
export async function withRelease<T>(
  wish: ReleaseWish,
  host: Host,
  ui: Ui,
  work: (release: ObtainedRelease) => Promise<T>,
): Promise<T> {
  const made = wish.dryRun ? [] : await missingFolders(wish.stagingDir, host);
  return host.unbroken(async () => {
    try {
      const { discard, ...release } = await ui.step('Verified', (progress) => obtain(wish, host, progress));
      try {
        return await work(release);
      } finally {
        await discard().catch(logged(host));
      }
    } finally {
      // A run that was stopped at a question leaves no trace.
      // On a disk that fails this fails too, and must not hide what it came to.
      for (const folder of made) await host.files.removeEmptyDir(folder).catch(logged(host));
    }
  });
}

/** What the checks want to know of a release. */
export function plannedRelease(facts: ReleaseFacts): PlannedRelease {
  const { build, packedBytes, unpackedBytes, hasMongod7 } = facts;
  return { build, packedBytes, unpackedBytes, needsAvx: hasMongod7 };
}

async function obtain(
  wish: ReleaseWish,
  host: Host,
  progress: StepProgress,
): Promise<ObtainedRelease & { discard(): Promise<void> }> {
  const { tarball, proof: wanted } = wish;
  let discard = nothing;
  try {
    const { watch, newTrust } = await watchForProof(tarball, wanted, wish.installScript, host);
    const { value, ...judged } = await whileWatching(watch, async (tap) => {
      const got = await read(wish, tap, host, progress);
      ({ discard } = got);
      return got;
    });
    const { path, facts, manifest, sha256 } = value;
    if (facts.build === 0) throw customBuild(tarball);
    const seen = { ...judged, tarball, sha256 };
    const proof =
      wish.knownProof === undefined
        ? requireProof(
            { ...seen, verdict: await orByHouse(seen, wanted.houseWord, host) },
            wanted.allowUnsigned,
            newTrust,
          )
        : requireSame(tarball, sha256, wish.knownProof);
    progress.detail(detailOf(facts, proof));
    const folder = `sandstorm-${String(facts.build)}`;
    return { original: tarball, folder, path, facts, manifest, proof, discard };
  } catch (error) {
    await discard();
    // The signal reaches xz as well, and what it leaves looks like a damaged tarball.
    throw host.interrupted.aborted ? cancelled() : error;
  }
}

/** @throws Refusal E_PENDING */
function requireSame(tarball: string, sha256: string, known: Proof): Proof {
  if (sha256 === known.sha256) return known;
  throw new Refusal('E_PENDING', `${tarball} is another file than the one that was begun with`, {
    hint: `put that one back (SHA-256 ${known.sha256}), or go back: sandstorm-airgap abort`,
  });
}

interface ReadTarball {
  readonly path: string;
  readonly facts: ReleaseFacts;
  readonly manifest: ReleaseManifest;
  /** Of the original. */
  readonly sha256: string;
  discard(): Promise<void>;
}

async function read(
  { tarball, stagingDir, dryRun }: ReleaseWish,
  tap: SignatureWatch['tap'],
  host: Host,
  progress: StepProgress,
): Promise<ReadTarball> {
  const onProgress = (done: number, total: number): void => {
    // Thrown from in here it ends the reading, and the half copy is taken away.
    if (host.interrupted.aborted) throw cancelled();
    progress.bytes(done, total);
  };
  const options = { onProgress, tap };
  if (dryRun) {
    let manifest: ReleaseManifest = new Map();
    const onManifest = (made: ReleaseManifest): void => void (manifest = made);
    const facts = await readRelease(tarball, host, { ...options, onManifest });
    return { path: tarball, facts, manifest, sha256: facts.sha256, discard: nothing };
  }
  const { original, manifest, ...staged } = await stageRelease(tarball, stagingDir, host, {
    ...options,
    withManifest: true,
  });
  if (manifest === undefined) throw new Error('there is no manifest of the staged release');
  return { ...staged, manifest, sha256: original.sha256 };
}

function detailOf({ build, entries, unpackedBytes }: ReleaseFacts, proof: Proof): string {
  return [
    `build ${String(build)}`,
    proofWords(proof),
    `SHA-256 ${proof.sha256.slice(0, 12)}…`,
    `${entries.toLocaleString('en')} ${entries === 1 ? 'entry' : 'entries'}`,
    `${bytes(unpackedBytes)} unpacked`,
  ].join(', ');
}

const nothing = (): Promise<void> => Promise.resolve();

/** The folder and those above it that are not there yet, innermost first. */
async function missingFolders(folder: string, host: Host): Promise<string[]> {
  const missing: string[] = [];
  for (let path = folder; (await host.files.lstat(path)) === undefined; path = dirname(path)) {
    missing.push(path);
  }
  return missing;
}
