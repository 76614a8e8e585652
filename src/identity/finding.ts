import type { CheckResult, ReportedCheck } from '../preflight/check.js';

/** What one look at a login provider, a certificate or a key came to. `id` is stable: scripts match on it. */
export interface Finding extends CheckResult {
  readonly id: string;
}

export function finding(id: string, result: CheckResult): Finding {
  return { id, ...result };
}

/** As the table of checks shows it. */
export function reported(group: string, { id, ...result }: Finding): ReportedCheck {
  return { id, group, title: id, waived: false, ...result };
}

export function failed(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ status }) => status === 'fail');
}
