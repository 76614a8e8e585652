import { describe, expect, it } from 'vitest';
import { planUpdate, type UpdateFacts } from '../../../src/update/plan.js';
import { planRollback, planSnapshot } from '../../../src/update/rollback-plan.js';
import type { ServerPlan } from '../../../src/update/step.js';
import { planUndo, type Seen } from '../../../src/update/undo.js';
import { UPDATE_FACTS } from '../../helpers/update-facts.js';

const update = (more: Partial<UpdateFacts> = {}): ServerPlan => planUpdate({ ...UPDATE_FACTS, ...more });

/** The way back after the named step was begun. */
function undo(plan: ServerPlan, last: string, latest = plan.from, more: Partial<Seen> = {}): string {
  const at = plan.steps.findIndex((step) => step.do === last);
  if (at === -1) throw new Error(`no step ${last}`);
  const begun = new Set(plan.steps.slice(0, at + 1).map((step) => step.do));
  const seen = { begun, latest, undone: new Set<string>(), running: false, dropped: false };
  return planUndo(plan, { ...seen, ...more }).join(' ');
}

describe('the way back from an update', () => {
  it.each([
    ['unpack', 'remove-unpacked'],
    ['keep', 'remove-unpacked drop-snapshot'],
    ['set-channel', 'restore-conf remove-unpacked drop-snapshot'],
    ['stop', 'restore-conf start prove-old remove-unpacked drop-snapshot'],
    ['place', 'stop relink-old remove-placed restore-conf start prove-old remove-unpacked drop-snapshot'],
    ['snapshot', 'stop relink-old remove-placed restore-conf start prove-old remove-unpacked drop-snapshot'],
    [
      'sandstorm-update',
      'stop relink-old remove-placed restore-conf start prove-old remove-unpacked drop-snapshot',
    ],
    [
      'start',
      'stop relink-old restore-data remove-placed restore-conf start prove-old remove-unpacked drop-snapshot',
    ],
    [
      'prove-healthy',
      'stop relink-old restore-data remove-placed restore-conf start prove-old remove-unpacked drop-snapshot',
    ],
  ])('at %s', (step, expected) => {
    expect(undo(update({ channel: 'dev' }), step)).toBe(expected);
  });

  it('brings the data back as soon as the machine may have started the new build by itself', () => {
    expect(undo(update(), 'sandstorm-update', 'sandstorm-308')).not.toContain('restore-data');
    expect(undo(update(), 'sandstorm-update', 'sandstorm-309')).toContain('restore-data');
  });

  it('never gives old data to people who have worked on since', () => {
    // Cut off after the snapshot, the old build came up with the machine and was used.
    expect(undo(update(), 'snapshot')).not.toContain('restore-data');
  });

  it('starts nothing that was not running before', () => {
    expect(undo(update({ running: false }), 'start')).not.toMatch(/(?:^| )start|prove-old/);
  });

  it('has no data to bring back where no snapshot was made', () => {
    expect(undo(update({ scope: 'none' }), 'start')).not.toContain('restore-data');
    expect(undo(update({ strategy: 'live' }), 'start')).not.toContain('restore-data');
  });

  it('has the copy that the migration makes, even without a snapshot', () => {
    expect(undo(update({ scope: 'none', migrate: true }), 'migrate-mongo')).toContain('restore-data');
  });

  it('takes the new folder away first where both have one name', () => {
    const same = update({ to: 'sandstorm-308', target: 'different' });
    expect(undo(same, 'start')).toBe(
      'stop remove-placed relink-old restore-data start prove-old remove-unpacked drop-snapshot',
    );
  });

  it('puts the server back before it removes anything that could still help', () => {
    const way = undo(update({ migrate: true }), 'prove-healthy').split(' ');
    expect(way.indexOf('prove-old')).toBeLessThan(way.indexOf('drop-snapshot'));
    expect(way.indexOf('stop')).toBe(0);
    expect(way.indexOf('restore-data')).toBeLessThan(way.indexOf('start'));
  });

  it('has the link on the old build before the only copy of its data lies where a new one would convert it', () => {
    const way = undo(update(), 'prove-healthy').split(' ');
    expect(way.indexOf('relink-old')).toBeLessThan(way.indexOf('restore-data'));
  });

  it('begun anew does not touch twice what has come back', () => {
    const undone = new Set(['stop', 'relink-old', 'restore-data', 'remove-placed']);
    expect(undo(update(), 'start', 'sandstorm-308', { undone })).toBe(
      'stop relink-old start prove-old remove-unpacked drop-snapshot',
    );
  });

  it('leaves a server alone that was seen well again, and only tidies up', () => {
    const undone = new Set(['stop', 'relink-old', 'restore-data', 'remove-placed', 'start', 'prove-old']);
    expect(undo(update(), 'start', 'sandstorm-308', { undone })).toBe('remove-unpacked drop-snapshot');
    expect(undo(update({ running: false }), 'start', 'sandstorm-308', { dropped: true })).toBe(
      'remove-unpacked drop-snapshot',
    );
  });

  it('starts the old build again that the machine had started since', () => {
    const still = update({ running: false });
    expect(undo(still, 'snapshot', 'sandstorm-308', { running: true })).toMatch(/ start prove-old /);
    // The new build, which runs because the update has started it.
    expect(undo(still, 'start', 'sandstorm-309', { running: true })).not.toMatch(/ start prove-old /);
  });
});

describe('the way back from a rollback', () => {
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
  it.each([
    ['bring-build', 'remove-unpacked'],
    ['stop', 'start prove-old remove-unpacked drop-snapshot'],
    [
      'bring-data',
      'stop relink-old restore-data remove-placed start prove-old remove-unpacked drop-snapshot',
    ],
  ])('at %s', (step, expected) => {
    expect(undo(plan, step)).toBe(expected);
  });
});

describe('the way back from a snapshot', () => {
  it('only starts the server again', () => {
    const plan = planSnapshot({
      home: '/h',
      build: 'sandstorm-308',
      running: true,
      scope: 'database',
      bytes: 1,
      waive: [],
      stableSeconds: 1,
    });
    expect(undo(plan, 'snapshot')).toBe('start prove-old drop-snapshot');
    expect(undo(plan, 'start')).toBe('start prove-old drop-snapshot');
  });
});
