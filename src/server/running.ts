import { basename, dirname, join } from 'node:path';
import type { Host } from '../system/host.js';

export interface RunningServer {
  readonly pid: number;
  /** 308; undefined for a custom build, or where this user may not see which one it is. */
  readonly build: number | undefined;
  /** The release folder it runs from (HOME/sandstorm-308); undefined where this user may not see it. */
  readonly folder: string | undefined;
  /** With the pid it tells this process from a later one of the same number. */
  readonly startTime: string | undefined;
}

/**
 * The server of this HOME, if it runs. The top process of a server changes into its release folder at
 * start and again when it has exec'd itself into a new release (changeToInstallDir in run-bundle.c++),
 * so its working directory says both that it is no stranger with a recycled pid and which build it is.
 * `latest` only says which build would start next.
 *
 * Upstream asks who holds the lock on the pid file, which Node cannot do.
 * @throws Refusal E_IO where the pid file may not be read: "not running" would be a guess
 */
export async function runningServer(home: string, host: Host): Promise<RunningServer | undefined> {
  const pid = await recordedPid(home, host);
  return pid === undefined ? undefined : serverWithPid(pid, home, host);
}

/** The number in HOME/var/pid/sandstorm.pid, whether or not such a process lives. */
export async function recordedPid(home: string, host: Host): Promise<number | undefined> {
  const text = await host.files.readText(join(home, 'var/pid/sandstorm.pid'), 4096);
  const digits = /^\s*([0-9]{1,10})\s*$/.exec(text ?? '')?.[1];
  // 0 and 1 can be no server of ours, and 4194304 is the highest pid Linux gives out.
  return digits === undefined || Number(digits) < 2 || Number(digits) > 4_194_304
    ? undefined
    : Number(digits);
}

async function serverWithPid(pid: number, home: string, host: Host): Promise<RunningServer | undefined> {
  if (!host.processes.alive(pid)) return undefined;
  const [startTime, realHome = home, cwd, exe] = await Promise.all([
    host.processes.startTime(pid),
    host.files.realPath(home),
    host.processes.cwd(pid),
    host.files.readLink(join(host.layout.proc, String(pid), 'exe')).catch(() => undefined),
  ]);

  for (const folder of [cwd, exe === undefined ? undefined : dirname(exe)]) {
    const release = folder === undefined ? undefined : releaseFolder(folder, realHome);
    if (release !== undefined) return { pid, build: buildOf(release), folder: release, startTime };
  }

  // Another user may not look at root's processes but for their name; root can, so for root nothing
  // seen is nothing there (a zombie has neither folder nor program).
  const hidden =
    cwd === undefined && exe === undefined && host.user.uid !== 0 && !(await isZombie(pid, host));
  const name = hidden ? await host.processes.name(pid) : undefined;
  return name?.startsWith('sandstorm') === true
    ? { pid, build: undefined, folder: undefined, startTime }
    : undefined;
}

/** In a container pid 1 may be slow to reap: the server of a moment ago still has its name, and nothing else. */
async function isZombie(pid: number, host: Host): Promise<boolean> {
  const path = join(host.layout.proc, String(pid), 'stat');
  const stat = await host.files.readText(path).catch(() => undefined);
  return stat !== undefined && /\) [ZX] /.test(stat);
}

/** The folder when it is a release directly under HOME. The kernel marks one that was removed meanwhile. */
function releaseFolder(path: string, realHome: string): string | undefined {
  const folder = path.replace(/ \(deleted\)$/, '');
  const isRelease = /^sandstorm-([0-9]+|custom\..+)$/.test(basename(folder));
  return isRelease && dirname(folder) === realHome ? folder : undefined;
}

function buildOf(folder: string): number | undefined {
  const digits = /^sandstorm-([0-9]{1,9})$/.exec(basename(folder))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
