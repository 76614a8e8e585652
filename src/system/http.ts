import { connect as connectPlainly, isIP, type LookupFunction, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Dns, Http, HttpAnswer, HttpOptions } from './host.js';
import { AnswerReader } from './http-answer.js';

export function systemHttp(dns: Dns): Http {
  return { get: (url, options) => get(new URL(url), options ?? {}, dns) };
}

/** Without node:http: loading its clients and servers takes longer than asking twice, and `status` asks twice. */
async function get(url: URL, options: HttpOptions, dns: Dns): Promise<HttpAnswer> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const reader = new AnswerReader(options.maxBytes ?? 64 * 1024);
  const socket = await open(url, options, dns);

  return new Promise<HttpAnswer>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(why));
    const timer = setTimeout(() => fail(`no answer within ${String(timeoutMs / 1000)} s`), timeoutMs);
    const done = (): void => {
      const { head, body } = reader;
      if (head === undefined) fail(CUT_OFF);
      else resolve({ ...head, body: body.toString('utf8'), tlsProblem: problemOf(socket) });
    };
    socket.on('data', (piece: Buffer) => {
      try {
        if (reader.feed(piece)) done();
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
      }
    });
    socket.once('error', (error) => fail(plain(error)));
    socket.once('close', () => {
      clearTimeout(timer);
      if (reader.end()) done();
      else fail(CUT_OFF);
    });
    socket.write(
      [
        `GET ${url.pathname}${url.search} HTTP/1.1`,
        `Host: ${url.host}`,
        'User-Agent: sandstorm-airgap',
        'Connection: close',
        // What comes from somebody else's answer (a cookie) must not begin a line of its own.
        ...Object.entries(options.headers ?? {}).map(
          ([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}`,
        ),
        '\r\n',
      ].join('\r\n'),
    );
  }).finally(() => socket.destroy());
}

async function open(url: URL, options: HttpOptions, dns: Dns): Promise<Socket> {
  const secure = url.protocol === 'https:';
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const where = {
    host: options.connectTo?.address ?? name,
    port: options.connectTo?.port ?? (url.port === '' ? (secure ? 443 : 80) : Number(url.port)),
    lookup: through(dns),
  };
  if (!secure) return connectPlainly(where);
  const { connect } = await import('node:tls');
  return connect({
    ...where,
    // TLS knows names only.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    // Health asks whether the server answers; whether browsers trust it is reported beside.
    rejectUnauthorized: false,
  });
}

const CUT_OFF = 'connection closed in mid-answer';

/** Names go through the Host's resolver, so that a rehearsal can bring its own. */
function through(dns: Dns): LookupFunction {
  return (name, options, callback) => {
    dns.lookup(name).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const [first] = found;
        if (first === undefined) {
          callback(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '', 4);
        } else if (options.all === true) {
          callback(null, found);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 4),
    );
  };
}

function problemOf(socket: Socket): string | undefined {
  if (!('authorized' in socket)) return undefined;
  const { authorized, authorizationError } = socket as TLSSocket;
  return authorized ? undefined : String(authorizationError);
}

function plain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return CUT_OFF;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name does not resolve';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    default:
      return error.message;
  }
}
