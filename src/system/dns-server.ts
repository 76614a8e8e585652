import type { Socket as UdpSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { decode, encode, type Packet, type StringAnswer } from 'dns-packet';
import type { Dns } from './host.js';
import { canonicalIp, parseIp } from './ip.js';
import { systemDns } from './dns.js';

export interface DnsRecord {
  /** A name, or one with a star in place of one label or a part of it: `*.x.test`, `ss-*.x.test`. */
  readonly pattern: string;
  /** IPv4 or IPv6; several records of one pattern add up. */
  readonly address: string;
}

export interface DnsServer {
  /** "127.0.0.1:PORT", the same port for UDP and TCP. */
  readonly address: string;
  /** Closes both sockets and every connection. Safe to call twice. */
  stop(): Promise<void>;
}

/** A record with a short life: a rehearsal's names must not stay in anybody's cache. */
const TTL_SECONDS = 5;
const TCP_IDLE_MS = 5000;
/** A question is a name and four bytes; more is no question. */
const LONGEST_QUESTION = 4096;

/**
 * A DNS server on 127.0.0.1 for the rehearsal: knows its records and nothing else, forwards nothing.
 * As in DNS a star at the front stands for any number of labels, and a name with records of its own is
 * not covered by it. Packets that are no question are dropped without an answer.
 */
export async function startDnsServer(options: {
  readonly records: readonly DnsRecord[];
  readonly port?: number;
}): Promise<DnsServer> {
  const [{ createSocket }, { createServer }] = await Promise.all([import('node:dgram'), import('node:net')]);
  const zone = zoneOf(options.records);
  const answer = (question: Buffer) => reply(question, zone);

  for (let attempt = 1; ; attempt += 1) {
    const tcp = createServer();
    const udp = createSocket('udp4');
    try {
      const port = await listenTcp(tcp, options.port ?? 0);
      await bindUdp(udp, port);
      return serve(tcp, udp, port, answer);
    } catch (error) {
      tcp.close();
      udp.close();
      // A free TCP port may be taken on the UDP side: try another, unless this very one was asked for.
      if (options.port !== undefined || attempt === 10) throw error;
    }
  }
}

/**
 * What the rehearsal's Host uses: names are looked up at `server` only, never in /etc/hosts.
 * @param own addresses to pass for this machine's.
 */
export function dnsFrom(server: Pick<DnsServer, 'address'>, own: readonly string[]): Dns {
  return {
    query: (where, name, type) => systemDns.query(where, name, type),
    lookup: async (name) => {
      const literal = parseIp(name.replace(/^\[|\]$/g, ''));
      if (literal !== undefined) return [literal.text];
      const answers = await Promise.all([
        systemDns.query(server.address, name, 'A'),
        systemDns.query(server.address, name, 'AAAA'),
      ]);
      return answers.flatMap((answer) => (answer.kind === 'addresses' ? answer.addresses : []));
    },
    systemServers: () => [server.address],
    ownAddresses: () => own,
  };
}

function serve(
  tcp: Server,
  udp: UdpSocket,
  port: number,
  answer: (question: Buffer) => Buffer | undefined,
): DnsServer {
  const connections = new Set<Socket>();
  udp.on('message', (question, from) => {
    const bytes = answer(question);
    if (bytes !== undefined) udp.send(bytes, from.port, from.address, () => undefined);
  });
  udp.on('error', () => undefined);
  tcp.on('error', () => undefined);
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    converse(socket, answer);
  });

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    for (const socket of connections) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => tcp.close(() => resolve())),
      new Promise<void>((resolve) => udp.close(() => resolve())),
    ]);
  };
  return { address: `127.0.0.1:${port}`, stop: () => (stopped ??= stop()) };
}

