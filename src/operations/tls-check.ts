import type { X509Certificate } from 'node:crypto';
import { finding, reported, type Finding } from '../identity/finding.js';
import { judgeChain } from '../identity/tls/chain.js';
import { GATEWAY, judgeOffer } from '../identity/tls/ciphers.js';
import { judgeDates, judgeKey, judgeStrength, judgeUsage } from '../identity/tls/judge.js';
import { entries, judgeNames } from '../identity/tls/names.js';
import { MOST_PEM_BYTES, readCertificates, readKey, toPem, type KeyFile } from '../identity/tls/pem.js';
import { fail, pass, warn } from '../preflight/check.js';
import { nameFor, randomLabel, type BaseUrl, type WildcardHost } from '../server/addresses.js';
import type { Host } from '../system/host.js';
import { freshBytes } from '../system/random.js';
import type { Ui } from '../ui.js';
import { noFile } from './obtain-metadata.js';
import { offersOf, servedChain, unreachable } from './tls-served.js';

export interface TlsWish {
  readonly base: BaseUrl;
  readonly pattern: WildcardHost | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Certificates of the CAs that browsers trust. */
  readonly ca: string | undefined;
  readonly connect: { readonly host: string; readonly port: number } | undefined;
  readonly warnDays: number;
  /** PRIVATE_KEY_PASSWORD, from sandstorm.conf. */
  readonly password: string | undefined;
}

export interface TlsReport {
  readonly certificate: {
    readonly subject: string;
    readonly names: readonly string[];
    readonly notAfter: Date;
    readonly sha256: string;
  };
  readonly findings: readonly Finding[];
}

/**
 * Judges the files, as they would be uploaded, or what a server sends; changes nothing.
 * @throws Refusal E_TLS_FORMAT, E_IO
 */
export async function tlsCheck(wish: TlsWish, host: Host, ui: Ui): Promise<TlsReport> {
  const { base, pattern, connect } = wish;
  const label = randomLabel(freshBytes(10));
  const roots = wish.ca === undefined ? undefined : (await certificatesIn(wish.ca, host)).certificates;
  const file = wish.certificate === undefined ? undefined : await certificatesIn(wish.certificate, host);
  const served = connect && (await servedChain(connect, base.host, host));
  const chain = file?.certificates ?? served ?? [];
  const [leaf] = chain;
  if (leaf === undefined) throw unreachable(connect);

  const findings = [
    ...judgeNames(leaf, base, pattern, label),
    judgeDates(chain, host.clock.now(), wish.warnDays),
    ...judgeChain(chain, roots),
    judgeStrength(chain),
    judgeUsage(leaf),
    ...(await judgeTheKey(wish, chain, roots, label, host)),
    ...judgeFile(file?.holdsKey ?? false),
    ...(connect === undefined || served === undefined
      ? []
      : await judgeServer(wish, leaf, served, label, host)),
    ...judgeAddress(base),
  ];
  for (const one of findings) ui.check(reported('Certificate', one));
  const { subject, validTo, fingerprint256 } = leaf;
  return {
    certificate: {
      subject: subject.replaceAll('\n', ', '),
      names: entries(leaf),
      notAfter: new Date(validTo),
      sha256: fingerprint256,
    },
    findings,
  };
}

async function certificatesIn(path: string, host: Host) {
  const bytes = await host.files.readBytes(path, MOST_PEM_BYTES);
  if (bytes === undefined) throw noFile(path);
  return readCertificates(bytes, path);
}

async function judgeTheKey(
  { key: path, password, base, pattern }: TlsWish,
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[] | undefined,
  label: string,
  host: Host,
): Promise<Finding[]> {
  const [leaf, ...others] = chain;
  if (path === undefined || leaf === undefined) return [];
  const bytes = await host.files.readBytes(path, MOST_PEM_BYTES);
  if (bytes === undefined) throw noFile(path);
  const key = readKey(bytes, path, password);
  const found = judgeKey(leaf, key, others);
  const open = await openToOthers(path, host);
  if (found.status !== 'pass' || key.kind === 'locked') return [found, ...open];
  const names = [base.host, ...(pattern === undefined ? [] : [nameFor(pattern, label)])];
  return [found, ...open, ...(await tryFiles(chain, key, roots, names, password, host))];
}

