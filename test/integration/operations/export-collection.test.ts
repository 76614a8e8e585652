import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { collectionFiles, INFO } from '../../../src/ansible/collection.js';
import { CONTENTS } from '../../../src/ansible/contents.js';
import { reproducibleTarGz } from '../../../src/ansible/tarball.js';
import { exportCollection, type ExportWish } from '../../../src/operations/export-collection.js';
import { fakeHost, type FakeHost } from '../../helpers/fake-host.js';
import { refusalOf, treeOf } from '../../helpers/throw-away-server.js';

const run = promisify(execFile);
const templates = fileURLToPath(new URL('../../../templates/ansible', import.meta.url));

interface Place {
  readonly host: FakeHost;
  readonly dir: string;
  /** Of the collection. */
  readonly path: string;
  readonly tarball: string;
  write(more?: Partial<ExportWish>): ReturnType<typeof exportCollection>;
}

async function place(): Promise<Place> {
  const host = await fakeHost();
  const dir = join(host.root, 'collections');
  const path = join(dir, 'ansible_collections/sandstorm/airgap');
  const wish = { dir, tarball: undefined, force: false, dryRun: false };
  const write = (more: Partial<ExportWish> = {}) => exportCollection({ ...wish, ...more }, host);
  return { host, dir, path, tarball: join(host.root, 'collection.tar.gz'), write };
}

