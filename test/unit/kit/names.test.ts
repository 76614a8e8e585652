import { describe, expect, it } from 'vitest';
import { collidingName, partName, whyNotName } from '../../../src/kit/names.js';

describe('names that every filesystem takes', () => {
  it.each(['sandstorm-309.tar.xz', 'install.sh', 'RUNBOOK.md', 'A', 'a+b_c-d', `${'f'.repeat(90)}.spk`])(
    '%s',
    (name) => {
      expect(whyNotName(name)).toBeUndefined();
    },
  );

  it.each([
    '',
    '.',
    '..',
    '.hidden',
    'ends.',
    'a/b',
    'a\\b',
    'a:b',
    'a b',
    'ä',
    'a\n',
    'con',
    'CON',
    'nul.txt',
    'Com1.tar.gz',
    'lpt9',
    'x.001',
    'x'.repeat(95),
  ])('not %j', (name) => {
    expect(whyNotName(name)).toBeDefined();
  });

  it('finds names that are one where case does not count', () => {
    expect(collidingName(['a', 'b', 'c'])).toBeUndefined();
    expect(collidingName(['Read.me', 'x', 'READ.ME'])).toBe('READ.ME');
  });

  it('numbers parts', () => {
    expect([0, 9, 998].map((index) => partName('x', index))).toEqual(['x.001', 'x.010', 'x.999']);
  });
});
