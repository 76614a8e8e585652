import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { eventsTarget, on, path, type OptionSpecs, type Values } from './option.js';
import type { CommandName, CommandResults } from './results.js';

/** What a command is: flags and words only. Its body is loaded when it runs, so that starting stays cheap. */
export interface CommandSpec<O extends OptionSpecs = OptionSpecs, R = unknown> {
  /** "install", or "config get" for a command of a group. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly examples: readonly string[];
  readonly options: O;
  load(): Promise<(context: CommandContext<O>) => Promise<Outcome<R>>>;
}

/** Everything a body may use. */
export interface CommandContext<O extends OptionSpecs = OptionSpecs> {
  readonly host: Host;
  readonly ui: Ui;
  readonly values: Values<O>;
  /** Install directory, absolute. */
  readonly home: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  /** A person is there and may be asked. */
  readonly interactive: boolean;
  /** Characters in a line of the terminal. */
  readonly columns: number;
  /**
   * The value, whatever source has it; asked for on a terminal; `fallback` with --yes.
   * @throws Refusal E_INPUT_NEEDED that names the flag.
   */
  need<K extends keyof O & string>(key: K, fallback?: string): Promise<NonNullable<Values<O>[K]>>;
  /** Writes the run's transcript to that file too. */
  keepTranscript(file: string): void;
}

export interface Outcome<R = unknown> {
  readonly changed: boolean;
  /** For --json: see results.ts. */
  readonly result: R;
  /** For people, printed last. */
  readonly text?: string;
  /** It shows what somebody wrote, and nothing in it is to be added to. */
  readonly verbatim?: boolean;
  /** What goes on once all that is said: a server, until it is told to stop. */
  readonly goOn?: () => Promise<void>;
  /** A failure that is data (preflight, an unhealthy status); 0 when left out. */
  readonly exitCode?: number;
}

/** What the body of that command gives back. */
export type OutcomeOf<N extends CommandName> = Outcome<CommandResults[N]>;

/**
 * Checks a spec against its own options and its result, then forgets them: the list of commands holds all kinds. A
 * command whose result is not named in results.ts, or is another one, does not compile.
 */
export function defineCommand<O extends OptionSpecs, N extends CommandName>(
  spec: CommandSpec<O, CommandResults[N]> & { readonly name: N },
): CommandSpec {
  return spec as unknown as CommandSpec;
}

/** Understood by every command. */
export const COMMON_OPTIONS = {
  home: path('--home <dir>', 'install directory of Sandstorm (default /opt/sandstorm)'),
  answers: path('--answers <file>', 'take missing values from this ini file'),
  json: on('--json', 'print one JSON object on stdout and nothing else there'),
  yes: on('--yes', 'agree to the plan and take defaults without asking'),
  noInput: on('--no-input', 'never ask; a missing value is an error'),
  dryRun: on('--dry-run', 'print the plan that would be carried out, change nothing'),
  events: eventsTarget(
    '--events <target>',
    'write progress into that file or descriptor as JSON, one event a line (see schema file event); - is stdout, with --json',
  ),
  logFile: path('--log-file <file>', 'keep a full transcript there'),
  debug: on('--debug', 'show the stack trace of an error'),
};
