import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Made {
  /** PEM, the certificate alone. */
  readonly certificate: string;
  readonly key: string;
  /** Paths of both. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface CertificateWish {
  /** Who signs it; left out: itself. */
  readonly by?: Made;
  /** subjectAltName as openssl writes it: "DNS:sandstorm.test,DNS:*.sandstorm.test". */
  readonly san?: string;
  readonly cn?: string;
  /** The key of that one once more. */
  readonly sameKeyAs?: Made;
  /** A request that is there already; its key is not known. */
  readonly request?: string;
  /** As in `openssl genpkey`: "rsa:2048" (default), "ec:P-256". */
  readonly key?: string;
  readonly digest?: string;
  readonly ca?: boolean;
  /** YYYYMMDDHHMMSSZ; default: from a day ago to 100 days from now. */
  readonly from?: string;
  readonly until?: string;
  readonly usage?: string;
}

/** A folder with what a certification authority needs: openssl, and as many keys as wanted. */
export class CertificateMaker {
  readonly dir = mkdtempSync(join(tmpdir(), 'certificates-'));
  private made = 0;

  make(wish: CertificateWish = {}): Made {
    this.made += 1;
    const dir = join(this.dir, String(this.made));
    mkdirSync(dir);
    const file = (name: string): string => join(dir, name);
    const openssl = (...args: string[]): void => {
      execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    };
    if (wish.sameKeyAs === undefined)
      openssl('genpkey', ...keyArguments(wish.key ?? 'rsa:2048'), '-out', file('key.pem'));
    else writeFileSync(file('key.pem'), wish.sameKeyAs.key, { mode: 0o600 });
    writeFileSync(file('openssl.cnf'), configuration(dir, wish));
    writeFileSync(file('index.txt'), '');
    writeFileSync(file('serial'), `10${this.made.toString(16).padStart(4, '0')}`);
    const config = ['-config', file('openssl.cnf')];
    if (wish.request === undefined)
      openssl('req', '-new', '-key', file('key.pem'), '-out', file('csr.pem'), ...config);
    else writeFileSync(file('csr.pem'), wish.request);
    const signer = wish.by === undefined ? ['-selfsign', '-keyfile', file('key.pem')] : signerOf(wish.by);
    const dates = ['-startdate', wish.from ?? stamp(-1), '-enddate', wish.until ?? stamp(100)];
    const what = [
      '-in',
      file('csr.pem'),
      '-out',
      file('cert.pem'),
      '-notext',
      '-batch',
      '-md',
      wish.digest ?? 'sha256',
    ];
    openssl('ca', ...config, ...signer, ...dates, ...what);
    return {
      certificate: readFileSync(file('cert.pem'), 'utf8'),
      key: readFileSync(file('key.pem'), 'utf8'),
      certificateFile: file('cert.pem'),
      keyFile: file('key.pem'),
    };
  }

  /** A file of that text in the folder. */
  write(name: string, text: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** YYYYMMDDHHMMSSZ, days from now. */
export function stamp(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000);
  return at.toISOString().replace(/[-:T]|\.\d+/g, '');
}

function signerOf({ certificateFile, keyFile }: Made): string[] {
  return ['-cert', certificateFile, '-keyfile', keyFile];
}

function keyArguments(key: string): string[] {
  const [kind = '', size = ''] = key.split(':');
  return kind === 'rsa'
    ? ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${size}`]
    : ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${size}`];
}

function configuration(dir: string, wish: CertificateWish): string {
  const { cn = 'test', san, ca = false, usage } = wish;
  return `
[ca]
default_ca = own
[own]
dir = ${dir}
new_certs_dir = ${dir}
database = ${dir}/index.txt
serial = ${dir}/serial
policy = anything
x509_extensions = extensions
unique_subject = no
copy_extensions = ${wish.request === undefined ? 'none' : 'copy'}
[anything]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = ${cn}
[extensions]
basicConstraints = critical,CA:${ca ? 'TRUE' : 'FALSE'}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
${ca ? 'keyUsage = critical,keyCertSign,cRLSign' : `extendedKeyUsage = ${usage ?? 'serverAuth'}`}
${san === undefined ? '' : `subjectAltName = ${san}`}
`;
}
