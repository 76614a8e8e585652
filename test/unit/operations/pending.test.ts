import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/journal/record.js';
import { isOpen, pending, waysOn, whatHappened, whatToType } from '../../../src/operations/pending.js';
import { planUpdate } from '../../../src/update/plan.js';
import { UPDATE_FACTS } from '../../helpers/update-facts.js';

const RECORD: RunRecord = {
  id: 'id',
  dir: '/state/runs/id',
  operation: 'update',
  home: '/opt/sandstorm',
  plan: planUpdate(UPDATE_FACTS),
  startedAt: '2026-11-22T02:13:00.000Z',
  endedAt: undefined,
  outcome: undefined,
  message: undefined,
  stepsDone: ['unpack', 'keep'],
  stepsBegun: ['unpack', 'keep', 'stop'],
  stepOpen: 'stop',
  turnedBack: false,
  undone: [],
};

describe('what was cut off', () => {
  it.each<[Partial<RunRecord>, string]>([
    [{}, 'The update to sandstorm-309 of 2026-11-22 02:13 UTC was cut off at stop.'],
    [{ stepOpen: undefined }, 'The update to sandstorm-309 of 2026-11-22 02:13 UTC was cut off after keep.'],
    [
      { stepOpen: undefined, stepsDone: [], stepsBegun: [] },
      'The update to sandstorm-309 of 2026-11-22 02:13 UTC was cut off before its first step.',
    ],
    [
      { turnedBack: true, stepOpen: 'restore-data' },
      'The update to sandstorm-309 of 2026-11-22 02:13 UTC was cut off on its way back, at restore-data.',
    ],
    [
      { outcome: 'failed', message: 'no disk' },
      'The update to sandstorm-309 of 2026-11-22 02:13 UTC failed, and so did the way back: no disk',
    ],
    [
      { operation: 'install', plan: { of: 'another version' } },
      'The install of 2026-11-22 02:13 UTC was cut off at stop.',
    ],
  ])('is told in a sentence: %j', (more, expected) => {
    expect(whatHappened({ ...RECORD, ...more })).toBe(expected);
  });

  it('waits as long as it neither came to its end nor was undone', () => {
    expect(isOpen(RECORD)).toBe(true);
    expect(isOpen({ outcome: 'failed' })).toBe(true);
    expect(isOpen({ outcome: 'done' })).toBe(false);
    expect(isOpen({ outcome: 'undone' })).toBe(false);
  });

  it('goes on or back; from the turn on only back', () => {
    expect(waysOn(RECORD)).toEqual(['resume', 'abort']);
    expect(whatToType(RECORD)).toMatch(/sandstorm-airgap resume .* sandstorm-airgap abort {3}\(goes back\)/);
    for (const back of [{ turnedBack: true }, { outcome: 'failed' } as const]) {
      expect(waysOn({ ...RECORD, ...back })).toEqual(['abort']);
      expect(whatToType({ ...RECORD, ...back })).not.toContain('resume');
    }
    expect(whatToType({ ...RECORD, operation: 'install' })).toContain('takes it away again');
  });

  it('comes before anything else, with exit code 8', () => {
    expect(pending(RECORD)).toMatchObject({
      code: 'E_PENDING',
      exitCode: 8,
      changed: false,
      result: { run: '/state/runs/id', step: 'stop' },
    });
  });
});
