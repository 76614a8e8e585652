import { readConf } from '../config/conf-file.js';
import { getValue, type ConfDocument } from '../config/sandstorm-conf.js';
import { Refusal } from '../errors.js';
import { lastRun } from '../journal/journal.js';
import { lockOwner, type LockOwner } from '../journal/lock.js';
import type { RunRecord } from '../journal/record.js';
import { complaints, isHealthy, readHealth } from '../server/health.js';
import { judgeHome, observeHome, type HomeState } from '../server/home-state.js';
import { findLeftovers } from '../server/leftovers/leftovers.js';
import { runningServer } from '../server/running.js';
import { findServiceManager } from '../service/find-service-manager.js';
import { mongoFacts } from '../snapshot/mongo.js';
import type { SnapshotRecord } from '../snapshot/record.js';
import { completeSnapshots } from '../snapshot/store.js';
import type { Host } from '../system/host.js';
import { isServerPlan } from '../update/step.js';
import { isInstallPlan } from './install-plan.js';
import { isOpen, waysOn, whatToType } from './pending.js';
import { targetFor } from './server-facts.js';

export interface StatusResult {
  readonly home: string;
  readonly installed: boolean;
  /** undefined text for people is in `problems`. */
  readonly state: HomeState['kind'];
  readonly build: number | null;
  readonly running: boolean;
  readonly pid: number | null;
  readonly healthy: boolean;
  readonly problems: readonly string[];
  readonly channel: string | null;
  readonly baseUrl: string | null;
  readonly wildcardHost: string | null;
  readonly serviceManager: string | null;
  readonly lastOperation: LastOperation | null;
  readonly pending: Pending | null;
  readonly wayBack: WayBack | null;
  readonly leftovers: readonly StatusLeftover[];
}

/** The snapshot that `rollback` would go back to. */
export type WayBack = Pick<SnapshotRecord, 'id' | 'release' | 'takenAt' | 'scope' | 'bytes'>;

/** What a killed run has left. `bytes` is null for a folder: measuring takes long, `clean` does it. */
export interface StatusLeftover {
  readonly path: string;
  readonly bytes: number | null;
  /** Nobody needs it any more: `clean` removes it. */
  readonly stale: boolean;
  readonly why: string;
}

export interface LastOperation {
  readonly operation: string;
  /** Release folders; null where there is none. */
  readonly from: string | null;
  readonly to: string | null;
  readonly outcome: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly message: string | null;
  readonly run: string;
}

/** Something is going on, or was cut off and waits for a person. */
export interface Pending {
  readonly operation: string;
  readonly step: string | null;
  readonly startedAt: string;
  /** Who is at it now; null when it was cut off. */
  readonly owner: LockOwner | null;
  /** Commands that take it up. */
  readonly ways: readonly ('resume' | 'abort')[];
  readonly next: string;
}

/** What is there, whether it is well, what waits to be done and what was left behind. Changes nothing. */
export async function status(home: string, host: Host): Promise<StatusResult> {
  const seen = await serverStatus(home, host);
  const leftovers = await findLeftovers(home, whatComesFirst(seen), host);
  return {
    ...seen,
    leftovers: leftovers.map(({ path, candidate: { stat }, stale, why }) => ({
      path,
      bytes: stat.kind === 'directory' ? null : stat.size,
      stale,
      why,
    })),
  };
}

/** As long as an operation is going on, or was cut off and can be taken up again, it may need what it left. */
export function whatComesFirst({
  pending,
  lastOperation,
}: Pick<StatusResult, 'pending' | 'lastOperation'>): string | undefined {
  if (pending === null) return undefined;
  const { operation, owner } = pending;
  if (owner !== null) return `${owner.user} is running ${operation} (pid ${String(owner.pid)})`;
  return lastOperation?.outcome === null ? `the ${operation} that was cut off comes first` : undefined;
}

