import { requireProof } from './machine/workshop.js';
import { proveEveryStep } from './scenarios/every-step.js';
import { resumeScenario } from './scenarios/way-back.js';

/* Every fault at every step of going on with an update that was cut off while the server was stopped. */
await proveEveryStep(requireProof('the proof of resume'), (shop) => resumeScenario(shop, 'place'));
