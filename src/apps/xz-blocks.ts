import { crc32 } from 'node:zlib';

/**
 * The blocks of an xz stream (https://tukaani.org/xz/xz-file-format.txt, section 3). `spk pack` lets xz pack with
 * several threads: every block then begins with its own sizes and can be unpacked without those before it.
 */

/** Magic number, flags and their CRC32. */
export const XZ_HEADER_BYTES = 12;
/** By the number of the integrity check in the stream's flags. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** A clause: "a block in it is broken". */
export class NotAnXzBlock extends Error {}

export type BlockHeader =
  /** No further block: the index begins here. */
  | { readonly kind: 'end' }
  /** A block that does not say how long it is. */
  | { readonly kind: 'unsized' }
  | {
      readonly kind: 'sized';
      /** As the index counts it: header, content and check. */
      readonly unpaddedBytes: number;
      /** Up to the next block. */
      readonly packedBytes: number;
      readonly unpackedBytes: number;
    };

/**
 * @param bytes from the block's beginning on, as many as there are
 * @param streamHeader of the stream that it is in
 * @returns undefined when they are not enough
 * @throws NotAnXzBlock
 */
export function readBlockHeader(bytes: Buffer, streamHeader: Buffer): BlockHeader | undefined {
  const [size, flags] = bytes;
  if (size === undefined) return undefined;
  if (size === 0) return { kind: 'end' };
  const headerBytes = 4 * (size + 1);
  if (bytes.length < headerBytes || flags === undefined) return undefined;
  const body = bytes.subarray(0, headerBytes - 4);
  if (crc32(body) !== bytes.readUInt32LE(body.length)) throw new NotAnXzBlock('a block in it is broken');
  if ((flags & 0xc0) !== 0xc0) return { kind: 'unsized' };
  const [content, next] = readVariable(body, 2);
  const [unpackedBytes] = readVariable(body, next);
  const unpaddedBytes = headerBytes + content + (CHECK_BYTES[(streamHeader[7] ?? 0) & 15] ?? 0);
  return { kind: 'sized', unpaddedBytes, packedBytes: 4 * Math.ceil(unpaddedBytes / 4), unpackedBytes };
}

/**
 * What must follow a single block to make an xz file of it, index and footer: xz then says whether the block is
 * whole and what its header promises.
 */
export function endOfSingleBlock(
  { unpaddedBytes, unpackedBytes }: { readonly unpaddedBytes: number; readonly unpackedBytes: number },
  streamHeader: Buffer,
): Buffer {
  const records = Buffer.from([0, 1, ...writeVariable(unpaddedBytes), ...writeVariable(unpackedBytes)]);
  const index = withCrc(Buffer.concat([records, Buffer.alloc((4 - (records.length % 4)) % 4)]));
  const backward = Buffer.concat([uint32(index.length / 4 - 1), streamHeader.subarray(6, 8)]);
  return Buffer.concat([index, uint32(crc32(backward)), backward, Buffer.from('YZ')]);
}

/**
 * A number in seven bits a byte, the lowest first. None here is near what a double holds exactly.
 * @returns it, and where it ends
 * @throws NotAnXzBlock
 */
export function readVariable(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  for (let at = start, factor = 1; factor < 2 ** 49; at += 1, factor *= 128) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at + 1];
  }
  throw new NotAnXzBlock('a number in it does not end');
}

function writeVariable(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...writeVariable(Math.floor(value / 128))];
}

function withCrc(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, uint32(crc32(bytes))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
