import { parseKeyName, type KeyName } from '../../release/signature/keys.js';
import { defineCommand } from '../command.js';
import { text, type OptionSpec } from '../option.js';

const fingerprint: OptionSpec<KeyName> = {
  flags: '[fingerprint]',
  description: 'OpenPGP fingerprint (40 digits) or ed25519 public key (64 digits)',
  kind: 'positional',
  parse: parseKeyName,
};

export const ADD_OPTIONS = {
  fingerprint,
  trustReason: text('--reason <text>', 'why it is trusted, for whoever reads the list later', {
    question: 'Why is this key trusted?',
  }),
};
export const REMOVE_OPTIONS = { fingerprint };

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
    "sandstorm-airgap trust add 0123456789ABCDEF0123456789ABCDEF01234567 --reason 'new release key, issue 3779'",
  ],
  options: ADD_OPTIONS,
  load: async () => (await import('./trust.run.js')).add,
});

export const trustRemoveCommand = defineCommand({
  name: 'trust remove',
  summary: 'trust a key no longer; built-in keys stay',
  examples: ['sandstorm-airgap trust remove 0123456789ABCDEF0123456789ABCDEF01234567'],
  options: REMOVE_OPTIONS,
  load: async () => (await import('./trust.run.js')).remove,
});
