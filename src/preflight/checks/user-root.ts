import { fail, pass, type Check, type Phase } from '../check.js';

const COMMAND: Record<Phase, string> = {
  install: 'sudo sandstorm-airgap install TARBALL ...',
  update: 'sudo sandstorm-airgap update TARBALL',
};

export const userRoot: Check = {
  id: 'user.root',
  group: 'Machine',
  title: 'Rights',
  phases: ['install', 'update'],

  run({ host, subject }) {
    const { uid, name } = host.user;
    const facts = { uid, name };
    if (uid === 0) return Promise.resolve(pass('root', { facts }));
    if (subject.unprivileged) {
      return Promise.resolve(pass(`${name}, for a server without root`, { facts }));
    }
    const failed = fail(`this is done by root; you are ${name}`, { fix: [COMMAND[subject.phase]], facts });
    return Promise.resolve(failed);
  },
};
