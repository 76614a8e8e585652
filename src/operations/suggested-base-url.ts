import { parseBaseUrl } from '../server/addresses.js';
import type { Host } from '../system/host.js';

/** An address made of the name under which this machine knows itself; only ever a suggestion. */
export async function suggestedBaseUrl(host: Host): Promise<string | undefined> {
  const named = await host.commands.run('hostname', ['-f'], { timeoutMs: 5000 });
  const name = named.stdout.trim();
  if (named.exitCode !== 0 || !name.includes('.')) return undefined;
  try {
    const url = parseBaseUrl(`http://${name}:6080`);
    return url.isAddress ? undefined : url.text;
  } catch {
    return undefined;
  }
}
