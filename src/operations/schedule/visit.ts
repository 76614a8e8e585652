import { ERROR_CODES, Refusal, type ErrorCode } from '../../errors.js';
import { lastRun } from '../../journal/journal.js';
import { lockOwner } from '../../journal/lock.js';
import type { ReportedCheck } from '../../preflight/check.js';
import { findTarballs, inOrder, type FoundRelease } from '../../release/picker.js';
import { printable } from '../../release/refusals.js';
import {
  triedBefore,
  usualDuration,
  withAttempt,
  type Attempt,
  type ScheduleRecord,
} from '../../schedule/record.js';
import type { Visit, VisitEnd, VisitedTarball } from '../../schedule/visit.js';
import { openingAt, windowWords, type Opening, type Window } from '../../schedule/window.js';
import { judgeHome, observeHome } from '../../server/home-state.js';
import type { Host } from '../../system/host.js';
import type { Ui } from '../../ui.js';
import { duration, moment } from '../../words.js';
import { requireNothingPending } from '../pending.js';
import { findInstallScript } from '../pick.js';
import { requireServer } from '../server-facts.js';
import { update, type UpdateRequest } from '../update.js';
import { holdOn, readRecord, writeRecord } from './remembered.js';
import { hashOf, isSettled } from './whole-tarball.js';

export interface VisitRequest {
  readonly home: string;
  /** Drop folder. */
  readonly drop: string;
  /** undefined: at any time, for a person at a terminal. */
  readonly window: Window | undefined;
  /** How long a tarball must have stayed as it is. */
  readonly settleMs: number;
  /** What an update takes at least; undefined: what the last ones took. */
  readonly takesMs: number | undefined;
  /** Everything else that `update` wants to know. */
  readonly update: Omit<
    UpdateRequest,
    'home' | 'tarball' | 'installScript' | 'allowDowngrade' | 'reinstall' | 'dryRun'
  >;
  readonly dryRun: boolean;
}

/** A signature is copied after its tarball, but not an hour after. */
const SIGNATURE_PATIENCE_MS = 3_600_000;

/**
 * Looks into the drop folder once and updates the server if there is a reason to and nothing against it. What stands in
 * the way is an answer here, not an error. Hold the lock of the schedule.
 */
export async function visit(request: VisitRequest, host: Host, ui: Ui): Promise<Visit> {
  try {
    const opening = request.window === undefined ? undefined : openingAt(request.window, host.clock.now());
    const quiet = await reasonToKeepOut(request, opening, host);
    return quiet ?? (await lookForTarball(request, opening, host, ui));
  } catch (error) {
    return keptOut(request, error, host);
  }
}

/** The same for whoever could not even begin. Anything but a refusal passes through. */
export async function keptOut(request: VisitRequest, error: unknown, host: Host): Promise<Visit> {
  if (!(error instanceof Refusal)) throw error;
  return refused(request, null, error, host);
}

async function reasonToKeepOut(
  request: VisitRequest,
  opening: Opening | undefined,
  host: Host,
): Promise<Visit | undefined> {
  const { home, window, drop } = request;
  if (window !== undefined && opening === undefined) {
    return told(request, host, 'outside-window', `the window is open ${windowWords(window)}`);
  }
  const hold = await holdOn(home, drop, host);
  if (hold !== undefined) {
    return told(request, host, 'held', `${hold.by} has stopped it (${hold.since}): ${hold.reason}`);
  }
  const owner = await lockOwner(home, host);
  if (owner === undefined) return undefined;
  return told(
    request,
    host,
    'busy',
    `${owner.user} is running ${owner.operation} (pid ${String(owner.pid)})`,
  );
}

