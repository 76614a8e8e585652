import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Listens on loopback until the test is over; resolves to its port. */
export function serveHttp(answer: RequestListener): Promise<number> {
  return listening(createHttp(answer));
}

/** With a certificate of its own making, for names that nobody asks about. */
export function serveHttps(answer: RequestListener, dir: string): Promise<number> {
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=other.test',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
    ],
    { cwd: dir },
  );
  if (made.status !== 0) throw new Error(String(made.stderr));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(dir, name)));
  return listening(createHttps({ key, cert }, answer));
}

/** Bytes as told, whatever is asked. */
export function serveTcp(answer: (socket: Socket) => void): Promise<number> {
  return listening(
    createTcp((socket) => {
      socket.on('error', () => undefined);
      answer(socket);
    }),
  );
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
