import { ERROR_CODES, Refusal, type RefusalData } from '../errors.js';
import type { Host } from '../system/host.js';
import type { Transcript } from '../system/log.js';
import type { Terminal } from '../system/terminal.js';
import type { Ui } from '../ui.js';
import { fold } from '../words.js';
import { COMMON_OPTIONS, type CommandContext, type CommandSpec, type Outcome } from './command.js';
import type { TellEvent } from './events.js';
import { DEFAULT_HOME, forHome, uiFor } from './for-home.js';
import { dim, humanUi } from './human.js';
import { STANDARD_OUTPUT } from './option.js';
import { flagName, inputNeeded, resolveValues, checkAnswerKeys, type Sources } from './sources.js';
import { silentUi } from './silent.js';

export interface Surroundings {
  readonly host: Host;
  readonly terminal: Terminal;
  readonly transcript: Transcript;
  /** A person sits there: stdin and stdout are terminals. */
  readonly atTerminal: boolean;
  /** All commands' keys, for the answers file. */
  readonly answerKeys: ReadonlySet<string>;
  /** The wizard runs it, and offers ways to go on itself. */
  readonly guided?: boolean;
}

export interface Finished {
  readonly exitCode: number;
  /** Why it did not do what was asked, as already shown. */
  readonly refusal: Refusal | undefined;
}

/** Runs one command from what was typed to its exit code. Everything thrown ends here. */
export async function runCommand(
  spec: CommandSpec,
  flags: Readonly<Record<string, unknown>>,
  around: Surroundings,
): Promise<Finished> {
  const asked = {
    json: flags.json === true || flags.events === STANDARD_OUTPUT || wantsJson(around.host.env),
    debug: flags.debug === true,
  };
  let home = DEFAULT_HOME;
  let onlookers: Onlookers | undefined;
  try {
    const sources = await sourcesFor(spec, flags, around);
    onlookers = await onlookersFor(sources, around);
    const context = contextFor(spec, sources, around, onlookers);
    ({ json: asked.json, home } = context);
    onlookers?.tell({ kind: 'started', command: spec.name, home, dryRun: context.dryRun });
    if (around.guided !== true) await tellPending(spec.name, context, around);
    const body = await spec.load();
    const outcome = await body(context);
    const { changed, exitCode = 0, goOn } = outcome;
    const error = exitCode === 0 ? null : failureOf(exitCode);
    const finished = { kind: 'finished', ok: exitCode === 0, exitCode, changed, error } as const;
    if (goOn === undefined) onlookers?.tell(finished);
    await onlookers?.settled();
    const said = outcome.verbatim === true ? outcome : forHome(home, outcome);
    report(said, context.json, onlookers?.terminal ?? around.terminal);
    if (goOn !== undefined) {
      await goOn();
      onlookers?.tell(finished);
    }
    return { exitCode, refusal: undefined };
  } catch (error) {
    const refusal = refusalFor(home, asRefusal(error));
    const { code, message, hint = null, changed, exitCode } = refusal;
    onlookers?.tell({ kind: 'finished', ok: false, exitCode, changed, error: { code, message, hint } });
    await onlookers?.settled();
    reportError(refusal, error, asked, { ...around, terminal: onlookers?.terminal ?? around.terminal });
    return { exitCode: refusal.exitCode, refusal };
  } finally {
    around.transcript.close();
    await onlookers?.leave();
  }
}

/** A program that reads --events. */
interface Onlookers {
  readonly tell: TellEvent;
  /** Where the answer is printed: with `--events -` behind the events. */
  readonly terminal: Terminal;
  wrap(ui: Ui): Ui;
  /** Before the answer, so that it follows all of what was told there. */
  settled(): Promise<void>;
  leave(): Promise<void>;
}

