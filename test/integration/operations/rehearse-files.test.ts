import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { filesToBring } from '../../../src/operations/rehearse-files.js';
import { quietHost } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';
import { standInInstaller } from '../../stand-ins/release.js';

it('brings what lies beside the tarballs along, and keeps it beside them', async () => {
  const dir = await tempDir();
  const put = async (path: string, text = ''): Promise<string> => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
    return join(dir, path);
  };
  const tarball = await put('old/sandstorm.tar.xz');
  await put('old/sandstorm.tar.xz.update-sig');
  const newerTarball = await put('new/sandstorm.tar.xz');
  await put('new/sandstorm.tar.xz.sig');
  // Only what really is one.
  await put('new/install.sh', await readFile(standInInstaller, 'utf8'));
  await put('old/install.sh', 'echo');
  const installScript = await put('scripts/theirs.sh');
  const keyFile = join(dir, 'key.asc');
  await symlink(await put('keys/key-of-2026.asc'), keyFile);

  const { files, inside } = await filesToBring(
    { installScript, tarball, newerTarball, proof: { keyFile } },
    quietHost(),
  );
  const brought = files.map(({ from, as }) => [from.slice(dir.length + 1), as.replace(/^\d+/, 'N')]);
  expect(brought.sort()).toEqual([
    ['keys/key-of-2026.asc', 'N/key.asc'],
    ['new/install.sh', 'N/install.sh'],
    ['new/sandstorm.tar.xz', 'N/sandstorm.tar.xz'],
    ['new/sandstorm.tar.xz.sig', 'N/sandstorm.tar.xz.sig'],
    ['old/sandstorm.tar.xz', 'N/sandstorm.tar.xz'],
    ['old/sandstorm.tar.xz.update-sig', 'N/sandstorm.tar.xz.update-sig'],
    ['scripts/theirs.sh', 'N/theirs.sh'],
  ]);
  const places = new Map(files.map(({ from, as }) => [from.slice(dir.length + 1), as]));
  expect(places.get('old/sandstorm.tar.xz.update-sig')).toBe(
    `${places.get('old/sandstorm.tar.xz') ?? ''}.update-sig`,
  );
  expect(dirname(places.get('new/install.sh') ?? '')).toBe(
    dirname(places.get('new/sandstorm.tar.xz') ?? '-'),
  );
  expect(new Set(files.map(({ as }) => as)).size).toBe(files.length);
  for (const path of [installScript, tarball, newerTarball, keyFile]) {
    expect(files.some(({ as }) => inside(path).endsWith(`/files/${as}`))).toBe(true);
  }
});
