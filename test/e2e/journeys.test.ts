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
import { ADDRESS, bring, INSTALL, status, tool, trust, update } from '../helpers/journey.js';
import { releaseUnderTest, type ReleaseUnderTest } from '../helpers/release-under-test.js';

/*
 * The main job with the built command on a machine without network, under each init. Against the
 * stand-ins, or against the genuine parts when the environment names them (see CONTRIBUTING).
 */

const ready = requireContainers('the journeys of install and update');

let folder = '';
let parts: ReleaseUnderTest;
let box: Container;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journeys-'));
  if (ready) parts = await releaseUnderTest(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!ready).each(['systemd', 'sysvinit', 'none'] as const)('with %s', (init) => {
  const manager = { systemd: 'systemd', sysvinit: 'sysvinit', none: 'command' }[init];

  beforeEach(async () => {
    box = await startContainer({ init });
    await box.put(parts.installScript, '/media/usb/install.sh');
    await bring(box, parts.tarball, '/media/usb/sandstorm-308.tar.xz');
    await trust(box, parts.signingKey);
    await box.startDns({ 'sandstorm.test': '127.0.0.1', '*.sandstorm.test': '127.0.0.1' });
  }, CONTAINER_TIMEOUT);
  afterEach(() => box.stop());

  it('installs, finds nothing to do, updates, finds nothing to do', { timeout: 240_000 }, async () => {
    const ready = await tool(box, ['preflight', '--json', ...ADDRESS]);
    expect(ready).toMatchObject({ exitCode: 0, ok: true, changed: false, result: { ready: true } });

    const installed = await tool(box, INSTALL);
    expect(installed, JSON.stringify(installed.error)).toMatchObject({
      exitCode: 0,
      ok: true,
      changed: true,
    });
    expect(installed.result).toMatchObject({ build: 308, healthy: true, serviceManager: manager });
    const link = String(installed.result?.setupLink);
    expect(link).toMatch(/^http:\/\/sandstorm\.test:6080\/setup\/token\/[0-9a-f]{40}$/);
    // The link makes an administrator of whoever has it.
    const token = link.split('/').at(-1) ?? '-';
    await expect(box.sh(`grep -rl ${token} /var/lib/sandstorm-airgap /var/log || true`)).resolves.toBe('');

    const conf = await box.sh('cat /opt/sandstorm/sandstorm.conf');
    expect(conf.split('\n')).toEqual(
      expect.arrayContaining([
        'UPDATE_CHANNEL=none',
        'BASE_URL=http://sandstorm.test:6080',
        'WILDCARD_HOST=*.sandstorm.test:6080',
        'BIND_IP=0.0.0.0',
        'SMTP_LISTEN_PORT=25',
      ]),
    );
    expect(await status(box)).toMatchObject({
      build: 308,
      running: true,
      healthy: true,
      channel: 'none',
      pending: null,
    });

    const before = await fingerprint();
    expect(await tool(box, INSTALL)).toMatchObject({ exitCode: 0, ok: true, changed: false });
    expect(await fingerprint()).toBe(before);

    await bring(box, parts.newerTarball, '/media/usb/newer-sandstorm.tar.xz');
    const planned = await tool(box, [...update('/media/usb'), '--dry-run']);
    expect(planned).toMatchObject({ exitCode: 0, changed: false, result: { from: 308, to: 309 } });
    expect(await fingerprint()).toBe(before);

    const updated = await tool(box, update('/media/usb'));
    expect(updated, JSON.stringify(updated.error)).toMatchObject({ exitCode: 0, ok: true, changed: true });
    expect(updated.result).toMatchObject({ from: 308, to: 309, healthy: true });
    expect(await status(box)).toMatchObject({
      build: 309,
      running: true,
      healthy: true,
      serviceManager: manager,
    });

    expect(await tool(box, update('/media/usb'))).toMatchObject({ exitCode: 0, changed: false });
    const lower = await tool(box, update('/media/usb/sandstorm-308.tar.xz'));
    expect(lower).toMatchObject({ exitCode: 3, changed: false, error: { code: 'E_DOWNGRADE' } });
    // Nothing of ours stays behind but journals.
    await expect(box.sh('ls /var/lib/sandstorm-airgap/*/staging 2>/dev/null || true')).resolves.toBe('');
  });

  it('turns the channel off before it updates', { timeout: 120_000 }, async () => {
    expect(await tool(box, INSTALL)).toMatchObject({ exitCode: 0 });
    await box.sh('echo UPDATE_CHANNEL=dev >> /opt/sandstorm/sandstorm.conf');
    await bring(box, parts.newerTarball, '/media/usb/newer-sandstorm.tar.xz');
    expect(await tool(box, update('/media/usb'))).toMatchObject({
      exitCode: 0,
      changed: true,
      result: { to: 309 },
    });
    expect(await status(box)).toMatchObject({ build: 309, healthy: true, channel: 'none' });
  });

  it('does not believe install.sh when another program holds the port', { timeout: 120_000 }, async () => {
    // Taken after the checks have looked: by a program that waits for install.sh to begin.
    await box.write(
      '/root/squat.pl',
      [
        'use IO::Socket::INET;',
        'sleep 1 until -e "/opt/sandstorm/sandstorm.conf";',
        'my $s = IO::Socket::INET->new(LocalPort => 6080, Listen => 9, ReuseAddr => 1) or exit 1;',
        'while (my $c = $s->accept) { sysread $c, my $x, 4096; print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $c }',
      ].join('\n'),
    );
    await box.sh(
      'sed -i "s/sleep 1/select undef, undef, undef, 0.01/" /root/squat.pl; setsid perl /root/squat.pl > /dev/null 2>&1 &',
    );
    const failed = await tool(box, [...INSTALL, '--start-timeout', '6']);
    expect(failed).toMatchObject({ ok: false, changed: true, exitCode: 7 });
    // systemd notices that it died; without systemd the missing answer tells.
    expect(['E_INSTALL_UNHEALTHY', 'E_SERVICE_START']).toContain(failed.error?.code);
    expect(await status(box)).toMatchObject({ healthy: false });
    expect((await status(box)).pending).toMatchObject({ operation: 'install' });

    await box.sh('pkill -f squat.pl');
    expect(await tool(box, INSTALL)).toMatchObject({
      exitCode: 0,
      ok: true,
      changed: true,
      result: { healthy: true },
    });
  });
});

/** Every file of the server and of our state, with its time: what a run that changes nothing must not touch. */
async function fingerprint(): Promise<string> {
  return box.sh(
    "find /opt/sandstorm /var/lib/sandstorm-airgap /etc /usr/local -xdev \\( -path '*/var/log' -o -path '*/var/mongo' \\) -prune -o -type f -printf '%p %T@ %s\\n' | sort",
  );
}
