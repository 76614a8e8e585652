import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { bytes as words } from '../words.js';

/** A database wants to grow meanwhile. */
const MARGIN = 50e6;

/** The refusal there is to make when a copy of so many bytes would not fit beside `path`. */
export async function filesystemShortOf(
  path: string,
  needed: number,
  host: Host,
): Promise<Refusal | undefined> {
  const { mount, free } = await host.files.freeSpace(path);
  if (free >= needed + MARGIN) return undefined;
  return new Refusal(
    'E_PREFLIGHT_FAILED',
    `${mount} needs ${words(needed + MARGIN)} for a copy of the data, has ${words(free)}`,
    {
      hint: `free ${words(needed + MARGIN - free)} on ${mount}; sandstorm-airgap snapshot list shows what snapshots take`,
    },
  );
}
