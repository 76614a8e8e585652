import { createServer, type Server } from 'node:net';

/**
 * Below those that Linux gives to whoever asks for any (net.ipv4.ip_local_port_range begins at 32768): until the
 * port is used, nobody is given it by chance.
 */
const FIRST = 12_288;
const LAST = 32_767;
const TRIES = 200;

/** Ports on 127.0.0.1 that nobody holds at this moment, all different. @throws Error when there are none */
export async function freePorts(count: number): Promise<number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  try {
    // All are held at once, so that no two are the same.
    for (let tries = 0; held.length < count; tries += 1) {
      if (tries > count + TRIES) throw new Error('there are no free ports on 127.0.0.1');
      const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
      const server = await hold(port);
      if (server !== undefined) held.push({ port, server });
    }
    return held.map(({ port }) => port);
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