/** The files as a server would get them, and a client that knows the CA: what no look at them alone can prove. */
async function tryFiles(
  chain: readonly X509Certificate[],
  key: KeyFile & { readonly kind: 'key' },
  roots: readonly X509Certificate[] | undefined,
  names: readonly string[],
  password: string | undefined,
  host: Host,
): Promise<Finding[]> {
  const pair = {
    chain: chain.map(toPem).join(''),
    key: key.pem,
    ...(password === undefined ? {} : { passphrase: password }),
    ...GATEWAY,
  };
  const trust = roots === undefined ? {} : { trust: roots.map(toPem) };
  try {
    return await host.tls.serving(pair, async (port) => {
      for (const serverName of names) {
        const shaken = await host.tls.handshake('127.0.0.1', port, { serverName, ...trust });
        if (!shaken.done)
          return [finding('tls.handshake', fail(`no handshake for ${serverName}: ${shaken.why}`))];
        if (roots !== undefined && shaken.trustProblem !== undefined) {
          const line = `a client that knows the CA refuses ${serverName}: ${shaken.trustProblem}`;
          return [finding('tls.handshake', fail(line))];
        }
      }
      const said = `handshakes with these files for ${names.join(' and ')}`;
      return [
        finding('tls.handshake', pass(said)),
        judgeOffer(await offersOf('127.0.0.1', port, names[0], host)),
      ];
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [finding('tls.handshake', fail(`a server does not take these files: ${why}`))];
  }
}

async function openToOthers(path: string, host: Host): Promise<Finding[]> {
  const stat = await host.files.stat(path);
  if (stat === undefined || (stat.mode & 0o077) === 0) return [];
  const line = `others than its owner may read the key (mode ${(stat.mode & 0o777).toString(8)})`;
  return [finding('tls.key-mode', warn(line, { fix: [`chmod 600 ${path}`] }))];
}

function judgeFile(holdsKey: boolean): Finding[] {
  if (!holdsKey) return [];
  const line = 'the certificate file has a private key in it: it would be stored a second time';
  return [finding('tls.file', warn(line, { fix: ['upload certificates alone as the certificate'] }))];
}

/** The server that runs: is it these certificates, for any name, and how does it encrypt? */
async function judgeServer(
  { connect, base, pattern, certificate }: TlsWish,
  leaf: X509Certificate,
  served: readonly X509Certificate[],
  label: string,
  host: Host,
): Promise<Finding[]> {
  if (connect === undefined) return [];
  const where = `${connect.host}:${String(connect.port)}`;
  const other = pattern && (await servedChain(connect, nameFor(pattern, label), host));
  const shown = [served[0], ...(other === undefined ? [] : [other[0]])];
  const same = shown.every((one) => one?.fingerprint256 === leaf.fingerprint256);
  const result = same
    ? pass(`${where} sends it, also for other names`)
    : fail(`${where} sends another certificate${certificate === undefined ? ' for other names' : ''}`, {
        fix: ['upload these files at /admin/certificates, or give them to the proxy that ends TLS'],
      });
  return [
    finding('tls.served', result),
    judgeOffer(await offersOf(connect.host, connect.port, base.isAddress ? undefined : base.host, host)),
  ];
}

function judgeAddress({ scheme, text }: BaseUrl): Finding[] {
  if (scheme === 'https') return [];
  const fix = [`sandstorm-airgap config set BASE_URL ${text.replace(/^http:(.*?)(?::\d+)?$/, 'https:$1')}`];
  return [finding('tls.base-url', warn(`BASE_URL is ${text}, without https`, { fix }))];
}
