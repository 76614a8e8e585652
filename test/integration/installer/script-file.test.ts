import { spawnSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInstallScript, whyNotInstallScript } from '../../../src/installer/script-file.js';
import { findInstallScript, pickTarball } from '../../../src/operations/pick.js';
import { privateMachine } from '../../helpers/machine-host.js';
import { makeRelease, standInInstaller } from '../../stand-ins/release.js';

const SCRIPT = readFileSync(standInInstaller, 'utf8');

describe('install.sh', () => {
  it('is told by what it speaks of', () => {
    expect(whyNotInstallScript(SCRIPT)).toBeUndefined();
    expect(whyNotInstallScript(SCRIPT.replace('#!/bin/bash', '#! /usr/bin/env bash'))).toBeUndefined();
    expect(whyNotInstallScript(SCRIPT.replace('#!/bin/bash', '#!/bin/sh'))).toContain('bash script');
    expect(whyNotInstallScript('<html>404</html>')).toContain('bash script');
    expect(whyNotInstallScript('#!/bin/bash\necho hello\n')).toContain('does not speak of');
    expect(whyNotInstallScript(`${SCRIPT}\0`)).toBe('it is not text');
  });

  it('is read, and refused when it is anything else', async () => {
    const { host, root } = await privateMachine();
    expect(await readInstallScript(standInInstaller, host)).toBe(SCRIPT);
    const at = (name: string): string => join(root, name);
    await writeFile(at('half'), SCRIPT.slice(0, SCRIPT.lastIndexOf('}') - 200));
    await writeFile(at('huge'), SCRIPT);
    await truncate(at('huge'), 2 * 1024 * 1024);
    spawnSync('mkfifo', [at('pipe')]);
    for (const [path, why] of [
      [at('none'), 'there is no such file'],
      [at('pipe'), 'it is not a regular file'],
      [root, 'it is not a regular file'],
      [at('huge'), 'larger than any'],
      [at('half'), 'bash cannot read it'],
    ] as const) {
      await expect(readInstallScript(path, host)).rejects.toMatchObject({
        code: 'E_INSTALL_SCRIPT',
        message: expect.stringContaining(why) as string,
      });
    }
  });

  it('is found beside the tarball, when the file of that name is one', async () => {
    const { host, root } = await privateMachine();
    const tarball = join(root, 'sandstorm-308.tar.xz');
    expect(await findInstallScript(tarball, host)).toBeUndefined();
    await writeFile(join(root, 'install.sh'), '#!/bin/sh\nrm -rf /\n');
    expect(await findInstallScript(tarball, host)).toBeUndefined();
    await writeFile(join(root, 'install.sh'), SCRIPT);
    expect(await findInstallScript(tarball, host)).toBe(join(root, 'install.sh'));
  });
});

describe('the tarball', () => {
  it('is the one that was named, or the newest build of a folder', async () => {
    const { host, root } = await privateMachine();
    await expect(pickTarball(undefined, host)).rejects.toMatchObject({ code: 'E_INPUT_NEEDED', exitCode: 4 });
    await expect(pickTarball(root, host)).rejects.toMatchObject({ code: 'E_NO_TARBALL_FOUND' });
    const older = await makeRelease({ build: 99, dir: root });
    const newest = await makeRelease({ build: 308, dir: root });
    expect(await pickTarball(older, host)).toBe(older);
    expect(await pickTarball(root, host)).toBe(newest);
    // Judged when it is read.
    expect(await pickTarball(join(root, 'none'), host)).toBe(join(root, 'none'));
  });
});
