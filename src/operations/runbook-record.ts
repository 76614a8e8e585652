import { Refusal } from '../errors.js';
import { lastRun, readEntries, readRun } from '../journal/journal.js';
import type { JournalEntry, RunRecord } from '../journal/record.js';
import { proofWords, type Proof } from '../release/proof.js';
import type { View } from '../runbook/render.js';
import type { Host } from '../system/host.js';
import { isServerPlan } from '../update/step.js';
import { duration, moment } from '../words.js';
import { isInstallPlan } from './install-plan.js';
import { buildWords, machineName } from './runbook.js';

/**
 * What really happened in a run, from its journal.
 * @param run its id; undefined: the last one
 * @throws Refusal E_NO_RUN
 */
export async function recordOf(
  run: string | undefined,
  home: string,
  host: Host,
): Promise<{ view: View; run: string }> {
  if (run !== undefined && !/^[\w.-]+$/.test(run)) throw noRun(run, home);
  const record = run === undefined ? await lastRun(home, host) : await readRun(run, home, host);
  if (record === undefined) throw noRun(run, home);
  const entries = await readEntries(record.id, home, host);
  return { run: record.id, view: { ...recordView(record, entries), machine: await machineName(host) } };
}

/** Pure. */
export function recordView(record: RunRecord, entries: readonly JournalEntry[]): View {
  const { operation, home, plan, startedAt, endedAt, outcome, message, dir } = record;
  const known = plan as { tarball?: string; proof?: Proof; waive?: readonly string[] };
  return {
    operation,
    home,
    aim: aimOf(record),
    begun: moment(startedAt),
    ended: endedAt === undefined ? 'never, as far as the journal tells' : moment(endedAt),
    outcome: outcome === undefined ? 'CUT OFF, not ended' : OUTCOMES[outcome],
    message: message ?? '',
    pause: pauseOf(entries),
    tarball: known.tarball ?? '',
    sha256: known.proof?.sha256 ?? '',
    proof: known.proof === undefined ? '' : proofWords(known.proof),
    waived: (known.waive ?? []).join(', '),
    events: rows(entries),
    run: dir,
  };
}

const OUTCOMES = { done: 'done', undone: 'UNDONE: the former state is back', failed: 'FAILED' } as const;

function aimOf({ plan, operation }: RunRecord): string {
  if (isInstallPlan(plan)) return `install ${buildWords(plan.release)}`;
  if (!isServerPlan(plan)) return operation;
  return plan.from === plan.to ? buildWords(plan.from) : `${buildWords(plan.from)} to ${buildWords(plan.to)}`;
}

/** From the stop to the end of the start, of either way. */
function pauseOf(entries: readonly JournalEntry[]): string {
  const stop = entries.find((entry) => entry.event === 'step-begins' && entry.step === 'stop');
  const start = entries.findLast(
    ({ event, ...entry }) =>
      (event === 'step-ends' || event === 'undo-ends') && 'step' in entry && entry.step === 'start',
  );
  if (stop === undefined) return 'none';
  return start === undefined
    ? 'no end is written down'
    : duration(Date.parse(start.at) - Date.parse(stop.at));
}

/** One line a thing: a beginning and its end are one. */
function rows(entries: readonly JournalEntry[]): View[] {
  return entries.flatMap((entry, index) => {
    const at = entry.at.slice(0, 19).replace('T', ' ');
    switch (entry.event) {
      case 'begin':
        return [{ at, what: 'begun, as planned', took: '' }];
      case 'step-begins':
      case 'undo-begins': {
        const ends = entry.event === 'step-begins' ? 'step-ends' : 'undo-ends';
        const rest = entries.slice(index + 1);
        const end = rest.find((later) => later.event === ends && later.step === entry.step);
        const again = rest.find((later) => later.event === entry.event && later.step === entry.step);
        const isOver = end !== undefined && (again === undefined || rest.indexOf(end) < rest.indexOf(again));
        const took = isOver ? duration(Date.parse(end.at) - Date.parse(entry.at)) : 'NOT ENDED';
        return [{ at, what: entry.event === 'undo-begins' ? `way back: ${entry.step}` : entry.step, took }];
      }
      case 'step-ends':
      case 'undo-ends':
        return [];
      case 'turns-back':
        return [{ at, what: `TURNED BACK: ${entry.why}`, took: '' }];
      case 'taken-up':
        return [{ at, what: `taken up by ${entry.by}`, took: '' }];
      case 'end':
        return [{ at, what: `ended: ${entry.outcome}`, took: '' }];
    }
  });
}

function noRun(run: string | undefined, home: string): Refusal {
  const what = run === undefined ? 'nothing has been done yet' : `there is no run ${run}`;
  return new Refusal('E_NO_RUN', `${what} on ${home}, as far as is written down here`, {
    hint: 'sandstorm-airgap status names the last run; without a name it is taken',
  });
}
