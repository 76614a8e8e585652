import { auditCrash, auditEnd, type Audit } from '../audit/audit.js';
import { isPending } from '../audit/judge.js';
import type { Answer } from '../../helpers/journey.js';
import type { Fault } from '../faulty-tool/orders.js';
import type { Machine, Struck } from '../machine/machine.js';
import type { Workshop } from '../machine/workshop.js';
import { breaksTheDisk, cutsThePower } from './faults.js';
import type { Aim, Onward, Scenario } from './scenario.js';

/**
 * One case: the operation, the fault, an audit; then onward in one direction, an audit; then the operation
 * once more.
 * @param start whether a server that the crash has left down is started by hand before going on
 * @throws Error that tells the whole story
 */
export async function proveCase(
  shop: Workshop,
  scenario: Scenario,
  fault: Fault,
  onward: Onward,
  start: boolean,
): Promise<void> {
  const machine = await shop.machine(scenario.image);
  const story: string[] = [];
  try {
    const crash = await machine.faultyTool(scenario.command, fault);
    story.push(...tellCrash(crash));
    if (!crash.struck) throw new Error('the fault was not struck');
    await bringBack(machine, fault);
    await goOn(machine, scenario, onward, start, crash, story);
  } catch (error) {
    const last = await journalOf(machine);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}\n--- what happened\n${story.join('\n')}\n${last}`, { cause: error });
  } finally {
    await machine.scrap();
  }
}

/** The machine as whoever finds it would bring it back before anything else. */
async function bringBack(machine: Machine, fault: Fault): Promise<void> {
  if (cutsThePower(fault)) await machine.switchOn();
  else if (breaksTheDisk(fault)) await machine.restart();
  else await machine.makeRoom();
}

async function goOn(
  machine: Machine,
  scenario: Scenario,
  onward: Onward,
  start: boolean,
  crash: Struck | undefined,
  story: string[],
): Promise<void> {
  const rightful = [scenario.before, scenario.after].filter((one) => one !== 'nothing');
  const mayBeNothing = scenario.before === 'nothing';
  const found = await auditCrash(machine, rightful, { start, mayBeNothing });
  story.push(`after the crash: ${factsOf(found)}`);
  refuseComplaints('after the crash', found);

  let aim = endOf(scenario, found);
  if (isPending(found.facts)) {
    aim = scenario[onward.aim];
    const answer = await machine.tool(onward.command);
    story.push(`${onward.name}: ${shortly(answer)}`);
    if (answer.exitCode !== 0) throw new Error(`${onward.name} ended with ${String(answer.exitCode)}`);
  } else if (crash?.ran !== undefined) checkExitCode(crash.ran.exitCode, found);
  const end = await auditEnd(machine, aim);
  story.push(`in the end: ${factsOf(end)}`);
  refuseComplaints('in the end', end);

  const again = await machine.tool(scenario.again);
  story.push(`again: ${shortly(again)}`);
  if (again.exitCode !== 0) throw new Error(`once more ended with ${String(again.exitCode)}`);
  refuseComplaints('once more', await auditEnd(machine, scenario.after));
}

/** With nothing pending the journal says which of the two it must be. */
function endOf(scenario: Scenario, { facts }: Audit): Aim {
  return facts.run?.id !== undefined &&
    facts.run.outcome === 'done' &&
    facts.run.id.endsWith(scenario.runName)
    ? scenario.after
    : scenario.before;
}

/** A run that came to an end of its own must have said which. */
function checkExitCode(exitCode: number, { facts }: Audit): void {
  const outcome = facts.run?.outcome;
  if (exitCode === 0 && outcome !== 'done') throw new Error('it said it was done');
  if (exitCode === 6 && outcome !== 'undone') throw new Error('it said it was undone');
}

function refuseComplaints(when: string, { complaints }: Audit): void {
  if (complaints.length > 0) throw new Error(`${when}: ${complaints.join('; ')}`);
}

function tellCrash({ ran, effects }: Struck): string[] {
  const last = effects.at(-1);
  return [
    `last effect: ${JSON.stringify(last)}`,
    ran === undefined ? 'the machine went off' : `exit ${String(ran.exitCode)} ${ran.stdout} ${ran.stderr}`,
  ];
}

/** Without the checks that passed. */
function shortly({ exitCode, changed, result, error }: Answer): string {
  const checks = (result?.checks ?? []) as readonly { status: string }[];
  const failed = checks.filter(({ status }) => status === 'fail');
  return JSON.stringify({ exitCode, changed, error, ...(failed.length > 0 ? { failed } : {}) });
}

function factsOf({ facts }: Audit): string {
  const { releases, ourFolder, ourVar, mongo, ...short } = facts;
  const trees = { releases, ourFolder, ourVar, mongo };
  const names = Object.fromEntries(Object.entries(trees).map(([key, tree]) => [key, Object.keys(tree)]));
  return JSON.stringify({ ...short, ...names });
}

async function journalOf(machine: Machine): Promise<string> {
  const script =
    'cd /var/lib/sandstorm-airgap/*/runs || exit; for run in *; do echo "--- $run"; cut -c1-400 $run/journal.ndjson; tail -n 30 $run/transcript.log; done';
  return (await machine.box.run(['bash', '-c', script]).catch(() => undefined))?.stdout ?? '';
}
