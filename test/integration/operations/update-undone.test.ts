import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastRun } from '../../../src/journal/journal.js';
import { status } from '../../../src/operations/status.js';
import type { Host } from '../../../src/system/host.js';
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

const setChannel = (to: string): Promise<void> =>
  setConf(home, (text) => text.replace(/^UPDATE_CHANNEL=.*$/m, `UPDATE_CHANNEL=${to}`));

/** Something goes wrong, once, where a line with this text has just been written to the journal. */
function failingAt(line: string, wrong: (host: Host) => Partial<Host>): Host {
  const host: Host = {
    ...one.host,
    files: {
      ...one.host.files,
      async appendSynced(path, data, mode) {
        await one.host.files.appendSynced(path, data, mode);
        if (data.includes(line)) Object.assign(host, wrong(host));
      },
    },
  };
  return host;
}

const stepBegins = (step: string): string => `"step-begins","step":"${step}"`;

describe.skipIf(!ready)('an update whose new build', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  it.each([
    ['dies at its start', 'dies=at-start\n'],
    ['comes up and dies', 'dies=after-ready\ndies_after_ms=200\n'],
    ['has another self-test', 'wrong_selftest=yes\n'],
    ['has a broken shell', 'base_status=500\n'],
    ['never answers', 'never_answers=yes\n'],
    ['has a database that does not start', 'mongo_fails=yes\n'],
  ])('%s is undone, and the same update with a good one works', async (what, behaviour) => {
    await setChannel('dev');
    await setConf(home, (text) => `${text}# before ${what}\n`);
    await writeData(home, `before ${what}`);
    const before = await contentsOf(one);
    const bad = await next(one, behaviour);
    const patience = { startTimeoutMs: 8000, stableMs: 1500, scriptTimeoutMs: 60_000 };

    const refusal = await refusalOf(one.update(bad.tarball, { patience }), 'E_UPDATE_UNDONE');
    expect(refusal).toMatchObject({ exitCode: 6, changed: false });
    expect(refusal.message).toContain(`sandstorm-${String(bad.from)} runs again with its data`);
    await expectBack(one, before);
    expect((await dataOf(home)).text).toContain(`before ${what}\n`);
    expect(await lastRun(home, one.host)).toMatchObject({ outcome: 'undone' });
    expect(await status(home, one.host)).toMatchObject({ lastOperation: { outcome: 'undone' } });

    const good = await next(one);
    expect(await one.update(good.tarball)).toMatchObject({ healthy: true, to: bad.to });
    expect((await dataOf(home)).text).toContain(`before ${what}\n`);
  });
});

