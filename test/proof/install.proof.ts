import { requireProof } from './machine/workshop.js';
import { proveEveryStep } from './scenarios/every-step.js';
import { installScenario } from './scenarios/install.js';

/* Every fault at every step of an installation. */
await proveEveryStep(requireProof('the proof of install'), installScenario);
