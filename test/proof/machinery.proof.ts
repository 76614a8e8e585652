import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONTAINER_TIMEOUT } from '../helpers/container.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';
import { look } from './audit/audit.js';
import { contentsOf } from './audit/contents.js';
import { judgeLeftovers, judgeServer, judgeSnapshots, judgeStatus, type Rightful } from './audit/judge.js';
import type { Facts, Said } from './audit/facts.js';
import type { Deed } from './faulty-tool/orders.js';
import type { Machine } from './machine/machine.js';
import { requireProof, Workshop } from './machine/workshop.js';
import { INSTALL_ARGS } from './scenarios/commands.js';

/* The proof is worth what its machinery is: power cuts that lose, disks that are full, an audit that sees. */

const ready = requireProof('the machinery of the proof');

let shop: Workshop;
let blank = '';
let tarball = '';
let machine: Machine;

beforeAll(async () => {
  if (!ready) return;
  shop = await Workshop.open('machinery');
  tarball = await makeRelease({ build: 308, dir: shop.parts.usb, behaviour: { start_delay_ms: 20 } });
  await cp(standInInstaller, join(shop.parts.usb, 'install.sh'));
  blank = await shop.blank();
}, CONTAINER_TIMEOUT);

describe.skipIf(!ready)('a machine whose disk can fail', () => {
  beforeEach(async () => {
    machine = await shop.machine(blank);
  });
  afterEach(() => machine.scrap());

  it('loses in a power cut what was not synced, and nothing else', { timeout: 60_000 }, async () => {
    await machine.box.sh('echo old > /root/renamed-over; sync');
    await machine.box.sh(
      [
        'echo kept > /root/synced; sync /root/synced /root',
        'echo lost > /root/unsynced; mkdir /root/folder',
        'echo new > /root/draft; mv /root/draft /root/renamed-over',
      ].join('\n'),
    );
    expect(await machine.box.sh('cat /root/unsynced')).toBe('lost');
    await machine.cutPower();
    await machine.switchOn();
    expect(await machine.box.sh('cat /root/synced')).toBe('kept');
    const after = await machine.box.run([
      'sh',
      '-c',
      'cat /root/unsynced; test -d /root/folder && echo there',
    ]);
    expect(after.stdout).toBe('');
    expect(await machine.box.sh('cat /root/renamed-over')).toBe('old');
  });

  it('may leave an unsynced file empty under its new name', { timeout: 60_000 }, async () => {
    // The rename is metadata and goes with the next sync of anything; the bytes need one of their own.
    await machine.box.sh('echo old > /root/file; sync');
    await machine.box.sh('echo new > /root/draft; mv /root/draft /root/file; touch /root/a; sync /root/a');
    await machine.cutPower();
    await machine.switchOn();
    expect(await machine.box.sh('wc -c < /root/file')).toBe('0');
  });

  it('can be full to the last byte, read-only, and dead', { timeout: 60_000 }, async () => {
    await machine.fillDisk();
    const full = await machine.box.run(['sh', '-c', 'head -c 4096 /dev/zero > /root/more']);
    expect(full.stderr).toContain('No space left on device');
    await machine.makeRoom();
    await machine.box.sh('head -c 4096 /dev/zero > /root/more; sync');

    await machine.makeReadOnly();
    const closed = await machine.box.run(['sh', '-c', 'echo more > /root/even-more']);
    expect(closed.stderr).toContain('Read-only file system');
    await machine.restart();
    expect(await machine.box.sh('wc -c < /root/more')).toBe('4096');

    await machine.failDisk();
    expect((await machine.box.run(['cat', '/root/more'])).exitCode).not.toBe(0);
    await machine.restart();
    expect(await machine.box.sh('wc -c < /root/more')).toBe('4096');
  });
});

