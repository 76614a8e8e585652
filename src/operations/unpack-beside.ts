import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { compareWithManifest } from '../release/compare.js';
import { syncFilesystem } from '../snapshot/copy.js';
import { placesOf } from '../snapshot/places.js';
import type { Step } from '../update/step.js';
import { bytes, count } from '../words.js';
import { changeInterrupted } from './change-refusals.js';
import type { Change } from './server-change.js';

const UNPACK_TIMEOUT_MS = 4 * 3_600_000;

/**
 * Unpacks the release beside the running one, holds every file of it against the manifest that was made when the
 * signature was checked, and brings it to the disk: all of that before anybody has to wait.
 */
export async function unpackBeside(step: Step & { do: 'unpack' }, change: Change): Promise<void> {
  const { plan, run, host, ui, release } = change;
  if (release === undefined) throw new Error('there is no release to unpack');
  if (step.reuse) {
    // It is as it must be; whether it is on the disk nobody knows: `sandstorm update` syncs nothing.
    await ui.step('Unpacked', async (progress) => {
      await syncFilesystem(plan.home, host);
      progress.detail(`${plan.to} lies in ${plan.home} already, whole`);
    });
    return;
  }
  const { incoming } = placesOf(plan.home, run.id);
  await ui.step('Unpacked', async (progress) => {
    progress.detail(`${bytes(step.bytes)}, beside the running server`);
    await host.files.remove(incoming);
    await host.files.makeDir(incoming, 0o700);
    // As install.sh and `sandstorm update` call it. xz must not be told to skip its checks.
    const ran = await host.commands.run('tar', ['-xoJf', release.path, '-C', incoming], {
      timeoutMs: UNPACK_TIMEOUT_MS,
      tied: true,
      signal: host.interrupted,
      env: { XZ_OPT: '', XZ_DEFAULTS: '' },
    });
    if (host.interrupted.aborted) throw changeInterrupted();
    if (ran.exitCode !== 0) {
      throw new Refusal('E_IO', `tar could not unpack ${plan.to}: ${ran.stderr.trim().split('\n')[0] ?? ''}`);
    }
    const found = await compareWithManifest(
      join(incoming, plan.to),
      release.manifest,
      host,
      (done, total) => {
        if (host.interrupted.aborted) throw changeInterrupted();
        progress.bytes(done, total);
      },
    );
    if (!found.matches) throw notWhole(plan.to, found);
    await syncFilesystem(incoming, host);
    progress.detail(
      `${bytes(step.bytes)}, ${count(release.facts.entries, 'entry').replace(/entrys$/, 'entries')} proven, on the disk`,
    );
  });
}

function notWhole(
  folder: string,
  { differences, count: total }: { readonly differences: readonly string[]; readonly count: number },
): Refusal {
  return new Refusal(
    'E_UPDATE_FAILED',
    `${folder} is not what the tarball holds after unpacking: ${count(total, 'difference')}, the first: ${differences[0] ?? ''}`,
    { hint: 'this is a fault of the disk or the memory, as a rule: see dmesg' },
  );
}
