import type { EntryHeader } from './contents.js';
import { contentsRefused, tarballTooBig } from './refusals.js';
import { BLOCK, isZero, NotTar, parseHeader, parsePax, textAt, type TarHeader } from './tar-header.js';

/** Long names and pax records; GNU tar takes more, a release has a few hundred bytes. */
const META_LIMIT = 64 * 1024;
/** GNU tar pads to a record, 10 KiB unless told otherwise and 1 MiB at most in practice. */
const END_LIMIT = 1024 * 1024;

/** Who is shown the entries of a tar; ContentsJudge is one. */
export interface EntrySink {
  /** Says whether the data that follows is wanted. */
  entry(header: EntryHeader): 'skip' | 'data';
  data(piece: Buffer): void;
}

/**
 * Reads a tar from pieces of any size and shows its entries, without unpacking anything. A reader of our
 * own: libraries pass over zero blocks in the middle, global headers, broken pax records and unknown
 * numbers, and read on, where GNU tar, which unpacks the release later, reads something else. A tarball
 * could then show one list of entries to the judge and another to tar. Only what can be read in one way
 * gets through.
 */
export class TarReader {
  private dataLeft = 0;
  private paddingLeft = 0;
  private wantsData = false;
  private zeroBlocks = 0;
  private readonly partial: Buffer[] = [];
  private partialLength = 0;
  private wanted = BLOCK;
  private meta: TarHeader | undefined;
  private metaSeen = '';
  private names: { name?: string | undefined; linkname?: string | undefined } = {};

  constructor(private readonly sink: EntrySink) {}

  /** @throws NotTar, Refusal E_TARBALL_CONTENTS, E_TARBALL_TOO_BIG, and what the sink throws */
  push(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0;) rest = rest.subarray(this.take(rest));
    // The pieces would otherwise keep the caller's whole buffer alive.
    if (this.partial.length > 0) this.partial.splice(0, this.partial.length, Buffer.concat(this.partial));
  }

  /** After the last byte: was the end of the archive there? @throws NotTar */
  end(): void {
    const between = this.dataLeft + this.paddingLeft + this.partialLength === 0 && this.meta === undefined;
    if (!between || this.zeroBlocks < 2) throw new NotTar('it ends before the archive in it does');
  }

  /** How many bytes it took. */
  private take(bytes: Buffer): number {
    if (this.dataLeft > 0) {
      const piece = bytes.subarray(0, this.dataLeft);
      this.dataLeft -= piece.length;
      if (this.wantsData) this.sink.data(piece);
      return piece.length;
    }
    if (this.paddingLeft > 0) {
      const skipped = Math.min(this.paddingLeft, bytes.length);
      this.paddingLeft -= skipped;
      return skipped;
    }
    const piece = bytes.subarray(0, this.wanted - this.partialLength);
    this.partial.push(piece);
    this.partialLength += piece.length;
    if (this.partialLength === this.wanted) this.whole(this.takePartial());
    return piece.length;
  }

  private takePartial(): Buffer {
    const whole = this.partial.length === 1 ? this.partial[0] : undefined;
    const bytes = whole ?? Buffer.concat(this.partial);
    this.partial.length = 0;
    this.partialLength = 0;
    return bytes;
  }

  private whole(bytes: Buffer): void {
    if (this.meta !== undefined) this.endMeta(bytes, this.meta);
    else if (isZero(bytes)) this.zeroBlock();
    // tar stops at the first zero block: anything behind it nobody would unpack, so why is it there?
    else if (this.zeroBlocks > 0) throw contentsRefused(undefined, 'has something behind its end');
    else this.header(parseHeader(bytes));
  }

  private zeroBlock(): void {
    if (this.metaSeen !== '') throw new NotTar('the archive in it ends in the middle of an entry');
    this.zeroBlocks += 1;
    if (this.zeroBlocks * BLOCK > END_LIMIT) throw tarballTooBig('has too many zeros at its end');
  }

  private header(header: TarHeader): void {
    if ('xLK'.includes(header.flag)) {
      this.startMeta(header);
      return;
    }
    const { flag, size, mode } = header;
    const name = this.names.name ?? header.name;
    const linkname = this.names.linkname ?? header.linkname;
    const type = TYPES.get(flag);
    if (type === undefined) throw contentsRefused(name, `is ${kindOf(flag)}, which a release never has`);
    if (type !== 'file' && size !== 0) throw contentsRefused(name, 'has data although it is no file');
    this.names = {};
    this.metaSeen = '';
    this.dataLeft = size;
    this.paddingLeft = padded(size) - size;
    this.wantsData = this.sink.entry({ name, type, size, mode, linkname }) === 'data';
  }

  private startMeta(header: TarHeader): void {
    const { flag, size } = header;
    if (size === 0 || size > META_LIMIT)
      throw contentsRefused(undefined, 'has a header of impossible length');
    // Which of two names wins is a matter of taste among tar programs.
    this.metaSeen += flag;
    if (!['x', 'L', 'K', 'LK', 'KL'].includes(this.metaSeen)) {
      throw contentsRefused(undefined, 'has one entry with two headers that contradict each other');
    }
    this.meta = header;
    this.wanted = padded(size);
  }

  private endMeta(bytes: Buffer, { flag, size }: TarHeader): void {
    if (flag === 'L') this.names.name = textAt(bytes, 0, size);
    else if (flag === 'K') this.names.linkname = textAt(bytes, 0, size);
    else {
      const { path, linkpath } = parsePax(bytes.subarray(0, size));
      this.names = { name: path, linkname: linkpath };
    }
    this.meta = undefined;
    this.wanted = BLOCK;
  }
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['0', 'file'],
  ['1', 'link'],
  ['2', 'symlink'],
  ['5', 'directory'],
]);

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function kindOf(flag: string): string {
  const kinds: Record<string, string> = {
    '3': 'a character device',
    '4': 'a block device',
    '6': 'a named pipe',
    g: 'a header for all entries',
    S: 'a file with holes',
    V: 'a volume label',
    M: 'a piece of another volume',
  };
  return kinds[flag] ?? 'of an unknown kind';
}
