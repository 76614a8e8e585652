import { isDeepStrictEqual } from 'node:util';
import { auditCrash, auditEnd, type Audit } from '../audit/audit.js';
import { isPending } from '../audit/judge.js';
import type { Answer } from '../../helpers/journey.js';
import type { Fault } from '../faulty-tool/orders.js';
import type { Machine, Struck } from '../machine/machine.js';
import type { Workshop } from '../machine/workshop.js';
import { leavesItOff } from './faults.js';
import type { Aim, Onward, Scenario } from './scenario.js';

/**
 * One case: the operation, the fault, an audit; then onward in one direction, an audit; then perhaps the operation
 * once more.
 * @param start whether a server that the crash has left down is started by hand before going on; then the operation is
 * made once more, too
 * @returns whether there was anything to go on with
 * @throws Error that tells the whole story
 */
export async function proveCase(
  shop: Workshop,
  scenario: Scenario,
  fault: Fault,
  onward: Onward,
  start: boolean,
): Promise<boolean> {
  const machine = await shop.machine(scenario.image);
  return told(machine, async (story) => {
    const crash = await strike(machine, scenario, fault, story);
    if (!machine.isOn) await machine.switchOn();
    return goOn(machine, scenario, onward, start, crash, story);
  });
}

/**
 * The same in all directions, each counted by `count`. A crash that ends with the machine off is made once,
 * and each direction goes on from a copy of what is left on the disk.
 */
export async function proveCases(
  shop: Workshop,
  scenario: Scenario,
  fault: Fault,
  start: boolean,
  count: (work: () => Promise<boolean>) => Promise<boolean>,
): Promise<void> {
  // Of two directions one finds a server that somebody has started meanwhile.
  const starts = scenario.onward.map((_, index) => (index % 2 === 0) === start);
  if (!leavesItOff(fault)) {
    await each(scenario.onward, (onward, index) =>
      count(() => proveCase(shop, scenario, fault, onward, starts[index] ?? start)),
    );
    return;
  }
  const crashed = await shop.machine(scenario.image);
  await told(crashed, async (story) => {
    const crash = await strike(crashed, scenario, fault, story);
    await each(scenario.onward, (onward, index) =>
      count(async () => {
        const machine = await shop.machine(crashed.image);
        return told(machine, (more) => {
          more.push(...story);
          return goOn(machine, scenario, onward, starts[index] ?? start, crash, more);
        });
      }),
    );
  });
}

/** All of them, also when one fails; but where nothing is pending they are all the same. */
async function each(
  onwards: readonly Onward[],
  work: (onward: Onward, index: number) => Promise<boolean>,
): Promise<void> {
  const errors: unknown[] = [];
  for (const [index, onward] of onwards.entries()) {
    const wasPending = await work(onward, index).catch((error: unknown) => {
      errors.push(error);
      return true;
    });
    if (!wasPending) break;
  }
  if (errors.length > 0) throw errors[0];
}

/** Ends with a machine that is off when the fault was one of its disk or its power, else with one that is well. */
async function strike(machine: Machine, scenario: Scenario, fault: Fault, story: string[]): Promise<Struck> {
  const crash = await machine.faultyTool(scenario.command, fault);
  story.push(...tellCrash(crash));
  // A moment in time may come when all is over.
  if (!crash.struck && !('ms' in fault.at)) throw new Error('the fault was not struck');
  if (leavesItOff(fault)) await machine.off();
  else if (fault.does.do === 'ask') {
    // Without a byte to write to it must still be able to say how things are.
    await machine.tool(['status', '--json']);
    await machine.makeRoom();
  }
  return crash;
}

async function told<T>(machine: Machine, work: (story: string[]) => Promise<T>): Promise<T> {
  const story: string[] = [];
  try {
    return await work(story);
  } catch (error) {
    const last = machine.isOn ? await journalOf(machine) : '';
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}\n--- what happened\n${story.join('\n')}\n${last}`, { cause: error });
  } finally {
    await machine.scrap();
  }
}

async function goOn(
  machine: Machine,
  scenario: Scenario,
  onward: Onward,
  start: boolean,
  crash: Struck,
  story: string[],
): Promise<boolean> {
  const servers = [scenario.before, scenario.done, scenario.undone, ...scenario.meantime];
  const rightful = servers.filter((one) => one !== 'nothing');
  const mayBeNothing = servers.includes('nothing');
  const found = await auditCrash(machine, rightful, { start, mayBeNothing });
  story.push(`after the crash: ${factsOf(found)}`);
  refuseComplaints('after the crash', found);

  const wasPending = isPending(found.facts);
  // What had turned back goes on back, whichever way it is taken up.
  const onwardAim = found.facts.run?.turnedBack === true ? scenario.undone : onward.aim;
  const aim = wasPending ? onwardAim : endOf(scenario, found);
  if (wasPending) {
    const answer = await machine.tool(onward.command);
    story.push(`${onward.name}: ${shortly(answer)}`);
    if (answer.exitCode !== 0) throw new Error(`${onward.name} ended with ${String(answer.exitCode)}`);
  } else if (crash.ran !== undefined) checkExitCode(scenario, crash.ran.exitCode, found);
  // Cut off while it prepared itself, it has left a copy of the tarball that goes when it runs again.
  const end = await auditEnd(machine, aim, { clean: wasPending });
  story.push(`in the end: ${factsOf(end)}`);
  refuseComplaints('in the end', end);

  // Of two directions one, as a whole update takes as long as the rest of a case.
  if (start) await onceMore(machine, scenario, aim, wasPending, story);
  return wasPending;
}

async function onceMore(
  machine: Machine,
  { again: command, done }: Scenario,
  aim: Aim,
  wasPending: boolean,
  story: string[],
): Promise<void> {
  if (command === undefined) return;
  const again = await machine.tool(command);
  story.push(`again: ${shortly(again)}`);
  if (again.exitCode !== 0) throw new Error(`once more ended with ${String(again.exitCode)}`);
  // By what they are: a scenario may have travelled as JSON.
  if (again.changed === isDeepStrictEqual(aim, done))
    throw new Error(`once more changed: ${String(again.changed)}`);
  if (again.changed || !wasPending) {
    refuseComplaints('once more', await auditEnd(machine, done, { clean: true }));
  }
}

/** With nothing pending the journal says which of the two it must be. */
function endOf({ runName, before, done, undone }: Scenario, { facts: { run } }: Audit): Aim {
  if (run?.id.endsWith(runName) !== true) return before;
  return run.outcome === 'done' ? done : undone;
}

/** A run that came to an end of its own must have said which. */
function checkExitCode({ success }: Scenario, exitCode: number, { facts }: Audit): void {
  const outcome = facts.run?.outcome;
  if (exitCode === 0 && outcome !== success) throw new Error(`it said it was ${success}`);
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
