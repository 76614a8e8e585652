import { join } from 'node:path';
import { Refusal } from '../../errors.js';
import { readInstallScript, whyNotInstallScript } from '../../installer/script-file.js';
import { catalogueOf, type Catalogue } from '../../kit/catalogue.js';
import { fetchLarge, fetchSmall, sizeElsewhere, type Cache } from '../../kit/download.js';
import { newestPath, tarballName } from '../../kit/hosts.js';
import { downloadFailed } from '../../kit/refusals.js';
import type { KitSource } from '../../kit/sources.js';
import { proofWords, requireProof } from '../../release/proof.js';
import type { ReleaseFacts } from '../../release/read.js';
import { customBuild } from '../../release/refusals.js';
import { signaturePaths } from '../../release/signature/watch.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { bytes } from '../../words.js';
import { openSource } from '../app-index/open-source.js';
import { findInstallScript } from '../pick.js';
import { verifyTarball } from '../verify-tarball.js';
import type { ContentsWish, Has } from './create-wish.js';

/** A file that is not here yet. */
export interface ToFetch {
  readonly name: string;
  readonly url: string;
  /** undefined: its server does not say. */
  readonly size: number | undefined;
}

export interface GatheredRelease {
  readonly sources: readonly KitSource[];
  readonly build: number;
  readonly catalogue: Catalogue;
}

/** Where the tarball is, or is to come from; undefined when none is wanted or the other side has it. */
export type LocatedRelease =
  { readonly at: 'here'; readonly tarball: string } | { readonly at: 'elsewhere'; readonly build: number };

const SMALL = 1024 * 1024;

/** @throws Refusal E_INPUT_NEEDED offline without a tarball, E_KIT_DOWNLOAD */
export async function locateRelease(
  wish: ContentsWish,
  has: Has,
  host: Host,
): Promise<LocatedRelease | undefined> {
  const { release } = wish;
  if (release.kind === 'none') return undefined;
  if (release.kind === 'file') return { at: 'here', tarball: release.path };
  if (wish.offline) {
    if (release.kind === 'newest') return undefined;
    throw new Refusal(
      'E_INPUT_NEEDED',
      `build ${String(release.build)} would have to be fetched, and --offline forbids it`,
      {
        hint: 'give the tarball itself: --release FILE',
      },
    );
  }
  const build = release.kind === 'build' ? release.build : await newestBuild(wish, host);
  return has.builds.has(build) ? undefined : { at: 'elsewhere', build };
}

/** What would have to be fetched for it. @throws Refusal E_KIT_DOWNLOAD */
export async function releaseToFetch(
  located: LocatedRelease,
  wish: ContentsWish,
  host: Host,
): Promise<readonly ToFetch[]> {
  const list: ToFetch[] = [];
  const ask = (url: string, path: string, name: string): Promise<void> =>
    withHost(url, wish, host, async (source) => {
      const size = await sizeElsewhere(path, source, host);
      list.push({ name, url: new URL(path, source.base).href, size });
    });
  if (located.at === 'elsewhere') {
    const name = tarballName(located.build);
    for (const one of [name, `${name}.update-sig`, `${name}.sig`]) {
      await ask(wish.hosts.downloads, one, one).catch((error: unknown) => {
        // Of the two signatures one is enough.
        if (one === name || !(error instanceof Refusal) || error.code !== 'E_KIT_DOWNLOAD') throw error;
      });
    }
    if (wish.installScript === undefined) await ask(wish.hosts.install, '', 'install.sh');
  }
  return list;
}

/**
 * The release with its signatures, install.sh, and what it needs of a server; proven genuine.
 * @throws Refusal E_KIT_DOWNLOAD, E_TARBALL_*, E_SIGNATURE_*, E_INSTALL_SCRIPT, E_CANCELLED, E_IO
 */
