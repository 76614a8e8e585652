import { createPrivateKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { Refusal } from '../errors.js';
import { neededNames, type NeededNames } from '../identity/tls/names.js';
import { refuseUncoverable, requestConfig } from '../identity/tls/request.js';
import type { BaseUrl, WildcardHost } from '../server/addresses.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';

export interface CsrWish {
  readonly base: BaseUrl;
  readonly pattern: WildcardHost | undefined;
  readonly keyFile: string;
  readonly csrFile: string;
  readonly organization: string | undefined;
  /** Of a new RSA key. */
  readonly bits: number;
  readonly dryRun: boolean;
}

export interface CsrReport {
  readonly names: NeededNames;
  readonly key: 'made' | 'kept';
  readonly csr: 'made' | 'kept';
}

/**
 * Makes a key, unless there is one, and a request for its certificate. A key is never overwritten: a certificate
 * would be worthless without it. The same key and names give the same request, so a second run changes nothing.
 * @throws Refusal E_TLS_NOT_READY, E_TLS_FORMAT, E_IO
 */
export async function tlsCsr(wish: CsrWish, host: Host, ui: Ui): Promise<CsrReport> {
  const names = neededNames(wish.base, wish.pattern);
  refuseUncoverable(wish.pattern, names);
  const existing = await host.files.readText(wish.keyFile, 64 * 1024);
  if (existing !== undefined) requireKey(existing, wish.keyFile);
  if (wish.dryRun) {
    const csr = (await host.files.lstat(wish.csrFile)) === undefined ? 'made' : 'kept';
    return { names, key: existing === undefined ? 'made' : 'kept', csr };
  }
  if (existing === undefined) await ui.step('Key', () => makeKey(wish, host));
  const request = await makeRequest(wish, names, host);
  const key = existing === undefined ? 'made' : 'kept';
  if ((await host.files.readText(wish.csrFile)) === request) return { names, key, csr: 'kept' };
  await host.files.writeAtomic(wish.csrFile, request);
  return { names, key, csr: 'made' };
}

async function makeKey({ keyFile, bits }: CsrWish, host: Host): Promise<void> {
  const pem = await openssl(
    ['genpkey', '-quiet', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${String(bits)}`],
    host,
  );
  // Not there a moment ago; whoever was quicker keeps theirs.
  if (!(await host.files.createExclusive(keyFile, pem, 0o600))) {
    throw new Refusal('E_IO', `${keyFile} has appeared in the meantime, and is left alone`, {
      hint: 'look at it, then run this again',
    });
  }
}

async function makeRequest(
  { keyFile, organization }: CsrWish,
  names: NeededNames,
  host: Host,
): Promise<string> {
  const dir = await host.files.makeTempDir('sandstorm-airgap-csr-');
  try {
    const config = join(dir, 'openssl.cnf');
    await host.files.writeAtomic(config, requestConfig(names, organization), 0o600);
    return await openssl(['req', '-new', '-sha256', '-key', keyFile, '-config', config, '-batch'], host);
  } finally {
    await host.files.remove(dir);
  }
}

async function openssl(args: readonly string[], host: Host): Promise<string> {
  const { exitCode, stdout, stderr } = await host.commands.run('openssl', args, { timeoutMs: 120_000 });
  if (exitCode === 0 && stdout.startsWith('-----BEGIN')) return `${stdout.trimEnd()}\n`;
  throw new Refusal('E_IO', `openssl ${args[0] ?? ''} failed: ${stderr.split('\n')[0] ?? ''}`, {
    hint: 'is openssl installed? install.sh needs it, too',
  });
}

/** One that was cut off by a power cut, or is of a kind that Sandstorm's pages do not read, is not built upon. */
function requireKey(pem: string, file: string): void {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw notUsable(file, 'is no whole, unencrypted private key', 'if nothing uses it, move it away');
  }
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw notUsable(file, 'is no RSA key of 2048 bits or more', 'name another file with --key');
  }
}

function notUsable(file: string, why: string, hint: string): Refusal {
  return new Refusal('E_TLS_FORMAT', `${file} is there and ${why}; it is left alone`, { hint });
}
