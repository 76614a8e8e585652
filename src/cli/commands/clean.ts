import { defineCommand } from '../command.js';

export const cleanCommand = defineCommand({
  name: 'clean',
  summary: 'remove what killed runs of Sandstorm and of this tool have left',
  description:
    'Only what provably nobody uses or needs any more: it has the right name, owner and form, no process has\n' +
    'it open, nothing is going on or was cut off, and it has been quiet for ten minutes or since before the\n' +
    'last boot. All else is listed with the reason and left alone.',
  examples: ['sandstorm-airgap clean --dry-run', 'sandstorm-airgap clean --yes --json'],
  options: {},
  load: async () => (await import('./clean.run.js')).run,
});
