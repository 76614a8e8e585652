import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { holdersOf } from '../../src/system/ports.js';
import { systemProcesses } from '../../src/system/processes.js';
import { tempDir, writeTree } from '../helpers/fake-host.js';

async function listen(address: string, ipv6Only = false): Promise<number> {
  const server: Server = createServer();
  server.listen({ host: address, port: 0, ipv6Only });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

describe('holdersOf', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('finds this process listening on %s', async (address) => {
    const port = await listen(address, address.includes(':'));
    const program = await systemProcesses('/proc').name(process.pid);
    expect(await holdersOf(port, '/proc')).toEqual([{ address, port, pid: process.pid, program }]);
  });

  it('finds nobody on a port that was given up', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    expect(await holdersOf(port, '/proc')).toEqual([]);
  });

  it('gives a socket that two processes share to the one with the lowest pid', async () => {
    const script = `
      const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
        const child = require('node:child_process').spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', server._handle.fd] });
        process.stdout.write(server.address().port + ' ' + child.pid);
        process.on('SIGTERM', () => { child.kill(); process.exit(); });
      });`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      parent.kill('SIGTERM');
      await once(parent, 'exit');
    });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const [port = 0, child = 0] = text.toString().split(' ').map(Number);

    const [holder, ...others] = await holdersOf(port, '/proc');
    expect(others).toEqual([]);
    expect(holder?.pid).toBe(Math.min(parent.pid ?? 0, child));
    expect(await systemProcesses('/proc').parent(child)).toBe(parent.pid);
  });

  it('tells the listener without its owner when the owner may not be looked at', async () => {
    const proc = await tempDir();
    const socket =
      '   0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 99 1 0 100 0 0 10 0';
    await writeTree(proc, { 'net/tcp': `${socket}\n`, '17/comm': 'exim4\n' });
    expect(await holdersOf(25, proc)).toEqual([
      { address: '127.0.0.1', port: 25, pid: undefined, program: undefined },
    ]);
  });

  it('counts the sockets of one owner on one address once', async () => {
    const proc = await tempDir();
    const socket = (inode: string): string =>
      `   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 ${inode} 1 0 100 0 0 10 0`;
    await writeTree(proc, {
      'net/tcp': [socket('7'), socket('8')].join('\n'),
      '30/comm': 'nginx\n',
      '30/fd/5': { link: 'socket:[7]' },
      '30/fd/6': { link: 'socket:[8]' },
      '200/comm': 'nginx\n',
      '200/fd/6': { link: 'socket:[8]' },
    });
    expect(await holdersOf(80, proc)).toEqual([{ address: '0.0.0.0', port: 80, pid: 30, program: 'nginx' }]);
  });

  it('does without /proc', async () => {
    expect(await holdersOf(80, '/nonexistent')).toEqual([]);
  });
});
