import semver from 'semver';
import { fail, pass, warn, type Check } from '../check.js';

const OLDEST = '3.10.0';

export const osKernel: Check = {
  id: 'os.kernel',
  group: 'Machine',
  title: 'Kernel',
  phases: ['install', 'update'],

  async run({ host }) {
    const { stdout } = await host.commands.run('uname', ['-r'], { timeoutMs: 10_000 });
    const release = stdout.trim();
    const version = semver.coerce(release);
    if (version === null)
      return warn(`the kernel's version cannot be read from "${release}"; 3.10 or newer is needed`);
    if (semver.gte(version, OLDEST)) return pass(`Linux ${release}`, { facts: { release } });
    return fail(`Linux ${release} is too old: Sandstorm needs 3.10 or newer`, {
      fix: ['install a newer kernel and reboot'],
      facts: { release },
    });
  },
};
