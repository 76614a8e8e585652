import type { Ports } from './check.js';

export type PortUse = 'http' | 'https' | 'mongo' | 'smtp';

export interface PlannedPort {
  readonly use: PortUse;
  readonly port: number;
  /** Address it will listen on. */
  readonly bind: string;
}

interface PortUseWords {
  /** Flag of `install`. */
  readonly flag: string;
  /** Key of sandstorm.conf. */
  readonly key: string;
  /** Where to look for another one when the planned one is taken. */
  readonly startAt: number;
}

export const PORT_USES: Record<PortUse, PortUseWords> = {
  http: { flag: '--port', key: 'PORT', startAt: 6080 },
  https: { flag: '--https-port', key: 'HTTPS_PORT', startAt: 6443 },
  mongo: { flag: '--mongo-port', key: 'MONGO_PORT', startAt: 6081 },
  smtp: { flag: '--smtp-port', key: 'SMTP_LISTEN_PORT', startAt: 30025 },
};

/** Every port the server will listen on. The database is bound to loopback whatever BIND_IP says. */
export function plannedPorts(ports: Ports, bindIp = '0.0.0.0'): PlannedPort[] {
  return [
    ...ports.http.map((port): PlannedPort => ({ use: 'http', port, bind: bindIp })),
    ...(ports.https === undefined ? [] : [{ use: 'https' as const, port: ports.https, bind: bindIp }]),
    { use: 'mongo', port: ports.mongo, bind: '127.0.0.1' },
    { use: 'smtp', port: ports.smtp, bind: bindIp },
  ];
}

/** Ports that are planned for more than one use, or twice for one. */
export function sharedPorts(planned: readonly PlannedPort[]): { port: number; uses: PortUse[] }[] {
  const numbers = [...new Set(planned.map(({ port }) => port))];
  return numbers
    .map((port) => ({ port, uses: planned.filter((other) => other.port === port).map(({ use }) => use) }))
    .filter(({ uses }) => uses.length > 1);
}

/**
 * Whether a listener on `held` keeps others from listening on `wanted`, same port. A listener on :: is
 * taken to hold IPv4 as well: it does by default, and the kernel's table does not say.
 */
export function collides(held: string, wanted: string): boolean {
  if (held === wanted || held === '::' || wanted === '::') return true;
  const sameFamily = held.includes(':') === wanted.includes(':');
  return sameFamily && (held === '0.0.0.0' || wanted === '0.0.0.0');
}
