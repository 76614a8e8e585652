import { requireProof } from './machine/workshop.js';
import { proveEveryStep } from './scenarios/every-step.js';
import { faultsAtEveryStep } from './scenarios/faults.js';
import { abortScenario } from './scenarios/way-back.js';

/* Every fault at every step of giving an update up that had come to its last proof: all there is to undo. */
await proveEveryStep(requireProof('the proof of abort'), (shop) => abortScenario(shop, 'prove-healthy'), {
  faultsAt: (effects) => faultsAtEveryStep(effects).map((fault) => ({ ...fault, more: true })),
});
