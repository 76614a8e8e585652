import { join } from 'node:path';
import type { Host } from '../system/host.js';
import { commandManager, sysvinitManager } from './direct.js';
import { daemonOf } from './init-script.js';
import { pointsAtHome } from './points-at-home.js';
import type { ServiceManager } from './service-manager.js';
import { systemdManager } from './systemd.js';
import { findUnit } from './systemd-units.js';
import { parseShow } from './unit-file.js';

const LARGEST_SCRIPT = 64 * 1024;

/**
 * Who starts and stops the server of this HOME: a systemd unit where systemd really runs the machine,
 * else an init script, else the sandstorm command. A unit or script of another HOME is never touched.
 */
export async function findServiceManager(home: string, host: Host): Promise<ServiceManager> {
  const systemd = await systemdRuns(host);
  const unit = systemd ? await findUnit(home, host) : undefined;
  if (unit !== undefined) return systemdManager(unit, home, host);

  const script = join(host.layout.initDir, 'sandstorm');
  if (await scriptDrives(script, home, host)) {
    return systemd && (await wrapsScript('sandstorm.service', script, host))
      ? systemdManager('sandstorm.service', home, host)
      : sysvinitManager(home, host);
  }
  return commandManager(home, host);
}

/** In a container, a chroot or under another init there may be unit files, and nobody to read them. */
async function systemdRuns(host: Host): Promise<boolean> {
  const name = await host.files.readText(join(host.layout.proc, '1/comm')).catch(() => undefined);
  return name?.trim() === 'systemd' && (await host.commands.which('systemctl')) !== undefined;
}

async function scriptDrives(script: string, home: string, host: Host): Promise<boolean> {
  const text = await host.files.readText(script, LARGEST_SCRIPT).catch(() => undefined);
  const daemon = text === undefined ? undefined : daemonOf(text);
  return daemon !== undefined && pointsAtHome(daemon, home, host);
}

/**
 * On a machine that came to systemd from something older, systemd wraps the init script in a unit of
 * its own making. Calling the script past it would leave the server outside that unit.
 */
async function wrapsScript(unit: string, script: string, host: Host): Promise<boolean> {
  const { stdout } = await host.commands.run('systemctl', ['show', unit, '--property=LoadState,SourcePath']);
  const shown = parseShow(stdout);
  return shown.get('LoadState') === 'loaded' && shown.get('SourcePath') === script;
}
