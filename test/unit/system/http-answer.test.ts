import { describe, expect, it } from 'vitest';
import { AnswerReader, NotHttp } from '../../../src/system/http-answer.js';

interface Read {
  status: number | undefined;
  headers: Readonly<Record<string, string>> | undefined;
  body: string;
  /** By itself, before the other side closed. */
  whole: boolean;
  /** Once it has closed. */
  ended: boolean;
}

function read(pieces: readonly string[], maxBytes = 1000): Read {
  const reader = new AnswerReader(maxBytes);
  let whole = false;
  for (const piece of pieces) whole = reader.feed(Buffer.from(piece, 'latin1'));
  return { ...at(reader), whole, ended: reader.end() };
}

function at({ head, body }: AnswerReader): Pick<Read, 'status' | 'headers' | 'body'> {
  return { status: head?.status, headers: head?.headers, body: body.toString('latin1') };
}

const WHOLE: readonly [string, string, string][] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
  [
    'a length that is said twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
    'abc',
  ],
  ['no body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ['a length of nothing', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', ''],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nEtag: x\r\n\r\n',
    'abc0123456789',
  ],
  [
    'chunks, whatever the length',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
    'ab',
  ],
  ['an announcement', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na', 'a'],
  ['bare line feeds', 'HTTP/1.0 200 OK\nContent-Length: 1\n\na', 'a'],
  ['no reason', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na', 'a'],
];

describe('an answer', () => {
  it.each(WHOLE)('with %s is whole by itself', (_, text, body) => {
    expect(read([text])).toMatchObject({ body, whole: true, ended: true });
  });

  it.each(WHOLE)('with %s may come byte by byte, and is not whole before its end', (_, text, body) => {
    expect(read(Array.from(text))).toMatchObject({ body, whole: true });
    for (let length = 0; length < text.length; length += 1)
      expect(read([text.slice(0, length)])).toMatchObject({ whole: false, ended: false });
  });

  it('without a length ends when the other side closes', () => {
    expect(read(['HTTP/1.1 200 OK\r\n\r\nab', 'c'])).toMatchObject({
      body: 'abc',
      whole: false,
      ended: true,
    });
  });

  it('has headers, by small letters', () => {
    const { headers } = read([
      'HTTP/1.1 302 Found\r\nLocation:  /x \r\nX-A: 1\r\nx-a: 2\r\n__proto__: y\r\n\r\n',
    ]);
    expect(headers).toMatchObject({ location: '/x', 'x-a': '1, 2' });
    expect(({} as Record<string, unknown>).y).toBeUndefined();
  });

  it('is kept up to a limit', () => {
    expect(read(['HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(600), 'x'.repeat(600)])).toMatchObject({
      body: 'x'.repeat(1000),
      whole: true,
    });
    expect(
      read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n', 'x'.repeat(5000)]).body,
    ).toHaveLength(1000);
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['the first byte of another protocol', '\x16'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['a later version', 'HTTP/2 200\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nA: x\r\n y\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
    ['a length below nothing', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}`],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['a chunk of all there is', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
    ['a size without end', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`],
  ])('is none with %s', (_, text) => {
    expect(() => read([text])).toThrow(NotHttp);
  });
});
