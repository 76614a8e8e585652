import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AppDetails, IndexEntry } from '../../src/app-index/format.js';
import { imageId } from '../../src/app-index/image-id.js';
import { appIdOf } from './market-models.js';

/** The files of an index as they lie below its address. */
export type UpstreamFiles = Map<string, Buffer>;

export interface UpstreamApp {
  readonly name: string;
  readonly versionNumber?: number;
  /** Of the package. */
  readonly bytes?: number;
  readonly screenshots?: number;
  readonly category?: string;
  /** Laid over the entry, whatever its form. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** Bytes that are always the same for the same name, and do not repeat themselves. */
export function bytesOf(name: string, length: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

export function packageIdOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

export interface MadeApp {
  readonly entry: IndexEntry;
  readonly details: AppDetails;
  readonly files: UpstreamFiles;
}

/** An app that is right in all its parts, but for what `entry` lays over it. */
export function makeUpstreamApp(said: UpstreamApp): MadeApp {
  const { name, versionNumber = 1, bytes = 3_000, screenshots = 1, category = 'Office', entry = {} } = said;
  const spk = bytesOf(`${name} ${String(versionNumber)}`, bytes);
  const icon = {
    format: 'svg' as const,
    bytes: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><title>${name}</title></svg>`),
  };
  const shots = Array.from({ length: screenshots }, (_, at) => ({
    format: 'png' as const,
    bytes: bytesOf(`${name} shot ${String(at)}`, 900),
  }));
  const packageId = packageIdOf(spk);
  const details: AppDetails = {
    description: `# ${name}`,
    screenshots: shots.map((one) => ({ imageId: imageId(one), width: 10, height: 20 })),
    license: 'MIT License',
  };
  const made: IndexEntry = {
    appId: appIdOf(name),
    name,
    version: `${String(versionNumber)}.0`,
    packageId,
    imageId: imageId(icon),
    isOpenSource: true,
    categories: [category],
    author: { name: 'Somebody' },
    shortDescription: `What ${name} is for`,
    createdAt: '2020-01-02T03:04:05Z',
    versionNumber,
    ...entry,
  };
  const files: UpstreamFiles = new Map([
    [`packages/${packageId}`, spk],
    [`apps/${made.appId}.json`, Buffer.from(JSON.stringify(details))],
    ...[icon, ...shots].map((image) => [`images/${imageId(image)}`, image.bytes] as const),
  ]);
  return { entry: made, details, files };
}

export function makeUpstream(apps: readonly UpstreamApp[]): UpstreamFiles {
  const made = apps.map(makeUpstreamApp);
  const index = JSON.stringify({ apps: made.map(({ entry }) => entry) });
  return new Map([...made.flatMap(({ files }) => [...files]), ['apps/index.json', Buffer.from(index)]]);
}

export async function writeUpstream(dir: string, files: UpstreamFiles): Promise<void> {
  for (const folder of ['apps', 'packages', 'images']) await mkdir(join(dir, folder), { recursive: true });
  for (const [path, bytes] of files) await writeFile(join(dir, path), bytes);
}

/** What is done instead of answering rightly; true: it has answered. */
export type Fault = (request: IncomingMessage, response: ServerResponse, body: Buffer | undefined) => boolean;

export interface Upstream {
  readonly url: string;
  readonly port: number;
  readonly files: UpstreamFiles;
  /** "GET /apps/index.json 200", in the order in which they were answered, with the range that was asked for. */
  readonly asked: string[];
  /** By path, "packages/..." for instance; it stays until it is taken out. */
  readonly faults: Map<string, Fault>;
  /** For every path that has none of its own. */
  fault: Fault | undefined;
}

/** Serves these files as a well-behaved server does, with tags and ranges, but for the faults. */
export async function serveUpstream(files: UpstreamFiles): Promise<Upstream> {
  const asked: string[] = [];
  const faults = new Map<string, Fault>();
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    const body = files.get(path);
    response.once('close', () => {
      const range = request.headers.range === undefined ? '' : ` ${request.headers.range}`;
      asked.push(`${request.method ?? ''} /${path}${range} ${String(response.statusCode)}`);
    });
    const fault = faults.get(path) ?? upstream.fault;
    if (fault?.(request, response, body) === true) return;
    answerRightly(request, response, body);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const upstream: Upstream = {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    files,
    asked,
    faults,
    fault: undefined,
  };
  return upstream;
}

export function answerRightly(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | undefined,
): void {
  if (body === undefined) {
    response.writeHead(404, { 'Content-Length': '0' }).end();
    return;
  }
  const etag = `"${packageIdOf(body)}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ETag: etag }).end();
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
  const mayGoOn = (request.headers['if-range'] ?? etag) === etag;
  if (!Number.isNaN(from) && mayGoOn && from < body.length) {
    const range = `bytes ${String(from)}-${String(body.length - 1)}/${String(body.length)}`;
    response.writeHead(206, { ETag: etag, 'Content-Range': range, 'Content-Length': body.length - from });
    response.end(request.method === 'HEAD' ? undefined : body.subarray(from));
    return;
  }
  response.writeHead(200, { ETag: etag, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}