describe('what is in the collection', () => {
  it('is every file of templates/ansible', async () => {
    const names = await readdir(templates, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
      .map(({ parentPath, name }) => join(parentPath, name).slice(templates.length + 1));
    expect([...CONTENTS.keys()].filter((path) => path !== 'LICENSE').sort()).toEqual(files.sort());
  });

  it('is listed with its checksums, and the list is vouched for by the manifest', () => {
    const files = collectionFiles();
    const list = files.get('FILES.json') ?? '';
    const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
    const manifest = JSON.parse(files.get('MANIFEST.json') ?? '') as Record<string, unknown>;
    expect(manifest).toMatchObject({
      collection_info: INFO,
      file_manifest_file: { chksum_sha256: sum(list) },
    });
    const { files: listed } = JSON.parse(list) as { files: { name: string; chksum_sha256: string | null }[] };
    for (const [path, text] of CONTENTS)
      expect(listed).toContainEqual(expect.objectContaining({ name: path, chksum_sha256: sum(text) }));
  });
});

describe('a folder', () => {
  it('is made whole, and a second time nothing is touched', async () => {
    const { dir, path, write } = await place();
    expect(await write()).toEqual({
      collection: 'sandstorm.airgap',
      version: INFO.version,
      dir: path,
      tarball: null,
      changed: true,
      kept: [],
    });
    expect(await readFile(join(path, 'plugins/modules/airgap_update.py'), 'utf8')).toBe(
      CONTENTS.get('plugins/modules/airgap_update.py'),
    );
    const before = await treeOf(dir);
    expect(await write()).toMatchObject({ changed: false, kept: [] });
    expect(await treeOf(dir)).toBe(before);
    expect(await readdir(join(path, '..'))).toEqual(['airgap']);
  });

  it('is not made by a dry run', async () => {
    const { host, dir, write } = await place();
    expect(await write({ dryRun: true })).toMatchObject({ changed: true });
    expect(await host.files.lstat(dir)).toBeUndefined();
  });

  it('is what Python leaves beside it, too', async () => {
    const { path, write } = await place();
    await write();
    await mkdir(join(path, 'plugins/module_utils/__pycache__'));
    await writeFile(join(path, 'plugins/module_utils/__pycache__/airgap.cpython-311.pyc'), 'x');
    expect(await write()).toMatchObject({ changed: false });
  });

  it.each([
    [
      'changed a module',
      (path: string) => appendFile(join(path, 'plugins/modules/airgap_facts.py'), '# mine\n'),
      'plugins/modules/airgap_facts.py',
    ],
    [
      'added a role',
      async (path: string) => {
        await mkdir(join(path, 'roles/mine'));
        await writeFile(join(path, 'roles/mine/main.yml'), '---\n');
      },
      'roles/mine/main.yml',
    ],
    [
      'put the lists right for a change',
      async (path: string) => {
        await writeFile(join(path, 'FILES.json'), '{"files": [], "format": 1}');
      },
      'FILES.json',
    ],
  ])('is left alone when somebody has %s, and moved aside with --force', async (_, change, named) => {
    const { dir, path, write } = await place();
    await write();
    await change(path);
    const before = await treeOf(dir);
    const refusal = await refusalOf(write(), 'E_ANSIBLE_CHANGED');
    expect(refusal.message).toContain(named);
    expect(await treeOf(dir)).toBe(before);

    const { kept } = await write({ force: true });
    expect(kept).toHaveLength(1);
    expect(await readFile(join(kept[0] ?? '', named), 'utf8')).not.toBe(collectionFiles().get(named));
    expect(await write()).toMatchObject({ changed: false });
  });

  it('of another version is replaced, what that version wrote is not taken for a change', async () => {
    const { path, write } = await place();
    const older = new Map(CONTENTS).set('plugins/modules/airgap_old.py', 'old\n').set('README.md', 'old\n');
    for (const [name, text] of collectionFiles(older)) {
      await mkdir(join(path, name, '..'), { recursive: true });
      await writeFile(join(path, name), text);
    }
    expect(await write()).toMatchObject({ changed: true, kept: [] });
    await expect(stat(join(path, 'plugins/modules/airgap_old.py'))).rejects.toThrow();
    expect(await write()).toMatchObject({ changed: false });
  });

  it('that was cut off between its two renames is there again', async () => {
    const { path, write } = await place();
    await write();
    await appendFile(join(path, 'README.md'), 'mine\n');
    await rename(path, join(path, '../.airgap.former'));
    await mkdir(join(path, '../.airgap.new'));
    await refusalOf(write(), 'E_ANSIBLE_CHANGED');
    expect(await readFile(join(path, 'README.md'), 'utf8')).toMatch(/mine\n$/);
  });

  it('mends what was lost', async () => {
    const { path, write } = await place();
    await write();
    await rm(join(path, 'roles'), { recursive: true });
    expect(await write()).toMatchObject({ changed: true, kept: [] });
    expect(await readdir(join(path, 'roles'))).toEqual(['server']);
  });
});

describe('a tarball', () => {
  it('is the same to the byte each time, and tar and gzip read it', async () => {
    const { tarball, write } = await place();
    expect(await write({ dir: undefined, tarball })).toMatchObject({ dir: null, tarball, changed: true });
    const bytes = await readFile(tarball);
    expect(bytes.equals(reproducibleTarGz(collectionFiles()))).toBe(true);
    await run('gzip', ['-t', tarball]);
    const { stdout } = await run('tar', ['-tzf', tarball]);
    const names = stdout
      .trim()
      .split('\n')
      .filter((name) => !name.endsWith('/'));
    expect(names.sort()).toEqual([...collectionFiles().keys()].sort());
    expect(await write({ dir: undefined, tarball })).toMatchObject({ changed: false });
  });

  it('gets its usual name in a folder, and takes the place of nothing else', async () => {
    const { host, tarball, write } = await place();
    const named = join(host.root, `sandstorm-airgap-${INFO.version}.tar.gz`);
    expect(await write({ dir: undefined, tarball: host.root })).toMatchObject({ tarball: named });
    await writeFile(tarball, 'of somebody');
    await refusalOf(write({ dir: undefined, tarball }), 'E_ANSIBLE_CHANGED');
    const { kept } = await write({ dir: undefined, tarball, force: true });
    expect(await readFile(kept[0] ?? '', 'utf8')).toBe('of somebody');
  });
});
