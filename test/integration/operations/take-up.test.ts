import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastRun } from '../../../src/journal/journal.js';
import { withLock } from '../../../src/journal/lock.js';
import { listSnapshots } from '../../../src/operations/snapshots.js';
import { status } from '../../../src/operations/status.js';
import { isUp, reboot } from '../../helpers/reboot.js';
import { until } from '../../helpers/until.js';
import { untilItDies, type Moment } from '../../helpers/cut-off.js';
import { contentsOf, dataOf, expectBack, next, setConf, writeData } from '../../helpers/server-contents.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../../helpers/throw-away-server.js';

const ready = canHaveServers('updating in a throw-away world');

let one: ThrowAwayServer;
let home = '';

async function began(): Promise<void> {
  one = await throwAwayServer();
  home = one.world.home;
  await one.install(await one.world.makeRelease(308));
}

/** A build deletes the lower ones in the background, once it is up. */
async function isDeleted(build: number): Promise<void> {
  const folder = join(home, `sandstorm-${String(build)}`);
  await until(`the running build has deleted ${folder}`, () => !existsSync(folder));
}

async function expectNew(to: number, line: string): Promise<void> {
  expect(await status(home, one.host)).toMatchObject({
    build: to,
    healthy: true,
    pending: null,
    leftovers: [],
    problems: [],
    wayBack: { release: `sandstorm-${String(to - 1)}` },
  });
  expect((await dataOf(home)).text).toContain(`${line}\n`);
}

const MOMENTS: readonly Moment[] = [
  { step: 'unpack', at: 2 },
  { step: 'unpack', at: 'done' },
  { step: 'keep', at: 4 },
  { step: 'keep', at: 'done' },
  { step: 'set-channel', at: 'done' },
  { step: 'stop', at: 'done' },
  { step: 'place', at: 'begun' },
  { step: 'place', at: 'done' },
  { step: 'snapshot', at: 4 },
  { step: 'snapshot', at: 'done' },
  { step: 'sandstorm-update', at: 2 },
  { step: 'sandstorm-update', at: 'done' },
  { step: 'start', at: 'begun' },
  { step: 'start', at: 'done' },
  { step: 'prove-healthy', at: 'done' },
  { step: 'commit', at: 1 },
];
/** By turns: the proof goes both ways from every one of them, on a machine of its own. */
const named = (turn: 0 | 1) =>
  MOMENTS.filter((_, index) => index % 2 === turn).map(
    (moment) => [`${moment.step} ${String(moment.at)}`, moment] as const,
  );

describe.skipIf(!ready)('an update that was cut off', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it.each(named(0))('at %s goes back with abort', async (name, moment) => {
    await setConf(home, (text) => text.replace('UPDATE_CHANNEL=none', 'UPDATE_CHANNEL=dev'));
    await writeData(home, `before ${name}`);
    const before = await contentsOf(one);
    const { tarball } = await next(one);
    await untilItDies(one, moment, (host) => one.update(tarball, {}, host));
    await refusalOf(one.update(tarball), 'E_PENDING');
    expect(await one.abort()).toMatchObject({ changed: true, operation: 'update', outcome: 'undone' });
    await expectBack(one, before);
    expect(await one.abort()).toMatchObject({ changed: false, operation: null });
  });

  it.each(named(1))('at %s goes on with resume', async (name, moment) => {
    await setConf(home, (text) => text.replace('UPDATE_CHANNEL=none', 'UPDATE_CHANNEL=dev'));
    await writeData(home, `before ${name}`);
    const { to, tarball } = await next(one);
    await untilItDies(one, moment, (host) => one.update(tarball, {}, host));
    const seen = await status(home, one.host);
    expect(seen.pending).toMatchObject({ operation: 'update', owner: null });
    expect(seen.pending?.next).toContain('sandstorm-airgap resume');
    expect(await one.resume()).toMatchObject({ changed: true, outcome: 'done' });
    await expectNew(to, `before ${name}`);
    expect((await lastRun(home, one.host))?.outcome).toBe('done');
    expect(await one.resume()).toMatchObject({ changed: false, operation: null });
  });
});

