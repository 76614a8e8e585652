import { expect, it } from 'vitest';
import type { CheckStatus, ReportedCheck } from '../../../src/preflight/check.js';
import { calmUi } from '../../../src/rehearsal/calm-ui.js';
import type { Ui } from '../../../src/ui.js';

function recording(): { ui: Ui; seen: string[] } {
  const seen: string[] = [];
  const ui: Ui = {
    say: (text = '') => void seen.push(text),
    saySecret: (text) => void seen.push(text),
    check: ({ id, status }) => void seen.push(`${status} ${id}`),
    async step(title, work) {
      let last = '';
      const value = await work({ detail: (text) => (last = text), bytes: () => undefined });
      seen.push(`${title}: ${last}`);
      return value;
    },
    confirm: () => Promise.reject(new Error('nobody must be asked')),
  };
  return { ui, seen };
}

const check = (id: string, status: CheckStatus): ReportedCheck => ({
  id,
  status,
  group: 'Machine',
  title: id,
  lines: [],
  waived: false,
});

it('shows all checks until it is told to be brief', () => {
  const { ui, seen } = recording();
  calmUi(ui).check(check('one', 'pass'));
  expect(seen).toEqual(['pass one']);
});

it('then shows those that want something, and counts the rest before what is said next', async () => {
  const { ui, seen } = recording();
  const calm = calmUi(ui);
  calm.beBrief();
  calm.check(check('one', 'pass'));
  calm.check(check('two', 'warn'));
  calm.check(check('three', 'skip'));
  calm.check(check('four', 'pass'));
  calm.say('the plan');
  expect(await calm.confirm('Go ahead?')).toBe(true);
  calm.say('afterwards');
  expect(seen).toEqual(['warn two', 'Checked: 2 passed', 'the plan', 'afterwards']);
});

it('shows what it held back when a scene ends early, and starts to count anew', async () => {
  const { ui, seen } = recording();
  const calm = calmUi(ui);
  calm.beBrief();
  calm.check(check('one', 'pass'));
  calm.check(check('two', 'fail'));
  await calm.flush();
  calm.check(check('three', 'pass'));
  await calm.step('Next', () => Promise.resolve());
  expect(seen).toEqual(['fail two', 'Checked: 1 passed', 'Checked: 1 passed', 'Next: ']);
});
