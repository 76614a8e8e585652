import { join } from 'node:path';
import { readConf } from '../config/conf-file.js';
import { getValue } from '../config/sandstorm-conf.js';
import { compareWithManifest } from '../release/compare.js';
import type { InstalledServer } from '../server/home-state.js';
import { runningServer } from '../server/running.js';
import { mongoFacts } from '../snapshot/mongo.js';
import { dataFolders } from '../snapshot/record.js';
import { sizeOf } from '../snapshot/size.js';
import type { Host } from '../system/host.js';
import type { UpdateFacts } from '../update/plan.js';
import type { SnapshotScope } from '../update/step.js';
import type { ObtainedRelease } from './obtain-release.js';
import { snapshotPlace } from './update-refusals.js';
import type { UpdateRequest } from './update.js';

interface Asked {
  readonly request: UpdateRequest;
  readonly state: InstalledServer;
  readonly release: ObtainedRelease;
  readonly unpack: boolean;
}

/** All that the plan of an update depends on, as it is now. @throws Refusal E_SNAPSHOT_PLACE */
export async function updateFacts(
  { request, state, release, unpack }: Asked,
  host: Host,
): Promise<UpdateFacts> {
  const { home } = request;
  const { document: conf } = await readConf(home, host);
  const { isSeven, halfMigrated } = await mongoFacts(home, host);
  const migrate = release.facts.hasMongod7 && !isSeven;
  const data = unpack || migrate || halfMigrated ? await dataToKeep(home, request.scope, host) : 0;
  return {
    home,
    from: state.folder,
    to: release.folder,
    tarball: request.tarball,
    sha256: release.facts.sha256,
    unpackedBytes: release.facts.unpackedBytes,
    proof: release.proof,
    downgradeAllowed: release.facts.build < state.build,
    strategy: request.strategy,
    waive: request.waive,
    channel: getValue(conf, 'UPDATE_CHANNEL'),
    unpack,
    running: (await runningServer(home, host)) !== undefined,
    target: await targetState(unpack && !request.reinstall, release, home, host),
    scope: request.scope,
    snapshotBytes: data,
    migrate,
    mongoBytes: migrate ? await sizeOf(join(home, 'var/mongo'), host) : 0,
    halfMigrated,
    keep: request.keep,
    stableSeconds: request.patience.stableMs / 1000,
  };
}

/** A folder of the new name is used only when it is the very release; to be put in place anew it never is. */
async function targetState(
  reusable: boolean,
  { folder, manifest }: ObtainedRelease,
  home: string,
  host: Host,
): Promise<UpdateFacts['target']> {
  const path = join(home, folder);
  if ((await host.files.lstat(path)) === undefined) return 'absent';
  return reusable && (await compareWithManifest(path, manifest, host)).matches ? 'whole' : 'different';
}

/** Bytes of what a snapshot copies. @throws Refusal E_SNAPSHOT_PLACE */
export async function dataToKeep(home: string, scope: SnapshotScope, host: Host): Promise<number> {
  let total = 0;
  const outer = await host.files.stat(join(home, 'var'));
  for (const folder of dataFolders(scope)) {
    const path = join(home, 'var', folder);
    const stat = await host.files.lstat(path);
    if (stat !== undefined && (stat.kind !== 'directory' || stat.dev !== outer?.dev))
      throw snapshotPlace(path);
    total += await sizeOf(path, host);
  }
  return total;
}
