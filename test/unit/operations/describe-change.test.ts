import { describe, expect, it } from 'vitest';
import { describeRollback, describeUpdate, wayBack } from '../../../src/operations/describe-change.js';
import { planUpdate, type UpdateFacts } from '../../../src/update/plan.js';
import { planRollback, type RollbackFacts } from '../../../src/update/rollback-plan.js';
import { UPDATE_FACTS } from '../../helpers/update-facts.js';

const update = (more: Partial<UpdateFacts> = {}): string =>
  describeUpdate(planUpdate({ ...UPDATE_FACTS, ...more })).join('\n');

const ROLLBACK: RollbackFacts = {
  home: '/opt/sandstorm',
  from: 'sandstorm-309',
  to: 'sandstorm-308',
  snapshot: 'id',
  takenAt: '2026-11-22T02:13:00.000Z',
  dataBytes: 212e6,
  running: true,
  targetExists: false,
  waive: [],
  stableSeconds: 30,
};
const rollback = (more: Partial<RollbackFacts> = {}): string =>
  describeRollback(planRollback({ ...ROLLBACK, ...more })).join('\n');

describe('the plan of an update in words', () => {
  it('numbers every step, and says where the pause begins and ends', () => {
    const text = update();
    const numbers = [...text.matchAll(/^ +(\d+) {2}/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(text).toMatch(/3 +stop +── pause begins/);
    expect(text).toMatch(/8 +prove it well +── pause ends; stable for 30 s/);
    expect(text).toContain('From sandstorm-308 to sandstorm-309');
  });

  it('promises the data back only where a copy of them is made', () => {
    expect(update()).toContain('sandstorm-308 and its data come back by themselves');
    for (const without of [update({ scope: 'none' }), update({ strategy: 'live' })]) {
      expect(without).toContain('NOT its data');
      expect(without).not.toContain('and its data come back');
    }
  });

  it('speaks of no pause where nothing is stopped', () => {
    expect(update({ running: false })).not.toContain('pause');
    expect(update({ strategy: 'live' })).toContain('short pause: the server starts anew');
  });

  it('says of an older build that it is one', () => {
    expect(update({ downgradeAllowed: true })).toContain(
      'From sandstorm-308 down to the older sandstorm-309',
    );
  });

  it('names a way back only after an update that has one', () => {
    expect(wayBack(planUpdate(UPDATE_FACTS))).toContain('goes back to sandstorm-308');
    expect(wayBack(planUpdate({ ...UPDATE_FACTS, to: 'sandstorm-308', unpack: false }))).toBe('');
  });
});

describe('the plan of a rollback in words', () => {
  it('says from when on what people have done is lost, and where it is kept', () => {
    const text = rollback();
    expect(text).toContain('LOST for people: everything they have done since 2026-11-22 02:13 UTC.');
    expect(text).toContain('snapshot of sandstorm-309');
  });

  it('of a snapshot without data says that they stay', () => {
    const text = rollback({ dataBytes: undefined });
    expect(text).not.toContain('LOST');
    expect(text).toContain('they stay as they are now');
    expect(text).toContain('NOT its data');
  });
});