describe.skipIf(!ready)('an update', { timeout: 120_000 }, () => {
  beforeAll(began);
  afterAll(() => one.end());

  // At every step, and with a disk that really is: the proof.
  it.each(['keep', 'snapshot', 'sandstorm-update', 'start'])(
    'is undone when the disk is full at %s',
    async (step) => {
      await setChannel('dev');
      await writeData(home, `full at ${step}`);
      const before = await contentsOf(one);
      const { tarball } = await next(one);
      const host = failingAt(stepBegins(step), () => {
        const full = (): never => {
          Object.assign(host, { files: one.host.files, commands: one.host.commands });
          throw new Error('ENOSPC: no space left on device');
        };
        const files = { ...one.host.files };
        Object.assign(files, {
          makeDir: full,
          rename: full,
          remove: full,
          writeAtomic: full,
          syncTree: full,
        });
        return { files, commands: { ...one.host.commands, run: full } };
      });
      const refusal = await refusalOf(one.update(tarball, {}, host), 'E_UPDATE_UNDONE');
      expect(refusal).toMatchObject({ exitCode: 6, changed: false });
      expect(refusal.message).toContain('ENOSPC');
      await expectBack(one, before);
    },
  );

  it.each(['unpack', 'snapshot', 'prove-healthy'])(
    'that is told to stop at %s comes to a safe end',
    async (step) => {
      await writeData(home, `stopped at ${step}`);
      const before = await contentsOf(one);
      const { tarball } = await next(one);
      const told = new AbortController();
      const host = failingAt(stepBegins(step), () => {
        told.abort();
        return {};
      });
      const refusal = await refusalOf(
        one.update(tarball, {}, { ...host, interrupted: told.signal }),
        'E_UPDATE_UNDONE',
      );
      expect(refusal.message).toContain('told to stop');
      await expectBack(one, before);
    },
  );

  it.each(['keep', 'snapshot', 'sandstorm-update', 'prove-healthy', 'commit'])(
    'goes back also when the journal cannot be written any more from %s on',
    async (step) => {
      await writeData(home, `no journal from ${step}`);
      const before = await contentsOf(one);
      const { tarball } = await next(one);
      let full = false;
      const host: Host = {
        ...one.host,
        files: {
          ...one.host.files,
          async appendSynced(path, data, mode) {
            full ||= data.includes(stepBegins(step));
            if (full) throw new Error('ENOSPC: no space left on device');
            await one.host.files.appendSynced(path, data, mode);
          },
        },
      };
      await refusalOf(one.update(tarball, {}, host), 'E_UPDATE_UNDONE');
      expect(full).toBe(true);
      expect(await contentsOf(one)).toMatchObject({ ...before, data: { schema: before.data.schema } });
      // Nothing told the journal that it was undone; abort finds nothing to do and says so there.
      expect(await one.abort()).toMatchObject({ outcome: 'undone' });
      await expectBack(one, before);
    },
  );

  it('makes no copy of a database that somebody has started meanwhile', async () => {
    const { from, tarball } = await next(one);
    const sandstorm = (verb: string) => one.host.commands.run(join(home, 'sandstorm'), [verb]);
    await sandstorm('stop');
    const host: Host = {
      ...one.host,
      files: {
        ...one.host.files,
        async appendSynced(path, data, mode) {
          await one.host.files.appendSynced(path, data, mode);
          if (data.includes(stepBegins('snapshot'))) await sandstorm('start');
        },
      },
    };
    const refusal = await refusalOf(one.update(tarball, {}, host), 'E_UPDATE_UNDONE');
    expect(refusal.message).toContain('started meanwhile by another hand');
    // It was not running when it began, but who has started it wants it.
    expect(await status(home, one.host)).toMatchObject({ build: from, healthy: true, leftovers: [] });
  });

  it('puts a folder back that it had set aside', async () => {
    const { to, tarball } = await next(one, 'dies=at-start\n');
    const folder = join(home, `sandstorm-${String(to)}`);
    await mkdir(folder);
    await writeFile(join(folder, 'theirs'), '');
    await refusalOf(one.update(tarball), 'E_UPDATE_UNDONE');
    expect(existsSync(join(folder, 'theirs'))).toBe(true);
    expect(existsSync(join(folder, 'sandstorm'))).toBe(false);
  });

  it('keeps a change that somebody makes to the configuration meanwhile', async () => {
    await setChannel('dev');
    const { tarball } = await next(one, 'dies=at-start\n');
    const host = failingAt(stepBegins('stop'), () => {
      void setConf(home, (text) => `${text}# theirs\n`);
      return {};
    });
    await refusalOf(one.update(tarball, {}, host), 'E_UPDATE_UNDONE');
    const conf = await readFile(join(home, 'sandstorm.conf'), 'utf8');
    expect(conf).toContain('# theirs\n');
    expect(conf).toContain('UPDATE_CHANNEL=none');
  });

  it('with --strategy live brings the old build back, and says what of the data', async () => {
    const { from, tarball } = await next(one, 'base_status=500\n');
    const refusal = await refusalOf(one.update(tarball, { strategy: 'live' }), 'E_UPDATE_FAILED');
    // The new build has converted the data, and there is no copy of them: that is what live means.
    expect(refusal).toMatchObject({ exitCode: 7 });
    expect(await status(home, one.host)).toMatchObject({ build: from, healthy: false });
    expect(refusal.hint).toContain('sandstorm-airgap abort');
  });
});

describe.skipIf(!ready)('an update that fails in `sandstorm update`', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await began();
    const path = join(home, 'sandstorm-308/sandstorm');
    await rename(path, `${path}.real`);
    const half = 'cd "$(dirname "$0")/.."; mkdir downloading.abc; echo "tar failed" >&2; exit 1';
    const otherwise = 'exec perl "$(dirname "$(readlink -f "$0")")/sandstorm.real" "$@"';
    await writeFile(path, `#!/bin/sh\nif [ "$1" = update ]; then ${half}; fi\n${otherwise}\n`, {
      mode: 0o755,
    });
  });
  afterAll(() => one.end());

  it('runs the old build again', async () => {
    const pid = await one.pid();
    const { tarball } = await next(one);
    const refusal = await refusalOf(one.update(tarball), 'E_UPDATE_UNDONE');
    expect(refusal).toMatchObject({ exitCode: 6, changed: false });
    expect(refusal.message).toMatch(/sandstorm-308 runs again with its data\. .*tar failed/);
    expect(await one.pid()).not.toBe(pid);
    expect(await status(home, one.host)).toMatchObject({ build: 308, healthy: true, pending: null });
    expect(await lastRun(home, one.host)).toMatchObject({ outcome: 'undone' });
    expect(existsSync(join(home, 'sandstorm-309'))).toBe(false);
  });

  it('leaves a server stopped that was stopped before', async () => {
    const { tarball } = await next(one);
    await one.host.commands.run(join(home, 'sandstorm'), ['stop']);
    const refusal = await refusalOf(one.update(tarball), 'E_UPDATE_UNDONE');
    expect(refusal.message).toContain('is as it was, not running');
    expect(await one.pid()).toBeUndefined();
  });
});
