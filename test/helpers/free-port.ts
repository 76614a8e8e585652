import { createSocket } from 'node:dgram';
import { freePorts } from '../../src/system/free-ports.js';

/** A port of 127.0.0.1 that is free for TCP and UDP at this moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const [port = 0] = await freePorts(1);
    const isFree = await new Promise<boolean>((resolve) => {
      const udp = createSocket('udp4');
      udp.once('error', () => resolve(false));
      udp.bind(port, '127.0.0.1', () => udp.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error('no port is free for both UDP and TCP');
}
