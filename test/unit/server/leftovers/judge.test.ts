import { describe, expect, it } from 'vitest';
import { judgeLeftover, type Surroundings } from '../../../../src/server/leftovers/judge.js';
import type { Candidate } from '../../../../src/server/leftovers/kinds.js';
import type { Worker } from '../../../../src/server/leftovers/workers.js';
import type { FileStat, ProcessGlance } from '../../../../src/system/host.js';

const NOW = Date.parse('2026-11-22T03:00:00Z');
const MINUTE = 60_000;

function stat(more: Partial<FileStat> = {}): FileStat {
  const hourAgo = new Date(NOW - 60 * MINUTE);
  return {
    kind: 'directory',
    size: 4096,
    mode: 0o40700,
    uid: 0,
    gid: 0,
    dev: 1,
    ino: 77,
    mtime: hourAgo,
    ctime: hourAgo,
    ...more,
  };
}

const downloading: Candidate = {
  kind: 'unpacking',
  path: '/opt/sandstorm/downloading.AbCdEf',
  stat: stat(),
  placeIsOurs: true,
};
const RUN = '2026-11-20T020000000Z-update';
const aside: Candidate = {
  kind: 'aside',
  path: `/opt/sandstorm/.sandstorm-airgap/aside/${RUN}`,
  owner: RUN,
  stat: stat({ mode: 0o40755 }),
  placeIsOurs: true,
};

const calm: Surroundings = {
  home: '/opt/sandstorm',
  uid: 0,
  now: NOW,
  bootedAt: NOW - 24 * 60 * MINUTE,
  first: undefined,
  server: 'whole',
  repair: undefined,
  processes: [],
  workers: [],
  mounts: ['/', '/proc'],
  fates: new Map([[RUN, 'over']]),
};

function aProcess(more: Partial<ProcessGlance>): ProcessGlance {
  return {
    pid: 42,
    parent: 1,
    uid: 0,
    name: 'tar',
    command: ['tar', 'Jxo'],
    held: [],
    identities: [],
    hidden: false,
    ...more,
  };
}

const judge = (candidate: Candidate, around: Partial<Surroundings> = {}) =>
  judgeLeftover(candidate, { ...calm, ...around });

describe('what a killed run has left', () => {
  it('is stale when it is of the right form and nobody has it', () => {
    expect(judge(downloading)).toEqual({
      stale: true,
      why: 'unpacked by a sandstorm update that was cut off, last changed 2026-11-22 02:00 UTC',
    });
  });

  it.each<[string, Partial<FileStat>, string]>([
    ['a link of its name', { kind: 'symlink' }, 'not what is usually left'],
    ['a file of its name', { kind: 'file' }, 'not what is usually left'],
    ['open to others', { mode: 0o40755 }, 'others may get at it'],
    ['of the server user', { uid: 999 }, 'belongs to user 999'],
  ])('is left alone when it is %s', (_, more, why) => {
    expect(judge({ ...downloading, stat: stat(more) })).toMatchObject({
      stale: false,
      why: expect.stringContaining(why) as string,
    });
  });

  it('is left alone in a folder that others can write to', () => {
    for (const candidate of [downloading, aside])
      expect(judge({ ...candidate, placeIsOurs: false })).toMatchObject({
        stale: false,
        why: 'others can change the folder that it lies in',
      });
  });

  it("is left to root by anybody else, and root's to root", () => {
    expect(judge(downloading, { uid: 1000 })).toMatchObject({
      stale: false,
      why: 'it belongs to root: run it as root',
    });
    expect(judge({ ...downloading, stat: stat({ uid: 1000 }) }, { uid: 1000 })).toMatchObject({
      stale: true,
    });
  });

  it.each<[string, Partial<ProcessGlance>, string]>([
    ['works in it', { held: [{ by: 'cwd', path: downloading.path }] }, 'tar (pid 42) works in it'],
    ['works below it', { held: [{ by: 'cwd', path: `${downloading.path}/x` }] }, 'works in it'],
    ['has a file of it open', { held: [{ by: 'fd', path: `${downloading.path}/x` }] }, 'has it open'],
    ['runs from it', { held: [{ by: 'exe', path: `${downloading.path}/bin/x` }] }, 'runs from it'],
    ['calls it by another path', { identities: ['1:77'] }, 'works in it'],
    ['names it', { command: ['x', `--into=${downloading.path}`] }, 'names it in its command line'],
    ['cannot be looked into', { hidden: true }, 'cannot be looked into'],
  ])('is left alone as long as a process %s', (_, more, why) => {
    expect(judge(downloading, { processes: [aProcess(more)] })).toMatchObject({
      stale: false,
      why: expect.stringContaining(why) as string,
    });
  });

  it.each<[string, Partial<ProcessGlance>]>([
    ['has something of a similar name', { held: [{ by: 'cwd', path: `${downloading.path}2` }] }],
    ['names something of a similar name', { command: ['x', `${downloading.path}.bak`] }],
    ['of its own that never unpacks cannot be looked into', { hidden: true, name: 'sshd' }],
    ['is of another user and cannot be looked into', { hidden: true, uid: 5 }],
    ['has the same number on another device', { identities: ['2:77'] }],
  ])('is stale although a process %s', (_, more) => {
    expect(judge(downloading, { processes: [aProcess(more)] })).toMatchObject({ stale: true });
  });

  it('waits for those who may be making it, and for nobody else', () => {
    const updating: Worker = { pid: 7, what: 'sandstorm update', makes: new Set(['unpacking']) };
    expect(judge(downloading, { workers: [updating] })).toMatchObject({
      stale: false,
      why: 'sandstorm update (pid 7) is at work and may need it',
    });
    expect(judge(aside, { workers: [updating] })).toMatchObject({ stale: true });
  });

  it('stays when something is mounted in it', () => {
    expect(judge(downloading, { mounts: ['/', `${downloading.path}/sandstorm-309`] })).toMatchObject({
      stale: false,
      why: 'something is mounted in it',
    });
    expect(judge(downloading, { mounts: [`${downloading.path}2`] })).toMatchObject({ stale: true });
  });

  it('waits for what comes first', () => {
    expect(judge(downloading, { first: 'the update that was cut off comes first' })).toEqual({
      stale: false,
      why: 'the update that was cut off comes first',
    });
  });
});

