import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { stateDirs } from '../journal/state-dir.js';
import { INSTALL_MARKER, observeHome } from '../server/home-state.js';
import { findServiceManager } from '../service/find-service-manager.js';
import { unregisterService } from '../service/unregister.js';
import type { Host } from '../system/host.js';
import type { Before } from './install-plan.js';

/**
 * What an unfinished install.sh of ours, and the server it started (`tmp`), may have made in HOME. None of
 * it was there before: home.state lets nobody begin where any of it is. Anything else stays.
 */
function madeByInstallScript(releases: readonly string[]): readonly string[] {
  return ['sandstorm.conf', 'var', 'latest', 'sandstorm', 'tmp', ...releases];
}

export interface UnfinishedInstall {
  readonly home: string;
  /** Id of the run whose marker is there. */
  readonly run: string;
  /** Folders it may have unpacked into HOME. */
  readonly releases: readonly string[];
  readonly before: Before;
}

/**
 * Takes away what a broken-off installation of ours left: only where the marker names the run, only names
 * that install.sh makes, and never once somebody has made a grain on it. Can be repeated. An account that
 * install.sh made stays: it harms nobody, and what belongs to it elsewhere is not ours to judge.
 * @throws Refusal E_INSTALL_FAILED when it is not safe.
 */
export async function removeUnfinishedInstall(
  { home, run, releases, before }: UnfinishedInstall,
  host: Host,
): Promise<void> {
  const busy = await processWith(join(stateDirs(home, host).runs, run), host);
  if (busy !== undefined) throw stillAtWork(home, busy);

  const { marker } = await observeHome(home, host);
  // Before the marker is there nothing else is made, so that what is there now is somebody else's.
  if (marker === undefined) return removeOwnHome(home, before, host);
  // An empty one is from the moment between making it and writing it.
  if (marker !== run && marker !== '') throw notOurs(home, marker);

  const grains = await host.files.list(join(home, 'var/sandstorm/grains'));
  if (grains.length > 0) throw inUse(home);

  if (before.serviceExisted) await (await findServiceManager(home, host)).stop();
  else await unregisterService(home, host);

  for (const name of ['sandstorm', 'spk']) {
    const link = join(host.layout.binDir, name);
    if ((await host.files.readLink(link)) === join(home, 'sandstorm')) await host.files.remove(link);
  }
  for (const name of madeByInstallScript(releases)) await host.files.remove(join(home, name));
  // Last: as long as it is there a second try knows whose the rest is.
  await host.files.remove(join(home, INSTALL_MARKER));
  await removeOwnHome(home, before, host);
}

async function removeOwnHome(home: string, before: Before, host: Host): Promise<void> {
  if (!before.homeExisted) await host.files.removeEmptyDir(home);
}

/** A process that was started with a path below `folder`; install.sh runs from a copy in its run's folder. */
async function processWith(folder: string, host: Host): Promise<number | undefined> {
  for (const name of await host.files.list(host.layout.proc)) {
    if (!/^\d+$/.test(name) || Number(name) === host.processes.self) continue;
    const command = await host.files.readText(join(host.layout.proc, name, 'cmdline')).catch(() => undefined);
    if (command?.split('\0').some((word) => word.startsWith(`${folder}/`)) === true) return Number(name);
  }
  return undefined;
}

function stillAtWork(home: string, pid: number): Refusal {
  return new Refusal(
    'E_BUSY',
    `install.sh of the interrupted run is still at work on ${home} (pid ${String(pid)})`,
    {
      hint: `wait for it to end, or end it: kill ${String(pid)}; then run the same command again`,
    },
  );
}

function notOurs(home: string, marker: string): Refusal {
  return new Refusal('E_INSTALL_FAILED', `what lies in ${home} is of another run (${marker})`, {
    hint: 'sandstorm-airgap status shows what is there',
  });
}

function inUse(home: string): Refusal {
  return new Refusal(
    'E_INSTALL_FAILED',
    `the unfinished installation in ${home} has grains in it: somebody uses it`,
    {
      hint: `look at it (${home}/var/sandstorm/grains); if nothing there is needed, remove it by hand`,
    },
  );
}
