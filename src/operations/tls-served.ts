import { X509Certificate } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { Offer } from '../identity/tls/ciphers.js';
import type { Host, TlsVersion } from '../system/host.js';

/** What a server sends for a name, leaf first. @throws Refusal E_IO when it does not answer */
export async function servedChain(
  connect: { readonly host: string; readonly port: number },
  serverName: string,
  host: Host,
): Promise<X509Certificate[]> {
  const shaken = await host.tls.handshake(connect.host, connect.port, { serverName });
  if (!shaken.done) throw unreachable(connect, shaken.why);
  return shaken.chain.map((der) => new X509Certificate(der));
}

/** More rounds than there are ciphers in any list: a server that never stops agreeing is not one. */
const MOST_CIPHERS = 40;
const NEWEST_FIRST: readonly TlsVersion[] = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'];

/**
 * All that a server agrees to: for each version of TLS it is asked again without what it has chosen, until it chooses
 * nothing more. Of TLS 1.3, whose ciphers are all good, only the one it prefers.
 */
export async function offersOf(
  address: string,
  port: number,
  serverName: string | undefined,
  host: Host,
): Promise<Offer[]> {
  const offers: Offer[] = [];
  for (const version of NEWEST_FIRST) {
    const ciphers: string[] = [];
    for (let round = 0; round < MOST_CIPHERS; round += 1) {
      // Level 0 lets our own side offer what must not be taken.
      const asked = ['ALL', ...ciphers.map((one) => `!${one}`), '@SECLEVEL=0'].join(':');
      const shaken = await host.tls.handshake(address, port, {
        version,
        ciphers: asked,
        ...(serverName === undefined ? {} : { serverName }),
      });
      if (!shaken.done || ciphers.includes(shaken.cipher)) break;
      ciphers.push(shaken.cipher);
      if (version === 'TLSv1.3') break;
    }
    if (ciphers.length > 0) offers.push({ version, ciphers });
  }
  return offers;
}

export function unreachable(
  connect: { readonly host: string; readonly port: number } | undefined,
  why = 'it sends no certificate',
): Refusal {
  const where = connect === undefined ? 'the server' : `${connect.host}:${String(connect.port)}`;
  return new Refusal('E_IO', `no TLS with ${where}: ${why}`, {
    hint: 'is HTTPS_PORT set, and a certificate uploaded at /admin/certificates? without one Sandstorm hangs up',
  });
}