describe('how long it has been quiet', () => {
  const changed = (minutesAgo: number): Candidate => ({
    ...downloading,
    stat: stat({ ctime: new Date(NOW - minutesAgo * MINUTE) }),
  });

  it('counts from ten minutes on', () => {
    expect(judge(changed(9))).toMatchObject({
      stale: false,
      why: expect.stringContaining('9 min ago') as string,
    });
    expect(judge(changed(10))).toMatchObject({ stale: true });
  });

  it('does not matter when the machine was started since', () => {
    expect(judge(changed(5), { bootedAt: NOW - 2 * MINUTE })).toMatchObject({ stale: true });
    // Worked out from a clock: not to the second.
    expect(judge(changed(5), { bootedAt: NOW - 4.5 * MINUTE })).toMatchObject({ stale: false });
    expect(judge(changed(5), { bootedAt: undefined })).toMatchObject({ stale: false });
  });

  it('says nothing when it lies in the future', () => {
    expect(judge(changed(-120))).toMatchObject({
      stale: false,
      why: expect.stringContaining('was the clock set back?') as string,
    });
  });

  it('does not replace the look at who has it', () => {
    const open = aProcess({ held: [{ by: 'fd', path: downloading.path }] });
    expect(judge(changed(999), { bootedAt: NOW, processes: [open] })).toMatchObject({ stale: false });
  });
});

describe('a half-written file', () => {
  const half: Candidate = {
    kind: 'half-written',
    path: '/opt/sandstorm/.42.0011aabb.tmp',
    writer: 42,
    stat: stat({ kind: 'file', mode: 0o100600 }),
    placeIsOurs: true,
  };

  it('is stale once its writer is gone', () => {
    expect(judge(half)).toMatchObject({ stale: true });
    expect(judge(half, { processes: [aProcess({ pid: 43 })] })).toMatchObject({ stale: true });
  });

  it('is left alone while a process has the number of its writer', () => {
    expect(judge(half, { processes: [aProcess({ pid: 42 })] })).toMatchObject({
      stale: false,
      why: expect.stringContaining('pid 42') as string,
    });
  });

  it('is stale when that process is of a later boot', () => {
    expect(judge(half, { processes: [aProcess({ pid: 42 })], bootedAt: NOW })).toMatchObject({ stale: true });
  });
});

describe('what belongs to a run', () => {
  const incoming: Candidate = { ...aside, kind: 'incoming' };
  const replaced: Candidate = { ...aside, kind: 'replaced' };

  it('is no leftover as long as the run can be taken up again', () => {
    for (const candidate of [incoming, aside, replaced])
      expect(judge(candidate, { fates: new Map([[RUN, 'open']]) })).toBeUndefined();
  });

  it.each(['failed', 'unreadable'] as const)('is left alone when the run is %s', (fate) => {
    for (const candidate of [incoming, aside, replaced])
      expect(judge(candidate, { fates: new Map([[RUN, fate]]) })).toMatchObject({ stale: false });
  });

  it('without a journal: what was set aside may be the way back, what was coming in is not', () => {
    const fates = new Map([[RUN, 'unknown' as const]]);
    expect(judge(incoming, { fates })).toMatchObject({ stale: true });
    expect(judge(aside, { fates })).toMatchObject({ stale: false });
    expect(judge(replaced, { fates })).toMatchObject({ stale: false });
  });

  it('may be the only copy where there is no whole server', () => {
    expect(judge(aside, { server: 'parts' })).toMatchObject({
      stale: false,
      why: expect.stringContaining('the only copy') as string,
    });
    expect(judge(aside, { server: 'none' })).toMatchObject({ stale: false });
    expect(judge(incoming, { server: 'parts' })).toMatchObject({ stale: true });
    expect(judge({ ...aside, kind: 'snapshot-data' }, { server: 'parts' })).toMatchObject({ stale: false });
  });
});

describe('a broken link', () => {
  const link: Candidate = {
    kind: 'broken-link',
    path: '/usr/local/bin/sandstorm',
    target: '/opt/sandstorm/sandstorm',
    stat: stat({ kind: 'symlink', mode: 0o120777, ctime: new Date(NOW) }),
    placeIsOurs: true,
  };

  it('goes when there is no server any more', () => {
    expect(judge(link, { server: 'none' })).toMatchObject({ stale: true });
  });

  it('stays, with what to type, as long as there is anything of a server', () => {
    const repair = 'ln -sfn sandstorm-308 /opt/sandstorm/latest';
    for (const server of ['parts', 'whole'] as const) {
      expect(judge(link, { server, repair })).toMatchObject({
        stale: false,
        why: expect.stringContaining(repair) as string,
      });
      expect(judge(link, { server })).toMatchObject({
        stale: false,
        why: expect.stringContaining('no release') as string,
      });
    }
  });
});
