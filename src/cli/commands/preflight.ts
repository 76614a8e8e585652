import { defineCommand } from '../command.js';
import { choice, on, positionalPath, text } from '../option.js';
import { ADDRESS_OPTIONS, DNS_OPTIONS, LDAP_OPTIONS, PORT_OPTIONS, WAIVE_OPTIONS } from '../option-sets.js';

export const PREFLIGHT_OPTIONS = {
  tarball: positionalPath('tarball', 'release tarball that will be used; no folder'),
  phase: choice('--phase <phase>', 'install or update (default: update where there is a server)', [
    'install',
    'update',
  ]),
  ...ADDRESS_OPTIONS,
  ...DNS_OPTIONS,
  ...PORT_OPTIONS,
  serverUser: text('--server-user <name>', 'account the server will run under (default sandstorm)'),
  unprivileged: on('--unprivileged', 'for a server without root and without a service (install.sh -u)'),
  ...LDAP_OPTIONS,
  ...WAIVE_OPTIONS,
};

export const preflightCommand = defineCommand({
  name: 'preflight',
  summary: 'check whether this machine and its DNS are ready; changes nothing',
  description:
    'Runs every check and says what to mend. Exit code 3 when a check fails. With a tarball, the checks of disk and processor know what it really needs.',
  examples: [
    'sandstorm-airgap preflight --base-url http://sandstorm.corp.lan:6080 \\',
    "    --wildcard-host '*.sandstorm.corp.lan:6080'",
    'sandstorm-airgap preflight --phase update --resolver 10.0.0.2 --resolver 10.0.0.3',
  ],
  options: PREFLIGHT_OPTIONS,
  load: async () => (await import('./preflight.run.js')).run,
});
