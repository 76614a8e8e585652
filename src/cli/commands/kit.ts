import { badValue } from '../../errors.js';
import { parseHostUrl } from '../../kit/hosts.js';
import type { ReleaseWish } from '../../operations/kit/create-wish.js';
import { defineCommand } from '../command.js';
import { parseKeep } from '../option-sets.js';
import { formed, on, path, positionalPath, seconds, several, text, type OptionSpec } from '../option.js';

const kit = positionalPath('kit', 'folder of the kit, or its tar');

const release: OptionSpec<ReleaseWish> = {
  flags: '--release <what>',
  description: 'build number, latest, none, or the path of a tarball (default: latest; none with --offline)',
  kind: 'value',
  parse: parseRelease,
};

export const CREATE_OPTIONS = {
  kit: positionalPath('kit', 'folder to make; a name that ends in .tar makes one file'),
  release,
  installScript: path(
    '--install-script <file>',
    "Sandstorm's install.sh (default: beside the tarball, or fetched)",
  ),
  keyFile: path('--key <file>', 'take the OpenPGP release key from this file (install.sh carries it too)'),
  allowUnsigned: on(
    '--allow-unsigned',
    "take a release without a signature: the kit's own one then vouches for it on the other side",
  ),
  kitTool: path('--tool <file>', "this tool's single file (default: the running tool, if it is one)"),
  kitApps: several('--app <app-id>', 'fetch the newest package of this app; may be repeated'),
  kitCategories: several('--category <title>', 'fetch the apps of this category; may be repeated'),
  allApps: on('--all-apps', 'fetch the newest package of every app'),
  kitPackages: {
    ...several(
      '--packages <path>',
      'app packages that are here: a file, or a folder of them; may be repeated',
    ),
    parse: (value: string, what: string, cwd: string): readonly string[] =>
      value.split(',').map((one) => path('', '').parse(one.trim(), what, cwd)),
  },
  kitIndex: path('--index <dir>', 'all packages that are published in this app index or mirror'),
  requestFile: path('--for <request>', 'only what the server that made this request lacks'),
  baseKit: path('--base <kit>', 'only what this kit does not hold'),
  signKey: path('--sign-key <file>', 'key to sign with (default: that of key create)'),
  purpose: text('--purpose <text>', 'what it is for, for people'),
  expiresDays: formed('--expires <days>', 'not to be taken in after so many days', parseDays),
  split: formed(
    '--split <size>',
    'parts of at most this size: 2G, 700M (FAT32 takes less than 4G)',
    parseSize,
  ),
  allowOlder: on('--allow-older', 'although the index offers older versions than it did'),
  templates: path('--templates <dir>', "make the page in it of the house's own kit.md there"),
  offline: on('--offline', 'fetch nothing: all of it is given'),
  downloadUrl: formed(
    '--download-url <url>',
    'where releases are (default https://dl.sandstorm.io)',
    parseHostUrl,
  ),
  installUrl: formed(
    '--install-url <url>',
    'where install.sh is, and says which build is the newest (default https://install.sandstorm.io)',
    parseHostUrl,
  ),
  indexUrl: formed(
    '--index-url <url>',
    'where apps are (default https://app-index.sandstorm.io)',
    parseHostUrl,
  ),
  channel: formed('--channel <name>', 'of which the newest release is (default dev)', parseChannel),
  allowRedirectHost: several(
    '--allow-redirect-host <host[:port]>',
    'follow redirects there too; may be repeated',
  ),
  patience: seconds('--timeout <seconds>', 'give up on a server that sends nothing for so long (default 30)'),
  tries: formed('--tries <n>', 'how often a file is tried, with pauses (default 5)', parseTries),
};

export const VERIFY_OPTIONS = { kit };

export const REQUEST_OPTIONS = {
  requestFile: positionalPath('request', 'file to write'),
  kitIndex: path('--index <dir>', 'app index whose packages are there already'),
};

export const KIT_PRUNE_OPTIONS = { keep: formed('--keep <n>', 'how many stay (default 1)', parseKeep) };

export const RECEIVE_OPTIONS = {
  kit,
  kitIndex: path('--index <dir>', 'app index that its packages go to'),
  allowOlder: on('--allow-older', 'although a newer kit of the same key was taken in'),
};

