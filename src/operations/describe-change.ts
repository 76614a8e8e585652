import { proofWords } from '../release/proof.js';
import type { UpdatePlan } from '../update/plan.js';
import type { RollbackPlan } from '../update/rollback-plan.js';
import { stepsNamed, type ServerPlan, type Step } from '../update/step.js';
import { bytes, moment } from '../words.js';
import { newTrust, numbered } from './describe.js';

/** The plan as a person reads it: what --dry-run prints is what runs. */
export function describeUpdate(plan: UpdatePlan): string[] {
  return [
    `  ${aimOf(plan)}`,
    '',
    `      Release    ${proofWords(plan.proof)}`,
    ...newTrust(plan.proof),
    '',
    ...describeSteps(plan, plan.steps),
    '',
    ...ifItFails(plan),
    '',
  ];
}

/** Says plainly what is lost: whoever types this at night must not find out afterwards. */
export function describeRollback(plan: RollbackPlan): string[] {
  const lost =
    plan.dataOf === null
      ? [
          '  That snapshot holds no data: they stay as they are now. If the newer build has converted them, the',
          '  older one will not start, and all is put back as it is now.',
        ]
      : [
          `  LOST for people: everything they have done since ${moment(plan.dataOf)}. It is not deleted: what is`,
          `  replaced is kept as a snapshot of ${plan.from}, to which \`sandstorm-airgap rollback\` leads as well.`,
        ];
  return [
    `  Back from ${plan.from} to ${plan.to}`,
    '',
    ...lost,
    '',
    ...describeSteps(plan, plan.steps),
    '',
    ...ifItFails(plan),
    '',
  ];
}

/** The steps, or those of them that are left, numbered. */
export function describeSteps(plan: ServerPlan, steps: readonly Step[]): string[] {
  return numbered(steps.map((step) => wordsFor(step, plan)));
}

/** " `sandstorm-airgap rollback` goes back to sandstorm-308." */
export function wayBack(plan: UpdatePlan): string {
  return stepsNamed(plan).has('sandstorm-update')
    ? ` \`sandstorm-airgap rollback\` goes back to ${plan.from}.`
    : '';
}

function aimOf(plan: UpdatePlan): string {
  const { from, to, downgradeAllowed } = plan;
  if (!stepsNamed(plan).has('sandstorm-update')) return `${to} is in place; see it well, with updates off`;
  return `From ${from} ${downgradeAllowed ? 'down to the older' : 'to'} ${to}`;
}

function ifItFails(plan: ServerPlan): string[] {
  const names = stepsNamed(plan);
  if (names.has('snapshot') || names.has('bring-data')) {
    return [`  If any step fails, ${plan.from} and its data come back by themselves.`];
  }
  if (names.has('sandstorm-update') || names.has('relink')) {
    return [
      `  If any step fails, ${plan.from} comes back by itself, but NOT its data: no snapshot is made of them. What`,
      `  ${plan.to} has converted by then stays converted, and ${plan.from} may be unable to read it.`,
    ];
  }
  return [];
}

function wordsFor(step: Step, plan: ServerPlan): readonly [string, string] {
  const { from, to } = plan;
  const live = 'strategy' in plan && plan.strategy === 'live';
  switch (step.do) {
    case 'unpack':
      return step.reuse
        ? [`use the folder ${to}`, 'it lies there whole']
        : ['unpack beside the running server', `${bytes(step.bytes)}, every file proven`];
    case 'bring-build':
      return [`bring ${to} beside the running server`, 'from the snapshot'];
    case 'keep':
      return step.build ? [`keep ${from} and sandstorm.conf`, 'by hard links'] : ['keep sandstorm.conf', ''];
    case 'set-channel':
      return ['set UPDATE_CHANNEL=none', `is ${step.from ?? 'not set'}`];
    case 'stop':
      return ['stop', '── pause begins'];
    case 'place':
      return [`move ${to} into its place`, step.replaces ? 'the folder of that name is not trusted' : ''];
    case 'repair-mongo':
      return ['undo the half migration of the database', 'it was cut off'];
    case 'snapshot':
      return [step.scope === 'full' ? 'snapshot of all data' : 'snapshot of the database', bytes(step.bytes)];
    case 'bring-data':
      return ['data of the snapshot into their place', `${bytes(step.bytes)}; the present ones are kept`];
    case 'sandstorm-update':
      return ['sandstorm update', live ? '── short pause: the server starts anew' : 'only moves the link'];
    case 'relink':
      return ['move the link', `latest is ${to}`];
    case 'migrate-mongo':
      return ['migrate the database to MongoDB 7', bytes(step.bytes)];
    case 'start':
      return ['start', ''];
    case 'prove-healthy': {
      const pause = stepsNamed(plan).has('stop') ? '── pause ends; ' : '';
      return ['prove it well', `${pause}stable for ${String(step.stableSeconds)} s`];
    }
    case 'commit':
      return plan.from === plan.to && plan.operation === 'update'
        ? ['tidy up', '']
        : [`keep ${from}${stepsNamed(plan).has('snapshot') ? ' and the snapshot' : ''}`, 'for `rollback`'];
  }
}
