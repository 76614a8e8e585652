import { join } from 'node:path';
import type { Host } from '../../system/host.js';
import { fail, pass, warn, type Check } from '../check.js';

const APPARMOR = 'kernel.apparmor_restrict_unprivileged_userns';
const MAXIMUM = 'user.max_user_namespaces';
const CLONE = 'kernel.unprivileged_userns_clone';

/**
 * A server started by root asks at its start whether an ordinary user can make a user namespace, and takes
 * its privileged sandbox when not (run-bundle.c++, isUserNsAvailable). AppArmor's restriction defeats that
 * question: the namespace can be made, so it is used, and has no rights inside, so grains die. The other
 * two switches forbid it outright, which the server notices. A server without root has no second sandbox.
 */
export const osUserns: Check = {
  id: 'os.userns',
  group: 'Machine',
  title: 'User namespaces',
  phases: ['install', 'update'],

  async run({ host, subject }) {
    const [apparmor, maximum, clone] = await Promise.all(
      [APPARMOR, MAXIMUM, CLONE].map((key) => readSysctl(key, host)),
    );
    const facts = { [APPARMOR]: apparmor, [MAXIMUM]: maximum, [CLONE]: clone };
    const off = maximum === '0' ? MAXIMUM : clone === '0' ? CLONE : undefined;
    const result = subject.unprivileged ? fail : warn;

    if (off === undefined && apparmor === '1') {
      const harm = subject.unprivileged ? 'the server will not start' : 'grains will not start';
      return result(`AppArmor restricts user namespaces; ${harm}`, { fix: setAndKeep(APPARMOR, '0'), facts });
    }
    if (off !== undefined && subject.unprivileged) {
      const value = off === MAXIMUM ? '10000' : '1';
      return result(`${off} is 0; a server without root needs user namespaces`, {
        fix: setAndKeep(off, value),
        facts,
      });
    }
    if (off !== undefined)
      return pass(`off (${off}=0); Sandstorm uses its privileged sandbox instead`, { facts });
    return pass('not restricted', { facts });
  },
};

function setAndKeep(key: string, value: string): string[] {
  return [
    `now:           sysctl -w ${key}=${value}`,
    `for every boot: echo '${key} = ${value}' > /etc/sysctl.d/60-sandstorm-userns.conf`,
    'then restart Sandstorm if it runs',
  ];
}

async function readSysctl(key: string, host: Host): Promise<string | undefined> {
  const path = join(host.layout.proc, 'sys', ...key.split('.'));
  if ((await host.files.stat(path).catch(() => undefined))?.kind !== 'file') return undefined;
  return (await host.files.readStart(path, 64)).toString('latin1').trim();
}
