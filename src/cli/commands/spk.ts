import { defineCommand } from '../command.js';
import { on, path, positionalPaths } from '../option.js';

const files = positionalPaths('file', 'app packages (SPK), with or without .spk at their end');

export const SPK_OPTIONS = { packages: files };

export const spkInspectCommand = defineCommand({
  name: 'spk inspect',
  summary: 'show what app packages say of themselves',
  description:
    'Title, versions, app id, package id, author and their OpenPGP key, licence, categories and sizes. Reads each\n' +
    'file once, unpacks no more than the manifest needs, and does not check the signature: that is spk verify.\n' +
    'Packages signed by a key that their maker has revoked are refused.',
  examples: [
    'sandstorm-airgap spk inspect notes.spk',
    'sandstorm-airgap spk inspect /media/usb/*.spk --json',
  ],
  options: SPK_OPTIONS,
  load: async () => (await import('./spk.run.js')).inspect,
});

export const spkVerifyCommand = defineCommand({
  name: 'spk verify',
  summary: 'prove that app packages are whole and signed by the key that names the app',
  description:
    'Unpacks each package to its last byte, without writing anything, and compares it with its signature. Nothing may\n' +
    "stand behind the archive, and an author's OpenPGP signature that is there must be right. Exit code 5 if one is not.\n" +
    'That it is the app that you mean is for its app id to say: compare it.',
  examples: ['sandstorm-airgap spk verify notes.spk', 'sandstorm-airgap spk verify /media/usb/*.spk --json'],
  options: SPK_OPTIONS,
  load: async () => (await import('./spk.run.js')).verify,
});

export const RENAME_OPTIONS = {
  packages: files,
  to: path(
    '--to <dir>',
    'folder for the new name, made if need be; the old name stays (default: where the file is)',
  ),
  copy: on('--copy', 'copy it, and leave the file as it is'),
  move: on('--move', 'move it to --to, and leave nothing behind'),
};

export const spkRenameCommand = defineCommand({
  name: 'spk rename',
  summary: 'give app packages names that say what they are',
  description:
    "A download of the app market is named by its package id and has no ending, which Sandstorm's upload page wants.\n" +
    'The new name is TITLE-VERSION-ID.spk. Without --to a file is renamed where it is; with it the file stays and\n' +
    'gets one more name there (a hard link, or a copy on another filesystem). What is no app package is refused.',
  examples: [
    'sandstorm-airgap spk rename ~/Downloads/e4a720632c8f9a76b6c1344ee2d7667a',
    'sandstorm-airgap spk rename /media/usb/* --to /srv/apps --copy',
  ],
  options: RENAME_OPTIONS,
  load: async () => (await import('./spk.run.js')).rename,
});
