import { look } from '../audit/audit.js';
import type { Rightful } from '../audit/judge.js';
import type { Workshop } from '../machine/workshop.js';
import { ABORT_ARGS, RESUME_ARGS, ROLLBACK_ARGS, UPDATE_ARGS } from './commands.js';
import type { Scenario } from './scenario.js';
import { updateScenario, type UpdateScenario } from './update.js';

/** From a build 309 that people have worked on back to the 308 before it. */
export function rollbackScenario(shop: Workshop): Promise<Scenario> {
  return shop.once('rollback', () => makeRollback(shop));
}

async function makeRollback(shop: Workshop): Promise<Scenario> {
  const update = await updateScenario(shop);
  let before = update.done;
  const image = await shop.madeFrom(update.image, 'build-309', async (machine) => {
    const answer = await machine.tool(UPDATE_ARGS);
    if (answer.exitCode !== 0) throw new Error(JSON.stringify(answer));
    const { box } = machine;
    await box.sh('systemctl stop sandstorm');
    await box.sh('echo "what we wrote on 309" >> /opt/sandstorm/var/mongo/data.309; sync');
    const { data } = await look(machine, false);
    before = { ...before, data: data['data.309'] ?? '' };
  });
  const done: Rightful = { ...update.before, confs: before.confs };
  return {
    name: 'rollback',
    image,
    command: ROLLBACK_ARGS,
    runName: '-rollback',
    success: 'done',
    before,
    done,
    undone: before,
    // The data go back first, the link after them: in between the machine would start the newer build on a copy
    // of the older data. Those it was taken from, and the present ones, are both kept.
    meantime: [update.done],
    onward: [
      { name: 'resume', command: RESUME_ARGS, aim: done },
      { name: 'abort', command: ABORT_ARGS, aim: before },
    ],
    byTurns: false,
    // A second rollback would lead to where it came from.
    again: undefined,
  };
}

/** An update that a power cut has interrupted at that step, to be gone on with. */
export async function resumeScenario(shop: Workshop, step: string): Promise<Scenario> {
  const update = await updateScenario(shop);
  return {
    ...update,
    ...(await cutOff(shop, update, step)),
    name: 'resume',
    command: RESUME_ARGS,
  };
}

/** The same to be given up. Whatever interrupts that, the way leads back. */
export async function abortScenario(shop: Workshop, step: string): Promise<Scenario> {
  const update = await updateScenario(shop);
  return {
    ...update,
    ...(await cutOff(shop, update, step)),
    name: 'abort',
    success: 'undone',
    command: ABORT_ARGS,
    byTurns: true,
    onward: update.onward.map((one) => ({ ...one, aim: update.before })),
  };
}

function cutOff(shop: Workshop, update: UpdateScenario, step: string): Promise<Pick<Scenario, 'image'>> {
  return shop.once(`cut-off-at-${step}`, () => makeCutOff(shop, update, step));
}

async function makeCutOff(
  shop: Workshop,
  update: UpdateScenario,
  step: string,
): Promise<Pick<Scenario, 'image'>> {
  const image = await shop.madeFrom(update.image, `cut-off-at-${step}`, async (machine) => {
    const { struck } = await machine.faultyTool(UPDATE_ARGS, {
      at: { step, effect: 1, when: 'before' },
      does: { do: 'ask', forWhat: 'power-cut' },
    });
    if (!struck) throw new Error(`an update has no step ${step}`);
  });
  return { image };
}
