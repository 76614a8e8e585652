import type { CommandSpec } from '../cli/command.js';
import { COMMON_OPTIONS } from '../cli/command.js';
import { INSTALL_OPTIONS } from '../cli/commands/install.js';
import { LDAP_OPTIONS } from '../cli/option-sets.js';
import { DEFAULT_HOME, uiFor } from '../cli/for-home.js';
import { humanUi } from '../cli/human.js';
import type { Values } from '../cli/option.js';
import { parsePort } from '../cli/option.js';
import {
  asRefusal,
  refusalLines,
  runCommand,
  sourcesFor,
  type Finished,
  type Surroundings,
} from '../cli/run-command.js';
import { resolveValues } from '../cli/sources.js';
import type { Refusal } from '../errors.js';
import { readInstallScript } from '../installer/script-file.js';
import { unfinishedWish } from '../operations/install-plan.js';
import { isKit } from '../operations/kit/kit-release.js';
import { findInstallScript, pickTarball } from '../operations/pick.js';
import { status, type StatusResult } from '../operations/status.js';
import { lastRun } from '../journal/journal.js';
import type { ReportedCheck, Subject } from '../preflight/check.js';
import { standingInTheWay } from '../preflight/run-checks.js';
import { defaultWildcardFor, parseBaseUrl } from '../server/addresses.js';
import type { Host } from '../system/host.js';
import type { Ui } from '../ui.js';
import { fold } from '../words.js';
import { askAddresses, judgeBaseUrl, type Addresses } from './ask-addresses.js';
import { absolute, chooseTarball } from './choose-tarball.js';
import { checklistWizard, directoryWizard } from './directory.js';
import { mendsFor, welcome, type MendKind, type Offer } from './offers.js';
import { askChoice, askText, askYesNo } from './prompts.js';

type Flags = Readonly<Record<string, unknown>>;

/** All that the wizard knows before it asks. */
interface Sitting {
  readonly around: Surroundings;
  readonly home: string;
  readonly ui: Ui;
  readonly seen: StatusResult;
  /** What flags, environment and answers file say already. */
  readonly given: Values<typeof INSTALL_OPTIONS>;
  readonly directory: Values<typeof LDAP_OPTIONS>;
  /** Runs a command as if its flags had been typed. */
  runWith(name: string, flags: Flags): Promise<Finished>;
}

/**
 * The tool without a command, on a terminal: looks first, offers what fits, asks only what it cannot know.
 * @param flags global ones that were typed
 */
export async function runWizard(
  outer: Surroundings,
  commands: readonly CommandSpec[],
  version: string,
  flags: Flags,
): Promise<number> {
  const around: Surroundings = { ...outer, guided: true };
  const { host, terminal, transcript } = around;
  try {
    const sources = await sourcesFor({ name: 'install' }, flags, around);
    const home = resolveValues({ home: COMMON_OPTIONS.home }, sources).home ?? DEFAULT_HOME;
    const given = resolveValues(INSTALL_OPTIONS, sources);
    const directory = resolveValues(LDAP_OPTIONS, sources);
    const ui = uiFor(home, humanUi(terminal, host.clock, transcript, askYesNo));
    const runWith: Sitting['runWith'] = async (name, more) => {
      const spec = commands.find((one) => one.name === name);
      if (spec === undefined) throw new Error(`no command ${name}`);
      return runCommand(spec, { ...flags, home, ...more }, around);
    };

    const seen = await status(home, host);
    const { headline, offers } = welcome(seen);
    const root = host.user.uid === 0 || given.unprivileged === true;
    terminal.out(`\nsandstorm-airgap ${version}\n`);
    for (const line of headline) terminal.out(fold(`  ${line}`, terminal.columns(), 2));
    if (!root) terminal.out('  You are not root; most of this needs it:  sudo sandstorm-airgap');
    terminal.out('');
    const offer = await askChoice('What would you like to do?', offers);
    return await carryOut(offer, { around, home, ui, seen, given, directory, runWith });
  } catch (error) {
    const refusal = asRefusal(error);
    for (const line of refusalLines(refusal, around)) terminal.error(line);
    return refusal.exitCode;
  }
}

async function carryOut(offer: Offer, sitting: Sitting): Promise<number> {
  const { seen, around } = sitting;
  const runWith: Sitting['runWith'] = (name, flags) => {
    around.terminal.out('');
    return sitting.runWith(name, flags);
  };
  switch (offer) {
    case 'install':
      return installWizard(sitting);
    case 'update':
      return updateWizard(sitting);
    case 'preflight':
      return (await runWith('preflight', seen.installed ? {} : await addressesToCheck(sitting))).exitCode;
    case 'resume':
    case 'abort':
    case 'rollback':
    case 'status':
      return (await runWith(offer, {})).exitCode;
    case 'restart':
      if (!seen.running) return (await runWith('service start', {})).exitCode;
      if (!(await askYesNo('People are cut off for some seconds. Restart now?'))) return 0;
      return (await runWith('service restart', {})).exitCode;
    case 'directory':
      return directoryWizard(directoryAsking(sitting));
    case 'checklist':
      return checklistWizard(directoryAsking(sitting));
    case 'rehearse':
      return (await runWith('rehearse', {})).exitCode;
    case 'quit':
      return 0;
  }
}

