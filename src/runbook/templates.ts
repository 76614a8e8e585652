import install from '../../templates/runbook/install.md?raw';
import kit from '../../templates/runbook/kit.md?raw';
import record from '../../templates/runbook/record.md?raw';
import recover from '../../templates/runbook/recover.md?raw';
import update from '../../templates/runbook/update.md?raw';

/** Mustache over Markdown; a house may have its own, under the same names with .md at their end. */
export const RUNBOOK_TEMPLATES = { install, update, recover, record, kit } as const;

export type RunbookName = keyof typeof RUNBOOK_TEMPLATES;
