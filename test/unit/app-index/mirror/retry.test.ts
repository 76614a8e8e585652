import { describe, expect, it } from 'vitest';
import { pauseAfter, restFor, retryAfter } from '../../../../src/app-index/mirror/retry.js';
import { systemClock } from '../../../../src/system/clock.js';

describe('the pause before the next try', () => {
  it('doubles, half of it by chance, and has a bound', () => {
    const shortest = [1, 2, 3, 10].map((tries) => pauseAfter(tries, () => 0));
    const longest = [1, 2, 3, 10].map((tries) => pauseAfter(tries, () => 1));
    expect(shortest).toEqual([250, 500, 1000, 15_000]);
    expect(longest).toEqual([500, 1000, 2000, 30_000]);
  });

  it('is as long as the server asks for, up to the bound', () => {
    const now = new Date('2026-01-01T00:00:00Z');
    expect(pauseAfter(1, () => 0, retryAfter('7', now))).toBe(7_000);
    expect(pauseAfter(1, () => 0, retryAfter('Thu, 01 Jan 2026 00:00:09 GMT', now))).toBe(9_000);
    expect(pauseAfter(1, () => 0, retryAfter('999999999', now))).toBe(30_000);
    for (const nonsense of [undefined, '-5', 'soon', '2020-01-01'])
      expect(pauseAfter(1, () => 0, retryAfter(nonsense, now))).toBe(250);
  });

  it('ends at once when we are told to stop', async () => {
    const stop = new AbortController();
    const rest = restFor(60_000, { ...systemClock, sleep: () => new Promise(() => undefined) }, stop.signal);
    stop.abort();
    await rest;
  });
});
