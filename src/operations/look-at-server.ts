import { readConf } from '../config/conf-file.js';
import { getValue, type ConfDocument } from '../config/sandstorm-conf.js';
import { Refusal } from '../errors.js';
import { complaints, isHealthy, readHealth } from '../server/health.js';
import { judgeHome, observeHome, type HomeState, type InstalledServer } from '../server/home-state.js';
import { runningServer } from '../server/running.js';
import { findServiceManager } from '../service/find-service-manager.js';
import { mongoFacts } from '../snapshot/mongo.js';
import type { SnapshotRecord } from '../snapshot/record.js';
import { completeSnapshots } from '../snapshot/store.js';
import type { Host } from '../system/host.js';
import { targetFor } from './server-facts.js';

/** A server that is there, whether or not it runs. */
export interface ServerLook {
  /** 0 for a custom build. */
  readonly build: number;
  readonly running: boolean;
  readonly pid: number | null;
  readonly healthy: boolean;
  /** For people, one sentence each. */
  readonly problems: readonly string[];
  readonly channel: string | null;
  readonly baseUrl: string | null;
  readonly wildcardHost: string | null;
  readonly serviceManager: string;
  readonly wayBack: WayBack | null;
}

/** The snapshot that `rollback` would go back to. */
export type WayBack = Pick<SnapshotRecord, 'id' | 'release' | 'takenAt' | 'scope' | 'bytes'>;

/**
 * HOME, and the server in it if there is a whole one. Changes nothing. The answers of the server are waited for
 * last: whatever else there is to look at can go on beside.
 */
export async function lookAtHome(
  home: string,
  host: Host,
): Promise<{ readonly state: HomeState; readonly asking: Promise<ServerLook> | undefined }> {
  const reading = readConf(home, host);
  // Awaited only where there is a server.
  reading.catch(() => undefined);
  const state = judgeHome(await observeHome(home, host));
  const found = state.kind === 'server' ? state : state.kind === 'interrupted' ? state.server : undefined;
  if (found === undefined) return { state, asking: undefined };
  return { state, asking: look(home, found, (await reading).document, host) };
}

async function look(
  home: string,
  { build, folder }: InstalledServer,
  conf: ConfDocument,
  host: Host,
): Promise<ServerLook> {
  const [answers, manager, { halfMigrated }, wayBack] = await Promise.all([
    ask(home, conf, host),
    findServiceManager(home, host),
    mongoFacts(home, host),
    newestWayBack(home, folder, host),
  ]);
  return {
    build,
    ...answers,
    problems: [...answers.problems, ...(halfMigrated ? [HALF_MIGRATED] : [])],
    channel: getValue(conf, 'UPDATE_CHANNEL') ?? null,
    serviceManager: manager.kind,
    wayBack,
  };
}

type Answers = Pick<ServerLook, 'running' | 'pid' | 'healthy' | 'problems' | 'baseUrl' | 'wildcardHost'>;

/** With a sandstorm.conf that does not say where to look, that is what there is to tell. */
async function ask(home: string, conf: ConfDocument, host: Host): Promise<Answers> {
  try {
    const target = targetFor(home, conf, []);
    const reading = await readHealth(target, host);
    return {
      running: reading.process.ok,
      pid: reading.process.pid ?? null,
      healthy: isHealthy(reading),
      problems: complaints(reading),
      baseUrl: target.baseUrl,
      wildcardHost: target.wildcardHost,
    };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'E_CONF_INCOMPLETE') throw error;
    const running = await runningServer(home, host);
    return {
      running: running !== undefined,
      pid: running?.pid ?? null,
      healthy: false,
      problems: [error.message],
      baseUrl: getValue(conf, 'BASE_URL') ?? null,
      wildcardHost: getValue(conf, 'WILDCARD_HOST') ?? null,
    };
  }
}

const HALF_MIGRATED =
  'a migration of the database was cut off: sandstorm-airgap resume, or update once more, undoes and repeats it';

/** What `rollback` would go back to. */
async function newestWayBack(home: string, folder: string, host: Host): Promise<WayBack | null> {
  const found = (await completeSnapshots(home, host)).find(({ release }) => release !== folder);
  if (found === undefined) return null;
  const { id, release, takenAt, scope, bytes } = found;
  return { id, release, takenAt, scope, bytes };
}
