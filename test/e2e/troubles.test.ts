import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CONTAINER_TIMEOUT,
  requireContainers,
  startContainer,
  type Container,
} from '../helpers/container.js';
import { bring, INSTALL, status, tool, trust, update } from '../helpers/journey.js';
import { makeSigningKey } from '../../src/rehearsal/signing-key.js';
import { makeRelease, standInInstaller } from '../stand-ins/release.js';

/* What goes wrong on a real machine, and what must be left afterwards. Stand-ins only: these need faults. */

const ready = requireContainers('troubles under a real systemd');

let folder = '';
const signingKey = makeSigningKey();
const tarballs: Record<string, string> = {};
let box: Container;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troubles-'));
  if (!ready) return;
  tarballs.first = await makeRelease({ build: 308, dir: folder, sign: signingKey });
  tarballs.second = await makeRelease({ build: 309, dir: folder, sign: signingKey });
  tarballs.broken = await makeRelease({
    build: 310,
    dir: folder,
    sign: signingKey,
    fault: 'truncated',
    fillerBytes: 1e6,
  });
  tarballs.noBinary = await makeRelease({ build: 311, dir: folder, sign: signingKey, fault: 'no-binary' });
}, CONTAINER_TIMEOUT);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!ready)('troubles', () => {
  beforeEach(async () => {
    box = await startContainer({ init: 'systemd' });
    await box.put(standInInstaller, '/media/usb/install.sh');
    await bring(box, tarballs.first ?? '', '/media/usb/sandstorm-308.tar.xz');
    await trust(box, signingKey);
    await box.startDns({ 'sandstorm.test': '127.0.0.1', '*.sandstorm.test': '127.0.0.1' });
  }, CONTAINER_TIMEOUT);
  afterEach(() => box.stop());

  /** Starts an installation in the background and waits until install.sh unpacks. */
  const beginInstall = async (): Promise<void> => {
    // However fast or busy the machine is, unpacking lasts long enough to be caught in the middle.
    await box.write(
      '/usr/local/bin/tar',
      '#!/bin/sh\ncase "$1" in Jx*) sleep 6 ;; esac\nexec /usr/bin/tar "$@"\n',
    );
    await box.sh('chmod +x /usr/local/bin/tar');
    const command = INSTALL.map((word) => `'${word}'`).join(' ');
    await box.sh(
      `setsid bash -c "sandstorm-airgap ${command} > /root/out.json 2>&1; echo \\$? > /root/exit" > /dev/null 2>&1 & ` +
        'for i in $(seq 600); do test -d /opt/sandstorm/sandstorm-308 && exit 0; sleep 0.05; done; cat /root/out.json; exit 1',
      { timeoutMs: 60_000 },
    );
  };
  const toolPid = (): Promise<string> => box.sh("pgrep -f 'node .*sandstorm-airgap install' | head -1");

  it('killed in the middle of install.sh: says so, cleans up, installs', { timeout: 120_000 }, async () => {
    await beginInstall();
    await box.sh(`kill -KILL ${await toolPid()}`);
    expect(await status(box)).toMatchObject({
      installed: false,
      state: 'interrupted',
      pending: { operation: 'install', step: 'run-install-script', owner: null },
    });
    const refused = await tool(box, update('/media/usb'));
    expect(refused).toMatchObject({ exitCode: 8, changed: false, error: { code: 'E_PENDING' } });

    await box.write('/opt/sandstorm/notes-of-somebody-else.txt', 'keep me\n');
    expect(await tool(box, INSTALL)).toMatchObject({ exitCode: 0, changed: true, result: { healthy: true } });
    await expect(box.sh('cat /opt/sandstorm/notes-of-somebody-else.txt')).resolves.toBe('keep me');
    expect(await status(box)).toMatchObject({ healthy: true, pending: null });
  });

  it('told to stop in the middle of install.sh: takes everything back', { timeout: 120_000 }, async () => {
    await beginInstall();
    await box.sh(`kill -TERM ${await toolPid()}`);
    await box.sh('for i in $(seq 400); do test -s /root/exit && exit 0; sleep 0.1; done; exit 1', {
      timeoutMs: 60_000,
    });
    await expect(box.sh('cat /root/exit')).resolves.toBe('6');
    expect(JSON.parse(await box.sh('cat /root/out.json'))).toMatchObject({
      ok: false,
      error: { code: 'E_INSTALL_UNDONE' },
    });
    const left =
      'ls -d /opt/sandstorm /usr/local/bin/sandstorm /etc/systemd/system/sandstorm.service 2>/dev/null || true';
    await expect(box.sh(left)).resolves.toBe('');
    await expect(box.sh('pgrep -x script; pgrep -x tar; pgrep -x xz; true')).resolves.toBe('');
    expect(await status(box)).toMatchObject({ installed: false, state: 'absent', pending: null });
  });

  it('one at a time', { timeout: 120_000 }, async () => {
    await beginInstall();
    const second = await tool(box, ['service', 'restart', '--json']);
    expect([3, 8]).toContain(second.exitCode);
    const third = await tool(box, INSTALL);
    expect(third).toMatchObject({ exitCode: 8, error: { code: 'E_BUSY' } });
    await box.sh('for i in $(seq 600); do test -s /root/exit && exit 0; sleep 0.1; done; exit 1', {
      timeoutMs: 90_000,
    });
    await expect(box.sh('cat /root/exit')).resolves.toBe('0');
  });

  it('keeps the server running through what it refuses', { timeout: 180_000 }, async () => {
    expect(await tool(box, INSTALL)).toMatchObject({ exitCode: 0 });
    const { pid } = await status(box);

    await bring(box, tarballs.broken ?? '', '/root/sandstorm-310.tar.xz');
    await bring(box, tarballs.noBinary ?? '', '/root/sandstorm-311.tar.xz');
    const corrupt = await tool(box, update('/root/sandstorm-310.tar.xz'));
    expect(corrupt).toMatchObject({ exitCode: 5, changed: false, error: { code: 'E_TARBALL_CORRUPT' } });
    const hollow = await tool(box, update('/root/sandstorm-311.tar.xz'));
    expect(hollow).toMatchObject({ exitCode: 5, changed: false, error: { code: 'E_TARBALL_CONTENTS' } });

    const bad = await tool(box, ['config', 'set', 'PORT', 'six thousand', '--json']);
    expect(bad).toMatchObject({ exitCode: 2, changed: false, error: { code: 'E_CONF_VALUE' } });
    await box.sh('echo "a line without an equals sign" >> /opt/sandstorm/sandstorm.conf');
    const lint = await tool(box, ['config', 'lint', '--json']);
    expect(lint).toMatchObject({ exitCode: 3, error: { code: 'E_CONF_LINT' } });
    const restart = await tool(box, ['service', 'restart', '--json']);
    expect(restart).toMatchObject({ exitCode: 3, changed: false, error: { code: 'E_CONF_WOULD_KILL' } });
    expect(await status(box)).toMatchObject({ pid, healthy: true });
  });

  it('puts a server right that was started by hand', { timeout: 120_000 }, async () => {
    expect(await tool(box, INSTALL)).toMatchObject({ exitCode: 0 });
    // Outside its unit systemd would think the service dead (and kills a server restarted within seconds).
    await box.sh('systemctl stop sandstorm; sleep 1; sandstorm start');
    expect((await tool(box, ['service', 'status', '--json'])).result).toMatchObject({
      running: true,
      outsideUnit: true,
    });
    expect(await tool(box, ['service', 'restart', '--json'])).toMatchObject({ exitCode: 0, changed: true });
    expect((await tool(box, ['service', 'status', '--json'])).result).toMatchObject({
      running: true,
      outsideUnit: false,
    });
    await expect(box.sh('systemctl is-active sandstorm')).resolves.toBe('active');

    expect(await tool(box, ['service', 'start', '--json'])).toMatchObject({ exitCode: 0, changed: false });
    expect(await tool(box, ['service', 'stop', '--json'])).toMatchObject({ exitCode: 0, changed: true });
    expect(await tool(box, ['service', 'stop', '--json'])).toMatchObject({ exitCode: 0, changed: false });
    expect(await status(box)).toMatchObject({ running: false, healthy: false });

    // Half a folder of the new build, left by an update that was killed: `sandstorm update` would keep it.
    await box.sh(
      'mkdir -p /opt/sandstorm/sandstorm-309/bin && echo half > /opt/sandstorm/sandstorm-309/bin/mongod',
    );
    await bring(box, tarballs.second ?? '', '/root/sandstorm-309.tar.xz');
    expect(await tool(box, update('/root'))).toMatchObject({
      exitCode: 0,
      result: { to: 309, healthy: true },
    });
    await expect(box.sh('ls -d /opt/sandstorm/replaced-* 2>/dev/null || true')).resolves.toBe('');
  });
});
