import { describe, it } from 'vitest';
import { counted } from '../counts/count.js';
import { Workshop } from '../machine/workshop.js';
import { killsEverywhere } from './faults.js';
import { measure } from './measure.js';
import { ofThisPart } from './part.js';
import { proveCase } from './prove.js';
import type { Scenario } from './scenario.js';

/** Declares a SIGKILL before every single effect, onward in one direction and the other by turns. */
export async function proveEveryEffect(
  ready: boolean,
  make: (shop: Workshop) => Promise<Scenario>,
): Promise<void> {
  if (!ready) {
    describe.skip('killed at every effect', () => undefined);
    return;
  }
  const shop = await Workshop.open('plain');
  const scenario = await make(shop);
  const { name } = scenario;
  const faults = ofThisPart(killsEverywhere((await measure(shop, scenario)).effects));

  describe.concurrent(`${name}, killed`, () => {
    for (const [index, { kind, where, fault }] of faults) {
      const onward = scenario.onward[index % scenario.onward.length];
      if (onward === undefined) throw new Error(`${name} has no way onward`);
      it(`${where}, then ${onward.name}`, async () => {
        await counted(name, kind, () => proveCase(shop, scenario, fault, onward, index % 4 < 2));
      });
    }
  });
}
