import { close, constants, createReadStream, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { Refusal } from '../errors.js';
import type { Files } from './host.js';
import { ioRefusal, isCode } from './io-errors.js';

const fs = {
  close: promisify(close),
  fstat: promisify(fstat),
  open: promisify(open),
  read: promisify(read) as (
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ readonly bytesRead: number }>,
};

const DEFAULT_LIMIT = 1024 * 1024;
const LARGEST_PIECE = 1024 * 1024;
/** Files that say they are empty may have something to read all the same. */
const SMALLEST_PIECE = 64 * 1024;

/** One after the other, thousands of files go through the same memory: what is thrown away is collected late. */
let spare: Buffer | undefined;

export const readFiles: Pick<
  Files,
  'readText' | 'readBytes' | 'readStart' | 'readTail' | 'readOwnTail' | 'openRead' | 'readThrough'
> = {
  readText: async (path, maxBytes) => (await readWhole(path, maxBytes))?.toString('utf8'),
  readBytes: readWhole,

  readStart: async (path, length) => readFrom(await openRegular(path), length, 0),
  readTail: async (path, length) => {
    const file = await openIfThere(path);
    if (file === undefined) return '';
    return (await readFrom(file, length, Math.max(0, file.size - length))).toString('utf8');
  },

  async readOwnTail(path, length) {
    const file = await openRegular(path, constants.O_NOFOLLOW);
    const { size } = file;
    return { size, bytes: await readFrom(file, length, Math.max(0, size - length)) };
  },

  async openRead(path) {
    const { fd, size } = await openRegular(path);
    // A whole mebibyte for each of thousands of small files would stay until the next collection of garbage.
    return createReadStream(path, {
      fd,
      highWaterMark: Math.min(LARGEST_PIECE, Math.max(size, SMALLEST_PIECE)),
    });
  },

  async readThrough(path, use) {
    const file = await openRegular(path);
    const memory = spare ?? Buffer.allocUnsafe(LARGEST_PIECE);
    spare = undefined;
    try {
      for (let at = 0; ;) {
        const { bytesRead } = await fs.read(file.fd, memory, 0, LARGEST_PIECE, at).catch((error: unknown) => {
          throw ioRefusal('read', path, error);
        });
        if (bytesRead === 0) return;
        at += bytesRead;
        await use(memory.subarray(0, bytesRead));
      }
    } finally {
      spare = memory;
      await closeFile(file);
    }
  },
};

export interface OpenFile {
  readonly path: string;
  readonly fd: number;
  /** Files in /proc say 0 and have text all the same. */
  readonly size: number;
}

/** @throws Refusal E_IO also when it is not there, or is no regular file. */
export async function openRegular(path: string, flags = 0): Promise<OpenFile> {
  let fd: number | undefined;
  try {
    // Opening a pipe nobody writes to blocks for ever without O_NONBLOCK, so the kind is judged afterwards.
    fd = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
    const stat = await fs.fstat(fd);
    if (!stat.isFile()) throw new Refusal('E_IO', `${path} is not a regular file`);
    return { path, fd, size: stat.size };
  } catch (error) {
    if (fd !== undefined) await closeFile({ fd });
    throw ioRefusal('open', path, error);
  }
}

export async function closeFile({ fd }: Pick<OpenFile, 'fd'>): Promise<void> {
  await fs.close(fd);
}

async function openIfThere(path: string): Promise<OpenFile | undefined> {
  try {
    return await openRegular(path);
  } catch (error) {
    if (error instanceof Refusal && isCode(error.cause, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

async function readWhole(path: string, maxBytes = DEFAULT_LIMIT): Promise<Buffer | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  const bytes = await readFrom(file, maxBytes + 1, 0);
  if (bytes.length > maxBytes) throw new Refusal('E_IO', `${path} is larger than ${String(maxBytes)} bytes`);
  return bytes;
}

/** At most `length` bytes from `start` on. Closes the file. */
async function readFrom(file: OpenFile, length: number, start: number): Promise<Buffer> {
  const { path, fd, size } = file;
  try {
    let buffer = Buffer.allocUnsafe(Math.min(length, size === 0 ? 4096 : size));
    for (let filled = 0; ;) {
      const { bytesRead } = await fs.read(fd, buffer, filled, buffer.length - filled, start + filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === length || (filled === buffer.length && size > 0))
        return buffer.subarray(0, filled);
      if (filled === buffer.length) buffer = Buffer.concat([buffer], Math.min(length, 2 * buffer.length));
    }
  } catch (error) {
    throw ioRefusal('read', path, error);
  } finally {
    await closeFile(file);
  }
}
