/** The last pieces of a stream, by their place in it. Nothing is copied until somebody asks for it. */
export class Window {
  private pieces: { readonly start: number; readonly bytes: Buffer }[] = [];
  private end = 0;

  /** Where what is kept begins. */
  get start(): number {
    return this.pieces[0]?.start ?? this.end;
  }

  /** @param start its place in the stream, right behind the one before */
  add(start: number, bytes: Buffer): void {
    this.pieces.push({ start, bytes });
    this.end = start + bytes.length;
  }

  /** Forgets the pieces that lie wholly before a place. */
  forget(before: number): void {
    let gone = 0;
    while (gone < this.pieces.length && this.endOf(gone) <= before) gone += 1;
    if (gone > 0) this.pieces = this.pieces.slice(gone);
  }

  /** A copy of what lies there, all of which must be kept here. */
  copy(start: number, length: number): Buffer {
    const copy = Buffer.alloc(length);
    for (const piece of this.from(start)) {
      const skipped = Math.max(0, start - piece.start);
      const at = Math.max(0, piece.start - start);
      if (at >= length) break;
      piece.bytes.copy(copy, at, skipped, Math.min(piece.bytes.length, skipped + length - at));
    }
    return copy;
  }

  /** The pieces that reach beyond a place. */
  from(start: number): readonly { readonly start: number; readonly bytes: Buffer }[] {
    return this.pieces.filter((piece) => piece.start + piece.bytes.length > start);
  }

  private endOf(index: number): number {
    const piece = this.pieces[index];
    return piece === undefined ? this.end : piece.start + piece.bytes.length;
  }
}
