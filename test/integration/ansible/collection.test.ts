import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INFO } from '../../../src/ansible/collection.js';
import { exportCollection } from '../../../src/operations/export-collection.js';
import { realHost } from '../../../src/system/real-host.js';
import { createTranscript } from '../../../src/system/log.js';
import { requireReal } from '../../helpers/real-parts.js';

/* Debian's own ansible judges the collection: its linter, its sanity tests, ansible-galaxy and ansible-doc. */

const run = promisify(execFile);
const WHAT = "the collection before ansible's own judges";
const ready = requireReal(WHAT, [
  ...['ansible-lint', 'ansible-test', 'ansible-galaxy', 'ansible-doc'],
  ...['yamllint', 'pylint', 'pycodestyle', 'git'],
]);
const PRIME = fileURLToPath(new URL('../../helpers/prime-ansible-test.py', import.meta.url));
/** Sanity tests that fetch requirements; what Debian has of them is taken. */
const WITH_REQUIREMENTS = [
  ...['ansible-doc', 'import', 'import.plugin', 'pep8', 'pylint'],
  ...['runtime-metadata', 'validate-modules', 'yamllint'],
];
/** They run, and the collection has nothing that they would look at. `compile` and `import` are for Debian's Python alone. */
const NOTHING_FOR = ['changelog', 'pslint', 'shellcheck', 'integration-aliases'];

let work = '';
let collection = '';

beforeAll(async () => {
  if (!ready) return;
  work = await mkdtemp(join(tmpdir(), 'collection-'));
  const host = realHost(
    createTranscript(() => new Date()),
    { signal: new AbortController().signal, unbroken: (todo) => todo() },
  );
  const tarball = join(work, 'sandstorm-airgap.tar.gz');
  const exported = await exportCollection({ dir: work, tarball, force: false, dryRun: false }, host);
  collection = exported.dir ?? '';
  await writeFile(join(collection, 'galaxy.yml'), galaxyYml());
});
afterAll(() => (ready ? rm(work, { recursive: true, force: true }) : undefined));

/** Nothing of the machine's own ansible counts. */
const around = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: work,
  LANG: 'C.UTF-8',
  ANSIBLE_COLLECTIONS_PATH: work,
  ANSIBLE_NOCOLOR: '1',
  NO_COLOR: '1',
});

async function judge(file: string, args: readonly string[]): Promise<{ exitCode: number; said: string }> {
  const options = { cwd: collection, env: around(), timeout: 400_000, maxBuffer: 1 << 24 };
  return run(file, args, options).then(
    ({ stdout, stderr }) => ({ exitCode: 0, said: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, said: stdout + stderr };
    },
  );
}

describe.skipIf(!ready)('the collection', { timeout: 420_000 }, () => {
  it('is what ansible-galaxy would build of it, and installs', async () => {
    expect(await judge('ansible-galaxy', ['collection', 'build', '--output-path', work])).toMatchObject({
      exitCode: 0,
    });
    const theirs = join(work, 'theirs');
    const ours = join(work, 'ours');
    const built = join(work, `${INFO.namespace}-${INFO.name}-${INFO.version}.tar.gz`);
    for (const [tarball, to] of [
      [built, theirs],
      [join(work, 'sandstorm-airgap.tar.gz'), ours],
    ] as const) {
      const installed = await judge('ansible-galaxy', [
        'collection',
        'install',
        '--offline',
        '-p',
        to,
        tarball,
      ]);
      expect(installed.exitCode, installed.said).toBe(0);
    }
    const listed = async (root: string): Promise<unknown> => {
      const path = join(root, 'ansible_collections/sandstorm/airgap/FILES.json');
      const { files } = JSON.parse(await readFile(path, 'utf8')) as { files: { name: string }[] };
      return files.sort((a, b) => (a.name < b.name ? -1 : 1));
    };
    expect(await listed(ours)).toEqual(await listed(theirs));
    const verified = await judge('ansible-galaxy', [
      ...['collection', 'verify', '--offline', '-p', ours, 'sandstorm.airgap'],
    ]);
    expect(verified.exitCode, verified.said).toBe(0);
  });

  it('documents every module', async () => {
    const modules = (await readdir(join(collection, 'plugins/modules'))).map((name) =>
      name.replace('.py', ''),
    );
    const names = modules.map((name) => `sandstorm.airgap.${name}`);
    const { said, exitCode } = await judge('ansible-doc', ['--json', ...names]);
    expect(exitCode, said).toBe(0);
    const told = JSON.parse(said.slice(said.indexOf('{'))) as Record<
      string,
      { doc: object; examples: string; return: object }
    >;
    expect(Object.keys(told).sort()).toEqual(names.sort());
    for (const [name, { doc, examples, return: returned }] of Object.entries(told)) {
      expect(Object.keys(doc), name).toContain('options');
      expect(examples, name).toContain(name);
      expect(Object.keys(returned), name).toContain('code');
    }
  });

  it('passes ansible-lint, production profile', async () => {
    const { said, exitCode } = await judge('ansible-lint', ['--offline', '--profile', 'production', '-p']);
    expect(exitCode, said).toBe(0);
  });

  it(`passes ansible-test sanity, with nothing to look at for ${NOTHING_FOR.join(', ')}`, async () => {
    await run('git', ['init', '-q', collection]);
    await run('python3', [PRIME, work, ...WITH_REQUIREMENTS], { env: around() });
    const sanity = ['sanity', '--color', 'no', '--python', await pythonVersion()];
    const listed = await judge('ansible-test', [...sanity, '--list-tests']);
    const tests = listed.said.split('\n').filter((line) => /^[a-z][a-z0-9-]+$/.test(line));
    expect(tests).toEqual(
      expect.arrayContaining(['validate-modules', 'pylint', 'import', 'compile', 'pep8']),
    );
    const { said, exitCode } = await judge('ansible-test', sanity);
    expect(exitCode, said).toBe(0);
    expect(said.match(/Running sanity test/g)).toHaveLength(tests.length);

    // They do look: a module whose documentation lies is told of.
    await appendFile(join(collection, 'plugins/modules/airgap_facts.py'), 'import  os\n');
    const spoilt = await judge('ansible-test', [...sanity, '--test', 'pep8']);
    expect(spoilt.said).toContain('airgap_facts.py');
    expect(spoilt.exitCode).toBe(1);
  });
});

async function pythonVersion(): Promise<string> {
  const { stdout } = await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  return stdout.trim();
}

function galaxyYml(): string {
  const { namespace, name, version, readme, authors, description, license_file, tags } = INFO;
  // Galaxy wants one; the collection does not come from there.
  const repository = 'https://example.org/sandstorm-airgap';
  const lists = { authors, tags };
  return [
    '---',
    ...Object.entries({ namespace, name, version, readme, description, license_file, repository }).map(
      ([key, value]) => `${key}: ${value}`,
    ),
    ...Object.entries(lists).flatMap(([key, values]) => [
      `${key}:`,
      ...values.map((value) => `  - ${value}`),
    ]),
    '',
  ].join('\n');
}
