import { join } from 'node:path';
import type { Host } from '../system/host.js';

/**
 * A fresh setup link: the one install.sh prints is minutes old by now and lives for 15. undefined-safe:
 * null when the command gives none (the server is installed all the same).
 */
export async function makeSetupLink(home: string, baseUrl: string, host: Host): Promise<string | null> {
  const made = await host.commands.run(join(home, 'sandstorm'), ['admin-token', '--quiet']);
  const token = made.stdout.trim();
  if (made.exitCode !== 0 || !/^[0-9A-Za-z_-]{8,}$/.test(token)) {
    host.log(`admin-token gave none: exit ${String(made.exitCode)} ${made.stderr.trim()}`);
    return null;
  }
  host.log.hide(token);
  return `${baseUrl}/setup/token/${token}`;
}
