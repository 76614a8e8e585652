import { editConf, lintConfFile, planConfEdit, readConf, type ConfEdit } from '../config/conf-file.js';
import type { LintFinding } from '../config/lint.js';
import { withLock } from '../journal/lock.js';
import type { Host } from '../system/host.js';
import { backupTo } from './conf-edits.js';

export interface ConfigChange {
  readonly changed: boolean;
  /** What would change, in a dry run: what changed, otherwise. Secrets are left out. */
  readonly diff: string;
  readonly backup: string | null;
  /** What lint says of the file afterwards. */
  readonly findings: readonly LintFinding[];
}

/** Changes sandstorm.conf under the lock; the server reads it at its next start. */
export async function changeConfig(
  home: string,
  edits: readonly ConfEdit[],
  options: { readonly force: boolean; readonly dryRun: boolean },
  host: Host,
): Promise<ConfigChange> {
  const { force, dryRun } = options;
  if (dryRun) {
    const before = await readConf(home, host);
    const { changed, diff } = planConfEdit(before.text, edits, { force });
    return { changed, diff, backup: null, findings: lintConfFile(before, host) };
  }
  return withLock(home, 'config', host, async () => {
    const { changed, diff, backup } = await editConf(home, edits, host, { force, ...backupTo(home, host) });
    const findings = lintConfFile(await readConf(home, host), host);
    return { changed, diff, backup: backup ?? null, findings };
  });
}
