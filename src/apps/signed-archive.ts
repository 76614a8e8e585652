import { createHash } from 'node:crypto';
import { readSegmentTable, WORD, type SegmentTable } from '../capnp/framing.js';
import { MalformedMessage } from '../capnp/malformed.js';
import { Message } from '../capnp/message.js';
import type { Reading, Span } from '../capnp/pointers.js';
import { readTopFolder, type Extent } from './archive.js';
import type { UnpackedSink } from './unpacking.js';
import { Window } from './window.js';

/**
 * What a package unpacks to, going by in pieces: a `Signature` message, then an `Archive` message of up to
 * 1 GiB, of which only the last piece is kept. Pointers may lead anywhere in it: what lies further back
 * than that is read when the stream comes once more (`again`), how often is the caller's to bound.
 */
export class SignedArchive implements UnpackedSink {
  private readonly hash = createHash('sha512');
  private head: Head | undefined;
  private firstBytes = Buffer.alloc(0);
  /** Bytes of the stream that went by. */
  private position = 0;
  private round = 1;
  private window = new Window();
  private manifest: Capture | undefined;
  private reading: Reading<void> | undefined;
  /** What the reading waits for; undefined when it is over. */
  private wanted: Place | undefined;

  /** @param extent 'all' also hashes, and takes nothing behind the archive's end */
  constructor(private readonly extent: Extent) {}

  /** @throws MalformedMessage, ArchiveTooBig */
  push(chunk: Buffer, start: number): void {
    if (start !== this.position + this.firstBytes.length) this.skipTo(start);
    if (this.head === undefined) this.begin(chunk);
    else this.take(chunk);
  }

  get wantsAll(): boolean {
    return this.extent === 'all' && this.round === 1;
  }

  wantsIn(start: number, end: number): boolean {
    if (this.wantsAll || this.head === undefined) return true;
    // What began before and is no longer here must wait for the next round.
    const from = start === this.position ? this.window.start : start;
    if (this.wanted !== undefined && this.wanted.start >= from && this.wanted.start < end) return true;
    const { manifest } = this;
    return manifest !== undefined && !manifest.isWhole && manifest.next >= start && manifest.next < end;
  }

  /** The manifest was found and all of it is here. What is not so at the stream's end lies further back. */
  get isFound(): boolean {
    return this.head !== undefined && this.wanted === undefined && this.manifest?.isWhole === true;
  }

  /** From now on the stream comes once more, the same bytes. */
  again(): void {
    this.round += 1;
    this.skipTo(0);
  }

  /** Once the stream is over. @throws MalformedMessage */
  end(): void {
    if (this.head === undefined) throw new MalformedMessage('it is cut short');
    if (this.position < this.head.end) throw new MalformedMessage('its archive is cut short');
  }

  /** @throws MalformedMessage before the beginning has gone by */
  get signature(): SignatureParts {
    return this.known.signature;
  }

  /** Bytes of the archive message, as it says itself; the stream may not go on behind it. */
  get archiveBytes(): number {
    return this.known.table.messageBytes;
  }

  /** Bytes of both messages. */
  get streamBytes(): number {
    return this.known.end;
  }

  /** Of all that went by in the first round, once. */
  sha512(): Buffer {
    return this.hash.digest();
  }

  manifestBytes(): Buffer {
    if (this.manifest === undefined) throw new MalformedMessage('it has no manifest');
    return this.manifest.bytes();
  }

  private skipTo(start: number): void {
    this.position = start;
    this.window = new Window();
  }

  private get known(): Head {
    if (this.head === undefined) throw new MalformedMessage('it is cut short');
    return this.head;
  }

  private begin(chunk: Buffer): void {
    this.firstBytes = Buffer.concat([this.firstBytes, chunk]);
    const head = readHead(this.firstBytes);
    if (head === undefined) return;
    this.head = head;
    this.reading = readTopFolder(
      head.table.segments,
      (span) => {
        this.manifest = new Capture(head.placeOf(span), span.bytes);
        for (const piece of this.window.from(0)) this.manifest.see(piece.start, piece.bytes);
      },
      this.extent,
    );
    this.wanted = this.nextWanted();
    const all = this.firstBytes;
    this.firstBytes = Buffer.alloc(0);
    this.take(all);
  }

  private take(chunk: Buffer): void {
    const { end, archiveAt } = this.known;
    const start = this.position;
    this.position += chunk.length;
    if (this.position > end && this.extent === 'all') {
      throw new MalformedMessage('something stands behind its archive');
    }
    if (this.wantsAll) {
      this.hash.update(chunk.subarray(Math.max(0, archiveAt - start)));
    }
    this.window.add(start, chunk);
    this.manifest?.see(start, chunk);
    this.drive();
    this.window.forget(Math.min(this.wanted?.start ?? Infinity, this.position - KEPT_BYTES));
  }