async function lookForTarball(
  request: VisitRequest,
  opening: Opening | undefined,
  host: Host,
  ui: Ui,
): Promise<Visit> {
  const { home, drop, settleMs, dryRun } = request;
  const { build } = await requireServer(home, host);
  await requireNothingPending(home, host);
  if ((await host.files.stat(drop))?.kind !== 'directory') throw noDropFolder(drop);
  const found = await findTarballs([{ path: drop, depth: 1 }], host);
  const newest = inOrder(found.filter((one) => (one.build ?? 0) > build))[0];
  if (newest?.build === undefined) return told(request, host, 'nothing-new', nothingNew(drop, found, build));
  const tarball: VisitedTarball = { path: newest.path, build: newest.build, sha256: null };

  if (!newest.hasSignature) return unsigned(request, newest, tarball, host);
  if (!(await isSettled(newest.path, settleMs, host))) {
    return told(request, host, 'waiting', `${printable(newest.path)} is still being written`, tarball);
  }
  const record = await readRecord(home, host);
  const hashed = await hashOf(newest.path, record, host);
  if (hashed === undefined) {
    return told(request, host, 'waiting', `${printable(newest.path)} is still being written`, tarball);
  }
  if (!dryRun && hashed.record !== record) await writeRecord(hashed.record, home, host);
  const known = { ...tarball, sha256: hashed.sha256 };
  const before = triedBefore(hashed.record, hashed.sha256);
  if (before !== undefined) return told(request, host, 'tried-before', howItWent(before), known);
  const late = await tooLate(request, opening, hashed.record, host);
  if (late !== undefined) return told(request, host, 'too-late', late, known);
  return tryUpdate(request, known, hashed.record, host, ui);
}

function nothingNew(drop: string, found: readonly FoundRelease[], build: number): string {
  const broken = found.filter(({ problem }) => problem !== undefined);
  const but =
    broken.length === 0 ? '' : `; ${broken.map(({ path }) => printable(path)).join(', ')} cannot be read`;
  return `no build above ${String(build)} in ${drop}${but}`;
}

/** A signature that does not come is somebody's mistake, and they are to hear of it. */
function unsigned(
  request: VisitRequest,
  { path, mtime }: FoundRelease,
  tarball: VisitedTarball,
  host: Host,
): Visit | Promise<Visit> {
  const what = `there is no signature beside ${printable(path)} yet`;
  if (host.clock.now().getTime() - mtime.getTime() < SIGNATURE_PATIENCE_MS) {
    return told(request, host, 'waiting', what, tarball);
  }
  const missing = new Refusal('E_TARBALL_UNSIGNED', `there is no signature beside ${printable(path)}`, {
    hint: `lay it there: ${path}.update-sig, or ${path}.sig`,
  });
  return refused(request, tarball, missing, host);
}

function howItWent({ ended, build, startedAt, message }: Attempt): string {
  const when = moment(startedAt);
  const again = 'It is not tried again by itself: sandstorm-airgap schedule retry';
  if (ended === 'updated')
    return `build ${String(build)} was installed on ${when}, and taken back since. ${again}`;
  const how = ended === 'begun' ? 'was begun and never ended' : 'failed';
  return `the update to build ${String(build)} of ${when} ${how}${message === null ? '' : `: ${message}`}. ${again}`;
}

/** What cannot end within the window is not begun. */
async function tooLate(
  { home, takesMs }: VisitRequest,
  opening: Opening | undefined,
  record: ScheduleRecord,
  host: Host,
): Promise<string | undefined> {
  const takes = takesMs ?? usualDuration(record) ?? (await lastUpdateTook(home, host));
  if (opening === undefined || takes === undefined) return undefined;
  const left = opening.to.getTime() - host.clock.now().getTime();
  if (takes <= left) return undefined;
  return `an update takes ${duration(takes)}, and the window closes in ${duration(Math.max(0, left))}`;
}

async function lastUpdateTook(home: string, host: Host): Promise<number | undefined> {
  const run = await lastRun(home, host);
  if (run?.operation !== 'update' || run.outcome !== 'done' || run.endedAt === undefined) return undefined;
  return Math.max(0, Date.parse(run.endedAt) - Date.parse(run.startedAt));
}

