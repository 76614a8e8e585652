import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

/** The person, or a signal, stopped it before the plan was agreed to. */
export function cancelled(): Refusal {
  return new Refusal('E_CANCELLED', 'Stopped. Nothing was changed.');
}

/**
 * Runs what only looks and asks: a signal, or a closed terminal, ends it at once and the caller puts away
 * what it had staged. What `work` was at goes on unheeded until the process ends.
 * @throws Refusal E_CANCELLED
 */
export async function untilAgreed<T>(host: Host, work: () => Promise<T>): Promise<T> {
  const { interrupted } = host;
  return host.unbroken(
    () =>
      new Promise<T>((resolve, reject) => {
        const stop = (): void => reject(cancelled());
        if (interrupted.aborted) stop();
        interrupted.addEventListener('abort', stop, { once: true });
        work()
          .then(resolve, (error: unknown) => {
            // The same Ctrl-C reaches the programs we started; what they say of it is no news.
            reject(interrupted.aborted ? cancelled() : (error as Error));
          })
          .finally(() => interrupted.removeEventListener('abort', stop));
      }),
  );
}
