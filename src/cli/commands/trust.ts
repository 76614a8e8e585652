import { parseKeyName } from '../../release/signature/keys.js';
import { defineCommand } from '../command.js';
import { formed, type OptionSpec } from '../option.js';
import type { KeyName } from '../../release/signature/keys.js';

const key: OptionSpec<KeyName> = {
  flags: '[fingerprint]',
  description: 'OpenPGP fingerprint (40 digits) or ed25519 public key (64 digits)',
  kind: 'positional',
  parse: (text, what) => parseKeyName(text, what),
};

export const ADD_OPTIONS = {
  key,
  reason: formed('--reason <text>', 'why it is trusted, for whoever reads the list later', (text) => text, {
    question: 'Why is this key trusted?',
  }),
};
export const REMOVE_OPTIONS = { key };

export const trustListCommand = defineCommand({
  name: 'trust list',
  summary: 'print the keys that may vouch for a release',
  examples: ['sandstorm-airgap trust list --json'],
  options: {},
  load: async () => (await import('./trust.run.js')).list,
});

export const trustAddCommand = defineCommand({
  name: 'trust add',
  summary: 'trust one more key, with a reason that is kept',
  description:
    'From then on whatever that key signed is installed as root without a question. Compare the\n' +
    'fingerprint digit by digit with what Sandstorm announced, by another way than the tarball came.',
  examples: [
    "sandstorm-airgap trust add 160D2D577518B58D94C9800B63F227499DA8CCBD --reason 'new release key, issue 3779'",
  ],
  options: ADD_OPTIONS,
  load: async () => (await import('./trust.run.js')).add,
});

export const trustRemoveCommand = defineCommand({
  name: 'trust remove',
  summary: 'trust a key no longer; built-in keys stay',
  examples: ['sandstorm-airgap trust remove 160D2D577518B58D94C9800B63F227499DA8CCBD'],
  options: REMOVE_OPTIONS,
  load: async () => (await import('./trust.run.js')).remove,
});
