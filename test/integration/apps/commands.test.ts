import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { buildProgram } from '../../../src/cli/program.js';
import { runCommand } from '../../../src/cli/run-command.js';
import type { Host } from '../../../src/system/host.js';
import { createTranscript } from '../../../src/system/log.js';
import { checkAnswer } from '../../helpers/answers.js';
import { quietHost } from '../../helpers/archives.js';
import { tempDir } from '../../helpers/fake-host.js';
import { requireReal } from '../../helpers/real-parts.js';
import { makeSpk, spkKey } from '../../stand-ins/spk.js';

const GENUINE = await readFile(fileURLToPath(new URL('../../fixtures/spk/notes-v1.spk', import.meta.url)));
const ID = 'e4a720632c8f9a76b6c1344ee2d7667a';
const NAME = 'Rig-Notes-1.1.0-e4a72063.spk';

/** The command line in a folder of its own, with the genuine package as the market names it. */
async function box(files: Partial<Host['files']> = {}) {
  const dir = await tempDir();
  await writeFile(join(dir, ID), GENUINE);
  const base = quietHost();
  const layout = { ...base.layout, stateDir: join(dir, 'state') };
  const host: Host = { ...base, cwd: dir, env: {}, layout, files: { ...base.files, ...files } };
  const run = async (...args: string[]) => {
    const out: string[] = [];
    const terminal = {
      isTty: false,
      colours: false,
      columns: () => Infinity,
      out: (text: string) => void out.push(text),
      error: (text: string) => void out.push(text),
      spinner: () => Promise.resolve({ text: () => undefined, stop: () => undefined }),
    };
    let exitCode = -1;
    const transcript = createTranscript(() => new Date());
    const around = { host, terminal, transcript, atTerminal: false, answerKeys: new Set<string>() };
    await buildProgram(COMMANDS, '0', async (spec, flags) => {
      ({ exitCode } = await runCommand(spec, flags, around));
    }).parseAsync(args, { from: 'user' });
    checkAnswer(args, out.join('\n'));
    return { exitCode, out: out.join('\n').replaceAll(dir, '.') };
  };
  const json = async (...args: string[]) => {
    const { exitCode, out } = await run(...args, '--json');
    return { exitCode, ...(JSON.parse(out) as { changed: boolean; result: never; error: never }) };
  };
  return { dir, run, json, names: () => readdir(dir).then((names) => names.sort()) };
}

describe.skipIf(!requireReal('commands for app packages', ['xz']))('spk inspect and spk verify', () => {
  it('show a table', async () => {
    const { run } = await box();
    const { exitCode, out } = await run('spk', 'inspect', ID);
    expect(exitCode).toBe(0);
    expect(out.trimEnd()).toBe(
      [
        '  App         Rig Notes',
        '  Version     1.1.0 (number 1)',
        '  App id      77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h',
        `  Package id  ${ID}`,
        '  Author      Example App Team, youremail@example.com',
        '  PGP key     (none)',
        '  Licence     (none)',
        '  Categories  (none)',
        '  Size        271 kB, 764 kB unpacked',
      ].join('\n'),
    );
  });

  it('give scripts everything but the pictures themselves', async () => {
    const { dir, json } = await box();
    await writeFile(
      join(dir, 'a'),
      makeSpk({ title: 'A', icons: { market: { svg: '<svg/>' } }, license: 'mit' }),
    );
    expect(await json('spk', 'inspect', 'a')).toMatchObject({
      exitCode: 0,
      changed: false,
      result: {
        packages: [
          {
            title: 'A',
            fileName: expect.stringMatching(/^A-1\.0\.0-[0-9a-f]{8}\.spk$/) as string,
            metadata: {
              icons: { market: { format: 'svg', bytes: 6 } },
              license: { kind: 'openSource', id: 'mit', title: 'MIT License' },
            },
          },
        ],
      },
    });
  });

  it('tell of each of several files, and end with the worst code', async () => {
    const { dir, json } = await box();
    await writeFile(join(dir, 'text'), 'hello');
    for (const doing of ['inspect', 'verify']) {
      const { exitCode, result, error } = await json('spk', doing, 'none', ID, 'text');
      expect(exitCode).toBe(5);
      expect(error).toMatchObject({ code: 'E_SPK_FORMAT' });
      expect(result).toMatchObject({
        packages: [
          { packageId: ID },
          { file: './none', error: { code: 'E_SPK_MISSING' } },
          { file: './text', error: { code: 'E_SPK_FORMAT' } },
        ],
      });
    }
    expect((await json('spk', 'inspect')).error).toMatchObject({ code: 'E_INPUT_NEEDED' });
  });

  it('let no title move the cursor', async () => {
    const { dir, run } = await box();
    await writeFile(
      join(dir, 'evil'),
      makeSpk({ title: '\u001b[2J\u202eevil\nApp id      77', contactEmail: '\u0007' }),
    );
    const { out } = await run('spk', 'inspect', 'evil');
    expect(out).toContain('  App         [2Jevil App id 77\n');
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });
});

