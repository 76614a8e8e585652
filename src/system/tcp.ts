import { connect, isIP } from 'node:net';
import type { Dns, Tcp } from './host.js';

const MOST_CHARACTERS = 512;

export function systemTcp(dns: Dns): Tcp {
  return { greeting: (host, port, timeoutMs = 10_000) => greeting(host, port, timeoutMs, dns) };
}

async function greeting(host: string, port: number, timeoutMs: number, dns: Dns): Promise<string> {
  const [address] = isIP(host) === 0 ? await dns.lookup(host) : [host];
  if (address === undefined) throw new Error('the name does not resolve');
  const socket = connect({ host: address, port });
  let said = '';
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it says nothing for ${timeoutMs / 1000} s`)), timeoutMs);
    const line = (): string => said.split(/\r?\n/)[0]?.slice(0, MOST_CHARACTERS) ?? '';
    socket.on('data', (piece: Buffer) => {
      said += piece.toString('latin1');
      if (said.includes('\n') || said.length > MOST_CHARACTERS) resolve(line());
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(error.code === 'ECONNREFUSED' ? 'connection refused' : error.message)),
    );
    socket.once('close', () => {
      clearTimeout(timer);
      if (said === '') reject(new Error('it hangs up without a word'));
      else resolve(line());
    });
  }).finally(() => socket.destroy());
}
