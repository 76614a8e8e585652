import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode, type Packet } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemDns } from '../../src/system/dns.js';
import { dnsFrom, startDnsServer, type DnsServer } from '../../src/system/dns-server.js';

let server: DnsServer;
beforeAll(async () => {
  server = await startDnsServer({
    records: [
      { pattern: 'box.x.test', address: '127.0.0.1' },
      { pattern: '*.box.x.test', address: '127.0.0.1' },
      { pattern: '*.box.x.test', address: '127.0.0.2' },
      { pattern: 'ss-*.x.test', address: '127.0.0.3' },
      { pattern: 'six.x.test', address: '::1' },
      { pattern: 'own.box.x.test', address: '127.0.0.4' },
    ],
  });
});
afterAll(() => server.stop());

const port = () => Number(server.address.split(':')[1]);
const ask = (name: string, type: 'A' | 'AAAA' = 'A') => systemDns.query(server.address, name, type);

describe('the embedded DNS server', () => {
  it('answers names, wildcards and stars in the middle', async () => {
    const addresses = async (name: string, type: 'A' | 'AAAA' = 'A') => {
      const answer = await ask(name, type);
      return answer.kind === 'addresses' ? [...answer.addresses].sort() : answer.kind;
    };
    expect(await addresses('box.x.test')).toEqual(['127.0.0.1']);
    expect(await addresses('BOX.X.test')).toEqual(['127.0.0.1']);
    expect(await addresses('any.box.x.test')).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(await addresses('deep.er.box.x.test')).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(await addresses('own.box.x.test')).toEqual(['127.0.0.4']);
    expect(await addresses('ss-any.x.test')).toEqual(['127.0.0.3']);
    expect(await addresses('six.x.test', 'AAAA')).toEqual(['::1']);
  });

  it('tells no record from no name', async () => {
    expect(await ask('box.x.test', 'AAAA')).toEqual({ kind: 'nodata' });
    expect(await ask('six.x.test')).toEqual({ kind: 'nodata' });
    expect(await ask('x.test')).toEqual({ kind: 'nodata' });
    expect(await ask('nobody.x.test')).toEqual({ kind: 'nxdomain' });
    expect(await ask('ss-.x.test')).toEqual({ kind: 'nxdomain' });
    expect(await ask('ss-a.b.x.test')).toEqual({ kind: 'nxdomain' });
    expect(await ask('example.com')).toEqual({ kind: 'nxdomain' });
  });

  it('is what a Host looks names up with', async () => {
    const dns = dnsFrom(server, ['127.0.0.1']);
    expect(await dns.lookup('box.x.test')).toEqual(['127.0.0.1']);
    expect(await dns.lookup('six.x.test')).toEqual(['::1']);
    expect(await dns.lookup('nobody.x.test')).toEqual([]);
    // The machine's own /etc/hosts must not shine through.
    expect(await dns.lookup('localhost')).toEqual([]);
    expect(await dns.lookup('127.0.0.9')).toEqual(['127.0.0.9']);
    expect(dns.systemServers()).toEqual([server.address]);
    expect(dns.ownAddresses()).toEqual(['127.0.0.1']);
  });

  it('answers over TCP, several questions on one connection, in pieces', async () => {
    const socket = connect(port(), '127.0.0.1');
    await once(socket, 'connect');
    const frames = ['box.x.test', 'own.box.x.test'].map((name, id) => framed(question(name, { id })));
    const all = Buffer.concat(frames);
    for (let at = 0; at < all.length; at += 7) {
      socket.write(all.subarray(at, at + 7));
      await sleep(1);
    }
    let got = Buffer.alloc(0);
    const answers: Packet[] = [];
    while (answers.length < 2) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      got = Buffer.concat([got, chunk]);
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        const length = got.readUInt16BE(0);
        answers.push(decode(got.subarray(2, 2 + length)));
        got = got.subarray(2 + length);
      }
    }
    socket.destroy();
    expect(answers.map(({ id, answers: found }) => [id, found?.[0]])).toMatchObject([
      [0, { name: 'box.x.test', type: 'A', data: '127.0.0.1' }],
      [1, { name: 'own.box.x.test', type: 'A', data: '127.0.0.4' }],
    ]);
  });

  it('echoes the question as it was spelt, and never answers an answer', async () => {
    const answer = decode((await exchange(question('BoX.x.TeSt', { id: 7 }))) ?? Buffer.alloc(0));
    expect(answer).toMatchObject({ id: 7, type: 'response', rcode: 'NOERROR', flag_aa: true });
    expect(answer.questions).toMatchObject([{ name: 'BoX.x.TeSt', type: 'A' }]);
    const response = encode({ type: 'response', id: 8, questions: [{ name: 'box.x.test', type: 'A' }] });
    expect(await exchange(response, 200)).toBeUndefined();
  });

  it('lives through malformed packets', async () => {
    const random = lehmer(20_201);
    const good = question('any.box.x.test', { id: 1 });
    const socket = createSocket('udp4');
    for (let round = 0; round < 600; round += 1) {
      socket.send(mangled(good, random), port(), '127.0.0.1');
      if (round % 50 === 0) await sleep(1);
    }
    for (const evil of [
      Buffer.alloc(0),
      Buffer.alloc(12),
      Buffer.alloc(12, 0xff),
      // A name that points at itself.
      Buffer.concat([good.subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]),
      // 65535 questions in a packet that has none.
      Buffer.from([0, 1, 1, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0]),
    ]) {
      socket.send(evil, port(), '127.0.0.1');
    }
    for (let round = 0; round < 60; round += 1) {
      const tcp = connect(port(), '127.0.0.1');
      tcp.on('error', () => undefined);
      tcp.end(round % 2 === 0 ? mangled(framed(good), random) : framed(mangled(good, random)));
      tcp.resume();
      await once(tcp, 'close');
    }
    socket.close();
    expect(await ask('box.x.test')).toEqual({ kind: 'addresses', addresses: ['127.0.0.1'] });
  });

  it('stops with connections open, twice, and then nothing listens', async () => {
    const other = await startDnsServer({ records: [{ pattern: 'a.test', address: '127.0.0.1' }] });
    const where = Number(other.address.split(':')[1]);
    const open = connect(where, '127.0.0.1');
    await once(open, 'connect');
    const closed = once(open, 'close');
    await Promise.all([other.stop(), other.stop()]);
    await closed;
    expect(await systemDns.query(other.address, 'a.test', 'A')).toMatchObject({ kind: 'unreachable' });
    const again = await startDnsServer({ records: [], port: where });
    expect(again.address).toBe(other.address);
    await expect(startDnsServer({ records: [], port: where })).rejects.toThrow('EADDRINUSE');
    await again.stop();
  });
});

