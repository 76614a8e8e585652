import apps from '../../templates/explain/apps.md?raw';
import change from '../../templates/explain/change.md?raw';
import checks from '../../templates/explain/checks.md?raw';
import general from '../../templates/explain/general.md?raw';
import identity from '../../templates/explain/identity.md?raw';
import kit from '../../templates/explain/kit.md?raw';
import release from '../../templates/explain/release.md?raw';
import schedule from '../../templates/explain/schedule.md?raw';
import server from '../../templates/explain/server.md?raw';

/** Pages about error codes and checks; see parsePages. Only `explain` loads them. */
export const EXPLAIN_TEXTS: readonly string[] = [
  general,
  server,
  release,
  kit,
  change,
  schedule,
  identity,
  apps,
  checks,
];
