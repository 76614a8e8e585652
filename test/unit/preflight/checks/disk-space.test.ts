import { describe, expect, it } from 'vitest';
import { bytes } from '../../../../src/words.js';
import { diskSpace } from '../../../../src/preflight/checks/disk-space.js';
import { perFilesystem, worstMoment } from '../../../../src/preflight/worst-moment.js';
import { fakeHost, writeTree } from '../../../helpers/fake-host.js';
import { runCheck, shown, subject } from '../../../helpers/subject.js';

const release = { build: 309, packedBytes: 176e6, unpackedBytes: 744e6 };
const database = { mongoBytes: 212e6, snapshotBytes: 212e6, mongoIsOld: true };
const total = (needs: readonly { bytes: number }[]): number =>
  needs.reduce((sum, need) => sum + need.bytes, 0);

describe('worstMoment', () => {
  it('of an installation: the copy, the release and a reserve', () => {
    expect(worstMoment(subject({ release }), database).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['/var/lib/sandstorm-airgap/staging', 176e6],
      ['/opt/sandstorm', 744e6],
      ['/opt/sandstorm/var/mongo', 500e6],
    ]);
  });

  it('of an update: a snapshot besides', () => {
    expect(total(worstMoment(subject({ phase: 'update', release }), database))).toBe(
      176e6 + 744e6 + 500e6 + 212e6,
    );
  });

  it('of an update to MongoDB 7: a dump and a second database besides, once', () => {
    const about = subject({ phase: 'update', release: { ...release, needsAvx: true } });
    const before = 176e6 + 744e6 + 500e6 + 212e6;
    expect(total(worstMoment(about, database))).toBe(before + 2 * 212e6);
    expect(total(worstMoment(about, { ...database, mongoIsOld: false }))).toBe(before);
  });

  it('assumes a release where none is known', () => {
    expect(total(worstMoment(subject(), database))).toBe(200e6 + 800e6 + 500e6);
  });
});

describe('perFilesystem', () => {
  it('sums what lies on the same one', () => {
    const needs = [
      { path: '/a', bytes: 1, what: 'one' },
      { path: '/b', bytes: 20, what: 'two' },
      { path: '/c', bytes: 300, what: 'three' },
    ];
    const spaces = [
      { mount: '/', free: 1000, dev: 1 },
      { mount: '/b', free: 2000, dev: 2 },
      { mount: '/', free: 1000, dev: 1 },
    ];
    expect(perFilesystem(needs, spaces)).toEqual([
      { mount: '/', needs: 301, has: 1000, what: ['one', 'three'] },
      { mount: '/b', needs: 20, has: 2000, what: ['two'] },
    ]);
  });
});

describe('disk.space', () => {
  const freeSpace = (free: number) => (path: string) =>
    Promise.resolve(
      path.includes('/home') ? { mount: '/opt', free, dev: 2 } : { mount: '/', free: 300e6, dev: 1 },
    );

  it('says what each filesystem needs', async () => {
    const host = await fakeHost({ files: { freeSpace: freeSpace(41e9) } });
    expect(shown(await runCheck(diskSpace, host, { home: `${host.root}/home`, release }))).toEqual([
      'pass: / needs 176 MB at the worst moment, has 300 MB; /opt needs 1.2 GB at the worst moment, has 41 GB',
    ]);
  });

  it('counts the database that is there, and says what is short', async () => {
    const host = await fakeHost({ files: { freeSpace: freeSpace(1.3e9) } });
    await writeTree(`${host.root}/home/var/mongo`, {
      'meteor.0': 'x'.repeat(50_000),
      'journal/j._0': 'x'.repeat(40_000),
      elsewhere: { link: '/' },
    });
    const tight = { build: 309, packedBytes: 1e6, unpackedBytes: 799_920_000 };
    const about = { phase: 'update' as const, home: `${host.root}/home`, release: tight };
    expect(shown(await runCheck(diskSpace, host, about))).toEqual([
      'fail: /opt needs 1.3 GB at the worst moment, has 1.3 GB: the unpacked release, the database to grow, a snapshot of the database',
      'fix: free 10 kB on /opt',
    ]);
  });

  it('says that it assumes', async () => {
    const host = await fakeHost({ files: { freeSpace: freeSpace(41e9) } });
    expect((await runCheck(diskSpace, host)).lines.at(-1)).toMatch(
      /^without a tarball at hand 200 MB packed/,
    );
  });

  it('asks the real filesystem', async () => {
    const host = await fakeHost();
    const huge = { build: 309, packedBytes: 1, unpackedBytes: 1e18 };
    const about = { home: `${host.root}/not/yet`, stagingDir: `${host.root}/staging` };
    expect((await runCheck(diskSpace, host, { ...about, release: huge })).status).toBe('fail');
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [743_900_000, '744 MB'],
    [999_700_000, '1 GB'],
    [2_140_000_000, '2.1 GB'],
    [41e9, '41 GB'],
    [5e15, '5000 TB'],
  ])('%d is %s', (count, text) => {
    expect(bytes(count)).toBe(text);
  });
});
