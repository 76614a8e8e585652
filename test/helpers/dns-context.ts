import type { CheckContext, Subject } from '../../src/preflight/check.js';
import type { Dns, Host } from '../../src/system/host.js';

/** What a DNS check sees: nothing of the Host but its DNS. Anything else it touched would throw. */
export function dnsContext(dns: Dns, subject: Partial<Subject>): CheckContext {
  return {
    host: { dns } as unknown as Host,
    subject: {
      phase: 'install',
      home: '/opt/sandstorm',
      baseUrl: 'http://sandstorm.corp.lan:6080',
      wildcardHost: '*.sandstorm.corp.lan:6080',
      resolvers: [],
      unprivileged: false,
      stagingDir: '/var/tmp',
      ...subject,
    },
  };
}
