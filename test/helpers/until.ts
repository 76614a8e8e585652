import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until it is so; a test that waits for what never comes fails by name. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${String(withinMs)} ms: ${what}`);
    await sleep(20);
  }
}
