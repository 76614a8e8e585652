import { afterAll, describe, it } from 'vitest';
import { counted } from './counts/count.js';
import { requireProof, Workshop } from './machine/workshop.js';
import { faultsAtEveryStep } from './scenarios/faults.js';
import { installScenario } from './scenarios/install.js';
import { measure } from './scenarios/measure.js';
import { proveCase } from './scenarios/prove.js';

/* Every fault at every step of an installation, and the same command again afterwards. */

const ready = requireProof('the proof of install');

if (ready) {
  // Which cases there are is known only when it has been seen what an installation does.
  const shop = await Workshop.open();
  afterAll(() => shop.close());
  const scenario = await installScenario(shop);
  const { effects } = await measure(shop, scenario);
  const faults = faultsAtEveryStep(effects);

  describe.concurrent('install', () => {
    for (const [index, { kind, where, fault }] of faults.entries()) {
      for (const onward of scenario.onward) {
        it(`${kind} ${where}, then ${onward.name}`, () =>
          counted(scenario.name, kind, () => proveCase(shop, scenario, fault, onward, index % 2 === 0)));
      }
    }
  });
} else describe.skip('install', () => undefined);
