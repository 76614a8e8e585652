import { isAbsolute, resolve } from 'node:path';
import { badValue } from '../errors.js';

/** One value a command can be given, by flag, environment, answers file or at a prompt. */
export interface OptionSpec<T> {
  /** As commander writes them: "--base-url <url>", "--yes". */
  readonly flags: string;
  readonly description: string;
  readonly kind: 'value' | 'switch' | 'list' | 'positional';
  /** @param what names the source for the error text: "--base-url", "SANDSTORM_AIRGAP_BASE_URL". */
  parse(text: string, what: string, cwd: string): T;
  /** The question on a terminal when no source has the value. */
  readonly question?: string;
  /** What a shell may offer for it: files and folders, or one of these words. */
  readonly completes?: 'path' | readonly string[];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

/** What the sources gave for a set of options; undefined where none had it. */
export type Values<O extends OptionSpecs> = {
  readonly [K in keyof O]: (O[K] extends OptionSpec<infer T> ? T : never) | undefined;
};

interface More {
  readonly question?: string;
}

export function text(flags: string, description: string, more: More = {}): OptionSpec<string> {
  return { flags, description, kind: 'value', parse: (value) => value, ...more };
}

/** A value with a form of its own, judged by the room that owns it. */
export function formed<T>(
  flags: string,
  description: string,
  parse: (text: string, what: string) => T,
  more: More = {},
): OptionSpec<T> {
  return { flags, description, kind: 'value', parse, ...more };
}

/** A path, made absolute at once: later steps change folders. */
export function path(flags: string, description: string, more: More = {}): OptionSpec<string> {
  return { flags, description, kind: 'value', parse: absolute, completes: 'path', ...more };
}

/** A path, or `-`. Secrets come this way: a command line is open to every user of the machine. */
export function fileOrStdin(flags: string, description: string): OptionSpec<string> {
  const parse = (value: string, what: string, cwd: string): string =>
    value === '-' ? value : absolute(value, what, cwd);
  return { flags, description, kind: 'value', parse, completes: 'path' };
}

/** A path, or the address of what a machine of the house serves. */
export function fileOrUrl(flags: string, description: string): OptionSpec<string> {
  const parse = (value: string, what: string, cwd: string): string =>
    /^https?:\/\//i.test(value) ? value : absolute(value, what, cwd);
  return { flags, description, kind: flags.startsWith('[') ? 'positional' : 'value', parse };
}

/** What `--events` takes for standard output. */
export const STANDARD_OUTPUT = '-';

/** A path, the number of a descriptor that the caller has opened, or `-`. */
export function eventsTarget(flags: string, description: string): OptionSpec<string> {
  const parse = (value: string, what: string, cwd: string): string => {
    if (value === '0') throw badValue(what, value, 'a descriptor to write to, or a file');
    return value === STANDARD_OUTPUT || /^\d{1,4}$/.test(value) ? value : absolute(value, what, cwd);
  };
  return { flags, description, kind: 'value', parse };
}

export function positionalPath(name: string, description: string, more: More = {}): OptionSpec<string> {
  return { flags: `[${name}]`, description, kind: 'positional', parse: absolute, completes: 'path', ...more };
}

/** As many as are typed, or the one of another source. It must be the last. */
export function positionalPaths(
  name: string,
  description: string,
  more: More = {},
): OptionSpec<readonly string[]> {
  return {
    flags: `[${name}...]`,
    description,
    kind: 'positional',
    parse: (value, what, cwd) => [absolute(value, what, cwd)],
    completes: 'path',
    ...more,
  };
}

/** As many words as are typed; a text with spaces from another source. It must be the last. */
export function positionalWords(name: string, description: string): OptionSpec<readonly string[]> {
  return {
    flags: `[${name}...]`,
    description,
    kind: 'positional',
    parse: (value) => value.split(' ').filter((word) => word !== ''),
  };
}

export function positional(name: string, description: string): OptionSpec<string> {
  return { flags: `[${name}]`, description, kind: 'positional', parse: (value) => value };
}

export function on(flags: string, description: string): OptionSpec<boolean> {
  return { flags, description, kind: 'switch', parse: yesOrNo };
}

/** May be given several times; comma-separated in the environment and the answers file. */
export function several(flags: string, description: string): OptionSpec<readonly string[]> {
  return {
    flags,
    description,
    kind: 'list',
    parse: (value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  };
}

export function port(flags: string, description: string): OptionSpec<number> {
  return formed(flags, description, parsePort);
}

export function seconds(flags: string, description: string): OptionSpec<number> {
  return formed(flags, description, (value, what) => {
    const number = Number(value);
    if (!/^\d+(\.\d+)?$/.test(value) || number > 86_400) throw badValue(what, value, 'a number of seconds');
    return number;
  });
}

export function choice<const C extends string>(
  flags: string,
  description: string,
  choices: readonly C[],
): OptionSpec<C> {
  return {
    ...formed(flags, description, (value, what) => oneOf(choices, value, what)),
    completes: choices,
  };
}

export function positionalChoice<const C extends string>(
  name: string,
  description: string,
  choices: readonly C[],
): OptionSpec<C> {
  return { ...choice(`[${name}]`, description, choices), kind: 'positional' };
}

function oneOf<C extends string>(choices: readonly C[], value: string, what: string): C {
  const found = choices.find((one) => one === value);
  if (found === undefined) throw badValue(what, value, `one of ${choices.join(', ')}`);
  return found;
}

/** A TCP port, 1 to 65535. */
export function parsePort(value: string, what: string): number {
  const number = Number(value);
  if (!/^\d{1,5}$/.test(value) || number < 1 || number > 65_535) {
    throw badValue(what, value, 'a port from 1 to 65535');
  }
  return number;
}

function absolute(value: string, what: string, cwd: string): string {
  if (value === '' || value.includes('\0')) throw badValue(what, value, 'a path');
  return isAbsolute(value) ? resolve(value) : resolve(cwd, value);
}

function yesOrNo(value: string, what: string): boolean {
  if (['true', 'yes', '1', 'on'].includes(value.toLowerCase())) return true;
  if (['false', 'no', '0', 'off', ''].includes(value.toLowerCase())) return false;
  throw badValue(what, value, 'yes or no');
}
