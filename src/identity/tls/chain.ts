import type { X509Certificate } from 'node:crypto';
import { fail, pass, warn, type CheckResult } from '../../preflight/check.js';
import { finding, type Finding } from '../finding.js';

/** Whether `issuer` has signed it: names fit, and the signature does. */
function signed(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return signed(certificate, certificate);
}

/**
 * From the leaf up, through the file and the trusted ones. A client is sent the file only; what is missing there it
 * must have itself, and browsers have roots, no intermediates.
 * @param roots those of --ca; undefined when the browsers' are not known here
 */
export function judgeChain(
  file: readonly X509Certificate[],
  roots: readonly X509Certificate[] | undefined,
): Finding[] {
  const [leaf, ...rest] = file;
  if (leaf === undefined) return [];
  const path = [leaf];
  for (;;) {
    const last = path.at(-1) ?? leaf;
    const issuer = rest.find((one) => !path.includes(one) && signed(last, one));
    if (issuer === undefined) break;
    path.push(issuer);
  }
  return [
    finding('tls.chain', order(file, path, roots)),
    finding('tls.trust', trust(leaf, path.at(-1) ?? leaf, roots)),
  ];
}

function order(
  file: readonly X509Certificate[],
  path: readonly X509Certificate[],
  roots: readonly X509Certificate[] | undefined,
): CheckResult {
  const [leaf] = file;
  const fix = [`put them into the file in this order: ${path.map(commonName).join(', then ')}`];
  if (leaf?.ca === true && file.some((one) => !one.ca)) {
    const own = file.find((one) => !one.ca);
    return fail(`the file begins with the CA ${commonName(leaf)}, and a server takes the first for its own`, {
      fix: [`put the server's certificate first: ${own === undefined ? '' : commonName(own)}`],
    });
  }
  if (path.some((one, at) => file[at] !== one))
    return fail('the certificates are in the wrong order', { fix });
  const top = path.at(-1);
  if (top !== undefined && roots !== undefined && !anchored(top, roots) && !isSelfSigned(top)) {
    const issuer = named(top.issuer);
    return fail(
      `incomplete: the certificate of ${issuer}, which signed ${commonName(top)}, is not in the file`,
      {
        fix: [`append the certificate of ${issuer} (an intermediate CA) to the file`],
      },
    );
  }
  const strangers = file.length - path.length;
  if (strangers > 0) {
    return warn(`${strangers} of the certificates in the file belong to another chain`, {
      fix: ['leave them out'],
    });
  }
  return pass(path.map(commonName).join(' <- '));
}

function trust(
  leaf: X509Certificate,
  top: X509Certificate,
  roots: readonly X509Certificate[] | undefined,
): CheckResult {
  if (
    isSelfSigned(leaf) &&
    roots?.some(({ fingerprint256 }) => fingerprint256 === leaf.fingerprint256) !== true
  ) {
    return fail('it is signed by nobody but itself: no browser trusts it', {
      fix: ['let the house CA sign a request (sandstorm-airgap tls csr)'],
    });
  }
  const above = isSelfSigned(top) ? commonName(top) : named(top.issuer);
  if (roots === undefined) {
    return warn(`browsers must know the CA ${above}; whether they do cannot be seen here`, {
      fix: ['give its certificate with --ca FILE to have the chain checked to its end'],
    });
  }
  if (anchored(top, roots)) return pass(`${above}, from --ca`);
  return fail(`it does not lead to a CA of --ca: ${above} is not among ${roots.map(commonName).join(', ')}`, {
    fix: ['give the certificate of the root CA that browsers have; or let that CA sign'],
  });
}

function anchored(top: X509Certificate, roots: readonly X509Certificate[]): boolean {
  return roots.some((root) => root.fingerprint256 === top.fingerprint256 || signed(top, root));
}

export function commonName({ subject }: X509Certificate): string {
  return named(subject);
}

/** What is short to say of a distinguished name (a line for each part). */
function named(name: string): string {
  return /^CN=(.*)$/m.exec(name)?.[1] ?? name.replaceAll('\n', ', ');
}
