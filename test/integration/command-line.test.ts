import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type BuiltCommand, type Ran } from '../helpers/built-command.js';
import { tempDir } from '../helpers/fake-host.js';

let command: BuiltCommand;
beforeAll(async () => {
  command = await buildCommand();
});
afterAll(() => command.remove());

/** What --json printed: one object, one line, nothing else. */
function objectIn({ stdout, stderr }: Ran): Record<string, unknown> {
  expect(stderr).toBe('');
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  const value: unknown = JSON.parse(stdout);
  expect(Object.keys(value as object).sort()).toEqual(['changed', 'error', 'ok', 'result']);
  return value as Record<string, unknown>;
}

async function homeWith(conf: string): Promise<{ home: string; path: string; text: () => Promise<string> }> {
  const home = join(await tempDir(), 'sandstorm');
  await mkdir(home);
  const path = join(home, 'sandstorm.conf');
  await writeFile(path, conf);
  return { home, path, text: () => readFile(path, 'utf8') };
}

const WRONG: readonly (readonly [string, readonly string[], string])[] = [
  ['an unknown flag', ['status', '--nope'], "sandstorm-airgap status: unknown option '--nope'"],
  ['a misspelt flag', ['install', '--base-ur', 'x'], "unknown option '--base-ur' (Did you mean --base-url?)"],
  ['an unknown command', ['instal'], "sandstorm-airgap: unknown command 'instal' (Did you mean install?)"],
  ['an unknown command of a group', ['config', 'sett'], "unknown command 'sett'"],
  ['a flag without its value', ['install', '--base-url'], "option '--base-url <url>' argument missing"],
  ['a word too many', ['status', 'now'], 'too many arguments'],
  ['a flag before the command', ['--yes', 'status'], 'a command comes first, then its flags'],
];