export async function gatherRelease(
  located: LocatedRelease,
  wish: ContentsWish,
  cache: Cache,
  host: Host,
  ui: Ui,
): Promise<GatheredRelease> {
  const tarball =
    located.at === 'here' ? located.tarball : await fetchRelease(located.build, wish, cache, host, ui);
  const installScript = await scriptFor(located, tarball, wish, cache, host);
  if (installScript !== undefined) await readInstallScript(installScript, host);
  const { facts, proof } = await provenFacts(tarball, installScript, wish, host, ui).catch(
    async (error: unknown) => {
      // What is not genuine must not be there the next time either.
      const isBad = error instanceof Refusal && error.exitCode === 5 && !host.interrupted.aborted;
      if (isBad && located.at === 'elsewhere') await host.files.remove(tarball);
      throw error;
    },
  );
  const name = tarballName(facts.build);
  const beside = await signatures(tarball, name, host);
  return {
    build: facts.build,
    catalogue: catalogueOf(facts, proof),
    sources: [
      { name, kind: 'release', from: { path: tarball } },
      ...beside,
      ...(installScript === undefined
        ? []
        : [{ name: 'install.sh', kind: 'install-script', from: { path: installScript } } as const]),
    ],
  };
}

async function provenFacts(
  tarball: string,
  installScript: string | undefined,
  { keyFile, allowUnsigned }: ContentsWish,
  host: Host,
  ui: Ui,
): Promise<{ readonly facts: ReleaseFacts; readonly proof: string }> {
  const { facts, ...judged } = await verifyTarball(tarball, { installScript, keyFile }, host, ui);
  if (facts.build === 0) throw customBuild(tarball);
  const proof = requireProof({ ...judged, tarball, sha256: facts.sha256 }, allowUnsigned, null);
  return { facts, proof: proofWords(proof) };
}

async function newestBuild(wish: ContentsWish, host: Host): Promise<number> {
  return withHost(wish.hosts.install, wish, host, async (source) => {
    const path = newestPath(wish.channel);
    const text = (await fetchSmall(path, 64, source, host))?.toString('latin1').trim() ?? '';
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw downloadFailed([{ url: new URL(path, source.base).href, why: 'what comes is no build number' }]);
  });
}

async function fetchRelease(
  build: number,
  wish: ContentsWish,
  cache: Cache,
  host: Host,
  ui: Ui,
): Promise<string> {
  const name = tarballName(build);
  const file = join(cache.dir, name);
  await withHost(wish.hosts.downloads, wish, host, async (source) => {
    // Small ones anew each time: a signature may have been added, or mended.
    for (const path of [`${name}.update-sig`, `${name}.sig`]) {
      const signature = await fetchSmall(path, SMALL, source, host);
      if (signature === undefined) await host.files.remove(join(cache.dir, path));
      else await host.files.writeAtomic(join(cache.dir, path), signature);
    }
    if ((await host.files.lstat(file)) !== undefined) return;
    await ui.step('Fetch', async (progress) => {
      let here = 0;
      await fetchLarge({ path: name, name, file }, cache, source, host, (now, total) => {
        here = now;
        if (total !== undefined) progress.bytes(now, total);
      });
      progress.detail(`${name}, ${bytes(here)}`);
    });
  });
  return file;
}

async function scriptFor(
  located: LocatedRelease,
  tarball: string,
  wish: ContentsWish,
  cache: Cache,
  host: Host,
): Promise<string | undefined> {
  if (wish.installScript !== undefined) return wish.installScript;
  if (located.at === 'here') return findInstallScript(tarball, host);
  const file = join(cache.dir, 'install.sh');
  await withHost(wish.hosts.install, wish, host, async (source) => {
    const script = await fetchSmall('', SMALL, source, host);
    const why = script === undefined ? 'there is no such file' : whyNotInstallScript(script.toString('utf8'));
    if (script === undefined || why !== undefined)
      throw downloadFailed([{ url: source.base.href, why: `it is not install.sh: ${why ?? ''}` }]);
    await host.files.writeAtomic(file, script);
  });
  return file;
}

async function signatures(tarball: string, name: string, host: Host): Promise<KitSource[]> {
  const [updateSig, sig] = signaturePaths(tarball);
  const found: KitSource[] = [];
  for (const [path, kind] of [
    [updateSig, 'update-sig'],
    [sig, 'sig'],
  ] as const) {
    if ((await host.files.lstat(path)) !== undefined)
      found.push({ name: `${name}.${kind}`, kind, from: { path } });
  }
  return found;
}

async function withHost<T>(
  url: string,
  { approach }: ContentsWish,
  host: Host,
  work: (source: Awaited<ReturnType<typeof openSource>>['source']) => Promise<T>,
): Promise<T> {
  const { source, close } = await openSource({ ...approach, url }, host);
  try {
    return await work(source);
  } finally {
    close();
  }
}
