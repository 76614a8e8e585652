import { defineCommand } from '../command.js';
import { fileOrStdin, on, positional } from '../option.js';

const force = on('--force', 'store what Sandstorm does not know or would not take all the same');
const key = positional('key', 'name of the setting, as in sandstorm.conf');

export const GET_OPTIONS = { key };
export const SET_OPTIONS = {
  key,
  value: positional('value', 'its new value; - takes it from standard input'),
  valueFile: fileOrStdin(
    '--value-file <file>',
    'take the value from this file, or from standard input with -',
  ),
  force,
};
export const UNSET_OPTIONS = { key, force };

export const configGetCommand = defineCommand({
  name: 'config get',
  summary: 'print one setting',
  examples: ['sandstorm-airgap config get BASE_URL'],
  options: GET_OPTIONS,
  load: async () => (await import('./config.run.js')).get,
});

export const configSetCommand = defineCommand({
  name: 'config set',
  summary: 'change one setting; every other byte of the file stays',
  description:
    'Keeps a backup, replaces the file at once, keeps owner and mode. Takes effect at the next restart.\nSecrets (passwords, keys, MAIL_URL) are taken from a file or standard input only; the last line end is dropped.',
  examples: [
    'sandstorm-airgap config set UPDATE_CHANNEL none',
    'sandstorm-airgap config set PORT 6080 --dry-run',
    'sandstorm-airgap config set MAIL_URL --value-file mail-url.txt',
  ],
  options: SET_OPTIONS,
  load: async () => (await import('./config.run.js')).set,
});

export const configUnsetCommand = defineCommand({
  name: 'config unset',
  summary: 'remove one setting',
  examples: ['sandstorm-airgap config unset HTTPS_PORT'],
  options: UNSET_OPTIONS,
  load: async () => (await import('./config.run.js')).unset,
});

export const configShowCommand = defineCommand({
  name: 'config show',
  summary: 'print all settings, without secrets',
  examples: ['sandstorm-airgap config show --json'],
  options: {},
  load: async () => (await import('./config.run.js')).show,
});

export const configLintCommand = defineCommand({
  name: 'config lint',
  summary: 'find lines that would kill the server, misspelt keys and the like',
  description: 'Exit code 3 when a line is an error.',
  examples: ['sandstorm-airgap config lint'],
  options: {},
  load: async () => (await import('./config.run.js')).lint,
});
