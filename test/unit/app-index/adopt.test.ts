import { describe, expect, it } from 'vitest';
import { adopted } from '../../../src/app-index/adopt.js';
import { DEFAULT_TITLE, type IndexDocument } from '../../../src/app-index/document.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(52)) as [string, string, string];
const [P, Q] = ['1'.repeat(32), '2'.repeat(32)];

const index = (more: Partial<IndexDocument> = {}): IndexDocument => ({
  version: 1,
  title: DEFAULT_TITLE,
  servers: [],
  apps: {},
  ...more,
});

describe('what a kit says of the market', () => {
  it('counts where nothing was decided here', () => {
    const theirs = index({
      title: 'Apps of the house',
      servers: ['http://sandstorm.test'],
      apps: { [A]: { pin: P }, [B]: { hidden: true }, [C]: { description: 'short' } },
    });
    expect(adopted(index(), theirs, new Set([P]))).toEqual(theirs);
  });

  it('leaves alone what was decided here, word by word', () => {
    const own = index({ title: 'Ours', servers: ['http://ours'], apps: { [A]: { description: 'ours' } } });
    const theirs = index({
      title: 'Theirs',
      servers: ['http://theirs'],
      apps: { [A]: { pin: P, description: 'theirs' } },
    });
    expect(adopted(own, theirs, new Set([P]))).toEqual({
      ...own,
      apps: { [A]: { description: 'ours', pin: P } },
    });
  });

  it('pins no package that is not here', () => {
    const theirs = index({ apps: { [A]: { pin: Q }, [B]: { pin: Q, hidden: true } } });
    expect(adopted(index(), theirs, new Set([P]))).toEqual(index({ apps: { [B]: { hidden: true } } }));
  });
});
