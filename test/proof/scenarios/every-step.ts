import { describe, it } from 'vitest';
import { counted } from '../counts/count.js';
import { Workshop } from '../machine/workshop.js';
import type { Effect } from '../faulty-tool/orders.js';
import { faultsAtEveryStep, type NamedFault } from './faults.js';
import { ofThisPart } from './part.js';
import { measure } from './measure.js';
import { proveCases } from './prove.js';
import type { Scenario } from './scenario.js';

interface Wish {
  /** Whose images it works with; see Workshop.open. */
  readonly shop?: string;
  readonly faultsAt?: (effects: readonly Effect[]) => NamedFault[];
}

/** Declares the cases of an operation; which there are is known when it has been seen what it does. */
export async function proveEveryStep(
  ready: boolean,
  make: (shop: Workshop) => Promise<Scenario>,
  { shop: shopName = 'plain', faultsAt = faultsAtEveryStep }: Wish = {},
): Promise<void> {
  if (!ready) {
    describe.skip('every fault at every step', () => undefined);
    return;
  }
  const shop = await Workshop.open(shopName);
  const scenario = await make(shop);
  const { name } = scenario;
  const faults = ofThisPart(faultsAt((await measure(shop, scenario)).effects));

  describe.concurrent(name, () => {
    for (const [index, { kind, where, fault }] of faults) {
      const { byTurns, onward } = scenario;
      const onwards = byTurns ? onward.filter((_, turn) => turn === index % onward.length) : onward;
      it(`${kind} ${where}`, async () => {
        const start = index % 4 < 2;
        await proveCases(shop, { ...scenario, onward: onwards }, fault, start, (work) =>
          counted(name, kind, work),
        );
      });
    }
  });
}
