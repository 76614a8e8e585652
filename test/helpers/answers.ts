import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { COMMANDS } from '../../src/cli/commands.js';

/* Every answer that a test sees under --json is held against the schema of its command. */

export const SCHEMAS_FILE = new URL('../../schemas/documents.json', import.meta.url);

let ajv: Ajv | undefined;
const validators = new Map<string, ValidateFunction>();

/**
 * Does nothing where the answer was not printed alone: the test itself may pipe it on, or the command was none.
 * @param words a command line or a whole script; of several calls of the tool in it the last one
 */
export function checkAnswer(words: readonly string[], stdout: string): void {
  // The proof asks what survives, and would hide that behind how it is told.
  if (!words.includes('--json') || process.env.SANDSTORM_AIRGAP_ANSWERS_UNCHECKED === '1') return;
  const answer = answerIn(stdout);
  const command = commandIn(words);
  if (answer === undefined || command === undefined) return;
  requireDocument(command, answer);
}

/** @throws Error that says what is otherwise than schemas/documents.json has it */
export function requireDocument(name: string, value: unknown): void {
  const validate = validatorFor(name);
  if (validate(value)) return;
  const faults = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `  ${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
  throw new Error(
    `${name}: not as its schema has it\n${[...new Set(faults)].slice(0, 30).join('\n')}\n${JSON.stringify(value).slice(0, 4000)}`,
  );
}

function answerIn(stdout: string): object | undefined {
  try {
    const value: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    const isAnswer = typeof value === 'object' && value !== null && 'ok' in value && 'error' in value;
    return isAnswer ? value : undefined;
  } catch {
    return undefined;
  }
}

function commandIn(words: readonly string[]): string | undefined {
  const tool = words.findLastIndex((word) =>
    /(?:sandstorm-airgap(?:\.js)?|airgap-faulty|main\.mjs)$/.test(word),
  );
  const typed = `${words.slice(tool + 1).join(' ')} `;
  return COMMANDS.map(({ name }) => name).find((name) => typed.startsWith(`${name} `));
}

function validatorFor(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const validate = all().getSchema(`all#/documents/${encodeURIComponent(name)}`);
  if (validate === undefined) throw new Error(`${name} has no schema: npm run schemas`);
  validators.set(name, validate);
  return validate;
}

function all(): Ajv {
  if (ajv !== undefined) return ajv;
  ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(closed(JSON.parse(readFileSync(SCHEMAS_FILE, 'utf8'))) as object, 'all');
  return ajv;
}

/** Those who read a result must bear more than the schema has; we must not print more. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = inner.type === 'object' && 'properties' in inner && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}
