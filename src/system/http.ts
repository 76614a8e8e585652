import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Dns, Http, HttpAnswer, HttpOptions } from './host.js';

export function systemHttp(dns: Dns): Http {
  return { get: (url, options) => get(new URL(url), options ?? {}, dns) };
}

async function get(url: URL, options: HttpOptions, dns: Dns): Promise<HttpAnswer> {
  const secure = url.protocol === 'https:';
  const { request } = secure ? await import('node:https') : await import('node:http');
  const timeoutMs = options.timeoutMs ?? 10_000;
  const maxBytes = options.maxBytes ?? 64 * 1024;

  const name = url.hostname.replace(/^\[|\]$/g, '');

  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const slow = error.name === 'TimeoutError' || error.name === 'AbortError';
      reject(new Error(slow ? `no answer within ${String(timeoutMs / 1000)} s` : plain(error)));
    };
    const asked = request(
      {
        hostname: options.connectTo?.address ?? name,
        port: options.connectTo?.port ?? (url.port === '' ? (secure ? 443 : 80) : Number(url.port)),
        path: url.pathname + url.search,
        headers: { host: url.host, 'user-agent': 'sandstorm-airgap' },
        lookup: through(dns),
        // TLS knows names only.
        ...(isIP(name) === 0 ? { servername: name } : {}),
        // Health asks whether the server answers; whether browsers trust it is reported beside.
        rejectUnauthorized: false,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
      (answer: IncomingMessage) => {
        const tlsProblem = secure ? problemOf(answer.socket) : undefined;
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
          if (body.length >= maxBytes) answer.destroy();
        });
        answer.once('error', fail);
        answer.once('close', () => {
          const headers = Object.entries(answer.headers).map(([key, value]) => [key, String(value)]);
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(headers) as Record<string, string>,
            body: body.slice(0, maxBytes),
            tlsProblem,
          });
        });
      },
    );
    asked.once('error', fail);
    asked.end();
  });
}

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
  const { authorized, authorizationError } = socket as unknown as TLSSocket;
  return authorized ? undefined : String(authorizationError);
}

function plain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'connection closed in mid-answer';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name does not resolve';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    default:
      // llhttp's own codes.
      return error.code?.startsWith('HPE_') === true
        ? 'something that does not speak HTTP answers'
        : error.message;
  }
}
