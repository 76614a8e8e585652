import { defineCommand } from '../command.js';
import { on, path, positionalPath } from '../option.js';

export const EXPORT_OPTIONS = {
  collectionsDir: positionalPath('dir', 'folder for collections, as in ANSIBLE_COLLECTIONS_PATH'),
  collectionTarball: path(
    '--tarball <file>',
    'write a tarball for `ansible-galaxy collection install` there, or into this folder',
  ),
  forceExport: on('--force', 'move aside what somebody has changed, and write it anew'),
};

export const ansibleExportCommand = defineCommand({
  name: 'ansible export',
  summary: 'write out the Ansible collection sandstorm.airgap',
  description:
    'Modules, a role and playbooks for many servers, for the ansible of Debian 12 and later. Into DIR as\n' +
    'ansible_collections/sandstorm/airgap, which ansible finds in a folder `collections` beside a playbook; or as a\n' +
    'tarball, the same to the byte wherever it is made. A second run changes nothing, a newer tool replaces what an\n' +
    'older one wrote, and what somebody has changed is not written over.',
  examples: [
    'sandstorm-airgap ansible export collections',
    'sandstorm-airgap ansible export --tarball sandstorm-airgap-1.0.0.tar.gz',
  ],
  options: EXPORT_OPTIONS,
  load: async () => (await import('./ansible.run.js')).exportAnsible,
});
