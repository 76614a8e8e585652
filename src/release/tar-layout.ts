import { contentsRefused, tarballTooBig } from './refusals.js';

const BLOCK = 512;
/** Long names and pax records; GNU tar takes more, a release has a few hundred bytes. */
const META_LIMIT = 64 * 1024;
/** GNU tar pads to a record, 10 KiB unless told otherwise and 1 MiB at most in practice. */
const END_LIMIT = 1024 * 1024;

const FILE_FLAGS = '\0' + '0';
const SIZELESS_FLAGS = '125';
const META_FLAGS = 'xLK';

/** Keys without influence on what is written where; the rest (GNU.sparse.name, size, ...) has. */
const HARMLESS_PAX = /^(?:path|linkpath|[amc]time|[ug]id|[ug]name|comment|(?:SCHILY|LIBARCHIVE)\.[\w.:-]+)$/;

/** The bytes are no tar at this point: a damaged or cut file, as a rule, rather than a malicious one. */
export class NotTar extends Error {}

/**
 * What the tar library does not show, on the same bytes: it passes over zero blocks in the middle,
 * global headers, broken pax records and unknown numbers, and reads on. GNU tar, which unpacks the
 * release later, reads some of those differently, so a tarball could show one list of entries to the
 * judge and another to tar. Only what both read alike gets through.
 *
 * Wants the bytes in order, in pieces of any size.
 * @throws NotTar, Refusal E_TARBALL_CONTENTS, E_TARBALL_TOO_BIG
 */
export class TarLayout {
  private position = 0;
  private toSkip = 0;
  private zeroBlocks = 0;
  private readonly partial: Buffer[] = [];
  private partialLength = 0;
  private wanted = BLOCK;
  private meta: { flag: string; size: number } | undefined;
  private metaSeen = '';
  private readonly dataOffsets: number[] = [];

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.toSkip > 0) {
        const skipped = Math.min(this.toSkip, chunk.length - at);
        this.toSkip -= skipped;
        this.position += skipped;
        at += skipped;
        continue;
      }
      const piece = chunk.subarray(at, at + this.wanted - this.partialLength);
      at += piece.length;
      this.position += piece.length;
      this.partial.push(piece);
      this.partialLength += piece.length;
      if (this.partialLength === this.wanted) this.whole(this.takePartial());
    }
    // The piece would otherwise keep the caller's whole buffer alive.
    if (this.partial.length > 0) this.partial.splice(0, this.partial.length, Buffer.concat(this.partial));
  }

  /** Where the data of the next entry begins, by this reading; the library's must agree. */
  nextDataOffset(): number | undefined {
    return this.dataOffsets.shift();
  }

  /** After the last byte: was the end of the archive there? */
  end(): void {
    const complete = this.toSkip === 0 && this.partialLength === 0 && this.meta === undefined;
    if (!complete || this.zeroBlocks < 2) throw new NotTar('it ends before the archive in it does');
  }

  private takePartial(): Buffer {
    const whole = this.partial.length === 1 ? this.partial[0] : undefined;
    const bytes = whole ?? Buffer.concat(this.partial);
    this.partial.length = 0;
    this.partialLength = 0;
    return bytes;
  }

  private whole(bytes: Buffer): void {
    if (this.meta === undefined) {
      this.header(bytes);
      return;
    }
    if (this.meta.flag === 'x') checkPax(bytes.subarray(0, this.meta.size));
    this.meta = undefined;
    this.wanted = BLOCK;
  }

  private header(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      if (this.metaSeen !== '') throw new NotTar('the archive in it ends in the middle of an entry');
      this.zeroBlocks += 1;
      if (this.zeroBlocks * BLOCK > END_LIMIT) throw tarballTooBig('has too many zeros at its end');
      return;
    }
    // tar stops at the first zero block: anything behind it nobody would unpack, so why is it there?
    if (this.zeroBlocks > 0) throw contentsRefused(undefined, 'has something behind its end');
    requireChecksum(block);

    const flag = String.fromCharCode(block[156] ?? 0);
    const size = sizeOf(block);
    if (META_FLAGS.includes(flag)) {
      this.startMeta(flag, size);
      return;
    }
    if (SIZELESS_FLAGS.includes(flag)) {
      if (size !== 0) throw contentsRefused(nameOf(block), 'has data although it is no file');
    } else if (!FILE_FLAGS.includes(flag)) {
      throw contentsRefused(nameOf(block), `is ${kindOf(flag)}, which a release never has`);
    }
    this.metaSeen = '';
    this.toSkip = padded(size);
    this.dataOffsets.push(this.position);
  }

  private startMeta(flag: string, size: number): void {
    if (size === 0 || size > META_LIMIT)
      throw contentsRefused(undefined, 'has a header of impossible length');
    // Which of two names wins is a matter of taste among tar programs.
    this.metaSeen += flag;
    if (!['x', 'L', 'K', 'LK', 'KL'].includes(this.metaSeen)) {
      throw contentsRefused(undefined, 'has one entry with two headers that contradict each other');
    }
    this.meta = { flag, size };
    this.wanted = padded(size);
  }
}

/** First of all: damaged bytes must not be reported as somebody's bad intent. */
function requireChecksum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', 148, 156))?.[1] ?? '';
  if (parseInt(digits, 8) !== sum) throw new NotTar('the archive in it does not go on where it should');
}

/** Strict where programs guess: octal digits, then blanks. Base 256 is for 8 GiB and more. */
function sizeOf(block: Buffer): number {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', 124, 136))?.[1];
  if (digits !== undefined) return parseInt(digits, 8);
  if (((block[124] ?? 0) & 0x80) !== 0) throw tarballTooBig('has a file of 8 GiB or more');
  throw contentsRefused(nameOf(block), 'has a size that is no number');
}

/** Records are "<length> <key>=<value>\n", the length counting itself (POSIX.1-2001, pax). */
function checkPax(records: Buffer): void {
  for (let rest = records; rest.length > 0;) {
    const digits = /^([1-9][0-9]{0,5}) /.exec(rest.toString('latin1', 0, 8))?.[1];
    const length = Number(digits);
    const record = rest.subarray(0, length);
    const text = record.toString('utf8', (digits?.length ?? 0) + 1);
    const key = /^([^=\n]+)=[^]+\n$/.exec(text)?.[1];
    if (digits === undefined || record.length !== length || key === undefined) {
      throw contentsRefused(undefined, 'has an extended header that is broken');
    }
    if (!HARMLESS_PAX.test(key))
      throw contentsRefused(undefined, `has an extended header "${key.slice(0, 40)}"`);
    rest = rest.subarray(length);
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function nameOf(block: Buffer): string {
  const end = block.indexOf(0);
  return block.toString('utf8', 0, end === -1 || end > 100 ? 100 : end);
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
