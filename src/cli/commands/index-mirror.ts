import { parseIndexUrl } from '../../app-index/mirror/source.js';
import { badValue } from '../../errors.js';
import { defineCommand } from '../command.js';
import { formed, on, positionalPath, seconds, several, type OptionSpec } from '../option.js';
import { parseKeep } from '../option-sets.js';

const url: OptionSpec<string> = {
  flags: '[url]',
  description: 'address of the index to be mirrored: https://app-index.sandstorm.io',
  kind: 'positional',
  parse: parseIndexUrl,
};

export const MIRROR_OPTIONS = {
  url,
  dir: positionalPath('dir', 'folder of the mirror'),
  mirrorApps: several('--app <app-id>', 'only this app; may be repeated (default: all)'),
  mirrorCategories: several('--category <title>', 'only apps of this category; may be repeated'),
  latestOnly: on(
    '--latest-only',
    'remove packages once a newer one of their app is there (default: they stay)',
  ),
  allowOlder: on('--allow-older', 'take an index that goes back in time'),
  allowRedirectHost: several(
    '--allow-redirect-host <host[:port]>',
    'follow redirects there too; may be repeated',
  ),
  connections: formed('--connections <n>', 'files fetched at a time (default 8)', wholeNumber(1, 64)),
  patience: seconds('--timeout <seconds>', 'give up on a server that sends nothing for so long (default 30)'),
  minRate: formed('--min-rate <bytes>', 'or less than so much a second (default 1000)', wholeNumber(0, 1e9)),
  tries: formed('--tries <n>', 'how often a file is tried, with pauses (default 5)', wholeNumber(1, 100)),
  keepGenerations: formed(
    '--keep <n>',
    'how many publications stay, the latest among them (default 3)',
    parseKeep,
  ),
};

export const indexMirrorCommand = defineCommand({
  name: 'index mirror',
  summary: 'fetch an app index, or a part of it, and publish it from a folder',
  description:
    'For a machine with internet: fetches what is new, checks each package and picture against its id, and publishes\n' +
    'what is whole. Cut off, the next run goes on in the middle of a file. An index that goes back in time is refused.\n' +
    'Only that server is asked, through https_proxy if it is set. Exit code 5 or 7 when something could not be had.',
  examples: [
    'sandstorm-airgap index mirror https://app-index.sandstorm.io /srv/app-index --dry-run',
    'sandstorm-airgap index mirror https://app-index.sandstorm.io /srv/app-index --category Office',
  ],
  options: MIRROR_OPTIONS,
  load: async () => (await import('./index-mirror.run.js')).mirror,
});

function wholeNumber(least: number, most: number): (value: string, what: string) => number {
  return (value, what) => {
    const number = Number(value);
    if (!/^\d{1,10}$/.test(value) || number < least || number > most) {
      throw badValue(what, value, `a whole number from ${String(least)} to ${String(most)}`);
    }
    return number;
  };
}