async function installWizard(sitting: Sitting): Promise<number> {
  const { given, around, home, ui } = sitting;
  const { host, terminal } = around;
  const columns = terminal.columns();
  const chosen = given.tarball ?? (await chooseTarball({ host, ui, columns }));
  // A kit is whole, and has its install.sh in it, when the command has taken it in.
  const fromKit = await isKit(chosen, host);
  const tarball = fromKit ? chosen : await pickTarball(chosen, host);
  const installScript =
    given.installScript ??
    (fromKit ? undefined : ((await findInstallScript(tarball, host)) ?? (await askInstallScript(sitting))));

  // What an interrupted run was told need not be thought up again.
  const before = unfinishedWish(await lastRun(home, host));
  const asking = {
    host,
    terminal,
    subject: subjectFor(sitting),
    given: { baseUrl: given.baseUrl, wildcardHost: given.wildcardHost },
    waived: given.waive ?? [],
  };
  const addresses = await askAddresses(before === undefined ? asking : { ...asking, preset: before });
  const script = installScript === undefined ? {} : { installScript };
  const first = { tarball, ...script, ...flagsOf(addresses, given.waive) };
  return withMends(first, 'install', sitting, (preset) =>
    askAddresses({ ...asking, given: { baseUrl: undefined, wildcardHost: undefined }, preset }),
  );
}

async function updateWizard(sitting: Sitting): Promise<number> {
  const { given, around, ui, seen } = sitting;
  const { host, terminal } = around;
  const choosing = { host, ui, columns: terminal.columns() };
  const tarball =
    given.tarball ??
    (await chooseTarball({ ...choosing, ...(seen.build === null ? {} : { installed: seen.build }) }));
  return withMends({ tarball }, 'update', sitting);
}

function directoryAsking({ around: { host, terminal }, directory, runWith }: Sitting) {
  return { host, terminal, given: directory, runWith };
}

async function askInstallScript({ ui, around: { host } }: Sitting): Promise<string> {
  ui.say('  There is no install.sh beside the tarball.');
  const typed = await askText("Where is Sandstorm's install.sh?", undefined, async (text) => {
    if (text === '') throw new Error('a path is needed; Ctrl-C stops');
    await readInstallScript(absolute(text, host), host);
  });
  return absolute(typed, host);
}

/** For a look at a machine that has no server yet; Enter leaves the names out. */
async function addressesToCheck({ given }: Sitting): Promise<Flags> {
  if (given.baseUrl !== undefined) return {};
  const typed = await askText(
    'Under which address will people reach it? (Enter: check without)',
    undefined,
    (text) => (text === '' ? undefined : judgeBaseUrl(text)),
  );
  if (typed === '') return {};
  const base = parseBaseUrl(typed);
  return { baseUrl: base.text, wildcardHost: given.wildcardHost ?? defaultWildcardFor(base) };
}

/** Failed checks and a missing signature are no dead end: mend, change an answer, or go on knowingly. */
async function withMends(
  first: Flags,
  command: 'install' | 'update',
  { runWith, given, around }: Sitting,
  askOthers?: (preset: Partial<Addresses>) => Promise<Addresses>,
): Promise<number> {
  let flags = first;
  for (;;) {
    const { exitCode, refusal } = await runWith(command, flags);
    if (refusal?.code === 'E_TARBALL_UNSIGNED') {
      around.terminal.out('');
      if (!(await askYesNo('Go on without proof of who made it?'))) return exitCode;
      flags = { ...flags, allowUnsigned: true };
      continue;
    }
    const failed = failedChecks(refusal);
    if (failed.length === 0) return exitCode;
    around.terminal.out('');
    const mend: MendKind = await askChoice('How shall we go on?', mendsFor(failed, askOthers !== undefined));
    switch (mend) {
      case 'again':
        break;
      case 'addresses':
        if (askOthers !== undefined) flags = { ...flags, ...flagsOf(await askOthers(flags), given.waive) };
        break;
      case 'mail-port':
        flags = { ...flags, smtpPort: await askPort('Which port for mail?', 30025, around.host) };
        break;
      case 'mongo-port':
        flags = { ...flags, mongoPort: await askPort('Which port for the database?', 6081, around.host) };
        break;
      case 'waive':
        flags = {
          ...flags,
          waive: [...new Set([...waivedIn(flags, given.waive), ...failed.map(({ id }) => id)])],
        };
        break;
      case 'quit':
        return exitCode;
      default:
        flags = { ...flags, expectAddress: mend.slice('expect '.length) };
    }
  }
}

/** Proposes the first from there on that nobody listens on. */
async function askPort(question: string, from: number, host: Host): Promise<string> {
  let free = from;
  while (free < from + 20 && (await host.processes.listening(free)).length > 0) free += 1;
  return askText(question, String(free), (typed) => parsePort(typed, 'the port'));
}

function flagsOf({ waive, ...addresses }: Addresses, given: readonly string[] | undefined): Flags {
  return waive.length === 0 ? addresses : { ...addresses, waive: [...(given ?? []), ...waive] };
}

function waivedIn({ waive }: Flags, given: readonly string[] | undefined): readonly string[] {
  return Array.isArray(waive) ? waive.map(String) : (given ?? []);
}

function failedChecks(refusal: Refusal | undefined): ReportedCheck[] {
  if (refusal?.code !== 'E_PREFLIGHT_FAILED') return [];
  const { checks } = refusal.result as { readonly checks: readonly ReportedCheck[] };
  return standingInTheWay(checks);
}

/** What is asked about names before anything else is known. */
function subjectFor({ given, home }: Sitting): Subject {
  const { bindIp, expectAddress, resolver, unprivileged } = given;
  return {
    phase: 'install',
    home,
    resolvers: resolver ?? [],
    unprivileged: unprivileged ?? false,
    stagingDir: home,
    ...(bindIp === undefined ? {} : { bindIp }),
    ...(expectAddress === undefined ? {} : { expectAddress }),
  };
}
