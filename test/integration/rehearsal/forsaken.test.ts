import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { claim, FOLDER_PREFIX, removeForsaken } from '../../../src/rehearsal/forsaken.js';
import type { Host } from '../../../src/system/host.js';
import { systemProcesses } from '../../../src/system/processes.js';
import { fakeHost } from '../../helpers/fake-host.js';

/** Real processes; the folders belong to whoever runs the tests. */
async function realHost(self = process.pid): Promise<Host & { root: string }> {
  const uid = process.getuid?.() ?? 0;
  const processes = { ...systemProcesses('/proc'), self };
  return fakeHost({ layout: { proc: '/proc' }, user: { uid }, processes, now: new Date().toISOString() });
}

function sleeper(cwd: string): { readonly pid: number; readonly gone: Promise<unknown> } {
  const child = spawn('sleep', ['60'], { cwd, detached: true, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { pid: child.pid ?? -1, gone: new Promise((resolve) => child.once('exit', resolve)) };
}

async function folderOf(host: Host & { root: string }, name: string): Promise<string> {
  const folder = join(host.root, FOLDER_PREFIX + name);
  await mkdir(join(folder, 'inside'), { recursive: true });
  return folder;
}

it('keeps the folder of a rehearsal that is going on', async () => {
  const host = await realHost();
  await claim(await folderOf(host, 'mine'), host);
  await removeForsaken(host.root, host);
  expect(await readdir(host.root)).toEqual([`${FOLDER_PREFIX}mine`]);
});

it('ends the processes of one that was killed, and removes its folder', async () => {
  const host = await realHost();
  const folder = await folderOf(host, 'dead');
  const dead = sleeper('/');
  await claim(folder, await realHost(dead.pid));
  process.kill(dead.pid, 'SIGKILL');
  await dead.gone;
  const server = sleeper(join(folder, 'inside'));
  const stranger = sleeper(host.root);

  await removeForsaken(host.root, host);
  await server.gone;
  expect(await readdir(host.root)).toEqual([]);
  expect(() => process.kill(stranger.pid, 0)).not.toThrow();
});

it('touches neither links nor folders without a word of whose they are', async () => {
  const host = await realHost();
  const elsewhere = join(host.root, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'owner.json'), '{"pid":2}');
  await symlink(elsewhere, join(host.root, `${FOLDER_PREFIX}link`));
  await folderOf(host, 'half-made');
  const odd = await folderOf(host, 'odd');
  await writeFile(join(odd, 'owner.json'), 'x'.repeat(10_000));
  await chmod(odd, 0o700);

  await removeForsaken(host.root, host);
  expect(await readdir(host.root)).toEqual(
    ['elsewhere', ...['half-made', 'link', 'odd'].map((name) => FOLDER_PREFIX + name)].sort(),
  );
  expect(await readdir(elsewhere)).toEqual(['owner.json']);
});
