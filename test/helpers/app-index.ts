import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexFile } from '../../src/app-index/format.js';
import { addPackages, type Added } from '../../src/operations/app-index/add.js';
import { buildIndex, type Built, type BuildWish } from '../../src/operations/app-index/build.js';
import { initIndex } from '../../src/operations/app-index/init.js';
import { SITE_PARTS } from '../../src/operations/app-index/site-parts.js';
import type { Host } from '../../src/system/host.js';
import { privateMachine } from './machine-host.js';
import { readPlain, writePlain, type PlainPackage } from './plain-packages.js';

export interface TestIndex {
  readonly dir: string;
  readonly usb: string;
  readonly host: Host;
  interrupt(): void;
  /** Takes such packages in. */
  add(...packages: readonly PlainPackage[]): Promise<Added>;
  addFiles(files: readonly string[], dryRun?: boolean): Promise<Added>;
  build(wish?: Partial<BuildWish>): Promise<Built>;
  /** What is published as apps/index.json. */
  published(): Promise<IndexFile>;
  /** Names in a folder of what is published. */
  names(folder: string): Promise<string[]>;
}

/** An empty index on real files, and packages without signatures to put into it. */
export async function testIndex(change: (host: Host) => Host = (host) => host): Promise<TestIndex> {
  const machine = await privateMachine();
  const host = change(machine.host);
  const [dir, usb] = [join(machine.root, 'apps'), join(machine.root, 'usb')];
  await mkdir(usb);
  await initIndex({ dir, title: undefined, servers: undefined, dryRun: false }, host);
  const addFiles: TestIndex['addFiles'] = (files, dryRun = false) =>
    addPackages({ dir, files, dryRun }, readPlain, () => undefined, host);
  return {
    dir,
    usb,
    host,
    interrupt: machine.interrupt,
    addFiles,
    add: async (...packages) => addFiles(await writePlain(usb, ...packages)),
    build: (wish = {}) => buildIndex({ dir, keep: 3, anew: false, dryRun: false, ...wish }, SITE_PARTS, host),
    published: async () =>
      JSON.parse(await readFile(join(dir, 'public/apps/index.json'), 'utf8')) as IndexFile,
    names: async (folder) => (await readdir(join(dir, 'public', folder))).sort(),
  };
}

/** Every file below a folder with its contents, as text: two that are equal are equal in all. */
export async function treeOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path.slice(folder.length + 1)] = (await readFile(path)).toString('latin1');
  }
  return found;
}