/** DNS over TCP: each message after its length in two bytes. */
function converse(socket: Socket, answer: (question: Buffer) => Buffer | undefined): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0);
      if (length > LONGEST_QUESTION) {
        socket.destroy();
        return;
      }
      if (pending.length < 2 + length) return;
      const bytes = answer(pending.subarray(2, 2 + length));
      pending = pending.subarray(2 + length);
      if (bytes === undefined) {
        socket.destroy();
        return;
      }
      const frame = Buffer.alloc(2);
      frame.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([frame, bytes]));
    }
  });
}

const QUERY_HEADER = 12;
const REFUSED = 5;
const NXDOMAIN = 3;
const NOTIMP = 4;

/** The answer to one message; undefined when it is none that deserves an answer. */
function reply(question: Buffer, zone: Zone): Buffer | undefined {
  if (question.length < QUERY_HEADER || question.length > LONGEST_QUESTION) return undefined;
  try {
    const asked = decode(question);
    const [only, ...more] = asked.questions ?? [];
    // Answering an answer could set two servers talking to each other for ever.
    if (asked.type !== 'query' || only === undefined || more.length > 0) return undefined;
    const { rcode, addresses } = resolve(asked, only, zone);
    // RFC 1035 4.1.1: authoritative; "recursion desired" is echoed; the last four bits are the rcode.
    const flags = (1 << 10) | ((asked.flags ?? 0) & (1 << 8)) | (1 << 7) | rcode;
    const packet: Packet = {
      id: asked.id ?? 0,
      type: 'response',
      flags,
      questions: [only],
      answers: addresses.map((data) => ({ ...data, name: only.name, ttl: TTL_SECONDS, class: 'IN' })),
    };
    return encode(packet);
  } catch {
    return undefined;
  }
}

type Address = Pick<StringAnswer, 'data'> & { readonly type: 'A' | 'AAAA' };

function resolve(
  asked: Packet,
  { name, type, class: klass }: NonNullable<Packet['questions']>[number],
  zone: Zone,
): { readonly rcode: number; readonly addresses: readonly Address[] } {
  const opcode = ((asked.flags ?? 0) >> 11) & 15;
  if (opcode !== 0) return { rcode: NOTIMP, addresses: [] };
  if (klass !== undefined && klass !== 'IN' && klass !== 'ANY') return { rcode: REFUSED, addresses: [] };
  const found = zone.find(name.toLowerCase());
  if (found === undefined) return { rcode: NXDOMAIN, addresses: [] };
  const addresses = found
    .map((data): Address => ({ type: parseIp(data)?.family === 6 ? 'AAAA' : 'A', data }))
    .filter((address) => type === address.type);
  return { rcode: 0, addresses };
}

interface Zone {
  /** All addresses of a name; none for a name that only has names under it; undefined: no such name. */
  find(name: string): readonly string[] | undefined;
}

function zoneOf(records: readonly DnsRecord[]): Zone {
  const rules = records.map(({ pattern, address }) => {
    if (parseIp(address) === undefined) throw new Error(`not an IP address: ${address}`);
    const name = pattern.toLowerCase().replace(/\.$/, '');
    return { name, address: canonicalIp(address), star: name.includes('*'), matches: matcher(name) };
  });
  return {
    find(name) {
      const exact = rules.filter((rule) => !rule.star && rule.name === name);
      const chosen = exact.length > 0 ? exact : rules.filter(({ star, matches }) => star && matches(name));
      if (chosen.length > 0) return chosen.map(({ address }) => address);
      // A name on the way to another one exists, without records.
      return rules.some((rule) => rule.name.endsWith(`.${name}`)) ? [] : undefined;
    },
  };
}

function matcher(pattern: string): (name: string) => boolean {
  const [before = '', after = ''] = pattern.split('*');
  return (name) => {
    if (name.length <= before.length + after.length) return false;
    if (!name.startsWith(before) || !name.endsWith(after)) return false;
    const middle = name.slice(before.length, name.length - after.length);
    return before === '' || !middle.includes('.');
  };
}

function listenTcp(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function bindUdp(socket: UdpSocket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, '127.0.0.1', () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
}
