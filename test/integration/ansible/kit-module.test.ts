import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { treeOf } from '../../helpers/app-index.js';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { playedFrom, TOLD, type Played, type TaskOnHost } from '../../helpers/playbook.js';
import { requireReal } from '../../helpers/real-parts.js';

/* airgap_kit as ansible-playbook runs it, with the built tool and kits that it made: this machine is its own server. */

const WHAT = 'the module for transfer kits';
const ready = requireReal(WHAT, ['ansible-playbook']);
const packages = fileURLToPath(new URL('../../fixtures/spk', import.meta.url));
const FIRST = 'e4a720632c8f9a76b6c1344ee2d7667a';

let work = '';
let tool: BuiltCommand;
const at = (name: string): string => join(work, name);
const state = (): string => at('state');

beforeAll(async () => {
  if (!ready) return;
  work = await mkdtemp(join(tmpdir(), 'kit-module-'));
  tool = await buildCommand();
  await writeFile(at('sandstorm-airgap'), `#!/bin/sh\nexec '${process.execPath}' '${tool.file}' "$@"\n`);
  await chmod(at('sandstorm-airgap'), 0o755);
  await tools('connected', 'ansible', 'export', at('collections'));
  await mkdir(at('connected'));
  for (const house of ['connected', 'stranger']) await tools(house, 'key', 'create', '--name', house);
  await tools('connected', 'key', 'show', '--out', at('house.key'));
  await kit('connected', 'first', 'notes-v1.spk');
  await kit('connected', 'second', 'notes-v2.spk');
  await kit('stranger', 'foreign', 'notes-v1.spk');
  await cp(at('second'), at('damaged'), { recursive: true });
  const [spk = ''] = Object.keys(await treeOf(at('damaged'))).filter((name) => name.endsWith('.spk'));
  const bytes = await readFile(join(at('damaged'), spk));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(join(at('damaged'), spk), bytes);
  await tools('state', 'key', 'trust', at('house.key'), '--reason', 'the house');
  await tools('state', 'index', 'init', at('index'));
}, 120_000);
afterAll(async () => {
  if (!ready) return;
  await tool.remove();
  await rm(work, { recursive: true, force: true });
});

/** One command on the machine whose state lies in that folder. */
async function tools(place: string, ...args: string[]): Promise<void> {
  const ran = await tool.run([...args, '--json'], { env: { SANDSTORM_AIRGAP_STATE_DIR: at(place) } });
  expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
}

const kit = (place: string, name: string, spk: string): Promise<void> =>
  tools(
    place,
    'kit',
    'create',
    at(name),
    '--offline',
    '--release',
    'none',
    '--packages',
    join(packages, spk),
  );

interface Task extends Record<string, unknown> {
  /** As the task keyword has it. */
  readonly check?: boolean;
}

/** The module with these parameters, one task each; one that fails does not keep the others from their turn. */
async function play(...wishes: readonly Task[]): Promise<TaskOnHost[]> {
  const tasks = wishes.map(({ check = false, ...wish }) => ({
    'sandstorm.airgap.airgap_kit': {
      executable: at('sandstorm-airgap'),
      home: at('home'),
      state_dir: state(),
      ...wish,
    },
    check_mode: check,
    ignore_errors: true,
  }));
  await writeFile(at('kit.yml'), JSON.stringify([{ hosts: 'localhost', gather_facts: false, tasks }]));
  const played = await ansible('kit.yml');
  expect(played.exitCode, played.said).toBe(0);
  const told = played.tasks.map(({ hosts }) => hosts.localhost);
  expect(told, played.said).toHaveLength(wishes.length);
  return told.filter((one) => one !== undefined);
}

