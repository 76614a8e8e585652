import { defineCommand } from '../command.js';
import { positionalPath } from '../option.js';

export const BUNDLE_OPTIONS = {
  file: positionalPath('file', 'archive to write: a new file that ends in .tar.gz', {
    question: 'Which file shall it be written to?',
  }),
};

export const supportBundleCommand = defineCommand({
  name: 'support-bundle',
  summary: 'gather what somebody needs who is to help, without any secret, in one archive',
  description:
    'Status, checks, journals of what was done, configuration, the ends of the logs, service and disks. Passwords,\n' +
    'tokens, keys, links that let somebody in and mail addresses are taken out; MANIFEST.json says what is inside, and\n' +
    'how often something was taken out of it. Look into it before you send it: no program knows every secret.',
  examples: [
    'sandstorm-airgap support-bundle --dry-run',
    'sandstorm-airgap support-bundle /root/sandstorm-support.tar.gz',
  ],
  options: BUNDLE_OPTIONS,
  load: async () => (await import('./support-bundle.run.js')).run,
});
