import { MalformedMessage } from './malformed.js';

/**
 * Stream framing of Cap'n Proto messages (https://capnproto.org/encoding.html#serialization-over-a-stream):
 * the number of segments less one, the size of each in words, padding to a word, the segments.
 */

export const WORD = 8;

export interface SegmentTable {
  /** Bytes of the table itself. */
  readonly tableBytes: number;
  /** Size of each segment, in words. */
  readonly segments: readonly number[];
  /** Bytes of the whole message, table included. */
  readonly messageBytes: number;
}

/**
 * @param bytes from the message's beginning on, as many as there are
 * @param maxSegments nothing is allocated by a number from the file before it has passed this
 * @returns undefined when `bytes` end before the table does
 * @throws MalformedMessage
 */
export function readSegmentTable(bytes: Uint8Array, maxSegments: number): SegmentTable | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true) + 1;
  if (count > maxSegments) throw new MalformedMessage('it says it has more segments than it could need');
  const tableBytes = Math.ceil((4 + 4 * count) / WORD) * WORD;
  if (bytes.length < tableBytes) return undefined;
  const segments = Array.from({ length: count }, (_, index) => view.getUint32(4 + 4 * index, true));
  const words = segments.reduce((sum, size) => sum + size, 0);
  return { tableBytes, segments, messageBytes: tableBytes + words * WORD };
}
