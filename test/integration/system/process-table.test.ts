import { spawn } from 'node:child_process';
import { mkdir, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { processTable } from '../../../src/system/process-table.js';
import { tempDir } from '../../helpers/fake-host.js';
import { until } from '../../helpers/until.js';

it('tells what a process has hold of', async () => {
  const dir = await realpath(await tempDir());
  const cwd = join(dir, 'at work');
  await mkdir(cwd);
  const file = await open(join(dir, 'open'), 'w');
  const child = spawn('sleep', ['60'], { cwd, stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await file.close();
  const seen = () => processTable('/proc').find(({ pid }) => pid === child.pid);
  await until('it runs', () => seen()?.name === 'sleep');

  expect(seen()).toMatchObject({
    parent: process.pid,
    uid: process.getuid?.(),
    command: ['sleep', '60'],
    hidden: false,
  });
  const held = seen()?.held ?? [];
  expect(held).toContainEqual({ by: 'cwd', path: cwd });
  expect(held).toContainEqual({ by: 'root', path: '/' });
  expect(held).toContainEqual({ by: 'fd', path: join(dir, 'open') });
  expect(held.find(({ by }) => by === 'exe')?.path).toMatch(/\/(?:sleep|coreutils|busybox)$/);
});

it('leaves out what is dead but not yet fetched', async () => {
  const parent = spawn('sh', ['-c', 'true & exec sleep 60'], { stdio: 'ignore' });
  onTestFinished(() => void parent.kill('SIGKILL'));
  await until('it sleeps', () =>
    processTable('/proc').some(({ pid, name }) => pid === parent.pid && name === 'sleep'),
  );
  expect(processTable('/proc').filter((process) => process.parent === parent.pid)).toEqual([]);
});
