import type { Check, CheckResult, Subject } from '../../src/preflight/check.js';
import type { Host } from '../../src/system/host.js';

/** A planned installation into /opt/sandstorm, unless told otherwise. */
export function subject(overrides: Partial<Subject> = {}): Subject {
  return {
    phase: 'install',
    home: '/opt/sandstorm',
    resolvers: [],
    unprivileged: false,
    stagingDir: '/var/lib/sandstorm-airgap/staging',
    ...overrides,
  };
}

export function runCheck(check: Check, host: Host, about: Partial<Subject> = {}): Promise<CheckResult> {
  return check.run({ host, subject: subject(about) });
}

/** A result as people read it: status and lines, then each line of the fix. */
export function shown({ status, lines, fix = [] }: CheckResult): string[] {
  return [`${status}: ${lines.join('; ')}`, ...fix.map((line) => `fix: ${line}`)];
}
