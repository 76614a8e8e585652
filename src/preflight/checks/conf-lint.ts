import { lintConfFile, readConf } from '../../config/conf-file.js';
import { fail, pass, warn, type Check } from '../check.js';

/** An update restarts the server, and a line it stumbles over would keep the new build from coming up. */
export const confLint: Check = {
  id: 'conf.lint',
  group: 'Server',
  title: 'sandstorm.conf',
  phases: ['update'],

  async run({ host, subject }) {
    const findings = lintConfFile(await readConf(subject.home, host), host);
    // An update turns the channel off itself.
    const open = findings.filter(({ code }) => code !== 'UPDATES_ON');
    if (open.length === 0) return pass('sandstorm.conf is in order', { facts: { findings } });
    const lines = open.map(({ line, message }) =>
      line === undefined ? message : `line ${String(line)}: ${message}`,
    );
    const fix = open.flatMap((finding) => finding.fix ?? []);
    const extra = { facts: { findings }, ...(fix.length === 0 ? {} : { fix }) };
    return open.some(({ level }) => level === 'error') ? fail(lines, extra) : warn(lines, extra);
  },
};
