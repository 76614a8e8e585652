import { defineCommand } from '../command.js';
import { path, positionalPath, text } from '../option.js';
import {
  ADDRESS_OPTIONS,
  PATIENCE_OPTIONS,
  PORT_OPTIONS,
  PROOF_OPTIONS,
  WAIVE_OPTIONS,
} from '../option-sets.js';

export const REHEARSE_OPTIONS = {
  tarball: positionalPath(
    'tarball',
    'release tarball to install, or a folder; without one, stand-ins are played with',
  ),
  newerTarball: positionalPath('newer-tarball', 'release tarball to update to, or a folder'),
  installScript: path(
    '--install-script <file>',
    "Sandstorm's install.sh (default: install.sh beside the tarball)",
  ),
  ...PROOF_OPTIONS,
  ...ADDRESS_OPTIONS,
  ...PORT_OPTIONS,
  serverUser: text('--server-user <name>', 'account to run the server under (default sandstorm)'),
  ...WAIVE_OPTIONS,
  stableFor: PATIENCE_OPTIONS.stableFor,
  startTimeout: PATIENCE_OPTIONS.startTimeout,
};

export const rehearseCommand = defineCommand({
  name: 'rehearse',
  summary: 'the whole journey without changing anything on this machine',
  description:
    'Without files: installs and updates a stand-in for Sandstorm in a throw-away folder, with an embedded DNS server on loopback and tarballs made on the spot, through the very code that does it for real. As any user, in less than a minute.  With an install script and tarballs, as root: the same with those files, on a copy-on-write view of this machine with processes, network and names of its own. Either way nothing is left behind.',
  examples: [
    'sandstorm-airgap rehearse',
    'sandstorm-airgap rehearse sandstorm-308.tar.xz sandstorm-309.tar.xz --install-script install.sh \\',
    '    --base-url http://sandstorm.corp.lan:6080',
  ],
  options: REHEARSE_OPTIONS,
  load: async () => (await import('./rehearse.run.js')).run,
});
