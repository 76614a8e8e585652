import { dirname } from 'node:path';
import type { PlannedRelease } from '../preflight/check.js';
import { readRelease, type ReleaseFacts } from '../release/read.js';
import { customBuild } from '../release/refusals.js';
import { stageRelease } from '../release/stage.js';
import type { Host } from '../system/host.js';
import type { StepProgress, Ui } from '../ui.js';
import { bytes } from '../words.js';
import { cancelled } from './until-agreed.js';

/** A release that was read to its last byte. */
export interface ObtainedRelease {
  /** As given. */
  readonly original: string;
  /** The private copy to hand over; the original itself in a dry run. */
  readonly path: string;
  readonly facts: ReleaseFacts;
  /** Folder name it will have in HOME. */
  readonly folder: string;
}

export interface ReleaseWish {
  readonly tarball: string;
  readonly stagingDir: string;
  /** Reads it where it lies: nothing is copied. */
  readonly dryRun: boolean;
}

/**
 * Reads a tarball whole and, unless nothing is to be changed, keeps a private copy of the very bytes that
 * were read: what lies on the stick may be swapped before install.sh opens it. The copy is there for
 * `work` and gone afterwards, however that ends; a signal does not cut `work` off, it must watch
 * `host.interrupted`.
 * @throws Refusal E_TARBALL_*, E_CANCELLED
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
        await discard();
      }
    } finally {
      // A run that was stopped at a question leaves no trace.
      for (const folder of made) await host.files.removeEmptyDir(folder);
    }
  });
}

/** What the checks want to know of a release. */
export function plannedRelease(facts: ReleaseFacts): PlannedRelease {
  const { build, packedBytes, unpackedBytes, hasMongod7 } = facts;
  return { build, packedBytes, unpackedBytes, needsAvx: hasMongod7 };
}

async function obtain(
  { tarball, stagingDir, dryRun }: ReleaseWish,
  host: Host,
  progress: StepProgress,
): Promise<ObtainedRelease & { discard(): Promise<void> }> {
  const onProgress = (done: number, total: number): void => {
    // Thrown from in here it ends the reading, and the half copy is taken away.
    if (host.interrupted.aborted) throw cancelled();
    progress.bytes(done, total);
  };
  try {
    const { path, facts, discard } = dryRun
      ? { path: tarball, facts: await readRelease(tarball, host, { onProgress }), discard: nothing }
      : await stageRelease(tarball, stagingDir, host, { onProgress });
    if (facts.build === 0) {
      await discard();
      throw customBuild(tarball);
    }
    const entries = `${facts.entries.toLocaleString('en')} ${facts.entries === 1 ? 'entry' : 'entries'}`;
    progress.detail(
      `build ${String(facts.build)}, SHA-256 ${facts.sha256.slice(0, 12)}…, ${entries}, ${bytes(facts.unpackedBytes)} unpacked`,
    );
    return { original: tarball, folder: `sandstorm-${String(facts.build)}`, path, facts, discard };
  } catch (error) {
    // The signal reaches xz as well, and what it leaves looks like a damaged tarball.
    throw host.interrupted.aborted ? cancelled() : error;
  }
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
