import { APP_ID, PACKAGE_ID } from '../../app-index/layout.js';
import { parseBaseUrl } from '../../server/addresses.js';
import { badValue } from '../../errors.js';
import { defineCommand } from '../command.js';
import {
  formed,
  on,
  positional,
  positionalPath,
  positionalPaths,
  several,
  text,
  type OptionSpec,
} from '../option.js';
import { parseKeep } from '../option-sets.js';

const dir = positionalPath('dir', 'folder of the app index');

const appId = id('app-id', 'the app, as `index list` shows it', (value) => APP_ID.test(value), 'an app id');
const packageId = id(
  'package-id',
  'the package, as `index list` shows it',
  (value) => PACKAGE_ID.test(value),
  'a package id',
);

export const INIT_OPTIONS = {
  dir,
  marketTitle: text('--title <text>', 'name of the market, as its pages show it (default "Apps")'),
  marketServer: {
    ...several(
      '--server <url>',
      'BASE_URL of a Sandstorm server into which the market installs; may be repeated',
    ),
    parse: (value: string, what: string) =>
      value.split(',').map((one) => parseBaseUrl(one.trim(), what).text),
  },
};
export const ADD_OPTIONS = {
  dir,
  packages: positionalPaths('file', 'app packages (SPK), or folders of them'),
};
export const REMOVE_OPTIONS = {
  dir,
  removedId: id(
    'id',
    'a package id, or an app id for all its packages',
    (value) => APP_ID.test(value) || PACKAGE_ID.test(value),
    'a package id or an app id',
  ),
};
export const BUILD_OPTIONS = {
  dir,
  keepGenerations: formed(
    '--keep <n>',
    'how many publications stay, the latest among them (default 3)',
    parseKeep,
  ),
  anew: on('--anew', 'publish anew even if nothing changed'),
};
export const ROLLBACK_OPTIONS = {
  dir,
  generation: formed('--to <n>', 'number of the publication (default: the one before)', parseGeneration),
};
const off = on('--off', 'take it back');
export const PIN_OPTIONS = { dir, appId, packageId, decideOff: off };
export const HIDE_OPTIONS = { dir, appId, decideOff: off };
export const DESCRIBE_OPTIONS = {
  dir,
  appId,
  shortDescription: positional('text', 'short description, instead of the own one of the package'),
  decideOff: off,
};
export const LIST_OPTIONS = { dir };
export const VERIFY_OPTIONS = {
  place: positional('dir-or-url', 'folder of the app index, or the address under which it is published'),
};

export const indexInitCommand = defineCommand({
  name: 'index init',
  summary: 'make a folder for an offline app index and market',
  description:
    'The folder holds the packages, what the house decides about them, and what is published. A web server\n' +
    'is to show DIR/public and nothing else of it.',
  examples: [
    "sandstorm-airgap index init /srv/app-index --title 'Apps of the house' --server http://sandstorm.corp.lan:6080",
  ],
  options: INIT_OPTIONS,
  load: async () => (await import('./app-index.run.js')).init,
});

export const indexAddCommand = defineCommand({
  name: 'index add',
  summary: 'take app packages into the index, each proven to its last byte',
  description:
    'A package is copied, and the copy is read whole: format, hashes, signature. What is in already stays as it\n' +
    'is; older versions of an app stay too. One that is not genuine is told of and left out, the others come in,\n' +
    'and the exit code is 5. Nothing is published before `index build`.',
  examples: [
    'sandstorm-airgap index add /srv/app-index /media/usb/*.spk',
    'sandstorm-airgap index add /srv/app-index /media/usb/apps --json',
  ],
  options: ADD_OPTIONS,
  load: async () => (await import('./app-index.run.js')).add,
});

export const indexRemoveCommand = defineCommand({
  name: 'index remove',
  summary: 'take a package, or a whole app, out of the index',
  description: 'It stays published until `index build`. Servers that have installed it keep it.',
  examples: ['sandstorm-airgap index remove /srv/app-index e4a720632c8f9a76b6c1344ee2d7667a'],
  options: REMOVE_OPTIONS,
  load: async () => (await import('./app-index.run.js')).remove,
});

