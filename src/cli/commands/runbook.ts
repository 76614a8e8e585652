import { defineCommand } from '../command.js';
import { choice, path, positional, positionalPath, several } from '../option.js';
import { ADDRESS_OPTIONS, DNS_OPTIONS, PORT_OPTIONS, PROOF_OPTIONS, WAIVE_OPTIONS } from '../option-sets.js';

const PAGE_OPTIONS = {
  output: path('--output <file>', 'write it there, whole or not at all (default: standard output)'),
  format: choice(
    '--format <format>',
    "markdown, html, or pdf where a browser or weasyprint is (default: by the file's name, else markdown)",
    ['markdown', 'html', 'pdf'],
  ),
  templates: path('--templates <dir>', "take the house's own templates from there, where it has one"),
};

const tell = several('--tell <who>', 'whom to tell: "Ann, on call, 555-0100"; may be repeated');
const tarball = path(
  '--tarball <file>',
  'release tarball, a folder to take the newest from, or a transfer kit',
);

/** What the operation is told too when it is typed, and preflight as well. */
export const INSTALL_CHECK_OPTIONS = {
  ...ADDRESS_OPTIONS,
  ...DNS_OPTIONS,
  ...PORT_OPTIONS,
  ...WAIVE_OPTIONS,
};
export const UPDATE_CHECK_OPTIONS = { ...DNS_OPTIONS, ...WAIVE_OPTIONS };

export const INSTALL_PAGE_OPTIONS = {
  tarball,
  ...INSTALL_CHECK_OPTIONS,
  tell: { ...tell, parse: (value: string) => [value] },
  ...PAGE_OPTIONS,
};

export const UPDATE_PAGE_OPTIONS = {
  tarball,
  allowUnsigned: PROOF_OPTIONS.allowUnsigned,
  ...UPDATE_CHECK_OPTIONS,
  tell: INSTALL_PAGE_OPTIONS.tell,
  ...PAGE_OPTIONS,
};

export const RECOVER_PAGE_OPTIONS = { tell: INSTALL_PAGE_OPTIONS.tell, ...PAGE_OPTIONS };

export const RECORD_OPTIONS = {
  run: positional('run', 'its id (default: the last one)'),
  ...PAGE_OPTIONS,
};

export const TEMPLATES_OPTIONS = { dir: positionalPath('dir', 'a folder; what is in it is left alone') };

export const runbookInstallCommand = defineCommand({
  name: 'runbook install',
  summary: 'make the page to follow for installing on this very machine',
  description: 'Reads the tarball, runs the checks, and writes their results into the page. Changes nothing.',
  examples: [
    'sandstorm-airgap runbook install --tarball /media/usb --base-url http://sandstorm.corp.lan:6080 \\',
    "    --wildcard-host '*.sandstorm.corp.lan:6080' --output install.html",
  ],
  options: INSTALL_PAGE_OPTIONS,
  load: async () => (await import('./runbook.run.js')).installPage,
});

export const runbookUpdateCommand = defineCommand({
  name: 'runbook update',
  summary: 'make the page to follow for updating this very server',
  description:
    'Plans the update as --dry-run does and writes it down with the commands, what one should see, where to decide,\nhow to go back and whom to tell. Changes nothing. Checks that fail stand on the page.',
  examples: [
    "sandstorm-airgap runbook update --tarball /media/usb --tell 'Ann, on call, 555-0100' --output update.html",
    'sandstorm-airgap runbook update --tarball sandstorm-309.tar.xz --templates /etc/sandstorm-airgap/runbook',
    'sandstorm-airgap runbook update --tarball /media/usb/kit --output update.pdf',
  ],
  options: UPDATE_PAGE_OPTIONS,
  load: async () => (await import('./runbook.run.js')).updatePage,
});

export const runbookRecoverCommand = defineCommand({
  name: 'runbook recover',
  summary: 'make the page to have at hand when this server is in trouble',
  description: 'Print it before it is needed: the values of this server stand on it.',
  examples: ['sandstorm-airgap runbook recover', 'sandstorm-airgap runbook recover --output recover.html'],
  options: RECOVER_PAGE_OPTIONS,
  load: async () => (await import('./runbook.run.js')).recoverPage,
});

export const runbookRecordCommand = defineCommand({
  name: 'runbook record',
  summary: 'write down what really happened in a run, from its journal',
  examples: [
    'sandstorm-airgap runbook record --output record.html',
    'sandstorm-airgap runbook record 2026-11-22T021300123Z-update',
  ],
  options: RECORD_OPTIONS,
  load: async () => (await import('./runbook.run.js')).recordPage,
});

export const runbookTemplatesCommand = defineCommand({
  name: 'runbook templates',
  summary: "write out the built-in templates, to make the house's own of them",
  description: 'Mustache over Markdown. A name that does not exist is refused when a page is made.',
  examples: ['sandstorm-airgap runbook templates /etc/sandstorm-airgap/runbook'],
  options: TEMPLATES_OPTIONS,
  load: async () => (await import('./runbook.run.js')).writeTemplates,
});