async function onlookersFor(
  sources: Sources,
  { host, terminal, transcript }: Surroundings,
): Promise<Onlookers | undefined> {
  const common = resolveValues({ events: COMMON_OPTIONS.events, json: COMMON_OPTIONS.json }, sources);
  const { events: to } = common;
  if (to === undefined) return undefined;
  const { openEventSink, openOutputSink } = await import('../system/event-sink.js');
  const { withEvents } = await import('./events.js');
  const output =
    to === STANDARD_OUTPUT || (to === '1' && common.json === true) ? openOutputSink() : undefined;
  const sink = output ?? openEventSink(to);
  const tell: TellEvent = (event) => {
    const at = host.clock.now().toISOString();
    // Word by word: in the finished line a secret with a quotation mark in it would look otherwise.
    const clean = (_: string, value: unknown): unknown =>
      typeof value === 'string' ? transcript.clean(value) : value;
    sink.write(JSON.stringify({ v: 1, at, ...event }, clean));
  };
  return {
    tell,
    terminal: output === undefined ? terminal : { ...terminal, out: output.write },
    wrap: (ui) => withEvents(ui, tell, host.clock),
    settled: async () => output?.settled(),
    leave: sink.close,
  };
}

async function tellPending(
  command: string,
  { home, host }: CommandContext,
  { terminal, transcript }: Surroundings,
): Promise<void> {
  const { pendingLines } = await import('./tell-pending.js');
  for (const line of forHome(home, await pendingLines(home, command, host))) {
    transcript(line);
    terminal.error(fold(line, terminal.columns(), 0));
  }
}

function sectionFor(commandName: string): string {
  return commandName.replace(' ', '-');
}

/** Everything there is before anybody is asked, the answers file read. */
export async function sourcesFor(
  { name }: Pick<CommandSpec, 'name'>,
  flags: Readonly<Record<string, unknown>>,
  { host, answerKeys }: Surroundings,
): Promise<Sources> {
  const withoutAnswers: Sources = { flags, env: host.env, answers: {}, cwd: host.cwd };
  const file = resolveValues({ answers: COMMON_OPTIONS.answers }, withoutAnswers).answers;
  if (file === undefined) return withoutAnswers;
  const { readAnswers } = await import('./answers-file.js');
  const { COMMANDS } = await import('./commands.js');
  const sections = new Set(COMMANDS.map((command) => sectionFor(command.name)));
  const answers = await readAnswers(file, sectionFor(name), sections, host);
  checkAnswerKeys(answers, answerKeys, file);
  return { ...withoutAnswers, answers };
}

function contextFor(
  spec: CommandSpec,
  sources: Sources,
  around: Surroundings,
  onlookers: Onlookers | undefined,
): CommandContext {
  const { host, terminal, transcript } = around;
  const common = resolveValues(COMMON_OPTIONS, sources);
  const values = resolveValues(spec.options, sources);
  if (common.logFile !== undefined) transcript.addFile(common.logFile);

  const json = common.json === true || common.events === STANDARD_OUTPUT;
  const interactive = around.atTerminal && !json && common.noInput !== true;
  const yes = common.yes ?? false;
  const confirm = confirmation(interactive, yes);
  const home = common.home ?? DEFAULT_HOME;
  const shown = json ? silentUi(transcript, confirm) : humanUi(terminal, host.clock, transcript, confirm);
  const ui: Ui = uiFor(home, onlookers?.wrap(shown) ?? shown);

  return {
    host,
    ui,
    values,
    home,
    dryRun: common.dryRun ?? false,
    json,
    interactive,
    columns: terminal.columns(),
    keepTranscript: transcript.addFile,
    async need(key, fallback) {
      const option = spec.options[key];
      if (option === undefined) throw new Error(`${spec.name} has no option ${key}`);
      const given = values[key];
      if (given !== undefined) return given as never;
      if (yes && fallback !== undefined) return option.parse(fallback, flagName(option), host.cwd) as never;
      if (!interactive || option.question === undefined) throw inputNeeded(key, option);
      const { askText } = await import('../wizard/prompts.js');
      const text = await askText(option.question, fallback, (typed) =>
        option.parse(typed, flagName(option), host.cwd),
      );
      return option.parse(text, flagName(option), host.cwd) as never;
    },
  };
}

