import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serviceOther } from '../../../../src/preflight/checks/service-other.js';
import { fakeHost, writeTree } from '../../../helpers/fake-host.js';
import { runCheck } from '../../../helpers/subject.js';

it.each([
  ['nothing', undefined, 'pass'],
  ['our own unit', '[Service]\nExecStart=/opt/sandstorm/sandstorm start\n', 'pass'],
  ["another server's unit", '[Service]\nExecStart=/srv/sandstorm/sandstorm start\n', 'fail'],
  // What a power cut leaves of a unit that install.sh had just written.
  ['an empty unit', '', 'pass'],
])('%s: %s', async (_, unit, status) => {
  const host = await fakeHost();
  const [dir = ''] = host.layout.systemdUnitDirs;
  if (unit !== undefined) await writeTree('/', { [join(dir, 'sandstorm.service')]: unit });
  expect((await runCheck(serviceOther, host)).status).toBe(status);
});
