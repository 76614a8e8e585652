import { describe, expect, it } from 'vitest';
import { ALL_CHECKS } from '../../../src/preflight/catalogue.js';
import { pass, type Check } from '../../../src/preflight/check.js';
import { runChecks, standingInTheWay } from '../../../src/preflight/run-checks.js';
import { fakeHost } from '../../helpers/fake-host.js';
import { subject } from '../../helpers/subject.js';

describe('ALL_CHECKS', () => {
  it('gives each check an id of its own, in whole groups', () => {
    const ids = ALL_CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const groups = ALL_CHECKS.map(({ group }) => group);
    expect(groups.filter((group, index) => group !== groups[index - 1])).toEqual([
      'Machine',
      'Server',
      'Network',
      'Logins',
    ]);
  });

  it('runs to the end on a machine about which nothing can be found out', async () => {
    const host = await fakeHost({ commands: { run: () => Promise.reject(new Error('nothing runs here')) } });
    const results = await runChecks(ALL_CHECKS, subject({ home: `${host.root}/home` }), host);
    expect(results.map(({ id }) => id)).toEqual(
      ALL_CHECKS.filter(({ phases, applies }) => phases.includes('install') && applies === undefined).map(
        ({ id }) => id,
      ),
    );
    expect(results.find(({ id }) => id === 'os.kernel')).toMatchObject({
      status: 'fail',
      lines: ['could not be checked: nothing runs here'],
    });
  });
});

describe('runChecks', () => {
  const check = (id: string, run: Check['run'], phases: Check['phases'] = ['install']): Check => ({
    id,
    group: 'Machine',
    title: id,
    phases,
    run,
  });
  const bad = check('bad', () => Promise.reject(new Error('disk on fire')));
  const worse = check('worse', () => {
    throw new Error('at once');
  });
  const good = check('good', () => Promise.resolve(pass('fine')));
  const later = check('later', () => Promise.resolve(pass('fine')), ['update']);

  it('runs those of the phase in order, and lets none hide the others', async () => {
    const seen: string[] = [];
    const results = await runChecks([bad, worse, later, good], subject(), await fakeHost(), [], ({ id }) =>
      seen.push(id),
    );
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      ['bad', 'fail'],
      ['worse', 'fail'],
      ['good', 'pass'],
    ]);
    expect(seen).toEqual(['bad', 'worse', 'good']);
    expect(standingInTheWay(results).map(({ id }) => id)).toEqual(['bad', 'worse']);
  });

  it('records a waiver of what failed, and of nothing else', async () => {
    const results = await runChecks([bad, good], subject(), await fakeHost(), ['bad', 'good']);
    expect(results.map(({ id, waived }) => [id, waived])).toEqual([
      ['bad', true],
      ['good', false],
    ]);
    expect(standingInTheWay(results)).toEqual([]);
  });
});
