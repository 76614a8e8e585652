import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type BuiltCommand } from '../../helpers/built-command.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';
import { armourFeatureKey, packFeatureKey } from '../../stand-ins/feature-key.js';

const ready = requireReal('feature-key inspect', ['capnp']);
let command: BuiltCommand;
beforeAll(async () => {
  if (ready) command = await buildCommand();
});
afterAll(async () => {
  if (ready) await command.remove();
});

const SECRET = Buffer.from('s3cret').toString('hex');
const KEY = `(secret = "s3cret", customer = (organizationName = "Corp\\x1b[2J Ltd"), isForTesting = true)`;

describe.skipIf(!ready)('feature-key inspect', () => {
  it('shows a key that nobody vouches for, and says so; the secret only when told', async () => {
    const dir = await tempDir();
    const file = join(dir, 'key.txt');
    const log = join(dir, 'log');
    const text = armourFeatureKey(packFeatureKey(KEY));
    await writeFile(file, text);
    const shown = await command.run(['feature-key', 'inspect', file, '--log-file', log]);
    expect(shown).toMatchObject({ exitCode: 5 });
    expect(shown.stderr).toContain('E_FEATURE_KEY');
    expect(shown.stdout).toContain('NOT GENUINE');
    expect(shown.stdout).toContain('Corp?[2J Ltd');
    expect(shown.stdout).toContain('Builds since 202');
    expect(shown.stdout).toContain('gives up all security');
    expect(shown.stdout).not.toContain(SECRET);

    const secret = await command.run(['feature-key', 'inspect', file, '--show-secret', '--log-file', log]);
    expect(secret.stdout).toContain(SECRET);
    expect(await readFile(log, 'utf8')).not.toContain(SECRET);

    const json = await command.run(['feature-key', 'inspect', '-', '--json'], { input: text });
    expect(json.stdout).not.toContain(SECRET);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, result: { genuine: false, secret: null } });
  });

  it('refuses what is no key, in bounds', async () => {
    const big = await command.run(['feature-key', 'inspect', '-'], { input: 'A'.repeat(70_000) });
    expect(big).toMatchObject({ exitCode: 1 });
    const none = await command.run(['feature-key', 'inspect', '-'], { input: 'hello' });
    expect(none).toMatchObject({ exitCode: 5 });
  });
});
