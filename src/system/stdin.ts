import { Refusal } from '../errors.js';

/**
 * Everything that comes on standard input.
 * @throws Refusal E_INPUT_NEEDED at a terminal, E_IO when there is more than `maxBytes`
 */
export async function readStdin(maxBytes: number): Promise<Buffer> {
  if (process.stdin.isTTY) {
    throw new Refusal('E_INPUT_NEEDED', 'standard input is a terminal: what is typed there would be seen', {
      hint: 'send it through a pipe, or keep it in a file',
    });
  }
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maxBytes) throw new Refusal('E_IO', `more than ${String(maxBytes)} bytes on standard input`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