describe.skipIf(!ready)('after a reboot', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('that has started the old build, what people do on it is not lost by resume', async () => {
    const { to, tarball } = await next(one);
    await untilItDies(one, { step: 'snapshot', at: 'done' }, (host) => one.update(tarball, {}, host));
    await reboot(one);
    await isUp(one);
    await writeData(home, 'since the reboot');
    await one.resume();
    await expectNew(to, 'since the reboot');
  });

  it('that has started the old build, what people do on it is not lost by abort', async () => {
    const { from, tarball } = await next(one);
    await untilItDies(one, { step: 'snapshot', at: 'done' }, (host) => one.update(tarball, {}, host));
    await reboot(one);
    await isUp(one);
    await writeData(home, 'since the second reboot');
    await one.abort();
    expect((await dataOf(home)).text).toContain('since the second reboot\n');
    expect(await status(home, one.host)).toMatchObject({ build: from, healthy: true });
  });

  it('that has started the new build, it is seen well by resume', async () => {
    const { to, tarball } = await next(one);
    await untilItDies(one, { step: 'sandstorm-update', at: 'done' }, (host) => one.update(tarball, {}, host));
    await reboot(one);
    await isUp(one);
    await writeData(home, 'on the new one');
    await one.resume();
    await expectNew(to, 'on the new one');
  });

  it('that has started the new build, abort says what is lost and brings the old one', async () => {
    const { from, tarball } = await next(one);
    const before = await contentsOf(one);
    await untilItDies(one, { step: 'sandstorm-update', at: 'done' }, (host) => one.update(tarball, {}, host));
    await reboot(one);
    await isUp(one);
    await writeData(home, 'on the new one, in vain');
    await isDeleted(from);
    one.said.length = 0;
    await one.abort();
    expect(one.said.join('\n')).toContain('LOST for people');
    await expectBack(one, before);
    expect((await dataOf(home)).text).not.toContain('in vain');
  });

  it('of a machine whose server had been stopped, it is stopped for the snapshot', async () => {
    const { to, tarball } = await next(one);
    await one.host.commands.run(join(home, 'sandstorm'), ['stop']);
    await untilItDies(one, { step: 'snapshot', at: 'begun' }, (host) => one.update(tarball, {}, host));
    await one.host.commands.run(join(home, 'sandstorm'), ['start']);
    await isUp(one);
    await writeData(home, 'started by the machine');
    await one.resume();
    await expectNew(to, 'started by the machine');
    const [newest] = await listSnapshots(home, one.host);
    const lock = join(home, 'var/.sandstorm-airgap', newest?.id ?? '', 'mongo/mongod.lock');
    // A copy with a pid in it was taken while the database ran.
    expect(await readFile(lock, 'utf8')).toBe('');
  });

  it('a downgrade whose folder the old build has deleted is unpacked once more', async () => {
    const { from } = await next(one);
    const lower = await one.world.makeRelease(from - 1);
    await untilItDies(one, { step: 'place', at: 'done' }, (host) =>
      one.update(lower, { allowDowngrade: true }, host),
    );
    await reboot(one);
    await isUp(one);
    await isDeleted(from - 1);
    // The older build cannot read the data: it must have come as far as being started, and be undone.
    await refusalOf(one.resume(), 'E_UPDATE_UNDONE');
    expect(await status(home, one.host)).toMatchObject({ build: from, healthy: true, pending: null });
  });
});

