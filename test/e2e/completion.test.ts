import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../helpers/until.js';
import { requireReal } from '../helpers/real-parts.js';

/* Real shells in a real terminal: what is typed, a Tab, and what stands there then. */

const tool = fileURLToPath(new URL('../../bin/sandstorm-airgap.js', import.meta.url));
const SHELLS = {
  bash: ['bash --noprofile --norc', "PS1='> '; source "],
  zsh: ['zsh -f', "autoload -Uz compinit && compinit -D; PS1='> '; source "],
  fish: ['fish --no-config', "function fish_prompt; printf '> '; end; source "],
} as const;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completion-'));
  await writeFile(join(folder, 'sandstorm-308.tar.xz'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const shells = (Object.keys(SHELLS) as (keyof typeof SHELLS)[]).filter((shell) =>
  requireReal(`completion in ${shell}`, [shell, 'tmux']),
);

describe.each(shells)('in %s', (shell) => {
  const [start, prepare] = SHELLS[shell];
  const session = `completion-${shell}-${String(process.pid)}`;
  const tmux = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('tmux', ['-L', session, ...args])).stdout;
  const line = async (): Promise<string> =>
    (await tmux('capture-pane', '-p', '-t', session))
      .trimEnd()
      .split('\n')
      .filter((text) => /^>( |$)/.test(text))
      .at(-1) ?? '';

  beforeAll(async () => {
    const script = join(folder, `completion.${shell}`);
    await writeFile(script, execFileSync(process.execPath, [tool, 'completion', shell]));
    await tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      session,
      '-x',
      '150',
      '-y',
      '50',
      '-c',
      folder,
      start,
    );
    await tmux('send-keys', '-t', session, `${prepare}${script}; clear`, 'Enter');
    await until(`${shell} asks`, async () => /^>\s*$/.test(await line()), 30_000);
  });
  afterAll(() => tmux('kill-server'));

  it.each([
    ['sandstorm-airgap inst', 'sandstorm-airgap install'],
    ['sandstorm-airgap config li', 'sandstorm-airgap config lint'],
    ['sandstorm-airgap install --base-u', 'sandstorm-airgap install --base-url'],
    ['sandstorm-airgap update --strategy sa', 'sandstorm-airgap update --strategy safe'],
    ['sandstorm-airgap install sands', 'sandstorm-airgap install sandstorm-308.tar.xz'],
    ['sandstorm-airgap install --log-file sands', 'sandstorm-airgap install --log-file sandstorm-308.tar.xz'],
    ['sandstorm-airgap --js', 'sandstorm-airgap --js'],
  ])('%s', async (typed, whole) => {
    await tmux('send-keys', '-t', session, 'C-u');
    await tmux('send-keys', '-t', session, '-l', typed);
    await expect.poll(line, { timeout: 10_000 }).toContain(typed);
    await tmux('send-keys', '-t', session, 'Tab');
    if (typed === whole) await sleep(1000);
    await expect.poll(async () => (await line()).trimEnd(), { timeout: 10_000 }).toBe(`> ${whole}`);
  });
});
