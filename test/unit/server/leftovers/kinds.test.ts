import { describe, expect, it } from 'vitest';
import { namedById, namedInHome, namedStaged } from '../../../../src/server/leftovers/kinds.js';

describe('a name in HOME', () => {
  it.each([
    ['downloading.AbC012', 'unpacking'],
    ['latest.309', 'new-link'],
    ['sandstorm-installer.AbCdEfGhI0', 'install-download'],
    ['.4242.0011aabb.tmp', 'half-written'],
    ['replaced-sandstorm-309.2026-11-22T021300123Z-update', 'replaced'],
    ['replaced-sandstorm-custom.2026-01-01_10-00-00.2026-11-22T021300123Z-update', 'replaced'],
  ])('of a leftover: %s', (name, kind) => {
    expect(namedInHome(name)?.kind).toBe(kind);
  });

  it.each([
    'latest',
    'latest.old',
    'latest.309.bak',
    'downloading',
    'downloading.AbC01',
    'downloading.AbC0123',
    'downloading.../etc',
    'downloading.AbC01\n',
    'sandstorm-installer.sh',
    'sandstorm-309',
    'sandstorm.conf',
    'var',
    'tmp',
    'replaced-sandstorm-309',
    'replaced-sandstorm-309.mine',
    '.bashrc.tmp',
    '.0011aabb.tmp',
  ])('of something else: %s', (name) => {
    expect(namedInHome(name)).toBeUndefined();
  });

  it('tells the run and the writer', () => {
    expect(namedInHome('replaced-sandstorm-309.2026-11-22T021300123Z-update')?.owner).toBe(
      '2026-11-22T021300123Z-update',
    );
    expect(namedInHome('.4242.0011aabb.tmp')?.writer).toBe(4242);
  });
});

it('a staged copy has sixteen hex digits', () => {
  expect(namedStaged('release-0123456789abcdef')?.kind).toBe('staged');
  for (const name of ['release-0123', 'release-0123456789ABCDEF', 'releases'])
    expect(namedStaged(name)).toBeUndefined();
});

it('an id is no path', () => {
  const named = namedById('aside');
  expect(named('2026-11-22T021300123Z-update')?.owner).toBe('2026-11-22T021300123Z-update');
  for (const name of ['..', '.hidden', 'a b', '']) expect(named(name)).toBeUndefined();
});
