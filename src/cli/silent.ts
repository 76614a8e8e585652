import type { Log } from '../system/host.js';
import type { Ui } from '../ui.js';

/** Under --json only the result is printed; the transcript still has everything. */
export function silentUi(log: Log, confirm: Ui['confirm']): Ui {
  return {
    say: (text = '') => log(text),
    saySecret: () => undefined,
    confirm,
    check: (result) => log(`check ${result.id}: ${result.status}: ${result.lines.join('; ')}`),
    async step(title, work) {
      log(`begin: ${title}`);
      try {
        const value = await work({ detail: (text) => log(`${title}: ${text}`), bytes: () => undefined });
        log(`end: ${title}`);
        return value;
      } catch (error) {
        log(`failed: ${title}: ${error instanceof Error ? error.message : String(error)}`);
        throw error;
      }
    },
  };
}
