import { COMMANDS } from './cli/commands.js';
import { COMMON_OPTIONS } from './cli/command.js';
import { globalFlags } from './cli/global-flags.js';
import { readPlainly } from './cli/read-plainly.js';
import { asRefusal, failureAsJson, runCommand, wantsJson, type Surroundings } from './cli/run-command.js';
import { STANDARD_OUTPUT } from './cli/option.js';
import { answerKey } from './cli/sources.js';
import type { Host } from './system/host.js';
import type { Transcript } from './system/log.js';
import { realTerminal } from './system/terminal.js';

declare const SANDSTORM_AIRGAP_VERSION: string;

/**
 * The whole tool on a given Host: the real one, or one that a test has made to fail.
 * @returns the exit code, once everything is said.
 */
export async function runTool(args: readonly string[], host: Host, transcript: Transcript): Promise<number> {
  return run(args, host, transcript).catch((error: unknown) => report(error, args, host));
}

async function run(args: readonly string[], host: Host, transcript: Transcript): Promise<number> {
  const terminal = realTerminal(host.env);
  const around: Surroundings = {
    host,
    terminal,
    transcript,
    atTerminal: terminal.isTty && process.stdin.isTTY,
    answerKeys: new Set(
      [...COMMANDS.map(({ options }) => options), COMMON_OPTIONS].flatMap(Object.keys).map(answerKey),
    ),
  };

  const wizardFlags = around.atTerminal ? globalFlags(args) : undefined;
  if (wizardFlags !== undefined) {
    const { runWizard } = await import('./wizard/wizard.js');
    return runWizard(around, COMMANDS, SANDSTORM_AIRGAP_VERSION, wizardFlags);
  }

  const spelledOut = readPlainly(args, COMMANDS);
  if (spelledOut !== undefined) {
    return (await runCommand(spelledOut.spec, spelledOut.flags, around)).exitCode;
  }
  const { buildProgram, usageRefusal } = await import('./cli/program.js');
  let exitCode = 0;
  const program = buildProgram(COMMANDS, SANDSTORM_AIRGAP_VERSION, async (spec, flags) => {
    ({ exitCode } = await runCommand(spec, flags, around));
  });
  if (args.length === 0) {
    program.outputHelp();
    return 2;
  }
  const [first = ''] = args;
  if (first.startsWith('-') && !HELP_OR_VERSION.has(first)) {
    throw usageRefusal('a command comes first, then its flags', 'sandstorm-airgap');
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (isHelpOrVersion(error)) return 0;
    throw error;
  }
}

const HELP_OR_VERSION: ReadonlySet<string> = new Set(['-h', '--help', '-V', '--version']);

function isHelpOrVersion(error: unknown): boolean {
  // By its code: a bundler may rename the class, and the error takes its name from there.
  return (
    error instanceof Error &&
    'exitCode' in error &&
    error.exitCode === 0 &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('commander.')
  );
}

/** What no command could report itself: a wrong command line, or a fault before one was found. */
function report(error: unknown, args: readonly string[], host: Host): number {
  const refusal = asRefusal(error);
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const toOutput = flags.some(
    (flag, at) =>
      flag === `--events=${STANDARD_OUTPUT}` || (flag === '--events' && flags[at + 1] === STANDARD_OUTPUT),
  );
  if (flags.includes('--json') || toOutput || wantsJson(host.env)) {
    process.stdout.write(`${failureAsJson(refusal)}\n`);
  } else {
    const next = refusal.hint === undefined ? '' : `; see ${refusal.hint}`;
    process.stderr.write(`${refusal.message}${next}      ${refusal.code}\n`);
  }
  if (flags.includes('--debug') && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return refusal.exitCode;
}
