/** Markup that may stand in a page as it is. Only `html` and the Markdown renderer make it. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | undefined | false | readonly Part[];

/**
 * A page is written with this tag, so that nobody has to remember to escape: what is not Html already becomes text.
 * Values stand between tags or in quoted attributes, nowhere else.
 */
export function html(template: TemplateStringsArray, ...values: readonly Part[]): Html {
  const pieces = withoutIndent(template);
  let text = pieces[0] ?? '';
  for (const [at, value] of values.entries()) text += partOf(value) + (pieces[at + 1] ?? '');
  return new Html(text);
}

/** Indented for the reader of the source, not for two thousand lines of a page. */
function withoutIndent(template: TemplateStringsArray): readonly string[] {
  const known = compacted.get(template);
  if (known !== undefined) return known;
  const pieces = template.map((piece) => piece.replace(/\s*\n\s*/g, '\n'));
  compacted.set(template, pieces);
  return pieces;
}

const compacted = new WeakMap<TemplateStringsArray, readonly string[]>();

function partOf(value: Part): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(partOf).join('');
  return escape(plain(String(value)));
}

function escape(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '') : text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * The text without what is no text: control characters, lone surrogates, and the signs with which a title could
 * turn round the words that follow it ("gpj.exe" for "exe.jpg").
 */
export function plain(text: string): string {
  return UNFIT.test(text) ? text.replace(UNFIT_ALL, '') : text;
}

const UNFIT_SIGNS =
  '[\\p{Surrogate}\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]';
const UNFIT = new RegExp(UNFIT_SIGNS, 'u');
const UNFIT_ALL = new RegExp(UNFIT_SIGNS, 'gu');
