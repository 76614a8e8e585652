import { isIP, type Socket } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import type { Dns, Handshake, HandshakeOptions, Tls } from './host.js';

/** node:tls is loaded when it is needed: `status` shakes no hands. */
export function systemTls(dns: Dns): Tls {
  return {
    handshake: (host, port, options) => handshake(host, port, options ?? {}, dns),
    serving,
  };
}

async function handshake(
  host: string,
  port: number,
  options: HandshakeOptions,
  dns: Dns,
): Promise<Handshake> {
  const address = isIP(host) === 0 ? (await dns.lookup(host))[0] : host;
  if (address === undefined) return { done: false, refused: false, why: 'the name does not resolve' };
  const { connect } = await import('node:tls');
  const name = options.serverName ?? host;
  return new Promise((resolve) => {
    let reached = false;
    const end = (result: Handshake): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => end({ done: false, refused: false, why: 'no answer in time' }),
      options.timeoutMs ?? 5_000,
    );
    const socket = connect({
      host: address,
      port,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      // What is wrong with the certificate is what is asked here.
      rejectUnauthorized: false,
      // Names are judged by those who know what browsers make of them; node takes more.
      checkServerIdentity: () => undefined,
      ...(options.trust === undefined ? {} : { ca: [...options.trust] }),
      ...(options.version === undefined ? {} : versionOptions(options.version)),
      ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
    });
    socket.once('connect', () => (reached = true));
    socket.once('secureConnect', () => end(shaken(socket)));
    socket.once('error', (error: Error) => end({ done: false, refused: reached, why: error.message }));
    socket.once('close', () => end({ done: false, refused: reached, why: 'the connection was closed' }));
  });
}

function versionOptions(version: SecureVersion): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return { minVersion: version, maxVersion: version };
}

function shaken(socket: TLSSocket): Handshake {
  const { authorized, authorizationError } = socket;
  return {
    done: true,
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    chain: chainOf(socket),
    trustProblem: authorized ? undefined : String(authorizationError),
  };
}

/** Certificates as they were sent, leaf first; node links each to its issuer, and a self-signed one to itself. */
function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let next = socket.getPeerCertificate(true);
  // An empty object where there is none.
  while (Buffer.isBuffer(next.raw) && chain.length < 20) {
    chain.push(next.raw);
    const issuer = next.issuerCertificate as typeof next | undefined;
    if (issuer === undefined || issuer === next) break;
    next = issuer;
  }
  return chain;
}

const serving: Tls['serving'] = async (pair, work) => {
  const { createServer } = await import('node:tls');
  const { chain, ...rest } = pair;
  // Throws where certificate and key do not belong together.
  const server = createServer({ ...rest, cert: chain });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // A client that breaks off is what half of the questions are about.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    const address = server.address();
    return await work(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
};
