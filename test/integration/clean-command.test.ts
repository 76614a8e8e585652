import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stateDirs } from '../../src/journal/state-dir.js';
import { buildCommand, type BuiltCommand } from '../helpers/built-command.js';
import { fakeHost, serverTree, tempDir, writeTree } from '../helpers/fake-host.js';

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

/** A lock of a process that cannot be: the kernel gives out no such number. */
async function deadLock(home: string, stateDir: string): Promise<string> {
  const { locks } = stateDirs(home, await fakeHost({ layout: { stateDir } }));
  await mkdir(locks, { recursive: true });
  const path = join(locks, '4194304.1.00000000-0000-0000-0000-000000000000.0011aabbccdd');
  await writeFile(path, '{}');
  return path;
}

it('is a command that removes, says so truthfully, and then finds nothing', async () => {
  const root = await tempDir();
  const home = join(root, 'sandstorm');
  await writeTree('', serverTree(home, 'sandstorm-308'));
  const env = { SANDSTORM_AIRGAP_STATE_DIR: join(root, 'state') };
  const lock = await deadLock(home, env.SANDSTORM_AIRGAP_STATE_DIR);
  const clean = (...flags: string[]) => command.run(['clean', '--home', home, ...flags], { env });

  const seen = await command.run(['status', '--home', home], { env });
  expect(seen.stdout).toContain('Leftovers   1 of killed runs  remove: sandstorm-airgap clean');

  const planned = await clean('--dry-run');
  expect(planned).toMatchObject({ exitCode: 0, stderr: '' });
  expect(planned.stdout).toContain(lock);
  expect(planned.stdout).toContain('Dry run: nothing was changed.');

  const unasked = await clean();
  expect(unasked).toMatchObject({ exitCode: 4 });
  expect(unasked.stderr).toContain('--yes');
  expect(existsSync(lock)).toBe(true);

  const done = JSON.parse((await clean('--yes', '--json')).stdout) as object;
  expect(done).toMatchObject({ ok: true, changed: true, result: { removed: [lock] } });
  expect(existsSync(lock)).toBe(false);

  expect(JSON.parse((await clean('--yes', '--json')).stdout)).toEqual({
    ok: true,
    changed: false,
    result: { home, leftovers: [], removed: [], freedBytes: 0 },
    error: null,
  });
  expect((await clean('--yes')).stdout).toBe('  Nothing is left over.\n');
  expect((await command.run(['status', '--home', home], { env })).stdout).not.toContain('Leftovers');
});
