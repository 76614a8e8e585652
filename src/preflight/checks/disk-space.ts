import { join } from 'node:path';
import type { Host } from '../../system/host.js';
import { mongoFacts } from '../../snapshot/mongo.js';
import { dataFolders } from '../../snapshot/record.js';
import { sizeOf } from '../../snapshot/size.js';
import { bytes } from '../../words.js';
import { fail, pass, type Check, type Subject } from '../check.js';
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
    const needs = worstMoment(subject, await observeDatabase(subject, host));
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

async function observeDatabase({ home, snapshot = 'database' }: Subject, host: Host): Promise<DiskFacts> {
  const mongoBytes = await sizeOf(join(home, 'var/mongo'), host);
  let snapshotBytes = 0;
  for (const folder of dataFolders(snapshot)) {
    snapshotBytes += folder === 'mongo' ? mongoBytes : await sizeOf(join(home, 'var', folder), host);
  }
  return { mongoBytes, snapshotBytes, mongoIsOld: !(await mongoFacts(home, host)).isSeven };
}