function ansible(file: string): Promise<Played> {
  const env = {
    PATH: process.env.PATH,
    HOME: work,
    LANG: 'C.UTF-8',
    ANSIBLE_COLLECTIONS_PATH: at('collections'),
    ...TOLD,
    ANSIBLE_LOCALHOST_WARNING: 'false',
    ANSIBLE_INVENTORY_UNPARSED_WARNING: 'false',
  };
  const args = ['-c', 'local', '-i', 'localhost,', '-e', 'ansible_python_interpreter=/usr/bin/python3', file];
  return new Promise((resolve) => {
    const child = execFile('ansible-playbook', args, { cwd: work, env, timeout: 120_000 }, (_, out, error) =>
      resolve(playedFrom({ exitCode: child.exitCode ?? -1, stdout: out, stderr: error }, file)),
    );
  });
}

describe.skipIf(!ready)('airgap_kit', { timeout: 120_000 }, () => {
  it('verifies a kit, and takes it in once; a check changes nothing', async () => {
    const before = [await treeOf(state()), await treeOf(at('index'))];
    const wish = { kit: at('first'), index: at('index') };
    const [verified, checked] = await play({ ...wish, action: 'verify' }, { ...wish, check: true });
    expect(verified).toMatchObject({ changed: false, kit: { whole: true, findings: [] } });
    expect(checked).toMatchObject({ changed: true, kit: { changed: true, index: at('index') } });
    expect([await treeOf(state()), await treeOf(at('index'))]).toEqual(before);

    const [received, again, checkedAgain] = await play(wish, wish, { ...wish, check: true });
    expect(received).toMatchObject({ changed: true, kit: { packagesLeftOut: 0 } });
    const { receipt } = received?.kit as { receipt: string };
    expect(JSON.parse(await readFile(receipt, 'utf8'))).toMatchObject({
      from: at('first'),
      index: at('index'),
    });
    expect(Object.keys(await treeOf(at('index'))).join()).toContain(FIRST);
    expect(again).toMatchObject({ changed: false, kit: { changed: false } });
    expect(checkedAgain).toMatchObject({ changed: false });
  });

  it('refuses what is damaged, of a stranger or older, and has changed nothing then', async () => {
    const before = await treeOf(at('index'));
    const index = at('index');
    const [verified, received, foreign, missing, nameless] = await play(
      { action: 'verify', kit: at('damaged') },
      { kit: at('damaged'), index },
      { kit: at('foreign'), index },
      { kit: at('nowhere') },
      { action: 'receive' },
    );
    expect(verified).toMatchObject({
      ...{ failed: true, changed: false, rc: 5, code: 'E_KIT_DAMAGED', restored: false },
      result: { whole: false, findings: [{ state: 'damaged' }] },
      msg: expect.stringContaining('E_KIT_DAMAGED') as string,
    });
    expect(received).toMatchObject({ failed: true, changed: false, rc: 5, code: 'E_KIT_DAMAGED' });
    expect(foreign).toMatchObject({ failed: true, changed: false, rc: 5, code: 'E_KIT_UNTRUSTED' });
    expect(missing).toMatchObject({ failed: true, changed: false, rc: 2, code: 'E_KIT_MISSING' });
    expect(nameless).toMatchObject({ failed: true, msg: expect.stringContaining('kit') as string });
    expect(await treeOf(at('index'))).toEqual(before);

    const older = { kit: at('first') };
    const [newer, refused, taken] = await play({ kit: at('second') }, older, { ...older, allow_older: true });
    expect(newer).toMatchObject({ changed: true, kit: { packagesLeftOut: 1 } });
    expect(refused).toMatchObject({ failed: true, changed: false, code: 'E_KIT_OLDER' });
    // Its files are in, so that there is nothing to do any more; but it is no refusal.
    expect(taken).toMatchObject({ changed: false, kit: { changed: false } });
  });

  it('writes down what a server has', async () => {
    const wish = { action: 'request', request_file: at('server.request'), index: at('index') };
    const unwritten = at('unwritten.request');
    const [checked, written] = await play({ ...wish, request_file: unwritten, check: true }, wish);
    expect(checked).toMatchObject({ changed: true, kit: { file: unwritten } });
    await expect(readFile(unwritten)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(written).toMatchObject({ changed: true, kit: { file: at('server.request') } });
    expect(JSON.parse(await readFile(at('server.request'), 'utf8'))).toMatchObject({ build: null });
  });
});
