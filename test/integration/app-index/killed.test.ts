import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { tempDir } from '../../helpers/fake-host.js';
import { makeSpk, spkKey } from '../../stand-ins/spk.js';
import { seeded } from '../../helpers/archives.js';

/* The command is killed at any moment, and what it leaves is judged by the command itself, which is proven elsewhere. */

/** Each kills both commands. */
const ROUNDS = 6;
const SEED = 20261122;
const PACKAGES_A_ROUND = 3;

let tool: BuiltCommand;
beforeAll(async () => {
  tool = await buildCommand();
});
afterAll(() => tool.remove());

it(
  'leaves a whole index when add or build is killed, and ends what it began the next time',
  { timeout: 300_000 },
  async () => {
    const root = await tempDir();
    const dir = join(root, 'index');
    const random = seeded(SEED);
    await runs('init', dir);
    const counts = { killed: 0, ended: 0, published: 0 };
    const usual = { add: 0, build: 0 };

    for (let round = 0; round < ROUNDS; round += 1) {
      const usb = join(root, `usb-${String(round)}`);
      await makePackages(usb, round);
      for (const args of [
        ['add', dir, usb],
        ['build', dir, '--keep', '2'],
      ] as const) {
        const [command] = args;
        const before = await publishedText(dir);
        // Until it is known how long they take, they run to their end; then they die on the way, though hardly as
        // node starts.
        const took = await run(
          args,
          usual[command] === 0 ? undefined : (0.3 + 0.7 * random()) * usual[command],
        );
        if (took.killed) counts.killed += 1;
        else counts.ended += 1;
        usual[command] = took.killed ? usual[command] : took.ms;

        const verified = await tool.run(['index', 'verify', dir, '--json']);
        expect({ round, command, ...verified }).toMatchObject({ exitCode: 0 });
        const after = await publishedText(dir);
        if (command === 'add') expect(after).toBe(before);
        if (after !== before) counts.published += 1;

        const again = await tool.run(['index', ...args, '--json']);
        expect({ round, command, ...again }).toMatchObject({ exitCode: 0 });
        expect(await readdir(join(dir, 'incoming'))).toEqual([]);
      }
      expect(await readdir(join(dir, 'store'))).toHaveLength((round + 1) * PACKAGES_A_ROUND);
      expect(JSON.parse((await publishedText(dir)) ?? '')).toMatchObject({
        apps: expect.arrayContaining([expect.objectContaining({ versionNumber: round + 1 })]) as unknown,
      });
    }
    console.info(
      `killed ${String(counts.killed)} times, ended before that ${String(counts.ended)} times; ` +
        `${String(counts.published)} publications were in force right after (seed ${String(SEED)})`,
    );
    // Were none killed at work, nothing would have been tested.
    expect(counts.killed).toBeGreaterThanOrEqual(ROUNDS);
  },
);

async function runs(command: string, dir: string): Promise<void> {
  expect(await tool.run(['index', command, dir])).toMatchObject({ exitCode: 0 });
}

/** @param killAfter milliseconds; undefined: not at all */
async function run(
  args: readonly string[],
  killAfter: number | undefined,
): Promise<{ readonly killed: boolean; readonly ms: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [tool.file, 'index', ...args], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    stdio: 'ignore',
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  if (exitCode !== null) expect(exitCode).toBe(0);
  return { killed: exitCode === null, ms: performance.now() - began };
}

async function makePackages(usb: string, round: number): Promise<void> {
  await mkdir(usb);
  for (let n = 0; n < PACKAGES_A_ROUND; n += 1) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><text>${String(round)}</text></svg>`;
    const spk = makeSpk({
      key: spkKey(`app ${String(n)}`),
      version: round + 1,
      fillerBytes: 50_000,
      icons: { market: { svg } },
    });
    await writeFile(join(usb, `${String(n)}.spk`), spk);
  }
}

function publishedText(dir: string): Promise<string | undefined> {
  return readFile(join(dir, 'public/apps/index.json'), 'utf8').catch(() => undefined);
}
