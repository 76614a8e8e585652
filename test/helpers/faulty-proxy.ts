import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What becomes of an answer on the way. */
const FAULTS = {
  reset: (response, body) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  },
  'server error': (response) => {
    response.writeHead(response.req.method === 'GET' ? 500 : 503).end('not now');
  },
  // Without a length, so that nobody can tell but by what came.
  truncation: (response, body) => {
    response.end(body.subarray(0, body.length >> 1));
  },
  'wrong bytes': (response, body) => {
    const wrong = Buffer.from(body);
    wrong[wrong.length >> 1] = (wrong[wrong.length >> 1] ?? 0) ^ 1;
    response.writeHead(200, { 'content-length': wrong.length }).end(wrong);
  },
  slow: async (response, body) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 1));
    await sleep(200);
    response.end(body.subarray(1));
  },
} as const satisfies Record<string, (response: ServerResponse, body: Buffer) => void | Promise<void>>;

export type FaultName = keyof typeof FAULTS;
const NAMES = Object.keys(FAULTS) as FaultName[];

export interface FaultyProxy {
  readonly url: string;
  /** Faults made so far. */
  readonly made: Record<FaultName, number>;
  /** "GET /apps/index.json 200" */
  readonly asked: string[];
  /** From now on everything comes through as it is. */
  behave(): void;
}

/**
 * Between a client and a real server. Which answers are spoilt follows from their path and from `seed` alone,
 * whatever the order of the questions: the first in every eighth path, the second in some of those.
 */
export async function faultyProxy(to: string, seed: number): Promise<FaultyProxy> {
  const tries = new Map<string, number>();
  const asked: string[] = [];
  const made = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<FaultName, number>;
  const sockets = new Set<Socket>();
  let isFaulty = true;

  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    response.once('close', () =>
      asked.push(`${request.method ?? ''} ${path} ${String(response.statusCode)}`),
    );
    void (async () => {
      const headers = Object.fromEntries(
        ['if-none-match', 'if-modified-since', 'if-range', 'range'].flatMap((name) => {
          const value = request.headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      );
      const answer = await fetch(to + path, { headers });
      const body = Buffer.from(await answer.arrayBuffer());
      const count = (tries.get(path) ?? 0) + 1;
      tries.set(path, count);
      const fault = isFaulty && answer.status === 200 ? faultFor(path, count, seed) : undefined;
      if (fault !== undefined) {
        made[fault] += 1;
        return FAULTS[fault](response, body);
      }
      const kept = ['content-type', 'content-range', 'etag', 'last-modified', 'accept-ranges'].flatMap(
        (name) => {
          const value = answer.headers.get(name);
          return value === null ? [] : [[name, value] as const];
        },
      );
      response.writeHead(answer.status, Object.fromEntries(kept)).end(body);
    })().catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    made,
    asked,
    behave: () => {
      isFaulty = false;
    },
  };
}

function faultFor(path: string, count: number, seed: number): FaultName | undefined {
  const [first = 0, second = 0, kind = 0, next = 0] = createHash('sha256')
    .update(`${String(seed)} ${path}`)
    .digest();
  if (first % 8 !== 0 || count > (second % 4 === 0 ? 2 : 1)) return undefined;
  const name = NAMES[(count === 1 ? kind : next) % NAMES.length];
  // Of what has no id nobody can tell that a byte of it is another.
  return name === 'wrong bytes' && path.startsWith('/apps/') ? 'reset' : name;
}
