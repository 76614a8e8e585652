import type { HealthTarget } from '../server/health.js';
import type { InstallWish } from './install-plan.js';

/** How the wished server is asked whether it is well; by address where DNS was waived. Pure. */
export function installTarget(wish: InstallWish, release: string, waive: readonly string[]): HealthTarget {
  const { home, baseUrl, wildcardHost, bindIp, ports } = wish;
  const direct = { address: bindIp === '0.0.0.0' ? '127.0.0.1' : bindIp, port: ports.http[0] ?? 6080 };
  const waived = waive.some((id) => id.startsWith('dns.'));
  return { home, release, baseUrl, wildcardHost, ...(waived ? { directTo: direct } : {}) };
}
