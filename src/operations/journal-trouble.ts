import type { Host } from '../system/host.js';

/**
 * For `.catch` on the way back: a full disk is a reason to go back, and no reason to stop half way only
 * because the step cannot be written down.
 */
export function logged(host: Host): (error: unknown) => void {
  return (error) => host.log(`journal: ${error instanceof Error ? error.message : String(error)}`);
}
