import { COMMON_OPTIONS, type CommandSpec } from './command.js';
import type { OptionSpec, OptionSpecs } from './option.js';
import { flagName } from './sources.js';

export interface Typed {
  readonly spec: CommandSpec;
  /** By option key, only what was typed: true for a switch, a text for a value, a list for a list. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/**
 * Reads a command line that is spelled out as the help writes it: the command, then words and `--flag value`
 * pairs. undefined for anything else (help, mistakes, `--flag=value`, a value that begins with a dash): those
 * are commander's, which would cost a quarter of the start-up here. Pure.
 */
export function readPlainly(args: readonly string[], specs: readonly CommandSpec[]): Typed | undefined {
  const spec = specs.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  if (spec === undefined) return undefined;
  const all = Object.entries<OptionSpec<unknown>>({ ...spec.options, ...COMMON_OPTIONS } as OptionSpecs);
  const positionals = all.filter(([, { kind }]) => kind === 'positional').map(([key]) => key);
  const flags: Record<string, unknown> = {};

  const words = args.slice(spec.name.split(' ').length);
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-')) {
      const key = positionals.shift();
      if (key === undefined) return undefined;
      flags[key] = word;
      continue;
    }
    const [key, option] = all.find(([, one]) => one.kind !== 'positional' && flagName(one) === word) ?? [];
    if (key === undefined || option === undefined) return undefined;
    if (option.kind === 'switch') {
      flags[key] = true;
      continue;
    }
    const value = words.shift();
    if (value === undefined || value.startsWith('-')) return undefined;
    flags[key] = option.kind === 'list' ? [...((flags[key] as string[] | undefined) ?? []), value] : value;
  }
  return { spec, flags };
}
