import { defineCommand } from '../command.js';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'show what is installed, whether it is well, what is pending',
  description:
    'Changes nothing and needs no root; without root a process of another user is only known by its name.',
  examples: ['sandstorm-airgap status', 'sandstorm-airgap status --json'],
  options: {},
  load: async () => (await import('./status.run.js')).run,
});
