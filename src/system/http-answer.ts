/** The largest head that is read; node's own limit. */
const LARGEST_HEAD = 16 * 1024;

export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Reads one answer to a GET with `Connection: close`, as RFC 9112 has it, from the pieces as they come. Pure.
 * It says when the answer is whole; whoever feeds it bounds time, and it bounds what it keeps.
 */
export class AnswerReader {
  head: AnswerHead | undefined;
  private waiting: Buffer = Buffer.alloc(0);
  private readonly pieces: Buffer[] = [];
  private kept = 0;
  /** Bytes to come of the body, or of this chunk; undefined: all until the end. */
  private left: number | undefined;
  private reading: 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'done' = 'head';

  constructor(private readonly maxBytes: number) {}

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** @returns whether the answer is whole, or as much of it as is wanted. @throws NotHttp */
  feed(piece: Buffer): boolean {
    this.waiting = this.waiting.length === 0 ? piece : Buffer.concat([this.waiting, piece]);
    while (this.reading !== 'done' && this.step());
    return this.reading === 'done';
  }

  /** The other side has closed. @returns whether the answer is whole. */
  end(): boolean {
    return this.reading === 'done' || (this.reading === 'body' && this.left === undefined);
  }

  /** @returns whether there may be more to do with what is waiting. */
  private step(): boolean {
    switch (this.reading) {
      case 'head':
        return this.readHead();
      case 'body':
      case 'chunk':
        return this.readBytes();
      case 'chunk-size': {
        const line = this.line();
        if (line === undefined) return false;
        // What may stand behind the size is of no use to anybody.
        const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
        if (size === undefined) throw new NotHttp();
        this.left = parseInt(size, 16);
        this.reading = this.left === 0 ? 'trailer' : 'chunk';
        return true;
      }
      case 'chunk-end': {
        const line = this.line();
        if (line === undefined) return false;
        if (line !== '') throw new NotHttp();
        this.reading = 'chunk-size';
        return true;
      }
      case 'trailer': {
        const line = this.line();
        if (line === '') this.reading = 'done';
        return line !== undefined;
      }
      case 'done':
        return false;
    }
  }

  private readHead(): boolean {
    const text = this.waiting.toString('latin1');
    const start = 'HTTP/1.';
    if (!text.slice(0, start.length).startsWith(start.slice(0, text.length))) throw new NotHttp();
    const end = /\r?\n\r?\n/.exec(text);
    if ((end?.index ?? text.length) > LARGEST_HEAD) throw new NotHttp();
    if (end === null) return false;
    this.waiting = this.waiting.subarray(end.index + end[0].length);
    const head = parseHead(text.slice(0, end.index));
    // 100 Continue and the like announce the answer.
    if (head.status < 200) return true;
    this.head = head;
    this.beginBody(head);
    return true;
  }

  private beginBody({ status, headers }: AnswerHead): void {
    const length = headers['content-length'];
    if (status === 204 || status === 304) this.reading = 'done';
    else if (/(?:^|,)\s*chunked\s*$/i.test(headers['transfer-encoding'] ?? '')) this.reading = 'chunk-size';
    else {
      // The same length twice is allowed and joined with a comma; two that differ are an attack or a fault.
      const lengths = new Set(length?.split(',').map((one) => one.trim()));
      const [only] = lengths;
      if (lengths.size > 1 || (only !== undefined && !/^\d{1,15}$/.test(only))) throw new NotHttp();
      this.left = only === undefined ? undefined : Number(only);
      this.reading = this.left === 0 ? 'done' : 'body';
    }
  }

  private readBytes(): boolean {
    if (this.waiting.length === 0) return false;
    const taken = this.waiting.subarray(0, this.left ?? this.waiting.length);
    this.waiting = this.waiting.subarray(taken.length);
    this.pieces.push(taken.subarray(0, this.maxBytes - this.kept));
    this.kept = Math.min(this.maxBytes, this.kept + taken.length);
    if (this.left !== undefined) this.left -= taken.length;
    if (this.kept === this.maxBytes) this.reading = 'done';
    else if (this.left === 0) this.reading = this.reading === 'chunk' ? 'chunk-end' : 'done';
    return true;
  }

  private line(): string | undefined {
    const end = this.waiting.indexOf('\n');
    if (end < 0 ? this.waiting.length > LARGEST_HEAD : end > LARGEST_HEAD) throw new NotHttp();
    if (end < 0) return undefined;
    const line = this.waiting.toString('latin1', 0, end).replace(/\r$/, '');
    this.waiting = this.waiting.subarray(end + 1);
    return line;
  }
}

/** What answers does not speak HTTP, or not rightly. */
export class NotHttp extends Error {
  constructor() {
    super('something that does not speak HTTP answers');
  }
}

function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^HTTP\/1\.\d (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new NotHttp();
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new NotHttp();
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key] ?? ''}, ${value}` : value;
  }
  return { status: Number(status), headers: { ...headers } };
}
