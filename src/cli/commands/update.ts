import { defineCommand } from '../command.js';
import { positionalPath } from '../option.js';
import {
  DNS_OPTIONS,
  FORCE_OPTIONS,
  PATIENCE_OPTIONS,
  PROOF_OPTIONS,
  WAY_BACK_OPTIONS,
  WAIVE_OPTIONS,
} from '../option-sets.js';

export const UPDATE_OPTIONS = {
  tarball: positionalPath('tarball', 'release tarball, a folder to take the newest from, or a transfer kit'),
  ...PROOF_OPTIONS,
  ...FORCE_OPTIONS,
  ...WAY_BACK_OPTIONS,
  ...DNS_OPTIONS,
  ...WAIVE_OPTIONS,
  ...PATIENCE_OPTIONS,
};

export const updateCommand = defineCommand({
  name: 'update',
  summary: 'bring the server to a newer build from a local tarball, and see it healthy',
  description:
    'Reads the tarball to its last byte and proves it genuine by the signatures beside it (TARBALL.update-sig, TARBALL.sig), checks, shows the plan, turns updates off if they are on, runs sandstorm update and waits until the new build is seen to be well. From a folder it takes the newest build.',
  examples: [
    'sandstorm-airgap update sandstorm-309.tar.xz',
    'sandstorm-airgap update /media/usb --dry-run',
    'sandstorm-airgap update /srv/drop --yes --json',
  ],
  options: UPDATE_OPTIONS,
  load: async () => (await import('./update.run.js')).run,
});
