import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  installPage,
  recordPage,
  recoverPage,
  updatePage,
  writeTemplates,
} from '../../src/cli/commands/runbook.run.js';
import type { CommandName } from '../../src/cli/results.js';
import type { Outcome } from '../../src/cli/command.js';
import { trustKey } from '../../src/kit/key-store.js';
import { requireDocument } from '../helpers/answers.js';
import type { Host } from '../../src/system/host.js';
import { systemCommands } from '../../src/system/commands.js';
import { kitBox } from '../helpers/kits.js';
import { quietUi } from '../helpers/mirroring.js';
import { requireReal } from '../helpers/real-parts.js';
import {
  canHaveServers,
  refusalOf,
  throwAwayServer,
  type ThrowAwayServer,
} from '../helpers/throw-away-server.js';
import { commandsIn, readTyped } from '../helpers/typed-commands.js';

const ready = canHaveServers('runbooks for a throw-away server');

const printable = requireReal('a runbook as PDF', ['chromium', 'pdftotext']);

let one: ThrowAwayServer;
let tarball = '';
let folder = '';

/** Runs a body as the command line would, and holds its answer against the schema. */
async function page<T extends Outcome>(
  name: CommandName,
  body: (context: never) => Promise<T>,
  values: Record<string, unknown>,
  host: Host = one.host,
): Promise<T> {
  const { world } = one;
  const context = {
    ...{
      host,
      ui: quietUi,
      values,
      home: world.home,
      dryRun: false,
      json: false,
      interactive: false,
      columns: 80,
    },
    need: (key: string, fallback?: string) => Promise.resolve(values[key] ?? fallback),
    keepTranscript: () => undefined,
  };
  const outcome = await body(context as never);
  const { changed, result } = outcome;
  requireDocument(name, JSON.parse(JSON.stringify({ ok: true, changed, result, error: null })));
  return outcome;
}

async function written(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  if (process.env.SANDSTORM_AIRGAP_KEEP_PAGES !== undefined)
    await writeFile(join(process.env.SANDSTORM_AIRGAP_KEEP_PAGES, file.split('/').at(-1) ?? ''), text);
  return text;
}

async function workFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('sandstorm-airgap-pdf-'));
}

/** As the connected side makes it, by a key that this server trusts. */
async function kitOf(release: string, { unsigned = false } = {}): Promise<string> {
  const { make, key } = await kitBox();
  await trustKey(key, 'a test', one.host);
  const signature = unsigned ? [] : [`${basename(release)}.update-sig`];
  const names = [basename(release), ...signature, 'install.sh'];
  const bytes = await Promise.all(
    names.map((name) =>
      readFile(name === 'install.sh' ? one.world.installScript : join(dirname(release), name)),
    ),
  );
  const { path } = await make('kit', {
    contents: Object.fromEntries(names.map((name, at) => [name, bytes[at] ?? Buffer.alloc(0)])),
    builds: [309],
  });
  return path;
}