async function tryUpdate(
  request: VisitRequest,
  tarball: VisitedTarball & { readonly sha256: string },
  record: ScheduleRecord,
  host: Host,
  ui: Ui,
): Promise<Visit> {
  const { home, dryRun } = request;
  const attempt: Attempt = {
    ...tarball,
    startedAt: host.clock.now().toISOString(),
    ...{ endedAt: null, ended: 'begun', code: null, message: null },
  };
  const remember = async (more: Partial<Attempt>): Promise<void> => {
    if (!dryRun) await writeRecord(withAttempt(record, { ...attempt, ...more }), home, host);
  };
  // Before anything else: when the power goes in the middle it must not begin again by itself.
  await remember({});
  try {
    const result = await update(
      {
        ...request.update,
        home,
        dryRun,
        tarball: tarball.path,
        installScript: await findInstallScript(tarball.path, host),
        allowDowngrade: false,
        reinstall: false,
      },
      host,
      // Whoever made the schedule has agreed to every plan.
      { ...ui, confirm: () => Promise.resolve(true) },
    );
    await remember({ ended: 'updated', endedAt: host.clock.now().toISOString() });
    const { from, to, pauseMs, run } = result;
    const words = dryRun ? 'it would be updated' : 'updated, and healthy';
    const pause = pauseMs === null ? '' : `; pause ${duration(pauseMs)}`;
    const message = `build ${String(from)} -> ${String(to)}: ${words}${pause}`;
    const visit = await told(request, host, dryRun ? 'would-update' : 'updated', message, tarball);
    return { ...visit, from, pauseMs, run, remarks: remarksOn(result.checks) };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : unexpected(error);
    const endedAt = host.clock.now().toISOString();
    const ended = isTarballsFault(refusal.code) ? 'failed' : 'not-ready';
    await remember({ ended, endedAt, code: refusal.code, message: refusal.message });
    return refused(request, tarball, refusal, host);
  }
}

/** Otherwise it was the server, or the hour, and nothing was touched: it may be tried again. */
function isTarballsFault(code: ErrorCode): boolean {
  return code !== 'E_CANCELLED' && ![2, 3, 4, 8].includes(ERROR_CODES[code].exit);
}

async function refused(
  request: VisitRequest,
  tarball: VisitedTarball | null,
  refusal: Refusal,
  host: Host,
): Promise<Visit> {
  const { code, message, hint } = refusal;
  if (code === 'E_BUSY') return told(request, host, 'busy', message, tarball);
  const failed = typeof tarball?.sha256 === 'string' && isTarballsFault(code);
  const visit = await told(request, host, failed ? 'failed' : 'not-ready', message, tarball);
  return { ...visit, code, hint: hint ?? null, remarks: remarksOn(checksOf(refusal)) };
}

function checksOf({ result }: Refusal): readonly ReportedCheck[] {
  const checks = typeof result === 'object' && result !== null && 'checks' in result ? result.checks : [];
  return Array.isArray(checks) ? (checks as ReportedCheck[]) : [];
}

function remarksOn(checks: readonly ReportedCheck[]): string[] {
  return checks
    .filter(({ status }) => status === 'fail' || status === 'warn')
    .map(({ id, status, lines, fix }) => {
      const mend = fix === undefined || fix.length === 0 ? '' : ` (${fix.join(' ')})`;
      return `${id}: ${status}: ${lines.join('; ')}${mend}`;
    });
}

async function told(
  { home }: VisitRequest,
  host: Host,
  outcome: VisitEnd,
  message: string,
  tarball: VisitedTarball | null = null,
): Promise<Visit> {
  const state = judgeHome(await observeHome(home, host));
  const build = state.kind === 'server' ? state.build : null;
  const nothing = { from: null, pauseMs: null, code: null, hint: null, remarks: [], run: null };
  return { outcome, message, home, at: host.clock.now().toISOString(), build, tarball, ...nothing };
}

function unexpected(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal('E_UNEXPECTED', `unexpected: ${message}`, { cause: error });
}

export function noDropFolder(drop: string): Refusal {
  return new Refusal('E_SCHEDULE_PLACE', `there is no folder ${drop} to look into`, {
    hint: `mkdir -p ${drop}, or mount it`,
  });
}
