import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import { SITE_HEADERS } from '../../src/app-index/market/headers.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

export interface Site {
  /** With a slash at its end. */
  readonly address: string;
  close(): Promise<void>;
}

/** Files on loopback below `/some/where/`, with the headers that a web server is told to send, or with none. */
export async function serveSite(
  files: ReadonlyMap<string, string | Uint8Array>,
  { headers }: { readonly headers: boolean },
): Promise<Site> {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://x').pathname.slice('/some/where/'.length);
    const path = asked === '' || asked.endsWith('/') ? `${asked}index.html` : asked;
    const content = files.get(path);
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', TYPES[posix.extname(path)] ?? 'application/octet-stream');
    if (headers) for (const [name, value] of Object.entries(headersOf(path))) response.setHeader(name, value);
    response.end(content);
  });
  return { address: `${await listening(server)}/some/where/`, close: () => closed(server) };
}

function headersOf(path: string): Readonly<Record<string, string>> {
  const rules = SITE_HEADERS.filter(({ under }) => path.startsWith(under));
  return rules.reduce((one, other) => (other.under.length > one.under.length ? other : one)).headers;
}

/** Stands for a Sandstorm server: keeps what was asked of it. */
export async function serveSandstorm(): Promise<Site & { readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/favicon.ico') asked.push(request.url ?? '');
    response
      .setHeader('Content-Type', 'text/html')
      .end('<!doctype html><title>Sandstorm</title><link rel=icon href=data:,>');
  });
  return { address: await listening(server), asked, close: () => closed(server) };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
