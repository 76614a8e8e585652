import { defineCommand } from '../command.js';
import { path, positional, positionalPath, text } from '../option.js';

const file = positionalPath('keyfile', 'file of the key (default: in the state directory)');
const publicKey = positional('publickey', 'the line that `key show` prints, or a file that holds it');

export const CREATE_OPTIONS = {
  signKeyFile: file,
  keyName: text(
    '--name <text>',
    'what it is called, for whoever reads key list later (default: this machine)',
  ),
};
export const SHOW_OPTIONS = { signKeyFile: file, out: path('--out <file>', 'write the line to this file') };
export const CHANGE_OPTIONS = {
  publicKey,
  keyReason: text('--reason <text>', 'why, for whoever reads key list later', { question: 'Why?' }),
};

export const keyCreateCommand = defineCommand({
  name: 'key create',
  summary: 'make the key with which the connected side signs its transfer kits',
  description:
    'The file holds a secret and can be read by its owner alone. Whoever has it can make kits that the servers take;\n' +
    'keep a copy of it where the kits are made, and nowhere else. A key that is there already stays.',
  examples: ["sandstorm-airgap key create --name 'Operations, 2026'"],
  options: CREATE_OPTIONS,
  load: async () => (await import('./key.run.js')).create,
});

export const keyShowCommand = defineCommand({
  name: 'key show',
  summary: 'print the public half of a key, to be trusted on the servers',
  examples: ['sandstorm-airgap key show', 'sandstorm-airgap key show --out /media/usb/house.key'],
  options: SHOW_OPTIONS,
  load: async () => (await import('./key.run.js')).show,
});

export const keyListCommand = defineCommand({
  name: 'key list',
  summary: 'print whose transfer kits are taken in here, and whose not any more',
  examples: ['sandstorm-airgap key list --json'],
  options: {},
  load: async () => (await import('./key.run.js')).list,
});

export const keyTrustCommand = defineCommand({
  name: 'key trust',
  summary: 'take in transfer kits that this key signs',
  description:
    'Compare the line with what `key show` prints where the kits are made. The key vouches for its kits\n' +
    'and for what is in them: also for a release without a signature, if there is one.',
  examples: ["sandstorm-airgap key trust /media/usb/house.key --reason 'compared by phone with Ann'"],
  options: CHANGE_OPTIONS,
  load: async () => (await import('./key.run.js')).trust,
});

export const keyRevokeCommand = defineCommand({
  name: 'key revoke',
  summary: 'never again take in what this key signs or has signed',
  description: 'It is remembered, and such a key cannot be trusted again: have a new one made.',
  examples: ["sandstorm-airgap key revoke house.key --reason 'the laptop was stolen'"],
  options: CHANGE_OPTIONS,
  load: async () => (await import('./key.run.js')).revoke,
});
