import { contentsRefused, tarballTooBig } from './refusals.js';

export const BLOCK = 512;

/** The bytes are no tar at this point: a damaged or cut file, as a rule, rather than a malicious one. */
export class NotTar extends Error {}

/** One header block. Long names come in blocks before it. */
export interface TarHeader {
  /** Type flag: '0' a file, '5' a folder, ... */
  readonly flag: string;
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly linkname: string;
}

/**
 * Strict where programs guess: GNU tar unpacks the release later, and must not see other names, sizes or
 * kinds than were judged. Formats ustar (POSIX.1-1988) and GNU.
 * @throws NotTar, Refusal E_TARBALL_CONTENTS, E_TARBALL_TOO_BIG
 */
export function parseHeader(block: Buffer): TarHeader {
  // First of all: damaged bytes must not be reported as somebody's bad intent.
  requireChecksum(block);
  const magic = block.toString('latin1', 257, 265);
  const posix = magic.startsWith('ustar\0');
  if (!posix && magic !== 'ustar  \0') throw new NotTar('the archive in it is of no known format');
  const name = textAt(block, 0, 100);
  // In GNU's own format there is something else at that place.
  const prefix = posix ? textAt(block, 345, 155) : '';
  const flag = String.fromCharCode(block[156] ?? 0);
  return {
    flag: flag === '\0' ? '0' : flag,
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: sizeOf(block, name),
    mode: numberAt(block, 100, 8) ?? refuseNumber(name, 'mode'),
    linkname: textAt(block, 157, 100),
  };
}

export function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** Names that a pax header gives the next entry. */
export interface PaxNames {
  readonly path?: string;
  readonly linkpath?: string;
}

/** Keys without influence on what is written where; the rest (GNU.sparse.name, size, ...) has. */
const HARMLESS_PAX = /^(?:path|linkpath|[amc]time|[ug]id|[ug]name|comment|(?:SCHILY|LIBARCHIVE)\.[\w.:-]+)$/;

/**
 * Records are "<length> <key>=<value>\n", the length counting itself (POSIX.1-2001, pax).
 * @throws Refusal E_TARBALL_CONTENTS
 */
export function parsePax(records: Buffer): PaxNames {
  const names: { path?: string; linkpath?: string } = {};
  for (let rest = records; rest.length > 0;) {
    const digits = /^([1-9][0-9]{0,5}) /.exec(rest.toString('latin1', 0, 8))?.[1];
    const length = Number(digits);
    const record = rest.subarray(0, length);
    const text = record.toString('utf8', (digits?.length ?? 0) + 1);
    const [, key, value] = /^([^=\n]+)=([^]+)\n$/.exec(text) ?? [];
    if (digits === undefined || record.length !== length || key === undefined) {
      throw contentsRefused(undefined, 'has an extended header that is broken');
    }
    if (!HARMLESS_PAX.test(key))
      throw contentsRefused(undefined, `has an extended header "${key.slice(0, 40)}"`);
    if (key === 'path' || key === 'linkpath') names[key] = value ?? '';
    rest = rest.subarray(length);
  }
  return names;
}

/** Up to the first zero byte, as C reads it. */
export function textAt(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('utf8', at, end === -1 || end > at + length ? at + length : end);
}

function requireChecksum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  if (numberAt(block, 148, 8) !== sum) throw new NotTar('the archive in it does not go on where it should');
}

/** Base 256 is for 8 GiB and more. */
function sizeOf(block: Buffer, name: string): number {
  const size = numberAt(block, 124, 12);
  if (size !== undefined) return size;
  if (((block[124] ?? 0) & 0x80) !== 0) throw tarballTooBig('has a file of 8 GiB or more');
  return refuseNumber(name, 'size');
}

/** Octal digits, then blanks; anything else is read in several ways. */
function numberAt(block: Buffer, at: number, length: number): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', at, at + length))?.[1];
  return digits === undefined ? undefined : parseInt(digits, 8);
}

function refuseNumber(name: string, what: string): never {
  throw contentsRefused(name, `has a ${what} that is no number`);
}
