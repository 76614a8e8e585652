import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { buildProgram } from '../../../src/cli/program.js';
import { runCommand } from '../../../src/cli/run-command.js';
import { createTranscript } from '../../../src/system/log.js';
import type { Host } from '../../../src/system/host.js';
import { privateMachine } from '../../helpers/machine-host.js';
import { packageOf } from '../../helpers/public-hosts.js';

/** The command line on a machine of its own. */
async function box() {
  const { host: base, root } = await privateMachine();
  const host: Host = { ...base, cwd: root, env: {} };
  const run = async (...args: string[]): Promise<{ exitCode: number; out: string; error: string }> => {
    const out: string[] = [];
    const error: string[] = [];
    const terminal = {
      isTty: false,
      colours: false,
      columns: () => Infinity,
      out: (text: string) => void out.push(text),
      error: (text: string) => void error.push(text),
      spinner: () => Promise.resolve({ text: () => undefined, stop: () => undefined }),
    };
    let exitCode = -1;
    const around = {
      host,
      terminal,
      transcript: createTranscript(() => new Date()),
      atTerminal: false,
      answerKeys: new Set<string>(),
    };
    await buildProgram(COMMANDS, '0', async (spec, flags) => {
      ({ exitCode } = await runCommand(spec, flags, around));
    }).parseAsync(args, { from: 'user' });
    return {
      exitCode,
      out: out.join('\n').replaceAll(root, '.'),
      error: error.join('\n').replaceAll(root, '.'),
    };
  };
  const json = async (...args: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await run(...args, '--json')).out) as Record<string, unknown>;
  return { root, host, run, json };
}

it('a key is made once, shown, trusted and revoked', async () => {
  const { root, run, json } = await box();
  expect(await json('key', 'create', '--name', 'Ops', '--dry-run')).toMatchObject({
    ok: true,
    changed: false,
  });
  expect(await json('key', 'create', '--name', 'Ops')).toMatchObject({ ok: true, changed: true });
  expect(await json('key', 'create', '--name', 'Other')).toMatchObject({ ok: true, changed: false });
  const file = join(root, 'state/kits/house-key.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  expect(await json('key', 'show', '--out', 'house.key')).toMatchObject({ changed: true });
  expect(await json('key', 'show', '--out', join(root, 'house.key'))).toMatchObject({ changed: false });
  const line = await readFile(join(root, 'house.key'), 'utf8');
  expect(line).toMatch(/^sandstorm-airgap-key-1 [0-9a-f]{64} Ops\n$/);
  expect((await run('key', 'show')).out.trim()).toBe(line.trim());
  // The secret is in one file, and in no output.
  const { secret } = JSON.parse(await readFile(file, 'utf8')) as { secret: string };
  expect((await run('key', 'list')).out + (await run('key', 'show', '--json')).out).not.toContain(secret);

  expect(await json('key', 'trust', 'house.key', '--reason', 'x')).toMatchObject({
    ok: true,
    changed: false,
  });
  expect(await json('key', 'trust', 'nonsense', '--reason', 'x')).toMatchObject({
    error: { code: 'E_BAD_VALUE' },
  });
  expect(await json('key', 'trust', '0'.repeat(64), '--reason', 'x')).toMatchObject({
    error: { code: 'E_BAD_VALUE' },
  });
  expect(await json('key', 'trust', 'house.key')).toMatchObject({ error: { code: 'E_INPUT_NEEDED' } });
  expect(await json('key', 'revoke', 'house.key', '--reason', 'stolen')).toMatchObject({ changed: true });
  expect(await json('key', 'revoke', 'house.key', '--reason', 'stolen')).toMatchObject({ changed: false });
  expect(await json('key', 'trust', line.trim(), '--reason', 'x')).toMatchObject({
    error: { code: 'E_KEY_REVOKED' },
  });
  expect((await run('key', 'list')).out).toMatch(/REVOKED .*: stolen/);
});

it('a key that others may read, or that is damaged, signs nothing', async () => {
  const { root, json } = await box();
  const create = ['kit', 'create', 'kit', '--offline', '--packages', 'notes.spk'];
  await writeFile(join(root, 'notes.spk'), packageOf({ name: 'Notes', version: 1 }));
  expect(await json(...create)).toMatchObject({ error: { code: 'E_KEY_MISSING' } });
  await json('key', 'create');
  const file = join(root, 'state/kits/house-key.json');
  await chmod(file, 0o644);
  expect(await json(...create)).toMatchObject({ error: { code: 'E_KEY_FILE' } });
  await chmod(file, 0o600);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/"secret": "../, '"secret": "00'));
  expect(await json(...create)).toMatchObject({ error: { code: 'E_KEY_FILE' } });
  await writeFile(file, text);
  expect(await json(...create)).toMatchObject({ ok: true, changed: true });
});

it('verify shows a person which part is damaged, and a script the same', async () => {
  const { root, run, json } = await box();
  await json('key', 'create');
  await writeFile(join(root, 'notes.spk'), packageOf({ name: 'Notes', version: 1 }));
  await json('kit', 'create', 'kit', '--offline', '--packages', 'notes.spk', '--purpose', 'a test');
  const whole = await run('kit', 'verify', 'kit');
  expect(whole).toMatchObject({ exitCode: 0 });
  expect(whole.out).toContain('Whole: 2 files, and signed by a trusted key.');
  await writeFile(join(root, 'kit/files/RUNBOOK.md'), 'do something else');
  const bad = await run('kit', 'verify', 'kit');
  expect(bad.exitCode).toBe(5);
  expect(bad.out).toMatch(/✖ damaged {3}"RUNBOOK.md" has \d+ bytes, and should have \d+/);
  expect(bad.error).toContain('E_KIT_DAMAGED');
  expect(await json('kit', 'verify', 'kit')).toMatchObject({
    ok: false,
    result: { whole: false, findings: [{ name: 'RUNBOOK.md', state: 'damaged' }] },
  });
  expect(await json('kit', 'verify', 'nowhere')).toMatchObject({ error: { code: 'E_KIT_MISSING' } });
  expect(await json('update', 'kit', '--yes')).toMatchObject({ ok: false, changed: false });
});
