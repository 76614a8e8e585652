import { crc32 } from 'node:zlib';
import { foldersOf } from './collection.js';

/**
 * A `.tar.gz` of these texts that is the same to the byte wherever it is made: no times, no owners, and nothing
 * compressed, because what a compressor makes changes with its version. A collection is small. Pure.
 */
export function reproducibleTarGz(files: ReadonlyMap<string, string>): Buffer {
  return storedGzip(
    Buffer.concat([
      ...foldersOf(files.keys()).map((path) => header(`${path}/`, 0, '5', 0o755)),
      ...[...files].flatMap(([path, text]) => {
        const data = Buffer.from(text);
        return [header(path, data.length, '0', 0o644), padded(data)];
      }),
      Buffer.alloc(2 * BLOCK),
    ]),
  );
}

const BLOCK = 512;
const LONGEST_NAME = 100;

/** One block of a POSIX ustar header. */
function header(path: string, size: number, kind: '0' | '5', mode: number): Buffer {
  if (Buffer.byteLength(path) > LONGEST_NAME) throw new Error(`too long for a tar header: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(path, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 108);
  block.write(`        ${kind}`, 148);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

const LONGEST_STORED = 0xffff;

/** RFC 1952 around stored blocks of RFC 1951. */
function storedGzip(data: Buffer): Buffer {
  const parts: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])];
  for (let at = 0; at < data.length; at += LONGEST_STORED) {
    const piece = data.subarray(at, at + LONGEST_STORED);
    const head = Buffer.alloc(5);
    head.writeUInt8(at + LONGEST_STORED >= data.length ? 1 : 0, 0);
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(~piece.length & 0xffff, 3);
    parts.push(head, piece);
  }
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(data), 0);
  tail.writeUInt32LE(data.length, 4);
  return Buffer.concat([...parts, tail]);
}
