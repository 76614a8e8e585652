import { expect, it } from 'vitest';
import { runningServer } from '../../../src/server/running.js';
import { fakeHost, writeTree, type FakeHost } from '../../helpers/fake-host.js';

async function hiddenServer(state: string): Promise<FakeHost> {
  const host = await fakeHost({ user: { uid: 1000 }, running: { 4242: { name: 'sandstorm/top' } } });
  await writeTree(host.root, {
    'home/var/pid/sandstorm.pid': '4242\n',
    'proc/4242/stat': `4242 (sandstorm/top) ${state} 1 4242 4242 0 -1`,
  });
  return host;
}

it("takes another user's process by the server's name for the server", async () => {
  const host = await hiddenServer('S');
  expect(await runningServer(`${host.root}/home`, host)).toMatchObject({ pid: 4242, build: undefined });
});

it('takes a zombie for no server: it only waits to be reaped', async () => {
  const host = await hiddenServer('Z');
  expect(await runningServer(`${host.root}/home`, host)).toBeUndefined();
});
