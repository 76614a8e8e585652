import { describe, expect, it } from 'vitest';
import type { Dns } from '../../../src/system/host.js';
import { systemHttp } from '../../../src/system/http.js';
import { tempDir } from '../../helpers/fake-host.js';
import { serveHttp, serveHttps, serveTcp } from '../../helpers/http-server.js';
import { requireReal } from '../../helpers/real-parts.js';

const dns: Dns = {
  query: () => Promise.resolve({ kind: 'timeout' }),
  lookup: (name) => Promise.resolve(name.endsWith('.test') ? ['127.0.0.1'] : []),
  systemServers: () => [],
  ownAddresses: () => [],
};
const { get } = systemHttp(dns);

describe('one GET', () => {
  it('asks by name, at the address its resolver gives', async () => {
    const port = await serveHttp((asked, answer) => {
      answer.setHeader('x-said', 'yes');
      answer.statusCode = 203;
      answer.end(`${asked.method ?? ''} ${asked.headers.host ?? ''}${asked.url ?? ''}`);
    });
    const answer = await get(`http://box.test:${String(port)}/path?query`);
    expect(answer).toMatchObject({
      status: 203,
      body: `GET box.test:${String(port)}/path?query`,
      headers: { 'x-said': 'yes' },
      tlsProblem: undefined,
    });
  });

  it('connects elsewhere when told, and still asks for the name', async () => {
    const port = await serveHttp((asked, answer) => answer.end(asked.headers.host));
    const connectTo = { address: '127.0.0.1', port };
    expect((await get('http://no.where:81/', { connectTo })).body).toBe('no.where:81');
  });

  it('does not go where it is sent', async () => {
    const port = await serveHttp((_, answer) =>
      answer.writeHead(302, { location: 'http://else.test/' }).end(),
    );
    expect((await get(`http://box.test:${String(port)}/`)).status).toBe(302);
  });

  it('reads no more than it was told, of an answer without end', async () => {
    const port = await serveHttp((_, answer) => {
      const more = (): void => {
        while (answer.write('x'.repeat(10_000)));
      };
      answer.on('drain', more);
      more();
    });
    const { body } = await get(`http://box.test:${String(port)}/`, { maxBytes: 50_000 });
    expect(body).toHaveLength(50_000);
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:1/', 'connection refused'],
    ['the name leads nowhere', 'http://no.where:81/', 'the name does not resolve'],
  ])('says in plain words when %s', async (_, url, words) => {
    await expect(get(url)).rejects.toThrow(words);
  });

  it.each<[string, (socket: { write(text: string): unknown; destroy(): unknown }) => void, string]>([
    ['it never answers', () => undefined, 'no answer within 0.3 s'],
    [
      'the answer drips',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx');
      },
      'no answer within 0.3 s',
    ],
    [
      'it hangs up',
      (socket) => {
        socket.destroy();
      },
      'connection closed in mid-answer',
    ],
    [
      'it hangs up in the middle',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx');
        setTimeout(() => socket.destroy(), 50);
      },
      'connection closed in mid-answer',
    ],
    [
      'it speaks another language',
      (socket) => {
        socket.write('SSH-2.0-OpenSSH_9.2\r\n');
      },
      'something that does not speak HTTP answers',
    ],
  ])('says in plain words when %s', async (_, answer, words) => {
    const port = await serveTcp(answer);
    await expect(get(`http://box.test:${String(port)}/`, { timeoutMs: 300 })).rejects.toThrow(words);
  });

  it.runIf(requireReal('https with a certificate of its own making', ['openssl']))(
    'asks through a certificate that nobody trusts, and says so',
    async () => {
      const warnings: string[] = [];
      const listener = (warning: Error): void => void warnings.push(warning.message);
      process.on('warning', listener);
      const port = await serveHttps((_, answer) => answer.end('in'), await tempDir());
      for (const name of ['box.test', '127.0.0.1']) {
        const answer = await get(`https://${name}:${String(port)}/`);
        expect(answer).toMatchObject({ status: 200, body: 'in', tlsProblem: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      }
      await new Promise(setImmediate);
      process.off('warning', listener);
      expect(warnings).toEqual([]);
    },
  );
});
