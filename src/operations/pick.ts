import { dirname, join } from 'node:path';
import { whyNotInstallScript } from '../installer/script-file.js';
import { findTarballs, pickNewest } from '../release/picker.js';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';

/**
 * The tarball itself, or the newest build in a folder.
 * @throws Refusal E_INPUT_NEEDED without one, E_NO_TARBALL_FOUND, E_TARBALL_MISSING
 */
export async function pickTarball(given: string | undefined, host: Host): Promise<string> {
  if (given === undefined) {
    throw new Refusal('E_INPUT_NEEDED', 'TARBALL is needed: a release tarball, or a folder that holds one', {
      hint: 'give its path; sandstorm-airgap without a command, on a terminal, shows what it finds',
    });
  }
  const stat = await host.files.stat(given);
  if (stat?.kind !== 'directory') return given;
  return pickNewest(await findTarballs([{ path: given, depth: 1 }], host), [given]).path;
}

/** install.sh beside the tarball, when the file of that name really is one. */
export async function findInstallScript(tarball: string, host: Host): Promise<string | undefined> {
  const path = join(dirname(tarball), 'install.sh');
  const text = await host.files.readText(path).catch(() => undefined);
  return text !== undefined && whyNotInstallScript(text) === undefined ? path : undefined;
}
