import { describe, expect, it } from 'vitest';
import { planUpdate, type UpdateFacts } from '../../../src/update/plan.js';
import { planRollback, planSnapshot } from '../../../src/update/rollback-plan.js';
import { isServerPlan, withoutSizes } from '../../../src/update/step.js';
import { UPDATE_FACTS as FACTS } from '../../helpers/update-facts.js';

const steps = (more: Partial<UpdateFacts>): string =>
  planUpdate({ ...FACTS, ...more })
    .steps.map((step) => step.do)
    .join(' ');

describe('the plan of an update', () => {
  it('is plain data that says all', () => {
    const plan = planUpdate({ ...FACTS, channel: 'dev', target: 'different' });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(isServerPlan(JSON.parse(JSON.stringify(plan)))).toBe(true);
    expect(plan).toMatchObject({
      version: 2,
      operation: 'update',
      home: '/opt/sandstorm',
      from: 'sandstorm-308',
      to: 'sandstorm-309',
      running: true,
      strategy: 'safe',
      steps: [
        { do: 'unpack', bytes: 744, reuse: false },
        { do: 'keep', build: true },
        { do: 'set-channel', from: 'dev' },
        { do: 'stop' },
        { do: 'place', replaces: true },
        { do: 'snapshot', scope: 'database', bytes: 212 },
        { do: 'sandstorm-update' },
        { do: 'start' },
        { do: 'prove-healthy', stableSeconds: 30 },
        { do: 'commit', keep: 1 },
      ],
    });
  });

  it.each<[string, Partial<UpdateFacts>, string]>([
    ['as usual', {}, 'unpack keep stop place snapshot sandstorm-update start prove-healthy commit'],
    [
      'of a stopped server',
      { running: false },
      'unpack keep place snapshot sandstorm-update start prove-healthy commit',
    ],
    [
      'with another channel than this very word',
      { channel: 'None' },
      'unpack keep set-channel stop place snapshot sandstorm-update start prove-healthy commit',
    ],
    [
      'with the folder there whole',
      { target: 'whole' },
      'unpack keep stop snapshot sandstorm-update start prove-healthy commit',
    ],
    [
      'without a snapshot',
      { scope: 'none' },
      'unpack keep stop place sandstorm-update start prove-healthy commit',
    ],
    [
      'to MongoDB 7',
      { migrate: true },
      'unpack keep stop place snapshot sandstorm-update migrate-mongo start prove-healthy commit',
    ],
    [
      'after a migration that was cut off',
      { migrate: true, halfMigrated: true },
      'unpack keep stop place repair-mongo snapshot sandstorm-update migrate-mongo start prove-healthy commit',
    ],
    [
      'to the build that is there',
      { unpack: false, target: 'whole' },
      'keep stop start prove-healthy commit',
    ],
    [
      'to the build that is there and needs its migration',
      { unpack: false, migrate: true },
      'keep stop snapshot migrate-mongo start prove-healthy commit',
    ],
    [
      'live',
      { strategy: 'live', channel: undefined },
      'unpack keep set-channel place sandstorm-update start prove-healthy commit',
    ],
  ])('%s', (_, more, expected) => {
    expect(steps(more)).toBe(expected);
  });

  it('never unpacks while people wait', () => {
    const all = steps({ channel: 'dev', target: 'different', migrate: true }).split(' ');
    expect(all.indexOf('unpack')).toBeLessThan(all.indexOf('stop'));
    expect(all.indexOf('keep')).toBeLessThan(all.indexOf('stop'));
  });

  it('is the same plan when only the database has grown meanwhile', () => {
    const grown = planUpdate({ ...FACTS, migrate: true, snapshotBytes: 999, mongoBytes: 999 });
    expect(withoutSizes(grown)).toEqual(withoutSizes(planUpdate({ ...FACTS, migrate: true })));
    expect(withoutSizes(grown)).not.toEqual(withoutSizes(planUpdate(FACTS)));
  });
});

describe('the plan of a rollback', () => {
  const BACK = {
    home: '/opt/sandstorm',
    from: 'sandstorm-309',
    to: 'sandstorm-308',
    snapshot: 'id',
    takenAt: '2026-11-22T02:13:00.000Z',
    dataBytes: 212,
    running: true,
    targetExists: false,
    waive: [],
    stableSeconds: 30,
  };
  const names = (more: Partial<Parameters<typeof planRollback>[0]>): string =>
    planRollback({ ...BACK, ...more })
      .steps.map((step) => step.do)
      .join(' ');

  it('brings the data before the link, and keeps what it replaces', () => {
    expect(names({})).toBe('bring-build keep stop place bring-data relink start prove-healthy commit');
    expect(planRollback(BACK).dataOf).toBe('2026-11-22T02:13:00.000Z');
  });

  it('leaves the data where the snapshot has none, and says so', () => {
    expect(names({ dataBytes: undefined })).toBe(
      'bring-build keep stop place relink start prove-healthy commit',
    );
    expect(planRollback({ ...BACK, dataBytes: undefined }).dataOf).toBeNull();
  });

  it('to a snapshot of the same build changes the data alone', () => {
    expect(names({ to: 'sandstorm-309' })).toBe('keep stop bring-data start prove-healthy commit');
  });
});

describe('the plan of a snapshot', () => {
  const wish = { home: '/h', build: 'sandstorm-308', waive: [], bytes: 1, stableSeconds: 1 };
  it('stops a running server for it, and starts none that was stopped', () => {
    const names = (running: boolean): string =>
      planSnapshot({ ...wish, running, scope: 'database' })
        .steps.map((step) => step.do)
        .join(' ');
    expect(names(true)).toBe('keep stop snapshot start prove-healthy commit');
    expect(names(false)).toBe('keep snapshot commit');
  });
});
