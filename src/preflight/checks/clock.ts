import type { Host } from '../../system/host.js';
import { pass, warn, type Check } from '../check.js';

/** No clock that is right shows an earlier day than the one this tool was written on. */
const NOT_BEFORE = new Date('2026-01-01T00:00:00Z');

/** A wrong clock breaks certificates, SAML logins and the order of backups, each with its own odd message. */
export const clock: Check = {
  id: 'clock',
  group: 'Machine',
  title: 'Clock',
  phases: ['install', 'update'],

  async run({ host }) {
    const now = host.clock.now();
    const shown = `${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const synchronised = await isSynchronised(host);
    const facts = { now: now.toISOString(), synchronised };

    if (now < NOT_BEFORE) {
      return warn(`the clock says ${shown}, which is long past`, {
        fix: [`set it: date -u -s '2026-12-31 23:59' (with the right time), then hwclock --systohc`],
        facts,
      });
    }
    if (synchronised === false) {
      return warn(`${shown}, not synchronised; certificates and SAML logins need the right time`, {
        fix: ['name a time server of your network in /etc/systemd/timesyncd.conf or chrony.conf'],
        facts,
      });
    }
    return pass(synchronised === true ? `${shown}, synchronised` : shown, { facts });
  },
};

/** What systemd says; undefined where it is not asked or does not know. */
async function isSynchronised(host: Host): Promise<boolean | undefined> {
  const timedatectl = await host.commands.which('timedatectl');
  if (timedatectl === undefined) return undefined;
  const args = ['show', '--property=NTPSynchronized', '--value'];
  const { exitCode, stdout } = await host.commands.run(timedatectl, args, { timeoutMs: 5000 });
  const answer = stdout.trim();
  return exitCode === 0 && (answer === 'yes' || answer === 'no') ? answer === 'yes' : undefined;
}
