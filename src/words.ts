/** How figures are written for people. */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** 743_900_000 -> "744 MB", 2_140_000_000 -> "2.1 GB": decimal units, as on the label of a disk. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = value < 9.95 && unit > 0 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value));
  return `${text} ${UNITS[unit] ?? ''}`;
}

/** Milliseconds -> "0.8 s", "41 s", "2 min 14 s". */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${String(seconds)} s`;
  const rest = seconds % 60;
  return `${String(Math.floor(seconds / 60))} min${rest === 0 ? '' : ` ${String(rest)} s`}`;
}

/** ["a", "b", "c"] -> "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** "1 warning", "2 warnings". */
export function count(n: number, word: string): string {
  return `${String(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** 2026-11-22 02:13 UTC */
export function moment(at: Date | string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * Breaks a line between words so that none is longer than `width`; all but the first begin with `indent`
 * blanks. A word that is too long stays whole: it may be an address that somebody copies.
 */
export function fold(line: string, width: number, indent: number): string {
  if (line.length <= width) return line;
  const margin = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = margin;
  for (const [blanks, word] of splitWords(line.slice(margin.length))) {
    const atStart = current.trim() === '';
    if (!atStart && current.length + blanks.length + word.length > width) {
      lines.push(current);
      current = ' '.repeat(indent) + word;
    } else {
      current += atStart ? word : blanks + word;
    }
  }
  return [...lines, current].join('\n');
}

function splitWords(text: string): [string, string][] {
  return [...text.matchAll(/( *)([^ ]+)/g)].map(([, blanks = '', word = '']) => [blanks, word]);
}

/** 41223 -> "41,223" */
export function grouped(n: number): string {
  return String(n).replace(/(?<=\d)(?=(?:\d{3})+$)/g, ',');
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w./+@%:,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
