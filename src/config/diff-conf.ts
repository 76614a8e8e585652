import { isSecretKey, redactValue } from './known-settings.js';
import { parseConf, readable } from './sandstorm-conf.js';

const CONTEXT = 2;
/** Beyond this many pairs of lines a block is shown as replaced whole instead of searched for the least change. */
const MOST_PAIRS = 1_000_000;

interface Entry {
  readonly mark: ' ' | '-' | '+';
  readonly raw: string;
}

/** What an edit changes, as a small unified diff for people; empty when nothing. Secrets are left out. */
export function diffConf(before: string, after: string): string {
  if (before === after) return '';
  const entries = compare(linesOf(before), linesOf(after));
  const shown = ['--- sandstorm.conf', '+++ sandstorm.conf (new)'];
  for (const hunk of hunks(entries)) {
    const upTo = entries.slice(0, hunk.from);
    const oldLine = upTo.filter(({ mark }) => mark !== '+').length;
    const newLine = upTo.filter(({ mark }) => mark !== '-').length;
    const body = entries.slice(hunk.from, hunk.to);
    const oldCount = body.filter(({ mark }) => mark !== '+').length;
    const newCount = body.filter(({ mark }) => mark !== '-').length;
    shown.push(`@@ -${range(oldLine, oldCount)} +${range(newLine, newCount)} @@`);
    for (const { mark, raw } of body) {
      shown.push(mark + showLine(raw));
      if (!raw.endsWith('\n')) shown.push('\\ No newline at end of file');
    }
  }
  return shown.join('\n') + '\n';
}

/**
 * A line as it may be shown. Of a secret everything behind "=" goes, comment included: the password may
 * hold a "#". Lines that are commented out count too, they hold last year's.
 */
export function showLine(raw: string): string {
  const line = readable(raw.replace(/\r?\n$/, ''));
  const found = /^([\s#]*(?:export\s+)?([A-Za-z_][\w-]*)\s*=\s*)(.*)$/s.exec(line);
  const [, start = '', key = '', rest = ''] = found ?? [];
  const hidden = rest.includes('#') ? '…' : redactValue(key, rest.trim());
  const safe = found !== null && isSecretKey(key) && rest !== '' ? start + hidden : line;
  // A hostile file could otherwise move the cursor, or write over what the terminal shows.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return safe.replace(/[\0-\x08\x0a-\x1f\x7f-\x9f]/g, '?');
}

function linesOf(text: string): string[] {
  return parseConf(text).lines.map(({ raw }) => raw);
}

function compare(before: string[], after: string[]): Entry[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;

  const same = (raws: string[]): Entry[] => raws.map((raw) => ({ mark: ' ', raw }));
  return [
    ...same(before.slice(0, head)),
    ...compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

/** The longest common subsequence, by the textbook's table. */
function compareMiddle(before: string[], after: string[]): Entry[] {
  if (before.length * after.length > MOST_PAIRS) {
    return [
      ...before.map((raw) => ({ mark: '-' as const, raw })),
      ...after.map((raw) => ({ mark: '+' as const, raw })),
    ];
  }
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const row = table[i];
    if (row === undefined) continue;
    for (let j = after.length - 1; j >= 0; j -= 1) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const entries: Entry[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]];
    if (left !== undefined && left === right) {
      entries.push({ mark: ' ', raw: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      entries.push({ mark: '-', raw: left });
      i += 1;
    } else if (right !== undefined) {
      entries.push({ mark: '+', raw: right });
      j += 1;
    }
  }
  return entries;
}

/** Stretches of changed lines with their context, joined where they touch. */
function hunks(entries: readonly Entry[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  entries.forEach(({ mark }, index) => {
    if (mark === ' ') return;
    const from = Math.max(0, index - CONTEXT);
    const to = Math.min(entries.length, index + CONTEXT + 1);
    const last = found.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else found.push({ from, to });
  });
  return found;
}

function range(before: number, count: number): string {
  return `${count === 0 ? before : before + 1},${count}`;
}
