import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ioRefusal } from './io-errors.js';
import { pour } from './pour.js';
import type { Answer, Answered, FilePart, ListenAt, Served, WebServer } from './web.js';

/** Against clients that send or take a byte now and then to keep what they hold. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
} as const;
const IDLE_MS = 30_000;
const MOST_CONNECTIONS = 1_000;
const MOST_REQUESTS_OF_ONE = 10_000;

export async function serveWeb(
  at: ListenAt,
  answer: Answer,
  onServed: (served: Served) => void,
): Promise<WebServer> {
  const server = createServer(LIMITS, (request, response) => {
    // Gone once the connection is.
    const remote = request.socket.remoteAddress ?? '-';
    let length = 0;
    response.once('close', () => onServed({ remote, ...servedOf(request, response, length) }));
    respond(request, response, answer, (bytes) => (length = bytes)).catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.maxRequestsPerSocket = MOST_REQUESTS_OF_ONE;
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
  // What is no HTTP gets a short answer and the door.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  await listen(server, at);
  const { address, port } = server.address() as AddressInfo;
  return { address, port, close: (graceMs) => close(server, graceMs) };
}

function listen(server: Server, { address, port }: ListenAt): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(ioRefusal('listen on', `${address}:${String(port)}`, error)));
    server.listen(port, address, () => resolve());
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  onLength: (bytes: number) => void,
): Promise<void> {
  request.resume();
  const { method = '', url: target = '', headers } = request;
  const answered = await answer({ method, target, headers }).catch((): Answered => BROKEN);
  const { status, headers: sent, body } = answered;
  if (body === undefined || typeof body === 'string') {
    const length = Buffer.byteLength(body ?? '');
    onLength(length);
    // A body that somebody sends all the same would be taken for the next request.
    const end = status === 405 ? { Connection: 'close' } : {};
    const said = status === 304 ? {} : { 'Content-Length': String(length) };
    response.writeHead(status, { ...said, ...sent, ...end });
    response.end(method === 'HEAD' ? undefined : body);
    return;
  }
  const length = body.to - body.from + 1;
  onLength(length);
  response.writeHead(status, { ...sent, 'Content-Length': String(length) });
  await sendPart(response, body, method === 'HEAD');
}

async function sendPart(
  response: ServerResponse,
  { file, from, to }: FilePart,
  headOnly: boolean,
): Promise<void> {
  if (headOnly || to < from) {
    response.end();
    await file.close();
    return;
  }
  try {
    await pour(response, file.fd, from, to);
    response.end();
  } finally {
    await file.close();
  }
}

function servedOf(
  request: IncomingMessage,
  response: ServerResponse,
  length: number,
): Omit<Served, 'remote'> {
  const { method = '-', url: target = '-', httpVersion } = request;
  const whole = response.writableFinished;
  return {
    method,
    target,
    httpVersion,
    // 499 as nginx has it: the client went away before it had everything.
    status: whole ? response.statusCode : 499,
    bytes: whole && method !== 'HEAD' ? length : 0,
  };
}

const BROKEN: Answered = {
  status: 500,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: 'The file cannot be read.\n',
};

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
