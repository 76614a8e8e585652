import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { stateDirs } from '../journal/state-dir.js';
import type { HouseWord } from '../kit/vouch.js';
import type { ReportedCheck } from '../preflight/check.js';
import { proofWords, signersOf } from '../release/proof.js';
import { peekRelease } from '../release/peek.js';
import { runbookCommands } from '../runbook/commands.js';
import type { View } from '../runbook/render.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import type { UpdatePlan } from '../update/plan.js';
import { bytes, moment } from '../words.js';
import { describeSteps } from './describe-change.js';
import { preflight, type PreflightRequest } from './preflight.js';
import { tally } from './ready.js';
import { listSnapshots, snapshotWords } from './snapshots.js';
import { serverStatus, type StatusResult } from './status.js';
import { update, type UpdateRequest } from './update.js';
import { verifyTarball } from './verify-tarball.js';

/** What every page is told alike. */
interface PageWish {
  readonly home: string;
  readonly isUsualHome: boolean;
  readonly tell: readonly string[];
  /** More that the operation will be told when it is typed. */
  readonly flags: readonly string[];
  /** Those of them that preflight will be told, too. */
  readonly checkFlags: readonly string[];
}

/** What the operation will be made with. */
export interface Source {
  /** As it will be typed: a tarball or a transfer kit. */
  readonly path: string;
  readonly isKit: boolean;
  /** What the kit vouches for. */
  readonly houseWord?: HouseWord | undefined;
}

export interface InstallPageWish extends PageWish {
  readonly source: Source;
  /** To be read now: of a kit a copy. */
  readonly tarball: string;
  readonly installScript: string | undefined;
  readonly baseUrl: string;
  readonly wildcardHost: string;
  readonly preflight: PreflightRequest;
}

export interface UpdatePageWish extends PageWish {
  readonly source: Source;
  readonly update: UpdateRequest;
}

/** A page and what it stands on. */
export interface Looked {
  readonly view: View;
  readonly checks: readonly ReportedCheck[];
  /** null where nothing is checked, or the tarball does not get that far. */
  readonly ready: boolean | null;
}

/** Names of what lists hold, which may be empty on a page. */
export const LIST_NAMES = ['mark', 'id', 'said', 'fix', 'words', 'at', 'what', 'took'] as const;

/**
 * Looks at this machine and this tarball as an installation would. Changes nothing.
 * @throws Refusal as verifyTarball: there is no page for a tarball that cannot be used
 */
export async function lookForInstall(wish: InstallPageWish, host: Host, ui: Ui): Promise<Looked> {
  const { tarball, installScript, baseUrl, wildcardHost } = wish;
  const verified = await verifyTarball(
    tarball,
    { installScript, keyFile: undefined },
    host,
    ui,
    wish.source.houseWord,
  );
  const { facts, verdict } = verified;
  const { checks } = await preflight(wish.preflight, host, ui);
  return {
    checks,
    ready: isReady(checks),
    view: {
      ...(await common(wish, 'install', wish.source, host)),
      server: { ...NO_SERVER, address: baseUrl, wildcard: wildcardHost },
      tarball: {
        ...sourceView(wish.source),
        build: `build ${String(facts.build)}`,
        size: `${bytes(facts.packedBytes)}, ${bytes(facts.unpackedBytes)} unpacked`,
        sha256: facts.sha256,
        proof: verdict.authentic
          ? proofWords({ signedBy: signersOf(verdict) })
          : `NOT PROVEN: ${verdict.message}`,
      },
      checks: checksView(checks),
    },
  };
}

/**
 * Plans the very update, reading the tarball to its end; changes nothing. Checks that fail are on the page.
 * @throws Refusal as update with dryRun, but for E_PREFLIGHT_FAILED
 */
export async function lookForUpdate(wish: UpdatePageWish, host: Host, ui: Ui): Promise<Looked> {
  const { tarball, home } = wish.update;
  const seen = await serverStatus(home, host);
  const { size, build } = await peekRelease(tarball, host);
  const { plan, checks } = await planned(wish.update, host, ui);
  return {
    checks,
    ready: isReady(checks) && plan !== null,
    view: {
      ...(await common(wish, 'update', wish.source, host)),
      server: serverView(seen),
      ...troubleView(seen),
      tarball: {
        ...sourceView(wish.source),
        build: plan === null ? `build ${String(build ?? '?')}` : buildWords(plan.to),
        size: plan === null ? bytes(size) : `${bytes(size)}, ${bytes(plan.unpackedBytes)} unpacked`,
        sha256: plan?.proof.sha256 ?? 'not read yet: checks failed',
        proof: plan === null ? 'not judged yet: checks failed' : proofWords(plan.proof),
      },
      steps: plan === null ? [] : describeSteps(plan, plan.steps).map((line) => line.trimEnd()),
      checks: checksView(checks),
    },
  };
}

