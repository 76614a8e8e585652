import { defineCommand } from '../command.js';
import { path, positionalPath } from '../option.js';

export const VERIFY_OPTIONS = {
  tarball: positionalPath('tarball', 'the release to verify, its signatures beside it'),
  installScript: path(
    '--install-script <file>',
    "Sandstorm's install.sh: it carries the OpenPGP release key",
  ),
  keyFile: path('--key <file>', 'take the OpenPGP key from this file'),
};

export const releaseVerifyCommand = defineCommand({
  name: 'release verify',
  summary: 'prove that a tarball is whole, a release, and signed by Sandstorm',
  description:
    'Reads the tarball once: xz to its end, every entry, SHA-256, and the signatures beside it\n' +
    '(TARBALL.update-sig, ed25519; TARBALL.sig, OpenPGP). Exit code 5 unless a trusted key signed it.\n' +
    'Nothing is unpacked or changed.',
  examples: [
    'sandstorm-airgap release verify sandstorm-308.tar.xz',
    'sandstorm-airgap release verify sandstorm-308.tar.xz --install-script install.sh --json',
  ],
  options: VERIFY_OPTIONS,
  load: async () => (await import('./release.run.js')).verify,
});
