import type { ReportedCheck } from '../preflight/check.js';
import type { Ui } from '../ui.js';

export interface CalmUi extends Ui {
  /** From now on passed checks are counted, not shown. */
  beBrief(): void;
  /** Shows what is still held back. */
  flush(): Promise<void>;
}

/**
 * A rehearsal runs the same twenty checks again and again. The first time all are shown; after that only
 * those that want something, and one line for the rest. Every question is answered with yes: who asked for a
 * rehearsal need not agree to its steps.
 */
export function calmUi(ui: Ui): CalmUi {
  let brief = false;
  let passed = 0;
  let held: string[] | undefined;

  const flush = async (): Promise<void> => {
    const lines = held;
    if (lines === undefined) return;
    held = undefined;
    const count = passed;
    passed = 0;
    await ui.step('Checked', (progress) => {
      progress.detail(`${String(count)} passed`);
      return Promise.resolve();
    });
    for (const line of lines) ui.say(line);
  };

  return {
    ...ui,
    beBrief: () => {
      brief = true;
    },
    flush,
    // The line that sums up the checks is a step and takes a moment; what is said meanwhile comes after it.
    say: (text = '') => {
      if (held === undefined) ui.say(text);
      else held.push(text);
    },
    check(result: ReportedCheck) {
      if (!brief) {
        ui.check(result);
        return;
      }
      held ??= [];
      if (result.status === 'pass') passed += 1;
      else if (result.status !== 'skip') ui.check(result);
    },
    async step(title, work) {
      await flush();
      return ui.step(title, work);
    },
    confirm: async () => {
      await flush();
      return true;
    },
  };
}
