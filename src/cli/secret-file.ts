import { Refusal } from '../errors.js';
import type { Host } from '../system/host.js';
import { readStdin } from '../system/stdin.js';

/** No line of sandstorm.conf may be longer than the whole file may be. */
const LIMIT = 64 * 1024;

/**
 * A secret from a file, or from standard input for `-`, without its last line end.
 * @param flag names the source for the error text: "--value-file"
 * @throws Refusal E_INPUT_NEEDED, E_IO
 */
export async function readSecret(
  from: string,
  flag: string,
  { files }: Pick<Host, 'files'>,
): Promise<string> {
  if (from === '-') return withoutLineEnd((await readStdin(LIMIT)).toString('utf8'));
  const text = await files.readText(from, LIMIT);
  if (text === undefined) {
    throw new Refusal('E_IO', `cannot read ${from}: there is no such file`, {
      hint: `name another file with ${flag}`,
    });
  }
  return withoutLineEnd(text);
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