export const kitCreateCommand = defineCommand({
  name: 'kit create',
  summary: 'pack what an offline server needs into one signed transfer kit',
  description:
    'For a machine with internet: fetches the release with its signatures, install.sh and apps, proves them, and writes\n' +
    'them with a signed manifest. Cut off, the next run goes on in the middle of a file. Only the hosts named are asked,\n' +
    'through https_proxy if it is set. Needs a key: sandstorm-airgap key create.',
  examples: [
    "sandstorm-airgap kit create /media/usb/kit --purpose 'first installation' --dry-run",
    'sandstorm-airgap kit create /media/usb/kit --release 309 --category Office --split 2G',
    'sandstorm-airgap kit create /media/usb/update --for /media/usb/server.request',
    'sandstorm-airgap kit create kit.tar --offline --release sandstorm-309.tar.xz --packages apps',
  ],
  options: CREATE_OPTIONS,
  load: async () => (await import('./kit-create.run.js')).create,
});

export const kitVerifyCommand = defineCommand({
  name: 'kit verify',
  summary: 'say whether a transfer kit is whole and whose it is, and which part is not',
  description:
    'Reads all of it, on whatever it lies; nothing is changed, and it may be read-only. Exit code 5 when a part is damaged,\n' +
    'missing, there twice or not part of it, or when its key is not trusted here.',
  examples: ['sandstorm-airgap kit verify /media/usb/kit', 'sandstorm-airgap kit verify kit.tar --json'],
  options: VERIFY_OPTIONS,
  load: async () => (await import('./kit.run.js')).verify,
});

export const kitRequestCommand = defineCommand({
  name: 'kit request',
  summary: 'write down what this server has, so that a kit can be made of what it lacks',
  description:
    'Installed build, packages of the app index, what was received, free space, and which keys are trusted. No names of\n' +
    'people and no addresses are in it.',
  examples: ['sandstorm-airgap kit request /media/usb/server.request --index /srv/app-index'],
  options: REQUEST_OPTIONS,
  load: async () => (await import('./kit.run.js')).request,
});

export const kitReceiveCommand = defineCommand({
  name: 'kit receive',
  summary: 'take a transfer kit in: files to their place, packages to the app index, a receipt',
  description:
    'Everything is checked while it is copied, and nothing counts before all of it was right. Cut off, the same command\n' +
    'brings it to its end; a second run changes nothing. Older kits, strangers and differences to something else are refused.',
  examples: [
    'sandstorm-airgap kit receive /media/usb/kit --dry-run',
    'sandstorm-airgap kit receive /media/usb/kit --index /srv/app-index',
  ],
  options: RECEIVE_OPTIONS,
  load: async () => (await import('./kit.run.js')).receive,
});

export const kitPruneCommand = defineCommand({
  name: 'kit prune',
  summary: 'remove the files of kits that were taken in, but for the newest',
  description:
    'Receipts stay, and with them what is known of older kits. Packages that went to an app index stay there. Refused while\n' +
    'an operation is pending, which may need the release of one of them.',
  examples: ['sandstorm-airgap kit prune --keep 2 --dry-run'],
  options: KIT_PRUNE_OPTIONS,
  load: async () => (await import('./kit.run.js')).prune,
});

function parseRelease(value: string, what: string, cwd: string): ReleaseWish {
  if (value === 'none') return { kind: 'none' };
  if (value === 'latest') return { kind: 'newest' };
  if (/^[1-9]\d{0,8}$/.test(value)) return { kind: 'build', build: Number(value) };
  return { kind: 'file', path: path('', '').parse(value, what, cwd) };
}

function parseDays(value: string, what: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw badValue(what, value, 'a number of days');
  return Number(value);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const LEAST_PART = 64 * 1024;

function parseSize(value: string, what: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,10})([KMG]?)$/i.exec(value) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toUpperCase()] ?? NaN);
  // FAT32 counts a file's bytes in 32 bits.
  if (digits === '' || bytes < LEAST_PART || bytes >= 2 ** 32)
    throw badValue(what, value, 'a size from 64K to less than 4G');
  return bytes;
}

function parseChannel(value: string, what: string): string {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(value)) throw badValue(what, value, 'the name of a channel');
  return value;
}

function parseTries(value: string, what: string): number {
  if (!/^[1-9]\d?$/.test(value)) throw badValue(what, value, 'a whole number from 1 to 99');
  return Number(value);
}
