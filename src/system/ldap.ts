import type { Dns } from './host.js';
import type { Ldap } from './ldap/types.js';

/** Names through that resolver. The client itself is loaded at the first question: hardly any command has one. */
export function systemLdap(dns: Dns): Ldap {
  return { open: async (options) => (await import('./ldap/session.js')).openLdap(options, dns) };
}
