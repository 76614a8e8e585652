import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unregisterService } from '../../src/service/unregister.js';
import { FakeSystemd } from '../helpers/fake-systemd.js';

let systemd: FakeSystemd;
let dir = '';
beforeEach(async () => {
  systemd = await FakeSystemd.make();
  dir = systemd.machine.host.layout.systemdUnitDirs[0] ?? '';
  await mkdir(join(dir, 'multi-user.target.wants'), { recursive: true });
});
afterEach(() => systemd.remove());

const unregister = (): Promise<void> => unregisterService(systemd.machine.home, systemd.machine.host);

it('removes a unit that a power cut has left empty, and what wants it', async () => {
  await writeFile(join(dir, 'sandstorm.service'), '');
  await symlink(join(dir, 'sandstorm.service'), join(dir, 'multi-user.target.wants/sandstorm.service'));
  await unregister();
  expect(await readdir(dir)).toEqual(['multi-user.target.wants']);
  expect(await readdir(join(dir, 'multi-user.target.wants'))).toEqual([]);
});

it('leaves a unit of another server, and one that is masked', async () => {
  await writeFile(join(dir, 'sandstorm.service'), '[Service]\nExecStart=/srv/sandstorm/sandstorm start\n');
  await unregister();
  expect(await readdir(dir)).toContain('sandstorm.service');

  await rm(join(dir, 'sandstorm.service'));
  await symlink('/dev/null', join(dir, 'sandstorm.service'));
  await unregister();
  expect(await readdir(dir)).toContain('sandstorm.service');
});
