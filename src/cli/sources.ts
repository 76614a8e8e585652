import { Refusal } from '../errors.js';
import type { OptionSpec, OptionSpecs, Values } from './option.js';

/** Where values come from, strongest first. Prompts come after all of them. */
export interface Sources {
  /** As commander read them, only what was really typed. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly answers: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** baseUrl -> SANDSTORM_AIRGAP_BASE_URL */
export function envName(key: string): string {
  return `SANDSTORM_AIRGAP_${snake(key).toUpperCase()}`;
}

/** baseUrl -> base_url, the key in an answers file. */
export function answerKey(key: string): string {
  return snake(key);
}

/** The flag a person types for it, without its value: "--base-url". */
export function flagName(spec: OptionSpec<unknown>): string {
  if (spec.kind === 'positional') return spec.flags.replace(/[[\]<>]/g, '').toUpperCase();
  return /--[a-z0-9-]+/.exec(spec.flags)?.[0] ?? spec.flags;
}

/** Flag over environment over answers file; each text judged by its option. */
export function resolveValues<O extends OptionSpecs>(specs: O, sources: Sources): Values<O> {
  const found = Object.entries(specs).map(([key, spec]) => [key, resolveOne(key, spec, sources)]);
  return Object.fromEntries(found) as Values<O>;
}

function resolveOne(key: string, spec: OptionSpec<unknown>, sources: Sources): unknown {
  const typed = sources.flags[key];
  // commander gives an empty list where as many as one likes may be typed, and none was.
  const isTyped = typed !== undefined && !(Array.isArray(typed) && typed.length === 0);
  if (isTyped) return fromFlag(typed, spec, sources.cwd);

  const variable = envName(key);
  const inherited = sources.env[variable];
  // An empty variable is how shells and CI systems say "not set".
  if (inherited !== undefined && inherited !== '') return spec.parse(inherited, variable, sources.cwd);

  const answered = sources.answers[answerKey(key)];
  if (answered !== undefined && answered !== '') {
    return spec.parse(answered, `${answerKey(key)} in the answers file`, sources.cwd);
  }
  return undefined;
}

function fromFlag(typed: unknown, spec: OptionSpec<unknown>, cwd: string): unknown {
  if (typeof typed === 'boolean') return typed;
  if (Array.isArray(typed)) return typed.flatMap((one) => spec.parse(String(one), flagName(spec), cwd));
  return spec.parse(String(typed), flagName(spec), cwd);
}

/** Answers are checked against all commands' keys: one file may serve install and update. */
export function checkAnswerKeys(
  answers: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
  file: string,
): void {
  const unknown = Object.keys(answers).filter((key) => !known.has(key));
  if (unknown.length === 0) return;
  throw new Refusal('E_ANSWERS_FILE', `${file} has a key that is not known: ${unknown.join(', ')}`, {
    hint: `known keys are the flags' names with underscores, for example ${answerKey('baseUrl')}`,
  });
}

export function inputNeeded(key: string, spec: OptionSpec<unknown>): Refusal {
  return new Refusal('E_INPUT_NEEDED', `${flagName(spec)} is needed: ${spec.description}`, {
    hint: `give ${spec.flags}, or set ${envName(key)}, or write ${answerKey(key)} = ... in the file for --answers`,
  });
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
