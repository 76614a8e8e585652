import { Command, Option, type CommanderError } from 'commander';
import { Refusal } from '../errors.js';
import { COMMON_OPTIONS, type CommandSpec } from './command.js';
import type { OptionSpec, OptionSpecs } from './option.js';

export type Run = (spec: CommandSpec, flags: Readonly<Record<string, unknown>>) => Promise<void>;

/**
 * The whole command line, built from the specs; `run` gets what was typed. Its parse throws Refusal E_USAGE
 * for a wrong command line, and a CommanderError with exit code 0 after help or version.
 */
export function buildProgram(specs: readonly CommandSpec[], version: string, run: Run): Command {
  const program = new Command('sandstorm-airgap')
    .description('Install, update and look after a Sandstorm server on a network without internet.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain this command')
    .helpCommand('help [command]', 'explain a command')
    // Names alone: with their arguments the column gets so wide that nothing is folded any more.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText('after', GENERAL_HELP)
    // Its words come back in the refusal, so that they are said once, and as JSON where that was asked for.
    .configureOutput({ writeErr: () => undefined })
    .exitOverride(refuse('sandstorm-airgap'));

  const groups = new Map<string, Command>();
  for (const spec of specs) {
    const words = spec.name.split(' ');
    const name = words.pop() ?? spec.name;
    const parent = words.length === 0 ? program : groupFor(words.join(' '), program, groups);
    addCommand(parent, name, spec, run);
  }
  return program;
}

export const GROUPS: Readonly<Record<string, string>> = {
  index: 'offer apps on a network without internet',
  config: 'read and change sandstorm.conf safely',
  service: 'start and stop the server the right way',
  schedule: 'update by itself from a drop folder, in a maintenance window',
  release: 'look into a release tarball',
  trust: 'which keys may vouch for a release',
  spk: 'look into app packages, verify and rename them',
  identity: "log in with the house's own accounts",
  tls: 'the certificate for https',
  runbook: 'pages to follow, and records of what happened',
  'feature-key': 'old keys of Sandstorm for Work',
};

function groupFor(name: string, program: Command, groups: Map<string, Command>): Command {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group = program
    .command(name)
    .description(GROUPS[name] ?? name)
    .exitOverride(refuse(`sandstorm-airgap ${name}`));
  groups.set(name, group);
  return group;
}

function addCommand(parent: Command, name: string, spec: CommandSpec, run: Run): void {
  const command = parent
    .command(name)
    .summary(spec.summary)
    .description(spec.description ?? spec.summary);
  command.exitOverride(refuse(`sandstorm-airgap ${spec.name}`));
  const all: OptionSpecs = { ...spec.options, ...COMMON_OPTIONS };
  const positionals = Object.entries(all).filter(([, option]) => option.kind === 'positional');

  command.addHelpOption(new Option('-h, --help', 'explain this command').helpGroup(EVERYWHERE));
  for (const [, option] of positionals) command.argument(option.flags, option.description);
  for (const [key, option] of Object.entries(all)) {
    if (option.kind !== 'positional') command.addOption(asCommander(key, option));
  }
  if (spec.examples.length > 0) {
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`);
  }

  command.action(async (...parameters: unknown[]) => {
    const flags: Record<string, unknown> = {};
    for (const [key, option] of Object.entries(all)) {
      if (option.kind === 'positional') continue;
      const attribute = asCommander(key, option).attributeName();
      if (command.getOptionValueSource(attribute) !== 'cli') continue;
      const typed: unknown = command.getOptionValue(attribute);
      // commander turns --no-input into input=false; here it is a switch that is on.
      flags[key] = option.flags.startsWith('--no-') ? typed === false : typed;
    }
    positionals.forEach(([key], index) => {
      if (parameters[index] !== undefined) flags[key] = parameters[index];
    });
    await run(spec, flags);
  });
}

function refuse(command: string): (error: CommanderError) => never {
  return (error) => {
    if (error.exitCode === 0) throw error;
    const said = error.message
      .replace(/^error: /, '')
      .replaceAll(/\s*\n\s*/g, ' ')
      .replace(/\.$/, '');
    // It says nothing when only the name of a group was typed.
    throw usageRefusal(error.code === 'commander.help' ? 'a command is needed' : said, command);
  };
}

/** @param command as typed so far: "sandstorm-airgap config" */
export function usageRefusal(said: string, command: string): Refusal {
  return new Refusal('E_USAGE', `${command}: ${said}`, { hint: `${command} --help` });
}

const EVERYWHERE = 'Options of every command:';

function asCommander(key: string, option: OptionSpec<unknown>): Option {
  const made = new Option(option.flags, option.description);
  if (option.kind === 'list') {
    made.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
  }
  return key in COMMON_OPTIONS ? made.helpGroup(EVERYWHERE) : made;
}

export const GENERAL_HELP = `
Values come from flags, then SANDSTORM_AIRGAP_* variables, then --answers FILE, then questions.
Exit codes: 0 done or nothing to do, 1 unexpected, 2 usage, 3 preflight failed, 4 input needed,
5 not authentic or corrupt, 6 failed and undone, 7 failed and a person must act, 8 busy or pending.

What an error code or a check means: sandstorm-airgap explain CODE

Examples:
  sandstorm-airgap                                  the wizard
  sandstorm-airgap rehearse                         the whole journey, without touching this machine
  sandstorm-airgap preflight --base-url http://sandstorm.corp.lan:6080
  sandstorm-airgap install sandstorm-308.tar.xz --install-script install.sh \\
      --base-url http://sandstorm.corp.lan:6080 --wildcard-host '*.sandstorm.corp.lan:6080'
  sandstorm-airgap update /media/usb`;