describe('the system resolver', () => {
  it('neither reads /etc/hosts nor adds a search domain when it asks a server', async () => {
    // Every machine has localhost in /etc/hosts; the embedded server does not know it.
    expect(await ask('localhost')).toEqual({ kind: 'nxdomain' });
    expect(await ask('box')).toEqual({ kind: 'nxdomain' });
  });

  it('looks names up as programs do', async () => {
    expect((await systemDns.lookup('localhost')).length).toBeGreaterThan(0);
    expect(await systemDns.lookup('127.0.0.1')).toEqual(['127.0.0.1']);
    expect(await systemDns.lookup('no such name')).toEqual([]);
    expect(systemDns.ownAddresses()).toContain('127.0.0.1');
    expect(Array.isArray(systemDns.systemServers())).toBe(true);
  });

  it('says what a name that cannot be asked is, and refuses a server that is none', async () => {
    expect(await ask(`${'a'.repeat(64)}.test`)).toEqual({ kind: 'nxdomain' });
    await expect(systemDns.query('dns.corp.lan', 'a.test', 'A')).rejects.toMatchObject({
      code: 'E_BAD_VALUE',
    });
  });

  it('takes a port that answers rubbish for no DNS server', async () => {
    const rubbish = createSocket('udp4');
    rubbish.on('message', (_data, from) => rubbish.send('hello', from.port, from.address));
    rubbish.bind(0, '127.0.0.1');
    await once(rubbish, 'listening');
    const answer = await systemDns.query(`127.0.0.1:${rubbish.address().port}`, 'a.test', 'A');
    rubbish.close();
    expect(answer).toMatchObject({ kind: 'unreachable' });
  });
});

function question(name: string, more: { readonly id: number }): Buffer {
  return encode({ type: 'query', flags: 1 << 8, questions: [{ name, type: 'A' }], ...more });
}

function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** One packet out and what comes back; undefined when nothing does. */
async function exchange(bytes: Buffer, waitMs = 2000): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  socket.send(bytes, port(), '127.0.0.1');
  const got = await Promise.race([
    once(socket, 'message').then(([data]) => data as Buffer),
    sleep(waitMs).then(() => undefined),
  ]);
  socket.close();
  return got;
}

/** Numbers from 0 to 1, the same in every run (Park and Miller). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Bits flipped, the end cut off, or bytes that never were a packet. */
function mangled(good: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(good);
  const kind = Math.floor(random() * 3);
  if (kind === 0) return bytes.subarray(0, Math.floor(random() * bytes.length));
  if (kind === 1) {
    for (let flips = 1 + random() * 6; flips > 0; flips -= 1) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    return bytes;
  }
  return Buffer.from(Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256)));
}
