import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import type { ConnectionOptions, DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Dns } from '../host.js';
import type { LdapOptions, SeenCertificate, TlsSeen } from './types.js';
import { connectFailed, type ConnectFailure } from './failures.js';

/** A connected socket and, with TLS, what the other side has shown. @throws ConnectFailure */
export async function connectSocket(
  options: LdapOptions,
  dns: Dns,
): Promise<{ readonly socket: Socket; readonly tls: TlsSeen | undefined }> {
  const end = Date.now() + options.timeoutMs;
  const left = (): number => Math.max(1, end - Date.now());
  const addresses = isIP(options.host) === 0 ? await dns.lookup(options.host) : [options.host];
  if (addresses.length === 0) throw connectFailed('unresolved', `${options.host} has no address`);

  let failure: unknown;
  for (const address of addresses.slice(0, 4)) {
    try {
      const socket = await plainly(address, options.port, left());
      if (!options.tls) return { socket, tls: undefined };
      return await secured(socket, options, left());
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function plainly(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return settledWithin(connectPlainly({ host, port }), 'connect', timeoutMs, (error) => {
    switch (error.code) {
      case 'ECONNREFUSED':
        return connectFailed('refused', `nothing listens on ${host}, port ${String(port)}`);
      case 'ETIMEDOUT':
        return connectFailed('timeout', `${host}, port ${String(port)} does not answer`);
      default:
        return connectFailed('unreachable', `${host}, port ${String(port)}: ${error.message}`);
    }
  });
}

async function secured(
  socket: Socket,
  options: LdapOptions,
  timeoutMs: number,
): Promise<{ readonly socket: Socket; readonly tls: TlsSeen }> {
  const { connect, checkServerIdentity, rootCertificates } = await import('node:tls');
  const wanted: ConnectionOptions = {
    socket,
    // Sandstorm's Node trusts what is built into it, and neither NODE_EXTRA_CA_CERTS nor the machine's own list.
    ca: options.ca ?? [...rootCertificates],
    ...(isIP(options.host) === 0 ? { servername: options.host } : {}),
    // It is looked at here, and said what is wrong; nothing is sent to who is not trusted.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  };
  let secure: TLSSocket;
  try {
    secure = connect(wanted);
  } catch (error) {
    socket.destroy();
    throw connectFailed('bad-ca', `the CA certificate cannot be used: ${said(error)}`);
  }
  await settledWithin(secure, 'secureConnect', timeoutMs, (error) =>
    connectFailed('not-tls', `no TLS on port ${String(options.port)}: ${plain(error)}`),
  );
  const peer = secure.getPeerCertificate(true);
  const mismatch = checkServerIdentity(options.host, peer);
  const chain = chainOf(peer);
  return {
    socket: secure,
    tls: {
      protocol: secure.getProtocol() ?? 'TLS',
      chainProblem: secure.authorized ? undefined : codeOf(secure.authorizationError),
      nameProblem: mismatch?.message,
      chain,
    },
  };
}

function settledWithin<S extends Socket>(
  socket: S,
  event: string,
  timeoutMs: number,
  failure: (error: NodeJS.ErrnoException) => ConnectFailure,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      socket.removeListener('close', closed);
      end();
    };
    const closed = (): void =>
      settle(() => reject(failure(Object.assign(new Error('it hung up'), { code: 'ECONNRESET' }))));
    const timer = setTimeout(() => {
      settle(() => reject(connectFailed('timeout', 'it does not answer')));
      socket.destroy();
    }, timeoutMs);
    socket.once('error', (error) => settle(() => reject(failure(error))));
    socket.once('close', closed);
    socket.once(event, () => settle(() => resolve(socket)));
  });
}

function chainOf(peer: DetailedPeerCertificate): SeenCertificate[] {
  const chain: SeenCertificate[] = [];
  // Without a certificate node gives an empty object.
  if (!('raw' in peer)) return chain;
  let one: DetailedPeerCertificate | undefined = peer;
  // The last one is its own issuer; a server could also show a chain without an end.
  while (one !== undefined && chain.length < 10) {
    chain.push({
      subject: nameOf(one.subject),
      issuer: nameOf(one.issuer),
      names: one.subjectaltname ?? '',
      validFrom: new Date(one.valid_from),
      validTo: new Date(one.valid_to),
      fingerprint: one.fingerprint256,
    });
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return chain;
}

/** "cn=dc1.corp.lan, o=Corp" */
function nameOf(parts: object | undefined): string {
  return Object.entries(parts ?? {})
    .map(([key, value]) => `${key.toLowerCase()}=${String(value)}`)
    .join(', ');
}

function codeOf(error: unknown): string {
  // Typed as an Error; it is the code itself.
  return error instanceof Error ? error.message : String(error);
}

function plain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNRESET') return 'the server hangs up';
  return /wrong version number|packet length too long/i.test(error.message)
    ? 'what answers there speaks no TLS'
    : error.message;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