  /** Gives the reading all that it asks for and is here. */
  private drive(): void {
    while (this.wanted !== undefined) {
      const { start, length } = this.wanted;
      if (start < this.window.start || start + length > this.position) return;
      this.wanted = this.nextWanted(this.window.copy(start, length));
    }
  }

  private nextWanted(answer?: Buffer): Place | undefined {
    const next = answer === undefined ? this.reading?.next() : this.reading?.next(answer);
    return next === undefined || next.done === true ? undefined : this.known.placeOf(next.value);
  }
}

/** Upstream's APP_SIZE_LIMIT. */
export const MAX_ARCHIVE_BYTES = 1024 ** 3;

/** `Signature` in package.capnp as its pointers are numbered, and in the form of libsodium's crypto_sign. */
const SIGNATURE = { publicKey: 0, signature: 1 };
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SHA512_BYTES = 64;

const MAX_SIGNATURE_MESSAGE_BYTES = 4096;
/** A file of more than 128 KiB is a segment of its own when `spk pack` makes the archive. */
const MAX_SEGMENTS = 100_000;
/** What is kept of the stream that went by: names stand close to each other. */
const KEPT_BYTES = 1024 * 1024;

/** The archive says that it is larger than Sandstorm takes. */
export class ArchiveTooBig extends Error {}

export interface SignatureParts {
  readonly publicKey: Buffer;
  readonly signature: Buffer;
  /** What was signed: SHA-512 of the archive message. */
  readonly sha512: Buffer;
}

interface Place {
  readonly start: number;
  readonly length: number;
}

interface Head {
  readonly signature: SignatureParts;
  readonly table: SegmentTable;
  /** Where the archive message begins, in bytes of the stream. */
  readonly archiveAt: number;
  readonly end: number;
  placeOf(span: Span): Place;
}

/** @returns undefined when `bytes`, the stream's first, are not yet enough */
function readHead(bytes: Buffer): Head | undefined {
  const outer = readSegmentTable(bytes, 4);
  if (outer === undefined) return undefined;
  const archiveAt = outer.messageBytes;
  if (archiveAt > MAX_SIGNATURE_MESSAGE_BYTES)
    throw new MalformedMessage('its signature is too large to be one');
  if (bytes.length < archiveAt) return undefined;
  const table = readSegmentTable(bytes.subarray(archiveAt), MAX_SEGMENTS);
  if (table === undefined) return undefined;
  if (table.messageBytes > MAX_ARCHIVE_BYTES) throw new ArchiveTooBig();

  let next = archiveAt + table.tableBytes;
  const starts = table.segments.map((words) => (next += words * WORD) - words * WORD);
  return {
    signature: readSignature(bytes.subarray(0, archiveAt)),
    table,
    archiveAt,
    end: archiveAt + table.messageBytes,
    placeOf: ({ segment, at, words }) => ({
      start: (starts[segment] ?? 0) + at * WORD,
      length: words * WORD,
    }),
  };
}

function readSignature(message: Buffer): SignatureParts {
  const root = Message.read(message).root();
  const publicKey = root.bytes(SIGNATURE.publicKey);
  const attached = root.bytes(SIGNATURE.signature);
  if (publicKey?.length !== PUBLIC_KEY_BYTES || attached?.length !== SIGNATURE_BYTES + SHA512_BYTES) {
    throw new MalformedMessage('its signature has not the length of one');
  }
  return {
    publicKey: Buffer.from(publicKey),
    signature: Buffer.from(attached.subarray(0, SIGNATURE_BYTES)),
    sha512: Buffer.from(attached.subarray(SIGNATURE_BYTES)),
  };
}

/** Picks a file's bytes out of the stream, in as many rounds as it takes. */
class Capture {
  private readonly pieces: Buffer[] = [];
  /** Where the bytes stand that it waits for. */
  next: number;
  private readonly end: number;

  constructor({ start }: Place, length: number) {
    this.next = start;
    this.end = start + length;
  }

  get isWhole(): boolean {
    return this.next === this.end;
  }

  see(start: number, bytes: Buffer): void {
    const from = this.next - start;
    if (from < 0 || from >= bytes.length || this.isWhole) return;
    const piece = Buffer.from(bytes.subarray(from, Math.min(bytes.length, this.end - start)));
    this.pieces.push(piece);
    this.next += piece.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}
