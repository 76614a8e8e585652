import { Refusal } from '../errors.js';

/**
 * sandstorm.conf as the server reads it (src/sandstorm/config.c++, splitLines and trim in util.c++):
 * a line ends at LF, `#` starts a comment anywhere, what is left is trimmed of C's isspace() bytes,
 * blank lines are skipped, the rest must hold `=`; no quotes, no escapes; the last duplicate wins.
 *
 * Texts here are byte texts: one character for each byte (latin1), made by `confText` and undone by
 * `confBytes`. The file may hold bytes that are no UTF-8, and all we did not change must come out as
 * it went in. Keys and values given and returned are ordinary strings, stored as UTF-8.
 */
export interface ConfDocument {
  readonly lines: readonly ConfLine[];
}

export interface ConfLine {
  /** From 1. */
  readonly number: number;
  /** Everything, line end included. */
  readonly raw: string;
  readonly content: LineContent;
}

export type LineContent =
  | { readonly kind: 'blank' }
  /** Neither blank nor an assignment: the server aborts at it. */
  | { readonly kind: 'stray' }
  | Assignment;

export interface Assignment {
  readonly kind: 'assignment';
  readonly key: string;
  readonly value: string;
  /** From `#` on, without the line end. */
  readonly comment: string | undefined;
  /** Offsets of the value in `raw`; equal, and right behind the `=`, when it is empty. */
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly number: number;
  readonly raw: string;
}

export function confText(bytes: Buffer): string {
  return bytes.toString('latin1');
}

export function confBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function parseConf(text: string): ConfDocument {
  const raws = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return {
    lines: raws.map((raw, index) => ({ number: index + 1, raw, content: parseLine(raw, index + 1) })),
  };
}

export function assignments(document: ConfDocument): Assignment[] {
  return document.lines.flatMap(({ content }) => (content.kind === 'assignment' ? [content] : []));
}

/** The value the server would use: that of the last assignment. */
export function getValue(document: ConfDocument, key: string): string | undefined {
  return lastOf(document, key)?.value;
}

/**
 * The text with `key` set. Only the last assignment of the key changes, and of it only the value; a
 * key that is not there is appended, with the file's own line end.
 * @throws Refusal E_CONF_VALUE when the file could not hold the value or the key
 */
export function setValue(text: string, key: string, value: string): string {
  requireStorable(key, value);
  const document = parseConf(text);
  const old = lastOf(document, key);
  if (old === undefined) return appended(text, document, `${key}=${bytesOf(value)}`);
  if (old.raw.slice(old.valueStart, old.valueEnd) === bytesOf(value)) return text;

  const rest = old.raw.slice(old.valueEnd);
  // Bash, unlike the server, takes a # that touches a word for part of it: keep them apart.
  const gap = old.value === '' && rest.startsWith('#') ? ' ' : '';
  const changed = old.raw.slice(0, old.valueStart) + bytesOf(value) + gap + rest;
  return document.lines.map(({ number, raw }) => (number === old.number ? changed : raw)).join('');
}

/** The text without any assignment of `key`; their comments go with them. */
export function unsetValue(text: string, key: string): string {
  return parseConf(text)
    .lines.filter(({ content }) => content.kind !== 'assignment' || content.key !== key)
    .map(({ raw }) => raw)
    .join('');
}

/** What is shown to a person: bytes that are UTF-8 as such. */
export function readable(byteText: string): string {
  if (/[^\0-\xff]/.test(byteText)) return byteText;
  const bytes = confBytes(byteText);
  const utf8 = bytes.toString('utf8');
  return Buffer.from(utf8, 'utf8').equals(bytes) ? utf8 : byteText;
}

function parseLine(raw: string, number: number): LineContent {
  const body = raw.endsWith('\n') ? raw.slice(0, -1) : raw;
  const hash = body.indexOf('#');
  const code = hash === -1 ? body : body.slice(0, hash);
  if (trim(code) === '') return { kind: 'blank' };

  const equals = code.indexOf('=');
  if (equals === -1) return { kind: 'stray' };

  const value = trim(code.slice(equals + 1));
  const valueStart = value === '' ? equals + 1 : equals + 1 + code.slice(equals + 1).search(/[^ \t\n\v\f\r]/);
  return {
    kind: 'assignment',
    key: readable(trim(code.slice(0, equals))),
    value: readable(value),
    comment: hash === -1 ? undefined : readable(body.slice(hash).replace(/\r$/, '')),
    valueStart,
    valueEnd: valueStart + value.length,
    number,
    raw,
  };
}

function lastOf(document: ConfDocument, key: string): Assignment | undefined {
  return assignments(document).findLast((assignment) => assignment.key === key);
}

function appended(text: string, document: ConfDocument, line: string): string {
  const end = document.lines.some(({ raw }) => raw.endsWith('\r\n')) ? '\r\n' : '\n';
  const missing = text === '' || text.endsWith('\n') ? '' : end;
  return text + missing + line + end;
}

/**
 * C's isspace() in the C locale. String.trim() would also take U+00A0 and U+FEFF, which the server keeps;
 * a regular expression anchored at the end takes quadratic time on a line of blanks.
 */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Space, and tab, line feed, vertical tab, form feed, carriage return. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function bytesOf(value: string): string {
  return confText(Buffer.from(value, 'utf8'));
}

function requireStorable(key: string, value: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw unstorable(key, 'is no name for a setting');
  if (value.includes('#'))
    throw unstorable(key, 'may not hold "#": the server would take the rest for a comment');
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x1f\x7f]/.test(value)) throw unstorable(key, 'may not hold line ends or control characters');
  if (trim(value) !== value) throw unstorable(key, 'may not begin or end with blanks: the server drops them');
  if (Buffer.from(value, 'utf8').toString('utf8') !== value) throw unstorable(key, 'is not valid Unicode');
}

/** The value itself is left out: it may be a password. */
function unstorable(key: string, why: string): Refusal {
  return new Refusal('E_CONF_VALUE', `${JSON.stringify(key)} ${why}`, {
    hint: 'sandstorm.conf knows no quotes and no escapes: choose another value (in a URL, write # as %23)',
  });
}