export const indexBuildCommand = defineCommand({
  name: 'index build',
  summary: 'publish index and market, whole and at once',
  description:
    'Makes a new publication beside the one in force and moves one link when all of it is on the disk. Whoever\n' +
    'asks meanwhile, and whoever comes after a power cut, gets the old one or the new one. When nothing has\n' +
    'changed, nothing is made. `index rollback` puts an earlier one into force again.',
  examples: [
    'sandstorm-airgap index build /srv/app-index',
    'sandstorm-airgap index build /srv/app-index --keep 5 --json',
  ],
  options: BUILD_OPTIONS,
  load: async () => (await import('./app-index-publish.run.js')).build,
});

export const indexRollbackCommand = defineCommand({
  name: 'index rollback',
  summary: 'put an earlier publication into force again',
  description:
    'Until the next `index build`, which publishes what is in the index then. Servers do not go back to older\n' +
    'versions of an app by it; they only stop at those they have.',
  examples: [
    'sandstorm-airgap index rollback /srv/app-index',
    'sandstorm-airgap index rollback /srv/app-index --to 4',
  ],
  options: ROLLBACK_OPTIONS,
  load: async () => (await import('./app-index-publish.run.js')).rollback,
});

export const indexPinCommand = defineCommand({
  name: 'index pin',
  summary: 'approve one version of an app: no other is offered, however new',
  description:
    'From the next `index build` on. Without the pin the package with the highest version number is.',
  examples: [
    'sandstorm-airgap index pin /srv/app-index 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h e4a720632c8f9a76b6c1344ee2d7667a',
    'sandstorm-airgap index pin /srv/app-index 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h --off',
  ],
  options: PIN_OPTIONS,
  load: async () => (await import('./app-index-decide.run.js')).pin,
});

export const indexHideCommand = defineCommand({
  name: 'index hide',
  summary: 'offer an app no longer: neither in the market nor as an update',
  description:
    'From the next `index build` on. Its packages can still be fetched by their id; `index remove` ends that too.',
  examples: [
    'sandstorm-airgap index hide /srv/app-index 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h',
    'sandstorm-airgap index hide /srv/app-index 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h --off',
  ],
  options: HIDE_OPTIONS,
  load: async () => (await import('./app-index-decide.run.js')).hide,
});

export const indexDescribeCommand = defineCommand({
  name: 'index describe',
  summary: "give an app a short description of the house's own",
  examples: [
    "sandstorm-airgap index describe /srv/app-index 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h 'Notes for the rig'",
    'sandstorm-airgap index describe /srv/app-index 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h --off',
  ],
  options: DESCRIBE_OPTIONS,
  load: async () => (await import('./app-index-decide.run.js')).describe,
});

export const indexListCommand = defineCommand({
  name: 'index list',
  summary: 'show what is in the index, and what of it is published',
  examples: [
    'sandstorm-airgap index list /srv/app-index',
    'sandstorm-airgap index list /srv/app-index --json',
  ],
  options: LIST_OPTIONS,
  load: async () => (await import('./app-index-decide.run.js')).list,
});

export const indexVerifyCommand = defineCommand({
  name: 'index verify',
  summary: 'prove that an index is whole, and that Sandstorm could fetch it',
  description:
    'Of a folder: every package in the store with its signature, every file that is published. Of an address: the\n' +
    'same as Sandstorm would fetch it; whether it would, as it refuses private addresses at first; whether it\n' +
    'would trust the certificate; and what to enter in its admin pages. Run that on the Sandstorm server itself.\n' +
    'Exit code 5 when files are wrong, 3 when Sandstorm could not fetch them. Nothing is changed.',
  examples: [
    'sandstorm-airgap index verify /srv/app-index',
    'sandstorm-airgap index verify http://apps.corp.lan --json',
  ],
  options: VERIFY_OPTIONS,
  load: async () => (await import('./app-index-verify.run.js')).verify,
});

function id(
  name: string,
  description: string,
  fits: (value: string) => boolean,
  expected: string,
): OptionSpec<string> {
  return {
    flags: `[${name}]`,
    description,
    kind: 'positional',
    parse: (value, what) => {
      if (!fits(value)) throw badValue(what, value, expected);
      return value;
    },
  };
}

function parseGeneration(value: string, what: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw badValue(what, value, 'a number from 1 on');
  return Number(value);
}
