import type { ErrorCode } from '../errors.js';

/**
 * How a look into the drop folder ended. Only the last three touched, or would have touched, anything; all others are
 * quiet.
 */
export const VISIT_ENDS = [
  'outside-window',
  'held',
  'busy',
  'nothing-new',
  'waiting',
  'too-late',
  'tried-before',
  'would-update',
  'updated',
  'not-ready',
  'failed',
] as const;
export type VisitEnd = (typeof VISIT_ENDS)[number];

export interface Visit {
  readonly outcome: VisitEnd;
  /** One sentence for people. */
  readonly message: string;
  readonly home: string;
  readonly at: string;
  /** Installed after it, as far as is known. */
  readonly build: number | null;
  readonly tarball: VisitedTarball | null;
  /** Release folder before it, when it was updated. */
  readonly from: number | null;
  readonly pauseMs: number | null;
  /** Why not, of the refusal. */
  readonly code: ErrorCode | null;
  readonly hint: string | null;
  /** Checks that did not pass, or gave a warning: one sentence each. */
  readonly remarks: readonly string[];
  /** Journal of the update. */
  readonly run: string | null;
}

export interface VisitedTarball {
  readonly path: string;
  readonly build: number;
  /** null as long as it was not read. */
  readonly sha256: string | null;
}

/** syslog(3): 2 critical, 3 error, 4 warning, 5 notice, 6 information. Pure. */
export function priority({ outcome, code }: Pick<Visit, 'outcome' | 'code'>): 2 | 3 | 4 | 5 | 6 {
  switch (outcome) {
    case 'failed':
      // The server is not as it was before: that must wake somebody.
      return code !== null && MUST_ACT.has(code) ? 2 : 3;
    case 'not-ready':
    case 'tried-before':
      return 4;
    case 'updated':
      return 5;
    default:
      return 6;
  }
}

const MUST_ACT: ReadonlySet<ErrorCode> = new Set([
  'E_UPDATE_FAILED',
  'E_SERVER_UNHEALTHY',
  'E_SERVICE_START',
]);

const SYSLOG_NAMES = { 2: 'crit', 3: 'err', 4: 'warning', 5: 'notice', 6: 'info' } as const;

/** Of logger(1). */
export function syslogName(visit: Visit): string {
  return SYSLOG_NAMES[priority(visit)];
}

/** The whole story in one line, whatever the names in it hold. */
export function visitLine(visit: Visit): string {
  const code = visit.code === null ? '' : ` (${visit.code})`;
  return `${visit.outcome}: ${visit.message}${code}`
    .replaceAll(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
    .slice(0, 900);
}

/** Whether somebody is to be told who does not look by themselves. */
export function isNews({ outcome }: Visit): boolean {
  return outcome === 'updated' || outcome === 'not-ready' || outcome === 'failed';
}

/** What makes one piece of news the same as another. @param night the opening of the window it fell into */
export function newsKey({ outcome, code, tarball }: Visit, night: Date | undefined): string {
  return [outcome, code ?? '', tarball?.sha256 ?? '', night?.toISOString() ?? ''].join(' ');
}
