import { distance } from 'fastest-levenshtein';

/** What was probably meant, of `known`; undefined when nothing is like it. Case and punctuation count little. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const wanted = plain(typed);
  const [best] = known
    .map((name) => ({ name, away: awayFrom(wanted, plain(name)) }))
    .sort((a, b) => a.away - b.away);
  return best !== undefined && best.away <= Math.max(2, wanted.length / 3) ? best.name : undefined;
}

/** The beginning or a part of a name is nearly that name. */
function awayFrom(wanted: string, name: string): number {
  return wanted.length > 2 && name.includes(wanted) ? 1 : distance(wanted, name);
}
