import { describe, expect, it } from 'vitest';
import { dataFolders, parseSnapshot, type SnapshotRecord } from '../../../src/snapshot/record.js';

const RECORD: SnapshotRecord = {
  version: 1,
  id: '2026-11-22T021300123Z-update',
  takenAt: '2026-11-22T02:13:00.123Z',
  release: 'sandstorm-308',
  scope: 'database',
  bytes: 212,
  reason: 'update to sandstorm-309',
  complete: true,
  migrationFolders: ['mongo-backup'],
};

describe('the record of a snapshot', () => {
  it('is read as it was written', () => {
    expect(parseSnapshot(JSON.stringify(RECORD))).toEqual(RECORD);
    expect(
      parseSnapshot(JSON.stringify({ ...RECORD, release: 'sandstorm-custom.2026-01-01_00-00-00' })),
    ).toBeDefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['another version', { version: 2 }],
    ['a release that is a way out', { release: '../../etc' }],
    ['a custom release that is a way out', { release: 'sandstorm-custom.x/../../..' }],
    ['a scope that is not known', { scope: 'everything' }],
    ['no moment', { takenAt: 'yesterday' }],
    ['bytes that are no number', { bytes: '212' }],
    ['a word for whether it is complete', { complete: 'yes' }],
    ['a folder of no migration, which would be removed', { migrationFolders: ['../../..'] }],
    ['no id', { id: 7 }],
  ])('is not one with %s', (_, wrong) => {
    expect(parseSnapshot(JSON.stringify({ ...RECORD, ...wrong }))).toBeUndefined();
  });

  it.each(['', 'null', '[]', '"text"', JSON.stringify(RECORD).slice(0, -1)])('is not %j', (text) => {
    expect(parseSnapshot(text)).toBeUndefined();
  });

  it('says by its scope which data it holds', () => {
    expect(dataFolders('none')).toEqual([]);
    expect(dataFolders('database')).toEqual(['mongo']);
    expect(dataFolders('full')).toEqual(['mongo', 'sandstorm']);
  });
});