describe.skipIf(!ready)('pages for a server of build 308', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    one = await throwAwayServer();
    folder = join(one.world.root, 'pages');
    await mkdir(folder);
    const old = await one.world.makeRelease(308);
    tarball = await one.world.makeRelease(309);
    await one.install(old);
  });
  afterAll(() => one.end());

  it('update: this server, this tarball, this plan, and nothing is changed on the server', async () => {
    const output = join(folder, 'update.md');
    const { home, baseUrl } = one.world;
    const before = await one.tree();
    const values = { tarball, allowUnsigned: true, tell: ['Ann, on call, 555-0100'] };
    const shown = await page('runbook update', updatePage, values);
    expect(await one.tree()).toBe(before);
    expect(shown).toMatchObject({ changed: false, result: { ready: true, output: null } });

    const outcome = await page('runbook update', updatePage, { ...values, output });
    expect(outcome).toMatchObject({ changed: true, result: { output, page: null } });
    const text = await written(output);
    expect(text).toContain(`sandstorm-airgap update ${tarball} --allow-unsigned --home ${home}`);
    expect(text).toContain(baseUrl);
    expect(text).toMatch(/says \*\*build 308\*\*, running, healthy/);
    expect(text).toMatch(/1 {2}unpack beside the running server/);
    expect(text).toMatch(/SHA-256 +\| `[0-9a-f]{64}`/);
    expect(text).toContain('Whom to tell: Ann, on call, 555-0100');
    expect(text).not.toMatch(/\{\{|\}\}|undefined|\[object|NaN/);
    expect(
      await page('runbook update', updatePage, { ...values, output: join(folder, 'update.html') }),
    ).toBeTruthy();
    const html = await written(join(folder, 'update.html'));
    expect(html).toContain('<input type="checkbox">');
    expect(html).not.toContain('[ ]');
  });

  it('update: what fails stands on the page', async () => {
    const conf = join(one.world.home, 'sandstorm.conf');
    const text = await readFile(conf, 'utf8');
    await writeFile(conf, `${text}MONGO_PORT=twelve\n`);
    try {
      const { result } = await page('runbook update', updatePage, { tarball, allowUnsigned: true });
      expect(result.ready).toBe(false);
      expect(result.page).toMatch(/FAILED `conf\.lint`: .*MONGO_PORT/);
      expect(result.page).toContain('not read yet: checks failed');
    } finally {
      await writeFile(conf, text);
    }
  });

  it('install: the addresses, the proof, the checks', async () => {
    const values = {
      tarball,
      baseUrl: 'http://s.corp.lan:6080',
      wildcardHost: '*.s.corp.lan:6080',
      tell: [],
    };
    const output = join(folder, 'install.html');
    const { result } = await page('runbook install', installPage, values);
    expect(result.page).toContain(`--base-url http://s.corp.lan:6080 --wildcard-host '*.s.corp.lan:6080'`);
    expect(result.page).toContain('signed by a key you trust (ed25519)');
    expect(result.page).toMatch(/FAILED `home\.state`/);
    await page('runbook install', installPage, { ...values, output });
    await written(output);
  });

  it.each([
    ['update', updatePage, {}],
    ['install', installPage, { baseUrl: 'http://s.corp.lan:6080', wildcardHost: '*.s.corp.lan:6080' }],
  ] as const)('%s: of a kit that vouches for the release in it', async (what, body, values) => {
    const kit = await kitOf(tarball, { unsigned: true });
    const waive = ['dns.base', 'dns.wildcard'];
    const { result } = await page(`runbook ${what}`, body, { ...values, waive, tarball: kit });
    expect(result.page).toMatch(/Proof +\| signed by your own house, in its transfer kit \(ed25519\)/);
  });

  it.each([
    [
      'update',
      updatePage,
      ['update', 'preflight', 'rollback', 'resume', 'abort', 'status', 'runbook record'],
    ],
    ['install', installPage, ['install', 'preflight', 'checklist', 'status', 'runbook record']],
  ] as const)('%s: for a transfer kit, and every command can be typed', async (what, body, commands) => {
    const given = {
      ...{
        resolver: ['127.0.0.1:9', '127.0.0.2:9'],
        expectAddress: '10.0.0.9',
        waive: ['dns.base', 'dns.wildcard'],
      },
      ...(what === 'update'
        ? { allowUnsigned: true }
        : { baseUrl: 'http://s.corp.lan:6080', wildcardHost: '*.s.corp.lan:6080', smtpPort: 30_025 }),
    };
    const kit = await kitOf(tarball);
    for (const source of [tarball, kit]) {
      const { result } = await page(`runbook ${what}`, body, { ...given, tarball: source });
      const text = result.page ?? '';
      const typed = await Promise.all(commandsIn(text).map(readTyped));
      expect([...new Set(typed.map(({ name }) => name))]).toEqual(expect.arrayContaining([...commands]));
      const told = typed.filter(({ values }) => values.expectAddress === given.expectAddress);
      expect([...new Set(told.map(({ name }) => name))].sort()).toEqual(['preflight', what].sort());
      const { allowUnsigned, ...checked } = { allowUnsigned: undefined, ...given };
      for (const { name, values } of told) {
        const forPreflight = name === 'preflight';
        expect(values).toMatchObject(forPreflight ? checked : { ...checked, allowUnsigned });
        // A kit is no tarball that preflight could read.
        expect(values.tarball).toBe(forPreflight && source === kit ? undefined : source);
      }
      const homes = typed.filter(({ name }) => name !== 'explain' && name !== 'kit verify');
      expect(new Set(homes.map(({ values }) => values.home))).toEqual(new Set([one.world.home]));
      expect(text.includes('Transfer kit')).toBe(source === kit);
      expect(typed.some(({ name, values }) => name === 'kit verify' && values.kit === kit)).toBe(
        source === kit,
      );
      expect(text).toMatch(/SHA-256 +\| `[0-9a-f]{64}`/);
      expect(text).not.toContain('sandstorm-airgap-kit-');
      await page(`runbook ${what}`, body, {
        ...{
          ...given,
          tarball: source,
          output: join(folder, `${what}-${source === kit ? 'kit' : 'all'}.html`),
        },
      });
      await written(join(folder, `${what}-${source === kit ? 'kit' : 'all'}.html`));
    }
  });

  it('record and recover: what has happened, and what could be done', async () => {
    await expect(
      one.update(tarball, {
        waive: ['clock'],
        proof: { allowUnsigned: true, keyFile: undefined, trustKey: undefined },
      }),
    ).resolves.toMatchObject({ to: 309 });
    const record = await page('runbook record', recordPage, {});
    expect(record.result.run).toMatch(/-update$/);
    const text = record.result.page ?? '';
    expect(text).toContain('build 308 to build 309');
    expect(text).toMatch(/Outcome \| \*\*done\*\*/);
    expect(text).toMatch(/\| \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| snapshot \| \d+\.\d s \|/);
    expect(text).toContain('| Waived | clock |');
    expect(text).not.toMatch(/NOT ENDED|\{\{|undefined|NaN/);
    await refusalOf(page('runbook record', recordPage, { run: '../../elsewhere' }), 'E_NO_RUN');

    const recover = await page('runbook recover', recoverPage, { output: join(folder, 'recover.html') });
    expect(recover.result.output).toContain('recover.html');
    const html = await written(join(folder, 'recover.html'));
    const { result } = await page('runbook recover', recoverPage, {});
    const typed = await Promise.all(
      commandsIn(result.page ?? '')
        .filter((line) => !line.endsWith('--help'))
        .map(readTyped),
    );
    expect(typed.length).toBeGreaterThan(9);
    expect(html).toContain('build 309, running (command), healthy');
    expect(html).toMatch(/-update<\/span><\/code>: sandstorm-308 of /);
    await page('runbook record', recordPage, { output: join(folder, 'record.html') });
    await written(join(folder, 'record.html'));
  });

  it.skipIf(!printable)('prints a PDF with a browser, and leaves nothing behind', async () => {
    const output = join(folder, 'recover.pdf');
    const before = await workFolders();
    const outcome = await page('runbook recover', recoverPage, { output });
    expect(outcome).toMatchObject({ changed: true, result: { output, page: null } });
    const { stdout } = spawnSync('pdftotext', ['-layout', output, '-'], { encoding: 'utf8' });
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/^When .* is in trouble /);
    expect(text).toContain(`Type sandstorm-airgap status --home ${one.world.home} and write down`);
    expect(text).toMatch(/Told: .* Sign: /);
    expect(await workFolders()).toEqual(before);
  });

  it('refuses a PDF without a program for it, or where that makes none', async () => {
    const values = { output: join(folder, 'none.pdf') };
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const on = (path: string): Host => ({
      ...one.host,
      commands: systemCommands({ ...one.host.env, PATH: path }),
    });
    const none = await refusalOf(page('runbook recover', recoverPage, values, on(bin)), 'E_RUNBOOK_PDF');
    expect(none.hint).toBe(`give --output ${join(folder, 'none.html')} instead, and print that in a browser`);
    for (const [does, said] of [
      ['echo lost the display >&2; exit 1', 'chromium has made no PDF: lost the display'],
      ['exit 0', 'chromium has made no PDF'],
      [`printf '%s' '%PDF-1.4 cut' > page.pdf`, 'chromium has made no PDF'],
    ] as const) {
      await writeFile(join(bin, 'chromium'), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
      const failed = page('runbook recover', recoverPage, values, on(`${bin}:/bin`));
      expect((await refusalOf(failed, 'E_RUNBOOK_PDF')).message).toBe(said);
    }
    await expect(readFile(values.output)).rejects.toThrow('ENOENT');
    await refusalOf(page('runbook recover', recoverPage, { format: 'pdf' }), 'E_USAGE');
  });

  it("takes the house's own templates, and refuses those that cannot be used", async () => {
    const own = join(folder, 'own');
    const first = await page('runbook templates', writeTemplates, { dir: own });
    expect(first.result.written).toHaveLength(5);
    const again = await page('runbook templates', writeTemplates, { dir: own });
    expect(again).toMatchObject({ changed: false, result: { written: [] } });
    const same = await page('runbook recover', recoverPage, { templates: own });
    const builtIn = await page('runbook recover', recoverPage, {});
    expect(same.result.page).toBe(builtIn.result.page);

    await writeFile(
      join(own, 'recover.md'),
      '# Ours for {{machine}}\n\nCall 555-0100.\n\n{{commands.abort}}\n',
    );
    const { result } = await page('runbook recover', recoverPage, { templates: own });
    expect(result.page).toMatch(/^# Ours for \S.*\n\nCall 555-0100\.\n\nsandstorm-airgap abort --home /);

    await writeFile(join(own, 'recover.md'), 'one\n{{comands.abort}}\n');
    const unknown = await refusalOf(
      page('runbook recover', recoverPage, { templates: own }),
      'E_RUNBOOK_TEMPLATE',
    );
    expect(unknown.message).toBe(`${join(own, 'recover.md')}, line 2: there is nothing called comands.abort`);
    expect(unknown.hint).toBe('did you mean commands?');
    await writeFile(join(own, 'recover.md'), 'one\n\n{{#steps}} and no end\n');
    const open = await refusalOf(
      page('runbook recover', recoverPage, { templates: own }),
      'E_RUNBOOK_TEMPLATE',
    );
    expect(open.message).toMatch(/is no template: Unclosed section "steps" \(line \d\)/);
  });
});
