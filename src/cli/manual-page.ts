import { ERROR_CODES } from '../errors.js';
import { COMMON_OPTIONS, type CommandSpec } from './command.js';
import type { OptionSpec, OptionSpecs } from './option.js';

const NAME = 'sandstorm-airgap';

/**
 * sandstorm-airgap(1), in the language of man(7).
 * @param general what the help says of all commands
 * @param date of the build, as 2026-11-26
 */
export function manualPage(
  specs: readonly CommandSpec[],
  general: string,
  { version, date }: { readonly version: string; readonly date: string },
): string {
  return [
    `.TH SANDSTORM-AIRGAP 1 "${date}" "${NAME} ${version}" "User Commands"`,
    '.SH NAME',
    `${roff(NAME)} \\- install, update and look after a Sandstorm server without internet`,
    '.SH SYNOPSIS',
    `.B ${roff(NAME)}`,
    '[\\fIcommand\\fR] [\\fIarguments\\fR] [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    'Without a command, at a terminal, a wizard looks at the machine and offers what makes sense there.',
    '.PP',
    '.nf',
    ...literal(general.trim()),
    '.fi',
    '.SH COMMANDS',
    ...specs.flatMap(section),
    '.SH OPTIONS OF EVERY COMMAND',
    ...options(COMMON_OPTIONS),
    '.SH ERROR CODES',
    ...Object.entries(ERROR_CODES).flatMap(([code, { exit, meaning }]) => [
      '.TP',
      `${roff(code)} (exit ${String(exit)})`,
      line(meaning),
    ]),
    '.SH SEE ALSO',
    'The README that comes with it tells the whole story: installing, updating, an app index, logins.',
    '',
  ].join('\n');
}

function section({ name, summary, description, options: own, examples }: CommandSpec): string[] {
  const arguments_ = Object.values(own)
    .filter(({ kind }) => kind === 'positional')
    .map(({ flags }) => ` ${flags}`);
  return [
    `.SS "${roff(name + arguments_.join(''))}"`,
    line(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...(description === undefined ? [] : ['.PP', ...literal(description)]),
    ...options(own),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:', '.PP', '.nf', ...examples.flatMap(literal), '.fi']),
  ];
}

function options(specs: OptionSpecs): string[] {
  return Object.values(specs).flatMap(option);
}

function option({ flags, description }: OptionSpec<unknown>): string[] {
  return ['.TP', `\\fB${roff(flags)}\\fR`, line(description)];
}

function literal(text: string): string[] {
  return text.split('\n').map(line);
}

/** A line of text; what looks like a request at its start is none. */
function line(text: string): string {
  return roff(text).replace(/^[.']/, '\\&$&');
}

/** A minus that stays one when it is copied, and backslashes that mean themselves. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq');
}
