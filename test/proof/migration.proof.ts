import { requireProof } from './machine/workshop.js';
import { proveEveryStep } from './scenarios/every-step.js';
import { faultsAtSteps } from './scenarios/faults.js';
import { MIGRATION, migrationScenario } from './scenarios/update.js';

/* Every fault from the migration of the database on; what comes before it is as in update.proof.ts. */
await proveEveryStep(requireProof('the proof of a migration'), migrationScenario, {
  shop: 'migrating',
  faultsAt: (effects) => faultsAtSteps(effects, MIGRATION.steps, MIGRATION.long),
});