describe.skipIf(!requireReal('renaming app packages', ['xz']))('spk rename', () => {
  it('renames in place, and has nothing to do afterwards', async () => {
    const { run, json, names } = await box();
    expect(await json('spk', 'rename', ID, '--dry-run')).toMatchObject({ exitCode: 0, changed: false });
    expect(await names()).toEqual([ID]);
    expect(await json('spk', 'rename', ID)).toMatchObject({ exitCode: 0, changed: true });
    expect(await names()).toEqual([NAME]);
    expect(await json('spk', 'rename', NAME)).toMatchObject({ exitCode: 0, changed: false });
    expect((await run('spk', 'rename', NAME)).out).toContain('nothing to do');
  });

  it.each([
    [[], 'linked', [ID]],
    [['--copy'], 'copied', [ID]],
    [['--move'], 'moved', []],
  ] as const)('into another folder %j', async (how, did, left) => {
    const { dir, json, names } = await box();
    const first = await json('spk', 'rename', ID, '--to', 'apps', ...how);
    expect(first).toMatchObject({ exitCode: 0, changed: true, result: { packages: [{ did }] } });
    expect(await names()).toEqual(['apps', ...left].sort());
    expect(await readdir(join(dir, 'apps'))).toEqual([NAME]);
    expect(await readFile(join(dir, 'apps', NAME))).toEqual(GENUINE);
    const { nlink, mode } = await stat(join(dir, 'apps', NAME));
    expect(nlink).toBe(did === 'linked' ? 2 : 1);
    expect(mode & 0o777).toBe(0o644);
    if (left.length === 0) return;
    expect(await json('spk', 'rename', ID, '--to', 'apps', ...how)).toMatchObject({
      exitCode: 0,
      changed: false,
    });
  });

  it('copies where there are no other names, and leaves no half behind', async () => {
    const { dir, json } = await box({ hardLink: () => Promise.resolve(false) });
    await mkdir(join(dir, 'apps'));
    await writeFile(join(dir, 'apps', `.${NAME}.part`), 'of a copy that was cut off');
    expect(await json('spk', 'rename', ID, '--to', 'apps')).toMatchObject({
      exitCode: 0,
      result: { packages: [{ did: 'copied' }] },
    });
    expect(await readdir(join(dir, 'apps'))).toEqual([NAME]);
  });

  it('takes a file behind a link along, and not the link', async () => {
    const { dir, json } = await box();
    await symlink(ID, join(dir, 'link'));
    await json('spk', 'rename', 'link', '--to', 'apps', '--move');
    expect(await readFile(join(dir, 'apps', NAME))).toEqual(GENUINE);
    expect(await readdir(dir)).not.toContain('link');
  });

  it('keeps one of two that are the same', async () => {
    const { dir, json, names } = await box();
    await writeFile(join(dir, 'again'), GENUINE);
    const { exitCode, result } = await json('spk', 'rename', ID, 'again');
    expect(exitCode).toBe(0);
    expect(result).toMatchObject({ packages: [{ did: 'moved' }, { did: 'removed the other copy' }] });
    expect(await names()).toEqual([NAME]);
  });

  it('leaves alone what has the name already, and what is no package', async () => {
    const { dir, json, names } = await box();
    await writeFile(join(dir, NAME), 'mine');
    expect(await json('spk', 'rename', ID)).toMatchObject({
      exitCode: 3,
      error: { code: 'E_SPK_NAME_TAKEN' },
    });
    expect(await readFile(join(dir, NAME), 'utf8')).toBe('mine');
    expect(await json('spk', 'rename', NAME)).toMatchObject({ exitCode: 5, error: { code: 'E_SPK_FORMAT' } });
    expect(await names()).toEqual([NAME, ID].sort());
    expect(await json('spk', 'rename', ID, '--copy', '--move')).toMatchObject({ exitCode: 2 });
  });

  it('says that something has changed when a later one is refused', async () => {
    const { dir, json } = await box();
    await writeFile(join(dir, 'text'), 'hello');
    await writeFile(join(dir, 'other'), makeSpk({ key: spkKey('other'), title: '日本' }));
    expect(await json('spk', 'rename', ID, 'text', 'other')).toMatchObject({ exitCode: 5, changed: true });
    expect(await readdir(dir)).toEqual(expect.arrayContaining([NAME, 'text']));
  });
});
