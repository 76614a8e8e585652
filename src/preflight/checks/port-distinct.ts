import { fail, pass, skip, type Check } from '../check.js';
import { PORT_USES, plannedPorts, sharedPorts } from '../port-plan.js';

/** The server opens each port once: two uses of one number and it dies at start. */
export const portDistinct: Check = {
  id: 'port.distinct',
  group: 'Network',
  title: 'Ports differ',
  phases: ['install', 'update'],

  run({ subject }) {
    if (subject.ports === undefined) return Promise.resolve(skip('the ports are not known yet'));
    const planned = plannedPorts(subject.ports, subject.bindIp);
    const shared = sharedPorts(planned);
    if (shared.length === 0) {
      return Promise.resolve(pass(`${planned.map(({ port }) => port).join(', ')} are all different`));
    }
    const lines = shared.map(({ port, uses }) => `${port} is planned more than once: ${uses.join(' and ')}`);
    const fix = shared.map(({ uses }) => {
      const { flag, key } = PORT_USES[uses.at(-1) ?? 'http'];
      return subject.phase === 'install'
        ? `give another ${flag}`
        : `sandstorm-airgap config set ${key} with another port`;
    });
    return Promise.resolve(fail(lines, { fix, facts: shared }));
  },
};
