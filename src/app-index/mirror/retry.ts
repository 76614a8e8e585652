import type { Clock } from '../../system/host.js';

export interface Retry {
  readonly attempts: number;
  /** 0 up to 1, for the jitter: a thousand mirrors that failed together must not come back together. */
  random(): number;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * How long to wait before the try after this many: doubled each time, half of it left to chance.
 * @param asked milliseconds the server wants us to wait; believed up to a bound
 */
export function pauseAfter(tries: number, random: () => number, asked = 0): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  return Math.max(whole / 2 + (random() * whole) / 2, Math.min(asked, LONGEST_PAUSE_MS));
}

/** Retry-After in seconds or as a date, as milliseconds; 0 when it says nothing. */
export function retryAfter(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

/** Sleeps, or not any longer once the signal comes. */
export async function restFor(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let wake = (): void => undefined;
  const woken = new Promise<void>((resolve) => (wake = resolve));
  signal.addEventListener('abort', wake);
  await Promise.race([clock.sleep(ms), woken]);
  signal.removeEventListener('abort', wake);
}
