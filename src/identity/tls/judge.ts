import type { KeyObject, X509Certificate } from 'node:crypto';
import { fail, pass, warn, type CheckResult } from '../../preflight/check.js';
import { count, moment } from '../../words.js';
import { finding, type Finding } from '../finding.js';
import { commonName } from './chain.js';
import type { KeyFile } from './pem.js';
import { weakDigest } from './signature-algorithm.js';

const DAY = 86_400_000;
/** The least RSA that is taken everywhere; EC curves that browsers know. */
const LEAST_RSA = 2048;
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];
/** Apple's systems refuse longer ones, also from a CA that was added by hand (support.apple.com/103769). */
const LONGEST_DAYS = 825;

/** Validity of the whole chain. @param warnDays how long before its end is early enough */
export function judgeDates(chain: readonly X509Certificate[], now: Date, warnDays: number): Finding {
  return finding('tls.dates', dates(chain, now, warnDays));
}

function dates(chain: readonly X509Certificate[], now: Date, warnDays: number): CheckResult {
  for (const one of chain) {
    const [from, until] = [new Date(one.validFrom), new Date(one.validTo)];
    if (now < from) {
      return fail(`${commonName(one)} is valid only from ${moment(from)} on`, {
        fix: ["is this machine's clock right? timedatectl"],
      });
    }
    if (now >= until) {
      return fail(`${commonName(one)} expired on ${moment(until)}`, {
        fix: ['let the CA sign it anew; the same request will do (sandstorm-airgap tls csr)'],
      });
    }
  }
  const first = chain.reduce((one, other) => (endOf(other) < endOf(one) ? other : one));
  const left = Math.floor((endOf(first) - now.getTime()) / DAY);
  const said = `${commonName(first)} expires in ${count(left, 'day')}, on ${moment(first.validTo)}`;
  const [leaf] = chain;
  if (left < warnDays) {
    return warn(said, {
      fix: ['Sandstorm reminds nobody of it; let the CA sign it anew and upload it at /admin/certificates'],
    });
  }
  const days = leaf === undefined ? 0 : (endOf(leaf) - Date.parse(leaf.validFrom)) / DAY;
  if (days > LONGEST_DAYS) {
    return warn([said, `it is valid for ${Math.round(days)} days: Apple's systems refuse more than 825`], {
      fix: ['let the CA sign it for two years at most'],
    });
  }
  return pass(said);
}

function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

/** Keys and digests that browsers or Sandstorm do not take. */
export function judgeStrength(chain: readonly X509Certificate[]): Finding {
  const weak = chain.flatMap((one) => {
    const key = weakKey(one.publicKey);
    const digest = isRootLike(one) ? undefined : weakDigest(one.raw);
    return [
      ...(key === undefined ? [] : [`${commonName(one)}: ${key}`]),
      ...(digest === undefined
        ? []
        : [`${commonName(one)} is signed with ${digest}, which no browser takes`]),
    ];
  });
  if (weak.length > 0) {
    return finding(
      'tls.strength',
      fail(weak, { fix: ['let the CA sign with SHA-256, an RSA key of 2048 bits or more'] }),
    );
  }
  const [leaf] = chain;
  if (leaf?.publicKey.asymmetricKeyType === 'ec') {
    const line =
      'an elliptic key: https works, but the page /admin/certificates cannot read its date (RSA only)';
    return finding(
      'tls.strength',
      warn(line, { fix: ['an RSA key shows it (sandstorm-airgap tls csr makes one)'] }),
    );
  }
  return finding('tls.strength', pass(leaf === undefined ? '' : describeKey(leaf.publicKey)));
}

/** The signature of a root is looked at by nobody: it is trusted for itself. */
function isRootLike(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}

function weakKey(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    return bits < LEAST_RSA ? `its RSA key has ${bits} bits, and 2048 are the least` : undefined;
  }
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'unknown';
    return CURVES.includes(curve) ? undefined : `browsers do not know its curve ${curve}`;
  }
  return `browsers do not take keys of type ${type ?? 'unknown'}`;
}

function describeKey({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): string {
  const size = details?.modulusLength ?? details?.namedCurve ?? '';
  return `${asymmetricKeyType ?? ''} ${size}`.trim();
}

/** What it may be used for: id-kp-serverAuth, where it says anything at all. */
export function judgeUsage(leaf: X509Certificate): Finding {
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (leaf.ca) {
    return finding(
      'tls.usage',
      warn('it is a CA certificate: whoever has its key can make certificates for anything'),
    );
  }
  if (usages !== undefined && usages.length > 0 && !usages.includes('1.3.6.1.5.5.7.3.1')) {
    const line = 'it is not for servers (extendedKeyUsage lacks serverAuth)';
    return finding('tls.usage', fail(line, { fix: ['ask the CA for a web server certificate'] }));
  }
  return finding('tls.usage', pass('for servers'));
}

/** Whether the key belongs to the first certificate, and the gateway can open it. */
export function judgeKey(leaf: X509Certificate, key: KeyFile, others: readonly X509Certificate[]): Finding {
  if (key.kind === 'locked') {
    const line = key.triedPassword
      ? 'the key is encrypted, and PRIVATE_KEY_PASSWORD of sandstorm.conf does not open it'
      : 'the key is encrypted, and there is no PRIVATE_KEY_PASSWORD in sandstorm.conf';
    return finding(
      'tls.key',
      fail(line, {
        fix: [
          'openssl pkey -in KEY -out PLAIN-KEY takes the password off',
          'or: sandstorm-airgap config set PRIVATE_KEY_PASSWORD --value-file FILE',
        ],
      }),
    );
  }
  if (leaf.checkPrivateKey(key.key)) return finding('tls.key', pass('belongs to the certificate'));
  const other = others.find((one) => one.checkPrivateKey(key.key));
  const line =
    other === undefined
      ? 'the key belongs to another certificate'
      : `the key belongs to ${commonName(other)}, which is not the first in the file`;
  return finding(
    'tls.key',
    fail(line, {
      fix: [
        other === undefined
          ? 'take the key that the request was made with'
          : 'put that certificate first, then the CA that signed it',
      ],
    }),
  );
}
