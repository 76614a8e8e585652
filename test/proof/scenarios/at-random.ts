import { randomInt } from 'node:crypto';
import { describe, it } from 'vitest';
import { counted } from '../counts/count.js';
import type { Deed, Fault } from '../faulty-tool/orders.js';
import { Workshop } from '../machine/workshop.js';
import { measure } from './measure.js';
import { proveCase } from './prove.js';
import type { Scenario } from './scenario.js';
import { seeded } from '../../helpers/archives.js';

/** Of all operations together. */
const DEFAULT_ROUNDS = 50;
const OPERATIONS = 2;

/** Declares rounds in which an operation is cut off at a moment that is uniform over a measured run. */
export async function proveAtRandom(
  ready: boolean,
  make: (shop: Workshop) => Promise<Scenario>,
): Promise<void> {
  if (!ready) {
    describe.skip('cut off at random', () => undefined);
    return;
  }
  const seed = Number(process.env.SANDSTORM_AIRGAP_PROOF_SEED ?? randomInt(2 ** 31));
  const all = Number(process.env.SANDSTORM_AIRGAP_PROOF_ROUNDS ?? DEFAULT_ROUNDS);
  const rounds = Math.ceil(all / OPERATIONS);
  const shop = await Workshop.open('plain');
  const scenario = await make(shop);
  const { lastMs } = await measure(shop, scenario);
  const { name } = scenario;
  console.log(
    `${name}: SANDSTORM_AIRGAP_PROOF_SEED=${String(seed)}, ${String(rounds)} rounds over ${String(lastMs)} ms`,
  );

  describe.concurrent(`${name}, seed ${String(seed)}`, () => {
    const random = seeded(seed);
    for (let round = 1; round <= rounds; round++) {
      const ms = Math.round(random() * lastMs);
      const [kind, does] = pick(random, KINDS);
      const fault: Fault = { at: { ms }, does };
      const onward = pick(random, scenario.onward);
      const start = random() < 0.5;
      it(`round ${String(round)}: ${kind} after ${String(ms)} ms, then ${onward.name}`, async () => {
        await counted(name, kind, () => proveCase(shop, scenario, fault, onward, start));
      });
    }
  });
}

/** Twice as many kills as power cuts. */
const KINDS: readonly (readonly [string, Deed])[] = [
  ['SIGKILL at random', { do: 'kill' }],
  ['SIGKILL at random', { do: 'kill' }],
  ['power cut at random', { do: 'ask', forWhat: 'power-cut' }],
];

function pick<T>(random: () => number, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}
