import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { buildProgram } from '../../../src/cli/program.js';

describe.each(COMMANDS)('$name', ({ name, examples }) => {
  /** Each in one line, as a shell has it. */
  const typed = examples
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n');

  it('has examples in its help', () => {
    expect(examples.length).toBeGreaterThan(0);
    let help = buildProgram(COMMANDS, '0', () => Promise.resolve());
    for (const word of name.split(' ')) help = help.commands.find((one) => one.name() === word) ?? help;
    let said = '';
    help.configureOutput({ writeOut: (text) => (said += text) }).outputHelp();
    expect(said).toContain(examples[0]);
  });

  it.each(typed)('can be typed like this: %s', async (example) => {
    expect(example).toMatch(new RegExp(`^(?:sudo )?(?:[A-Z_]+=\\S+ )*sandstorm-airgap ${name}(?: |$)`));
    const words: string[] = example.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
    const args = words.slice(words.indexOf('sandstorm-airgap') + 1);
    const redirected = args.findIndex((word) => /^\d?[>|<]/.test(word));
    const run: string[] = [];
    const program = buildProgram(COMMANDS, '0', (spec) => Promise.resolve(void run.push(spec.name)));
    await program.parseAsync(redirected < 0 ? args : args.slice(0, redirected), { from: 'user' });
    expect(run).toEqual([name]);
  });
});
