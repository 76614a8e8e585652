import { readdir, readlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemWeb } from '../../../src/system/real-web.js';
import type { Served } from '../../../src/system/web.js';
import { tempDir } from '../../helpers/fake-host.js';
import { until } from '../../helpers/until.js';

const SIZE = 40_000_000;

interface Serving {
  readonly port: number;
  readonly served: Served[];
  /** How often the file is open. */
  opened(): Promise<number>;
}

async function serveLarge(): Promise<Serving> {
  const file = join(await tempDir(), 'large');
  await writeFile(file, Buffer.alloc(SIZE, 'x'));
  const served: Served[] = [];
  const server = await systemWeb.serve(
    { address: '127.0.0.1', port: 0 },
    async () => {
      const handle = await systemWeb.openBelow(join(file, '..'), 'large');
      if (handle === undefined) throw new Error('it is not there');
      return { status: 200, headers: {}, body: { file: handle, from: 0, to: SIZE - 1 } };
    },
    (one) => served.push(one),
  );
  onTestFinished(() => server.close(0));
  const opened = async (): Promise<number> => {
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return links.filter((one) => one === file).length;
  };
  return { port: server.port, served, opened };
}

describe('a server of files', () => {
  it('closes the file of a client that went away in the middle', async () => {
    const { port, served, opened } = await serveLarge();
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await until('the file is closed', async () => (await opened()) === 0);
    expect(served).toEqual([expect.objectContaining({ status: 499, bytes: 0 })]);
  });

  it('gives each of many at a time all bytes, whatever they share', async () => {
    const { port, served, opened } = await serveLarge();
    const fetchOne = async (): Promise<number> => {
      const answer = await fetch(`http://127.0.0.1:${String(port)}/`);
      const body = Buffer.from(await answer.arrayBuffer());
      return body.equals(Buffer.alloc(SIZE, 'x')) ? body.length : -1;
    };
    expect(await Promise.all([fetchOne(), fetchOne(), fetchOne()])).toEqual([SIZE, SIZE, SIZE]);
    await until('the files are closed', async () => (await opened()) === 0);
    expect(served.map(({ status, bytes }) => [status, bytes])).toEqual([
      [200, SIZE],
      [200, SIZE],
      [200, SIZE],
    ]);
  });

  it('turns those away that are in the middle of a request for too long', { timeout: 30_000 }, async () => {
    const { port } = await serveLarge();
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (piece) => (said += piece.toString()));
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const drip = setInterval(() => socket.write('a'), 500);
    onTestFinished(() => clearInterval(drip));
    await until('it is cut off', () => socket.closed, 20_000);
    expect(said).toMatch(/^(?:HTTP\/1\.1 40[08] .*)?/);
    expect(said).not.toContain('200 OK');
  });
});
