import { defineCommand } from '../command.js';
import { on, path, positionalPath, text } from '../option.js';
import {
  ADDRESS_OPTIONS,
  DNS_OPTIONS,
  PATIENCE_OPTIONS,
  PORT_OPTIONS,
  PROOF_OPTIONS,
  WAIVE_OPTIONS,
} from '../option-sets.js';

export const INSTALL_OPTIONS = {
  tarball: positionalPath('tarball', 'release tarball, a folder to take the newest from, or a transfer kit'),
  installScript: path(
    '--install-script <file>',
    "Sandstorm's install.sh (default: install.sh beside the tarball)",
    {
      question: 'Where is install.sh?',
    },
  ),
  ...PROOF_OPTIONS,
  ...ADDRESS_OPTIONS,
  ...PORT_OPTIONS,
  serverUser: text(
    '--server-user <name>',
    'account to run the server under, made if missing (default sandstorm)',
  ),
  ...DNS_OPTIONS,
  ...WAIVE_OPTIONS,
  ...PATIENCE_OPTIONS,
  unprivileged: on(
    '--unprivileged',
    'install as this user, without root and without a service (install.sh -u)',
  ),
};

export const installCommand = defineCommand({
  name: 'install',
  summary: "install Sandstorm from a local tarball with Sandstorm's own install.sh",
  description:
    'Proves the tarball genuine by the signatures beside it (TARBALL.update-sig, TARBALL.sig), checks this machine and its DNS, shows the plan, runs install.sh, turns updates off, restarts the service and waits until the server is seen to be well. A second run finds nothing to do.',
  examples: [
    'sandstorm-airgap install sandstorm-308.tar.xz --install-script install.sh \\',
    "    --base-url http://sandstorm.corp.lan:6080 --wildcard-host '*.sandstorm.corp.lan:6080'",
    'sandstorm-airgap install /media/usb --answers site.ini --yes --json',
  ],
  options: INSTALL_OPTIONS,
  load: async () => (await import('./install.run.js')).run,
});
