import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PublicHosts } from '../../src/kit/hosts.js';
import type { SigningKey } from '../../src/rehearsal/signing-key.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';
import { makeSpk, spkKey } from '../stand-ins/spk.js';
import {
  makeUpstreamApp,
  packageIdOf,
  serveUpstream,
  type Upstream,
  type UpstreamFiles,
} from './upstream-index.js';

export interface StandInApp {
  readonly name: string;
  readonly version: number;
}

/** The bytes of its package: valid, and always the same. */
export function packageOf({ name, version }: StandInApp): Buffer {
  return makeSpk({
    title: name,
    version,
    marketingVersion: `${String(version)}.0`,
    key: spkKey(name),
    fillerBytes: 20_000,
  });
}

export function packageIdFor(app: StandInApp): string {
  return packageIdOf(packageOf(app));
}

/** The files of all three hosts, in folders of one: `dl`, `install` and `index`. */
export async function publicFiles(
  builds: readonly number[],
  apps: readonly StandInApp[],
  sign: SigningKey,
): Promise<UpstreamFiles> {
  const dir = await mkdtemp(join(tmpdir(), 'public-hosts-'));
  try {
    const files: UpstreamFiles = new Map();
    for (const build of builds) {
      const tarball = await makeRelease({ build, dir, sign });
      for (const end of ['', '.update-sig'])
        files.set(`dl/sandstorm-${String(build)}.tar.xz${end}`, await readFile(tarball + end));
    }
    files.set('install/', await readFile(standInInstaller));
    files.set('install/dev?from=0&type=install', Buffer.from(`${String(Math.max(...builds))}\n`));
    putApps(files, apps);
    return files;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** These are the newest packages of their apps from now on; older ones stay. */
export function putApps(files: UpstreamFiles, apps: readonly StandInApp[]): void {
  const made = apps.map((app) => {
    const spk = packageOf(app);
    const packageId = packageIdOf(spk);
    files.set(`index/packages/${packageId}`, spk);
    const { appId } = spkKey(app.name);
    return makeUpstreamApp({ name: app.name, versionNumber: app.version, entry: { appId, packageId } }).entry;
  });
  files.set('index/apps/index.json', Buffer.from(JSON.stringify({ apps: made })));
}

export function hostsAt(url: string): PublicHosts {
  return { downloads: `${url}/dl`, install: `${url}/install`, index: `${url}/index` };
}

export async function servePublic(files: UpstreamFiles): Promise<Upstream & { readonly hosts: PublicHosts }> {
  const upstream = await serveUpstream(files);
  onTestFinished(() => upstream.faults.clear());
  return Object.assign(upstream, { hosts: hostsAt(upstream.url) });
}
