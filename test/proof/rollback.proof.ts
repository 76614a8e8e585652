import { requireProof } from './machine/workshop.js';
import { proveEveryStep } from './scenarios/every-step.js';
import { rollbackScenario } from './scenarios/way-back.js';

/* Every fault at every step of a rollback. */
await proveEveryStep(requireProof('the proof of rollback'), rollbackScenario);
