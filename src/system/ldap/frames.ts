/** What one connection may bring; a directory of some ten thousand people stays far below. */
export interface FrameLimits {
  readonly messageBytes: number;
  readonly totalBytes: number;
  readonly messages: number;
}

export const FRAME_LIMITS: FrameLimits = {
  messageBytes: 4 * 1024 * 1024,
  totalBytes: 32 * 1024 * 1024,
  messages: 50_000,
};

const SEQUENCE = 0x30;
const DEEPEST = 16;

/**
 * Cuts what a server sends into whole LDAP messages (RFC 4511, BER with definite lengths) and lets only those
 * through whose lengths fit into each other. Written by hand because the server may be anybody: ldapts reads on
 * from a negative length for ever, and calls itself once for each message of a piece.
 */
export class FrameGate {
  private pieces: Buffer[] = [];
  private held = 0;
  private wanted = 2;
  private total = 0;
  private messages = 0;

  constructor(private readonly limits: FrameLimits = FRAME_LIMITS) {}

  /** @throws Error for what is no LDAP, or too much of it */
  feed(piece: Buffer): Buffer[] {
    this.total += piece.length;
    if (this.total > this.limits.totalBytes) throw new Error('the server sends more than anybody would need');
    this.pieces.push(piece);
    this.held += piece.length;
    const frames: Buffer[] = [];
    while (this.held >= this.wanted) {
      const all = this.pieces.length === 1 ? (this.pieces[0] ?? piece) : Buffer.concat(this.pieces);
      this.pieces = [all];
      const size = this.sizeOf(all);
      this.wanted = size;
      if (all.length < size) break;
      frames.push(this.checked(all.subarray(0, size)));
      const rest = all.subarray(size);
      this.pieces = rest.length === 0 ? [] : [rest];
      this.held = rest.length;
      this.wanted = 2;
    }
    return frames;
  }

  /** Bytes of the message that begins there, or of as much of its head as is needed to tell. */
  private sizeOf(bytes: Buffer): number {
    if (bytes[0] !== SEQUENCE) throw new Error('what it sends is no LDAP');
    const head = readLength(bytes, 1, bytes.length);
    if (head === undefined) return bytes.length + 1;
    const size = head.start + head.length;
    if (size > this.limits.messageBytes) throw new Error('the server sends an answer that is too long');
    return size;
  }

  private checked(frame: Buffer): Buffer {
    this.messages += 1;
    if (this.messages > this.limits.messages)
      throw new Error('the server sends more than anybody would need');
    requireNested(frame, 0, frame.length, 0);
    return frame;
  }
}

/** The result code of the message that ends a search (tag 0x65); undefined for every other message. */
export function searchResultCode(frame: Buffer): number | undefined {
  const body = readLength(frame, 1, frame.length);
  if (body === undefined) return undefined;
  const id = readLength(frame, body.start + 1, frame.length);
  if (id === undefined) return undefined;
  const operation = id.start + id.length;
  if (frame[operation] !== 0x65) return undefined;
  const done = readLength(frame, operation + 1, frame.length);
  // ENUMERATED of one byte: codes end far below 128.
  if (done === undefined || frame[done.start] !== 0x0a || frame[done.start + 1] !== 1) return undefined;
  return frame[done.start + 2];
}

function requireNested(bytes: Buffer, start: number, end: number, depth: number): void {
  if (depth > DEEPEST) throw new Error('what it sends is nested too deeply');
  for (let at = start; at < end;) {
    const tag = bytes[at] ?? 0;
    const content = readLength(bytes, at + 1, end);
    if ((tag & 0x1f) === 0x1f || content === undefined || content.start + content.length > end) {
      throw new Error('what it sends is no LDAP');
    }
    const next = content.start + content.length;
    if ((tag & 0x20) !== 0) requireNested(bytes, content.start, next, depth + 1);
    at = next;
  }
}

/** undefined when `end` comes before its last byte. @throws Error for a form that LDAP does not use */
function readLength(
  bytes: Buffer,
  at: number,
  end: number,
): { readonly start: number; readonly length: number } | undefined {
  const first = at < end ? bytes[at] : undefined;
  if (first === undefined) return undefined;
  if (first < 0x80) return { start: at + 1, length: first };
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw new Error('what it sends is no LDAP');
  if (at + 1 + count > end) return undefined;
  return { start: at + 1 + count, length: bytes.readUIntBE(at + 1, count) };
}
