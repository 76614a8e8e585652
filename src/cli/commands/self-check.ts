import { defineCommand } from '../command.js';

export const selfCheckCommand = defineCommand({
  name: 'self-check',
  summary: 'show which build of this tool runs, whether it is whole, what it lacks here',
  description:
    'Compares each part of the tool with what was recorded when it was built: that finds damage. Who built it is\n' +
    'shown by the signature of SHA256SUMS, which came with the package. Exit code 5 when a part is not as it was.',
  examples: ['sandstorm-airgap self-check', 'sandstorm-airgap self-check --json'],
  options: {},
  load: async () => (await import('./self-check.run.js')).run,
});
