import Mustache from 'mustache';
import { Refusal } from '../errors.js';
import { nearest } from '../nearest.js';

export interface Template {
  /** Where it comes from, for the message. */
  readonly from: string;
  readonly text: string;
}

/** What a template can name. Lists of texts are run through as {{.}}. */
export interface View {
  readonly [name: string]: ViewValue;
}

export type ViewValue = string | number | boolean | null | View | readonly (string | View)[];

/**
 * Fills in a template. Pure. Values are put in as they are, in one line each: the result is Markdown, and what makes a
 * page of it takes no HTML.
 * @param names of what lists hold, which may be empty now
 * @throws Refusal E_RUNBOOK_TEMPLATE for one that is no Mustache, or names what there is not: an empty line where a
 *   command should stand must not be found out at night
 */
export function render({ from, text }: Template, view: View, names: readonly string[]): string {
  const tokens = parsed(from, text);
  const known = new Set([...namesIn(view), ...names, '.', 'length']);
  for (const { name, line } of tokensNamed(tokens, text)) {
    const unknown = name.split('.').find((part) => part !== '' && !known.has(part));
    if (unknown !== undefined) throw unknownName(from, line, name, unknown, [...known]);
  }
  return new Mustache.Writer()
    .render(text, view, undefined, { escape: (value: unknown) => plain(String(value)) })
    .replace(/\n{3,}/g, '\n\n');
}

/** In code a backtick would end it, and a line break would end anything. */
function plain(value: string): string {
  return value.replace(/\s*[\r\n]+\s*/g, ' ').replaceAll('`', "'");
}

type Token = readonly [kind: string, value: string, start: number, end: number, inner?: unknown];

function parsed(from: string, text: string): readonly Token[] {
  try {
    return Mustache.parse(text) as unknown as readonly Token[];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const at = /at (\d+)$/.exec(said)?.[1];
    const line = at === undefined ? '' : ` (line ${String(lineOf(text, Number(at)))})`;
    throw new Refusal(
      'E_RUNBOOK_TEMPLATE',
      `${from} is no template: ${said.replace(/ at \d+$/, '')}${line}`,
      {
        hint: 'it is Mustache over Markdown: sandstorm-airgap runbook templates DIR writes those that are used without',
      },
    );
  }
}

function tokensNamed(
  tokens: readonly Token[],
  text: string,
): { readonly name: string; readonly line: number }[] {
  return tokens.flatMap(([kind, name, start, , inner]) => {
    if (kind === 'text' || kind === '!' || kind === '=') return [];
    const own = { name, line: lineOf(text, start) };
    return Array.isArray(inner) ? [own, ...tokensNamed(inner as readonly Token[], text)] : [own];
  });
}

function namesIn(view: ViewValue): string[] {
  if (Array.isArray(view)) return view.flatMap((one: ViewValue) => namesIn(one));
  if (typeof view !== 'object' || view === null) return [];
  return Object.entries(view).flatMap(([name, value]) => [name, ...namesIn(value)]);
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function unknownName(
  from: string,
  line: number,
  name: string,
  unknown: string,
  known: readonly string[],
): Refusal {
  const meant = nearest(unknown, known);
  return new Refusal('E_RUNBOOK_TEMPLATE', `${from}, line ${String(line)}: there is nothing called ${name}`, {
    hint:
      meant === undefined
        ? 'sandstorm-airgap runbook templates DIR writes templates that name all there is'
        : `did you mean ${meant}?`,
  });
}
