import { requireSurvivableConf } from '../config/conf-file.js';
import { withLock } from '../journal/lock.js';
import { findServiceManager } from '../service/find-service-manager.js';
import type { ServiceManager } from '../service/service-manager.js';
import type { Host } from '../system/host.js';
import { requireServer } from './server-facts.js';

export interface ServiceResult {
  readonly home: string;
  readonly changed: boolean;
  /** "systemd unit sandstorm.service" */
  readonly manager: string;
  readonly running: boolean;
  readonly pid: number | null;
  readonly outsideUnit: boolean;
}

export async function startService(home: string, dryRun: boolean, host: Host): Promise<ServiceResult> {
  return changing(home, 'service start', dryRun, host, async (manager) => {
    const { running, outsideUnit } = await manager.status();
    if (running !== undefined && !outsideUnit) return false;
    await requireSurvivableConf(home, host);
    if (!dryRun) await manager.start();
    return true;
  });
}

export async function stopService(home: string, dryRun: boolean, host: Host): Promise<ServiceResult> {
  return changing(home, 'service stop', dryRun, host, async (manager) => {
    if ((await manager.status()).running === undefined) return false;
    if (!dryRun) await manager.stop();
    return true;
  });
}

export async function restartService(home: string, dryRun: boolean, host: Host): Promise<ServiceResult> {
  return changing(home, 'service restart', dryRun, host, async (manager) => {
    if (dryRun) await requireSurvivableConf(home, host);
    else await manager.restart();
    return true;
  });
}

export async function serviceStatus(home: string, host: Host): Promise<ServiceResult> {
  await requireServer(home, host);
  return seen(home, false, await findServiceManager(home, host));
}

async function changing(
  home: string,
  what: string,
  dryRun: boolean,
  host: Host,
  change: (manager: ServiceManager) => Promise<boolean>,
): Promise<ServiceResult> {
  await requireServer(home, host);
  const manager = await findServiceManager(home, host);
  const work = async (): Promise<ServiceResult> => seen(home, await change(manager), manager);
  return dryRun ? work() : withLock(home, what, host, work);
}

async function seen(home: string, changed: boolean, manager: ServiceManager): Promise<ServiceResult> {
  const { running, outsideUnit } = await manager.status();
  return {
    home,
    changed,
    manager: manager.describe(),
    running: running !== undefined,
    pid: running?.pid ?? null,
    outsideUnit,
  };
}
