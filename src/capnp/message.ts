import { readSegmentTable, WORD } from './framing.js';
import { MalformedMessage } from './malformed.js';
import { BYTES, follow, POINTERS, type ListTarget, type Reading, type Target } from './pointers.js';

export interface MessageLimits {
  readonly segments: number;
  /**
   * Words that may be looked at in all, again and again counted again: a small message can point to the
   * same large thing from everywhere.
   */
  readonly traversalWords: number;
  /** Pointers behind each other. */
  readonly depth: number;
  /** What may stand behind the message's end; some writers round up. */
  readonly trailing: 'refuse' | 'ignore';
}

/** As Cap'n Proto's own readers have them, but for what is behind the end. */
export const DEFAULT_MESSAGE_LIMITS: MessageLimits = {
  segments: 512,
  traversalWords: 8 * 1024 * 1024,
  depth: 64,
  trailing: 'refuse',
};

/**
 * A Cap'n Proto message in memory, from whoever made it. General readers were seen to follow pointers in
 * circles and to abort the process on an 8-byte header, hence this one: everything asked of it comes to an
 * end, allocates no more than it was given, and throws nothing but MalformedMessage.
 *
 * Fields are named by where the schema compiler puts them (`capnp compile -ocapnp` prints it): bytes in the
 * data section, index of the pointer. What an older writer did not know reads as its default.
 */
export class Message {
  private traversed = 0;

  private constructor(
    private readonly segments: readonly Buffer[],
    private readonly sizes: readonly number[],
    readonly limits: MessageLimits,
  ) {}

  /** @throws MalformedMessage */
  static read(bytes: Uint8Array, limits: Partial<MessageLimits> = {}): Message {
    const all = { ...DEFAULT_MESSAGE_LIMITS, ...limits };
    const table = readSegmentTable(bytes, all.segments);
    if (table === undefined || table.messageBytes > bytes.length)
      throw new MalformedMessage('it is cut short');
    if (table.messageBytes < bytes.length && all.trailing === 'refuse') {
      throw new MalformedMessage('something stands behind its end');
    }
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = table.tableBytes;
    const segments = table.segments.map((words) => buffer.subarray(at, (at += words * WORD)));
    return new Message(segments, table.segments, all);
  }

  /** Of a message without anything in it: a struct of which everything is default. */
  root(): StructReader {
    if (this.sizes[0] === 0) return this.emptyStruct(0);
    return this.struct(this.target(0, 0, 0), 0);
  }

  /** @internal */
  target(segment: number, at: number, depth: number): Target | undefined {
    if (depth >= this.limits.depth) throw new MalformedMessage('it is nested deeper than anything real');
    const pointer = this.bytes(segment, at, WORD);
    const target = atOnce(follow(this.sizes, pointer, segment, at), (span) =>
      this.bytes(span.segment, span.at, span.words * WORD),
    );
    // A list of nothing, a billion times, is short in the message and long to go through.
    if (target !== undefined)
      this.charge(target.kind === 'list' && target.words === 0 ? target.count : target.words);
    return target;
  }

  /** @internal */
  struct(target: Target | undefined, depth: number): StructReader {
    if (target === undefined) return this.emptyStruct(depth);
    if (target.kind !== 'struct') throw new MalformedMessage('a list stands where a struct should');
    const { segment, at, dataWords, pointers } = target;
    const data = this.bytes(segment, at, dataWords * WORD);
    return new StructReader(this, data, { segment, at: at + dataWords, count: pointers }, depth);
  }

  /** @internal */
  bytes(segment: number, at: number, length: number): Buffer {
    const bytes = this.segments[segment]?.subarray(at * WORD, at * WORD + length);
    if (bytes?.length !== length) throw new MalformedMessage('a pointer in it leads outside');
    return bytes;
  }

  private emptyStruct(depth: number): StructReader {
    return new StructReader(this, Buffer.alloc(0), { segment: 0, at: 0, count: 0 }, depth);
  }

  private charge(words: number): void {
    this.traversed += words + 1;
    if (this.traversed > this.limits.traversalWords) {
      throw new MalformedMessage('it is larger to read than anything real');
    }
  }
}

interface PointerSection {
  readonly segment: number;
  readonly at: number;
  readonly count: number;
}

export class StructReader {
  /** @internal */
  constructor(
    private readonly message: Message,
    private readonly data: Buffer,
    private readonly pointers: PointerSection,
    private readonly depth: number,
  ) {}

  /** @param byte offset in the data section, as of all numbers here */
  uint16(byte: number): number {
    return byte + 2 > this.data.length ? 0 : this.data.readUInt16LE(byte);
  }

