import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CONTAINER_TIMEOUT,
  requireContainers,
  shipArchive,
  startContainer,
  type Container,
} from '../helpers/container.js';
import { ADDRESS, bring, INSTALL, status, tool, trust } from '../helpers/journey.js';
import { packaged, PACKAGE_TIMEOUT, requirePackaging } from '../helpers/packaged.js';
import { releaseUnderTest } from '../helpers/release-under-test.js';

/* The single program where everything around it is older or newer than where it was made. */

const WHAT = 'the program in other releases of Debian';
const ready = requireContainers(WHAT) && requirePackaging(WHAT);

describe.skipIf(!ready).each(['bullseye', 'trixie'] as const)('in %s', (suite) => {
  let folder = '';
  let box: Container;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'debian-'));
    const parts = await releaseUnderTest(folder);
    shipArchive((await packaged()).unpacked);
    box = await startContainer({ init: 'none', suite });
    await box.put(parts.installScript, '/media/usb/install.sh');
    await bring(box, parts.tarball, '/media/usb/sandstorm-308.tar.xz');
    await trust(box, parts.signingKey);
    await box.startDns({ '.sandstorm.test': '127.0.0.1' });
  }, PACKAGE_TIMEOUT + CONTAINER_TIMEOUT);
  afterAll(async () => {
    await box.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is whole, and finds what it needs', async () => {
    expect(await box.sh('! command -v node && sandstorm-airgap --version')).toMatch(/^\d+\.\d+\.\d+$/);
    const answer = await tool(box, ['self-check', '--json']);
    expect(answer).toMatchObject({ exitCode: 0, ok: true, changed: false });
    const machine = answer.result?.machine as { id: string; status: string }[];
    expect(machine.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'os.linux-x86_64 pass',
      'os.kernel pass',
      'os.tools pass',
    ]);
  });

  it('verifies a release and installs it', { timeout: 120_000 }, async () => {
    expect(await status(box)).toMatchObject({ installed: false });
    const verified = await tool(box, ['release', 'verify', '/media/usb/sandstorm-308.tar.xz', '--json']);
    expect(verified).toMatchObject({ exitCode: 0, result: { build: 308, authentic: true } });
    const looked = await tool(box, ['preflight', '--json', ...ADDRESS]);
    expect(looked, JSON.stringify(looked.result)).toMatchObject({ exitCode: 0 });
    const installed = await tool(box, INSTALL);
    expect(installed, JSON.stringify(installed.error)).toMatchObject({ exitCode: 0, changed: true });
    expect(await status(box)).toMatchObject({ build: 308, running: true, healthy: true });
  });
});