describe('a wrong command line', () => {
  it.each(WRONG)('is one line on stderr and exit code 2: %s', async (_, args, said) => {
    const ran = await command.run(args);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).toMatch(/--help {6}E_USAGE\n$/);
  });

  it.each(WRONG)('is one object with --json: %s', async (_, args, said) => {
    // A flag that takes a value would take this one.
    const order = said.includes('argument missing')
      ? ['install', '--json', '--base-url']
      : [...args, '--json'];
    const ran = await command.run(order);
    expect(ran.exitCode).toBe(2);
    const { ok, changed, result, error } = objectIn(ran);
    expect({ ok, changed, result }).toEqual({ ok: false, changed: false, result: null });
    expect(error).toEqual({
      code: 'E_USAGE',
      message: expect.stringContaining(said) as string,
      hint: expect.stringContaining('--help') as string,
    });
  });

  it('names what is missing when only a group was typed', async () => {
    expect((await command.run(['config'])).stderr).toMatch(
      /^sandstorm-airgap config: a command is needed; see .* --help/,
    );
    expect(
      objectIn(await command.run(['config'], { env: { SANDSTORM_AIRGAP_JSON: '1' } })).error,
    ).toMatchObject({
      code: 'E_USAGE',
    });
  });

  it('without any word is the help, and exit code 2', async () => {
    const ran = await command.run([]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toContain('Usage: sandstorm-airgap');
  });

  it('does not take --json behind -- for a flag', async () => {
    const ran = await command.run(['status', '--', '--json', 'more']);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('what is no mistake', () => {
  it.each([[['--help']], [['help', 'install']], [['install', '--help']], [['config', '--help']]])(
    'help: %j',
    async (args) => {
      const ran = await command.run(args);
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(ran.stdout).toContain('Usage: sandstorm-airgap');
    },
  );

  it('the version', async () => {
    expect(await command.run(['-V'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
  });
});

describe('refusals with --json', () => {
  it('are one object, whatever the reason', async () => {
    const home = join(await tempDir(), 'none');
    const cases: [readonly string[], number, string][] = [
      [['update', '--json'], 4, 'E_INPUT_NEEDED'],
      [['update', 'x', '--trust-key', 'AB'.repeat(20), '--json'], 4, 'E_INPUT_NEEDED'],
      [['update', 'x', '--trust-key', 'ABABABAB', '--json'], 2, 'E_BAD_VALUE'],
      [['config', 'get', '--json'], 4, 'E_INPUT_NEEDED'],
      [['config', 'get', 'PORT', '--json', '--home', home], 3, 'E_CONF_MISSING'],
      [['install', 'x', '--port', 'many', '--json'], 2, 'E_BAD_VALUE'],
      [['status', '--answers', join(home, 'site.ini'), '--json'], 2, 'E_ANSWERS_FILE'],
      [['status', '--log-file', join(home, 'log'), '--json'], 1, 'E_IO'],
      [['service', 'stop', '--home', home, '--json'], 3, 'E_NO_SERVER'],
    ];
    for (const [args, exitCode, code] of cases) {
      const ran = await command.run(args);
      expect([args[0], ran.exitCode]).toEqual([args[0], exitCode]);
      expect(objectIn(ran)).toMatchObject({ ok: false, changed: false, error: { code } });
    }
  });

  it('status of nothing is no failure', async () => {
    const home = join(await tempDir(), 'none');
    const ran = await command.run(['status', '--json', '--home', home]);
    expect(ran.exitCode).toBe(0);
    expect(objectIn(ran)).toMatchObject({
      ok: true,
      changed: false,
      error: null,
      result: { installed: false },
    });
  });
});

describe('the log file', () => {
  it('has the whole story, for its owner only, without secrets', async () => {
    const { home } = await homeWith('PORT=6080\nPRIVATE_KEY_PASSWORD=formersecret\n');
    const file = join(home, '../run.log');
    const set = ['config', 'set', 'PRIVATE_KEY_PASSWORD', '-', '--home', home, '--log-file', file];
    const ran = await command.run(set, { input: 'newsecret12\n' });
    expect(ran.exitCode).toBe(0);
    const log = await readFile(file, 'utf8');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(log).toContain('changed ');
    expect(log + ran.stdout).not.toMatch(/formersecret|newsecret12/);
    await command.run(['config', 'get', 'NOPE', '--home', home, '--log-file', file]);
    expect(await readFile(file, 'utf8')).toMatch(/E_CONF_NOT_SET: NOPE is not set/);
  });
});

describe('setting a secret', () => {
  const CONF = 'PORT=6080\n';

  it.each([['PRIVATE_KEY_PASSWORD'], ['MAIL_URL'], ['STRIPE_SECRET_KEY']])(
    'is refused on the command line and in the environment: %s',
    async (key) => {
      const { home, text } = await homeWith(CONF);
      const ways = [
        await command.run(['config', 'set', key, 'sosecret1', '--home', home, '--json']),
        await command.run([
          'config',
          'set',
          key,
          'sosecret1',
          '--home',
          home,
          '--json',
          '--force',
          '--dry-run',
        ]),
        await command.run(['config', 'set', key, '--home', home, '--json'], {
          env: { SANDSTORM_AIRGAP_VALUE: 'sosecret1' },
        }),
      ];
      for (const ran of ways) {
        expect(ran.exitCode).toBe(2);
        const { error } = objectIn(ran) as { error: { code: string; hint: string } };
        expect(error.code).toBe('E_SECRET_ON_COMMAND_LINE');
        expect(error.hint).toMatch(/--value-file FILE, or -/);
        expect(ran.stdout).not.toContain('sosecret1');
      }
      expect(await text()).toBe(CONF);
    },
  );

  it.each([
    ['a file', 's3cret with = signs', ''],
    ['a file that ends its line', 's3cret\n', ''],
    ['a file that ends its line as Windows does', 's3cret\r\n', ''],
  ])('takes it from %s', async (_, content) => {
    const { home, text } = await homeWith(CONF);
    const file = join(home, 'value');
    await writeFile(file, content);
    const ran = await command.run([
      'config',
      'set',
      'PRIVATE_KEY_PASSWORD',
      '--value-file',
      file,
      '--home',
      home,
      '--json',
    ]);
    expect(objectIn(ran)).toMatchObject({ ok: true, changed: true });
    expect(ran.stdout).not.toContain('s3cret');
    expect(await text()).toBe(`${CONF}PRIVATE_KEY_PASSWORD=${content.trimEnd()}\n`);
  });

  it.each([[['-']], [['--value-file', '-']]])('takes it from standard input: %j', async (way) => {
    const { home, text } = await homeWith(CONF);
    const args = ['config', 'set', 'PRIVATE_KEY_PASSWORD', ...way, '--home', home];
    const ran = await command.run(args, { input: 's3cret12\n' });
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).not.toContain('s3cret12');
    expect(await text()).toBe(`${CONF}PRIVATE_KEY_PASSWORD=s3cret12\n`);
  });

  it('says where it wants it from when there is none', async () => {
    const { home } = await homeWith(CONF);
    const ran = await command.run(['config', 'set', 'PRIVATE_KEY_PASSWORD', '--home', home, '--json']);
    expect(ran.exitCode).toBe(4);
    expect(objectIn(ran).error).toMatchObject({
      code: 'E_INPUT_NEEDED',
      hint: expect.stringContaining('--value-file') as string,
    });
  });

  it.each<[string, readonly string[], string | undefined, string]>([
    ['two values', ['x', '--value-file', '/dev/null'], undefined, 'E_USAGE'],
    ['no such file', ['--value-file', '/no/such/file'], undefined, 'E_IO'],
    ['a device', ['--value-file', '/dev/zero'], undefined, 'E_IO'],
    ['more than any value', ['-'], 'x'.repeat(70_000), 'E_IO'],
    ['several lines', ['-'], 'one\nALLOW_DEV_ACCOUNTS=true\n', 'E_CONF_VALUE'],
    ['nothing', ['-'], '', 'E_CONF_VALUE'],
  ])('refuses %s', async (_, way, input, code) => {
    const { home, text } = await homeWith(CONF);
    const args = ['config', 'set', 'PRIVATE_KEY_PASSWORD', ...way, '--home', home, '--json'];
    const ran = await command.run(args, input === undefined ? {} : { input });
    expect(objectIn(ran)).toMatchObject({ ok: false, changed: false, error: { code } });
    expect(await text()).toBe(CONF);
  });

  it('lets any other setting be typed, or come from a file', async () => {
    const { home, text } = await homeWith(CONF);
    expect((await command.run(['config', 'set', 'PORT', '7080', '--home', home])).exitCode).toBe(0);
    expect(
      (await command.run(['config', 'set', 'MONGO_PORT', '-', '--home', home], { input: '7081\n' })).exitCode,
    ).toBe(0);
    expect(await text()).toBe('PORT=7080\nMONGO_PORT=7081\n');
  });
});
