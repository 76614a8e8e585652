import { crc32 } from 'node:zlib';
import { readVariable } from './xz-blocks.js';

/**
 * The end of an xz file, which lists what is before it (https://tukaani.org/xz/xz-file-format.txt, sections
 * 2.1.2 and 4): the index of the blocks, then the footer. From it can be told without unpacking whether the
 * file is one stream and whole, and what it claims to unpack to. The decoder compares the index with the
 * blocks; until then it is a claim.
 */
export interface XzTrailer {
  /** What all blocks together unpack to, in bytes. */
  readonly unpackedBytes: number;
}

/** Far more than an index needs: four to ten bytes a block, and a block is 24 MiB when `spk pack` makes it. */
export const XZ_TRAILER_BYTES = 64 * 1024;

const HEADER = 12;
const FOOTER = 12;

/** A clause: "it is cut short". */
export class NotOneXzStream extends Error {}

/**
 * @param end the last bytes, at most XZ_TRAILER_BYTES, all of them if there are fewer
 * @param length of the whole xz file
 * @throws NotOneXzStream, NotAnXzBlock
 */
export function readXzTrailer(end: Buffer, length: number): XzTrailer {
  const footer = end.subarray(-FOOTER);
  if (length < HEADER + FOOTER || footer.toString('latin1', 10) !== 'YZ') {
    throw new NotOneXzStream('it is cut short, or something stands behind its end');
  }
  if (crc32(footer.subarray(4, 10)) !== footer.readUInt32LE(0)) throw broken();
  const indexBytes = 4 * (footer.readUInt32LE(4) + 1);
  if (indexBytes > end.length - FOOTER) throw broken();
  const { packed, unpacked } = readIndex(end.subarray(-FOOTER - indexBytes, -FOOTER));
  if (HEADER + packed + indexBytes + FOOTER !== length) {
    throw new NotOneXzStream('it is not one xz stream from beginning to end');
  }
  return { unpackedBytes: unpacked };
}

/** @returns bytes of all blocks */
function readIndex(index: Buffer): { readonly packed: number; readonly unpacked: number } {
  const body = index.subarray(0, -4);
  if (index[0] !== 0 || crc32(body) !== index.readUInt32LE(body.length)) throw broken();
  let at = 1;
  const number = (): number => {
    const [value, end] = readVariable(body, at);
    at = end;
    return value;
  };
  let packed = 0;
  let unpacked = 0;
  for (let blocks = number(); blocks > 0; blocks -= 1) {
    packed += 4 * Math.ceil(number() / 4);
    unpacked += number();
  }
  return { packed, unpacked };
}

function broken(): NotOneXzStream {
  return new NotOneXzStream('the list of blocks at its end is broken');
}
