/** A stretch of a text, from its first character to the one behind its last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

// Not in the middle of a row of dashes: each of a million would be a beginning of its own.
const EDGE = '(?<!-)-{3,}(?: |%20|\\+){0,4}';
const WORDS = '[A-Z0-9](?:[A-Z0-9 +]|%20){0,60}';
const BEGIN = new RegExp(`${EDGE}BEGIN(?: |%20|\\+)${WORDS}-{3,}`, 'g');
const END = new RegExp(`${EDGE}END(?: |%20|\\+)${WORDS}-{3,}`, 'g');
/** An RSA key of 16384 bits has 13 KB. */
const LONGEST = 64 * 1024;
/** What may stand between the marks: base64, headers of old formats, line ends however they are written. */
const INSIDE = /[A-Za-z0-9+/=:,.%\\ \t\n>-]*/y;
const BASE64_LINE = /^[ \t>]*[A-Za-z0-9+/=]{1,100}[ \t]*$/;
const MOST_LINES = 400;

/**
 * Keys, certificates and feature keys between BEGIN and END, whole or cut off at either end, in lines or as one line of
 * JSON or of a URL. In order, apart from each other. Pure, linear.
 */
export function armoured(text: string): Span[] {
  const begins = marksIn(text, BEGIN);
  const ends = marksIn(text, END);
  const spans: Span[] = [];
  let at = 0;
  for (const [index, begin] of begins.entries()) {
    const next = begins[index + 1]?.from ?? text.length;
    // Ends before it have lost their beginning, which was in the part of the log that was left out.
    for (; (ends[at]?.from ?? Infinity) < begin.to; at += 1) spans.push(withoutBeginning(text, ends[at]));
    const end = ends[at];
    if (end !== undefined && end.from < next && end.from - begin.to < LONGEST) {
      spans.push({ from: begin.from, to: end.to });
      at += 1;
      continue;
    }
    INSIDE.lastIndex = begin.to;
    const inside = INSIDE.exec(text.slice(0, Math.min(next, begin.to + LONGEST)))?.[0] ?? '';
    spans.push({ from: begin.from, to: begin.to + inside.length });
  }
  for (; at < ends.length; at += 1) spans.push(withoutBeginning(text, ends[at]));
  return apart(spans);
}

function marksIn(text: string, mark: RegExp): Span[] {
  return [...text.matchAll(mark)].map((match) => ({ from: match.index, to: match.index + match[0].length }));
}

function withoutBeginning(text: string, end: Span = { from: 0, to: 0 }): Span {
  return { from: linesBefore(text, end.from), to: end.to };
}

function linesBefore(text: string, end: number): number {
  let from = text.lastIndexOf('\n', end - 1) + 1;
  for (let lines = 0; lines < MOST_LINES && from > 0; lines += 1) {
    const before = text.lastIndexOf('\n', from - 2) + 1;
    if (from - before > 200 || !BASE64_LINE.test(text.slice(before, from - 1))) break;
    from = before;
  }
  return from;
}

const LONG_LINE = /^[ \t>]*[A-Za-z0-9+/_-]{40,}={0,2}[ \t]*$/;
const LAST_LINE = /^[ \t>]*[A-Za-z0-9+/_-]{1,200}={0,2}[ \t]*$/;

/** Lines of nothing but base64, at least two of them: attachments, keys that lost their marks. Pure, linear. */
export function base64Blocks(text: string): Span[] {
  const spans: Span[] = [];
  let first: number | undefined;
  let count = 0;
  let at = 0;
  for (const line of text.split('\n')) {
    const long = line.length < 10_000 && LONG_LINE.test(line);
    if (long) {
      first ??= at;
      count += 1;
    } else {
      const isEnd = first !== undefined && line.length < 250 && LAST_LINE.test(line);
      if (first !== undefined && (count > 1 || isEnd)) {
        spans.push({ from: first, to: isEnd ? at + line.length : at - 1 });
      }
      first = undefined;
      count = 0;
    }
    at += line.length + 1;
  }
  if (first !== undefined && count > 1) spans.push({ from: first, to: text.length });
  return spans;
}

function apart(spans: readonly Span[]): Span[] {
  const inOrder = spans.toSorted((a, b) => a.from - b.from);
  const merged: Span[] = [];
  for (const span of inOrder) {
    const last = merged.at(-1);
    if (last !== undefined && span.from < last.to) {
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else merged.push(span);
  }
  return merged;
}
