import { expect, it } from 'vitest';
import { refusalLines, type Surroundings } from '../../../src/cli/run-command.js';
import { Refusal } from '../../../src/errors.js';

const around = (colours: boolean, guided = false): Surroundings =>
  ({ terminal: { columns: () => 100, colours }, guided }) as never;

it('says what happened, what to type, and where there is more about it', () => {
  const refusal = new Refusal('E_BUSY', 'an update is going on', { hint: 'wait\nor look' });
  const lines = ['', 'an update is going on      E_BUSY', 'Next:  wait\n       or look'];
  const more = 'More:  sandstorm-airgap explain E_BUSY';
  expect(refusalLines(refusal, around(false))).toEqual([...lines, more]);
  expect(refusalLines(refusal, around(true))).toEqual([...lines, `\u001b[90m${more}\u001b[39m`]);
});

it.each(['E_USAGE', 'E_BAD_VALUE', 'E_INPUT_NEEDED', 'E_CANCELLED'] as const)(
  'leaves it at that where the sentence says all: %s',
  (code) => {
    const said = refusalLines(new Refusal(code, 'said', { hint: 'do' }), around(false));
    expect(said).toEqual(['', `said      ${code}`, 'Next:  do']);
  },
);

it('leaves what the wizard mends to the wizard', () => {
  const refusal = new Refusal('E_PREFLIGHT_FAILED', 'not ready', { hint: '--waive' });
  expect(refusalLines(refusal, around(false, true))).toEqual(['', 'not ready      E_PREFLIGHT_FAILED']);
});
