/**
 * Reads `.update-sig` files: one Cap'n Proto message in stream framing, its root a struct whose pointer 0
 * is a list of structs of eight UInt64 (UpdateSignature in src/sandstorm/update-tool.capnp; encoding:
 * https://capnproto.org/encoding.html). Only what Sandstorm's own tool can have written is taken. There
 * are no loops over pointers and nothing is allocated by a number from the file, because general readers
 * were seen to abort the process on an 8-byte header.
 */

/** The file holds no message of that kind. The message is a clause: "it is cut short". */
export class NotAnUpdateSig extends Error {}

export const MAX_UPDATE_SIG_BYTES = 64 * 1024;
export const SIGNATURE_BYTES = 64;

/** Upstream has used one key in ten years and adds one at a rotation. */
const MAX_SIGNATURES = 16;
const WORD = 8;
const SIGNATURE_WORDS = SIGNATURE_BYTES / WORD;
const COMPOSITE = 7;

/**
 * The signatures in the file's order, 64 bytes each, at least one.
 * @throws NotAnUpdateSig
 */
export function readUpdateSig(file: Uint8Array): Uint8Array[] {
  const segment = onlySegment(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  const root = structPointer(segment);
  if (root === undefined || root.pointers === 0) throw new NotAnUpdateSig('no signature is in it');
  return signatureList(segment, root.at + root.data);
}

/** The other way: the file that the updater's own tool would write, for releases that we make ourselves. */
export function writeUpdateSig(signatures: readonly Uint8Array[]): Buffer {
  const listWords = signatures.length * SIGNATURE_WORDS;
  const head = Buffer.alloc(4 * WORD);
  // One segment: the root's pointer, its list's pointer, the list's tag, the signatures.
  head.writeUInt32LE(3 + listWords, 4);
  // A struct right behind its pointer, without data and with one pointer.
  head.writeUInt32LE(1 << 16, WORD + 4);
  head.writeUInt32LE(1, 2 * WORD);
  head.writeUInt32LE((listWords << 3) | COMPOSITE, 2 * WORD + 4);
  head.writeUInt32LE(signatures.length << 2, 3 * WORD);
  head.writeUInt32LE(SIGNATURE_WORDS, 3 * WORD + 4);
  return Buffer.concat([head, ...signatures]);
}

/** @returns the words of the message */
function onlySegment(file: Buffer): Buffer {
  if (file.length > MAX_UPDATE_SIG_BYTES) throw new NotAnUpdateSig('it is far too large');
  if (file.length < 2 * WORD) throw new NotAnUpdateSig('it is cut short');
  // The writer's first segment has room for over a hundred signatures, so a genuine file has no second
  // one and no far pointers. Refusing both leaves nothing that could point in circles.
  if (file.readUInt32LE(0) !== 0) throw new NotAnUpdateSig('it is in several segments, or no message');
  const words = file.readUInt32LE(4);
  const segment = file.subarray(WORD);
  if (words * WORD > segment.length) throw new NotAnUpdateSig('it is cut short');
  // A reader of streams would not look further. Nobody has a reason to put something there.
  if (words * WORD < segment.length) throw new NotAnUpdateSig('something stands behind its end');
  return segment;
}

interface StructAt {
  /** In words from the segment's start, like the sizes. */
  readonly at: number;
  readonly data: number;
  readonly pointers: number;
}

/** The root; undefined for a null pointer. */
function structPointer(segment: Buffer): StructAt | undefined {
  const low = segment.readInt32LE(0);
  const high = segment.readUInt32LE(4);
  if (low === 0 && high === 0) return undefined;
  if ((low & 3) !== 0) throw new NotAnUpdateSig('its root is no struct');
  const data = high & 0xffff;
  const pointers = high >>> 16;
  const at = target(segment, 0, low >> 2, data + pointers);
  return { at, data, pointers };
}

function signatureList(segment: Buffer, pointerAt: number): Uint8Array[] {
  const low = segment.readInt32LE(pointerAt * WORD);
  const high = segment.readUInt32LE(pointerAt * WORD + 4);
  if (low === 0 && high === 0) throw new NotAnUpdateSig('no signature is in it');
  if ((low & 3) !== 1 || (high & 7) !== COMPOSITE) throw new NotAnUpdateSig('it holds no list of signatures');
  const words = high >>> 3;
  // One more than the list's words: the tag stands before its elements.
  const tagAt = target(segment, pointerAt, low >> 2, words + 1);

  const tag = segment.readUInt32LE(tagAt * WORD);
  const shape = segment.readUInt32LE(tagAt * WORD + 4);
  const count = tag >>> 2;
  const data = shape & 0xffff;
  const step = data + (shape >>> 16);
  if ((tag & 3) !== 0) throw new NotAnUpdateSig('it holds no list of signatures');
  if (count === 0) throw new NotAnUpdateSig('no signature is in it');
  if (count > MAX_SIGNATURES) throw new NotAnUpdateSig('it holds more signatures than there are keys');
  if (data < SIGNATURE_WORDS) throw new NotAnUpdateSig('its signatures have not the length of one');
  if (count * step !== words) throw new NotAnUpdateSig('its list has not the length it says');

  return Array.from({ length: count }, (_, index) => {
    const start = (tagAt + 1 + index * step) * WORD;
    return segment.subarray(start, start + SIGNATURE_BYTES);
  });
}

/** Where a pointer leads, in words, all of it inside the segment and behind the pointer. */
function target(segment: Buffer, pointerAt: number, offset: number, words: number): number {
  const at = pointerAt + 1 + offset;
  if (offset < 0 || (at + words) * WORD > segment.length) {
    throw new NotAnUpdateSig('a pointer in it leads outside');
  }
  return at;
}
