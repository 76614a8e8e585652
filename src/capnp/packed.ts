import { WORD } from './framing.js';
import { MalformedMessage } from './malformed.js';

/**
 * Undoes the packing of Cap'n Proto (https://capnproto.org/encoding.html#packing): of each word only the bytes that
 * are not zero, named by the bits of a tag; behind a tag of zeros the number of further empty words, behind one of ones
 * the number of words that follow as they are.
 * @param maxBytes two bytes may stand for two thousand: nothing larger than this is made
 * @throws MalformedMessage
 */
export function unpackMessage(packed: Uint8Array, maxBytes: number): Buffer {
  const out = Buffer.alloc(maxBytes);
  let [read, written] = [0, 0];
  const next = (): number => {
    const byte = packed[read];
    if (byte === undefined) throw new MalformedMessage('it is cut short');
    read += 1;
    return byte;
  };
  const room = (words: number): void => {
    if (written + words * WORD > maxBytes)
      throw new MalformedMessage('it unpacks to more than anything real');
  };
  while (read < packed.length) {
    const tag = next();
    room(1);
    for (let bit = 0; bit < WORD; bit += 1) {
      if ((tag & (1 << bit)) !== 0) out[written + bit] = next();
    }
    written += WORD;
    if (tag === 0) {
      const words = next();
      room(words);
      written += words * WORD;
    } else if (tag === 0xff) {
      const words = next();
      room(words);
      const verbatim = packed.subarray(read, read + words * WORD);
      if (verbatim.length < words * WORD) throw new MalformedMessage('it is cut short');
      out.set(verbatim, written);
      read += verbatim.length;
      written += verbatim.length;
    }
  }
  return out.subarray(0, written);
}
