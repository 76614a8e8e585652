import { ERROR_CODES, Refusal, type ErrorCode } from '../../errors.js';
import { parsePages, type Page } from '../../explain/page.js';
import { EXPLAIN_TEXTS } from '../../explain/texts.js';
import { nearest } from '../../nearest.js';
import { ALL_CHECKS } from '../../preflight/catalogue.js';
import { fold } from '../../words.js';
import type { CommandContext, OutcomeOf } from '../command.js';
import type { EXPLAIN_OPTIONS } from './explain.js';

export interface Explained extends Page {
  readonly kind: 'error' | 'check';
  /** null for a check: of what is run when it fails, that is 3. */
  readonly exitCode: number | null;
  readonly title: string;
}

export function run({
  values,
  columns,
}: CommandContext<typeof EXPLAIN_OPTIONS>): Promise<OutcomeOf<'explain'>> {
  const pages = EXPLAIN_TEXTS.flatMap(parsePages).map(explained);
  const { code } = values;
  if (code === undefined) {
    const result = { codes: pages.map(({ code: one, kind, title }) => ({ code: one, kind, title })) };
    return Promise.resolve({ changed: false, result, text: overview(pages, columns), verbatim: true });
  }
  const page = pages.find((one) => one.code.toLowerCase() === code.toLowerCase());
  if (page === undefined) {
    const codes = pages.map((one) => one.code);
    throw unknownCode(code, codes);
  }
  const width = Math.min(columns, MOST_COLUMNS);
  return Promise.resolve({ changed: false, result: page, text: pageLines(page, width).join('\n') });
}

function explained(page: Page): Explained {
  const { code } = page;
  if (isErrorCode(code)) {
    const { exit, meaning } = ERROR_CODES[code];
    return { ...page, kind: 'error', exitCode: exit, title: meaning };
  }
  const title = ALL_CHECKS.find(({ id }) => id === code)?.title ?? '';
  return { ...page, kind: 'check', exitCode: null, title };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** Longer lines are hard to read, on however wide a screen. */
const MOST_COLUMNS = 92;
const LABEL = 6;

function pageLines(
  { code, title, exitCode, means, why, whatToDo, commands, see }: Explained,
  width: number,
): string[] {
  const about = exitCode === null ? `check: ${title}` : `exit code ${String(exitCode)}: ${title}`;
  const labelled = (label: string, text: string): string =>
    fold(`  ${label.padEnd(LABEL)}${text}`, width, LABEL + 2);
  return [
    fold(`${code}      ${about}`, width, 0),
    '',
    fold(`  ${means}`, width, 2),
    '',
    labelled('Why', why),
    labelled('Do', whatToDo),
    '',
    ...commands.map((one) => `      ${one}`),
    ...(see.length === 0 ? [] : ['', labelled('See', see.join(', '))]),
  ];
}

function overview(pages: readonly Explained[], columns: number): string {
  const width = Math.max(...pages.map(({ code }) => code.length)) + 2;
  const of = (kind: Explained['kind']): string[] =>
    pages
      .filter((page) => page.kind === kind)
      .map(({ code, title }) => fold(`  ${code.padEnd(width)}${title}`, columns, width + 2));
  return ['Error codes', ...of('error'), '', 'Checks', ...of('check')].join('\n');
}

function unknownCode(code: string, codes: readonly string[]): Refusal {
  const meant = nearest(code, codes);
  return new Refusal('E_BAD_VALUE', `there is no error code or check ${JSON.stringify(code)}`, {
    hint: meant === undefined ? 'sandstorm-airgap explain' : `sandstorm-airgap explain ${meant}`,
  });
}
