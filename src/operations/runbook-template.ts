import { join } from 'node:path';
import type { Template } from '../runbook/render.js';
import { RUNBOOK_TEMPLATES, type RunbookName } from '../runbook/templates.js';
import type { Host } from '../system/host.js';

/** The house's own template of that page, where its folder has one; else ours. @throws Refusal E_IO */
export async function runbookTemplate(
  name: RunbookName,
  dir: string | undefined,
  { files }: Pick<Host, 'files'>,
): Promise<Template> {
  const own = dir === undefined ? undefined : join(dir, `${name}.md`);
  const text = own === undefined ? undefined : await files.readText(own);
  return own === undefined || text === undefined
    ? { from: `the built-in template ${name}.md`, text: RUNBOOK_TEMPLATES[name] }
    : { from: own, text };
}
