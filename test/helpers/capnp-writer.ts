const WORD = 8;

/**
 * Writes Cap'n Proto messages for tests: all in one segment, but for large bytes that get one of their own,
 * as `spk pack` does it. What a pointer is to lead to is given with where the pointer stands, in words.
 */
export class CapnpWriter {
  private main = Buffer.alloc(64 * WORD);
  /** The root's pointer is there from the beginning. */
  private used = 1;
  private readonly others: Uint8Array[] = [];

  /** @returns where the struct begins; its pointers stand behind its data */
  struct(pointerAt: number, dataWords: number, pointers: number): number {
    const at = this.allocate(dataWords + pointers);
    this.point(pointerAt, at, 0, (pointers << 16) | dataWords);
    return at;
  }

  /** @returns where the first element begins */
  structs(pointerAt: number, count: number, dataWords: number, pointers: number): number {
    const words = count * (dataWords + pointers);
    const tagAt = this.allocate(1 + words);
    this.point(pointerAt, tagAt, 1, (words << 3) | 7);
    this.main.writeUInt32LE(count << 2, tagAt * WORD);
    this.main.writeUInt32LE(((pointers << 16) | dataWords) >>> 0, tagAt * WORD + 4);
    return tagAt + 1;
  }

  numbers16(pointerAt: number, values: readonly number[]): void {
    const at = this.allocate(Math.ceil(values.length / 4));
    this.point(pointerAt, at, 1, (values.length << 3) | 3);
    values.forEach((value, index) => this.main.writeUInt16LE(value, at * WORD + 2 * index));
  }

  text(pointerAt: number, text: string | undefined): void {
    if (text !== undefined) this.bytes(pointerAt, Buffer.from(`${text}\0`));
  }

  bytes(pointerAt: number, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) return;
    const at = this.allocate(Math.ceil(bytes.length / WORD));
    this.point(pointerAt, at, 1, (bytes.length << 3) | 2);
    this.main.set(bytes, at * WORD);
  }

  /** In a segment of its own, reached by a double far pointer. Not copied. */
  bytesApart(pointerAt: number, bytes: Uint8Array): void {
    this.others.push(bytes);
    const pad = this.allocate(2);
    this.main.writeUInt32LE(((pad << 3) | 4 | 2) >>> 0, pointerAt * WORD);
    this.main.writeUInt32LE(0, pointerAt * WORD + 4);
    this.main.writeUInt32LE(2, pad * WORD);
    this.main.writeUInt32LE(this.others.length, pad * WORD + 4);
    this.main.writeUInt32LE(1, (pad + 1) * WORD);
    this.main.writeUInt32LE(((bytes.length << 3) | 2) >>> 0, (pad + 1) * WORD + 4);
  }

  /** A pointer that leads where another one does. */
  sameAs(pointerAt: number, other: number): void {
    const low = this.main.readInt32LE(other * WORD);
    const at = other + 1 + (low >> 2);
    this.point(pointerAt, at, (low & 3) as 0 | 1, this.main.readUInt32LE(other * WORD + 4));
  }

  uint16(at: number, byte: number, value: number): void {
    this.main.writeUInt16LE(value, at * WORD + byte);
  }

  uint32(at: number, byte: number, value: number): void {
    this.main.writeUInt32LE(value, at * WORD + byte);
  }

  /** The message in pieces, so that large ones need not be copied. */
  pieces(): Uint8Array[] {
    const segments = [this.main.subarray(0, this.used * WORD), ...this.others];
    const table = Buffer.alloc(Math.ceil((4 + 4 * segments.length) / WORD) * WORD);
    table.writeUInt32LE(segments.length - 1, 0);
    segments.forEach(({ length }, index) => table.writeUInt32LE(Math.ceil(length / WORD), 4 + 4 * index));
    return [table, ...segments.flatMap((one) => [one, Buffer.alloc((WORD - (one.length % WORD)) % WORD)])];
  }

  message(): Buffer {
    return Buffer.concat(this.pieces());
  }

  private allocate(words: number): number {
    const at = this.used;
    this.used += words;
    while (this.used * WORD > this.main.length) {
      this.main = Buffer.concat([this.main, Buffer.alloc(this.main.length)]);
    }
    return at;
  }

  private point(pointerAt: number, at: number, kind: 0 | 1, high: number): void {
    this.main.writeInt32LE(((at - pointerAt - 1) << 2) | kind, pointerAt * WORD);
    this.main.writeUInt32LE(high >>> 0, pointerAt * WORD + 4);
  }
}
