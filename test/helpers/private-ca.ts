import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A private CA in a folder, made with openssl; keys on a curve, because they are quick to make. */
export interface PrivateCa {
  /** Path of its certificate. */
  readonly file: string;
  readonly pem: string;
  issue(wish: CertificateWish): IssuedCertificate;
}

export interface CertificateWish {
  readonly name: string;
  /** subjectAltName as openssl writes it; default DNS:<name>. */
  readonly alt?: string;
  /** -1: it expired yesterday. */
  readonly days?: number;
  readonly ca?: boolean;
}

export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export function makeCa(dir: string, name: string): PrivateCa {
  const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.pem`)];
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    '-days',
    '3650',
    '-subj',
    `/O=Corp/CN=${name}`,
    '-keyout',
    key,
    '-out',
    cert,
  );
  return authority(dir, key, cert);
}

/** One that another one vouches for. */
export function makeIntermediate(dir: string, by: PrivateCa, name: string): PrivateCa {
  const { key, cert } = by.issue({ name, ca: true });
  return authority(dir, key, cert);
}

function authority(dir: string, key: string, cert: string): PrivateCa {
  return {
    file: cert,
    pem: readFileSync(cert, 'utf8'),
    issue: ({ name, alt = `DNS:${name}`, days = 365, ca = false }) => {
      const file = join(dir, `${name}-${String(days)}`);
      const made = { cert: `${file}.crt`, key: `${file}.key` };
      openssl('req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', made.key, '-out', `${file}.csr`);
      writeFileSync(`${file}.ext`, ca ? 'basicConstraints=critical,CA:TRUE\n' : `subjectAltName=${alt}\n`);
      const signed = [
        '-CA',
        cert,
        '-CAkey',
        key,
        '-CAcreateserial',
        '-days',
        String(days),
        '-extfile',
        `${file}.ext`,
      ];
      openssl('x509', '-req', '-in', `${file}.csr`, ...signed, '-out', made.cert);
      return made;
    },
  };
}

/** Signed by itself. */
export function makeSelfSigned(dir: string, name: string): IssuedCertificate {
  const made = { cert: join(dir, `${name}-self.crt`), key: join(dir, `${name}-self.key`) };
  const about = ['-days', '365', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  openssl(
    'req',
    '-x509',
    ...NEW_KEY,
    ...about,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-keyout',
    made.key,
    '-out',
    made.cert,
  );
  return made;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