describe.skipIf(!ready)('what cannot just be taken up', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it('is nothing at all: exit 0, and nothing is changed', async () => {
    const before = await one.tree();
    const nothing = { changed: false, operation: null, outcome: null, run: null };
    expect(await one.resume()).toMatchObject(nothing);
    expect(await one.abort()).toMatchObject(nothing);
    expect(await one.abort({ leave: true })).toMatchObject(nothing);
    expect(await one.tree()).toBe(before);
  });

  it('is what is going on right now', async () => {
    await withLock(home, 'update', one.host, async () => {
      for (const taken of [() => one.resume(), () => one.abort(), () => one.abort({ leave: true })])
        expect((await refusalOf(taken(), 'E_BUSY')).message).toContain('is running update on');
    });
  });

  it('shows what it would do in a dry run', async () => {
    const { tarball } = await next(one);
    await untilItDies(one, { step: 'stop', at: 'done' }, (host) => one.update(tarball, {}, host));
    const before = await contentsOf(one);
    one.said.length = 0;
    expect(await one.resume({ dryRun: true })).toMatchObject({ changed: false, operation: 'update' });
    expect(await one.abort({ dryRun: true })).toMatchObject({ changed: false, operation: 'update' });
    expect(one.said.join('\n')).toContain('was cut off at stop');
    expect(await contentsOf(one)).toEqual(before);
    await refusalOf(
      one.resume({}, one.host, () => Promise.resolve(false)),
      'E_CANCELLED',
    );
    expect(await one.pid()).toBeUndefined();
    await one.abort();
  });

  it('is an update whose tarball is gone, or another, when it must be unpacked yet', async () => {
    const before = await contentsOf(one);
    const { tarball } = await next(one);
    await untilItDies(one, { step: 'unpack', at: 2 }, (host) => one.update(tarball, {}, host));
    await rename(tarball, `${tarball}.away`);
    const gone = await refusalOf(one.resume(), 'E_PENDING');
    expect(gone).toMatchObject({ exitCode: 8, changed: false });
    expect(gone.message).toContain('is not there any more');
    await next(one, 'another=yes\n');
    const another = await refusalOf(one.resume(), 'E_PENDING');
    expect(another.message).toContain('is another file than the one that was begun with');
    await one.abort();
    await expectBack(one, before);
  });

  it('is a run of another version of this tool; --leave ends it', async () => {
    const { tarball } = await next(one);
    await untilItDies(one, { step: 'stop', at: 'begun' }, (host) => one.update(tarball, {}, host));
    const record = await lastRun(home, one.host);
    const journal = join(record?.dir ?? '', 'journal.ndjson');
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replace('"plan":{"version":2', '"plan":{"version":3'));
    for (const taken of [() => one.resume(), () => one.abort()]) {
      const refusal = await refusalOf(taken(), 'E_PENDING');
      expect(refusal.message).toContain('Another version of this tool began it');
      expect(refusal.hint).toContain('abort --leave');
    }
    expect(await one.abort({ leave: true })).toMatchObject({ outcome: 'left' });
    expect((await status(home, one.host)).pending).toBeNull();
  });

  it('is left as it is with --leave, and what was kept can be gone back to', async () => {
    const { from, to, tarball } = await next(one);
    await writeData(home, 'kept by leaving');
    await untilItDies(one, { step: 'start', at: 'done' }, (host) => one.update(tarball, {}, host));
    const pid = await one.pid();
    expect(await one.abort({ leave: true })).toMatchObject({ outcome: 'left', release: null });
    expect(await one.pid()).toBe(pid);
    expect(await status(home, one.host)).toMatchObject({
      build: to,
      healthy: true,
      pending: null,
      wayBack: { release: `sandstorm-${String(from)}` },
    });
    expect(await one.rollback()).toMatchObject({ healthy: true, to: `sandstorm-${String(from)}` });
    expect((await dataOf(home)).text).toContain('kept by leaving\n');
  });

  it('waits for a program at its files, but not for ever for one that only looks', async () => {
    const { to, tarball } = await next(one);
    await writeData(home, 'before somebody looked');
    await untilItDies(one, { step: 'stop', at: 'done' }, (host) => one.update(tarball, {}, host));
    const kept = join(home, '.sandstorm-airgap/snapshots', (await lastRun(home, one.host))?.id ?? '');
    const looking = spawn('tail', ['-f', join(kept, 'sandstorm.conf')], { stdio: 'ignore' });
    const ended = once(looking, 'exit');
    try {
      let now = 0;
      const clock = { ...one.host.clock, monotonic: () => (now += 20_000) };
      const refusal = await refusalOf(one.resume({}, { ...one.host, clock }), 'E_BUSY');
      expect(refusal.message).toContain('tail is still at files of the run that was cut off');
      expect(refusal.hint).toContain(`kill ${String(looking.pid)}`);
    } finally {
      looking.kill();
      await ended;
    }
    expect(await one.resume()).toMatchObject({ changed: true, outcome: 'done' });
    expect(await status(home, one.host)).toMatchObject({ build: to, healthy: true, pending: null });
    expect((await dataOf(home)).text).toContain('before somebody looked\n');
  });

  it('is a run whose record of the snapshot cannot be read: nothing is dropped', async () => {
    const { tarball } = await next(one, 'base_status=500\n');
    await untilItDies(one, { step: 'start', at: 'done' }, (host) => one.update(tarball, {}, host));
    const id = (await lastRun(home, one.host))?.id ?? '';
    const record = join(home, '.sandstorm-airgap/snapshots', id, 'snapshot.json');
    const text = await readFile(record, 'utf8');
    await writeFile(record, text.slice(0, 30));
    const refusal = await refusalOf(one.abort(), 'E_UPDATE_FAILED');
    expect(refusal).toMatchObject({ exitCode: 7 });
    expect(existsSync(join(home, 'var/.sandstorm-airgap', id, 'mongo'))).toBe(true);
    await writeFile(record, text);
    expect(await one.abort()).toMatchObject({ outcome: 'undone' });
  });
});
