import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { randomHex } from '../system/random.js';
import type { Compression } from './format.js';
import type { ReleaseManifest } from './manifest.js';
import { requireFile } from './packed.js';
import { requireReleaseStart } from './peek.js';
import { readRelease, type ReadOptions, type ReleaseFacts } from './read.js';
import { notATarball } from './refusals.js';
import { repackToXz } from './repack.js';

/** A release that may be handed to install.sh or `sandstorm update`. */
export interface StagedRelease {
  /** sandstorm-<build>.tar.xz in a folder only we can enter. */
  readonly path: string;
  /** Of the file at `path`. */
  readonly facts: ReleaseFacts;
  /** Where it came from. Detached signatures lie beside it, and are about its bytes. */
  readonly original: {
    readonly path: string;
    readonly compression: Compression;
    readonly sha256: string;
    readonly packedBytes: number;
  };
  /** Of what the file at `path` unpacks to, when it was asked for. */
  readonly manifest: ReleaseManifest | undefined;
  /** Removes the copy and its folder. */
  discard(): Promise<void>;
}

export interface StageOptions extends ReadOptions {
  /** A second reading has begun: of what was packed again. Progress starts anew. */
  readonly onReread?: () => void;
  readonly withManifest?: boolean;
}

/**
 * Makes a private copy of a tarball and judges the very bytes of that copy, so that what happens to the
 * original meanwhile (another stick, another user) does not matter. A slow stick is read once: its
 * bytes go to the copy, the hash and the judge at the same time. Gzip and plain tar are packed as xz on
 * the way. On failure nothing is left in `stagingDir`.
 *
 * @param stagingDir made if missing; nobody but us may be able to put things there
 * @throws Refusal as readRelease, and E_IO
 */
export async function stageRelease(
  path: string,
  stagingDir: string,
  host: Host,
  options: StageOptions = {},
): Promise<StagedRelease> {
  await requireFile(path, host);
  const folder = await freshFolder(stagingDir, host);
  // It may lie there for hours before the plan is agreed to and the lock taken: `clean` must see whose it is.
  const letGo = await host.files.hold(folder);
  const discard = () => host.files.remove(folder).finally(letGo);
  try {
    const incoming = join(folder, 'incoming');
    let manifest: ReleaseManifest | undefined;
    const collecting = { ...options, onManifest: (made: ReleaseManifest) => (manifest = made) };
    const { facts, original } = await copyAndJudge(
      path,
      incoming,
      host,
      options.withManifest === true ? collecting : options,
    );
    const staged = join(folder, `sandstorm-${facts.build}.tar.xz`);
    await host.files.rename(incoming, staged);
    return { path: staged, facts, original: { path, ...original }, manifest, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

interface Judged {
  readonly facts: ReleaseFacts;
  readonly original: Omit<StagedRelease['original'], 'path'>;
}

async function copyAndJudge(path: string, copy: string, host: Host, options: StageOptions): Promise<Judged> {
  if ((await requireReleaseStart(path, host)) !== 'xz') {
    const original = await repackToXz(path, copy, host, options);
    options.onReread?.();
    // The tap is promised the original's bytes, once.
    const facts = await readRelease(copy, host, { ...options, called: path, tap: () => undefined });
    return { original, facts };
  }
  const facts = (await host.files.reflink(path, copy))
    ? await readRelease(copy, host, { ...options, called: path })
    : await readWhileCopying(path, copy, host, options);
  // It was xz a moment ago.
  if (facts.compression !== 'xz') throw notATarball(path, 'another file than before');
  return { facts, original: facts };
}

async function readWhileCopying(
  path: string,
  copy: string,
  host: Host,
  options: StageOptions,
): Promise<ReleaseFacts> {
  const sink = await host.files.openWrite(copy);
  try {
    const facts = await readRelease(path, host, {
      ...options,
      async tap(chunk) {
        await sink.write(chunk);
        await options.tap?.(chunk);
      },
    });
    await sink.finish();
    return facts;
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

async function freshFolder(stagingDir: string, host: Host): Promise<string> {
  await host.files.makeDir(stagingDir, 0o700);
  const outer = await host.files.stat(stagingDir);
  const othersMayWrite = (mode: number) => (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (outer?.kind !== 'directory' || !mine(outer.uid, host) || othersMayWrite(outer.mode)) {
    throw stagingNotPrivate(stagingDir);
  }
  const folder = join(stagingDir, `release-${randomHex(8)}`);
  await host.files.makeDir(folder, 0o700);
  const inner = await host.files.lstat(folder);
  if (inner?.kind !== 'directory' || inner.uid !== host.user.uid || (inner.mode & 0o077) !== 0) {
    throw stagingNotPrivate(stagingDir);
  }
  return folder;
}

/** Root's folders are safe from everybody but root: /tmp is one. */
function mine(uid: number, host: Host): boolean {
  return uid === host.user.uid || uid === 0;
}

function stagingNotPrivate(dir: string): Refusal {
  return new Refusal('E_IO', `others could change what is staged in ${dir}`, {
    hint: `chown root ${dir} && chmod 0700 ${dir}, or give another folder with --staging`,
  });
}
