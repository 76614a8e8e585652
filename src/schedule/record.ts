import { Refusal } from '../errors.js';

/**
 * How one try of a tarball ended. `begun`: the power went, or somebody killed it, and nobody knows. `not-ready`:
 * nothing was touched, and it was not the tarball's fault.
 */
export type Ended = 'begun' | 'updated' | 'not-ready' | 'failed' | 'again';

export interface Attempt {
  /** Of the tarball, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly path: string;
  readonly build: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly ended: Ended;
  /** Of the refusal. */
  readonly code: string | null;
  readonly message: string | null;
}

/** A file whose hash is known as long as nothing about it changes. */
export interface Hashed {
  readonly identity: string;
  readonly sha256: string;
}

export interface ScheduleRecord {
  readonly version: 1;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
  readonly hashed: readonly Hashed[];
  /** What was mailed last: the same is not said twice in one night. */
  readonly told: string | null;
}

export const NOTHING_TRIED: ScheduleRecord = { version: 1, attempts: [], hashed: [], told: null };

/** What falls off was tried long ago, and is older than what is installed since. */
const MOST_ATTEMPTS = 500;
const MOST_HASHED = 50;
export const LARGEST_RECORD = 4 * 1024 * 1024;

/** @throws Refusal E_SCHEDULE_RECORD: without it a tarball might be tried twice */
export function parseRecord(text: string, path: string): ScheduleRecord {
  try {
    const value = JSON.parse(text) as Partial<ScheduleRecord> | null;
    if (value?.version === 1 && isListOf(value.attempts, isAttempt) && isListOf(value.hashed, isHashed)) {
      const { attempts, hashed } = value;
      return { version: 1, attempts, hashed, told: typeof value.told === 'string' ? value.told : null };
    }
  } catch {
    // said below
  }
  throw new Refusal('E_SCHEDULE_RECORD', `${path} is damaged: nobody knows which tarballs were tried`, {
    hint: `look at the journal (sandstorm-airgap status), then remove the file: rm ${path}`,
  });
}

function isListOf<T>(value: unknown, is: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

const ENDED: ReadonlySet<unknown> = new Set<Ended>(['begun', 'updated', 'not-ready', 'failed', 'again']);

function isAttempt(value: unknown): value is Attempt {
  const one = value as Partial<Attempt> | null;
  return (
    typeof one === 'object' &&
    one !== null &&
    /^[0-9a-f]{64}$/.test(String(one.sha256)) &&
    Number.isSafeInteger(one.build) &&
    ENDED.has(one.ended) &&
    [one.path, one.startedAt].every((text) => typeof text === 'string') &&
    [one.endedAt, one.code, one.message].every((text) => text === null || typeof text === 'string')
  );
}

function isHashed(value: unknown): value is Hashed {
  const one = value as Partial<Hashed> | null;
  return (
    typeof one === 'object' &&
    one !== null &&
    typeof one.identity === 'string' &&
    typeof one.sha256 === 'string'
  );
}

/** With this try in it, instead of what it was when it began. */
export function withAttempt(record: ScheduleRecord, attempt: Attempt): ScheduleRecord {
  const others = record.attempts.filter(
    ({ sha256, startedAt }) => sha256 !== attempt.sha256 || startedAt !== attempt.startedAt,
  );
  return { ...record, attempts: [...others, attempt].slice(-MOST_ATTEMPTS) };
}

export function withHashed(record: ScheduleRecord, hashed: Hashed): ScheduleRecord {
  const others = record.hashed.filter(({ identity }) => identity !== hashed.identity);
  return { ...record, hashed: [...others, hashed].slice(-MOST_HASHED) };
}

/** Why a tarball is not tried again by itself; undefined when it may be. */
export function triedBefore(record: ScheduleRecord, sha256: string): Attempt | undefined {
  const last = record.attempts.findLast((one) => one.sha256 === sha256);
  return last === undefined || last.ended === 'not-ready' || last.ended === 'again' ? undefined : last;
}

/** Lets what failed be tried once more, or one tarball by the beginning of its SHA-256. */
export function allowAgain(
  record: ScheduleRecord,
  sha256: string | undefined,
): { readonly record: ScheduleRecord; readonly allowed: readonly Attempt[] } {
  const wanted = (one: Attempt): boolean =>
    sha256 === undefined ? one.ended === 'failed' || one.ended === 'begun' : one.sha256.startsWith(sha256);
  const latest = new Map(record.attempts.map((one) => [one.sha256, one]));
  const allowed = [...latest.values()].filter(
    (one) => wanted(one) && triedBefore(record, one.sha256) !== undefined,
  );
  const again = new Set(allowed);
  const attempts = record.attempts.map((one): Attempt => (again.has(one) ? { ...one, ended: 'again' } : one));
  return { record: { ...record, attempts, told: null }, allowed };
}

/** Milliseconds that the slowest of the last updates took, from reading the tarball to a healthy server. */
export function usualDuration({ attempts }: ScheduleRecord): number | undefined {
  const took = attempts
    .filter(({ ended, endedAt }) => ended === 'updated' && endedAt !== null)
    .slice(-3)
    .map(({ startedAt, endedAt }) => Date.parse(endedAt ?? '') - Date.parse(startedAt))
    .filter((ms) => ms >= 0);
  return took.length === 0 ? undefined : Math.max(...took);
}
