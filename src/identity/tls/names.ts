import type { X509Certificate } from 'node:crypto';
import { fail, pass, skip } from '../../preflight/check.js';
import { nameFor, starName, type BaseUrl, type WildcardHost } from '../../server/addresses.js';
import { finding, type Finding } from '../finding.js';

/*
 * Browsers (RFC 6125, CA/Browser Forum): only subjectAltName counts, the common name does not; a star stands for one
 * whole label, the leftmost one, never for a part of a label, and at least two labels follow it.
 */

/** What has to stand in subjectAltName. */
export interface NeededNames {
  readonly base: string;
  readonly isAddress: boolean;
  /** "*.sandstorm.corp.lan"; undefined where no entry can cover the pattern. */
  readonly wildcard: string | undefined;
  /** The entry covers more names than the pattern: `ss-*.corp.lan` needs `*.corp.lan`. */
  readonly wider: boolean;
}

export function neededNames(base: BaseUrl, pattern: WildcardHost | undefined): NeededNames {
  return {
    base: base.host,
    isAddress: base.isAddress,
    wildcard: pattern && wildcardEntry(pattern),
    wider: pattern !== undefined && wildcardEntry(pattern) !== starName(pattern),
  };
}

/** undefined when the star is not in the first label, or too few labels follow. */
function wildcardEntry({ before, after }: WildcardHost): string | undefined {
  if (before.includes('.')) return undefined;
  const parent = after.slice(after.indexOf('.') + 1);
  return parent.includes('.') ? `*.${parent}` : undefined;
}

/** Whether a browser takes the certificate for that name. */
export function covers(certificate: X509Certificate, name: string, isAddress = false): boolean {
  if (isAddress) return certificate.checkIP(name) !== undefined;
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
}

/** @param label random, as Sandstorm makes them */
export function judgeNames(
  certificate: X509Certificate,
  base: BaseUrl,
  pattern: WildcardHost | undefined,
  label: string,
): Finding[] {
  return [
    finding('tls.base-name', judgeBase(certificate, base)),
    finding('tls.wildcard-name', judgeWildcard(certificate, pattern, label)),
  ];
}

function judgeBase(certificate: X509Certificate, { host, isAddress }: BaseUrl) {
  if (covers(certificate, host, isAddress)) return pass(`${host}, among ${entries(certificate).join(', ')}`);
  const fix = [
    `let the CA put ${isAddress ? 'IP' : 'DNS'}:${host} into subjectAltName (sandstorm-airgap tls csr)`,
  ];
  if (entries(certificate).length === 0) {
    const common = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '?';
    return fail(`it has no subjectAltName, only the common name ${common}, which browsers do not look at`, {
      fix,
    });
  }
  return fail(`it is not for ${host}, only for ${entries(certificate).join(', ')}`, { fix });
}

function judgeWildcard(certificate: X509Certificate, pattern: WildcardHost | undefined, label: string) {
  if (pattern === undefined) return skip('no WILDCARD_HOST is known');
  const star = starName(pattern);
  const entry = wildcardEntry(pattern);
  if (entry === undefined) return impossible(pattern);
  const name = nameFor(pattern, label);
  if (covers(certificate, name)) {
    return pass(entry === star ? star : `${star}, by the wider ${entry}`);
  }
  const has = entries(certificate);
  if (entry !== star) {
    const written = has.includes(star) ? `${star} stands in it, but no browser takes` : 'no browser takes';
    return fail(`${written} a star that is a part of a label`, {
      fix: [
        `only DNS:${entry} covers it, with all other names there; or choose WILDCARD_HOST=*.sandstorm${pattern.after.slice(pattern.after.indexOf('.'))}`,
      ],
    });
  }
  const fix = [`let the CA put DNS:${entry} into subjectAltName (sandstorm-airgap tls csr)`];
  const higher = has.find((one) => one.startsWith('*.') && entry.endsWith(one.slice(1)) && one !== entry);
  if (higher !== undefined) {
    return fail(`${higher} does not cover ${name}: a star stands for one label, not for two`, { fix });
  }
  return fail(`it is not for ${star}: Sandstorm gives every session a host name of its own`, { fix });
}

function impossible(pattern: WildcardHost) {
  const inFirst = !pattern.before.includes('.');
  const why = inFirst
    ? 'browsers want at least two labels behind a star'
    : 'browsers take a star in the first label only';
  return fail(`no certificate can cover ${starName(pattern)}: ${why}`, {
    fix: ['choose a WILDCARD_HOST such as *.sandstorm.corp.lan'],
  });
}

/** DNS names and addresses in subjectAltName. */
export function entries({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .flatMap((one) => /^(?:DNS|IP Address):(.*)$/.exec(one)?.[1] ?? []);
}
