import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether all programs are on PATH. When one is missing: an error if SANDSTORM_AIRGAP_REQUIRE_REAL is 1,
 * else a line that names it, so that a skip is never silent. `what` is the name of the skipped tests.
 */
export function requireReal(what: string, programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !onPath(program));
  if (missing.length === 0) return true;
  if (process.env.SANDSTORM_AIRGAP_REQUIRE_REAL === '1') {
    throw new Error(`${what} needs ${missing.join(', ')}, and SANDSTORM_AIRGAP_REQUIRE_REAL is set`);
  }
  for (const program of missing) console.warn(`real part missing: ${program}, skipped: ${what}`);
  return false;
}

function onPath(program: string): boolean {
  // Servers' programs lie in sbin, which is not on everybody's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
