import { ALL_CHECKS } from '../preflight/catalogue.js';
import type { ReportedCheck, Subject } from '../preflight/check.js';
import { runChecks, standingInTheWay } from '../preflight/run-checks.js';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { count, list } from '../words.js';

/**
 * Runs every check of the phase and shows each as it comes.
 * @throws Refusal E_PREFLIGHT_FAILED when one stands in the way that was not waived.
 */
export async function checkReady(
  subject: Subject,
  waive: readonly string[],
  host: Host,
  ui: Ui,
): Promise<ReportedCheck[]> {
  refuseUnknownWaivers(waive);
  ui.say();
  const results = await runChecks(ALL_CHECKS, subject, host, waive, ui.check);
  const failed = standingInTheWay(results);
  if (failed.length > 0) throw notReady(failed, results, subject);
  ui.say();
  return results;
}

/** A waiver that names no check would waive nothing, and nobody would notice. */
export function refuseUnknownWaivers(waive: readonly string[]): void {
  const known = new Set(ALL_CHECKS.map(({ id }) => id));
  const unknown = waive.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new Refusal('E_BAD_VALUE', `--waive: there is no check ${list(unknown)}`, {
    hint: `the ids are: ${[...known].join(' ')}`,
  });
}

/** "2 failed, 1 warning, 11 passed" */
export function tally(results: readonly ReportedCheck[]): string {
  const number = (status: string): number => results.filter((one) => one.status === status).length;
  const waived = results.filter((one) => one.waived).length;
  return [
    number('fail') - waived > 0 ? `${String(number('fail') - waived)} failed` : '',
    waived > 0 ? `${String(waived)} waived` : '',
    number('warn') > 0 ? count(number('warn'), 'warning') : '',
    `${String(number('pass'))} passed`,
    number('skip') > 0 ? `${String(number('skip'))} skipped` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function notReady(
  failed: readonly ReportedCheck[],
  results: readonly ReportedCheck[],
  subject: Subject,
): Refusal {
  const ids = failed.map(({ id }) => id);
  return new Refusal('E_PREFLIGHT_FAILED', `${tally(results)}. Not ready to ${subject.phase}: ${list(ids)}`, {
    hint: `mend what is named above; or, knowing better, add ${ids.map((id) => `--waive ${id}`).join(' ')}`,
    result: { ready: false, checks: results },
  });
}