/** The same without the leftovers. */
export async function serverStatus(home: string, host: Host): Promise<Omit<StatusResult, 'leftovers'>> {
  const [state, record, owner] = await Promise.all([
    observeHome(home, host).then(judgeHome),
    lastRun(home, host),
    lockOwner(home, host),
  ]);
  const common = {
    home,
    state: state.kind,
    lastOperation: record === undefined ? null : operationOf(record),
    pending: pendingOf(record, owner),
  };
  const server = state.kind === 'server' ? state : state.kind === 'interrupted' ? state.server : undefined;
  if (server === undefined) {
    return {
      ...common,
      installed: false,
      build: null,
      running: false,
      pid: null,
      healthy: false,
      problems: whyNot(state),
      channel: null,
      baseUrl: null,
      wildcardHost: null,
      serviceManager: null,
      wayBack: null,
    };
  }

  const { document: conf } = await readConf(home, host);
  const channel = getValue(conf, 'UPDATE_CHANNEL') ?? null;
  // Side by side: most of it is waiting for the server's answers.
  const [seen, manager, { halfMigrated }, wayBack] = await Promise.all([
    lookAt(home, conf, host),
    findServiceManager(home, host),
    mongoFacts(home, host),
    newestWayBack(home, server.folder, host),
  ]);
  const arrived =
    seen.healthy && channel === 'none' && state.kind === 'server' && isInstalled(record, state.folder);
  return {
    ...common,
    // An installation that was cut off or failed, and was brought to its end by other hands since, waits for nobody.
    ...(arrived && owner === undefined ? { pending: null } : {}),
    installed: true,
    build: server.build,
    ...seen,
    problems: [...seen.problems, ...(halfMigrated ? [HALF_MIGRATED] : [])],
    wayBack,
    channel,
    serviceManager: manager.kind,
  };
}

type Look = Pick<StatusResult, 'running' | 'pid' | 'healthy' | 'problems' | 'baseUrl' | 'wildcardHost'>;

/** With a sandstorm.conf that does not say where to look, that is what there is to tell. */
async function lookAt(home: string, conf: ConfDocument, host: Host): Promise<Look> {
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

/** The release that an installation wanted to end with. */
function isInstalled(record: RunRecord | undefined, folder: string): boolean {
  const plan: unknown = record?.plan;
  return typeof plan === 'object' && plan !== null && 'release' in plan && plan.release === folder;
}

function whyNot(state: HomeState): string[] {
  if (state.kind === 'unfit') return [state.reason, state.fix];
  return state.kind === 'leftovers' ? [`it holds ${state.names.join(', ')}`] : [];
}

function aimOf(plan: unknown): { from: string | null; to: string | null } {
  if (isServerPlan(plan)) return { from: plan.from, to: plan.to };
  return { from: null, to: isInstallPlan(plan) ? plan.release : null };
}

function operationOf(record: RunRecord): LastOperation {
  return {
    operation: record.operation,
    ...aimOf(record.plan),
    outcome: record.outcome ?? null,
    startedAt: record.startedAt,
    endedAt: record.endedAt ?? null,
    message: record.message ?? null,
    run: record.dir,
  };
}

function pendingOf(record: RunRecord | undefined, owner: LockOwner | undefined): Pending | null {
  const open = record !== undefined && isOpen(record);
  if (owner !== undefined) {
    // Not every operation keeps a journal: a change of the configuration is over in a moment.
    const { operation, startedAt, stepOpen } =
      open && record.outcome === undefined
        ? record
        : { operation: owner.operation, startedAt: owner.since, stepOpen: undefined };
    return { operation, step: stepOpen ?? null, startedAt, owner, ways: [], next: 'wait for it to end' };
  }
  if (!open) return null;
  const { operation, startedAt, stepOpen } = record;
  return {
    operation,
    step: stepOpen ?? null,
    startedAt,
    owner: null,
    ways: waysOn(record),
    next: whatToType(record),
  };
}
