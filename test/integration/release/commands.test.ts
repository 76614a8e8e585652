import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { buildProgram } from '../../../src/cli/program.js';
import { runCommand } from '../../../src/cli/run-command.js';
import { createTranscript } from '../../../src/system/log.js';
import type { Host } from '../../../src/system/host.js';
import { checkAnswer } from '../../helpers/answers.js';
import { quietHost } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/release-signature/', import.meta.url));
const NAME = 'sandstorm-9.tar.xz';
const ED = 'C765CB53457AAB200C5E0783C770FA1ECF7384B8B8A4BD8BB3B552D784428B94';
const PGP = 'C191913FB4F72C71EA7E96486D7D1512FAB0E76E';

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

interface Box {
  readonly dir: string;
  run(...args: string[]): Promise<Ran>;
}

/** The fixture in a folder of its own, and the command line with a state folder of its own. */
async function box(): Promise<Box> {
  const dir = await tempDir();
  for (const end of ['', '.sig', '.update-sig'])
    await copyFile(join(FIXTURES, NAME + end), join(dir, NAME + end));
  const base = quietHost();
  const host: Host = { ...base, cwd: dir, env: {}, layout: { ...base.layout, stateDir: join(dir, 'state') } };
  const run = async (...args: string[]): Promise<Ran> => {
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
    const transcript = createTranscript(() => new Date());
    const around = { host, terminal, transcript, atTerminal: false, answerKeys: new Set<string>() };
    await buildProgram(COMMANDS, '0', async (spec, flags) => {
      ({ exitCode } = await runCommand(spec, flags, around));
    }).parseAsync(args, { from: 'user' });
    checkAnswer(args, out.join('\n'));
    return {
      exitCode,
      out: out.join('\n').replaceAll(dir, '.'),
      error: error.join('\n').replaceAll(dir, '.'),
    };
  };
  return { dir, run };
}

const json = ({ out }: Ran): unknown => JSON.parse(out);
const KEY = join(FIXTURES, 'release-key.asc');

describe.skipIf(!requireReal('release verify', ['xz']))('release verify and trust', () => {
  it('from an unknown key to a proven release', async () => {
    const { run } = await box();
    const before = await run('release', 'verify', NAME, '--key', KEY);
    expect(before).toMatchObject({ exitCode: 5 });
    expect(before.error).toContain('E_SIGNATURE_WRONG');

    expect(await run('trust', 'add', ED, '--reason', 'test')).toMatchObject({
      exitCode: 0,
      out: 'Trusted from now on: C765CB53…84428B94 (ed25519).',
    });
    expect(await run('trust', 'add', PGP, '--reason', 'test')).toMatchObject({ exitCode: 0 });
    expect(await run('trust', 'add', PGP, '--reason', 'test')).toMatchObject({
      exitCode: 0,
      out: 'It is trusted already: nothing to do.',
    });
    expect(await run('release', 'verify', NAME, '--key', KEY)).toEqual({
      exitCode: 0,
      error: '',
      out: [
        '  Build     9 (0.9)',
        '  SHA-256   53f91c809d430bcd2020944667b61ec9b60806850906b1566f53eff2306f6ccb',
        '  Entries   3',
        '  Size      244 bytes, 24 bytes unpacked',
        '  ed25519   valid',
        '            key C765CB53…84428B94, added by hand (trust list)',
        '  OpenPGP   valid, made 2026-11-22 05:12 UTC',
        '            key C191 913F B4F7 2C71 EA7E 9648 6D7D 1512 FAB0 E76E, added by hand (trust list)',
        '',
        'Signed by a trusted key (ed25519 and OpenPGP).',
      ].join('\n'),
    });

    expect(await run('trust', 'remove', ED, '--dry-run')).toMatchObject({ exitCode: 0 });
    expect((await run('release', 'verify', NAME)).exitCode).toBe(0);
    expect(await run('trust', 'remove', ED)).toMatchObject({ exitCode: 0 });
    expect((await run('release', 'verify', NAME)).exitCode).toBe(5);
  });

  it('tells scripts the same', async () => {
    const { run, dir } = await box();
    await run('trust', 'add', ED, '--reason', 'test');
    expect(json(await run('release', 'verify', NAME, '--json'))).toMatchObject({
      ok: true,
      changed: false,
      result: {
        build: 9,
        sha256: '53f91c809d430bcd2020944667b61ec9b60806850906b1566f53eff2306f6ccb',
        authentic: true,
        signatures: [
          { state: 'valid', key: { fingerprint: ED } },
          { state: 'unknown-key', matches: false },
        ],
        signedBy: [{ kind: 'ed25519', fingerprint: ED }],
      },
      error: null,
    });
    const sig = await readFile(join(dir, `${NAME}.update-sig`));
    await writeFile(join(dir, `${NAME}.update-sig`), sig.fill(0, 40, 41));
    expect(json(await run('release', 'verify', NAME, '--json'))).toMatchObject({
      ok: false,
      result: { build: 9, authentic: false, signatures: [{ state: 'wrong' }, { state: 'unknown-key' }] },
      error: { code: 'E_SIGNATURE_WRONG' },
    });
    expect(json(await run('trust', 'list', '--json'))).toMatchObject({
      result: {
        builtIn: [{ kind: 'ed25519' }, { kind: 'openpgp' }],
        added: [{ fingerprint: ED, reason: 'test' }],
      },
    });
  });

  it('wants a whole fingerprint and a reason', async () => {
    const { run } = await box();
    expect(await run('trust', 'add', '6D7D1512FAB0E76E', '--reason', 'test')).toMatchObject({ exitCode: 2 });
    expect(await run('trust', 'add', PGP)).toMatchObject({ exitCode: 4 });
    expect(await run('trust', 'add', PGP, '--reason', '')).toMatchObject({ exitCode: 2 });
    expect(await run('release', 'verify', 'nope.tar.xz')).toMatchObject({ exitCode: 2 });
    expect(await run('release', 'verify')).toMatchObject({ exitCode: 4 });
  });
});