describe.skipIf(!ready)('a tool that fails where it is told to', () => {
  beforeEach(async () => {
    machine = await shop.machine(blank);
  });
  afterEach(() => machine.scrap());

  const strikeAt = (
    effect: number,
    step: string,
    does: Deed,
  ): Promise<Awaited<ReturnType<Machine['faultyTool']>>> =>
    machine.faultyTool(INSTALL_ARGS, { at: { effect, step, when: 'before' }, does });

  it('tells what it does, and is the tool as it is otherwise', { timeout: 60_000 }, async () => {
    const { struck, ran, effects } = await machine.faultyTool(INSTALL_ARGS);
    expect(struck).toBe(false);
    expect(ran?.exitCode, ran?.stdout).toBe(0);
    expect(effects.map(({ n }) => n)).toEqual(effects.map((_, index) => index + 1));
    const steps = [...new Set(effects.map(({ step }) => step))];
    expect(steps).toEqual([null, 'run-install-script', 'write-conf', 'restart', 'prove-healthy']);
    expect(effects).toContainEqual(
      expect.objectContaining({ step: 'restart', what: 'commands.run', isCommand: true }),
    );
  });

  it('dies before an effect', { timeout: 60_000 }, async () => {
    const { struck, ran, effects } = await strikeAt(2, 'write-conf', { do: 'kill' });
    expect(struck).toBe(true);
    expect(ran?.exitCode).toBe(-1);
    expect(effects.at(-1)).toMatchObject({ step: 'write-conf', inStep: 2 });
  });

  it('hears a signal and comes to its own end', { timeout: 60_000 }, async () => {
    const { struck, ran } = await strikeAt(5, 'run-install-script', { do: 'terminate' });
    expect(struck).toBe(true);
    expect([6, 7], ran?.stdout).toContain(ran?.exitCode);
  });

  it('loses the command it has started', { timeout: 60_000 }, async () => {
    const { struck, ran } = await strikeAt(5, 'run-install-script', { do: 'kill-child', afterMs: 50 });
    expect(struck).toBe(true);
    expect([6, 7], ran?.stdout).toContain(ran?.exitCode);
  });

  it('loses a command that is quicker than whoever kills it', { timeout: 60_000 }, async () => {
    const healthy = await shop.machine(blank);
    const { effects } = await healthy.faultyTool(INSTALL_ARGS);
    await healthy.scrap();
    const quick = effects.find(({ step, on }) => step === 'restart' && on.includes(' restart '));
    if (quick === undefined) throw new Error('the step restarts nothing');
    // Long over by then, had it not been held at its end.
    const { struck, ran } = await strikeAt(quick.inStep, 'restart', {
      do: 'kill-child',
      afterMs: 2000,
    });
    expect(struck).toBe(true);
    expect(ran?.exitCode, ran?.stdout).toBeGreaterThan(0);
  });

  it('stands still until the disk is full', { timeout: 60_000 }, async () => {
    const { struck, ran } = await strikeAt(5, 'run-install-script', { do: 'ask', forWhat: 'fill-disk' });
    expect(struck).toBe(true);
    expect([6, 7], ran?.stdout).toContain(ran?.exitCode);
    await machine.makeRoom();
  });

  it('never comes back from a power cut', { timeout: 60_000 }, async () => {
    const cut = await strikeAt(5, 'run-install-script', { do: 'ask', forWhat: 'power-cut' });
    expect(cut).toMatchObject({ struck: true, ran: undefined });
    await machine.switchOn();
    expect((await machine.tool(['status', '--json'])).result).toMatchObject({ installed: false });
  });
});