/** Looks at this server as somebody does who was called at night. Changes nothing. */
export async function lookForRecovery(wish: PageWish, host: Host): Promise<Looked> {
  const { home } = wish;
  const seen = await serverStatus(home, host);
  const snapshots = seen.installed ? await listSnapshots(home, host) : [];
  const last = seen.lastOperation;
  return {
    checks: [],
    ready: null,
    view: {
      ...(await common(wish, 'recover', undefined, host)),
      server: serverView(seen),
      ...troubleView(seen),
      lastRun:
        last === null
          ? 'none'
          : `${last.operation}${last.to === null ? '' : ` to ${buildWords(last.to)}`} of ${moment(last.startedAt)}, ${last.outcome ?? 'not ended'}`,
      snapshots: snapshots.map((one) => ({ id: one.id, words: snapshotWords(one) })),
      runs: stateDirs(home, host).runs,
      log: join(home, 'var/log/sandstorm.log'),
    },
  };
}

async function planned(
  request: UpdateRequest,
  host: Host,
  ui: Ui,
): Promise<{ readonly plan: UpdatePlan | null; readonly checks: readonly ReportedCheck[] }> {
  try {
    return await update({ ...request, dryRun: true }, host, ui);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'E_PREFLIGHT_FAILED') throw error;
    return { plan: null, checks: (error.result as { checks: readonly ReportedCheck[] }).checks };
  }
}

async function common(
  wish: PageWish,
  what: 'install' | 'update' | 'recover',
  source: Source | undefined,
  host: Host,
): Promise<View> {
  const { home, isUsualHome, tell, flags, checkFlags } = wish;
  return {
    machine: await machineName(host),
    home,
    madeAt: moment(host.clock.now()),
    madeBy: host.user.name,
    tell: [...tell],
    commands: runbookCommands({ home, isUsualHome, what, source, flags, checkFlags }),
  };
}

function sourceView({ path, isKit }: Source): View {
  const kind = isKit ? 'transfer kit' : 'tarball';
  return { path, isKit, kind, what: kind.replace(/^t/, 'T') };
}

export async function machineName(host: Host): Promise<string> {
  const name = await host.files
    .readStart(join(host.layout.proc, 'sys/kernel/hostname'), 256)
    .catch(() => Buffer.alloc(0));
  return name.toString('utf8').trim() || 'this machine';
}

const NO_SERVER = { build: 'no server', state: 'not installed', wayBack: 'none', address: '', wildcard: '' };

function serverView(seen: Omit<StatusResult, 'leftovers'>): View {
  const { installed, build, running, healthy, serviceManager, baseUrl, wildcardHost, wayBack } = seen;
  if (!installed) return NO_SERVER;
  const state = running
    ? `running (${serviceManager ?? ''}), ${healthy ? 'healthy' : 'NOT healthy'}`
    : 'NOT running';
  return {
    build: `build ${String(build ?? '?')}`,
    state,
    address: baseUrl ?? 'an address that is not set',
    wildcard: wildcardHost ?? 'a wildcard that is not set',
    wayBack:
      wayBack === null
        ? 'none; the next update makes one'
        : `${buildWords(wayBack.release)}, data of ${moment(wayBack.takenAt)}, ${bytes(wayBack.bytes)}`,
  };
}

function troubleView({ pending, problems }: Omit<StatusResult, 'leftovers'>): View {
  const words =
    pending === null
      ? undefined
      : `${pending.operation} of ${moment(pending.startedAt)}${pending.step === null ? '' : `, at ${pending.step}`}`;
  return {
    pending: words === undefined ? [] : [`${words} is pending.`],
    pendingOrNothing: words ?? 'nothing',
    problems: [...problems],
  };
}

function checksView(checks: readonly ReportedCheck[]): View {
  const MARKS = { pass: 'OK', warn: 'WARNING', fail: 'FAILED', skip: 'not checked' } as const;
  const odd = checks.filter(({ status }) => status === 'fail' || status === 'warn');
  return {
    summary: tally(checks),
    odd: odd.map(({ id, status, lines, fix = [], waived }) => ({
      mark: waived ? 'waived' : MARKS[status],
      id,
      said: lines.join('; '),
      // Whoever waived it has decided.
      fix: waived ? [] : [...fix],
    })),
  };
}

function isReady(checks: readonly ReportedCheck[]): boolean {
  return checks.every(({ status, waived }) => status !== 'fail' || waived);
}

/** "sandstorm-309" -> "build 309" */
export function buildWords(folder: string): string {
  return folder.replace(/^sandstorm-(\d+)$/, 'build $1');
}
