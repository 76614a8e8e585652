import { Refusal } from '../errors.js';
import { runningServer } from '../server/running.js';
import type { Change } from './server-change.js';

/**
 * Between the look, the plan and this moment minutes may have passed, and a machine that comes up, or a person,
 * may have started the server: files of a running database are no copy of it.
 * @throws Refusal E_UPDATE_FAILED
 */
export async function requireAtRest({ plan, host }: Pick<Change, 'plan' | 'host'>): Promise<void> {
  const running = await runningServer(plan.home, host);
  if (running === undefined) return;
  throw new Refusal(
    'E_UPDATE_FAILED',
    `The server was started meanwhile by another hand (process ${String(running.pid)}), and its data cannot be copied.`,
  );
}
