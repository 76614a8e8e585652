import { expect, it } from 'vitest';
import { Refusal } from '../../src/errors.js';

/* The compiler judges these; `npm run check:types` fails where an error is not expected any more. */

const pending = { run: '/var/lib/sandstorm-airgap/run', step: null };

it('holds the facts of a refusal against its code', () => {
  expect(new Refusal('E_PENDING', 'pending', { result: pending }).result).toBe(pending);
  // @ts-expect-error these are the facts of another code
  expect(new Refusal('E_BUSY', 'busy', { result: pending }).code).toBe('E_BUSY');
  // @ts-expect-error one of them is missing
  expect(new Refusal('E_PENDING', 'pending', { result: { run: '' } }).code).toBe('E_PENDING');
  // @ts-expect-error a code without facts
  expect(new Refusal('E_USAGE', 'wrong', { result: pending }).code).toBe('E_USAGE');
});

it('keeps them when it is told anew', () => {
  const refusal = new Refusal('E_PENDING', 'pending', { result: pending, hint: 'resume' });
  const { code, message, hint, result, changed } = refusal.but({ message: 'still' }).afterChanges();
  expect({ code, message, hint, result, changed }).toEqual({
    ...{ code: 'E_PENDING', message: 'still', hint: 'resume', result: pending, changed: true },
  });
});
