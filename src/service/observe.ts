import { join } from 'node:path';
import { recordedPid, runningServer, type RunningServer } from '../server/running.js';
import type { Host } from '../system/host.js';
import type { ServiceStatus } from './service-manager.js';

const POLL_MS = 100;
/** A server whose port is taken dies right after `start` said it was started. */
const FIRST_MOMENT_MS = 500;

export interface LogMark {
  readonly path: string;
  readonly size: number;
}

/** Running or not, by the pid file; what a unit knows of it is added by the systemd manager. */
export async function observeServer(home: string, host: Host): Promise<ServiceStatus> {
  const running = await runningServer(home, host);
  const stalePid = running === undefined ? await recordedPid(home, host) : undefined;
  return { running, stalePid, outsideUnit: false, unit: undefined };
}

/** A server is up, is not `old`, and outlives its first moment; undefined when that does not come about. */
export async function waitUntilUp(
  home: string,
  host: Host,
  timeoutMs: number,
  old?: RunningServer,
): Promise<RunningServer | undefined> {
  const until = host.clock.monotonic() + timeoutMs;
  for (;;) {
    const running = await runningServer(home, host);
    if (running !== undefined && !isSame(running, old)) {
      await host.clock.sleep(FIRST_MOMENT_MS);
      if (isSame(running, await runningServer(home, host))) return running;
    }
    if (host.clock.monotonic() >= until) return undefined;
    await host.clock.sleep(POLL_MS);
  }
}

/**
 * The process is gone, not only its pid file. It is the first of a pid namespace of its own: when it is
 * gone, so are database, gateway and grains.
 */
export async function waitUntilGone(server: RunningServer, host: Host, timeoutMs: number): Promise<boolean> {
  const until = host.clock.monotonic() + timeoutMs;
  while (await isThere(server, host)) {
    if (host.clock.monotonic() >= until) return false;
    await host.clock.sleep(POLL_MS);
  }
  return true;
}

/** Where the log ends now, so that only what comes after it is shown as the reason of a failure. */
export async function markLog(home: string, host: Host): Promise<LogMark> {
  const path = join(home, 'var/log/sandstorm.log');
  const stat = await host.files.stat(path).catch(() => undefined);
  return { path, size: stat?.size ?? 0 };
}

/** The last lines written since the mark, bounded, fit for a terminal. */
export async function logSince({ path, size }: LogMark, host: Host): Promise<string[]> {
  const stat = await host.files.stat(path).catch(() => undefined);
  if (stat?.kind !== 'file') return [];
  // Smaller than before: it was rotated, all of it is new.
  const fresh = stat.size < size ? stat.size : stat.size - size;
  if (fresh === 0) return [];
  const text = await host.files.readTail(path, Math.min(fresh, 8192)).catch(() => '');
  return lastLines(text);
}

export function lastLines(text: string, count = 8): string[] {
  const lines = text.split('\n').map((line) =>
    line
      .trimEnd()
      // What a server or an app wrote could otherwise drive the terminal.
      // eslint-disable-next-line no-control-regex -- control characters are what is looked for
      .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '?')
      .slice(0, 240),
  );
  return lines.filter((line) => line !== '').slice(-count);
}

/**
 * The first process of a pid namespace becomes a zombie only after all others in it are gone, and stays
 * one where whoever is pid 1 (in some containers) does not reap.
 */
async function isThere(server: RunningServer, host: Host): Promise<boolean> {
  if (!host.processes.alive(server.pid)) return false;
  const startTime = await host.processes.startTime(server.pid);
  if (startTime !== undefined && startTime !== server.startTime) return false;
  const path = join(host.layout.proc, String(server.pid), 'stat');
  const stat = await host.files.readText(path).catch(() => undefined);
  return stat === undefined || !/\) [ZX] /.test(stat);
}

function isSame(one: RunningServer, other: RunningServer | undefined): boolean {
  return one.pid === other?.pid && one.startTime === other.startTime;
}
