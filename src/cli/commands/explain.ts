import { defineCommand } from '../command.js';
import { positional } from '../option.js';

export const EXPLAIN_OPTIONS = {
  code: positional('code', 'an error code or the id of a check; without it, all of them'),
};

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'say what an error code or a check means, and what to do',
  examples: [
    'sandstorm-airgap explain E_PENDING',
    'sandstorm-airgap explain dns.wildcard',
    'sandstorm-airgap explain',
  ],
  options: EXPLAIN_OPTIONS,
  load: async () => (await import('./explain.run.js')).run,
});
