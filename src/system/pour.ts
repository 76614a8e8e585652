import { read } from 'node:fs';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';

const readInto = promisify(read) as (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
) => Promise<{ readonly bytesRead: number }>;

const LARGE = 512 * 1024;
const SMALL = 32 * 1024;
/** So many downloads have large buffers; the others small ones: a thousand slow readers must not take a gigabyte. */
const MOST_LARGE = 32;
let large = 0;
const spare: (readonly [Buffer, Buffer])[] = [];

/**
 * Writes the bytes `from` to `to` of a file, the one piece being read while the one before is being sent. Always into
 * the same few buffers: a stream takes fresh memory for every piece, which cost a third of the throughput.
 * @throws when the file ends before, or nobody takes the bytes any more
 */
export async function pour(into: Writable, fd: number, from: number, to: number): Promise<void> {
  const isLarge = to - from >= SMALL && large < MOST_LARGE;
  if (!isLarge)
    return pourThrough([Buffer.allocUnsafe(SMALL), Buffer.allocUnsafe(SMALL)], into, fd, from, to);
  large += 1;
  try {
    const buffers = spare.pop() ?? [Buffer.allocUnsafeSlow(LARGE), Buffer.allocUnsafeSlow(LARGE)];
    await pourThrough(buffers, into, fd, from, to);
    // Not after a failure: what is still on its way must not be written over for somebody else.
    spare.push(buffers);
  } finally {
    large -= 1;
  }
}

async function pourThrough(
  buffers: readonly [Buffer, Buffer],
  into: Writable,
  fd: number,
  from: number,
  to: number,
): Promise<void> {
  let sending = Promise.resolve();
  for (let at = from, turn = 0; at <= to; turn = 1 - turn) {
    const buffer = buffers[turn === 0 ? 0 : 1];
    const { bytesRead } = await readInto(fd, buffer, 0, Math.min(buffer.length, to - at + 1), at);
    if (bytesRead === 0) throw new Error('the file is shorter than it was');
    at += bytesRead;
    await sending;
    sending = send(into, buffer.subarray(0, bytesRead));
    // Awaited in the next turn; until then nobody listens.
    sending.catch(() => undefined);
  }
  await sending;
}

/** An answer whose client has gone away calls nobody back. */
function send(into: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error('nobody takes it any more'));
    if (into.destroyed) onClose();
    into.once('close', onClose);
    into.write(bytes, (error) => {
      into.off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
