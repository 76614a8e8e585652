import { BLOCK } from '../release/tar-header.js';

/*
 * The writing half of ustar (POSIX.1-1988), for short names and plain files: all that a kit has. Own code, as a kit is
 * written while it is read, which tar(1) cannot, and the library for it brings an addon that no single file takes.
 */

/** Eleven octal digits. */
export const LARGEST_TAR_FILE = 8 ** 11 - 1;

/** @param name at most 100 ASCII characters */
export function tarHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void =>
    void block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(name, 0, 'latin1');
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write('        0', 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 6);
  block.write('\0 ', 154, 'latin1');
  return block;
}

/** Zeros up to the next block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}
