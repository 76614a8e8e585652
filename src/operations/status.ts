import { lastRun } from '../journal/journal.js';
import { lockOwner, type LockOwner } from '../journal/lock.js';
import type { RunRecord } from '../journal/record.js';
import type { HomeState } from '../server/home-state.js';
import { findCandidates } from '../server/leftovers/find.js';
import { judgeLeftovers } from '../server/leftovers/leftovers.js';
import type { Host } from '../system/host.js';
import { isServerPlan } from '../update/step.js';
import { isInstallPlan } from './install-plan.js';
import { lookAtHome, type ServerLook } from './look-at-server.js';
import { isOpen, waysOn, whatToType } from './pending.js';

/** Where there is no server, `build` and `serviceManager` are null, and `problems` say why. */
export interface StatusResult extends Omit<ServerLook, 'build' | 'serviceManager'> {
  readonly home: string;
  readonly installed: boolean;
  readonly state: HomeState['kind'];
  readonly build: number | null;
  readonly serviceManager: string | null;
  readonly lastOperation: LastOperation | null;
  readonly pending: Pending | null;
  readonly leftovers: readonly StatusLeftover[];
}

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
  const { state, asking } = await lookAtHome(home, host);
  const [seen, candidates] = await Promise.all([
    withRuns(home, state, asking, host),
    findCandidates(home, host),
  ]);
  const leftovers = await judgeLeftovers(candidates, home, whatComesFirst(seen), host);
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
  const { state, asking } = await lookAtHome(home, host);
  return withRuns(home, state, asking, host);
}

async function withRuns(
  home: string,
  state: HomeState,
  asking: Promise<ServerLook> | undefined,
  host: Host,
): Promise<Omit<StatusResult, 'leftovers'>> {
  const [server, record, owner] = await Promise.all([asking, lastRun(home, host), lockOwner(home, host)]);
  const common = {
    home,
    state: state.kind,
    lastOperation: record === undefined ? null : operationOf(record),
    pending: pendingOf(record, owner),
  };
  if (server === undefined) return { ...common, ...NO_SERVER, problems: whyNot(state) };
  const { healthy, channel } = server;
  const arrived =
    healthy && channel === 'none' && state.kind === 'server' && isInstalled(record, state.folder);
  return {
    ...common,
    // An installation that was cut off or failed, and was brought to its end by other hands since, waits for nobody.
    ...(arrived && owner === undefined ? { pending: null } : {}),
    installed: true,
    ...server,
  };
}

const NO_SERVER = {
  installed: false,
  build: null,
  running: false,
  pid: null,
  healthy: false,
  channel: null,
  baseUrl: null,
  wildcardHost: null,
  serviceManager: null,
  wayBack: null,
} as const;

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
