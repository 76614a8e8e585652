import { objectIn } from '../json.js';

/** Somebody has said that nothing is to be updated by itself for now. */
export interface Hold {
  readonly reason: string;
  readonly by: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A file that cannot be understood holds as well: somebody wanted something with it. Pure. */
export function parseHold(text: string): Hold {
  const said = objectIn(text);
  const word = (key: string): string => (typeof said[key] === 'string' ? said[key] : '?');
  return { reason: word('reason'), by: word('by'), since: word('since') };
}
