import { defineCommand } from '../command.js';
import { positionalWords } from '../option.js';

export const SCHEMA_OPTIONS = {
  document: positionalWords('document', 'a command, or another of the names it prints without one'),
};

export const schemaCommand = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of what a command prints under --json, or of a file',
  description:
    'Without a name it prints all names: every command, the plan of --dry-run, the lines of a journal and of\n--events, the record of a snapshot. A later version adds to them and takes nothing away.',
  examples: [
    'sandstorm-airgap schema',
    'sandstorm-airgap schema update > update.schema.json',
    'sandstorm-airgap schema config get',
  ],
  options: SCHEMA_OPTIONS,
  load: async () => (await import('./schema.run.js')).run,
});
