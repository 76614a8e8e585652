import { fail, pass, type Check } from '../check.js';

/** Releases hold x86-64 programs only, and install.sh stops on anything else. */
export const osLinux: Check = {
  id: 'os.linux-x86_64',
  group: 'Machine',
  title: 'Operating system',
  phases: ['install', 'update'],

  async run({ host }) {
    const { stdout } = await host.commands.run('uname', ['-sm'], { timeoutMs: 10_000 });
    const [system = 'an unknown system', machine = 'an unknown processor'] = stdout.trim().split(/\s+/);
    const facts = { system, machine };
    if (system === 'Linux' && machine === 'x86_64') return pass('Linux on x86-64', { facts });
    return fail(`Sandstorm runs on Linux on x86-64 only; this is ${system} on ${machine}`, {
      fix: ['use a Linux machine with a 64-bit Intel or AMD processor'],
      facts,
    });
  },
};
