import { describe, expect, it } from 'vitest';
import { stepsLeft, type CutOff } from '../../../src/update/carry-on.js';
import { planUpdate, type UpdateFacts } from '../../../src/update/plan.js';
import { planRollback, planSnapshot } from '../../../src/update/rollback-plan.js';
import type { ServerPlan } from '../../../src/update/step.js';
import { UPDATE_FACTS } from '../../helpers/update-facts.js';

const update = (more: Partial<UpdateFacts> = {}): ServerPlan => planUpdate({ ...UPDATE_FACTS, ...more });

function left(plan: ServerPlan, lastDone: string, more: Partial<CutOff> = {}): string {
  const at = plan.steps.findIndex((step) => step.do === lastDone);
  const done = new Set(plan.steps.slice(0, at + 1).map((step) => step.do));
  const seen = { done, begun: done, latest: plan.from, placed: done.has('place'), running: false };
  return stepsLeft(plan, { ...seen, ...more })
    .map((step) => step.do)
    .join(' ');
}

describe('what is left of an update', () => {
  it('is all of it before the first step', () => {
    expect(left(update(), 'nothing')).toBe(
      'unpack keep stop place snapshot sandstorm-update start prove-healthy commit',
    );
  });

  it('does not unpack again what is proven and on the disk', () => {
    expect(left(update(), 'unpack')).toBe(
      'keep stop place snapshot sandstorm-update start prove-healthy commit',
    );
    expect(left(update(), 'keep')).toBe('stop place snapshot sandstorm-update start prove-healthy commit');
  });

  it('stops and copies anew as long as the old build is linked: it may have run since', () => {
    expect(left(update(), 'snapshot')).toBe('stop snapshot sandstorm-update start prove-healthy commit');
  });

  it('goes straight ahead from the link on', () => {
    expect(left(update(), 'snapshot', { latest: 'sandstorm-309' })).toBe('start prove-healthy commit');
    expect(left(update(), 'start', { latest: 'sandstorm-309' })).toBe('start prove-healthy commit');
  });

  it('stops for the migration that is still to come', () => {
    const plan = update({ migrate: true });
    expect(left(plan, 'sandstorm-update', { latest: 'sandstorm-309' })).toBe(
      'stop migrate-mongo start prove-healthy commit',
    );
    expect(left(plan, 'migrate-mongo', { latest: 'sandstorm-309' })).toBe('start prove-healthy commit');
  });

  it('fetches once more what a server that was started meanwhile has deleted', () => {
    const down = update({ to: 'sandstorm-307' });
    expect(left(down, 'snapshot', { placed: false })).toBe(
      'unpack stop place snapshot sandstorm-update start prove-healthy commit',
    );
  });

  it('of a build put in place once more goes by the journal, as both have one name', () => {
    const same = update({ to: 'sandstorm-308', target: 'different' });
    expect(left(same, 'snapshot')).toBe('stop snapshot sandstorm-update start prove-healthy commit');
    expect(left(same, 'sandstorm-update')).toBe('start prove-healthy commit');
  });
});

describe('what is left of a migration of the build that is there', () => {
  const plan = update({ to: 'sandstorm-308', unpack: false, migrate: true, running: false });

  it('makes no second copy of data that may be converted by now', () => {
    expect(left(plan, 'keep')).toBe('snapshot migrate-mongo start prove-healthy commit');
    const begun = new Set(['keep', 'snapshot', 'migrate-mongo']);
    expect(left(plan, 'snapshot', { begun })).toBe('migrate-mongo start prove-healthy commit');
    expect(left(plan, 'migrate-mongo')).toBe('start prove-healthy commit');
  });
});

describe('what is left of an update of a server that was not running', () => {
  const plan = update({ running: false });

  it('stops the one that the machine has started since', () => {
    expect(left(plan, 'keep', { running: true })).toBe(
      'stop place snapshot sandstorm-update start prove-healthy commit',
    );
    expect(left(plan, 'keep')).toBe('place snapshot sandstorm-update start prove-healthy commit');
    expect(left(plan, 'start', { running: true, latest: 'sandstorm-309' })).toBe(
      'start prove-healthy commit',
    );
  });

  it('never stops what is to change while it runs', () => {
    expect(left(update({ strategy: 'live' }), 'keep', { running: true })).not.toContain('stop');
  });
});

describe('what is left of a snapshot by hand', () => {
  const plan = planSnapshot({
    home: '/h',
    build: 'sandstorm-308',
    running: true,
    scope: 'database',
    bytes: 1,
    waive: [],
    stableSeconds: 1,
  });
  it('is made anew until the server was started again', () => {
    expect(left(plan, 'snapshot')).toBe('stop snapshot start prove-healthy commit');
    expect(left(plan, 'start', { running: true })).toBe('start prove-healthy commit');
  });
});

describe('what is left of a rollback', () => {
  const plan = planRollback({
    home: '/h',
    from: 'sandstorm-309',
    to: 'sandstorm-308',
    snapshot: 'id',
    takenAt: '2026-11-22T02:13:00.000Z',
    dataBytes: 1,
    running: true,
    targetExists: false,
    waive: [],
    stableSeconds: 1,
  });
  it('brings the data anew unless the link has moved', () => {
    expect(left(plan, 'bring-data')).toBe('stop bring-data relink start prove-healthy commit');
    expect(left(plan, 'bring-data', { latest: 'sandstorm-308' })).toBe('start prove-healthy commit');
  });

  it('to a snapshot of the same build does not bring the data a second time once people work with them', () => {
    const same = planRollback({
      home: '/h',
      from: 'sandstorm-308',
      to: 'sandstorm-308',
      snapshot: 'id',
      takenAt: '2026-11-22T02:13:00.000Z',
      dataBytes: 1,
      running: true,
      targetExists: true,
      waive: [],
      stableSeconds: 1,
    });
    expect(left(same, 'bring-data')).toBe('stop bring-data start prove-healthy commit');
    expect(left(same, 'start', { running: true })).toBe('start prove-healthy commit');
  });
});
