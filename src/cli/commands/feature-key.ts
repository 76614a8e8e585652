import { defineCommand } from '../command.js';
import { on, path, type OptionSpec } from '../option.js';

function fileOrStdin(): OptionSpec<string> {
  const file = path('[file]', 'the feature key; - takes it from standard input');
  return {
    ...file,
    kind: 'positional',
    parse: (value, what, cwd) => (value === '-' ? value : file.parse(value, what, cwd)),
  };
}

export const INSPECT_OPTIONS = {
  file: fileOrStdin(),
  showSecret: on('--show-secret', 'show the secret in it too; never in a log'),
};

export const featureKeyInspectCommand = defineCommand({
  name: 'feature-key inspect',
  summary: 'show what an old key of Sandstorm for Work says, and whether it is genuine',
  description:
    'Since build 202 (February 2017) every feature is there without a key, and none is read any more.\n' +
    'Exit code 5 when it was not signed by who sold them.',
  examples: [
    'sandstorm-airgap feature-key inspect feature-key.txt',
    'sandstorm-airgap feature-key inspect - --json < feature-key.txt',
  ],
  options: INSPECT_OPTIONS,
  load: async () => (await import('./feature-key.run.js')).inspect,
});
