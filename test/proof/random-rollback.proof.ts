import { requireProof } from './machine/workshop.js';
import { proveAtRandom } from './scenarios/at-random.js';
import { rollbackScenario } from './scenarios/way-back.js';

/* SANDSTORM_AIRGAP_PROOF_SEED repeats a run, SANDSTORM_AIRGAP_PROOF_ROUNDS makes it longer. */
await proveAtRandom(requireProof('the random proof of rollback'), rollbackScenario);
