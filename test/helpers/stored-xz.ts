import { crc32 } from 'node:zlib';

const CHUNK = 65_536;
/** CRC32 as the integrity check. */
const FLAGS = Buffer.from([0, 1]);

/**
 * A genuine .xz file of one stream and one block in which nothing is compressed: it takes no program and no
 * time to make (https://tukaani.org/xz/xz-file-format.txt).
 */
export function storedXz(content: Uint8Array): Buffer {
  const blockHead = checked(Buffer.from([2, 0, 0x21, 1, 0x08, 0, 0, 0]));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += CHUNK) {
    const piece = content.subarray(at, at + CHUNK);
    // 1 resets the dictionary, 2 goes on.
    const head = Buffer.from([at === 0 ? 1 : 2, 0, 0]);
    head.writeUInt16BE(piece.length - 1, 1);
    chunks.push(head, piece);
  }
  chunks.push(Buffer.from([0]));
  const unpadded = blockHead.length + lengthOf(chunks) + 4;
  const padding = Buffer.alloc((4 - (unpadded % 4)) % 4);

  const records = Buffer.from([0, ...variable(1), ...variable(unpadded), ...variable(content.length)]);
  const index = checked(Buffer.concat([records, Buffer.alloc((4 - (records.length % 4)) % 4)]));
  const backward = Buffer.concat([uint32(index.length / 4 - 1), FLAGS]);

  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    checked(FLAGS),
    blockHead,
    ...chunks,
    padding,
    uint32(crc32(content)),
    index,
    uint32(crc32(backward)),
    backward,
    Buffer.from('YZ'),
  ]);
}

function checked(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, uint32(crc32(bytes))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function variable(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...variable(Math.floor(value / 128))];
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
