import { join } from 'node:path';
import type { Host } from '../../system/host.js';
import { bytes } from '../../words.js';
import { fail, pass, type Check } from '../check.js';
import {
  ASSUMED_RELEASE,
  perFilesystem,
  worstMoment,
  type DiskFacts,
  type FilesystemNeed,
} from '../worst-moment.js';

/** Space for the worst moment: old build, new build, snapshot and staging all present. */
export const diskSpace: Check = {
  id: 'disk.space',
  group: 'Machine',
  title: 'Free space',
  phases: ['install', 'update'],

  async run({ host, subject }) {
    const needs = worstMoment(subject, await observeDatabase(subject.home, host));
    const spaces = await Promise.all(needs.map(({ path }) => host.files.freeSpace(path)));
    const filesystems = perFilesystem(needs, spaces);
    const short = filesystems.filter((filesystem) => filesystem.needs > filesystem.has);
    const assumed =
      subject.release === undefined
        ? [
            `without a tarball at hand ${bytes(ASSUMED_RELEASE.packedBytes)} packed and ${bytes(ASSUMED_RELEASE.unpackedBytes)} unpacked are assumed`,
          ]
        : [];

    if (short.length === 0) return pass([...filesystems.map(describe), ...assumed], { facts: filesystems });
    return fail(
      [...short.map((filesystem) => `${describe(filesystem)}: ${filesystem.what.join(', ')}`), ...assumed],
      {
        fix: short.map(({ mount, needs, has }) => `free ${bytes(needs - has)} on ${mount}`),
        facts: filesystems,
      },
    );
  },
};

function describe({ mount, needs, has }: FilesystemNeed): string {
  return `${mount} needs ${bytes(needs)} at the worst moment, has ${bytes(has)}`;
}

async function observeDatabase(home: string, host: Host): Promise<DiskFacts> {
  const folder = join(home, 'var/mongo');
  const version = join(folder, 'version');
  const marker =
    (await host.files.stat(version).catch(() => undefined))?.kind === 'file'
      ? (await host.files.readStart(version, 16).catch(() => Buffer.alloc(0))).toString('latin1').trim()
      : undefined;
  return { mongoBytes: await sizeOf(folder, host), mongoIsOld: marker !== '7' };
}

/** Sum of the files below a folder; links are not followed. What may not be looked at counts nothing. */
async function sizeOf(path: string, host: Host): Promise<number> {
  const stat = await host.files.lstat(path).catch(() => undefined);
  if (stat?.kind !== 'directory') return stat?.kind === 'file' ? stat.size : 0;
  let total = 0;
  for (const name of await host.files.list(path)) total += await sizeOf(join(path, name), host);
  return total;
}
