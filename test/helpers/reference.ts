import type { CommandSpec } from '../../src/cli/command.js';
import { COMMON_OPTIONS } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import type { OptionSpec, OptionSpecs } from '../../src/cli/option.js';
import { ERROR_CODES } from '../../src/errors.js';

/** The parts of the README's reference that are made from the code, by the name in their marker. */
export const REFERENCE: Readonly<Record<string, () => string>> = { commands, errors };

/** The README with these parts as the code has them now. */
export function withReference(readme: string): string {
  return readme.replace(
    /(<!-- reference: (\w+) -->\n)[^]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n${REFERENCE[name]?.() ?? ''}\n\n${end}`,
  );
}

/** Without what the formatter adds: column widths and backslashes. */
export function unformatted(markdown: string): string {
  return markdown.replaceAll('\\', '').replace(/-{3,}/g, '---').replace(/ +/g, ' ').trim();
}

function commands(): string {
  return [...COMMANDS.map(command), optionTable('Every command also takes:', COMMON_OPTIONS)].join('\n\n');
}

function command({ name, summary, options }: CommandSpec): string {
  const words = positionals(options).map(({ flags }) => ` ${flags}`);
  const rows = positionals(options).map(({ flags, description }) => [flags, description] as const);
  return [
    `#### ${name}${words.join('')}`,
    '',
    `${capital(summary)}.`,
    ...(Object.keys(options).length === 0 ? [] : ['', optionTable('', options, rows)]),
  ].join('\n');
}

function optionTable(
  title: string,
  options: OptionSpecs,
  first: readonly (readonly [string, string])[] = [],
): string {
  const flags = Object.values(options).filter(({ kind }) => kind !== 'positional');
  const rows = [...first, ...flags.map((option) => [option.flags, option.description] as const)];
  return [
    ...(title === '' ? [] : [title, '']),
    ...table(
      ['', ''],
      rows.map(([flag, text]) => [`\`${flag}\``, text]),
    ),
  ].join('\n');
}

function errors(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { exit, meaning }]) => [
    `\`${code}\``,
    String(exit),
    meaning,
  ]);
  return table(['code', 'exit', 'meaning'], rows).join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/\*/g, '\\*')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function positionals(options: OptionSpecs): OptionSpec<unknown>[] {
  return Object.values(options).filter(({ kind }) => kind === 'positional');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
