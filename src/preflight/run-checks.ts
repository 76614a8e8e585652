import type { Host } from '../system/host.js';
import { fail, type Check, type ReportedCheck, type Subject } from './check.js';

/**
 * Runs the checks of the subject's phase one after another, in the order given, and reports each as it
 * is done. A check that throws counts as failed: it must not hide the others.
 */
export async function runChecks(
  checks: readonly Check[],
  subject: Subject,
  host: Host,
  waived: readonly string[] = [],
  onResult: (result: ReportedCheck) => void = () => undefined,
): Promise<ReportedCheck[]> {
  const results: ReportedCheck[] = [];
  for (const check of checks) {
    if (!check.phases.includes(subject.phase) || check.applies?.(subject) === false) continue;
    const found = await Promise.resolve()
      .then(() => check.run({ host, subject }))
      .catch((error: unknown) =>
        fail(`could not be checked: ${error instanceof Error ? error.message : String(error)}`),
      );
    const { id, group, title } = check;
    const reported = { id, group, title, ...found, waived: found.status === 'fail' && waived.includes(id) };
    results.push(reported);
    onResult(reported);
  }
  return results;
}

/** The checks that stand in the way. */
export function standingInTheWay(results: readonly ReportedCheck[]): ReportedCheck[] {
  return results.filter(({ status, waived }) => status === 'fail' && !waived);
}