describe.skipIf(!ready)('an audit that sees', () => {
  let rightful: Rightful;
  let installed = '';

  beforeAll(async () => {
    installed = await shop.madeFrom(blank, 'audited', async (fresh) => {
      expect((await fresh.tool(INSTALL_ARGS)).exitCode).toBe(0);
      await fresh.box.sh('echo ours >> /opt/sandstorm/var/mongo/data.308; sync');
      const facts = await look(fresh, false);
      rightful = {
        build: 308,
        contents: await contentsOf(tarball),
        data: facts.data['data.308'] ?? '',
        passwd: facts.passwd ?? '',
        confs: [facts.conf ?? ''],
      };
      expect(await complaints(fresh)).toEqual([]);
    });
  }, CONTAINER_TIMEOUT);
  beforeEach(async () => {
    machine = await shop.machine(installed);
  });
  afterEach(() => machine.scrap());

  const complaints = async (seen: Machine): Promise<string[]> => {
    const facts = await look(seen, true);
    const said = (await seen.tool(['status', '--json'])).result as unknown as Said;
    return [
      ...judgeServer(facts, [rightful]),
      ...judgeSnapshots(facts),
      ...judgeStatus(facts, said),
      ...judgeLeftovers(facts, rightful),
    ];
  };

  it.each([
    ['a flipped byte in a release', 'echo x >> sandstorm-308/behaviour', /^behaviour is "file 644/],
    ['a missing file', 'rm sandstorm-308/buildstamp', /^buildstamp is "missing"/],
    ['a link that leads elsewhere', 'ln -sfn ../lib sandstorm-308/bin/spk', /^bin\/spk is "link/],
    ['a changed setting', 'sed -i s/25/26/ sandstorm.conf', /^sandstorm.conf is neither/],
    ['lost data', 'sed -i /ours/d var/mongo/data.308', /^data is missing/],
    ['data of two builds', 'cp -p var/mongo/data.308 var/mongo/data.307', /^the data is data.307, data.308/],
    ['a start of another build', 'echo started build 309 >> var/mongo/data.308', /^data of another build/],
    ['a new password file', 'echo 1 > var/mongo/passwd', /^the database's password file/],
    ['a database of the wrong owner', 'chown root var/mongo/data.308', /^var\/mongo\/data.308 is/],
    ['an open folder', 'chmod 777 var/mongo', /^var\/mongo has 777/],
    ['a dangling link', 'ln -sfn sandstorm-307 latest', /^latest is sandstorm-307/],
    ['half an unpacking', 'mkdir downloading.abcdef', /^left over: HOME\/downloading.abcdef/],
    ['staging', 'mkdir -p /var/lib/sandstorm-airgap/*/staging/x', /^left over: staging\/x/],
    ['a snapshot nobody knows', 'mkdir -p .sandstorm-airgap/snapshots/x', /^left over: .sandstorm-airgap/],
    [
      'a copy of a running database',
      'mkdir -p var/.sandstorm-airgap/x/mongo; echo 12 > var/.sandstorm-airgap/x/mongo/mongod.lock',
      /was copied from a running database/,
    ],
    [
      'a server outside its unit',
      'systemctl stop sandstorm; sleep 1; sandstorm start',
      /^systemd says inactive/,
    ],
  ])('%s', { timeout: 30_000 }, async (_, spoil, complaint) => {
    await machine.box.sh(`cd /opt/sandstorm; ${spoil}`);
    expect(await complaints(machine)).toContainEqual(expect.stringMatching(complaint));
  });

  it('a status that is not true', () => {
    const facts = {
      latest: 'sandstorm-308',
      server: null,
      answers: { well: false },
      run: null,
    } as unknown as Facts;
    const said = { installed: true, build: 308, running: false, healthy: false, pending: null };
    expect(judgeStatus(facts, said)).toEqual([]);
    expect(judgeStatus(facts, { ...said, build: 309 })).toHaveLength(1);
    expect(judgeStatus(facts, { ...said, running: true })).toHaveLength(1);
    expect(judgeStatus(facts, { ...said, healthy: true })).toHaveLength(1);
    expect(judgeStatus(facts, { ...said, pending: { operation: 'update' } })).toHaveLength(1);
    const open = {
      ...facts,
      run: { id: 'x', began: true, turnedBack: false, exchanging: false, outcome: null },
    };
    expect(judgeStatus(open, said)).toHaveLength(1);
  });
});
