import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { buildProgram } from '../../../src/cli/program.js';
import { readPlainly } from '../../../src/cli/read-plainly.js';

/** What commander makes of it; undefined when it ends in help or an error. */
async function byCommander(args: readonly string[]): Promise<{ name: string; flags: unknown } | undefined> {
  let seen: { name: string; flags: unknown } | undefined;
  const program = buildProgram(COMMANDS, '0', (spec, flags) => {
    seen = { name: spec.name, flags };
    return Promise.resolve();
  });
  const silent = { writeOut: () => undefined, writeErr: () => undefined };
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command.configureOutput(silent);
  }
  await program.parseAsync(args, { from: 'user' }).catch(() => undefined);
  return seen;
}

function plainly(line: string): { name: string; flags: unknown } | undefined {
  const typed = readPlainly(line.split(' '), COMMANDS);
  return typed === undefined ? undefined : { name: typed.spec.name, flags: typed.flags };
}

describe('readPlainly', () => {
  it.each([
    'status',
    'status --json --home /srv/sandstorm',
    'status --no-input',
    'install a.tar.xz --base-url http://a.test --yes',
    'install --yes a.tar.xz --waive dns.base --waive dns.wildcard,clock --port 80,6080',
    'update --home /a --home /b',
    'config set PORT 6080 --force --dry-run',
    'config get',
    'service restart --debug',
  ])('agrees with commander about "%s"', async (line) => {
    const typed = plainly(line);
    expect(typed).toBeDefined();
    expect(typed).toEqual(await byCommander(line.split(' ')));
  });

  it.each([
    '--help',
    'help status',
    'status --help',
    'status -h',
    'nonsense',
    'config',
    'config nonsense',
    'status one-too-many',
    'status --nonsense',
    'status --jso',
    'status --home',
    'status --home=/srv',
    'status --home --json',
    'config set KEY -- -1',
    'config set KEY -1',
  ])('leaves "%s" to commander', (line) => {
    expect(plainly(line)).toBeUndefined();
  });
});
