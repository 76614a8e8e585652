import { COMMON_OPTIONS, type CommandSpec } from '../command.js';
import type { OptionSpec } from '../option.js';
import { flagName } from '../sources.js';

/** A place on the command line: what has been typed so far, and what may come now. */
export interface Place {
  /** "" at the start, "config" in a group, "config get" at a command. */
  readonly typed: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly Flag[];
  readonly positional: Completes;
}

export interface Flag {
  /** "--base-url" */
  readonly name: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly completes: Completes;
}

type Completes = OptionSpec<unknown>['completes'];

const HELP: Flag = {
  name: '--help',
  description: 'explain this command',
  takesValue: false,
  completes: undefined,
};

/** @param groups what a group is for: "config" -> "read and change sandstorm.conf safely" */
export function places(specs: readonly CommandSpec[], groups: Readonly<Record<string, string>>): Place[] {
  const names = [...new Set(specs.map(({ name }) => name.split(' ')[0] ?? name))];
  const top = names.map((name) => {
    const summary = specs.find((spec) => spec.name === name)?.summary ?? groups[name] ?? name;
    return { name, summary };
  });
  const start: Place = {
    typed: '',
    commands: top,
    flags: [HELP, { ...HELP, name: '--version', description: 'print the version' }],
    positional: undefined,
  };
  const inGroups = names
    .filter((name) => specs.some((spec) => spec.name.startsWith(`${name} `)))
    .map((group) => ({
      typed: group,
      commands: specs
        .filter(({ name }) => name.startsWith(`${group} `))
        .map(({ name, summary }) => ({ name: name.slice(group.length + 1), summary })),
      flags: [HELP],
      positional: undefined,
    }));
  return [start, ...inGroups, ...specs.map(placeOf)];
}

function placeOf({ name, options }: CommandSpec): Place {
  const all = Object.values({ ...options, ...COMMON_OPTIONS });
  return {
    typed: name,
    commands: [],
    flags: [...all.filter(({ kind }) => kind !== 'positional').map(flagOf), HELP],
    positional: all.find(({ kind }) => kind === 'positional')?.completes,
  };
}

function flagOf(option: OptionSpec<unknown>): Flag {
  const { description, kind, completes } = option;
  return { name: flagName(option), description, takesValue: kind !== 'switch', completes };
}

/** A text as one word of sh, bash, zsh and fish. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '').replaceAll("'", "'\\''")}'`;
}