  uint32(byte: number): number {
    return byte + 4 > this.data.length ? 0 : this.data.readUInt32LE(byte);
  }

  uint64(byte: number): bigint {
    return byte + 8 > this.data.length ? 0n : this.data.readBigUInt64LE(byte);
  }

  /** @param bit number in the data section */
  bool(bit: number): boolean {
    return ((this.data[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  struct(pointer: number): StructReader {
    return this.message.struct(this.target(pointer), this.depth + 1);
  }

  /** undefined for a null pointer, as with all lists. Bytes that are no UTF-8 become replacement marks. */
  text(pointer: number): string | undefined {
    const bytes = this.byteList(pointer);
    if (bytes === undefined) return undefined;
    if (bytes.at(-1) !== 0) throw new MalformedMessage('a text in it does not end');
    return bytes.toString('utf8', 0, bytes.length - 1);
  }

  /** A view, not a copy. */
  bytes(pointer: number): Buffer | undefined {
    return this.byteList(pointer);
  }

  list(pointer: number): ListReader | undefined {
    const target = this.target(pointer);
    if (target === undefined) return undefined;
    if (target.kind !== 'list') throw new MalformedMessage('a struct stands where a list should');
    return new ListReader(this.message, target, this.depth + 1);
  }

  private byteList(pointer: number): Buffer | undefined {
    const target = this.target(pointer);
    if (target === undefined) return undefined;
    if (target.kind !== 'list' || target.code !== BYTES) {
      throw new MalformedMessage('something else stands where bytes should');
    }
    return this.message.bytes(target.segment, target.at, target.count);
  }

  private target(pointer: number): Target | undefined {
    const { segment, at, count } = this.pointers;
    return pointer < count ? this.message.target(segment, at + pointer, this.depth) : undefined;
  }
}

const DATA_BYTES = [0, 0, 1, 2, 4, 8, 0, 0] as const;

/** Elements are read when asked for: their number is the writer's claim, and they may take no room at all. */
export class ListReader {
  /** @internal */
  constructor(
    private readonly message: Message,
    private readonly list: ListTarget,
    private readonly depth: number,
  ) {}

  get count(): number {
    return this.list.count;
  }

  /** The elements as structs; also of a list whose elements were plain values before the schema grew. */
  *structs(): Generator<StructReader, void> {
    for (let index = 0; index < this.count; index += 1) yield this.structAt(index);
  }

  /** The elements as unsigned integers of 8, 16 or 32 bits, each of its own size; enumerants have 16. */
  *numbers(bits: 8 | 16 | 32): Generator<number, void> {
    for (let index = 0; index < this.count; index += 1) {
      const { data } = this.elementAt(index);
      yield data.length * 8 < bits ? 0 : data.readUIntLE(0, bits / 8);
    }
  }

  *bools(): Generator<boolean, void> {
    const { segment, at, code } = this.list;
    if (code !== 1) throw new MalformedMessage('something else stands where bits should');
    const bits = this.message.bytes(segment, at, Math.ceil(this.count / 8));
    for (let index = 0; index < this.count; index += 1) {
      yield ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
    }
  }

  /** The elements as texts; null ones are empty. */
  *texts(): Generator<string, void> {
    for (let index = 0; index < this.count; index += 1) yield this.structAt(index).text(0) ?? '';
  }

  *lists(): Generator<ListReader | undefined, void> {
    for (let index = 0; index < this.count; index += 1) yield this.structAt(index).list(0);
  }

  private structAt(index: number): StructReader {
    const { data, pointers } = this.elementAt(index);
    return new StructReader(this.message, data, pointers, this.depth);
  }

  private elementAt(index: number): { readonly data: Buffer; readonly pointers: PointerSection } {
    const { segment, at, code, dataWords, pointers } = this.list;
    if (code === 1) throw new MalformedMessage('bits stand where something larger should');
    if (code === 7) {
      const start = at + index * (dataWords + pointers);
      return {
        data: this.message.bytes(segment, start, dataWords * WORD),
        pointers: { segment, at: start + dataWords, count: pointers },
      };
    }
    if (code === POINTERS) {
      return { data: Buffer.alloc(0), pointers: { segment, at: at + index, count: 1 } };
    }
    const size = DATA_BYTES[code];
    const whole = this.message.bytes(segment, at, this.count * size);
    return {
      data: whole.subarray(index * size, (index + 1) * size),
      pointers: { segment, at, count: 0 },
    };
  }
}

/** Answers a reading from memory. */
function atOnce<T>(
  reading: Reading<T>,
  answer: (span: { segment: number; at: number; words: number }) => Buffer,
): T {
  let next = reading.next();
  while (next.done !== true) next = reading.next(answer(next.value));
  return next.value;
}
