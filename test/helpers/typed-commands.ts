import { COMMON_OPTIONS } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { buildProgram } from '../../src/cli/program.js';
import { resolveValues } from '../../src/cli/sources.js';

export interface TypedCommand {
  readonly name: string;
  /** As the command would get them, by option key; what was not typed is undefined. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads a line as a shell and then the tool would, and runs nothing.
 * @throws Refusal as the tool, and Error where it ran nothing (help)
 */
export async function readTyped(line: string): Promise<TypedCommand> {
  const words = (line.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? []).map((word) =>
    word.replaceAll(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ''),
  );
  const end = words.findIndex((word) => /^(?:\d?[<>].*|[|;&]+)$/.test(word));
  const args = words.slice(words.indexOf('sandstorm-airgap') + 1, end < 0 ? undefined : end);
  let typed: TypedCommand | undefined;
  const program = buildProgram(COMMANDS, '0', ({ name, options }, flags) => {
    const sources = { flags, env: {}, answers: {}, cwd: '/' };
    typed = { name, values: resolveValues({ ...options, ...COMMON_OPTIONS }, sources) };
    return Promise.resolve();
  });
  await program.parseAsync(args, { from: 'user' });
  if (typed === undefined) throw new Error(`it runs nothing: ${line}`);
  return typed;
}

/** Every command of ours that a page tells people to type, in its text or on lines of their own. */
export function commandsIn(markdown: string): string[] {
  const inText = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const inBlocks = [...markdown.matchAll(/^ *(?:> )?```\n([^]*?)\n *(?:> )?```$/gm)].flatMap(
    ([, block = '']) => block.split('\n').map((line) => line.replace(/^(?: *> )? */, '')),
  );
  return [...inText, ...inBlocks].filter((code) => /^(?:sudo )?sandstorm-airgap /.test(code));
}
