import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { Refusal } from '../../errors.js';

/** Files of this kind have a few kB each. */
export const MOST_PEM_BYTES = 256 * 1024;
const MOST_CERTIFICATES = 20;

/** A file as it would be uploaded at /admin/certificates. */
export interface CertificateFile {
  /** Leaf first, as they stand in the file: servers send them in that order. */
  readonly certificates: readonly X509Certificate[];
  /** A private key stands in it as well. */
  readonly holdsKey: boolean;
}

/**
 * @throws Refusal E_TLS_FORMAT when it is no PEM, or no certificate is in it
 */
export function readCertificates(bytes: Buffer, what: string): CertificateFile {
  refuseBinary(bytes, what, 'certificate');
  const text = bytes.toString('utf8');
  const blocks = blocksOf(text).filter(({ label }) => /^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label));
  if (blocks.length === 0) {
    const isRequest = text.includes('CERTIFICATE REQUEST-----');
    throw notTaken(
      what,
      isRequest ? 'it is a request, not a certificate' : 'no certificate is in it',
      isRequest ? 'send it to the house CA; what comes back is the certificate' : PEM_NEEDED,
    );
  }
  if (blocks.length > MOST_CERTIFICATES)
    throw notTaken(what, `it has ${blocks.length} certificates`, PEM_NEEDED);
  return {
    certificates: blocks.map(({ body }, at) => parsed(body, what, at + 1)),
    holdsKey: text.includes('PRIVATE KEY-----'),
  };
}

export type KeyFile =
  | { readonly kind: 'key'; readonly key: KeyObject; readonly pem: string }
  /** Encrypted, and no or not the right password is at hand. */
  | { readonly kind: 'locked'; readonly triedPassword: boolean };

/**
 * @param password PRIVATE_KEY_PASSWORD of sandstorm.conf, with which the gateway opens it
 * @throws Refusal E_TLS_FORMAT
 */
export function readKey(bytes: Buffer, what: string, password: string | undefined): KeyFile {
  refuseBinary(bytes, what, 'private key');
  const pem = bytes.toString('utf8');
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) {
    throw notTaken(
      what,
      'no private key is in it',
      'the file begins with -----BEGIN PRIVATE KEY-----, or similar',
    );
  }
  const isLocked = /BEGIN ENCRYPTED PRIVATE KEY|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  if (isLocked && password === undefined) return { kind: 'locked', triedPassword: false };
  try {
    const key = createPrivateKey(isLocked ? { key: pem, passphrase: password ?? '' } : pem);
    return { kind: 'key', key, pem };
  } catch {
    if (isLocked) return { kind: 'locked', triedPassword: true };
    throw notTaken(what, 'its private key is damaged', 'copy it again from where it was made');
  }
}

export function toPem(certificate: X509Certificate): string {
  return certificate.toString();
}

interface Block {
  readonly label: string;
  readonly body: string;
}

/** By hand and in one pass: a pattern over the whole file takes quadratic time on one without ends. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let label: string | undefined;
  let body: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const begin = /^-----BEGIN ([A-Z0-9 ]{1,40})-----\s*$/.exec(line)?.[1];
    if (begin !== undefined) [label, body] = [begin, []];
    else if (label !== undefined && line.startsWith(`-----END ${label}-----`)) {
      blocks.push({ label, body: body.join('') });
      label = undefined;
    } else if (label !== undefined) body.push(line.trim());
  }
  return blocks;
}

function parsed(body: string, what: string, number: number): X509Certificate {
  try {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) throw new Error('no base64');
    return new X509Certificate(Buffer.from(body, 'base64'));
  } catch {
    throw notTaken(
      what,
      `its certificate number ${number} is damaged`,
      'copy it again from where it was made',
    );
  }
}

const PEM_NEEDED = 'Sandstorm takes PEM: text that begins with -----BEGIN CERTIFICATE-----';

/** What Windows exports: DER, or PKCS#12 with the key in it. Both begin with an ASN.1 sequence. */
function refuseBinary(bytes: Buffer, what: string, wanted: string): void {
  if (bytes[0] !== 0x30 || !bytes.subarray(0, 100).some((byte) => byte === 0 || byte > 0x7e)) return;
  const hint =
    wanted === 'certificate'
      ? `openssl x509 -inform der -in ${what} -out certificate.pem; for a .pfx or .p12: openssl pkcs12 -nodes -in ${what}`
      : `openssl pkey -inform der -in ${what} -out key.pem; for a .pfx or .p12: openssl pkcs12 -nodes -in ${what}`;
  throw notTaken(what, 'it is binary (DER or PKCS#12), and Sandstorm takes PEM', hint);
}

function notTaken(what: string, why: string, hint: string): Refusal {
  return new Refusal('E_TLS_FORMAT', `${what} is not taken: ${why}`, { hint });
}