function confirmation(interactive: boolean, yes: boolean): Ui['confirm'] {
  return async (question) => {
    if (yes) return true;
    if (!interactive) {
      throw new Refusal('E_INPUT_NEEDED', `nobody can be asked: ${question}`, {
        hint: 'add --yes to go ahead, or --dry-run to see the plan only',
      });
    }
    const { askYesNo } = await import('../wizard/prompts.js');
    return askYesNo(question);
  };
}

function report(outcome: Outcome, json: boolean, terminal: Terminal): void {
  const ok = (outcome.exitCode ?? 0) === 0;
  if (json) {
    const error = ok ? null : failureOf(outcome.exitCode ?? 1);
    terminal.out(JSON.stringify({ ok, changed: outcome.changed, result: outcome.result, error }));
  } else if (outcome.text !== undefined && outcome.text !== '') {
    terminal.out(outcome.text);
  }
}

/** A body that returns a non-zero exit code has reported its failure as data; scripts still want a code. */
function failureOf(exitCode: number): RefusalData {
  const code = exitCode === 3 ? 'E_PREFLIGHT_FAILED' : 'E_UNEXPECTED';
  return { code, message: ERROR_CODES[code].meaning, hint: null };
}

function reportError(
  refusal: Refusal,
  error: unknown,
  asked: { readonly json: boolean; readonly debug: boolean },
  around: Surroundings,
): void {
  const { terminal, transcript } = around;
  transcript(`${refusal.code}: ${refusal.message}`);
  if (refusal.hint !== undefined) transcript(`next: ${refusal.hint}`);
  if (asked.json) {
    terminal.out(failureAsJson(refusal));
  } else {
    for (const line of refusalLines(refusal, around)) terminal.error(line);
  }
  if (asked.debug || refusal.code === 'E_UNEXPECTED') {
    const stack = error instanceof Error ? (error.stack ?? '') : String(error);
    transcript(stack);
    if (asked.debug) terminal.error(stack);
  }
}

/** The one object that --json prints. */
export function failureAsJson({ code, message, hint, changed, result }: Refusal): string {
  const error = { code, message, hint: hint ?? null };
  return JSON.stringify({ ok: false, changed, result: result ?? null, error });
}

const MENDED_BY_WIZARD: ReadonlySet<string> = new Set(['E_PREFLIGHT_FAILED', 'E_LDAP_UNFIT']);

/** What a person is told of it. */
export function refusalLines(refusal: Refusal, { terminal, guided }: Surroundings): string[] {
  const columns = terminal.columns();
  const { code, message, hint, exitCode } = refusal;
  const said = fold(`${message}      ${code}`, columns, 0);
  // The wizard asks how to go on; flags are not what helps there.
  if (guided === true && MENDED_BY_WIZARD.has(code)) return ['', said];
  const next = hint === undefined ? [] : [`Next:  ${hint}`.replaceAll('\n', '\n       ')];
  if (SAYS_ALL.has(exitCode) || code === 'E_CANCELLED') return ['', said, ...next];
  return ['', said, ...next, dim(`More:  sandstorm-airgap explain ${code}`, terminal.colours)];
}

/** A wrong or missing word on the command line: the sentence names it. */
const SAYS_ALL: ReadonlySet<number> = new Set([ERROR_CODES.E_USAGE.exit, ERROR_CODES.E_INPUT_NEEDED.exit]);

export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // inquirer throws this at Ctrl-C, before anything was done.
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return new Refusal('E_CANCELLED', 'Stopped. Nothing was changed.');
  }
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal('E_UNEXPECTED', `unexpected: ${message}`, {
    hint: 'run it again with --debug --log-file FILE and report what it says',
    cause: error,
  });
}

function refusalFor(home: string, refusal: Refusal): Refusal {
  const { message, hint, result } = refusal;
  return refusal.but(forHome(home, { message, result, ...(hint === undefined ? {} : { hint }) }));
}

/** As far as it can be told before the sources are read. */
export function wantsJson(env: Host['env']): boolean {
  return isSet(env.SANDSTORM_AIRGAP_JSON) || env.SANDSTORM_AIRGAP_EVENTS === STANDARD_OUTPUT;
}

function isSet(value: string | undefined): boolean {
  return ['true', 'yes', '1', 'on'].includes((value ?? '').toLowerCase());
}
