import { join } from 'node:path';
import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { findServiceManager } from './find-service-manager.js';
import { findUnit, INSTALLERS_NAME } from './systemd-units.js';

/**
 * Takes back what install.sh registered to start this HOME at boot. Only for a service that an unfinished
 * installation of ours made; one of another HOME is never found here. Can be repeated.
 * @throws Refusal E_SERVICE_STOP
 */
export async function unregisterService(home: string, host: Host): Promise<void> {
  const manager = await findServiceManager(home, host);
  if ((await manager.status()).running !== undefined) await manager.stop();

  if (manager.kind === 'systemd') {
    const unit = await findUnit(home, host);
    const [dir] = host.layout.systemdUnitDirs;
    if (unit !== undefined && dir !== undefined) {
      await mustRun(['systemctl', 'disable', unit], host);
      await host.files.remove(join(dir, unit));
      await mustRun(['systemctl', 'daemon-reload'], host);
      // A failed unit stays listed after its file is gone.
      await host.commands.run('systemctl', ['reset-failed', unit]);
    }
  } else if (manager.kind === 'sysvinit') {
    await host.files.remove(join(host.layout.initDir, 'sandstorm'));
    if ((await host.commands.which('update-rc.d')) !== undefined) {
      await mustRun(['update-rc.d', 'sandstorm', 'remove'], host);
    }
  }
  await removeEmptyUnit(host);
}

/**
 * A unit of install.sh's that lost its power before its words were on the disk: nobody's, and systemd complains
 * of it at every start. A masked one is a link, and somebody's will.
 */
async function removeEmptyUnit(host: Host): Promise<void> {
  const [dir] = host.layout.systemdUnitDirs;
  if (dir === undefined) return;
  const path = join(dir, INSTALLERS_NAME);
  if ((await host.files.lstat(path))?.kind !== 'file') return;
  if ((await host.files.readText(path))?.trim() !== '') return;
  await host.files.remove(join(dir, 'multi-user.target.wants', INSTALLERS_NAME));
  await host.files.remove(path);
  if ((await host.commands.which('systemctl')) !== undefined)
    await host.commands.run('systemctl', ['daemon-reload']);
}

async function mustRun([program = '', ...args]: readonly string[], host: Host): Promise<void> {
  const ran = await host.commands.run(program, args);
  if (ran.exitCode === 0) return;
  throw new Refusal('E_SERVICE_STOP', `${[program, ...args].join(' ')} failed: ${ran.stderr.trim()}`, {
    hint: 'systemctl status sandstorm shows why; then run the same command again',
  });
}
