import { requireProof } from './machine/workshop.js';
import { proveEveryEffect } from './scenarios/every-effect.js';
import { updateScenario } from './scenarios/update.js';

/* An update that is killed before each of its effects, one after the other. */
await proveEveryEffect(requireProof('the proof of a killed update'), updateScenario);
