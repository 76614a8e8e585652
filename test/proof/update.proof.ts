import { requireProof } from './machine/workshop.js';
import { proveEveryStep } from './scenarios/every-step.js';
import { updateScenario } from './scenarios/update.js';

/* Every fault at every step of an update. */
await proveEveryStep(requireProof('the proof of update'), updateScenario);
