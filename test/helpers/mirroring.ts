import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexEntry } from '../../src/app-index/format.js';
import { imageIdOf } from '../../src/app-index/image-id.js';
import type { AppDetails } from '../../src/app-index/format.js';
import {
  lookAtMirror,
  mirrorIndex,
  type Mirrored,
  type MirrorWish,
} from '../../src/operations/app-index/mirror.js';
import type { Preview } from '../../src/operations/app-index/mirror-preview.js';
import { systemClock } from '../../src/system/clock.js';
import type { Host } from '../../src/system/host.js';
import type { Ui } from '../../src/ui.js';
import { privateMachine } from './machine-host.js';

/** Says nothing, asks nothing. */
export const quietUi: Ui = {
  say: () => undefined,
  saySecret: () => undefined,
  check: () => undefined,
  step: (_, work) => work({ detail: () => undefined, bytes: () => undefined }),
  confirm: () => Promise.resolve(true),
};

export interface Mirroring {
  readonly dir: string;
  readonly host: Host;
  /** Pauses that were made between tries, in milliseconds; they are not waited for. */
  readonly pauses: number[];
  interrupt(): void;
  run(wish?: Partial<MirrorWish>): Promise<Mirrored>;
  look(wish?: Partial<MirrorWish>): Promise<Preview>;
}

/** A mirror in a folder of its own, of the index at `url`. */
export async function mirroring(url: string): Promise<Mirroring> {
  const machine = await privateMachine();
  const dir = join(machine.root, 'mirror');
  const pauses: number[] = [];
  const host: Host = {
    ...machine.host,
    env: {},
    clock: {
      ...systemClock,
      sleep: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    },
  };
  const whole = (wish: Partial<MirrorWish> = {}): MirrorWish => ({
    url,
    dir,
    apps: [],
    categories: [],
    latestOnly: false,
    allowOlder: false,
    allowedHosts: [],
    connections: 8,
    patienceMs: 5_000,
    minRate: 0,
    attempts: 4,
    keep: 3,
    ...wish,
  });
  return {
    dir,
    host,
    pauses,
    interrupt: machine.interrupt,
    run: (wish) => mirrorIndex(whole(wish), host, quietUi),
    look: (wish) => lookAtMirror(whole(wish), host),
  };
}

/** What is published; throws when it is not whole: an entry whose files are missing or are not those of their ids. */
export async function readPublished(dir: string): Promise<IndexEntry[]> {
  const site = await realpath(join(dir, 'public'));
  const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(site, path), 'utf8'));
  const { apps } = (await json('apps/index.json')) as { apps: IndexEntry[] };
  for (const { appId, imageId, packageId } of apps) {
    const details = (await json(`apps/${appId}.json`)) as AppDetails;
    for (const id of [
      ...(imageId === undefined ? [] : [imageId]),
      ...details.screenshots.map((one) => one.imageId),
    ]) {
      if (imageIdOf(await readFile(join(site, 'images', id)), id) !== id)
        throw new Error(`images/${id} is broken`);
    }
    await requirePackage(site, packageId);
    await readFile(join(site, 'app', appId, 'index.html'));
  }
  for (const id of await readdir(join(site, 'packages'))) await requirePackage(site, id);
  return apps;
}

async function requirePackage(site: string, id: string): Promise<void> {
  const hash = createHash('sha256')
    .update(await readFile(join(site, 'packages', id)))
    .digest('hex');
  if (hash.slice(0, 32) !== id) throw new Error(`packages/${id} is broken`);
}

export const namesOf = (apps: readonly IndexEntry[]): string[] => apps.map(({ name }) => name).sort();
