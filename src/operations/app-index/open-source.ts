import type { Source } from '../../app-index/mirror/source.js';
import type { Host } from '../../system/host.js';

/** How an index elsewhere is asked. */
export interface Approach {
  /** As parseIndexUrl gives it. */
  readonly url: string;
  readonly connections: number;
  readonly patienceMs: number;
  /** Bytes a second. */
  readonly minRate: number;
  readonly attempts: number;
  readonly allowedHosts: readonly string[];
}

export async function openSource(
  approach: Approach,
  host: Host,
): Promise<{ source: Source; close: () => void }> {
  const { url, connections, patienceMs, minRate, attempts, allowedHosts } = approach;
  const client = await host.web.client({ connections, env: host.env });
  const source: Source = {
    base: new URL(`${url}/`),
    client,
    redirects: { allowedHosts },
    retry: { attempts, random: Math.random },
    pace: { patienceMs, minRate },
    signal: host.interrupted,
  };
  return { source, close: client.close };
}
