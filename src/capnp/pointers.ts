import { WORD } from './framing.js';
import { MalformedMessage } from './malformed.js';

/**
 * Where Cap'n Proto's pointers lead (https://capnproto.org/encoding.html#pointers). Nothing here holds the
 * message: what must be read is asked for, word by word, so that the same code serves a message in memory
 * and an archive of 500 MB that goes by.
 */

/** A place in a message, in words from the start of its segment. Always inside that segment. */
export interface Span {
  readonly segment: number;
  readonly at: number;
  readonly words: number;
}

/** Asks for spans and is given their bytes; ends with its result. */
export type Reading<T> = Generator<Span, T, Buffer>;

export interface StructTarget extends Span {
  readonly kind: 'struct';
  readonly dataWords: number;
  readonly pointers: number;
}

/** Bits of one element by its code; 6 is a pointer, 7 a list of structs that are described by a tag. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const;
export type ElementCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
export const BYTES: ElementCode = 2;
export const POINTERS: ElementCode = 6;
const COMPOSITE = 7;

export interface ListTarget extends Span {
  readonly kind: 'list';
  readonly code: ElementCode;
  readonly count: number;
  /** Of each element of a composite list; `at` is the first element, behind the tag. */
  readonly dataWords: number;
  readonly pointers: number;
}

export type Target = StructTarget | ListTarget;

/**
 * Follows the pointer that stands at a place, over far pointers if need be.
 * @param segments sizes of the message's segments, in words
 * @param pointer its eight bytes
 * @returns undefined for a null pointer. A target lies wholly inside its segment.
 * @throws MalformedMessage
 */
export function* follow(
  segments: readonly number[],
  pointer: Buffer,
  segment: number,
  at: number,
): Reading<Target | undefined> {
  const low = pointer.readInt32LE(0);
  const high = pointer.readUInt32LE(4);
  if (low === 0 && high === 0) return undefined;
  if ((low & 3) !== FAR) return yield* describe(segments, low, high, segment, at + 1 + (low >> 2));

  const padAt = low >>> 3;
  const isDouble = (low & 4) !== 0;
  const pad = yield requireInside(segments, { segment: high, at: padAt, words: isDouble ? 2 : 1 });
  const padLow = pad.readInt32LE(0);
  const padHigh = pad.readUInt32LE(4);
  if (!isDouble) {
    // Legitimate writers never chain them, and a chain could lead in circles.
    if ((padLow & 3) === FAR) throw new MalformedMessage('a far pointer in it leads to another one');
    if (padLow === 0 && padHigh === 0) return undefined;
    return yield* describe(segments, padLow, padHigh, high, padAt + 1 + (padLow >> 2));
  }
  // The first word says where the object begins, the second what it is.
  if ((padLow & 7) !== FAR) throw new MalformedMessage('a double far pointer in it leads to none');
  const tagLow = pad.readInt32LE(WORD);
  if ((tagLow & 3) === FAR) throw new MalformedMessage('a double far pointer in it leads in circles');
  return yield* describe(segments, tagLow, pad.readUInt32LE(WORD + 4), padHigh, padLow >>> 3);
}

const STRUCT = 0;
const LIST = 1;
const FAR = 2;

/** What a struct or list pointer says of an object that begins at `at`. */
function* describe(
  segments: readonly number[],
  low: number,
  high: number,
  segment: number,
  at: number,
): Reading<Target> {
  switch (low & 3) {
    case STRUCT: {
      const dataWords = high & 0xffff;
      const pointers = high >>> 16;
      const span = requireInside(segments, { segment, at, words: dataWords + pointers });
      return { kind: 'struct', ...span, dataWords, pointers };
    }
    case LIST:
      return yield* describeList(segments, (high & 7) as ElementCode, high >>> 3, segment, at);
    default:
      throw new MalformedMessage('it holds a capability, which a file cannot');
  }
}

/** @param size elements, or the words of a composite list */
function* describeList(
  segments: readonly number[],
  code: ElementCode,
  size: number,
  segment: number,
  at: number,
): Reading<ListTarget> {
  if (code !== COMPOSITE) {
    const words = Math.ceil((size * ELEMENT_BITS[code]) / 64);
    const span = requireInside(segments, { segment, at, words });
    return { kind: 'list', ...span, code, count: size, dataWords: 0, pointers: 0 };
  }
  // The tag is not counted among the list's words.
  requireInside(segments, { segment, at, words: size + 1 });
  const tag = yield { segment, at, words: 1 };
  const tagLow = tag.readUInt32LE(0);
  const shape = tag.readUInt32LE(4);
  const count = tagLow >>> 2;
  const dataWords = shape & 0xffff;
  const pointers = shape >>> 16;
  if ((tagLow & 3) !== STRUCT) throw new MalformedMessage('it holds a list of neither structs nor values');
  const words = count * (dataWords + pointers);
  if (words > size) throw new MalformedMessage('a list in it is longer than it says');
  return { kind: 'list', segment, at: at + 1, words, code, count, dataWords, pointers };
}

function requireInside(segments: readonly number[], span: Span): Span {
  const size = segments[span.segment];
  if (size === undefined || span.at < 0 || span.at + span.words > size) {
    throw new MalformedMessage('a pointer in it leads outside');
  }
  return span;
}
